//! The test authority, before other people's clients: openssl asks its TSA and its responder and reads its lists,
//! pyHanko does all of it with its own clients.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use chancery::domain::instant::Instant;
use chancery::domain::profile::DigestAlgorithm;
use chancery::pki::certificate_file::certificates;
use chancery::pki::digest::Digest;
use chancery::pki::test_marker::is_of_test_authority;
use chancery::pki::timestamp::{TimestampRequest, check};
use chancery::workflow::alarms::Watcher;
use chancery::workflow::timestamps;
use chancery_testing::judges::{DssTrust, dss_validate};
use chancery_testing::ports::free_address;
use chancery_testing::python::python;
use serde_json::{Value, json};

use super::{BINARY, Demo, text};
use crate::support::client::HTTP;
use crate::support::service::{Setup, now, run};

/// An authority that runs until the test ends, in a folder with a key and a certificate `seal` of it.
struct Running {
    folder: tempfile::TempDir,
    _process: Serving,
    url: String,
}

/// A process that runs as long as this lives.
pub(super) struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address().to_string();
        let process = serve(folder.path(), &["--directory", ".", "--listen", &address]);
        let running = Self { folder, _process: process, url: format!("http://{address}") };
        running.openssl(
            "openssl ecparam -name prime256v1 -genkey -noout -out seal.key && \
             openssl req -new -key seal.key -subj '/C=PT/O=ACME/CN=Seal' -out seal.csr",
        );
        let issued = running.command(&["issue", "--alias", "seal", "seal.csr"]);
        assert!(issued.status.success(), "{}", text(&issued));
        std::fs::write(running.path().join("seal.pem"), issued.stdout).unwrap();
        running.openssl("cat issuing.pem root.pem > authority.pem");
        running
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.arg("authority").args(arguments).args(["--directory", "."]);
        command.current_dir(self.path()).output().unwrap()
    }

    fn openssl(&self, line: &str) -> String {
        let output = self.shell(line);
        assert!(output.status.success(), "{line}: {}", text(&output));
        text(&output)
    }

    fn shell(&self, line: &str) -> Output {
        Command::new("sh").args(["-c", line]).current_dir(self.path()).output().unwrap()
    }

    /// What is answered to a request; the status must be 200.
    fn asks(&self, path: &str, body: &[u8]) -> Vec<u8> {
        let (url, body) = (format!("{}{path}", self.url), body.to_vec());
        run(async move {
            let request = if body.is_empty() { HTTP.get(url) } else { HTTP.post(url).body(body) };
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.bytes().await.unwrap().to_vec()
        })
    }

    fn fetches_lists(&self) {
        for name in ["root", "issuing"] {
            let list = self.asks(&format!("/{name}.crl"), b"");
            std::fs::write(self.path().join(format!("{name}.crl")), list).unwrap();
            self.openssl(&format!("openssl crl -inform DER -in {name}.crl -out {name}.crl.pem"));
        }
        self.openssl("cat root.crl.pem issuing.crl.pem > lists.pem");
    }

    /// What pyHanko has against its answers.
    fn pyhanko(&self) -> Vec<String> {
        let mut command = python("ask_authority.py");
        command.arg(format!("{}/tsa", self.url));
        let output = command.args(["root.pem", "seal.pem"].map(|it| self.path().join(it))).output();
        let said = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Vec<&str>> = said.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(lines.len(), 3, "{said}{}", String::from_utf8_lossy(&output.stderr));
        let bad = lines.iter().filter(|line| line[1] != "OK");
        bad.map(|line| format!("{}: {}", line[0], line[2])).collect()
    }
}

/// A process that says that it answers.
pub(super) fn serve(folder: &Path, more: &[&str]) -> Serving {
    let mut command = Command::new(BINARY);
    command.args(["authority", "serve"]).args(more);
    let mut process = command.current_dir(folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("A test authority answers at"), "{said}");
    Serving(process)
}

/// Every certificate says what it is for, and that it is for tests; everything is told, and at once that one was
/// revoked.
#[test]
fn others_believe_a_test_authority_until_it_revokes() {
    let running = Running::start();
    let all = std::fs::read(running.path().join("seal.pem")).unwrap();
    let all = certificates(&all).unwrap();
    assert!(all.len() == 3 && all.iter().all(is_of_test_authority));
    for name in ["tsa", "ocsp"] {
        let file = std::fs::read(running.path().join(format!("{name}.pem"))).unwrap();
        let certificate = certificates(&file).unwrap().remove(0);
        assert!(is_of_test_authority(&certificate), "{name}");
        assert!(certificate.subject().contains("TEST"), "{}", certificate.subject());
    }
    running.fetches_lists();
    let path = "openssl verify -x509_strict -policy_check -crl_check_all -CAfile root.pem -untrusted issuing.pem \
                -CRLfile lists.pem";
    for (purpose, name) in [("any", "seal"), ("timestampsign", "tsa"), ("ocsphelper", "ocsp")] {
        running.openssl(&format!("{path} -purpose {purpose} {name}.pem"));
    }
    let ocsp = format!(
        "openssl ocsp -issuer issuing.pem -cert seal.pem -cert tsa.pem -url {}/ocsp -CAfile root.pem \
         -no_cert_checks -verify_other authority.pem",
        running.url
    );
    let said = running.openssl(&ocsp);
    for good in ["seal.pem: good", "tsa.pem: good", "Response verify OK"] {
        assert!(said.contains(good), "{said}");
    }
    assert!(!said.contains("WARNING: no nonce"), "{said}");
    assert_eq!(running.pyhanko(), Vec::<String>::new());

    let revoked = running.command(&["revoke", "seal", "--reason", "keyCompromise", "--json"]);
    assert!(revoked.status.success(), "{}", text(&revoked));
    let said = running.openssl(&ocsp);
    for line in ["seal.pem: revoked", "Reason: keyCompromise", "tsa.pem: good"] {
        assert!(said.contains(line), "{said}");
    }
    running.fetches_lists();
    let refused = text(&running.shell(&format!("{path} seal.pem")));
    assert!(refused.contains("certificate revoked"), "{refused}");
    running.openssl(&format!("{path} tsa.pem"));
    let bad = running.pyhanko();
    assert!(bad.len() == 2 && bad.iter().all(|words| words.contains("revoked")), "{bad:?}");

    let status = running.command(&["status", "--json"]);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["running"], true);
    let told: Vec<String> = status["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {}", it["alias"], it["status"], it["reason"]))
        .collect();
    let expected = [
        r#""issuing" "good" null"#,
        r#""tsa" "good" null"#,
        r#""ocsp" "good" null"#,
        r#""seal" "revoked" "keyCompromise""#,
    ];
    assert_eq!(told, expected);
    for (arguments, words) in [
        (["revoke", "seal"], "was revoked at"),
        (["revoke", "nobody"], "no certificate has the alias"),
    ] {
        let again = running.command(&arguments);
        assert!(!again.status.success() && text(&again).contains(words), "{}", text(&again));
    }
}

/// Tokens as they were asked for, before openssl and before ourselves; what cannot be given is said as RFC 3161 has it.
#[test]
fn tokens_are_what_was_asked_for() {
    let running = Running::start();
    std::fs::write(running.path().join("octets"), "there").unwrap();
    let asked = |options: &str| {
        running.openssl(&format!("openssl ts -query -data octets {options} -out query"));
        let query = std::fs::read(running.path().join("query")).unwrap();
        std::fs::write(running.path().join("answer"), running.asks("/tsa", &query)).unwrap();
        running.openssl("openssl ts -reply -in answer -text")
    };
    let verify = "openssl ts -verify -in answer -queryfile query -CAfile root.pem";
    for digest in ["-sha256 -cert", "-sha384 -cert", "-sha512 -cert -no_nonce"] {
        let said = asked(digest);
        assert!(said.contains("Status: Granted.") && said.contains("Accuracy: 0x01"), "{said}");
        running.openssl(verify);
    }
    let with = std::fs::metadata(running.path().join("answer")).unwrap().len();
    asked("-sha256");
    let without = std::fs::metadata(running.path().join("answer")).unwrap().len();
    assert!(without + 1000 < with, "nobody asked for certificates: {without} octets of {with}");
    running
        .openssl(&format!("cat tsa.pem issuing.pem > chain.pem && {verify} -untrusted chain.pem"));
    for (options, words) in [
        ("-sha1 -cert", "unrecognized or unsupported algorithm identifier"),
        ("-sha256 -cert -tspolicy 1.2.3.4", "the requested TSA policy is not supported by the TSA"),
    ] {
        let said = asked(options);
        assert!(said.contains("Status: Rejected.") && said.contains(words), "{said}");
    }

    let imprint = Digest::of(DigestAlgorithm::Sha256, b"there");
    let request = TimestampRequest::new(imprint, None, Some(1 << 63)).unwrap();
    let answer = running.asks("/tsa", &request.to_der().unwrap());
    let token = check(&answer, &request, now(), 60_000).unwrap();
    assert!(is_of_test_authority(token.certificate()));
    let seen: Instant = token.info().gen_time;
    assert!(seen <= now(), "{}", seen.to_rfc3339());
}

/// Bytes that are no request are answered as the protocols have it, and nothing ends.
#[test]
fn nonsense_is_answered_and_ends_nothing() {
    let running = Running::start();
    let rejected = running.asks("/tsa", b"\x30\x03\x02\x01\x07");
    std::fs::write(running.path().join("answer"), rejected).unwrap();
    let said = running.openssl("openssl ts -reply -in answer -text");
    assert!(said.contains("the data submitted has the wrong format"), "{said}");
    // malformedRequest, by itself (RFC 6960, 4.2.1)
    let malformed = [0x30, 3, 0x0A, 1, 1];
    for body in [&b"\x30\x00"[..], b"?", &[0x30, 0x80, 0, 0], &[0x30; 3000]] {
        assert_eq!(running.asks("/ocsp", body), malformed);
    }
    assert_eq!(running.asks("/ocsp/MAA%3D", b""), malformed);
    let status = |path: &'static str, body: Option<Vec<u8>>| {
        let url = format!("{}{path}", running.url);
        run(async move {
            let request = body.map_or_else(|| HTTP.get(&url), |body| HTTP.post(&url).body(body));
            request.send().await.unwrap().status().as_u16()
        })
    };
    assert_eq!(status("/root.key", None), 404);
    assert_eq!(status("/ocsp/%FF", None), 404);
    assert_eq!(status("/tsa", None), 405);
    assert_eq!(status("/tsa", Some(vec![0; 100_000])), 413);
    running.openssl(&format!(
        "openssl ocsp -issuer issuing.pem -cert seal.pem -url {}/ocsp -CAfile root.pem -verify_other \
         authority.pem | grep 'seal.pem: good'",
        running.url
    ));
    // A certificate that it never issued is no good one (RFC 6960, 2.2).
    running.openssl(
        "openssl req -x509 -new -key seal.key -subj /CN=Stranger -CA issuing.pem -CAkey keys/issuing.pem \
         -days 3 -out stranger.pem",
    );
    let said = running.openssl(&format!(
        "openssl ocsp -issuer issuing.pem -cert stranger.pem -url {}/ocsp -CAfile root.pem -verify_other authority.pem",
        running.url
    ));
    assert!(said.contains("stranger.pem: unknown"), "{said}");
}

/// Only this machine gets certificates of it, and only where no service for others is configured.
#[test]
fn it_is_refused_where_others_could_rely_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        let output = command.args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(!output.status.success(), "{}", text(&output));
        text(&output)
    };
    let everywhere = said(&["authority", "serve", "--listen", "0.0.0.0:8490"]);
    assert!(everywhere.contains("listens on this machine only"), "{everywhere}");
    for (setting, name) in [
        ("listen = \"0.0.0.0:8080\"", "web.listen"),
        ("public_url = \"https://seals.example\"", "web.public_url"),
        ("public_url = \"http://127.0.0.1.example:80/\"", "web.public_url"),
        ("public_url = \"http://localhost@seals.example\"", "web.public_url"),
    ] {
        std::fs::write(folder.path().join("chancery.toml"), format!("[web]\n{setting}\n")).unwrap();
        for command in [&["serve"][..], &["issue", "--alias", "a", "-"]] {
            let refused = said(&[&["authority"], command].concat());
            assert!(refused.contains("not for production") && refused.contains(name), "{refused}");
        }
    }
    for setting in ["public_url = \"http://localhost:8080/x\"", "listen = \"[::1]:8080\""] {
        std::fs::write(folder.path().join("chancery.toml"), format!("[web]\n{setting}\n")).unwrap();
        let missing = said(&["authority", "issue", "--alias", "a", "-"]);
        assert!(missing.contains("there is no test authority in test-authority"), "{missing}");
    }
    assert!(!folder.path().join("test-authority").exists());
}

/// The address is in certificates: a folder keeps it. A request that nobody signed is refused.
#[test]
fn a_folder_keeps_its_address_and_checks_requests() {
    let running = Running::start();
    let other = running.command(&["serve", "--listen", "127.0.0.1:1"]);
    assert!(text(&other).contains("leave --listen out"), "{}", text(&other));
    let taken = running.command(&["serve"]);
    assert!(text(&taken).contains("cannot listen on"), "{}", text(&taken));
    let mut der = running.path().join("seal.der");
    running.openssl("openssl req -in seal.csr -outform DER -out seal.der");
    let mut bytes = std::fs::read(&der).unwrap();
    let good = running.command(&["issue", "--alias", "again", der.to_str().unwrap()]);
    assert!(good.status.success(), "{}", text(&good));
    let place = bytes.windows(4).position(|it| it == b"Seal").unwrap();
    bytes[place] = b'M';
    der.set_extension("forged");
    std::fs::write(&der, &bytes).unwrap();
    let forged = running.command(&["issue", "--alias", "forged", der.to_str().unwrap()]);
    assert!(text(&forged).contains("does not verify"), "{}", text(&forged));
    let certificate = running.command(&["issue", "--alias", "none", "seal.pem"]);
    assert!(text(&certificate).contains("no certification request"), "{}", text(&certificate));
}

/// Where others rely on a service, everybody who looks after it is told that there is a test authority in it.
#[test]
fn a_service_for_others_tells_of_a_test_authority() {
    let running = Running::start();
    let seen = async |public_url: &str| {
        let mut setup = Setup::new();
        public_url.clone_into(&mut setup.issuer);
        setup.config.verification.trust = vec![running.path().join("root.pem")];
        let tsa = format!("url = \"{}/tsa\"\ntimeout_ms = 60000", running.url);
        let tsa = toml::from_str(&tsa).unwrap();
        setup.config.timestamp.authorities.insert("trial".to_owned(), tsa);
        let service = setup.start().await;
        let trial = service.app.authorities.named("trial").unwrap();
        timestamps::ask(&service.app, None, trial, &timestamps::trial, None).await.unwrap();
        Watcher::default().look(&service.app).await.unwrap();
        let alarms = service.app.reader.alarms().await.unwrap();
        let names: Vec<String> = alarms.into_iter().map(|alarm| alarm.name).collect();
        let ready = HTTP.get(format!("{}/readyz", service.base)).send().await.unwrap();
        let ready: Value = ready.json().await.unwrap();
        service.stop().await;
        (ready, names)
    };
    let found = ["timestamp.authorities.trial", "verification.trust"];
    run(async {
        let (ready, alarms) = seen("https://seals.example").await;
        assert_eq!(ready["ofTestAuthorities"], json!(found), "{ready}");
        assert_eq!(ready["status"], "degraded", "{ready}");
        for what in found {
            assert!(alarms.contains(&format!("test-authority:{what}")), "{alarms:?}");
        }
        let (ready, alarms) = seen("http://localhost:8080").await;
        assert_eq!(ready["ofTestAuthorities"], json!(found), "{ready}");
        assert_eq!(ready["status"], "ok", "{ready}");
        assert!(!alarms.iter().any(|name| name.starts_with("test-authority:")), "{alarms:?}");
    });
}

/// What the demo sealed with the test authority beside it, before EU DSS: exactly the level that was asked for.
#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_what_the_demo_sealed() {
    let demo = Demo::new();
    let levels = [
        ("xades-lta.lasting.xml", "XAdES-BASELINE-LTA"),
        ("pades-lta.lasting.pdf", "PAdES-BASELINE-LTA"),
        ("cades-lta.lasting.p7m", "CAdES-BASELINE-LTA"),
        ("asic-e-lta.lasting.asice", "XAdES-BASELINE-LTA"),
    ];
    let trust = DssTrust { roots: vec![demo.path().join("root-ca.pem")], ..DssTrust::default() };
    let file = |name: &str| (demo.path().join("sealed").join(name), None);
    let verdicts = dss_validate(&trust, &levels.map(|(name, _)| file(name)));
    for (name, level) in levels {
        let verdict = verdicts.iter().find(|verdict| verdict.path.ends_with(name)).unwrap();
        println!("{name}: EU DSS says {} {}", verdict.level, verdict.indication);
        let said = (verdict.intact, verdict.level.as_str(), verdict.indication.as_str());
        assert_eq!(said, (true, level, "TOTAL_PASSED"), "{verdict:?}");
    }
}

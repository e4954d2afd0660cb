//! The commands, as a person at a terminal sees them.

mod audit;
mod authority;
mod clocks;
mod database;
mod evidence;
mod extend;
mod files;
mod invoices;
mod looking;
mod people;
mod shown;
mod trusted;
mod values;
mod verifying;
mod wishes;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BINARY: &str = env!("CARGO_BIN_EXE_chancery");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a demo left in a folder of its own.
struct Demo {
    folder: tempfile::TempDir,
}

impl Demo {
    fn new() -> Self {
        let demo = Self { folder: tempfile::tempdir().unwrap() };
        let output = demo.play();
        assert!(output.status.success(), "{}", text(&output));
        demo
    }

    fn play(&self) -> Output {
        let samples = format!("{ROOT}/samples");
        let mut command = Command::new(BINARY);
        command
            .args(["demo", "--port", "0", "--samples", &samples, "--directory"])
            .arg(self.path());
        command.output().unwrap()
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.path().join("chancery.toml")).args(arguments);
        command.env("SOFTHSM2_CONF", self.path().join("softhsm2.conf"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).unwrap()
}

/// Two runs leave the same seals, and every command does its work beside them.
#[test]
fn demo_and_commands() {
    let demo = Demo::new();
    let sealed = demo.path().join("sealed/invoice-minimal.RSA-3072.xml");
    let first = std::fs::read(&sealed).unwrap();
    let again = demo.play();
    assert!(again.status.success(), "{}", text(&again));
    assert!(text(&again).contains("an earlier run"), "{}", text(&again));
    assert!(std::fs::read(&sealed).unwrap() == first, "the second run gave other bytes");

    // One of each format was sealed as it was asked for, which other people's verifiers said.
    let report = std::fs::read_to_string(demo.path().join("report.md")).unwrap();
    for file in [
        "xades-lta.lasting.xml",
        "pades-lta.lasting.pdf",
        "cades-lta.lasting.p7m",
        "asic-e-lta.lasting.asice",
    ] {
        assert!(report.contains(&format!("| {file} | verified |")), "{report}");
        let sealed = demo.path().join("sealed").join(file);
        let [sealed, root] = [sealed, demo.path().join("root-ca.pem")].map(PathBuf::into_os_string);
        let mut verify = demo.command(&["verify", "--json"]);
        let output = verify.arg(sealed).arg("--trust").arg(root).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains("\"level\": \"LTA\""), "{}", text(&output));
    }

    let away = demo.run(&["check"]);
    assert!(text(&away).contains("BAD   timestamp.test"), "{}", text(&away));
    let authority = authority::serve(&demo.path().join("authority"), &["--directory", "."]);
    let check = demo.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check));
    for line in [
        "OK    database",
        "OK    keys.demo",
        "OK    credential demo-rsa-3072",
        "WARN  test authority credential demo-p-256 is of one",
        "WARN  test authority timestamp.authorities.test is of one",
        "OK    status of demo-p-256",
    ] {
        assert!(text(&check).contains(line), "{}", text(&check));
    }
    drop(authority);

    let keys = text(&demo.run(&["keys", "list"]));
    assert!(keys.contains("demo-p-256") && keys.contains("RSA-3072"), "{keys}");
    let services = text(&demo.run(&["client-service", "list"]));
    assert!(services.contains("demo-ec"), "{services}");
    let unknown = demo.run(&["client-service", "suspend", "nobody"]);
    assert!(!unknown.status.success() && text(&unknown).contains("nobody"));

    // The secret that the demo shows to its user is nowhere else.
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(demo.path().join("demo.json")).unwrap()).unwrap();
    for (member, path) in [("tsa_url", "/tsa"), ("ocsp_url", "/ocsp"), ("crl_url", "/issuing.crl")]
    {
        let url = json[member].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:") && url.ends_with(path), "{json}");
    }
    let secret = json["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("chancery_cs_"), "scanners look for the prefix");
    let database = std::fs::read(demo.path().join("chancery.db")).unwrap();
    let inside = database.windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(!inside, "the database holds the secret itself");

    // One file for each mail that was taken over, once over both runs: what the notifications say.
    let folder = json["mail_folder"].as_str().unwrap();
    assert!(text(&again).contains(folder), "{}", text(&again));
    let mut told: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(path.extension().unwrap(), "eml", "{path:?}");
        let mail = std::fs::read_to_string(&path).unwrap();
        let to = mail.lines().find_map(|line| line.strip_prefix("To: ")).unwrap();
        let german = to == "rechnung@kunde.example";
        assert_eq!(mail.contains("Content-Disposition: attachment"), german, "{path:?}");
        told.push(to.to_owned());
    }
    told.sort();
    assert_eq!(told, ["ap@customer.example", "faturas@cliente.example", "rechnung@kunde.example"]);
}

/// The same file sealed again gives the same bytes; a file that cannot be sealed says why.
#[test]
fn sign_files() {
    let demo = Demo::new();
    let input = demo.path().join("invoice.xml");
    std::fs::copy(format!("{ROOT}/samples/invoice-minimal/input.xml"), &input).unwrap();
    let input = input.to_str().unwrap();
    let target = demo.path().join("invoice.sealed.xml");
    let sign = ["sign", "--client-service", "demo-ec"];

    let first = demo.run(&[&sign[..], &[input]].concat());
    assert!(first.status.success(), "{}", text(&first));
    let bytes = std::fs::read(&target).unwrap();
    std::fs::remove_file(&target).unwrap();
    assert!(demo.run(&[&sign[..], &[input]].concat()).status.success());
    // ECDSA values differ from signing to signing: equal bytes were not signed again.
    assert!(std::fs::read(&target).unwrap() == bytes, "it was sealed twice");

    // Two files that would become one, and a place that is taken, are noticed before anything is lost.
    let folder = demo.path().join("other");
    std::fs::create_dir(&folder).unwrap();
    let twin = folder.join("invoice.xml");
    std::fs::copy(input, &twin).unwrap();
    let output = demo.path().join("output");
    let (twin, output) = (twin.to_str().unwrap(), output.to_str().unwrap());
    let both = demo.run(&[&sign[..], &["--output", output, input, twin]].concat());
    assert!(!both.status.success() && text(&both).contains("both become"), "{}", text(&both));
    std::fs::write(&target, "mine").unwrap();
    let taken = demo.run(&[&sign[..], &[input]].concat());
    assert!(!taken.status.success() && text(&taken).contains("there already"), "{}", text(&taken));
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");

    let pdf = format!("{ROOT}/samples/pdf-one-page/input.pdf");
    let csv = demo.path().join("list.csv");
    std::fs::write(&csv, "a;b").unwrap();
    let csv = csv.to_str().unwrap();
    let mixed = demo.run(&[&sign[..], &["--output", output, &pdf, csv, "missing.xml"]].concat());
    assert!(!mixed.status.success());
    let said = text(&mixed);
    assert!(said.contains("1 sealed, 2 failed") && said.contains("missing.xml"), "{said}");
    assert!(said.contains("list.csv: the content type says"), "{said}");
    let sealed = std::fs::read(format!("{output}/input.sealed.pdf")).unwrap();
    assert!(sealed.starts_with(&std::fs::read(&pdf).unwrap()));

    let any = ["--format", "cades", "--output", output, csv];
    let signed = demo.run(&[&sign[..], &any].concat());
    assert!(signed.status.success(), "{}", text(&signed));
    assert!(Path::new(&format!("{output}/list.csv.p7m")).exists());
}

/// A key that is not a setting is refused by name, from file and environment.
#[test]
fn unknown_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chancery.toml");
    std::fs::write(&file, "[web]\nlistn = \"127.0.0.1:1\"\n").unwrap();
    let output = Command::new(BINARY).arg("--config").arg(&file).arg("check").output().unwrap();
    assert!(!output.status.success() && text(&output).contains("listn"), "{}", text(&output));

    std::fs::write(&file, "").unwrap();
    let output = Command::new(BINARY)
        .arg("--config")
        .arg(&file)
        .arg("migrate")
        .env("CHANCERY_STORE__URI", "sqlite://x.db")
        .output()
        .unwrap();
    let said = text(&output);
    assert!(!output.status.success() && said.contains("CHANCERY_STORE__URI"), "{said}");
}

/// Keys in files are for development: production says no and names the way out.
#[test]
fn software_keys_are_refused_in_production() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chancery.toml");
    let root = folder.path().display();
    let settings = |production: bool| {
        format!(
            "[store]\nurl = \"sqlite://{root}/c.db\"\n[oauth]\nsigning_key_file = \"{root}/t.pem\"\n[secrets]\nkey_file = \"{root}/s.key\"\n\
             [keys]\nproduction = {production}\n\
             [keys.backends.soft]\nkind = \"software\"\ndirectory = \"{root}\"\n"
        )
    };
    let run = |arguments: &str| {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&file).args(arguments.split(' ')).output().unwrap()
    };
    let generate = || run("keys generate --backend soft --label one");
    std::fs::write(&file, settings(true)).unwrap();
    let refused = generate();
    assert!(!refused.status.success());
    assert!(text(&refused).contains("production"), "{}", text(&refused));
    std::fs::write(&file, settings(false)).unwrap();
    let made = generate();
    assert!(made.status.success(), "{}", text(&made));
    for kind in ["P-521", "secp256k1"] {
        let label = format!("of-{kind}");
        let option = kind.to_ascii_lowercase();
        let made = run(&format!("keys generate --backend soft --label {label} --kind {option}"));
        assert!(made.status.success(), "{}", text(&made));
        let listed = text(&run("keys list"));
        assert!(listed.lines().any(|it| it.contains(&label) && it.contains(kind)), "{listed}");
        let request = text(&run(&format!("keys csr --backend soft --key {label} --subject CN=A")));
        assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{request}");
    }
}

/// What is set about a client service is listed, and what is not named stays.
#[test]
fn client_services_are_set_and_companies_suspended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chancery.toml");
    let root = folder.path().display();
    let settings = format!(
        "[store]\nurl = \"sqlite://{root}/c.db\"\n[oauth]\nsigning_key_file = \"{root}/t.pem\"\n[secrets]\nkey_file = \"{root}/s.key\"\n"
    );
    std::fs::write(&file, settings).unwrap();
    let run = |arguments: &str| {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&file).args(arguments.split(' ')).output().unwrap()
    };
    let good = |arguments: &str| {
        let output = run(arguments);
        assert!(output.status.success(), "{arguments}: {}", text(&output));
        text(&output)
    };
    let row = |name: &str| {
        let listed = good("client-service list");
        let row = listed.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        row.split_whitespace().skip(3).collect::<Vec<_>>().join(" ")
    };
    let is = |name: &str, settings: &str| assert_eq!(row(name), settings);
    let create =
        "client-service create --issuer-name ACME --issuer-vat 505767457 --issuer-country PRT";
    good(&format!("{create} --alias plain"));
    is("plain", "UNIQUE default refused NONE WARN TOP_LEFT B REFUSE issuer's installation's");
    good(&format!(
        "{create} --alias special --profile zatca-simplified --allow-sha1 --lint SCHEMA"
    ));
    is(
        "special",
        "UNIQUE zatca-simplified allowed SCHEMA WARN TOP_LEFT B REFUSE issuer's installation's",
    );

    good("client-service set special --lint basic");
    is(
        "special",
        "UNIQUE zatca-simplified allowed BASIC WARN TOP_LEFT B REFUSE issuer's installation's",
    );
    good("client-service set special --no-profile --allow-sha1 false");
    is("special", "UNIQUE default refused BASIC WARN TOP_LEFT B REFUSE issuer's installation's");
    good("client-service set plain --profile facturae-3.2");
    is("plain", "UNIQUE facturae-3.2 refused NONE WARN TOP_LEFT B REFUSE issuer's installation's");
    good("client-service set plain --active-content refuse --signature-template $date");
    is(
        "plain",
        "UNIQUE facturae-3.2 refused NONE REFUSE TOP_LEFT B REFUSE issuer's installation's",
    );
    good("client-service set plain --coordinate-origin bottom-left --document-references reusable");
    is(
        "plain",
        "REUSABLE facturae-3.2 refused NONE REFUSE BOTTOM_LEFT B REFUSE issuer's installation's",
    );
    good("client-service set plain --document-references UNIQUE");
    assert!(row("plain").starts_with("UNIQUE "));
    for (wrong, word) in [
        ("client-service set plain --document-references sometimes", "reusable"),
        ("client-service set plain --coordinate-origin middle", "bottom-left"),
        ("client-service set plain", "nothing to set"),
        ("client-service set nobody --lint basic", "no client service is called nobody"),
        ("client-service set plain --profile A/B", "a-z 0-9"),
        ("client-service set plain --profile a --no-profile", "cannot be used with"),
        ("client-service set plain --lint everything", "schema"),
        ("client-service set plain --signature-template $nobody.knows()", "template"),
        ("client-service set plain --active-content never", "refuse"),
        ("company suspend PRT 1", "company list"),
    ] {
        let output = run(wrong);
        assert!(!output.status.success() && text(&output).contains(word), "{}", text(&output));
    }

    let company = || {
        let listed = good("company list");
        listed.lines().find(|line| line.contains("505767457")).unwrap().to_owned()
    };
    assert!(company().contains("ACTIVE"));
    good("company suspend prt 505767457");
    assert!(company().contains("SUSPENDED"));
    good("company activate PRT 505767457");
    assert!(company().contains("ACTIVE"));
}

/// The default configuration that is printed is one that is read.
#[test]
fn the_printed_configuration_is_complete() {
    let printed = Command::new(BINARY).arg("config").output().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chancery.toml");
    std::fs::write(&file, &printed.stdout).unwrap();
    let output = Command::new(BINARY)
        .current_dir(folder.path())
        .arg("--config")
        .arg(&file)
        .arg("migrate")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let mode = std::fs::metadata(folder.path().join("chancery.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read the database");
}

/// The password in a database URL shows in no print of the settings.
#[test]
fn passwords_are_redacted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chancery.toml");
    std::fs::write(&file, "[store]\nurl = \"postgres://ana:s3cr3t@db.example/seals\"\n").unwrap();
    let config = chancery::config::Config::load(Some(&file)).unwrap();
    let printed = format!("{config:?}");
    assert!(printed.contains("db.example") && !printed.contains("s3cr3t"), "{printed}");
}

/// Profiles are listed and shown without a database, with those of the installation.
#[test]
fn profiles_are_listed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let profiles = folder.path().join("profiles");
    std::fs::create_dir(&profiles).unwrap();
    let own = "title = \"Ours\"\nsources = [\"a contract\"]\nextends = \"sii-dte\"\n";
    std::fs::write(profiles.join("ours.toml"), own).unwrap();
    let configuration = folder.path().join("chancery.toml");
    std::fs::write(&configuration, format!("[profiles]\nfolder = {profiles:?}\n")).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&configuration).args(arguments).output().unwrap()
    };
    let list = run(&["profile", "list"]);
    assert!(list.status.success(), "{}", text(&list));
    let line = |name: &str| {
        let found = text(&list).lines().find(|line| line.starts_with(name)).map(str::to_owned);
        found.unwrap_or_else(|| panic!("no {name} in {}", text(&list)))
    };
    assert!(line("ours ").contains("yes") && line("ours ").ends_with("Ours"));
    assert!(!line("dian ").contains("yes"));

    let shown = run(&["profile", "show", "ours"]);
    let said = text(&shown);
    assert!(said.contains("Source: a contract") && said.contains("--allow-sha1"), "{said}");
    let json: serde_json::Value = serde_json::from_str(&said[said.find("\n{").unwrap()..]).unwrap();
    assert_eq!(json["signatureAlgorithm"], "RSA_SHA1");
    assert_eq!(json["signatureLocation"]["position"], "AFTER");

    let unknown = run(&["profile", "show", "sii"]);
    assert!(!unknown.status.success() && text(&unknown).contains("known: "), "{}", text(&unknown));
}

/// The scripts are of each shell and know commands and options.
#[test]
fn shells_can_complete() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = Command::new(BINARY).args(["completions", shell]).output().unwrap();
        let script = text(&output);
        assert!(output.status.success() && script.contains("rotate-secret"), "{shell}: {script}");
    }
    let script = Command::new(BINARY).args(["completions", "bash"]).output().unwrap().stdout;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chancery.bash");
    std::fs::write(&file, script).unwrap();
    let ask = "source $0; COMP_WORDS=(chancery client-service ro); COMP_CWORD=2; \
               _chancery chancery ro client-service; echo ${COMPREPLY[@]}";
    let asked = Command::new("bash").args(["-c", ask]).arg(&file).output().unwrap();
    assert_eq!(text(&asked).trim(), "rotate-secret");
}

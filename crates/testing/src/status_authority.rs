//! An authority of one test that tells over HTTP what became of its certificates: openssl signs its lists and answers
//! as its OCSP responder, and the certificates name both. It can be told to answer anything else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::openssl::REVOCATION;
use crate::tsa::TSA;
use crate::tsa_server::{SeenQuery, TsaReply, TsaServer};

/// A root, an intermediate with a responder of its own, and what it issued.
///
/// | Path | |
/// |---|---|
/// | `/root.crl`, `/ca.crl` | the lists of root and intermediate |
/// | `/ocsp` | the responder of the intermediate, delegated, with `id-pkix-ocsp-nocheck` |
/// | `/ca.cer` | the intermediate |
/// | `/tsa.crl` | the list of the [`TSA`] |
pub struct StatusAuthority {
    keys: AuthorityKeys,
    server: TsaServer,
    other: Arc<Mutex<Option<OtherAnswer>>>,
}

/// What an authority signs with.
#[derive(Clone)]
pub struct AuthorityKeys(Arc<TempDir>);

type OtherAnswer = Arc<dyn Fn(&AuthorityKeys, &SeenQuery) -> Option<TsaReply> + Send + Sync>;

impl StatusAuthority {
    /// One that issued a certificate `seal` for the public key in a PEM file.
    pub fn start(public_key: &Path) -> Self {
        let keys = AuthorityKeys(Arc::new(tempfile::tempdir().unwrap()));
        let server = TsaServer::start();
        let script = format!(
            r#"
            set -e
            {REVOCATION}
            ec() {{ openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }}
            ec root; ec ca; ec ocsp; ec stranger
            at=http://127.0.0.1:{port}
            openssl req -x509 -new -key root.key -subj '/O=Status test/CN=Root' -days 30 -out root.pem \
                -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
            openssl req -x509 -new -key stranger.key -subj '/O=Status test/CN=Issuing' -days 30 \
                -out stranger.pem
            issue() {{
                printf "$4\n" > $1.ext
                openssl req -new -key $2.key -subj "/O=Status test/CN=$3" -out $1.csr
                openssl x509 -req -in $1.csr -CA $5.pem -CAkey $5.key -set_serial $6 -days 20 \
                    -extfile $1.ext -out $1.pem $7 $8
            }}
            issue ca ca Issuing "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\ncrlDistributionPoints=URI:$at/root.crl" root 2
            issue ocsp ocsp Responder "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored" ca 3
            issue seal ca Seal "keyUsage=critical,digitalSignature,nonRepudiation\nauthorityInfoAccess=OCSP;URI:$at/ocsp,caIssuers;URI:$at/ca.cer\ncrlDistributionPoints=URI:$at/ca.crl" ca 4 -force_pubkey {public_key}
            list root; list ca
            for name in root ca; do openssl crl -in $name.crl -outform DER -out $name.list; done
            openssl crl -in {tsa_list} -outform DER -out tsa.list
            openssl x509 -in ca.pem -outform DER -out ca.cer
            for serial in 02 04; do printf "V\t491231235959Z\t\t$serial\tunknown\t/CN=$serial\n" >> good; done
            printf "R\t491231235959Z\t$(date -u -d yesterday +%y%m%d%H%M%SZ)\t04\tunknown\t/CN=04\n" > revoked
            "#,
            port = server.port,
            public_key = public_key.display(),
            tsa_list = TSA.list().display(),
        );
        run(&script, keys.0.path());
        let other: Arc<Mutex<Option<OtherAnswer>>> = Arc::default();
        let (asked, its) = (Arc::clone(&other), keys.clone());
        server.answers(move |query| {
            let other = asked.lock().unwrap().clone();
            other.and_then(|other| other(&its, query)).unwrap_or_else(|| its.good(query))
        });
        Self { keys, server, other }
    }

    /// A file of the authority: `root.pem`, `ca.pem`, `seal.pem`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.keys.0.path().join(name)
    }

    /// An address of the authority.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.server.port)
    }

    /// From now on requests are answered so, and well where nothing is said.
    pub fn answers(
        &self,
        answer: impl Fn(&AuthorityKeys, &SeenQuery) -> Option<TsaReply> + Send + Sync + 'static,
    ) {
        *self.other.lock().unwrap() = Some(Arc::new(answer));
    }

    /// From now on nothing is told at these paths.
    pub fn silences(&self, paths: &'static [&'static str]) {
        self.answers(move |_, query| {
            let silent = paths.contains(&query.path.as_str());
            silent.then(|| TsaReply { status: 503, ..TsaReply::of(Vec::new()) })
        });
    }

    /// From now on everything is told.
    pub fn comes_back(&self) {
        *self.other.lock().unwrap() = None;
    }

    /// Paths that were asked so far.
    pub fn asked(&self) -> Vec<String> {
        self.server.seen().into_iter().map(|query| query.path).collect()
    }
}

impl AuthorityKeys {
    /// The answer of the responder to a request, by an index (`good`, `revoked`), with options of `openssl ocsp`.
    pub fn ocsp(&self, request: &[u8], index: &str, options: &str) -> Vec<u8> {
        let room = tempfile::tempdir().unwrap();
        let [asked, answer] = ["request", "answer"].map(|name| room.path().join(name));
        fs::write(&asked, request).unwrap();
        let own =
            if options.contains("-rsigner") { "" } else { "-rsigner ocsp.pem -rkey ocsp.key" };
        let line = format!(
            "openssl ocsp -index {index} -CA ca.pem {own} -reqin {} -respout {} {options}",
            asked.display(),
            answer.display()
        );
        run(&line, self.0.path());
        fs::read(&answer).unwrap()
    }

    /// What the responder signed about the certificate `seal` before anybody asked: there is no nonce in it.
    pub fn signed_before(&self) -> Vec<u8> {
        let room = tempfile::tempdir().unwrap();
        let asked = room.path().join("request");
        let line = "openssl ocsp -issuer ca.pem -cert seal.pem -no_nonce -reqout";
        run(&format!("{line} {}", asked.display()), self.0.path());
        self.ocsp(&fs::read(&asked).unwrap(), "good", "-ndays 3")
    }

    /// The list of an issuer, with options of `openssl ca -gencrl`.
    pub fn list(&self, issuer: &str, options: &str) -> Vec<u8> {
        let room = tempfile::tempdir().unwrap();
        let made = room.path().join("list");
        let line = format!(
            "openssl ca -gencrl -config ca.cnf -cert {issuer}.pem -keyfile {issuer}.key {options} \
             -out {made}.pem && openssl crl -in {made}.pem -outform DER -out {made}",
            made = made.display()
        );
        run(&line, self.0.path());
        fs::read(&made).unwrap()
    }

    fn good(&self, query: &SeenQuery) -> TsaReply {
        let file = match query.path.as_str() {
            "/ocsp" => return TsaReply::of(self.ocsp(&query.body, "good", "-ndays 3")),
            "/root.crl" => "root.list",
            "/ca.crl" => "ca.list",
            "/tsa.crl" => "tsa.list",
            "/ca.cer" => "ca.cer",
            _ => return TsaReply { status: 404, ..TsaReply::of(Vec::new()) },
        };
        TsaReply::of(fs::read(self.0.path().join(file)).unwrap())
    }
}

fn run(script: &str, folder: &Path) {
    let output = Command::new("sh").args(["-c", script]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

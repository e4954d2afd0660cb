//! A time-stamp authority of one run: the openssl command answers requests, signs whatever it is given
//! as a token, and judges tokens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use chancery_engine::domain::instant::Instant;
use chancery_engine::pki::path;
use tempfile::TempDir;

use crate::openssl::REVOCATION;

/// Object identifier of a TSTInfo.
pub const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// A root with certificates for timestamps, good and bad, each in `NAME.pem` with `NAME.key`:
///
/// | Name | |
/// |---|---|
/// | `rsa`, `ec`, `ec384` | good, for thirty days |
/// | `renewed` | that of `rsa` again, with its key and serial number, for other days |
/// | `silent` | without extendedKeyUsage |
/// | `lenient` | with one that is not critical |
/// | `double` | for mail too |
/// | `cipher` | whose keyUsage is keyEncipherment |
pub struct TestTsa {
    folder: TempDir,
}

pub static TSA: LazyLock<TestTsa> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        set -e
        key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:$2 -out $1.key; }
        key root P-256; key ec P-256; key ec384 P-384
        openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key
        for name in renewed silent lenient double cipher; do cp rsa.key $name.key; done
        openssl req -x509 -new -key root.key -subj '/O=Chancery test/CN=TSA root' -days 60 -out root.pem \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
        serial=100
        issue() {
            serial=$((serial + 1))
            printf "subjectKeyIdentifier=hash\n$4\n" > $1.ext
            openssl req -new -key $1.key -subj "/O=Chancery test/CN=TSA $2" -out $1.csr
            openssl x509 -req -in $1.csr -CA root.pem -CAkey root.key -set_serial $serial -days $3 \
                -extfile $1.ext -out $1.pem
        }
        good='extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature'
        issue rsa rsa 30 "$good"
        serial=100; issue renewed rsa 40 "$good"
        issue ec ec 30 "$good"; issue ec384 ec384 30 "$good"
        issue silent silent 30 keyUsage=critical,digitalSignature
        issue lenient lenient 30 extendedKeyUsage=timeStamping
        issue double double 30 extendedKeyUsage=critical,timeStamping,emailProtection
        issue cipher cipher 30 'extendedKeyUsage=critical,timeStamping\nkeyUsage=keyEncipherment'
        list root
    "#;
    let script = format!("{REVOCATION}{script}");
    let output = Command::new("sh").arg("-c").arg(script).current_dir(folder.path()).output();
    let output = output.expect("sh must run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "these tests need the openssl command line: {said}");
    TestTsa { folder }
});

/// How [`TestTsa::answer`] answers: lines of the section of `openssl ts`, whose defaults are replaced.
const USUAL: &str = "serial=serial\ncrypto_device=builtin\ncerts=root.pem\nsigner_digest=sha256\n\
                     default_policy=1.2.3.4\nother_policies=1.2.3.5\ndigests=sha256,sha384,sha512\n\
                     ess_cert_id_alg=sha256\n";

impl TestTsa {
    /// Where the trust anchor is, as PEM.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// The revocation list of the root, on which nothing stands, as PEM.
    pub fn list(&self) -> PathBuf {
        self.folder.path().join("root.crl")
    }

    /// Where a certificate is, and its key.
    pub fn files(&self, name: &str) -> [PathBuf; 2] {
        ["pem", "key"].map(|kind| self.folder.path().join(format!("{name}.{kind}")))
    }

    /// A revocation list of the root as it is some days from now, good for ten days then, as DER.
    pub fn list_in_days(&self, days: u32) -> Vec<u8> {
        let folder = self.room();
        let time = |days: u32| format!("$(date -u -d '+{days} days' +%Y%m%d%H%M%SZ)");
        let line = format!(
            "openssl ca -gencrl -config root.cnf -cert root.pem -keyfile root.key -out later.pem \
             -crl_lastupdate {} -crl_nextupdate {} && \
             openssl crl -in later.pem -outform DER -out later.crl",
            time(days),
            time(days + 10)
        );
        run(&line, folder.path()).unwrap();
        fs::read(folder.path().join("later.crl")).unwrap()
    }

    /// The revocation list of the root when a certificate was revoked yesterday, as DER.
    pub fn list_with(&self, name: &str) -> Vec<u8> {
        let folder = self.room();
        let line = format!(
            r#"
            serial=$(openssl x509 -in {name}.pem -noout -serial | cut -d= -f2)
            since=$(date -u -d yesterday +%y%m%d%H%M%SZ)
            printf "R\t491231235959Z\t$since\t$serial\tunknown\t/CN=TSA\n" > index; echo 02 > number
            printf "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n" > ca.cnf
            openssl ca -gencrl -config ca.cnf -cert root.pem -keyfile root.key -crldays 3 -out list.pem &&
            openssl crl -in list.pem -outform DER -out list
            "#
        );
        run(&line, folder.path()).unwrap();
        fs::read(folder.path().join("list")).unwrap()
    }

    /// A moment ago: when the certificate `rsa` became valid.
    pub fn now(&self) -> Instant {
        let pem = fs::read(self.folder.path().join("rsa.pem")).unwrap();
        path::of_file(&pem, Instant::from_unix_ms(0)).unwrap().signing().not_before()
    }

    /// The answer to a request, a `TimeStampResp`, signed with a certificate.
    pub fn answer(&self, query: &[u8], name: &str, settings: &str) -> Vec<u8> {
        let folder = self.room();
        fs::write(folder.path().join("query"), query).unwrap();
        fs::write(folder.path().join("serial"), "01\n").unwrap();
        let config = format!("[tsa]\ndefault_tsa=t\n[t]\n{USUAL}{settings}\n");
        fs::write(folder.path().join("ts.cnf"), config).unwrap();
        let line = format!(
            "openssl ts -reply -config ts.cnf -queryfile query -signer {name}.pem -inkey {name}.key \
             -out response"
        );
        run(&line, folder.path()).unwrap();
        fs::read(folder.path().join("response")).unwrap()
    }

    /// The token in an answer.
    pub fn token(&self, response: &[u8]) -> Vec<u8> {
        let folder = self.room();
        fs::write(folder.path().join("response"), response).unwrap();
        run("openssl ts -reply -in response -token_out -out token", folder.path()).unwrap();
        fs::read(folder.path().join("token")).unwrap()
    }

    /// The TSTInfo in a token, whoever signed it.
    pub fn info(&self, token: &[u8]) -> Vec<u8> {
        let folder = self.room();
        fs::write(folder.path().join("token"), token).unwrap();
        let line = "openssl cms -verify -noverify -binary -inform DER -in token -out info";
        run(line, folder.path()).unwrap();
        fs::read(folder.path().join("info")).unwrap()
    }

    /// Signs some octets as a token: options of `openssl cms -sign`, in whose folder the certificates are.
    pub fn sign(&self, info: &[u8], options: &str) -> Vec<u8> {
        let folder = self.room();
        fs::write(folder.path().join("info"), info).unwrap();
        let line = format!(
            "openssl cms -sign -in info -binary -nodetach -nosmimecap -outform DER -out token {options}"
        );
        run(&line, folder.path()).unwrap();
        fs::read(folder.path().join("token")).unwrap()
    }

    /// Whether openssl takes an answer for one to a request, of a TSA under the root.
    pub fn verify_answer(&self, response: &[u8], query: &[u8]) -> Result<(), String> {
        let folder = self.room();
        fs::write(folder.path().join("response"), response).unwrap();
        fs::write(folder.path().join("query"), query).unwrap();
        let line = "openssl ts -verify -in response -queryfile query -CAfile root.pem";
        run(line, folder.path()).map(drop)
    }

    /// Whether openssl takes a token for one over these octets, of a TSA under the root.
    pub fn verify(&self, token: &[u8], octets: &[u8]) -> Result<(), String> {
        let folder = self.room();
        fs::write(folder.path().join("token"), token).unwrap();
        fs::write(folder.path().join("octets"), octets).unwrap();
        let line = "openssl ts -verify -token_in -in token -data octets -CAfile root.pem";
        run(line, folder.path()).map(drop)
    }

    /// What openssl says of a request or an answer, in words.
    pub fn text(&self, kind: &str, octets: &[u8]) -> String {
        let folder = self.room();
        fs::write(folder.path().join("in"), octets).unwrap();
        run(&format!("openssl ts -{kind} -in in -text"), folder.path()).unwrap()
    }

    /// A folder of one call with the certificates and keys, so that calls do not meet.
    fn room(&self) -> TempDir {
        let room = tempfile::tempdir().unwrap();
        for file in fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            std::os::unix::fs::symlink(file.path(), room.path().join(file.file_name())).unwrap();
        }
        room
    }
}

/// Runs a line of shell; gives what it wrote, `Err` what it complained about.
fn run(line: &str, folder: &Path) -> Result<String, String> {
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{line}: {}", String::from_utf8_lossy(&said)))
}

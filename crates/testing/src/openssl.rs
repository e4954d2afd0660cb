//! Keys in files, used by the openssl command: a signer that shares no code with the house.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use chancery_engine::domain::algorithm::SignatureAlgorithm;
use chancery_engine::pki::algorithm::KeyKind;
use chancery_engine::pki::signature::SignatureValue;

/// A function of the shell: `list NAME` makes `NAME.crl`, a revocation list without entries that is good for
/// ten days, of the authority whose certificate is `NAME.pem`.
pub const REVOCATION: &str = r#"
    list() {
        : > $1.index; echo 01 > $1.number
        printf "[ca]\ndefault_ca=d\n[d]\ndatabase=$1.index\ncrlnumber=$1.number\ndefault_md=sha256\n" > $1.cnf
        openssl ca -gencrl -config $1.cnf -cert $1.pem -keyfile $1.key -crldays 10 -out $1.crl
    }
"#;

/// Signs a message with the key in a PEM file.
pub fn sign(
    key: &Path,
    kind: KeyKind,
    algorithm: SignatureAlgorithm,
    message: &[u8],
) -> SignatureValue {
    let mut command = Command::new("openssl");
    command.args(["dgst", &format!("-{}", algorithm.digest().as_str().to_lowercase())]);
    command.arg("-sign").arg(key);
    if matches!(algorithm, SignatureAlgorithm::RsaPss(_)) {
        command.args(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
    }
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("these tests need the openssl command line");
    child.stdin.take().expect("a pipe").write_all(message).expect("openssl reads");
    let output = child.wait_with_output().expect("openssl ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl does not sign with {}: {said}", key.display());
    SignatureValue::of_key(kind, output.stdout)
}

//! Keys and certificates of one run, sealing in one line, and the foreign judges.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{
    Canonicalization, CanonicalizationMethod, SignatureAlgorithm,
};
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::{SignatureLocation, XadesProfile};
use chancery_engine::pki::path;
use chancery_engine::pki::signature::SignatureValue;
use chancery_engine::seal::{Limits, Prepared, Profile, Sealed, Signer, prepare};
use chancery_engine::verify::{MadeSeal, check_own};

use tempfile::TempDir;

use crate::judges::{corpus_files, xmlsec_verify_under};
use crate::openssl::REVOCATION;

/// A software key with its chain.
pub struct TestKey {
    pub name: &'static str,
    pub signer: Signer,
    pub algorithm: SignatureAlgorithm,
    pub pem: PathBuf,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl TestKey {
    pub fn sign(&self, message: &[u8]) -> SignatureValue {
        let random = SystemRandom::new();
        SignatureValue::new(match &self.pair {
            Pair::Rsa(pair) => {
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut value).unwrap();
                value
            }
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
        })
    }

    /// A second after the certificate became valid: a moment ago.
    pub fn now(&self) -> Instant {
        self.signer.certificate().not_before().plus_ms(1000)
    }
}

/// Root, intermediate, an RSA-3072 and a P-256 certificate, made once per run.
pub struct Pki {
    folder: TempDir,
    pub rsa: TestKey,
    pub p256: TestKey,
    documents: AtomicUsize,
}

impl Pki {
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// The revocation lists of the root and the intermediate, on which nothing stands, as PEM.
    pub fn lists(&self) -> [PathBuf; 2] {
        ["root.crl", "ca.crl"].map(|name| self.folder.path().join(name))
    }

    /// What the intermediate says of the certificates of both keys as an OCSP responder, or that they are
    /// revoked since yesterday.
    pub fn answer(&self, revoked: bool) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let (state, since) =
            if revoked { ("R", "$(date -u -d yesterday +%y%m%d%H%M%SZ)") } else { ("V", "") };
        let script = format!(
            r#"
                set -e
                for name in rsa p256; do
                    serial=$(openssl x509 -in $PKI/$name.pem -noout -serial | cut -d= -f2)
                    printf "{state}\t491231235959Z\t{since}\t$serial\tunknown\t/CN=$name\n" >> index
                done
                openssl ocsp -index index -CA $PKI/ca.pem -rsigner $PKI/ca.pem -rkey $PKI/ca.key \
                    -issuer $PKI/ca.pem -cert $PKI/rsa.pem -cert $PKI/p256.pem -ndays 3 -no_nonce \
                    -noverify -respout answer
            "#
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).env("PKI", self.folder.path()).current_dir(folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read(folder.path().join("answer")).unwrap()
    }

    /// A fresh path for a document of a test.
    pub fn path(&self, extension: &str) -> PathBuf {
        let number = self.documents.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("{number}.{extension}"))
    }
}

pub static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        set -e
        ec() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1; }
        ec root.key; ec ca.key; ec p256.key
        openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out rsa.key
        openssl req -x509 -new -key root.key -subj '/O=Chancery test/CN=Root' -days 30 -out root.pem \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
        printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' > ca.ext
        openssl req -new -key ca.key -subj '/O=Chancery test/CN=Intermediate' -out ca.csr
        openssl x509 -req -in ca.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 \
            -extfile ca.ext -out ca.pem
        # pyHanko looks at answers of responders only for certificates that name one
        printf 'keyUsage=critical,digitalSignature,nonRepudiation\nauthorityInfoAccess=OCSP;URI:http://ocsp.invalid/\n' \
            > leaf.ext
        for name in rsa p256; do
            openssl req -new -key $name.key -subj "/O=Chancery test/CN=Seal $name" -out $name.csr
            openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 \
                -extfile leaf.ext -out $name.pem
            openssl pkcs8 -topk8 -nocrypt -in $name.key -outform DER -out $name.der
            cat $name.pem ca.pem root.pem > $name.chain.pem
        done
        list root; list ca
    "#;
    let script = format!("{REVOCATION}{script}");
    let output = Command::new("sh").arg("-c").arg(script).current_dir(folder.path()).output();
    let output = output.expect("sh must run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "these tests need the openssl command line: {said}");
    let key = |name: &'static str| {
        let pem = folder.path().join(format!("{name}.pem"));
        let chain = fs::read(folder.path().join(format!("{name}.chain.pem"))).unwrap();
        let signer = Signer::new(&path::of_file(&chain, Instant::from_unix_ms(0)).unwrap());
        let der = fs::read(folder.path().join(format!("{name}.der"))).unwrap();
        let pair = if name == "rsa" {
            Pair::Rsa(RsaKeyPair::from_pkcs8(&der).unwrap())
        } else {
            Pair::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap())
        };
        let algorithm = signer.certificate().key_kind().default_signature();
        TestKey { name, signer, algorithm, pem, pair }
    };
    let (rsa, p256) = (key("rsa"), key("p256"));
    Pki { folder, rsa, p256, documents: AtomicUsize::new(0) }
});

pub const ALL_CANONICALIZATIONS: [Canonicalization; 6] = {
    use CanonicalizationMethod::{Exclusive, Inclusive, Inclusive11};
    [
        Canonicalization { method: Exclusive, with_comments: false },
        Canonicalization { method: Exclusive, with_comments: true },
        Canonicalization { method: Inclusive, with_comments: false },
        Canonicalization { method: Inclusive, with_comments: true },
        Canonicalization { method: Inclusive11, with_comments: false },
        Canonicalization { method: Inclusive11, with_comments: true },
    ]
};

pub fn profile(
    key: &TestKey,
    canonicalization: Canonicalization,
    location: SignatureLocation,
) -> Profile {
    Profile::Xades(Box::new(XadesProfile {
        canonical_transform: canonicalization,
        signature_location: location,
        signature_algorithm: Some(key.algorithm),
        mime_type: Some("text/xml".to_owned()),
        ..XadesProfile::default()
    }))
}

pub fn inside(text: &str) -> SignatureLocation {
    SignatureLocation::inside(text)
}

/// Prepares with the P-256 key, exclusive canonicalization and default limits.
pub fn try_prepare(document: &[u8], location: SignatureLocation) -> Result<Prepared, Refusal> {
    let key = &PKI.p256;
    let profile = profile(key, Canonicalization::EXCLUSIVE, location);
    prepare(document.to_vec(), &profile, &key.signer, key.now(), &Limits::default())
}

pub fn try_seal(
    document: &[u8],
    key: &TestKey,
    canonicalization: Canonicalization,
    location: SignatureLocation,
) -> Result<Sealed, Refusal> {
    let profile = profile(key, canonicalization, location);
    let prepared =
        prepare(document.to_vec(), &profile, &key.signer, key.now(), &Limits::default())?;
    let value = key.sign(prepared.to_be_signed());
    Ok(checked(prepared.attach(value).expect("a right value is taken").finish(), &profile))
}

/// A seal that passes the check before release, as every one has to that is made.
///
/// # Panics
/// When it does not.
#[track_caller]
pub fn checked(sealed: Sealed, profile: &Profile) -> Sealed {
    let made = MadeSeal::of(&sealed, profile);
    if let Err(fault) = check_own(sealed.bytes(), &made, &Limits::default()) {
        panic!("withheld: {fault}\n{}", String::from_utf8_lossy(sealed.bytes()));
    }
    sealed
}

/// Asserts that taking the inserted element out again gives the original, and that only an
/// empty-element tag of the parent may have been opened.
pub fn assert_bytes_kept(original: &[u8], sealed: &Sealed) {
    let range = sealed.signature();
    let (before, after) = (&sealed.bytes()[..range.start], &sealed.bytes()[range.end..]);
    let inserted = &sealed.bytes()[range];
    // The element is written as the document is, so its first character tells how.
    let write = |ascii: &str| -> Vec<u8> {
        match inserted {
            [b'<', 0, ..] => ascii.bytes().flat_map(|octet| [octet, 0]).collect(),
            [0, b'<', ..] => ascii.bytes().flat_map(|octet| [0, octet]).collect(),
            _ => ascii.as_bytes().to_vec(),
        }
    };
    assert!(inserted.starts_with(&write("<ds:Signature ")), "the range begins with the element");
    assert!(inserted.ends_with(&write("</ds:Signature>")), "the range ends with the element");
    let outside = [before, after].concat();
    if outside == original {
        return;
    }
    let end = write(">");
    let opened = before.strip_suffix(&*end).expect("an opened tag");
    assert!(after.starts_with(&write("</")));
    let tag = after.chunks(end.len()).position(|unit| unit == end).expect("an end tag");
    let closed = [opened, &write("/>"), &after[(tag + 1) * end.len()..]].concat();
    assert!(closed == original, "bytes outside of the signature changed");
}

/// Runs `xmlsec1 --verify` over files sealed by this module's keys.
pub fn xmlsec_verify(files: &[PathBuf], extra: &[&str]) -> Result<(), String> {
    xmlsec_verify_under(PKI.root(), files, extra)
}

/// Writes sealed bytes to a file of this run.
pub fn write(bytes: &[u8]) -> PathBuf {
    let path = PKI.path("xml");
    fs::write(&path, bytes).unwrap();
    path
}

/// Seals, checks the bytes outside, and asks xmlsec1.
pub fn seal_and_verify(
    document: &[u8],
    key: &TestKey,
    canonicalization: Canonicalization,
    location: SignatureLocation,
) -> Vec<u8> {
    let sealed = try_seal(document, key, canonicalization, location).unwrap();
    assert_bytes_kept(document, &sealed);
    let bytes = sealed.into_bytes();
    if let Err(said) = xmlsec_verify(&[write(&bytes)], &[]) {
        panic!(
            "xmlsec1 refuses {canonicalization:?} with {}: {said}\n{}",
            key.name,
            String::from_utf8_lossy(&bytes)
        );
    }
    bytes
}

/// Runs xmllint; `None` when it refuses the file.
pub fn xmllint(arguments: &[&str], file: &Path) -> Option<Vec<u8>> {
    let output = Command::new("xmllint")
        .arg("--nonet")
        .args(arguments)
        .arg(file)
        .output()
        .expect("these tests need xmllint: apt-get install libxml2-utils");
    output.status.success().then_some(output.stdout)
}

/// Every XML file of some folders of the shared samples.
pub fn shared_xml(folders: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        folders.iter().flat_map(|folder| corpus_files(folder, "xml")).collect();
    files.sort();
    files
}

/// A small invoice of ours with a place for the signature.
pub const INVOICE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" xmlns:ext="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2">
  <ext:UBLExtensions>
    <ext:UBLExtension>
      <ext:ExtensionContent>
        <sig:UBLDocumentSignatures xmlns:sig="urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2" xmlns:sac="urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2">
          <sac:SignatureInformation>
            <cbc:ID>urn:oasis:names:specification:ubl:signature:1</cbc:ID>
          </sac:SignatureInformation>
        </sig:UBLDocumentSignatures>
      </ext:ExtensionContent>
    </ext:UBLExtension>
  </ext:UBLExtensions>
  <cbc:ID>F-2026/1</cbc:ID>
  <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">1250.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
</Invoice>
"#;

//! An authority with revocation lists, its keys, and seals made with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::SignatureAlgorithm;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::pki::path;
use chancery_engine::seal::catalogue::Catalogue;
use chancery_engine::seal::{Limits, Profile, Signer, prepare};
use serde_json::json;
use tempfile::TempDir;

use super::documents::Specimen;
use chancery_testing::judges::{DssTrust, repository};
use chancery_testing::openssl;

/// Keys in the order in which they are tried.
const KEYS: [&str; 3] = ["rsa", "p256", "rsa2048"];

pub(super) struct TestAuthority {
    folder: TempDir,
    sealed: AtomicUsize,
}

/// One sealed document.
pub(super) struct Case {
    pub(super) file: PathBuf,
    /// The document of a detached seal.
    pub(super) content: Option<PathBuf>,
    /// The document before it was sealed, by name.
    pub(super) original: PathBuf,
}

impl TestAuthority {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new(repository().join(".venv/bin/python"))
            .arg(repository().join("tests/peers/make_pki.py"))
            .arg(folder.path())
            .status()
            .expect("the Python judges are missing: scripts/setup.sh test (make test does it)");
        assert!(made.success());
        // Judges that are not told the issuing certificate by the seal are told it here.
        let chain = path::of_file(
            &fs::read(folder.path().join("rsa-chain.pem")).unwrap(),
            Instant::from_unix_ms(0),
        )
        .unwrap();
        let issuers = chain.certificates().skip(1).map(|certificate| {
            let ending = der::pem::LineEnding::LF;
            der::pem::encode_string("CERTIFICATE", ending, certificate.der()).unwrap()
        });
        fs::write(folder.path().join("issuers.pem"), issuers.collect::<String>()).unwrap();
        Self { folder, sealed: AtomicUsize::new(0) }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn trust(&self) -> DssTrust {
        DssTrust {
            roots: vec![self.path("root.pem")],
            certificates: vec![self.path("issuers.pem")],
            revocation_lists: vec![self.path("root.crl"), self.path("issuing.crl")],
            ..DssTrust::default()
        }
    }

    /// Seals documents of ours with the first so many keys that the profile takes.
    pub(super) fn seal_all(
        &self,
        catalogue: &Catalogue,
        profile: &str,
        documents: &[Specimen],
        keys: usize,
    ) -> Vec<Case> {
        let usable = usable_keys(catalogue, profile).take(keys);
        let pairs = usable.flat_map(|key| documents.iter().map(move |document| (key, document)));
        let sealed = pairs.map(|(key, document)| {
            self.seal(catalogue, profile, document, key).unwrap_or_else(|refusal| {
                panic!("{profile}: {} with {key}: {refusal}", document.name)
            })
        });
        sealed.collect()
    }

    /// Seals one document of others with one key, another in each turn.
    pub(super) fn seal_one(
        &self,
        catalogue: &Catalogue,
        profile: &str,
        document: &Specimen,
        turn: usize,
    ) -> Result<Case, Refusal> {
        let keys: Vec<&str> = usable_keys(catalogue, profile).collect();
        self.seal(catalogue, profile, document, keys[turn % keys.len()])
    }

    /// Seals a document with one of the keys `rsa`, `rsa2048`, `p256`, `p384`, `secp256k1`.
    pub(super) fn seal(
        &self,
        catalogue: &Catalogue,
        profile: &str,
        document: &Specimen,
        key: &str,
    ) -> Result<Case, Refusal> {
        let number = self.sealed.fetch_add(1, Ordering::Relaxed);
        let stem = format!("{number:05}-{profile}-{}-{key}", document.name);
        let original = self.path(&format!("{stem}.original.xml"));
        fs::write(&original, &document.bytes).unwrap();
        let name = original.file_name().unwrap().to_string_lossy();
        let detached = profile == "ubl-detached";
        let overrides =
            if detached { json!({ "reference": { "uri": &*name } }) } else { json!({}) };
        let mut settings = catalogue.settings(Some(profile), overrides.as_object().unwrap())?;
        settings.mime_type = Some("application/xml".to_owned());
        let profile = Profile::Xades(Box::new(settings));
        let sealed = self.seal_bytes(&document.bytes, &profile, key)?;
        let file = self.path(&format!("{stem}.xml"));
        fs::write(&file, sealed).unwrap();
        Ok(Case { file, content: detached.then(|| original.clone()), original })
    }

    /// Seals with settings of any format.
    pub(super) fn seal_bytes(
        &self,
        document: &[u8],
        profile: &Profile,
        key: &str,
    ) -> Result<Vec<u8>, Refusal> {
        let chain = fs::read(self.path(&format!("{key}-chain.pem"))).unwrap();
        let signer = Signer::new(&path::of_file(&chain, Instant::from_unix_ms(0)).unwrap());
        let at = signer.certificate().not_before().plus_ms(1000);
        let prepared = prepare(document.to_vec(), profile, &signer, at, &Limits::default())?;
        let kind = signer.certificate().key_kind();
        let file = self.path(&format!("{key}-key.pem"));
        let message = prepared.to_be_signed();
        let value = openssl::sign(&file, kind, prepared.signature_algorithm(), message);
        Ok(prepared.attach(value).unwrap().finish().into_bytes())
    }
}

/// Keys that fit the algorithm of a profile.
fn usable_keys(catalogue: &Catalogue, profile: &str) -> impl Iterator<Item = &'static str> {
    let named = catalogue.settings(Some(profile), &serde_json::Map::new()).unwrap();
    let rsa_only = matches!(named.signature_algorithm, Some(SignatureAlgorithm::RsaPkcs1(_)));
    KEYS.into_iter().filter(move |key| !rsa_only || key.starts_with("rsa"))
}

impl Case {
    /// The same with one digit changed inside what is signed.
    pub(super) fn damaged(&self, authority: &TestAuthority) -> Self {
        let number = authority.sealed.fetch_add(1, Ordering::Relaxed);
        let name = |file: &Path| file.file_name().unwrap().to_string_lossy().into_owned();
        let file = authority.path(&format!("{number:05}-damaged-{}", name(&self.file)));
        let mut sealed = fs::read(&self.file).unwrap();
        if let Some(original) = &self.content {
            // The seal names the file, so the damaged one stands in another folder.
            let folder = authority.path("damaged");
            fs::create_dir_all(&folder).unwrap();
            let mut bytes = fs::read(original).unwrap();
            change(&mut bytes);
            let beside = folder.join(name(original));
            fs::write(&beside, bytes).unwrap();
            let file = folder.join(name(&self.file));
            fs::write(&file, sealed).unwrap();
            return Self { file, content: Some(beside), original: self.original.clone() };
        }
        change(&mut sealed);
        fs::write(&file, sealed).unwrap();
        Self { file, content: None, original: self.original.clone() }
    }
}

/// Changes a digit: of the amount that our own documents have, else of the last text outside of the
/// signature that has one.
fn change(bytes: &mut [u8]) {
    let marker = b"1250.00";
    if let Some(at) = bytes.windows(marker.len()).position(|window| window == marker) {
        bytes[at + 3] = b'1';
        return;
    }
    let digit_of_text = |at: usize| {
        // Text that ends an element: digits right before `</`, in any encoding with ASCII bytes.
        let rest: Vec<u8> =
            bytes[at + 1..].iter().filter(|it| **it != 0).take(2).copied().collect();
        bytes[at].is_ascii_digit() && rest == b"</"
    };
    let signature = |at: usize| {
        let before: Vec<u8> = bytes[..at].iter().filter(|it| **it != 0).copied().collect();
        let last =
            |what: &str| before.windows(what.len()).rposition(|window| window == what.as_bytes());
        let open = last("<ds:Signature ").max(last("<Signature "));
        open > last("</ds:Signature>").max(last("</Signature>"))
    };
    let at = (0..bytes.len()).rev().find(|at| digit_of_text(*at) && !signature(*at));
    let at = at.expect("a document has a digit at the end of some text");
    bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
}

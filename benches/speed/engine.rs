//! The engine alone, key excluded: every profile of the catalogue, documents by their length, and how
//! soon what must be refused is refused.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use chancery::app::Clock;
use chancery::domain::instant::Instant as When;
use chancery::domain::profile::{DigestAlgorithm, Format};
use chancery::domain::xades::XadesProfile;
use chancery::keys::{BackendConfig, Config, KeyRef, Keyring, SoftwareConfig, ToBeSigned};
use chancery::pki::certificate::Chain;
use chancery::pki::digest::Digest;
use chancery::pki::evidence::DigestTree;
use chancery::pki::path;
use chancery::seal::catalogue::Catalogue;
use chancery::seal::{Limits, Profile, Signer, prepare};
use chancery::verify::{MadeSeal, check_own};
use serde_json::{Value, json};

use super::INVOICE;
use super::hostile;

/// Refusing takes at most 50 milliseconds, even of an expression that first uses up its steps; three
/// times that where others use the machine too.
const REFUSAL_MS: f64 = 150.0;

/// A credential that seals.
pub(crate) struct Sealing {
    keyring: Keyring,
    key: KeyRef,
    signer: Signer,
    at: When,
}

/// Microseconds of many runs. Other programs only add to them, so the least says most on a machine
/// that is shared.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) median: f64,
    pub(crate) least: f64,
}

impl Spent {
    pub(crate) fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self { median: times[times.len() / 2], least: times[0] }
    }
}

impl Sealing {
    pub(crate) fn new(keyring: Keyring, key: KeyRef, chain: &Chain) -> Self {
        let at = chain.signing().not_before().plus_ms(86_400_000);
        Self { keyring, key, signer: Signer::new(chain), at }
    }

    /// Time of the engine a document, without the key, for each of some settings: many, in turns, so
    /// that what else the machine does falls on all of them.
    pub(crate) async fn time<const N: usize>(
        &self,
        document: &[u8],
        profiles: [Profile; N],
        times: usize,
    ) -> [Spent; N] {
        let limits = Limits::default();
        let prepare = |profile: &Profile| {
            prepare(document.to_vec(), profile, &self.signer, self.at, &limits).unwrap()
        };
        let mut cases = Vec::new();
        for profile in profiles {
            let prepared = prepare(&profile);
            // The intent is the same every time, so one signature value serves all.
            let item = ToBeSigned::new(prepared.signature_algorithm(), prepared.to_be_signed());
            drop(prepared);
            let value = self.keyring.sign(&self.key, vec![item]).await.remove(0).unwrap();
            cases.push((profile, value));
        }
        let mut measured = [const { Vec::new() }; N];
        for _ in 0..times {
            for ((profile, value), measured) in cases.iter().zip(&mut measured) {
                let value = value.clone();
                let begin = Instant::now();
                let prepared = prepare(profile);
                black_box(prepared.attach_checked(value).unwrap().finish().into_bytes());
                measured.push(begin.elapsed().as_secs_f64() * 1e6);
            }
        }
        measured.map(Spent::of)
    }

    /// Time of the check before release, a document.
    pub(crate) async fn check(&self, document: &[u8], profile: &Profile, times: usize) -> Spent {
        let limits = Limits::default();
        let prepared = prepare(document.to_vec(), profile, &self.signer, self.at, &limits).unwrap();
        let item = ToBeSigned::new(prepared.signature_algorithm(), prepared.to_be_signed());
        let value = self.keyring.sign(&self.key, vec![item]).await.remove(0).unwrap();
        let sealed = prepared.attach_checked(value).unwrap().finish();
        let made = MadeSeal::of(&sealed, profile);
        let one = || {
            let begin = Instant::now();
            check_own(black_box(sealed.bytes()), &made, &limits).unwrap();
            begin.elapsed().as_secs_f64() * 1e6
        };
        Spent::of((0..times).map(|_| one()).collect())
    }

    fn refusal(&self, sample: &hostile::Hostile, profile: &Profile) -> (f64, &'static str) {
        let document = sample.document.clone();
        let begin = Instant::now();
        let refusal = prepare(document, profile, &self.signer, self.at, &Limits::default()).err();
        (begin.elapsed().as_secs_f64() * 1e3, refusal.map_or("sealed", |refusal| refusal.code()))
    }
}

fn settings(catalogue: &Catalogue, name: Option<&str>, over: &Value) -> Profile {
    xades(catalogue.settings(name, over.as_object().unwrap()).unwrap())
}

/// Settings for a document that came as XML.
pub(crate) fn xades(settings: XadesProfile) -> Profile {
    let mime_type = Some("application/xml".to_owned());
    Profile::Xades(Box::new(XadesProfile { mime_type, ..settings }))
}

/// Every profile with a document of its kind, beside the default settings on the same document.
pub(crate) async fn profiles(rsa: &Sealing, folder: &Path) {
    let zatca = zatca(folder);
    let catalogue = Catalogue::built_in().unwrap();
    println!("\nProfiles: us a document, key excluded, and ratio to the default settings on it");
    let xml = catalogue.entries().filter(|(name, entry)| {
        *name != "asic-e" && entry.formats().any(|format| format == Format::Xades)
    });
    for name in std::iter::once(None).chain(xml.map(|(name, _)| Some(name))) {
        let mut document =
            std::fs::read(name.map_or_else(|| INVOICE.to_owned(), document_for)).unwrap();
        let over = match name {
            Some("ubl-detached") => json!({ "reference": { "uri": "invoice.xml" } }),
            _ => json!({}),
        };
        let profile = settings(&catalogue, name, &over);
        let sealing = match (name, &zatca) {
            (Some("zatca-simplified"), Some(zatca)) => {
                let date = "</cbc:IssueDate>";
                let time = "<cbc:IssueTime>12:00:00</cbc:IssueTime>";
                let text = String::from_utf8(document).unwrap();
                document = text.replacen(date, &format!("{date}{time}"), 1).into_bytes();
                zatca
            }
            (Some("zatca-simplified"), None) => {
                println!("  zatca-simplified     needs .venv (scripts/setup.sh judges)");
                continue;
            }
            _ => rsa,
        };
        let default = settings(&catalogue, None, &json!({}));
        let [usual, time] = sealing.time(&document, [default, profile], 100).await;
        let (time, usual) = (time.median, usual.median);
        let (name, ratio) = (name.unwrap_or("the default"), time / usual);
        println!("  {name:20} {:>6} bytes {time:8.0} us {ratio:5.2}", document.len());
    }
}

/// A credential as ZATCA issues them, on a curve that no other profile takes: from the conformance
/// tests' authority, if its Python is there.
fn zatca(folder: &Path) -> Option<Sealing> {
    if !Path::new(".venv/bin/python").exists() {
        return None;
    }
    let made = Command::new(".venv/bin/python")
        .arg("tests/peers/make_pki.py")
        .arg(folder)
        .status()
        .unwrap();
    assert!(made.success());
    let settings = SoftwareConfig {
        directory: folder.to_owned(),
        passphrase_file: None,
        passphrase_env: None,
        passphrase_credential: None,
    };
    let backends = [("files".to_owned(), BackendConfig::Software(settings))].into();
    let keyring = Keyring::open(&Config { production: false, backends }).unwrap();
    let chain = std::fs::read(folder.join("secp256k1-chain.pem")).unwrap();
    let chain = path::of_file(&chain, Clock::System.now()).unwrap();
    let certificate = Arc::new(chain.signing().clone());
    let key = KeyRef { backend: "files".to_owned(), certificate };
    let at = chain.signing().not_before().plus_ms(1000);
    Some(Sealing { at, ..Sealing::new(keyring, key, &chain) })
}

/// A document of the tests for a format that the samples do not have, else a sample.
fn document_for(profile: &str) -> String {
    if profile == "signstash-default" {
        return "samples/invoice-signature-place/input.xml".to_owned();
    }
    let of_format = std::fs::read_dir("crates/engine/tests/it/conformance/documents").unwrap();
    let files = of_format.map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|file| profile.starts_with(&*file.file_stem().unwrap().to_string_lossy()))
        .collect();
    files.sort();
    files.pop().map_or_else(|| INVOICE.to_owned(), |file| file.to_string_lossy().into_owned())
}

/// Long documents: time a megabyte should stay what it is.
pub(crate) async fn lengths(rsa: &Sealing) {
    let catalogue = Catalogue::built_in().unwrap();
    let general = json!({ "signatureTransform": [
        { "algorithm": "XPATH",
          "xpath": "not(ancestor-or-self::ds:Signature) and not(self::comment())",
          "namespaces": { "ds": "http://www.w3.org/2000/09/xmldsig#" } },
        { "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" },
    ] });
    println!("\nLong documents: ms, ms a MB, and that as a ratio to the shortest");
    for (label, over) in [("the default", json!({})), ("a general XPath", general)] {
        let mut first = None;
        for megabytes in [1, 5, 20] {
            let document = long_invoice(megabytes * 1_000_000);
            let times = if megabytes == 20 { 2 } else { 5 };
            let settings = settings(&catalogue, None, &over);
            let [spent] = rsa.time(&document, [settings], times).await;
            let (ms, each) = (spent.median / 1e3, spent.median / document.len() as f64 * 1e3);
            let ratio = each / *first.get_or_insert(each);
            println!("  {label:20} {megabytes:3} MB {ms:8.0} ms {each:8.1} {ratio:5.2}");
        }
    }
}

/// An invoice of about so many bytes: the lines of the sample again and again.
fn long_invoice(bytes: usize) -> Vec<u8> {
    let text = std::fs::read_to_string(INVOICE).unwrap();
    let first = text.find("<cac:InvoiceLine>").unwrap();
    let end = "</cac:InvoiceLine>";
    let last = text.rfind(end).unwrap() + end.len();
    let count = bytes.saturating_sub(text.len()) / (last - first) + 1;
    [&text[..first], &text[first..last].repeat(count), &text[last..]].concat().into_bytes()
}

/// What must be refused, and soon.
pub(crate) fn refusals(rsa: &Sealing) {
    let catalogue = Catalogue::built_in().unwrap();
    println!("\nRefusals: ms, best of three");
    let mut slow = Vec::new();
    for sample in hostile::all() {
        let profile = settings(&catalogue, None, &sample.settings);
        let measured: Vec<_> = (0..3).map(|_| rsa.refusal(&sample, &profile)).collect();
        let (ms, code) =
            measured.into_iter().min_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
        println!("  {:40} {:>9} bytes {ms:8.2} ms {code}", sample.name, sample.document.len());
        assert_eq!(code, sample.code, "{}", sample.name);
        if ms > REFUSAL_MS {
            slow.push(sample.name);
        }
    }
    assert!(slow.is_empty(), "refused too slowly: {slow:?}");
}

/// A million digests under one timestamp: the tree, and the way from one of them to its root.
pub(crate) fn evidence() {
    const MANY: u32 = 1_000_000;
    let begin = Instant::now();
    let digests =
        (0..MANY).map(|number| Digest::of(DigestAlgorithm::Sha256, &number.to_be_bytes()));
    let tree = DigestTree::new(DigestAlgorithm::Sha256, digests).unwrap();
    let built = begin.elapsed().as_secs_f64() * 1e3;
    let begin = Instant::now();
    for number in (0..MANY).step_by(100) {
        let digest = Digest::of(DigestAlgorithm::Sha256, &number.to_be_bytes());
        black_box(tree.reduced(&digest).unwrap());
    }
    let one = begin.elapsed().as_secs_f64() * 1e6 / f64::from(MANY / 100);
    println!(
        "evidence: {MANY} digests in a tree: {built:.0} ms; the record's part of one: {one:.1} us"
    );
}

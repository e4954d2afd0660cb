//! Every document there is: sealed over HTTP with a token's RSA-3072 and P-256 keys, and judged by
//! xmlsec1, signxml, the official schemas, and a comparison of bytes.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::authority::AUTHORITY;
use crate::support::client::{Client, document, request, sealed};
use crate::support::judges::{
    corpus, inserted, repository, signxml_verify, ubl_valid, xmlsec_verify,
};
use crate::support::service::{on_shared, unique};

/// One document of a collection.
struct Sample {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Sample {
    fn read(path: PathBuf) -> Self {
        let bytes = std::fs::read(&path).unwrap();
        Self { path, bytes }
    }

    fn name(&self) -> String {
        let parent = self.path.parent().unwrap().file_name().unwrap().to_string_lossy();
        format!("{parent}/{}", self.path.file_name().unwrap().to_string_lossy())
    }

    fn text(&self) -> String {
        ascii_of(&self.bytes)
    }

    /// Why it must be refused, found without the engine.
    fn must_be_refused(&self) -> Option<&'static str> {
        let text = self.text();
        let declaration = text.split("?>").next().filter(|it| it.contains("<?xml "));
        let declaration = declaration.unwrap_or_default().replace('\'', "\"").replace(' ', "");
        let declares = |what: &str| declaration.to_lowercase().contains(what);
        let supported = [
            "utf-8",
            "utf-16",
            "iso-8859-1\"",
            "iso-8859-2\"",
            "iso-8859-15",
            "windows-1250",
            "windows-1252",
            "us-ascii",
        ];
        if declares("version=\"1.1\"") {
            Some("xml-version-unsupported")
        } else if declares("encoding=")
            && !supported.iter().any(|name| declares(&format!("encoding=\"{name}")))
        {
            Some("encoding-unsupported")
        } else if text.contains("<!DOCTYPE") {
            Some("doctype-forbidden")
        } else if !is_utf16(&self.bytes)
            && (!declares("encoding=") || declares("encoding=\"utf-8\""))
            && std::str::from_utf8(&self.bytes).is_err()
        {
            Some("encoding-contradicted")
        } else {
            None
        }
    }

    /// The names of UBL's place for a signature, if it has one without a signature: the local name
    /// and the prefixed one, wherever the prefix is bound.
    fn places(&self) -> Vec<String> {
        let text = self.text();
        let found = text.find("SignatureInformation").filter(|_| !self.has_skeleton());
        let Some(end) = found else { return Vec::new() };
        let prefix = &text[text[..end].rfind('<').unwrap() + 1..end];
        vec!["SignatureInformation".to_owned(), format!("{prefix}SignatureInformation")]
    }

    /// Whether an empty signature was left in it by somebody.
    fn has_skeleton(&self) -> bool {
        self.text().contains("<ds:Signature")
    }
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// The markup of a document in any of our encodings; other characters may come out wrong.
fn ascii_of(bytes: &[u8]) -> String {
    let narrow: Vec<u8> =
        bytes.iter().copied().filter(|byte| !is_utf16(bytes) || *byte != 0).collect();
    String::from_utf8_lossy(&narrow).into_owned()
}

/// Our own samples and, where there is one, the larger corpus.
fn samples() -> Vec<Sample> {
    let mut paths: Vec<PathBuf> = folders(&repository().join("samples"))
        .into_iter()
        .map(|folder| folder.join("input.xml"))
        .filter(|file| file.exists())
        .collect();
    assert!(paths.len() >= 12, "our own samples are there");
    for folder in ["ubl", "cii", "other-xml"] {
        let files = corpus().map(|corpus| folders(&corpus.join(folder))).unwrap_or_default();
        paths.extend(files.into_iter().filter(|file| {
            file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
        }));
    }
    paths.into_iter().map(Sample::read).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// Seals in batches; the answer of each document, in order.
async fn seal(client: &Client, documents: Vec<Value>) -> Vec<(Value, Option<Vec<u8>>)> {
    let mut results = Vec::new();
    for batch in documents.chunks(20) {
        let reference = unique("corpus");
        let mut batch = batch.to_vec();
        for (number, document) in batch.iter_mut().enumerate() {
            document["documentRequest"]["externalReference"] =
                json!(format!("{reference}/{number}"));
        }
        let answer = client.sign(&request(&reference, batch.clone())).await.good();
        for at in 0..batch.len() {
            let document = answer["documentList"][at].clone();
            let is_sealed = document["signStatus"] == "SIGNED";
            results.push((document, is_sealed.then(|| sealed(&answer, at))));
        }
    }
    results
}

/// Writes sealed documents for the judges.
struct Bench {
    folder: tempfile::TempDir,
    written: usize,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), written: 0 }
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> PathBuf {
        self.written += 1;
        let name = name.replace('/', "_");
        let path = self.folder.path().join(format!("{}-{name}", self.written));
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// xmlsec1 takes the first `ds:Signature` it sees, which may be an empty one that was there before.
const LAST_SIGNATURE: &str = "(//*[local-name()='Signature' and \
    namespace-uri()='http://www.w3.org/2000/09/xmldsig#'])[last()]";

#[test]
fn every_document_is_sealed_and_accepted_by_foreign_judges() {
    on_shared(async |service| {
        let samples = samples();
        let (refused, sealable): (Vec<&Sample>, Vec<&Sample>) =
            samples.iter().partition(|sample| sample.must_be_refused().is_some());
        let mut bench = Bench::new();
        let mut originals = Vec::new();
        for sample in &sealable {
            originals.push(bench.write(&sample.name(), &sample.bytes));
        }
        let valid = ubl_valid(&originals);
        let is_valid = |sample: &Sample| {
            let at = sealable.iter().position(|other| other.path == sample.path).unwrap();
            valid.contains(&originals[at])
        };

        let (mut plain, mut skeletons, mut in_place) = (Vec::new(), Vec::new(), Vec::new());
        for chain in [&AUTHORITY.rsa, &AUTHORITY.p256] {
            let client = service.client_with(chain).await;
            let mut tries: Vec<(&Sample, Value)> =
                sealable.iter().map(|sample| (*sample, document("", &sample.bytes))).collect();
            for sample in &sealable {
                for location in sample.places() {
                    let mut document = document("", &sample.bytes);
                    document["signatureInfo"]["advancedSignatureInfo"] =
                        json!({ "signatureLocation": location });
                    tries.push((sample, document));
                }
            }
            let documents = tries.iter().map(|(_, document)| document.clone()).collect();
            let results = seal(&client, documents).await;
            for ((sample, _), (answer, bytes)) in tries.iter().zip(results) {
                let name = sample.name();
                let bytes = bytes.unwrap_or_else(|| panic!("{name}: {answer}"));
                let element = inserted(&sample.bytes, &bytes);
                let element = element.unwrap_or_else(|why| panic!("{name}: {why}"));
                let file = bench.write(&name, &bytes);
                if !sample.places().is_empty() {
                    assert_inside_place(&name, &bytes, element);
                    if is_valid(sample) {
                        in_place.push(file.clone());
                    }
                }
                if sample.has_skeleton() { &mut skeletons } else { &mut plain }.push(file);
            }
        }
        println!(
            "{} documents, {} sealed files of which {} with a place and a valid original",
            sealable.len(),
            plain.len() + skeletons.len(),
            in_place.len()
        );
        xmlsec_verify(&plain, &[]).unwrap();
        xmlsec_verify(&skeletons, &["--node-xpath", LAST_SIGNATURE]).unwrap();
        signxml_verify(&plain).unwrap();
        assert!(in_place.len() >= 4 * 2 * 2, "our own samples have places");
        assert_eq!(ubl_valid(&in_place), in_place, "still valid UBL 2.1");

        let client = service.client().await;
        let mut documents: Vec<Value> =
            refused.iter().map(|sample| document("", &sample.bytes)).collect();
        documents.push(document("", "<good/>"));
        for (sample, (answer, _)) in refused.iter().zip(seal(&client, documents).await) {
            let reason = sample.must_be_refused();
            assert_eq!(answer["signErrorReason"].as_str(), reason, "{}: {answer}", sample.name());
        }
        assert_manifest_agrees(&samples);
    });
}

/// The seal is the place's child: its nearest open element before it.
fn assert_inside_place(name: &str, sealed: &[u8], element: &[u8]) {
    let at = sealed.windows(element.len()).position(|window| window == element).unwrap();
    let before = ascii_of(&sealed[..at]);
    let opened = before.matches("SignatureInformation").count();
    assert!(opened % 2 == 1, "{name}: the seal is not inside of sac:SignatureInformation");
}

/// What the corpus says must be refused, is.
fn assert_manifest_agrees(samples: &[Sample]) {
    let Some(corpus) = corpus() else { return };
    let manifest = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    let mut counted = 0;
    for row in manifest.lines().filter(|row| row.to_lowercase().contains("must be re")) {
        let columns: Vec<&str> = row.split('\t').collect();
        let path = corpus.join(columns[0]).join(columns[1]);
        if let Some(sample) = samples.iter().find(|sample| sample.path == path) {
            assert!(sample.must_be_refused().is_some(), "{}", sample.name());
            counted += 1;
        }
    }
    assert!(counted >= 5, "only {counted} say that they must be refused");
}

#[test]
fn all_canonical_forms_verify_and_a_changed_digit_does_not() {
    on_shared(async |service| {
        let mut bench = Bench::new();
        let mut files = Vec::new();
        let mut forged = Vec::new();
        for chain in [&AUTHORITY.rsa, &AUTHORITY.p256] {
            let client = service.client_with(chain).await;
            for name in ["invoice-cdata-comments-pi", "invoice-signature-place", "invoice-crlf-bom"]
            {
                let sample = repository().join("samples").join(name).join("input.xml");
                let sample = Sample::read(sample);
                let forms = [
                    "EXCLUSIVE",
                    "EXCLUSIVE_WITH_COMMENTS",
                    "INCLUSIVE",
                    "INCLUSIVE_WITH_COMMENTS",
                    "INCLUSIVE_11",
                    "INCLUSIVE_11_WITH_COMMENTS",
                ];
                let documents = forms.map(|form| {
                    let mut document = document("", &sample.bytes);
                    document["signatureInfo"]["advancedSignatureInfo"] =
                        json!({ "canonicalTransform": form, "signatureTransform": "ENVELOPED" });
                    document
                });
                for (answer, bytes) in seal(&client, documents.to_vec()).await {
                    let bytes = bytes.unwrap_or_else(|| panic!("{answer}"));
                    inserted(&sample.bytes, &bytes).unwrap();
                    files.push(bench.write(name, &bytes));
                    forged.push(bench.write("forged", &with_another_amount(&bytes)));
                }
            }
        }
        assert_eq!(files.len(), 36);
        xmlsec_verify(&files, &[]).unwrap();
        for file in forged {
            let said = xmlsec_verify(std::slice::from_ref(&file), &[]).unwrap_err();
            assert!(said.contains("FAIL"), "{said}");
        }
    });
}

/// One digit of the amount to be paid, changed.
fn with_another_amount(sealed: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(sealed).unwrap();
    let amount = text.find("PayableAmount").unwrap();
    let digit = amount + text[amount..].find('>').unwrap();
    let digit = digit + text[digit..].find(|c: char| c.is_ascii_digit()).unwrap();
    let mut forged = sealed.to_vec();
    forged[digit] = if forged[digit] == b'9' { b'8' } else { forged[digit] + 1 };
    forged
}

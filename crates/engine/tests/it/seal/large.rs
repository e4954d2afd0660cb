//! Large documents: the peak of memory is a small multiple of the document. Each measurement is a
//! process of its own, a child of this one. Times are `make bench`'s.

use std::process::Command;

use chancery_engine::seal::catalogue::Catalogue;
use chancery_engine::seal::{Limits, Profile};
use serde_json::{Value, json};

use super::bodies;
use chancery_testing::judges::repository;

/// What sealing adds to the peak of the process by the length of the document, itself included.
const USUAL: f64 = 6.0;

/// Where the document has to be put together as text and parsed once more, on a smaller document:
/// 7.0 with 20 MB, but glibc keeps trees of less than 32 MB once it has seen one.
const GENERAL: f64 = 11.0;

/// Megabytes of the document that the child seals.
const MEGABYTES: usize = 20;

/// An invoice of about so many bytes: the lines of a sample again and again.
fn invoice(bytes: usize) -> Vec<u8> {
    let sample =
        std::fs::read(repository().join("samples/invoice-peppol-25-lines/input.xml")).unwrap();
    let text = String::from_utf8(sample).unwrap();
    let first = text.find("<cac:InvoiceLine>").unwrap();
    let end = "</cac:InvoiceLine>";
    let last = text.rfind(end).unwrap() + end.len();
    let lines = &text[first..last];
    let mut document = Vec::with_capacity(bytes + lines.len());
    document.extend_from_slice(&text.as_bytes()[..first]);
    while document.len() < bytes {
        document.extend_from_slice(lines.as_bytes());
    }
    document.extend_from_slice(&text.as_bytes()[last..]);
    document.shrink_to_fit();
    document
}

const CHILD: &str = "CHANCERY_TEST_LARGE";
const SIZE: &str = "CHANCERY_TEST_LARGE_MEGABYTES";

/// The child: seals one document with the settings it is given, and says its peak.
#[test]
#[ignore = "run by memory_is_a_small_multiple_of_the_document in a process of its own"]
fn child() {
    let settings = std::env::var(CHILD).unwrap();
    let settings: Value = serde_json::from_str(&settings).unwrap();
    let settings = Catalogue::built_in().unwrap().settings(None, settings.as_object().unwrap());
    let profile = settings.unwrap();
    let empty = peak();
    let megabytes: usize = std::env::var(SIZE).unwrap().parse().unwrap();
    let document = invoice(megabytes * 1_000_000);
    let length = document.len();
    let sealed =
        bodies::seal_only(document, &Profile::Xades(Box::new(profile)), &Limits::default());
    let sealed = sealed.unwrap().len();
    say(length, sealed, empty);
}

/// Tells the parent, at the end of a child.
pub(crate) fn say(length: usize, sealed: usize, empty: usize) {
    println!("\nmeasured {length} {sealed} {empty} {}", peak());
}

/// Runs one test of this binary as a process of its own, which must say what it measured. Gives what
/// sealing added to its peak by the length of the document, the document included.
pub(crate) fn ratio_of(child: &str, name: &str, environment: &[(&str, &str)]) -> f64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--nocapture", "--ignored"])
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let measured = said.lines().find_map(|line| line.strip_prefix("measured "));
    let measured = measured.unwrap_or_else(|| panic!("{said}"));
    let numbers: Vec<usize> =
        measured.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [length, sealed, empty, peak] = numbers[..] else { panic!("{measured}") };
    assert!(sealed > 0);
    let whole = thousandths(peak, length);
    let ratio = thousandths(peak - empty, length);
    println!("{name}: {length} bytes, peak {peak}: {whole:.2} times, {ratio:.2} by sealing");
    ratio
}

/// Peak of this process in bytes without its own code, of which a larger binary brings more into memory
/// (`VmHWM` less `RssFile` of proc(5)).
pub(crate) fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let bytes = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    };
    bytes("VmHWM:") - bytes("RssFile:")
}

#[test]
fn memory_is_a_small_multiple_of_the_document() {
    let general = json!([{ "algorithm": "XPATH",
        "xpath": "not(ancestor-or-self::ds:Signature) and not(self::comment())",
        "namespaces": { "ds": "http://www.w3.org/2000/09/xmldsig#" } },
        { "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" }]);
    // The general evaluator takes long in a build without optimisation.
    for (most, megabytes, settings) in [
        (USUAL, MEGABYTES, json!({})),
        (GENERAL, MEGABYTES / 4, json!({ "signatureTransform": general })),
        (
            USUAL,
            MEGABYTES,
            json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" }),
        ),
        (USUAL, MEGABYTES, json!({ "packaging": "ENVELOPING" })),
    ] {
        let written = settings.to_string();
        let environment = [(CHILD, written.as_str()), (SIZE, &megabytes.to_string())];
        let ratio = ratio_of("seal::large::child", &written, &environment);
        assert!(ratio < most, "{settings}: {ratio:.2} times the document");
    }
}

fn thousandths(of: usize, by: usize) -> f64 {
    f64::from(u32::try_from(of * 1000 / by).unwrap()) / 1000.0
}

//! Large files: what sealing adds to the peak of memory is a small multiple of the file. Each measurement
//! is a process of its own, a child of this one. Times are `make bench`'s.

use std::fs;

use chancery_engine::seal::{Limits, Profile};
use serde_json::{Value, json};

use crate::seal::bodies;
use crate::seal::large::{peak, ratio_of, say};
use chancery_testing::long_pdf::{LOGO, PAGE, PLACEHOLDER, Structure, long_pdf};

/// Of a PDF: the file, and where it cannot grow in its place the sealed one beside it.
const PDF: f64 = 2.5;

/// Of a CMS or a container: the file and the sealed one. Some 15 MB are the program itself.
const FILE: f64 = 3.0;

const BYTES: usize = 20_000_000;

const FORMAT: &str = "CHANCERY_TEST_LARGE_FORMAT";
const SETTINGS: &str = "CHANCERY_TEST_LARGE_SETTINGS";
const DOCUMENT: &str = "CHANCERY_TEST_LARGE_DOCUMENT";

/// The child: seals one file with the settings it is given, and says its peak.
#[test]
#[ignore = "run by the other test here in a process of its own"]
fn child() {
    let format = std::env::var(FORMAT).unwrap();
    let settings = std::env::var(SETTINGS).unwrap();
    let profile = match format.as_str() {
        "PADES" => Profile::Pades(Box::new(serde_json::from_str(&settings).unwrap())),
        "CADES" => Profile::Cades(Box::new(serde_json::from_str(&settings).unwrap())),
        _ => Profile::Xades(Box::new(serde_json::from_str(&settings).unwrap())),
    };
    let empty = peak();
    let document = fs::read(std::env::var(DOCUMENT).unwrap()).unwrap();
    let length = document.len();
    let sealed = bodies::seal_only(document, &profile, &Limits::default()).unwrap().len();
    say(length, sealed, empty);
}

#[test]
fn memory_is_a_small_multiple_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let last = json!({ "visible": { "place": { "COORDINATE": { "page": -1, "x": 9, "y": 9 } } } });
    let word = json!({ "visible": { "place": { "PLACEHOLDER": PLACEHOLDER } } });
    let files = [
        ("pages", long_pdf(Structure::Table, BYTES / PAGE, LOGO)),
        ("packed pages", long_pdf(Structure::Streams, BYTES / PAGE, LOGO)),
        ("picture", long_pdf(Structure::Streams, 3, BYTES)),
    ];
    let mut wrong = Vec::new();
    let mut hold = |most: f64, format: &str, settings: &Value, name: &str| {
        let (settings, path) = (settings.to_string(), folder.path().join(name));
        let path = path.to_str().unwrap();
        let environment = [(FORMAT, format), (SETTINGS, &settings), (DOCUMENT, path)];
        let label = format!("{format} {settings}, {name}");
        let ratio = ratio_of("pades::large::child", &label, &environment);
        if ratio >= most {
            wrong.push(format!("{label}: {ratio:.2} times the file"));
        }
    };
    for (name, bytes) in &files {
        fs::write(folder.path().join(name), bytes).unwrap();
        for settings in [&json!({}), &last] {
            hold(PDF, "PADES", settings, name);
        }
    }
    hold(PDF, "PADES", &word, "picture");
    for packaging in ["ATTACHED", "ASIC_E"] {
        hold(FILE, "CADES", &json!({ "packaging": packaging }), "picture");
    }
    hold(FILE, "XADES", &json!({ "packaging": "ASIC_E" }), "picture");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

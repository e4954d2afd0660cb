//! Bombs: each must be refused, or sealed, in well under a second, on a small stack, and without
//! taking memory. How long refusals take exactly is `make bench`'s.

mod samples;

use std::fmt::Write as _;
use std::process::Command;

use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::SignatureLocation;
use chancery_engine::seal::{Limits, Profile, prepare};
use chancery_testing::cost;
use serde_json::{Map, Value};

use super::bodies;
use super::support::*;

/// What refusing everything may add to the peak of a process: a copy of the longest document, and a
/// tree of the largest that is parsed at all.
const MOST_MEMORY: usize = 24_000_000;

fn refuse(document: &[u8], settings: &Map<String, Value>) -> Option<Refusal> {
    let profile = Profile::Xades(Box::new(bodies::profile(settings).unwrap()));
    let key = &PKI.p256;
    prepare(document.to_vec(), &profile, &key.signer, key.now(), &Limits::default()).err()
}

#[test]
fn each_for_its_reason() {
    for sample in samples::all() {
        let refusal = refuse(&sample.document, sample.settings.as_object().unwrap());
        let code = refusal.as_ref().map(Refusal::code);
        assert_eq!(code, Some(sample.code), "{}: {refusal:?}", sample.name);
    }
}

/// With `../shared/samples`; passes without.
#[test]
fn each_of_others_for_its_reason() {
    let expected = [
        ("signxml__dtd", "doctype-forbidden"),
        ("signxml__external", "doctype-forbidden"),
        ("signxml__xmlbomb", "doctype-forbidden"),
        ("dss__xml_entity", "doctype-forbidden"),
        ("derived__latin1-bytes-declared-utf8", "encoding-contradicted"),
        ("derived__xml-1.1", "xml-version-unsupported"),
    ];
    let files = shared_xml(&["other-xml"]);
    for (name, code) in expected {
        let Some(file) = files.iter().find(|file| file.file_stem().unwrap() == name) else {
            assert!(files.is_empty(), "{name} is missing");
            continue;
        };
        let refusal = refuse(&std::fs::read(file).unwrap(), &Map::new());
        assert_eq!(refusal.as_ref().map(Refusal::code), Some(code), "{name}: {refusal:?}");
    }
}

/// The child: refuses everything and says what that added to its peak.
#[test]
#[ignore = "run by without_taking_memory in a process of its own"]
fn child() {
    let mut samples = samples::all();
    // They only take time, and unoptimised builds much of it.
    samples.retain(|sample| sample.code != "xpath-too-expensive");
    refuse(b"<a/>", &Map::new());
    let before = peak();
    for sample in &samples {
        assert!(refuse(&sample.document, sample.settings.as_object().unwrap()).is_some());
    }
    println!("\nmeasured {}", peak() - before);
}

/// Peak of this process in bytes (`VmHWM` of proc(5)).
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[test]
fn without_taking_memory() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "seal::hostile::child", "--nocapture", "--ignored"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let measured = said.lines().find_map(|line| line.strip_prefix("measured "));
    let measured: usize = measured.unwrap_or_else(|| panic!("{said}")).parse().unwrap();
    println!("{measured} bytes");
    assert!(measured < MOST_MEMORY, "refusing takes {measured} bytes");
}

/// Runs on a small stack, as a worker thread of the service has it.
fn quickly(document: String) -> Option<Refusal> {
    let _ = PKI.p256.now();
    let run =
        move || cost::of(|| try_prepare(document.as_bytes(), SignatureLocation::default()).err());
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap();
    let (refusal, cost) = thread.join().expect("no overflow, no panic");
    println!("{cost:.1} invoices: {refusal:?}");
    assert!(cost < 1000.0, "refusing costs as much as {cost:.0} invoices");
    refusal
}

#[test]
fn entities() {
    let mut laughs = String::from("<!DOCTYPE l [<!ENTITY l0 'lol'>");
    for level in 1..20 {
        let _ = write!(laughs, "<!ENTITY l{level} '{}'>", format!("&l{};", level - 1).repeat(10));
    }
    laughs += "]><l>&l19;</l>";
    assert!(matches!(quickly(laughs), Some(Refusal::DoctypeForbidden)));
}

#[test]
fn depth() {
    let deep = |levels: usize| "<a>".repeat(levels) + &"</a>".repeat(levels);
    assert!(quickly(deep(64)).is_none());
    assert!(matches!(quickly(deep(65)), Some(Refusal::XmlTooDeep { limit: 64 })));
    let with_empty = "<a>".repeat(64) + "<b/>" + &"</a>".repeat(64);
    assert!(matches!(quickly(with_empty), Some(Refusal::XmlTooDeep { .. })));
    assert!(matches!(quickly(deep(100_000)), Some(Refusal::XmlTooDeep { .. })));
    assert!(matches!(quickly("<a>".repeat(1_000_000)), Some(Refusal::XmlTooDeep { .. })));
}

#[test]
fn attributes_and_namespaces() {
    let many = |count: usize, name: &str| {
        let mut tag = String::from("<a");
        for number in 0..count {
            let _ = write!(tag, " {name}{number}='urn:{number}'");
        }
        tag
    };
    assert!(quickly(many(64, "b") + "/>").is_none());
    for count in [65, 100_000] {
        let refusal = quickly(many(count, "b") + "/>");
        assert!(matches!(refusal, Some(Refusal::XmlTooManyAttributes { limit: 64, .. })));
    }
    let refusal = quickly(many(2000, "xmlns:p") + ">" + &"<b/>".repeat(50_000) + "</a>");
    assert!(matches!(refusal, Some(Refusal::XmlTooManyAttributes { .. })));
    let mut nested = String::new();
    for level in 0..40 {
        let _ = write!(
            nested,
            "<a xmlns:a{level}='urn:a' xmlns:b{level}='urn:b' xmlns:c{level}='urn:c' xmlns:d{level}='urn:d'>"
        );
    }
    let refusal = quickly(nested + &"</a>".repeat(40));
    assert!(matches!(refusal, Some(Refusal::XmlTooManyNamespaces { limit: 128, .. })));
    // Every element with a declaration of its own copies all bindings in scope.
    let body = "<b xmlns:z='urn:z'/>".repeat(400_000);
    let refusal = quickly(many(60, "xmlns:p") + ">" + &body + "</a>");
    assert!(matches!(refusal, Some(Refusal::XmlTooManyNodes { .. })));
}

#[test]
fn nodes_and_names() {
    let wide = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
    assert!(matches!(quickly(wide(2_000_000)), Some(Refusal::XmlTooManyNodes { .. })));
    assert!(quickly(wide(20_000)).is_none());
    assert!(quickly("<!---->".repeat(20_000) + "<a/>" + &"<?p?>".repeat(20_000)).is_none());
    let long = "a".repeat(70_000);
    assert!(matches!(quickly(format!("<{long}/>")), Some(Refusal::XmlMalformed { .. })));
    assert!(matches!(quickly(format!("<a {long}=''/>")), Some(Refusal::XmlMalformed { .. })));
    assert!(quickly(format!("<a>{}</a>", "x".repeat(5_000_000))).is_none());
    assert!(quickly(format!("<a b='{}'/>", "\n".repeat(500_000))).is_none());
    let unclosed = format!("<a>{}", "&amp;".repeat(100_000));
    assert!(matches!(quickly(unclosed), Some(Refusal::XmlMalformed { .. })));
    assert!(matches!(quickly("<a b='&".repeat(100_000)), Some(Refusal::XmlMalformed { .. })));
    assert!(matches!(quickly("<a>\u{0}</a>".to_owned()), Some(Refusal::XmlMalformed { .. })));
}

//! One changed byte breaks a seal, unless it changes nothing of what is sealed: what a comment says
//! under `URI=""`, how a tag is spelled, what the transforms leave out. Which of the two it is follows
//! from the canonical octets of the changed document; xmlsec1 must agree, either way.

use std::path::PathBuf;

use chancery_engine::domain::profile::Canonicalization;
use chancery_engine::seal::xml::c14n::{Subset, canonicalize};
use chancery_engine::seal::xml::source::Source;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::settings::{ID_ATTRIBUTES, seal_as};
use super::support::*;
use super::transforms::{DS, octets_of, references};

/// Changes for each document that must break the seal.
const CHANGES: usize = 18;

/// What a seal says: its `ds:SignedInfo`, its value, the octets of its references, its key info.
#[derive(PartialEq, Eq)]
pub(crate) struct SealMeaning {
    signed_info: Vec<u8>,
    value: String,
    octets: Vec<Vec<u8>>,
    key_info: Vec<u8>,
}

impl SealMeaning {
    /// `None` for what is not well-formed, or has no signature whose references can be followed.
    pub(crate) fn of(bytes: &[u8], canonicalization: Canonicalization) -> Option<Self> {
        let source = Source::read(bytes).ok()?;
        let tree = Document::parse(source.text()).ok()?;
        let signature = tree.descendants().find(|node| node.has_tag_name((DS, "Signature")))?;
        let child = |name: &str| signature.children().find(|node| node.has_tag_name((DS, name)));
        let octets = references(signature).into_iter();
        let octets = octets.map(|it| octets_of(signature, it).ok().map(|(octets, _)| octets));
        let value = child("SignatureValue")?;
        let value = value.descendants().filter(Node::is_text).filter_map(|it| it.text());
        Some(Self {
            signed_info: written(child("SignedInfo")?, canonicalization),
            value: value.flat_map(str::split_whitespace).collect(),
            octets: octets.collect::<Option<_>>()?,
            key_info: written(child("KeyInfo")?, canonicalization),
        })
    }

    /// Whether another seal signs the same, whatever else stands in it.
    pub(crate) fn signs_the_same(&self, other: &Self) -> bool {
        (&self.signed_info, &self.octets) == (&other.signed_info, &other.octets)
    }
}

fn written(element: Node<'_, '_>, canonicalization: Canonicalization) -> Vec<u8> {
    let mut octets = Vec::new();
    canonicalize(Subset::subtree(element), canonicalization, &[], &mut octets);
    octets
}

/// Documents and the settings they are sealed with.
fn cases() -> Vec<(Vec<u8>, Value)> {
    let mixed = "<!--before--><?go on?>\n<r xmlns:p='urn:p' xmlns='urn:d' xml:lang=\"de\" a='1'>\
        <p:a p:x=\"&lt;&#9;\">t&amp;<![CDATA[<x>]]></p:a><!--c--><b Id='i1' > <c/></b><?pi d?></r>\n";
    let utf16: Vec<u8> =
        format!("\u{FEFF}{mixed}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> =
        "<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\u{e9} <b c='\u{fc}'/></a>"
            .chars()
            .map(|letter| u8::try_from(u32::from(letter)).unwrap())
            .collect();
    let (mixed, invoice) = (mixed.as_bytes().to_vec(), INVOICE.as_bytes().to_vec());
    let named = |name: &str| json!({ "signatureTransform": name });
    let with = |canonical: &str| json!({ "canonicalTransform": canonical });
    let filter = json!([{ "algorithm": "XPATH", "xpath": "not(ancestor-or-self::ds:Signature or self::text()[. = ' '])",
        "namespaces": { "ds": DS } }]);
    vec![
        (invoice.clone(), named("ENVELOPED")),
        (invoice.clone(), named("XPATH")),
        (invoice.clone(), named("UBL_FINAL")),
        (invoice.clone(), named("UBL_NON_FINAL")),
        (
            invoice.clone(),
            json!({ "ubl": { "createScaffolding": true, "addCacSignature": false } }),
        ),
        (invoice, json!({ "packaging": "ENVELOPING" })),
        (mixed.clone(), named("XPATH2_FILTER")),
        (mixed.clone(), with("EXCLUSIVE_WITH_COMMENTS")),
        (mixed.clone(), with("INCLUSIVE")),
        (mixed.clone(), with("INCLUSIVE_11")),
        (mixed.clone(), json!({ "signatureTransform": filter })),
        (mixed.clone(), json!({ "packaging": "ENVELOPING", "canonicalTransform": "INCLUSIVE" })),
        (
            mixed.clone(),
            json!({ "reference": { "uri": "#xpointer(/)" }, "canonicalTransform": "INCLUSIVE_WITH_COMMENTS" }),
        ),
        (
            mixed,
            json!({ "referenceOrder": ["DOCUMENT", "SIGNED_PROPERTIES", "KEY_INFO"],
                "keyInfo": { "keyValue": true }, "base64Wrap": 76 }),
        ),
        (utf16, json!({ "prefixes": { "ds": "" } })),
        (latin, json!({ "claimedRoles": ["\u{fc} \u{15f}"] })),
        (b"%PDF-1.7".to_vec(), json!({ "packaging": "ENVELOPING" })),
    ]
}

/// A change that matters, or does not, and the file to ask about.
struct Changed {
    breaks: bool,
    at: String,
    file: PathBuf,
}

/// Whether libxml2 canonicalizes a document at all, whatever of it: every namespace name has to be an absolute URI.
fn libxml2_canonicalizes(bytes: &[u8]) -> bool {
    let source = Source::read(bytes).unwrap();
    let tree = Document::parse(source.text()).unwrap();
    let is_uri = |name: &str| {
        let (scheme, rest) = name.split_once(':').unwrap_or_default();
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
    };
    let mut declared = tree.descendants().flat_map(|node| node.namespaces());
    declared.all(|namespace| namespace.uri().is_empty() || is_uri(namespace.uri()))
}

/// Changes single bytes until enough of them matter.
fn changes(sealed: &[u8], settings: &Value, runner: &mut TestRunner) -> Vec<Changed> {
    let said = settings.get("canonicalTransform").cloned();
    let canonicalization =
        said.map_or(Canonicalization::EXCLUSIVE, |it| serde_json::from_value(it).unwrap());
    let original = SealMeaning::of(sealed, canonicalization).expect("a seal means something");
    // What the XML declaration says about version and standalone means nothing here.
    let first = Source::read(sealed).unwrap().body();
    let (mut broken, mut changed) = (0, Vec::new());
    while broken < CHANGES {
        let at = (first..sealed.len()).new_tree(runner).unwrap().current();
        let byte =
            prop_oneof![Just(sealed[at] ^ 1), Just(sealed[at] ^ 0x20), 0x20..=0x7F_u8, any::<u8>()];
        let byte = byte.new_tree(runner).unwrap().current();
        if byte == sealed[at] {
            continue;
        }
        let mut bytes = sealed.to_vec();
        bytes[at] = byte;
        let meaning = SealMeaning::of(&bytes, canonicalization);
        let is_same = |meaning: &SealMeaning| {
            (&meaning.signed_info, &meaning.value, &meaning.octets)
                == (&original.signed_info, &original.value, &original.octets)
        };
        let breaks = !meaning.as_ref().is_some_and(is_same);
        // Key info that is not signed may still lead to the key, or not.
        if !breaks && meaning.is_some_and(|meaning| meaning.key_info != original.key_info) {
            continue;
        }
        // Not even what is left out may have a namespace name that is no URI.
        if !breaks && !libxml2_canonicalizes(&bytes) {
            continue;
        }
        broken += usize::from(breaks);
        let around = &bytes[at.saturating_sub(30)..bytes.len().min(at + 30)];
        let around = String::from_utf8_lossy(around);
        let at = format!("{settings}: byte {at} {:#04x} to {byte:#04x}: {around}", sealed[at]);
        changed.push(Changed { breaks, at, file: write(&bytes) });
    }
    changed
}

#[test]
fn one_changed_byte_breaks_the_seal() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let intermediate = PKI.root().with_file_name("ca.pem");
    let extra = ["--untrusted-pem", intermediate.to_str().unwrap(), "--id-attr:Id", "urn:d:b"];
    let extra = [&ID_ATTRIBUTES[..], &extra].concat();
    let mut all = Vec::new();
    for (document, settings) in cases() {
        let sealed = seal_as(&document, &PKI.p256, None, &settings)
            .unwrap_or_else(|refusal| panic!("{settings}: {refusal}"));
        xmlsec_verify(&[write(sealed.bytes())], &extra).unwrap();
        all.extend(changes(sealed.bytes(), &settings, &mut runner));
    }
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let extra = &extra;
        let judge = |part: &[Changed]| -> Vec<String> {
            let wrong = part.iter().filter(|changed| {
                xmlsec_verify(std::slice::from_ref(&changed.file), extra).is_ok() == changed.breaks
            });
            wrong.map(|changed| format!("{}: {}", changed.breaks, changed.at)).collect()
        };
        let parts: Vec<_> = all
            .chunks(all.len().div_ceil(workers))
            .map(|part| scope.spawn(move || judge(part)))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let breaking = all.iter().filter(|changed| changed.breaks).count();
    println!("{breaking} changes break, {} do not", all.len() - breaking);
    assert!(breaking >= 300);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

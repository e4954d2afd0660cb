//! Bodies of the fuzz targets (`fuzz/`), which ordinary tests feed too: plain functions over bytes
//! that panic when the engine breaks a promise. What a seal must be is computed here anew from the
//! sealed bytes, by the general evaluator and without anything that the engine remembers.

pub(crate) mod choices;
mod cms;
mod fonts;
mod lasting;
mod pades;
mod pdf;
mod readers;
pub(crate) mod recheck;
mod texts;
mod verify;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::Canonicalization;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::transform::{Filter, FilterOperation, Transform};
use chancery_engine::domain::xades::{SignatureLocation, XadesProfile};
use chancery_engine::pki::path;
use chancery_engine::pki::signature::SignatureValue;
use chancery_engine::seal::catalogue::Catalogue;
use chancery_engine::seal::xml::c14n::{Subset, canonicalize, canonicalize_nodes};
use chancery_engine::seal::xml::guard;
use chancery_engine::seal::xml::nodes::NodeSet;
use chancery_engine::seal::xml::source::Source;
use chancery_engine::seal::xml::transforms::{Present, dereference, general};
use chancery_engine::seal::xml::xpath::Budget;
use chancery_engine::seal::{Limits, Profile, Signer, prepare};
use roxmltree::Document;
use serde_json::{Map, Value};

use choices::Choices;
pub(crate) use cms::cms;
pub(crate) use fonts::{FONT_KINDS, finds_word, fonts};
pub(crate) use lasting::{
    answers, archives, evidence, lasts, revocation_lists, trusted, trusted_lists,
};
pub(crate) use pades::{CHOICES, pades};
pub(crate) use pdf::pdf;
pub(crate) use readers::{
    TIME_STAMPED, certificates, images, invoices, schema, strangers, timestamps,
};
pub(crate) use recheck::Seal;
pub(crate) use texts::{texts, token};
pub(crate) use verify::{passes, verify};

/// A self-signed certificate for these functions alone, and its key.
const CERTIFICATE: &[u8] = include_bytes!("certificate.pem");
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgI04pVe4CbIF+YKw7Hxw4bFUvuTjsLlCX+l7N\
    PU8PJ++hRANCAASRb6DMRKXy/hhivxfS9zCcYTZ2RunJWdfb3fvpHbgG5CPcuybtNrl09AAIq+Jafv9qyPoWSiz+3hEWde\
    of/2pV";

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(&path::of_file(CERTIFICATE, Instant::from_unix_ms(0)).unwrap()));
static PAIR: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let der = STANDARD.decode(KEY).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap()
});
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

/// The certificate of these functions.
pub(crate) fn certificate_der() -> Vec<u8> {
    SIGNER.certificate().der().to_vec()
}

/// Settings over the defaults.
pub(crate) fn profile(settings: &Map<String, Value>) -> Result<XadesProfile, Refusal> {
    CATALOGUE.settings(None, settings)
}

/// Seals and gives the bytes, unchecked.
///
/// # Errors
/// The refusal of the engine.
pub(crate) fn seal_only(
    document: Vec<u8>,
    profile: &Profile,
    limits: &Limits,
) -> Result<Vec<u8>, Refusal> {
    let at = SIGNER.certificate().not_before().plus_ms(1000);
    let prepared = prepare(document, profile, &SIGNER, at, limits)?;
    let value = PAIR.sign(&SystemRandom::new(), prepared.to_be_signed()).unwrap();
    Ok(prepared.attach(SignatureValue::new(value.as_ref().to_vec())).unwrap().finish().into_bytes())
}

/// Seals and holds the engine to all it promises about what comes out.
///
/// # Errors
/// The refusal of the engine, which is no offence.
pub(crate) fn seal(document: &[u8], profile: &XadesProfile) -> Result<Seal, Refusal> {
    let limits = Limits { nodes: 50_000, ..Limits::default() };
    let at = SIGNER.certificate().not_before().plus_ms(1000);
    let sealing = Profile::Xades(Box::new(profile.clone()));
    let prepared = prepare(document.to_vec(), &sealing, &SIGNER, at, &limits)?;
    let to_be_signed = prepared.to_be_signed().to_vec();
    let value = PAIR.sign(&SystemRandom::new(), &to_be_signed).unwrap();
    let value = SignatureValue::new(value.as_ref().to_vec());
    let sealed = prepared.attach(value).unwrap().finish();
    let signature = sealed.signature();
    let seal =
        Seal { document: document.to_vec(), bytes: sealed.into_bytes(), signature, to_be_signed };
    seal.check(profile);
    Ok(seal)
}

/// A document and settings made of choices, sealed.
pub(crate) fn sealing(bytes: &[u8]) -> Option<Result<Seal, Refusal>> {
    let mut choices = Choices::new(bytes);
    let settings = choices.settings();
    let document = choices.document();
    let profile = profile(&settings).ok()?;
    Some(seal(&document, &profile))
}

/// Any bytes as a document; the first 24 choose the settings.
pub(crate) fn insertion(bytes: &[u8]) {
    let Some((chosen, document)) = bytes.split_at_checked(24) else { return };
    let Ok(profile) = profile(&Choices::new(chosen).settings()) else { return };
    let _ = seal(document, &profile);
}

/// Any bytes as a document that is only read.
pub(crate) fn source(bytes: &[u8]) {
    let Ok(source) = Source::read(bytes) else { return };
    let text = source.text();
    assert!(!text.contains('\r'), "line ends are line feeds");
    let offsets: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
    let originals = source.original_offsets(&offsets);
    assert!(originals.is_sorted(), "offsets ascend");
    assert_eq!(originals.last(), Some(&bytes.len()), "the end is the end");
    for (position, (offset, original)) in offsets.iter().zip(&originals).enumerate() {
        if position % 97 == 0 {
            assert_eq!(source.original_offset(*offset), *original);
        }
        let Some(character) = text[*offset..].chars().next() else { continue };
        let encoded = source.encode(character.encode_utf8(&mut [0; 4])).into_owned();
        let there = &bytes[*original..];
        let carriage_return = source.encode("\r");
        let is_line_end = character == '\n' && there.starts_with(&carriage_return);
        assert!(is_line_end || there.starts_with(&encoded), "{character:?} stands at {original}");
    }
    let limits = Limits { nodes: 50_000, ..Limits::default() };
    if guard::check(&source, &limits).is_err() {
        return;
    }
    let Ok(tree) = guard::parse(&source, &limits) else { return };
    for canonicalization in Canonicalization::all() {
        let written = canonical(&tree, canonicalization);
        // What is canonical is its own canonical form.
        let again = Document::parse(&written).expect("canonical octets are XML");
        assert_eq!(canonical(&again, canonicalization), written);
    }
}

/// The canonical document, twice: by the fast path and as a node-set.
fn canonical(tree: &Document<'_>, canonicalization: Canonicalization) -> String {
    let (mut fast, mut general) = (Vec::new(), Vec::new());
    canonicalize(Subset::document(tree), canonicalization, &["p"], &mut fast);
    canonicalize_nodes(tree, &NodeSet::all(tree), canonicalization, &["p"], &mut general);
    assert!(
        fast == general,
        "{}\n{}",
        String::from_utf8_lossy(&fast),
        String::from_utf8_lossy(&general)
    );
    String::from_utf8(fast).unwrap()
}

/// The first line is a location, as text or JSON; the rest the document.
pub(crate) fn location(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((line, document)) = text.split_once('\n') else { return };
    let signature_location = match serde_json::from_str::<SignatureLocation>(line) {
        Ok(location) => location,
        Err(_) => SignatureLocation::inside(line),
    };
    let written = serde_json::to_value(&signature_location).unwrap();
    assert_eq!(
        serde_json::from_value::<SignatureLocation>(written).ok().as_ref(),
        Some(&signature_location)
    );
    let profile = XadesProfile { signature_location, ..XadesProfile::default() };
    let _ = seal(document.as_bytes(), &profile);
}

/// The first line is an expression, the rest the document; as XPath transform and as filters.
pub(crate) fn transforms(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((xpath, document)) = text.split_once('\n') else { return };
    let namespaces: BTreeMap<String, String> =
        [("p", "urn:p"), ("q", "urn:q"), ("ds", "http://www.w3.org/2000/09/xmldsig#")]
            .map(|(prefix, name)| (prefix.to_owned(), name.to_owned()))
            .into();
    let limits = Limits { nodes: 5000, ..Limits::default() };
    let Ok(source) = Source::read(document.as_bytes()) else { return };
    if guard::check(&source, &limits).is_err() {
        return;
    }
    let Ok(tree) = guard::parse(&source, &limits) else { return };
    let start = dereference(&tree, "").unwrap();
    let filter =
        |operation| Filter { operation, xpath: xpath.to_owned(), namespaces: namespaces.clone() };
    let run = |chain: &[Transform]| {
        let mut octets = Vec::new();
        let budget = Budget::new(200_000);
        let present =
            Present { signature: tree.root_element().first_element_child(), transforms: None };
        general(present, start.with_comments(), chain, &limits, &budget, &mut octets)
            .map(|_| octets)
    };
    let only = Transform::XPath { xpath: xpath.to_owned(), namespaces: namespaces.clone() };
    let _ = run(std::slice::from_ref(&only));
    let _ = run(&[only, Transform::Base64]);
    // Each filter is what the others say in another way.
    let intersect =
        run(&[Transform::XPathFilter2 { filters: vec![filter(FilterOperation::Intersect)] }]);
    let twice = run(&[Transform::XPathFilter2 {
        filters: vec![filter(FilterOperation::Intersect), filter(FilterOperation::Union)],
    }]);
    if let (Ok(once), Ok(twice)) = (&intersect, &twice) {
        assert_eq!(once, twice, "what is in is in");
    }
    let nothing = run(&[Transform::XPathFilter2 {
        filters: vec![filter(FilterOperation::Intersect), filter(FilterOperation::Subtract)],
    }]);
    if let Ok(nothing) = nothing {
        assert_eq!(String::from_utf8_lossy(&nothing), "", "what is taken out is out");
    }
}

/// Settings as a client sends them.
pub(crate) fn settings(bytes: &[u8]) {
    let Ok(Value::Object(settings)) = serde_json::from_slice(bytes) else { return };
    let Ok(resolved) = profile(&settings) else { return };
    let written = serde_json::to_value(&resolved).unwrap();
    let again = profile(written.as_object().unwrap()).expect("what was resolved can be resolved");
    assert_eq!(again, resolved);
    let _ = seal(DOCUMENT.as_bytes(), &resolved);
}

const DOCUMENT: &str = "<a xmlns:p='urn:p' Id='i1'><p:b id='i2'>1</p:b><b><c/>2</b></a>";

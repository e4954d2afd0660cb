//! What looking at a document costs: many places that a rule is about are looked at in one pass, and no
//! longer than the document has time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chancery_engine::domain::client_service::Lint as Level;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::seal::lint::LintRun;
use chancery_engine::seal::lint::schema::Schemas;
use chancery_engine::seal::{Limits, Patience};
use chancery_testing::cost;
use serde_json::json;

use super::settings::prepare_as;
use super::support::PKI;

fn before(document: &str, rule: &str, limits: &Limits) -> Result<(), Refusal> {
    let (schemas, rules) = (Schemas::default(), [rule.to_owned()]);
    let run = LintRun { level: Level::Basic, roots: &[], rules: Some(&rules), schemas: &schemas };
    run.before(document.as_bytes(), limits)
}

const CAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
const CBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";
const EXT: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2";
const SIG: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2";
const SAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2";
const SBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2";

/// An invoice with so many places for signatures, each of which refers to the last `cac:Signature` of as
/// many.
fn places(count: usize, named: &str) -> String {
    let place = format!(
        "<sac:SignatureInformation><sbc:ReferencedSignatureID>{named}</sbc:ReferencedSignatureID>\
         </sac:SignatureInformation>"
    );
    let signature = "<cac:Signature><cbc:ID>other</cbc:ID></cac:Signature>";
    format!(
        "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" xmlns:cac=\"{CAC}\" \
         xmlns:cbc=\"{CBC}\" xmlns:ext=\"{EXT}\" xmlns:sig=\"{SIG}\" xmlns:sac=\"{SAC}\" \
         xmlns:sbc=\"{SBC}\"><ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>\
         <sig:UBLDocumentSignatures>{}</sig:UBLDocumentSignatures></ext:ExtensionContent>\
         </ext:UBLExtension></ext:UBLExtensions>{}<cac:Signature><cbc:ID>last</cbc:ID></cac:Signature>\
         </Invoice>",
        place.repeat(count),
        signature.repeat(count)
    )
}

#[test]
fn references_to_signatures_are_found_in_one_pass() {
    let limits = Limits::default();
    assert!(before(&places(2, "last"), "ubl-scaffolding", &limits).is_ok());
    let refusal = before(&places(2, "nobody"), "ubl-scaffolding", &limits).unwrap_err();
    assert!(refusal.to_string().contains("no cac:Signature has the cbc:ID nobody"), "{refusal}");
    cost::follows_length("references to signatures", 1000, |count| {
        before(&places(count, "last"), "ubl-scaffolding", &limits).unwrap();
    });
}

#[test]
fn white_space_is_looked_for_in_one_pass() {
    let limits = Limits::default();
    let code = |document: &str| before(document, "dgii", &limits).err().map(|it| it.to_string());
    for allowed in ["<a> </a>", "<a><b>x</b><c/></a>", "<a>x<b/>y</a>", "<a><?p?> <?p?></a>"] {
        assert_eq!(code(allowed), None, "{allowed}");
    }
    for forbidden in ["<a> <b/></a>", "<a><b/> </a>", "<a><b/>x<?p?> </a>", "<a> <?p?><b/></a>"] {
        let said = code(forbidden).unwrap_or_else(|| panic!("{forbidden} passes"));
        assert!(said.contains("white space between elements"), "{forbidden}: {said}");
    }
    cost::follows_length("elements", 2000, |count| {
        before(&format!("<a>{}</a>", "<b/>x".repeat(count)), "dgii", &limits).unwrap();
    });
    cost::follows_length("blanks without elements", 2000, |count| {
        before(&format!("<a>{}</a>", " <?p?>".repeat(count)), "dgii", &limits).unwrap();
    });
}

/// The seal is found among many signatures in one pass.
#[test]
fn the_seal_is_found_in_one_pass() {
    let schemas = Schemas::default();
    let run = LintRun { level: Level::Basic, roots: &[], rules: None, schemas: &schemas };
    let prepared = |count: usize| {
        // none has a value, so none is read
        let signature = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>";
        let document = format!("<a><b/><c>{}</c></a>", signature.repeat(count));
        let settings = json!({ "signatureLocation": "b" });
        prepare_as(document.as_bytes(), &PKI.p256, None, &settings).unwrap()
    };
    let (few, many) = (prepared(300), prepared(2400));
    cost::follows_length("signatures", 300, |count| {
        let prepared = if count == 300 { &few } else { &many };
        run.after(prepared, &Limits::default()).unwrap();
    });
}

#[test]
fn looking_ends_when_the_time_is_over() {
    let document = format!("<a>{}</a>", "<b/>x".repeat(50_000));
    for (allowed, rule) in [(0, "dgii"), (3, "dgii"), (3, "facturae")] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let patience = Patience::until(7, move || count.fetch_add(1, Ordering::Relaxed) >= allowed);
        let limits = Limits::default().with_patience(patience);
        let refusal = before(&document, rule, &limits).unwrap_err();
        assert_eq!(refusal.code(), "time-used-up", "{rule}: {refusal}");
        assert_eq!(asked.load(Ordering::Relaxed), allowed + 1, "{rule} goes on");
    }
}

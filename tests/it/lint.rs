//! Lint: every rule with a document that breaks it, and where the refusal points; schemas against
//! libxml2. Tests with schemas use those that scripts/setup-xsd.sh brings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use chancery::cli::schemas;
use chancery::domain::client_service::Lint as Level;
use chancery::domain::refusal::Refusal;
use chancery::seal::catalogue::Catalogue;
use chancery::seal::lint::schema::Schemas;
use chancery::seal::lint::{LintRun, rules};
use chancery::seal::{Limits, Profile, prepare};
use serde_json::{Map, Value, json};

use crate::support::judges::{repository, ubl_valid};
use chancery_testing::cost;
use chancery_testing::judges::at_least;
use chancery_testing::sealing::*;

static NONE: LazyLock<Schemas> = LazyLock::new(Schemas::default);

static OFFICIAL: LazyLock<Schemas> = LazyLock::new(|| {
    let set_up = Command::new(repository().join("scripts/setup-xsd.sh")).status().unwrap();
    assert!(set_up.success(), "scripts/setup-xsd.sh brings the schemas");
    schemas::read(&repository().join("xsd/official")).unwrap()
});

/// Looks at a document as the service does, with these settings over the defaults.
fn look(
    document: &[u8],
    level: Level,
    rules: Option<&[&str]>,
    schemas: &Schemas,
    settings: Value,
) -> Result<Vec<String>, Refusal> {
    let named: Option<Vec<String>> =
        rules.map(|rules| rules.iter().map(|&rule| rule.to_owned()).collect());
    let lint = LintRun { level, roots: &[], rules: named.as_deref(), schemas };
    let limits = Limits::default();
    lint.before(document, &limits)?;
    let settings: Map<String, Value> = serde_json::from_value(settings).unwrap();
    let xades = Catalogue::built_in().unwrap().settings(None, &settings)?;
    let key = &PKI.p256;
    let profile = Profile::Xades(Box::new(xades));
    let prepared = prepare(document.to_vec(), &profile, &key.signer, key.now(), &limits)?;
    lint.after(&prepared, &limits)
}

fn basic(document: &str, rule: &str) -> Result<Vec<String>, Refusal> {
    look(document.as_bytes(), Level::Basic, Some(&[rule]), &NONE, json!({}))
}

fn validated(document: &[u8]) -> Result<Vec<String>, Refusal> {
    let settings = json!({ "ubl": { "createScaffolding": true } });
    look(document, Level::Schema, Some(&[]), &OFFICIAL, settings)
}

/// Asserts that a document breaks a rule at the marked place: `‹` stands before it.
fn broken(rule: &str, marked: &str, path: &str, word: &str) {
    let at = marked.find('‹').expect("a marked place");
    let before = &marked[..at];
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap().chars().count();
    let document = marked.replace('‹', "");
    match basic(&document, rule) {
        Err(Refusal::LintFailed { rule: said, detail, path: where_, line: l, column: c }) => {
            println!("{rule}: {where_}: {detail}");
            assert_eq!(said, rule);
            assert_eq!((l as usize, c as usize), (line, column), "{rule}: {detail}");
            assert_eq!(where_, path, "{rule}: {detail}");
            assert!(detail.contains(word), "{rule}: {detail}");
        }
        other => panic!("{rule}: {other:?}\n{document}"),
    }
}

fn kept(rule: &str, document: &str) {
    assert_eq!(basic(document, rule), Ok(Vec::new()), "{rule}\n{document}");
}

const NAMES: &str = "xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" \
     xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
     xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\" \
     xmlns:ext=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\" \
     xmlns:sig=\"urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2\" \
     xmlns:sac=\"urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2\" \
     xmlns:sbc=\"urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2\" \
     xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:sts=\"dian:gov:co:facturaelectronica:Structures-2-1\"";

/// A UBL invoice with these children.
fn ubl(children: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<Invoice {NAMES}>\n{children}\n</Invoice>")
}

fn extension(content: &str) -> String {
    format!(
        "<ext:UBLExtensions>\n<ext:UBLExtension><ext:ExtensionContent>{content}</ext:ExtensionContent>\
         </ext:UBLExtension>\n</ext:UBLExtensions>"
    )
}

#[test]
fn ubl_scaffolding() {
    let rule = "ubl-scaffolding";
    let content = "/Invoice/ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent";
    kept(rule, INVOICE);
    kept(rule, &ubl("<cbc:ID>1</cbc:ID>"));
    let table: &[(&str, &str, &str)] = &[
        ("<cbc:ID>1</cbc:ID>‹<ext:UBLExtensions/>", "/Invoice/ext:UBLExtensions", "first child"),
        (
            "<ext:UBLExtensions>‹<ext:UBLExtension/></ext:UBLExtensions>",
            "/Invoice/ext:UBLExtensions/ext:UBLExtension",
            "exactly one",
        ),
        (
            "<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent/>‹<ext:ExtensionContent/></ext:UBLExtension></ext:UBLExtensions>",
            "/Invoice/ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent[2]",
            "second",
        ),
        (
            "<cac:Signature>‹<sig:UBLDocumentSignatures/></cac:Signature>",
            "/Invoice/cac:Signature/sig:UBLDocumentSignatures",
            "directly in ext:ExtensionContent",
        ),
    ];
    for (children, path, word) in table {
        broken(rule, &ubl(children), path, word);
    }
    let inside: &[(&str, &str, &str)] = &[
        ("<a/>‹<b/>", "/b", "second child"),
        ("‹<sig:SignatureInformation/>", "/sig:SignatureInformation", "OIOUBL"),
        ("‹<sac:SignatureInformation/>", "/sac:SignatureInformation", "sig:UBLDocumentSignatures"),
        ("‹<sac:UBLDocumentSignatures/>", "/sac:UBLDocumentSignatures", "instead of"),
        (
            "<sig:UBLDocumentSignatures>‹<cbc:ID>1</cbc:ID></sig:UBLDocumentSignatures>",
            "/sig:UBLDocumentSignatures/cbc:ID",
            "only sac:SignatureInformation",
        ),
        (
            "<sig:UBLDocumentSignatures><sac:SignatureInformation><ds:Signature/>‹<cbc:ID>1</cbc:ID></sac:SignatureInformation></sig:UBLDocumentSignatures>",
            "/sig:UBLDocumentSignatures/sac:SignatureInformation/cbc:ID",
            "order",
        ),
        (
            "<sig:UBLDocumentSignatures><sac:SignatureInformation>‹<sbc:ReferencedSignatureID>S</sbc:ReferencedSignatureID></sac:SignatureInformation></sig:UBLDocumentSignatures>",
            "/sig:UBLDocumentSignatures/sac:SignatureInformation/sbc:ReferencedSignatureID",
            "no cac:Signature",
        ),
    ];
    for (inner, below, word) in inside {
        broken(rule, &ubl(&extension(inner)), &format!("{content}{below}"), word);
    }
    let named = extension("<sig:UBLDocumentSignatures/>").replace(
        "<ext:UBLExtension>",
        "<ext:UBLExtension>‹<ext:ExtensionURI>urn:x</ext:ExtensionURI>",
    );
    let path = "/Invoice/ext:UBLExtensions/ext:UBLExtension/ext:ExtensionURI";
    broken(rule, &ubl(&named), path, "urn:x is not");
    // Without a profile the rule holds for UBL, and for nothing else.
    let wrong = ubl("<cbc:ID>1</cbc:ID><ext:UBLExtensions/>");
    let alone = |document: &str| look(document.as_bytes(), Level::Basic, None, &NONE, json!({}));
    assert!(matches!(alone(&wrong), Err(Refusal::LintFailed { rule: "ubl-scaffolding", .. })));
    assert!(alone(&wrong.replace("Invoice-2", "other")).is_ok());
}

#[test]
fn rules_of_authorities() {
    let cac = |id: &str| format!("<cac:Signature>{id}</cac:Signature>");
    let vkn = cac("<cbc:ID schemeID='VKN_TCKN'>1234567890</cbc:ID>");
    kept("ubl-tr", &ubl(&format!("{}{vkn}", extension(""))));
    let id = "/Invoice/cac:Signature/cbc:ID";
    let content = "/Invoice/ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent";
    let tr = |cac: &str| ubl(&format!("{}{cac}", extension("")));
    broken("ubl-tr", &tr(&cac("‹<cbc:ID>1234567890</cbc:ID>")), id, "VKN_TCKN");
    broken("ubl-tr", &tr(&cac("‹<cbc:ID schemeID='VKN_TCKN'>1</cbc:ID>")), id, "10 characters");
    broken("ubl-tr", &tr(&format!("{vkn}‹{vkn}")), "/Invoice/cac:Signature[2]", "second");
    broken("ubl-tr", &ubl(&extension("‹<x/>")), &format!("{content}/x"), "must be empty");

    let dian = |first: &str, second: &str| {
        let one = |content: &str| {
            format!(
                "<ext:UBLExtension><ext:ExtensionContent>{content}</ext:ExtensionContent></ext:UBLExtension>"
            )
        };
        ubl(&format!("<ext:UBLExtensions>{}\n{}</ext:UBLExtensions>", one(first), one(second)))
    };
    kept("dian", &dian("<sts:DianExtensions/>", ""));
    let second = "/Invoice/ext:UBLExtensions/ext:UBLExtension[2]/ext:ExtensionContent/x";
    broken("dian", &dian("<sts:DianExtensions/>", "‹<x/>"), second, "holds x");
    let first = "/Invoice/ext:UBLExtensions/ext:UBLExtension[1]/ext:ExtensionContent";
    let marked = dian("", "").replacen("<ext:ExtensionContent>", "‹<ext:ExtensionContent>", 1);
    broken("dian", &marked, first, "sts:DianExtensions");

    kept("sri", "<factura id='comprobante'/>");
    broken("sri", "‹<factura id='1'/>", "/factura", "comprobante");
    kept("dgii", "<ECF><a>x </a><b> </b></ECF>");
    broken("dgii", "<ECF><a>x</a>‹\n<b/></ECF>", "/ECF", "white space");
    broken("dgii", "<ECF>‹<!-- x --><b/></ECF>", "/ECF", "comments");

    let facturae = |version: &str| {
        format!(
            "<f:Facturae xmlns:f='urn:f'>\n<FileHeader>‹<SchemaVersion>{version}</SchemaVersion></FileHeader></f:Facturae>"
        )
    };
    kept("facturae", &facturae("3.2.2").replace('‹', ""));
    broken("facturae", &facturae("3.1"), "/f:Facturae/FileHeader/SchemaVersion", "3.2");
    let xsi = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation";
    kept("fatturapa", &format!("<F {xsi}='urn:a a.xsd'/>"));
    broken("fatturapa", &format!("‹<F {xsi}='urn:a'/>"), "/F", "pairs");
    let signed = "<F><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/></F>";
    broken("fatturapa", &signed.replace("<ds:S", "‹<ds:S"), "/F/Signature", "signed already");
    let marked = basic("\u{FEFF}<F/>", "fatturapa").unwrap_err();
    assert!(matches!(&marked, Refusal::LintFailed { line: 1, .. }), "{marked}");
}

#[test]
fn zatca() {
    let reference = |id: &str| {
        format!(
            "<cac:AdditionalDocumentReference><cbc:ID>{id}</cbc:ID></cac:AdditionalDocumentReference>"
        )
    };
    let signature = |id: &str| {
        format!(
            "<cac:Signature>‹<cbc:ID>{id}</cbc:ID><cbc:SignatureMethod>urn:oasis:names:specification:ubl:dsig:enveloped:xades</cbc:SignatureMethod></cac:Signature>"
        )
    };
    let name = "urn:oasis:names:specification:ubl:signature:Invoice";
    let whole =
        |id: &str| ubl(&format!("{}{}{}", reference("ICV"), reference("PIH"), signature(id)));
    kept("zatca", &whole(name).replace('‹', ""));
    broken("zatca", &whole("1"), "/Invoice/cac:Signature/cbc:ID", name);
    let without =
        whole(name).replace('‹', "").replace("PIH", "XXX").replace("<Invoice", "‹<Invoice");
    broken("zatca", &without, "/Invoice", "PIH");
}

#[test]
fn what_depends_on_the_seal_points_into_the_original() {
    let uri = |uri: &str| {
        format!(
            "<cac:Signature>\r\n<cac:DigitalSignatureAttachment><cac:ExternalReference>‹<cbc:URI>{uri}</cbc:URI></cac:ExternalReference></cac:DigitalSignatureAttachment></cac:Signature>"
        )
    };
    let whole = |value: &str| {
        let empty = extension(
            "<sig:UBLDocumentSignatures><sac:SignatureInformation/></sig:UBLDocumentSignatures>",
        );
        ubl(&format!("{empty}{}", uri(value)))
    };
    let path =
        "/Invoice/cac:Signature/cac:DigitalSignatureAttachment/cac:ExternalReference/cbc:URI";
    broken("ubl-cac-signature-uri", &whole("#other"), path, "the Id of the seal");
    // An Id that follows the cac:Signature.
    let document = whole("#mine").replace('‹', "");
    let settings = json!({ "ids": { "signature": "{ublSignatureUri}" } });
    let rule = "ubl-cac-signature-uri";
    let seen = look(document.as_bytes(), Level::Basic, Some(&[rule]), &NONE, settings);
    assert_eq!(seen, Ok(Vec::new()));
    // Empty elements: the place is filled by the seal, the others are not; in UTF-16 too.
    kept("no-empty-elements", INVOICE);
    let empty = INVOICE.replace("<cbc:ID>F-2026/1</cbc:ID>", "‹<cbc:Note> </cbc:Note>");
    broken("no-empty-elements", &empty, "/Invoice/cbc:Note", "empty");
    let wide = empty.replace('‹', "").replace("UTF-8", "UTF-16").replace('\n', "\r\n");
    let wide: Vec<u8> = ['\u{FEFF}']
        .into_iter()
        .chain(wide.chars())
        .flat_map(|c| {
            let mut units = [0; 2];
            c.encode_utf16(&mut units)
                .iter()
                .flat_map(|unit| unit.to_le_bytes())
                .collect::<Vec<_>>()
        })
        .collect();
    let line = 1 + empty.split('‹').next().unwrap().matches('\n').count();
    let found = look(&wide, Level::Basic, Some(&["no-empty-elements"]), &NONE, json!({}));
    match found {
        Err(Refusal::LintFailed { line: said, column: 3, .. }) => assert_eq!(said as usize, line),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_document_of_another_kind_is_refused() {
    let catalogue = Catalogue::built_in().unwrap();
    let entry = catalogue.entry("ubl").unwrap();
    let lint = LintRun {
        level: Level::Basic,
        roots: &entry.roots,
        rules: Some(&entry.rules),
        schemas: &NONE,
    };
    let refusal = lint.before(b"\n<Invoice xmlns='urn:other'/>", &Limits::default()).unwrap_err();
    match &refusal {
        Refusal::LintFailed { rule: "document-type", path, line: 2, column: 1, .. } => {
            assert_eq!(path, "/Invoice");
        }
        other => panic!("{other:?}"),
    }
    lint.before(INVOICE.as_bytes(), &Limits::default()).unwrap();
    let off = LintRun { level: Level::None, ..lint };
    off.before(b"<a", &Limits::default()).unwrap();
}

#[test]
fn a_profile_with_an_unknown_rule_is_none() {
    for rule in rules::ALL {
        assert!(!rule.about.is_empty() && !rule.source.is_empty());
        let file = format!("title = 't'\nsources = []\nrules = ['{}']", rule.name);
        Catalogue::with([("x", file.as_str())].into_iter()).unwrap();
    }
    let file = "title = 't'\nsources = []\nrules = ['ubl-scafolding']";
    let error = Catalogue::with([("x", file)].into_iter()).err().unwrap().to_string();
    assert!(error.contains("ubl-scafolding"), "{error}");
}

#[test]
fn schemas_point_into_the_original() {
    let good = fs::read_to_string(repository().join("samples/invoice-signature-place/input.xml"));
    let good = good.unwrap();
    assert_eq!(validated(good.as_bytes()), Ok(Vec::new()));
    let line = 1 + good.split("<cbc:IssueDate>").next().unwrap().matches('\n').count();
    let bad = good.replacen("<cbc:IssueDate>", "<cbc:IssueDate>x", 1);
    let carriage = bad.replace('\n', "\r\n");
    for bad in [bad, carriage] {
        match validated(bad.as_bytes()) {
            Err(Refusal::SchemaInvalid { path, line: said, column, schema, detail }) => {
                assert!(path.ends_with("/cbc:IssueDate"), "{path}: {detail}");
                assert_eq!((said as usize, column), (line, 3), "{detail}");
                assert_eq!(schema, "UBL-Invoice-2.1.xsd");
                assert!(detail.contains("date"), "{detail}");
            }
            other => panic!("{other:?}"),
        }
    }
    // A seal where the schema has no room for one.
    let settings = json!({ "signatureLocation": "/Invoice" });
    let refusal = look(good.as_bytes(), Level::Schema, Some(&[]), &OFFICIAL, settings).unwrap_err();
    assert!(refusal.to_string().contains("the seal"), "{refusal}");
}

#[test]
fn without_a_schema_there_is_a_note_and_without_schemas_a_refusal() {
    let notes = validated(b"<Facturae/>").unwrap_err();
    assert!(matches!(notes, Refusal::ScaffoldingImpossible { .. }), "{notes}");
    let plain = |document: &str, schemas: &Schemas| {
        look(document.as_bytes(), Level::Schema, Some(&[]), schemas, json!({}))
    };
    let notes = plain("<Facturae/>", &OFFICIAL).unwrap();
    assert!(notes[0].contains("no schema is installed for Facturae"), "{notes:?}");
    let newer = ubl("<cbc:UBLVersionID>2.4</cbc:UBLVersionID>");
    let notes = plain(&newer, &OFFICIAL).unwrap();
    assert!(notes[0].contains("UBL 2.4"), "{notes:?}");
    assert_eq!(plain(INVOICE, &NONE), Err(Refusal::SchemasMissing));
}

/// What the schemas say of real documents, before and after: the same as libxml2. The official
/// schemas and the samples in ../shared.
#[test]
fn verdicts_are_those_of_libxml2() {
    let mut files = shared_xml(&["ubl", "signed-xml"]);
    let own = fs::read_dir(repository().join("samples")).unwrap().flatten();
    files.extend(own.map(|entry| entry.path().join("sealed.xml")).filter(|file| file.is_file()));
    let is_ubl = |file: &PathBuf| {
        let text = String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
        text.contains("schema:xsd:Invoice-2") || text.contains("schema:xsd:CreditNote-2")
    };
    files.retain(is_ubl);
    let valid = ubl_valid(&files);
    let mut differ = Vec::new();
    for file in &files {
        let document = fs::read(file).unwrap();
        // Detached leaves the document as it is.
        let settings = json!({ "packaging": "DETACHED", "reference": { "uri": "x.xml" } });
        let seen = look(&document, Level::Schema, Some(&[]), &OFFICIAL, settings);
        let noted = seen.as_ref().is_ok_and(|notes| !notes.is_empty());
        let refused = matches!(seen, Err(Refusal::SchemaInvalid { .. }));
        if !noted && refused == valid.contains(file) {
            differ.push(format!("{}: {seen:?}", file.display()));
        }
    }
    // libxml2 before 2.14 calls a serial number of more than 24 digits no integer.
    differ.retain(|line| !line.contains("xmlsigner"));
    assert!(differ.is_empty(), "{differ:#?}");
    at_least(30, valid.len(), "valid documents");
    at_least(35, files.len(), "documents");
}

/// Every leaf of an invoice of ours left out, doubled, emptied, renamed, with other text, with and
/// without attributes: libxml2 says the same of each.
#[test]
fn verdicts_on_broken_invoices_are_those_of_libxml2() {
    let good = fs::read_to_string(repository().join("samples/invoice-signature-place/input.xml"));
    let good = good.unwrap();
    let tree = roxmltree::Document::parse(&good).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let leaves = tree.descendants().filter(|node| {
        node.is_element() && node.first_element_child().is_none() && node.text().is_some()
    });
    for leaf in leaves {
        let whole = &good[leaf.range()];
        let (start, rest) = whole.split_once('>').unwrap();
        let (text, end) = rest.split_once('<').unwrap();
        let name = start.split_whitespace().next().unwrap();
        let variants = [
            String::new(),
            whole.repeat(2),
            format!("{start}><{end}"),
            format!("{name}X>{text}<{}X>", end.trim_end_matches('>')),
            format!("{start}>x y {text}<{end}"),
            format!("{start} foo='1'>{text}<{end}"),
            format!("{name}>{text}<{end}"),
        ];
        for variant in variants {
            let broken =
                [&good[..leaf.range().start], &variant, &good[leaf.range().end..]].concat();
            let file = folder.path().join(format!("{}.xml", files.len()));
            fs::write(&file, broken).unwrap();
            files.push(file);
        }
    }
    let valid = ubl_valid(&files);
    assert!(files.len() > 200 && valid.len() > 50 && valid.len() < files.len() / 2);
    for file in &files {
        let document = fs::read(file).unwrap();
        let seen = validated(&document);
        let refused = matches!(seen, Err(Refusal::SchemaInvalid { .. }));
        let text = String::from_utf8(document).unwrap();
        assert_eq!(!refused, valid.contains(file), "{seen:?}\n{text}");
        assert!(refused || seen.is_ok(), "{seen:?}");
    }
    println!("{} documents, {} of them valid", files.len(), valid.len());
}

/// A place that is empty is not valid by itself; sealed it is. The samples of ../shared.
#[test]
fn what_is_valid_once_sealed_is_sealed() {
    let files = shared_xml(&["ubl"]);
    let mut sealed = Vec::new();
    for file in ubl_valid(&files) {
        let document = fs::read(&file).unwrap();
        match validated(&document) {
            Ok(notes) => assert!(notes.is_empty(), "{}: {notes:?}", file.display()),
            Err(refusal) => panic!("{}: {refusal}", file.display()),
        }
        sealed.push(file);
    }
    at_least(20, sealed.len(), "documents");
}

#[test]
fn schemas_that_are_not_whole_are_refused() {
    LazyLock::force(&OFFICIAL);
    assert_eq!(OFFICIAL.len(), 65);
    assert_eq!(OFFICIAL.compile("Invoice"), Ok(1));
    let folder = tempfile::tempdir().unwrap();
    let edition = folder.path().join("ubl-2.1");
    let copy = |from: &Path, to: &Path| {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().flatten() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    };
    let official = repository().join("xsd/official/ubl-2.1");
    copy(&official.join("common"), &edition.join("common"));
    fs::create_dir_all(edition.join("maindoc")).unwrap();
    let main = "maindoc/UBL-Invoice-2.1.xsd";
    fs::copy(official.join(main), edition.join(main)).unwrap();
    assert_eq!(schemas::read(folder.path()).unwrap().len(), 1);
    let modules: Vec<_> = fs::read_dir(edition.join("common")).unwrap().flatten().collect();
    for module in &modules {
        let aside = folder.path().join("aside");
        fs::rename(module.path(), &aside).unwrap();
        let error = schemas::read(folder.path()).err();
        fs::rename(&aside, module.path()).unwrap();
        let name = module.file_name().to_string_lossy().into_owned();
        // Nothing imports this one.
        if name.contains("CoreComponentParameters") {
            continue;
        }
        let error = error.unwrap_or_else(|| panic!("{name} is not missed")).to_string();
        assert!(error.contains(&name), "{name}: {error}");
    }
    assert!(schemas::read(&folder.path().join("ubl-2.1")).is_err(), "no editions below");
}

#[test]
fn hostile_documents_end_soon() {
    let good = fs::read_to_string(repository().join("samples/invoice-signature-place/input.xml"));
    let good = good.unwrap();
    let at = good.find("<cac:InvoiceLine>").unwrap();
    // No line breaks: the columns are far.
    for piece in ["<cac:InvoiceLine><x/></cac:InvoiceLine>", "<cbc:Note a='1'/>", "<x/>"] {
        let many = piece.repeat(60_000);
        let document = format!("{}{many}{}", &good[..at], &good[at..]);
        let refuse = || validated(document.as_bytes()).unwrap_err();
        let refusal = cost::at_most(1000, piece, refuse);
        assert!(matches!(refusal, Refusal::SchemaInvalid { .. }), "{refusal}");
        assert!(refusal.to_string().len() < 1500, "{refusal}");
        println!("{piece}: {} bytes: {refusal}", document.len());
    }
    let deep = format!("<a>{}</a>", "<b>".repeat(100_000));
    assert_eq!(validated(deep.as_bytes()), Err(Refusal::XmlTooDeep { limit: 64 }));
}

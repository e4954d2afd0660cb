//! ZATCA and MyInvois: their own samples are made again with our engine, and what we seal is checked
//! by a second way to compute everything, from the sealed file alone, with xmllint, openssl and plain
//! text replacement. No verifier of XML signatures can judge these.

mod documents;
mod recompute;
mod samples;
mod standing;

use std::fs;
use std::process::Command;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::XadesProfile;
use chancery_engine::pki::algorithm::KeyKind;
use chancery_engine::pki::path;
use chancery_engine::pki::signature::SignatureValue;
use chancery_engine::seal::catalogue::Catalogue;
use chancery_engine::seal::{Limits, Prepared, Profile, Signer, prepare};
use serde_json::{Map, Value, json};

use super::support::{PKI, TestKey, checked, shared, shared_xml, write};
use documents::{invoice, without};
use recompute::{check_myinvois, check_zatca};

use chancery_testing::judges::ubl_valid;

/// A certificate for a key on secp256k1 as ZATCA issues them; openssl signs with it.
struct Zatca {
    folder: tempfile::TempDir,
    signer: Signer,
}

static ZATCA: LazyLock<Zatca> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let script = r"
        set -e
        for name in ca leaf; do
            openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out $name.key
        done
        openssl req -x509 -new -key ca.key -subj '/DC=local/DC=gov/DC=extgazt/CN=Test & CA' -days 30 \
            -out ca.pem
        openssl req -new -key leaf.key -subj '/C=SA/O=Seller/CN=TST' -out leaf.csr
        openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -out leaf.pem
    ";
    let output = Command::new("sh").arg("-c").arg(script).current_dir(folder.path()).output();
    let output = output.expect("sh must run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pem = fs::read(folder.path().join("leaf.pem")).unwrap();
    let signer = Signer::new(&path::of_file(&pem, Instant::from_unix_ms(0)).unwrap());
    Zatca { folder, signer }
});

impl Zatca {
    fn now(&self) -> Instant {
        self.signer.certificate().not_before().plus_ms(1000)
    }

    fn sign(&self, message: &[u8]) -> SignatureValue {
        let file = write(message);
        let output = Command::new("openssl")
            .args(["dgst", "-sha256", "-sign"])
            .arg(self.folder.path().join("leaf.key"))
            .arg(file)
            .output()
            .unwrap();
        SignatureValue::of_key(KeyKind::Secp256k1, output.stdout)
    }
}

fn settings(profile: &str, overrides: &Value) -> XadesProfile {
    let overrides = overrides.as_object().cloned().unwrap_or_else(Map::new);
    Catalogue::built_in().unwrap().settings(Some(profile), &overrides).unwrap()
}

fn prepared(
    document: &[u8],
    settings: XadesProfile,
    signer: &Signer,
    at: Instant,
) -> Result<Prepared, Refusal> {
    let profile = Profile::Xades(Box::new(settings));
    prepare(document.to_vec(), &profile, signer, at, &Limits::default())
}

fn seal_zatca(document: &[u8]) -> Result<Vec<u8>, Refusal> {
    let zatca = &*ZATCA;
    let settings = settings("zatca-simplified", &json!({}));
    let prepared = prepared(document, settings.clone(), &zatca.signer, zatca.now())?;
    let value = zatca.sign(prepared.to_be_signed());
    let sealed = prepared.attach(value).expect("a right value is taken").finish();
    Ok(checked(sealed, &Profile::Xades(Box::new(settings))).into_bytes())
}

fn seal_myinvois(document: &[u8]) -> Result<Vec<u8>, Refusal> {
    let key = &PKI.rsa;
    let settings = settings("myinvois", &json!({}));
    let prepared = prepared(document, settings.clone(), &key.signer, key.now())?;
    let value = key.sign(prepared.to_be_signed());
    let sealed = prepared.attach(value).expect("a right value is taken").finish();
    Ok(checked(sealed, &Profile::Xades(Box::new(settings))).into_bytes())
}

fn utf16(text: &str) -> Vec<u8> {
    let text = text.replace("encoding=\"UTF-8\"", "encoding=\"UTF-16\"");
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// Our invoice in the shapes that senders send.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let whole = invoice();
    let attachment = "<cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode=\"text/plain\"";
    let qr = |inside: &str| {
        let reference = format!(
            "<cac:AdditionalDocumentReference><cbc:ID>QR</cbc:ID>{inside}\
             </cac:AdditionalDocumentReference>\n  <cac:AccountingSupplierParty>"
        );
        whole.replace("<cac:AccountingSupplierParty>", &reference).into_bytes()
    };
    vec![
        ("nothing there", whole.clone().into_bytes()),
        ("CR LF", whole.replace('\n', "\r\n").into_bytes()),
        ("UTF-16", utf16(&whole)),
        ("QR alone", qr("")),
        ("QR with an empty attachment", qr("<cac:Attachment/>")),
        ("QR with an empty object", qr(&format!("{attachment}/></cac:Attachment>"))),
        (
            "QR with an old code",
            qr(&format!(
                "{attachment}>b2xk<!-- old --></cbc:EmbeddedDocumentBinaryObject></cac:Attachment>"
            )),
        ),
    ]
}

#[test]
fn zatca_seals_check_by_another_way() {
    for (shape, document) in shapes() {
        let sealed = seal_zatca(&document).unwrap_or_else(|refusal| panic!("{shape}: {refusal}"));
        check_zatca(&sealed).unwrap_or_else(|wrong| panic!("{shape}: {wrong}"));
    }
}

#[test]
fn myinvois_seals_check_by_another_way() {
    for (shape, document) in shapes() {
        let sealed =
            seal_myinvois(&document).unwrap_or_else(|refusal| panic!("{shape}: {refusal}"));
        check_myinvois(&sealed).unwrap_or_else(|wrong| panic!("{shape}: {wrong}"));
    }
}

#[test]
fn shared_invoices_check_by_another_way() {
    let Some(shared) = shared() else { return };
    let read = |name: &str| fs::read(shared.join("samples/ubl").join(name)).unwrap();
    let sealed = seal_zatca(&read("php-zatca-xml__GeneratorSimplified_Invoice.xml")).unwrap();
    check_zatca(&sealed).unwrap();
    let mut checked = 0;
    for file in shared_xml(&["ubl"]) {
        let name = file.display();
        let sealed = match seal_myinvois(&fs::read(&file).unwrap()) {
            Ok(sealed) => sealed,
            Err(refusal) => {
                let expected = ["not in a UBL document namespace", "left as a placeholder"];
                let said = refusal.to_string();
                assert!(expected.iter().any(|part| said.contains(part)), "{name}: {said}");
                continue;
            }
        };
        // The engine goes by namespace, this check by the usual prefixes.
        let usual = ["<ext:UBLExtensions", "<cac:Signature>"];
        let text = String::from_utf8_lossy(&sealed).replace('\0', "");
        if usual.iter().all(|tag| text.contains(tag)) {
            check_myinvois(&sealed).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} documents were checked");
}

/// xmllint 2.9 takes serial numbers for 64-bit integers, so another one stands in their place here.
#[test]
fn what_we_create_is_valid_ubl() {
    let Some(shared) = shared() else { return };
    let name = "samples/ubl/php-zatca-xml__GeneratorSimplified_Invoice.xml";
    let whole = fs::read_to_string(shared.join(name)).unwrap();
    let bare = without(&without(&whole, "ext:UBLExtensions"), "cac:Signature");
    let at = bare.find("<cbc:ID>QR").unwrap();
    let from = bare[..at].rfind("<cac:AdditionalDocumentReference>").unwrap();
    let end = "</cac:AdditionalDocumentReference>";
    let to = at + bare[at..].find(end).unwrap() + end.len();
    let bare = format!("{}{}", &bare[..from], &bare[to..]);
    let mut files = Vec::new();
    for document in [&whole, &bare] {
        for seal in [seal_zatca, seal_myinvois] {
            let sealed = String::from_utf8(seal(document.as_bytes()).unwrap()).unwrap();
            let (before, rest) = sealed.split_once("<ds:X509SerialNumber>").unwrap();
            let (_, after) = rest.split_once('<').unwrap();
            files.push(write(format!("{before}<ds:X509SerialNumber>1<{after}").as_bytes()));
        }
    }
    assert_eq!(ubl_valid(&files), files);
}

#[test]
fn the_qr_code_tells_what_the_invoice_says() {
    let code = |document: &str| {
        let sealed = String::from_utf8(seal_zatca(document.as_bytes()).unwrap()).unwrap();
        let rest = sealed.split_once("<cbc:ID>QR</cbc:ID>").unwrap().1;
        let rest = rest.split_once("\"text/plain\">").unwrap().1;
        STANDARD.decode(rest.split_once('<').unwrap().0).unwrap()
    };
    let has = |code: &[u8], field: &[u8]| code.windows(field.len()).any(|part| part == field);
    let two = "<cac:TaxTotal><cbc:TaxAmount currencyID=\"USD\">7.01</cbc:TaxAmount></cac:TaxTotal>\
               <cac:TaxTotal>";
    assert!(has(&code(&invoice()), b"\x05\x0530.15"));
    assert!(has(&code(&invoice().replace("<cac:TaxTotal>", two)), b"\x05\x047.01"));
    // ZATCA signs standard invoices itself, so the authority's signature is left out there.
    let nine = ZATCA.signer.certificate().x509().signature().raw_bytes();
    assert!(code(&invoice()).ends_with(nine));
    assert!(!has(&code(&invoice().replace("0200000", "0100000")), nine));
}

#[test]
fn a_changed_byte_breaks_the_check() {
    let change = |sealed: &[u8], from: &str, to: &str| {
        let text = String::from_utf8(sealed.to_vec()).unwrap();
        assert!(text.contains(from), "{from} must be there");
        text.replacen(from, to, 1).into_bytes()
    };
    let zatca = seal_zatca(invoice().as_bytes()).unwrap();
    let mine = seal_myinvois(invoice().as_bytes()).unwrap();
    for (from, to) in [(">231.15<", ">231.16<"), ("<cbc:ID>SME1<", "<cbc:ID>SME2<")] {
        assert!(check_zatca(&change(&zatca, from, to)).is_err());
        assert!(check_myinvois(&change(&mine, from, to)).is_err());
    }
    // White space between elements is signed by one and not by the other.
    let (from, to) = ("<cbc:ProfileID>", " <cbc:ProfileID>");
    assert!(check_zatca(&change(&zatca, from, to)).is_err());
    check_myinvois(&change(&mine, from, to)).unwrap();
    let (from, to) = ("<xades:SigningTime>20", "<xades:SigningTime>19");
    assert!(check_zatca(&change(&zatca, from, to)).is_err());
    assert!(check_myinvois(&change(&mine, from, to)).is_err());
}

#[test]
fn myinvois_leaves_the_root_as_it_was() {
    let sealed = String::from_utf8(seal_myinvois(invoice().as_bytes()).unwrap()).unwrap();
    let start_tag = |text: &str| {
        let from = text.find("<Invoice").unwrap();
        text[from..=from + text[from..].find('>').unwrap()].to_owned()
    };
    assert_eq!(start_tag(&sealed), start_tag(&invoice()));
}

#[test]
fn a_key_of_the_wrong_kind_is_refused() {
    let refused = |profile: &str, signer: &Signer, at| {
        let algorithm = json!({ "signatureAlgorithm": null });
        let settings = settings(profile, &algorithm);
        prepared(invoice().as_bytes(), settings, signer, at).err()
    };
    let unusable =
        |refusal: &Option<Refusal>| matches!(refusal, Some(Refusal::CertificateUnusable { .. }));
    let with = |profile: &str, key: &TestKey| refused(profile, &key.signer, key.now());
    for key in [&PKI.rsa, &PKI.p256] {
        let refusal = with("zatca-simplified", key);
        assert!(unusable(&refusal), "{}: {refusal:?}", key.name);
    }
    assert!(unusable(&with("myinvois", &PKI.p256)));
    assert!(unusable(&refused("myinvois", &ZATCA.signer, ZATCA.now())));
}

#[test]
fn missing_qr_data_is_refused_by_name() {
    for (element, path) in [
        ("cbc:RegistrationName", "PartyLegalEntity/cbc:RegistrationName"),
        ("cbc:CompanyID", "cac:PartyTaxScheme/cbc:CompanyID"),
        ("cbc:IssueDate", "cbc:IssueDate"),
        ("cbc:IssueTime", "cbc:IssueTime"),
        ("cac:LegalMonetaryTotal", "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount"),
        ("cac:TaxTotal", "cac:TaxTotal/cbc:TaxAmount"),
    ] {
        let refusal = seal_zatca(without(&invoice(), element).as_bytes()).err();
        let said = refusal.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(matches!(refusal, Some(Refusal::ScaffoldingImpossible { .. })), "{said}");
        assert!(said.contains(path), "{said}");
    }
    let long = invoice().replace(">Seller<", &format!(">{}<", "x".repeat(256)));
    let said = seal_zatca(long.as_bytes()).err().map(|refusal| refusal.to_string());
    assert!(said.is_some_and(|said| said.contains("255 bytes")));
    let fits = invoice().replace(">Seller<", &format!(">{}<", "ش".repeat(127)));
    check_zatca(&seal_zatca(fits.as_bytes()).unwrap()).unwrap();
}

#[test]
fn what_is_not_to_be_sealed_again_is_refused() {
    for seal in [seal_zatca, seal_myinvois] {
        let sealed = String::from_utf8(seal(invoice().as_bytes()).unwrap()).unwrap();
        let again = seal(sealed.as_bytes()).err();
        assert!(matches!(again, Some(Refusal::LocationOccupied { .. })), "{again:?}");
        let from = sealed.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
        let to = sealed.find("</ds:SignatureValue>").unwrap();
        let skeleton = [&sealed[..from], &sealed[to..]].concat();
        let refusal = seal(skeleton.as_bytes()).err();
        assert!(matches!(refusal, Some(Refusal::LocationPlaceholder { .. })), "{refusal:?}");
        let taken = invoice().replace("<cac:TaxTotal>", "<cac:TaxTotal Id=\"signature\">");
        let refusal = seal(taken.as_bytes()).err();
        assert!(
            matches!(refusal, Some(Refusal::SettingConflict { path: "ids", .. })),
            "{refusal:?}"
        );
        let elsewhere =
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/><cac:TaxTotal>";
        let elsewhere = invoice().replace("<cac:TaxTotal>", elsewhere);
        let refusal = seal(elsewhere.as_bytes()).err();
        assert!(matches!(refusal, Some(Refusal::LocationPlaceholder { .. })), "{refusal:?}");
        let bare = "<Invoice><a/></Invoice>";
        assert!(matches!(seal(bare.as_bytes()), Err(Refusal::ScaffoldingImpossible { .. })));
    }
    let two = "<cac:AdditionalDocumentReference><cbc:ID>QR</cbc:ID>\
               </cac:AdditionalDocumentReference>";
    let two = format!("{two}{two}<cac:AccountingSupplierParty>");
    let two = invoice().replace("<cac:AccountingSupplierParty>", &two);
    assert!(matches!(seal_zatca(two.as_bytes()), Err(Refusal::ScaffoldingImpossible { .. })));
}

#[test]
fn settings_that_the_authority_fixes_are_refused() {
    let cases = [
        ("xadesLevel", json!({ "xadesLevel": "EPES", "policy": { "identifier": "" } })),
        ("existingSignatures", json!({ "existingSignatures": "PARALLEL" })),
        ("canonicalTransform", json!({ "canonicalTransform": "INCLUSIVE" })),
        ("signatureTransform", json!({ "signatureTransform": "NONE" })),
        ("digestAlgorithm", json!({ "digestAlgorithm": "SHA512" })),
        ("policy", json!({ "policy": { "identifier": "" } })),
        ("claimedRoles", json!({ "claimedRoles": ["supplier"] })),
        ("productionPlace", json!({ "productionPlace": { "city": "Riyadh" } })),
        ("commitments", json!({ "commitments": [{ "identifier": "urn:x" }] })),
        ("prefixes", json!({ "prefixes": { "ds": "dsig" } })),
        ("base64Wrap", json!({ "base64Wrap": 64 })),
        ("dataObjectFormat", json!({ "dataObjectFormat": { "include": true } })),
        ("keyInfo", json!({ "keyInfo": { "keyValue": true } })),
        ("signingCertificate", json!({ "signingCertificate": { "version": "V2" } })),
        ("referenceOrder", json!({ "referenceOrder": ["SIGNED_PROPERTIES", "DOCUMENT"] })),
        ("reference", json!({ "reference": { "id": "other" } })),
        ("ids", json!({ "ids": { "signature": "other" } })),
        ("packaging", json!({ "packaging": "ENVELOPING" })),
        ("signatureLocation", json!({ "signatureLocation": "TaxTotal" })),
    ];
    for (wanted, overrides) in cases {
        let in_zatca = settings("zatca-simplified", &overrides);
        let zatca = prepared(invoice().as_bytes(), in_zatca, &ZATCA.signer, ZATCA.now()).err();
        let in_mine = settings("myinvois", &overrides);
        let key = &PKI.rsa;
        let mine = prepared(invoice().as_bytes(), in_mine, &key.signer, key.now()).err();
        for refusal in [zatca, mine] {
            let path = match &refusal {
                Some(Refusal::SettingConflict { path, .. }) => *path,
                other => panic!("{wanted}: {other:?}"),
            };
            assert_eq!(path, wanted, "{refusal:?}");
        }
    }
    let no_place = settings("myinvois", &json!({ "ubl": { "createScaffolding": false } }));
    let key = &PKI.rsa;
    let refusal = prepared(invoice().as_bytes(), no_place, &key.signer, key.now()).err();
    let said = refusal.map(|refusal| refusal.to_string()).unwrap_or_default();
    assert!(said.contains("ubl.createScaffolding"), "{said}");
}

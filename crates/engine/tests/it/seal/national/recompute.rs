//! A second way to every digest and signature, which shares no code with the engine: octets by
//! xmllint and text replacement, digests and signatures by openssl.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::support::{write, xmllint};
use super::documents::without;

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";

/// Checks a document by ZATCA's recipe; `Err` says what is wrong.
pub(super) fn check_zatca(sealed: &[u8]) -> Result<(), String> {
    let canonical = canonical(sealed, "--c14n11");
    let parts = Parts::of(&canonical);
    let mut rest = without(&without(&canonical, "ext:UBLExtensions"), "cac:Signature");
    let reference = "cac:AdditionalDocumentReference";
    let qr_at = rest.find("<cbc:ID>QR</cbc:ID>").ok_or("no QR code")?;
    let from = rest[..qr_at].rfind(&format!("<{reference}>")).ok_or("no QR reference")?;
    let end = format!("</{reference}>");
    let to = from + rest[from..].find(&end).ok_or("no end of it")? + end.len();
    let qr = parts_between(&rest[from..to], "mimeCode=\"text/plain\">", "</");
    rest.replace_range(from..to, "");

    let digest = sha256(rest.as_bytes());
    equal("document", &STANDARD.encode(&digest), &parts.document_digest)?;
    verify(&parts, &digest)?;
    let text = parts
        .properties
        .replace("SignedProperties Id", &format!("SignedProperties xmlns:xades=\"{XADES}\" Id"));
    let text = ["DigestMethod", "DigestValue", "X509IssuerName", "X509SerialNumber"]
        .iter()
        .fold(text, |text, name| {
            text.replace(&format!("<ds:{name}"), &format!("<ds:{name} xmlns:ds=\"{DS}\""))
        })
        .replace("></ds:DigestMethod>", "/>");
    equal("properties", &hexadecimal(text.as_bytes()), &parts.properties_digest)?;
    let certificate = hexadecimal(parts.certificate.as_bytes());
    equal("certificate", &certificate, &parts.certificate_digest)?;
    check_qr(&qr, &parts, &rest)
}

/// Checks a document by the recipe of MyInvois; `Err` says what is wrong.
pub(super) fn check_myinvois(sealed: &[u8]) -> Result<(), String> {
    let canonical = canonical(sealed, "--c14n");
    let parts = Parts::of(&canonical);
    let rest = without(&without(&canonical, "ext:UBLExtensions"), "cac:Signature");
    let octets = without_blanks(&rest);
    equal("document", &STANDARD.encode(sha256(octets.as_bytes())), &parts.document_digest)?;
    verify(&parts, octets.as_bytes())?;
    let text = without_blanks(&parts.properties)
        .replace(
            "id-xades-signed-props\"",
            &format!("id-xades-signed-props\" xmlns:xades=\"{XADES}\""),
        )
        .replace("#sha256\"></ds:DigestMethod>", &format!("#sha256\" xmlns:ds=\"{DS}\" />"));
    let text =
        ["DigestValue", "X509IssuerName", "X509SerialNumber"].iter().fold(text, |text, name| {
            text.replace(&format!("<ds:{name}"), &format!("<ds:{name} xmlns:ds=\"{DS}\""))
        });
    equal("properties", &STANDARD.encode(sha256(text.as_bytes())), &parts.properties_digest)?;
    let certificate = STANDARD.decode(&parts.certificate).unwrap();
    equal("certificate", &STANDARD.encode(sha256(&certificate)), &parts.certificate_digest)
}

/// What a signature says, from the canonical text of its document.
struct Parts {
    document_digest: String,
    properties_digest: String,
    certificate_digest: String,
    value: String,
    certificate: String,
    properties: String,
}

impl Parts {
    fn of(text: &str) -> Self {
        let mut digests = text.split("<ds:DigestValue>").skip(1);
        let mut digest = || digests.next().unwrap().split('<').next().unwrap().to_owned();
        let (document_digest, properties_digest, certificate_digest) =
            (digest(), digest(), digest());
        let inside = parts_between(text, "<xades:SignedProperties", "</xades:SignedProperties>");
        Self {
            document_digest,
            properties_digest,
            certificate_digest,
            value: parts_between(text, "<ds:SignatureValue>", "<"),
            certificate: parts_between(text, "<ds:X509Certificate>", "<"),
            properties: format!("<xades:SignedProperties{inside}</xades:SignedProperties>"),
        }
    }
}

fn parts_between(text: &str, from: &str, to: &str) -> String {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("no {from}")).1;
    rest.split_once(to).unwrap_or_else(|| panic!("no {to}")).0.to_owned()
}

/// Canonical octets by libxml2, without comments and the line feeds that those around the root have.
fn canonical(document: &[u8], method: &str) -> String {
    let octets = xmllint(&[method], &write(document)).expect("xmllint must read it");
    let mut text = String::from_utf8(octets).unwrap();
    while let Some(mut from) = text.find("<!--") {
        let mut to = text[from..].find("-->").unwrap() + from + "-->".len();
        if text[..from].split('<').skip(1).all(|markup| markup.starts_with('?')) {
            to += 1;
        } else if !text[to..].contains("</") {
            from -= 1;
        }
        text.replace_range(from..to, "");
    }
    text
}

/// A canonical text without blanks between tags. No `<` stands in an attribute value there.
fn without_blanks(text: &str) -> String {
    let blank = [' ', '\t', '\n'];
    let is_element = |at: &usize| !text[at + 1..].starts_with('?');
    let start = text.match_indices('<').map(|(at, _)| at).find(is_element).unwrap();
    let last = text.rfind("</").unwrap();
    let end = last + text[last..].find('>').unwrap() + 1;
    let mut left = text[..start].to_owned();
    for piece in text[start..end].split('<').skip(1) {
        let (tag, after) = piece.rsplit_once('>').unwrap();
        left.push('<');
        left.push_str(tag);
        left.push('>');
        if !after.replace("&#xD;", "").trim_matches(blank).is_empty() {
            left.push_str(after);
        }
    }
    left.push_str(&text[end..]);
    left
}

/// `openssl dgst -verify` with the key of the certificate in the document.
fn verify(parts: &Parts, signed: &[u8]) -> Result<(), String> {
    let certificate = write(&STANDARD.decode(&parts.certificate).unwrap());
    let key = openssl(&["x509", "-inform", "der", "-noout", "-pubkey", "-in"], &certificate);
    let (key, value) = (write(&key), write(&STANDARD.decode(&parts.value).unwrap()));
    let output = Command::new("openssl")
        .args(["dgst", "-sha256", "-verify"])
        .arg(key)
        .arg("-signature")
        .arg(value)
        .arg(write(signed))
        .output()
        .unwrap();
    if output.status.success() { Ok(()) } else { Err("the signature value is wrong".to_owned()) }
}

fn check_qr(code: &str, parts: &Parts, invoice: &str) -> Result<(), String> {
    let octets = STANDARD.decode(code).map_err(|error| error.to_string())?;
    let mut fields = Vec::new();
    let mut rest = octets.as_slice();
    while let [tag, length, after @ ..] = rest {
        let (value, after) = after.split_at(usize::from(*length));
        fields.push((*tag, value.to_vec()));
        rest = after;
    }
    let certificate = write(&STANDARD.decode(&parts.certificate).unwrap());
    let pem = openssl(&["x509", "-inform", "der", "-noout", "-pubkey", "-in"], &certificate);
    let key = openssl(&["pkey", "-pubin", "-outform", "der", "-in"], &write(&pem));
    // The signature of a certificate is the last thing in it.
    let der = fs::read(&certificate).unwrap();
    let nine = &fields.last().ok_or("no field")?.1;
    if !der.ends_with(nine) || nine.first() != Some(&0x30) || nine.len() < 66 {
        return Err("field 9 is not the signature of the certificate".to_owned());
    }
    let inside = |from: &str, to: &str| parts_between(invoice, from, to);
    let time = format!("{}T{}", inside("<cbc:IssueDate>", "<"), inside("<cbc:IssueTime>", "<"));
    let supplier = inside("<cac:AccountingSupplierParty>", "</cac:AccountingSupplierParty>");
    let wanted: Vec<(u8, Vec<u8>)> = vec![
        (1, parts_between(&supplier, "<cbc:RegistrationName>", "<").into_bytes()),
        (2, parts_between(&supplier, "<cbc:CompanyID>", "<").into_bytes()),
        (3, time.into_bytes()),
        (4, inside("<cbc:TaxInclusiveAmount currencyID=\"SAR\">", "<").into_bytes()),
        (5, inside("<cbc:TaxAmount currencyID=\"SAR\">", "<").into_bytes()),
        (6, parts.document_digest.clone().into_bytes()),
        (7, parts.value.clone().into_bytes()),
        (8, key),
        (9, nine.clone()),
    ];
    if fields == wanted { Ok(()) } else { Err(format!("QR: {fields:?} instead of {wanted:?}")) }
}

fn openssl(arguments: &[&str], file: &std::path::Path) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn sha256(octets: &[u8]) -> Vec<u8> {
    openssl(&["dgst", "-sha256", "-binary"], &write(octets))
}

fn hexadecimal(octets: &[u8]) -> String {
    let hex = openssl(&["dgst", "-sha256", "-r"], &write(octets));
    STANDARD.encode(&hex[..64])
}

fn equal(what: &str, computed: &str, written: &str) -> Result<(), String> {
    if computed == written {
        return Ok(());
    }
    Err(format!("the {what} digest is {computed}, and the document says {written}"))
}

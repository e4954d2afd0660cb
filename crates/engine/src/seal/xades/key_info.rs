//! `ds:KeyInfo` (XMLDSIG 1.1, 4.5).

use std::fmt::Write as _;

use super::tags::{Tags, attribute, escaped, issuer_and_serial, unusable};
use crate::domain::refusal::Refusal;
use crate::domain::xades::{Base64Lines, KeyInfoPart, XadesProfile};
use crate::pki::public_key::PublicKey;
use crate::seal::Signer;
use crate::seal::signer::{base64, lines};

/// Namespace of `dsig11:ECKeyValue`.
const DSIG11_NAMESPACE: &str = "http://www.w3.org/2009/xmldsig11#";

/// Renders `ds:KeyInfo`.
///
/// # Errors
/// A setting that asks for a part twice or for none.
pub(super) fn render(
    profile: &XadesProfile,
    signer: &Signer,
    tags: &Tags,
    id: &str,
) -> Result<String, Refusal> {
    let settings = &profile.key_info;
    let ds = tags.ds();
    let mut text = String::with_capacity(4096);
    let _ = write!(text, "<{ds}KeyInfo{}>", attribute("Id", id));
    let mut written: Vec<KeyInfoPart> = Vec::new();
    for part in &settings.order {
        if written.contains(part) {
            let rule = "each part once".to_owned();
            return Err(Refusal::setting("keyInfo.order", rule));
        }
        written.push(*part);
        match part {
            KeyInfoPart::X509Data => x509_data(profile, signer, tags, &mut text)?,
            KeyInfoPart::KeyValue if settings.key_value => {
                key_value(signer, tags, profile.base64_lines, &mut text);
            }
            KeyInfoPart::KeyValue => {}
        }
    }
    if !written.contains(&KeyInfoPart::X509Data) {
        let rule = "X509_DATA must be among the parts; it holds the certificate".to_owned();
        return Err(Refusal::setting("keyInfo.order", rule));
    }
    let _ = write!(text, "</{ds}KeyInfo>");
    Ok(text)
}

fn x509_data(
    profile: &XadesProfile,
    signer: &Signer,
    tags: &Tags,
    text: &mut String,
) -> Result<(), Refusal> {
    let ds = tags.ds();
    let settings = &profile.key_info;
    let style = &profile.signing_certificate.name_style;
    let _ = write!(text, "<{ds}X509Data>");
    if settings.issuer_serial {
        issuer_serial(&issuer_and_serial(signer.certificate(), style)?, tags, text);
    }
    if settings.subject_name {
        let name = signer.certificate().subject_name(style).map_err(|error| unusable(&error))?;
        let name = escaped(&name);
        let _ = write!(text, "<{ds}X509SubjectName>{name}</{ds}X509SubjectName>");
    }
    let how_many = signer.chain().count(settings.certificates);
    for certificate in signer.certificates_base64().take(how_many) {
        let lines = lines(certificate, profile.base64_lines);
        let _ = write!(text, "<{ds}X509Certificate>{lines}</{ds}X509Certificate>");
    }
    let _ = write!(text, "</{ds}X509Data>");
    Ok(())
}

fn issuer_serial((issuer, serial): &(String, String), tags: &Tags, text: &mut String) {
    let ds = tags.ds();
    let _ = write!(
        text,
        "<{ds}X509IssuerSerial><{ds}X509IssuerName>{issuer}</{ds}X509IssuerName>\
         <{ds}X509SerialNumber>{serial}</{ds}X509SerialNumber></{ds}X509IssuerSerial>"
    );
}

/// `ds:KeyValue` (XMLDSIG 1.1, 4.5.2): `ds:RSAKeyValue` or `dsig11:ECKeyValue` with a named curve.
fn key_value(signer: &Signer, tags: &Tags, wrap: Base64Lines, text: &mut String) {
    let ds = tags.ds();
    let key = PublicKey::of(signer.certificate());
    let _ = write!(text, "<{ds}KeyValue>");
    if let (Some(modulus), Some(exponent)) = (key.rsa_modulus(), key.rsa_exponent()) {
        let modulus = base64(modulus);
        let modulus = lines(&modulus, wrap);
        let exponent = base64(exponent);
        let _ = write!(
            text,
            "<{ds}RSAKeyValue><{ds}Modulus>{modulus}</{ds}Modulus>\
             <{ds}Exponent>{exponent}</{ds}Exponent></{ds}RSAKeyValue>"
        );
    } else if let Some((curve, point)) = key.ec_point() {
        let urn = curve.urn();
        let point = base64(point);
        let point = lines(&point, wrap);
        let _ = write!(
            text,
            "<dsig11:ECKeyValue xmlns:dsig11=\"{DSIG11_NAMESPACE}\">\
             <dsig11:NamedCurve URI=\"{urn}\"/>\
             <dsig11:PublicKey>{point}</dsig11:PublicKey></dsig11:ECKeyValue>"
        );
    }
    let _ = write!(text, "</{ds}KeyValue>");
}

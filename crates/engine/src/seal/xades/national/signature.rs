//! The markup of such a signature: one fixed structure, in which the authorities differ by words.

use roxmltree::Document;

use super::form::AuthorityForm;
use super::{Authority, myinvois, zatca};
use crate::domain::refusal::Refusal;
use crate::pki::algorithm::{canonicalization_uri, signature_uri};
use crate::seal::draft::Piece;
use crate::seal::signer::base64;
use crate::seal::xades::XadesOrder;
use crate::seal::xades::properties::signing_time;
use crate::seal::xades::tags::{XADES_NAMESPACE, escaped, issuer_and_serial};
use crate::seal::xml::DS_NAMESPACE;

/// Type of the second reference, a word of XML Signature for something else (XMLDSIG 1.1, 5.2).
pub(super) const SIGNATURE_PROPERTIES_TYPE: &str =
    "http://www.w3.org/2000/09/xmldsig#SignatureProperties";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";

/// `ds:Signature` around its future value.
///
/// # Errors
/// A certificate whose issuer cannot be written.
pub(super) fn render(
    order: XadesOrder<'_>,
    authority: Authority,
    digest: &[u8; 32],
) -> Result<Vec<Piece>, Refusal> {
    let form = authority.form();
    let certificate = order.signer.certificates_base64().next().unwrap_or_default();
    let properties = properties(order, authority, certificate)?;
    let mut lines = Lines::new(form, 0);
    let id = form.signature_id;
    lines.open(&format!("ds:Signature xmlns:ds=\"{DS_NAMESPACE}\" Id=\"{id}\""));
    let properties_digest = properties_digest(order, authority, &properties)?;
    signed_info(form, &base64(digest), &properties_digest, &mut lines);
    lines.line("<ds:SignatureValue>");
    let before = std::mem::take(&mut lines.text);
    lines.text.push_str("</ds:SignatureValue>");
    lines.open("ds:KeyInfo");
    lines.open("ds:X509Data");
    lines.line(&format!("<ds:X509Certificate>{certificate}</ds:X509Certificate>"));
    lines.close();
    lines.close();
    lines.open("ds:Object");
    lines.open(&format!(
        "xades:QualifyingProperties xmlns:xades=\"{XADES_NAMESPACE}\" Target=\"{id}\""
    ));
    lines.line(&properties);
    while lines.close() {}
    Ok(vec![Piece::Seal(before), Piece::Value, Piece::Seal(lines.text)])
}

fn signed_info(form: &AuthorityForm, digest: &str, properties_digest: &str, lines: &mut Lines) {
    let method = canonicalization_uri(form.canonicalization);
    let algorithm = signature_uri(form.algorithm);
    lines.open("ds:SignedInfo");
    lines.line(&format!("<ds:CanonicalizationMethod Algorithm=\"{method}\"/>"));
    lines.line(&format!("<ds:SignatureMethod Algorithm=\"{algorithm}\"/>"));
    lines.open(&format!("ds:Reference Id=\"{}\" URI=\"\"", form.document_id));
    lines.open("ds:Transforms");
    for xpath in form.xpaths {
        lines.open(&format!("ds:Transform Algorithm=\"{XPATH}\""));
        lines.line(&format!("<ds:XPath>{xpath}</ds:XPath>"));
        lines.close();
    }
    lines.line(&format!("<ds:Transform Algorithm=\"{method}\"/>"));
    lines.close();
    lines.digest(digest);
    lines.close();
    let id = form.properties_id;
    lines.open(&format!("ds:Reference Type=\"{SIGNATURE_PROPERTIES_TYPE}\" URI=\"#{id}\""));
    lines.digest(properties_digest);
    lines.close();
    lines.close();
}

/// `xades:SignedProperties` as it stands in the file.
fn properties(
    order: XadesOrder<'_>,
    authority: Authority,
    certificate: &str,
) -> Result<String, Refusal> {
    let profile = order.profile;
    let form = authority.form();
    let digest = match authority {
        Authority::Zatca => zatca::certificate_digest(certificate),
        Authority::MyInvois => myinvois::certificate_digest(order.signer.certificate()),
    };
    let style = &profile.signing_certificate.name_style;
    let (issuer, serial) = issuer_and_serial(order.signer.certificate(), style)?;
    let time = signing_time(order.at, profile.signing_time_format);
    // Signature, Object and QualifyingProperties are around it.
    let mut lines = Lines::new(form, 3);
    lines.open(&format!("xades:SignedProperties Id=\"{}\"", form.properties_id));
    lines.open("xades:SignedSignatureProperties");
    lines.line(&format!("<xades:SigningTime>{}</xades:SigningTime>", escaped(&time)));
    lines.open("xades:SigningCertificate");
    lines.open("xades:Cert");
    lines.open("xades:CertDigest");
    lines.digest(&digest);
    lines.close();
    lines.open("xades:IssuerSerial");
    lines.line(&format!("<ds:X509IssuerName>{issuer}</ds:X509IssuerName>"));
    lines.line(&format!("<ds:X509SerialNumber>{serial}</ds:X509SerialNumber>"));
    while lines.close() {}
    Ok(lines.text)
}

fn properties_digest(
    order: XadesOrder<'_>,
    authority: Authority,
    properties: &str,
) -> Result<String, Refusal> {
    let text = format!(
        "<place xmlns:ds=\"{DS_NAMESPACE}\" xmlns:xades=\"{XADES_NAMESPACE}\">{properties}</place>"
    );
    let unwritable = || Refusal::CertificateUnusable {
        reason: "the name of its issuer cannot be written in XML".to_owned(),
    };
    let tree = Document::parse(&text).map_err(|_| unwritable())?;
    let element = tree.root_element().first_element_child().ok_or_else(unwritable)?;
    authority.properties_digest(element, order.budget)
}

/// Elements in lines, or one after another.
struct Lines {
    text: String,
    indentation: Option<usize>,
    depth: usize,
    open: Vec<String>,
}

impl Lines {
    const fn new(form: &AuthorityForm, depth: usize) -> Self {
        Self { text: String::new(), indentation: form.indentation, depth, open: Vec::new() }
    }

    fn line(&mut self, markup: &str) {
        if let Some(indentation) = self.indentation
            && !self.text.is_empty()
        {
            let blanks = indentation + 4 * (self.depth + self.open.len());
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(' ', blanks));
        }
        self.text.push_str(markup);
    }

    /// A start tag; `tag` is its name with its attributes.
    fn open(&mut self, tag: &str) {
        self.line(&format!("<{tag}>"));
        let name = tag.split_once(' ').map_or(tag, |(name, _)| name);
        self.open.push(name.to_owned());
    }

    /// The end tag of the last open element; `false` when there is none.
    fn close(&mut self) -> bool {
        let Some(name) = self.open.pop() else { return false };
        self.line(&format!("</{name}>"));
        true
    }

    fn digest(&mut self, value: &str) {
        self.line(&format!("<ds:DigestMethod Algorithm=\"{SHA256}\"/>"));
        self.line(&format!("<ds:DigestValue>{value}</ds:DigestValue>"));
    }
}

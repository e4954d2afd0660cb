//! The QR code of ZATCA: nine fields, each a tag, a length and a value of at most 255 octets, in
//! base64. It holds the signature value, so it is made last; nothing signed covers it.

use roxmltree::{Document, Node};

use crate::domain::refusal::Refusal;
use crate::pki::certificate::Certificate;
use crate::seal::draft::{Draft, Piece};
use crate::seal::signer::base64;
use crate::seal::xades::scaffold::Writer;
use crate::seal::xades::spot::Spot;
use crate::seal::xades::ubl::{CAC_NAMESPACE, CBC_NAMESPACE};

/// Children of a document reference that follow `cac:Attachment` (UBL 2.1).
const AFTER_ATTACHMENT: [&str; 3] = ["ValidityPeriod", "IssuerParty", "ResultOfVerification"];
/// Children of an invoice that follow its additional document references (UBL 2.1).
const AFTER_REFERENCES: [&str; 3] = ["ProjectReference", "Signature", "AccountingSupplierParty"];

/// The fields of a QR code around the signature value.
pub struct Qr {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Qr {
    /// Reads an invoice: seller, VAT number, time, total with VAT and VAT total (tags 1 to 5), the
    /// digest (6), then after the value the key (8) and, unless it is a standard invoice, the
    /// signature that the certificate authority made over the certificate (9).
    ///
    /// # Errors
    /// [`Refusal::ScaffoldingImpossible`] with the element that is missing or too long.
    pub fn of(
        tree: &Document<'_>,
        digest: &[u8; 32],
        certificate: &Certificate,
    ) -> Result<Self, Refusal> {
        let root = tree.root_element();
        let supplier = "cac:AccountingSupplierParty/cac:Party/";
        let name = format!("{supplier}cac:PartyLegalEntity/cbc:RegistrationName");
        let number = format!("{supplier}cac:PartyTaxScheme/cbc:CompanyID");
        let (date, time) = (text(root, "cbc:IssueDate")?, text(root, "cbc:IssueTime")?);
        let total = "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount";
        // Of several, one for each currency, the first is meant (docs/profiles-national.md).
        let tax = "cac:TaxTotal/cbc:TaxAmount";
        let mut before = Vec::with_capacity(400);
        field(1, &name, text(root, &name)?.as_bytes(), &mut before)?;
        field(2, &number, text(root, &number)?.as_bytes(), &mut before)?;
        field(3, "cbc:IssueTime", format!("{date}T{time}").as_bytes(), &mut before)?;
        field(4, total, text(root, total)?.as_bytes(), &mut before)?;
        field(5, tax, text(root, tax)?.as_bytes(), &mut before)?;
        field(6, "the digest", base64(digest).as_bytes(), &mut before)?;
        let mut after = Vec::with_capacity(200);
        field(8, "the public key", certificate.spki_der(), &mut after)?;
        if !is_standard(root) {
            let signature = certificate.x509().signature().raw_bytes();
            field(9, "the signature of the certificate", signature, &mut after)?;
        }
        Ok(Self { before, after })
    }

    /// The code with a signature value, given as it stands in `ds:SignatureValue` (tag 7).
    #[must_use]
    pub fn text(&self, value: &str) -> String {
        let mut octets = self.before.clone();
        // A value on secp256k1 has at most 96 characters, so it has room.
        let _ = field(7, "the signature value", value.as_bytes(), &mut octets);
        octets.extend_from_slice(&self.after);
        base64(&octets)
    }
}

/// Whether an element is the `cac:AdditionalDocumentReference` whose `cbc:ID` is `QR`.
#[must_use]
pub fn is_reference(node: Node<'_, '_>) -> bool {
    node.has_tag_name((CAC_NAMESPACE, "AdditionalDocumentReference"))
        && node.children().any(|child| {
            child.has_tag_name((CBC_NAMESPACE, "ID")) && child.text().is_some_and(|id| id == "QR")
        })
}

/// The element that holds the code.
///
/// # Errors
/// As [`add_place`]; there is one in a document that went through it.
pub(super) fn object<'a, 'i>(tree: &'a Document<'i>) -> Result<Node<'a, 'i>, Refusal> {
    let attachment = reference(tree)?.and_then(|it| child(it, CAC_NAMESPACE, "Attachment"));
    attachment
        .and_then(|it| child(it, CBC_NAMESPACE, "EmbeddedDocumentBinaryObject"))
        .ok_or_else(|| impossible("the QR code has no place".to_owned()))
}

/// Adds what is missing of the element that holds the code. `None` when it is there.
///
/// # Errors
/// [`Refusal::ScaffoldingImpossible`] for more than one QR reference, or for no place for one.
pub(super) fn add_place(tree: &Document<'_>, draft: &Draft) -> Result<Option<Draft>, Refusal> {
    let (spot, text) = match reference(tree)? {
        None => {
            let root = tree.root_element();
            let next = root.children().find(|child| is_cac(*child, &AFTER_REFERENCES));
            let next = next.ok_or_else(|| impossible(missing("cac:AccountingSupplierParty")))?;
            let mut writer = Writer::at(root);
            writer.element(CAC_NAMESPACE, "cac", "AdditionalDocumentReference", |writer| {
                writer.value(CBC_NAMESPACE, "cbc", "ID", "QR");
                attachment(writer);
            });
            (Spot::before(next), writer.text)
        }
        Some(reference) => match child(reference, CAC_NAMESPACE, "Attachment") {
            None => {
                let mut writer = Writer::at(reference);
                attachment(&mut writer);
                let next = reference.children().find(|child| is_cac(*child, &AFTER_ATTACHMENT));
                (next.map_or_else(|| Spot::last_child(reference), Spot::before), writer.text)
            }
            Some(attachment) => {
                if child(attachment, CBC_NAMESPACE, "EmbeddedDocumentBinaryObject").is_some() {
                    return Ok(None);
                }
                let mut writer = Writer::at(attachment);
                embedded_object(&mut writer);
                (Spot::first_child(attachment), writer.text)
            }
        },
    };
    let mut draft = draft.clone();
    let (range, pieces) = spot.splice([Piece::Inserted(text)]);
    draft.splice(range, pieces);
    Ok(Some(draft))
}

fn attachment(writer: &mut Writer<'_, '_>) {
    writer.element(CAC_NAMESPACE, "cac", "Attachment", embedded_object);
}

fn embedded_object(writer: &mut Writer<'_, '_>) {
    let name = (CBC_NAMESPACE, "cbc", "EmbeddedDocumentBinaryObject");
    writer.element_with(name, " mimeCode=\"text/plain\"", |_| {});
}

fn reference<'a, 'i>(tree: &'a Document<'i>) -> Result<Option<Node<'a, 'i>>, Refusal> {
    let mut all = tree.descendants().filter(|node| is_reference(*node));
    let first = all.next();
    if all.next().is_some() {
        let reason = "more than one cac:AdditionalDocumentReference has the cbc:ID QR".to_owned();
        return Err(impossible(reason));
    }
    Ok(first)
}

/// Whether `cbc:InvoiceTypeCode/@name` says standard (`01` at its beginning) and not simplified (`02`).
fn is_standard(root: Node<'_, '_>) -> bool {
    let code = find(root, "cbc:InvoiceTypeCode").next();
    code.and_then(|code| code.attribute("name")).is_some_and(|name| name.starts_with("01"))
}

fn text<'a>(root: Node<'a, '_>, path: &str) -> Result<&'a str, Refusal> {
    let first = find(root, path).next().and_then(|element| element.text()).map(str::trim);
    first.filter(|text| !text.is_empty()).ok_or_else(|| impossible(missing(path)))
}

/// Elements at a path below an element, with UBL's usual prefixes.
fn find<'a, 'i>(
    root: Node<'a, 'i>,
    path: &str,
) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
    let found = path.split('/').fold(vec![root], |level, step| {
        let (namespace, name) = match step.split_once(':') {
            Some(("cac", name)) => (CAC_NAMESPACE, name),
            Some((_, name)) => (CBC_NAMESPACE, name),
            None => ("", step),
        };
        let children = level.iter().flat_map(Node::children);
        children.filter(|child| child.has_tag_name((namespace, name))).collect()
    });
    found.into_iter()
}

fn child<'a, 'i>(parent: Node<'a, 'i>, namespace: &str, name: &str) -> Option<Node<'a, 'i>> {
    parent.children().find(|child| child.has_tag_name((namespace, name)))
}

fn is_cac(node: Node<'_, '_>, names: &[&str]) -> bool {
    node.tag_name().namespace() == Some(CAC_NAMESPACE) && names.contains(&node.tag_name().name())
}

/// Appends tag, length and value: one octet each for the first two.
fn field(tag: u8, what: &str, value: &[u8], octets: &mut Vec<u8>) -> Result<(), Refusal> {
    let length = u8::try_from(value.len()).map_err(|_| {
        let bytes = value.len();
        impossible(format!("the QR code has room for 255 bytes of {what}, and it has {bytes}"))
    })?;
    octets.extend([tag, length]);
    octets.extend_from_slice(value);
    Ok(())
}

fn missing(path: &str) -> String {
    format!("the QR code needs {path}, which the document lacks")
}

const fn impossible(reason: String) -> Refusal {
    Refusal::ScaffoldingImpossible { reason }
}

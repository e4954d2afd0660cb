//! Where the invoice is in a file: it is the file, or the file holds it (a PDF its attachment, a CMS signature its
//! content, a container its document). Nothing is said of whether signatures hold.

use std::borrow::Cow;

use super::InvoiceProblem;
use super::plain::plain;
use crate::seal::Limits;
use crate::seal::inspect::{Content, inspect};
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::{Dictionary, Object};
use crate::seal::reading::{ContainerRole, Existing, container};

/// Holders inside each other: a container may have a CMS signature with a PDF.
const DEPTH: usize = 3;
/// Names under which PDF files carry an invoice (Factur-X 1.0, ZUGFeRD 1 and 2, XRechnung).
const ATTACHMENTS: [&str; 4] = ["factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "cii.xml"];
/// Attachments of a PDF that are looked at.
const MAX_ATTACHMENTS: usize = 64;
/// Names trees of a PDF inside each other.
const TREE_DEPTH: usize = 8;
/// Characters of a name.
const NAME: usize = 120;

/// XML that a file is or holds.
pub(super) struct HeldXml<'a> {
    pub(super) octets: Cow<'a, [u8]>,
    /// Its name in the file, when it is only a part of it.
    pub(super) name: Option<String>,
}

/// Finds the XML in a file.
pub(super) fn xml<'a>(
    octets: Cow<'a, [u8]>,
    limits: &Limits,
) -> Result<HeldXml<'a>, InvoiceProblem> {
    let mut held = HeldXml { octets, name: None };
    for _ in 0..=DEPTH {
        limits.patience.check().map_err(InvoiceProblem::from)?;
        held = match inspect(&held.octets) {
            Content::Xml => return Ok(held),
            Content::Pdf => attachment(&held.octets, limits)?,
            Content::Zip => document(&held.octets, limits)?,
            Content::Other if Existing::is_signed_data(&held.octets) => {
                HeldXml { octets: Cow::Owned(signed(&held.octets)?), name: held.name.take() }
            }
            Content::Empty | Content::Other => return Err(InvoiceProblem::NoInvoice),
        };
    }
    Err(InvoiceProblem::NoInvoice)
}

/// What a CMS signature is around.
fn signed(cms: &[u8]) -> Result<Vec<u8>, InvoiceProblem> {
    let read = Existing::read(cms).map_err(|_| InvoiceProblem::NoInvoice)?;
    let ranges = read.content_ranges().ok_or(InvoiceProblem::NoInvoice)?;
    let pieces = ranges.iter().filter_map(|range| cms.get(range.clone()));
    Ok(pieces.flatten().copied().collect())
}

/// The one document of a container that is XML, CMS or PDF.
fn document<'a>(zip: &[u8], limits: &Limits) -> Result<HeldXml<'a>, InvoiceProblem> {
    let files = container(zip, &limits.patience).map_err(|_| InvoiceProblem::NoInvoice)?;
    let mut found = None;
    for file in files.iter().filter(|file| ContainerRole::of(&file.name) == ContainerRole::Document)
    {
        let is_readable = match inspect(&file.octets) {
            Content::Xml => true,
            Content::Other => Existing::is_signed_data(&file.octets),
            Content::Pdf | Content::Zip | Content::Empty => false,
        };
        // of several nobody says which is the invoice
        if is_readable && found.replace(file).is_some() {
            return Err(InvoiceProblem::NoInvoice);
        }
    }
    let file = found.ok_or(InvoiceProblem::NoInvoice)?;
    let name = Some(plain(&file.name, NAME).0);
    Ok(HeldXml { octets: Cow::Owned(file.octets.to_vec()), name })
}

/// The invoice that is attached to a PDF: under a name of the standards, else the only attachment that is XML.
fn attachment<'a>(pdf: &[u8], limits: &Limits) -> Result<HeldXml<'a>, InvoiceProblem> {
    let none = |_| InvoiceProblem::NoInvoice;
    let file = PdfFile::open(pdf, &limits.pdf).map_err(none)?;
    let catalog = file.catalog().map_err(none)?;
    let mut found: Vec<(String, Dictionary)> = Vec::new();
    for specification in specifications(&file, &catalog) {
        let Ok(Object::Dictionary(specification)) = file.resolve(&specification) else { continue };
        let names = ["UF", "F"].into_iter().filter_map(|key| file.value(&specification, key).ok());
        let name = names.map(|name| file_name(&name)).find(|name| !name.is_empty());
        let name = name.unwrap_or_default();
        let is_listed_twice = found.iter().any(|(known, _)| *known == name);
        if name.to_ascii_lowercase().ends_with(".xml") && !is_listed_twice {
            found.push((name, specification));
        }
    }
    let is_known = |name: &str| ATTACHMENTS.iter().any(|known| known.eq_ignore_ascii_case(name));
    let known = found.iter().position(|(name, _)| is_known(name));
    let at = known.or_else(|| (found.len() == 1).then_some(0)).ok_or(InvoiceProblem::NoInvoice)?;
    let (name, specification) = found.swap_remove(at);
    let embedded = file.dictionary(&specification, "EF").map_err(none)?;
    let embedded = embedded.ok_or(InvoiceProblem::NoInvoice)?;
    let object = ["F", "UF"].into_iter().find_map(|key| embedded.get(key));
    let stream = file.stream(object.ok_or(InvoiceProblem::NoInvoice)?).map_err(none)?;
    let stream = stream.ok_or(InvoiceProblem::NoInvoice)?;
    let octets = file.decode(&stream).map_err(none)?;
    Ok(HeldXml { octets: Cow::Owned(octets), name: Some(name) })
}

/// The file specifications of a PDF, those of its associated files first.
fn specifications(file: &PdfFile<'_>, catalog: &Dictionary) -> Vec<Object> {
    let mut found = file.array(catalog, "AF").ok().flatten().unwrap_or_default();
    if let Ok(Some(names)) = file.dictionary(catalog, "Names")
        && let Ok(Some(tree)) = file.dictionary(&names, "EmbeddedFiles")
    {
        tree_values(file, &tree, TREE_DEPTH, &mut found);
    }
    found.truncate(MAX_ATTACHMENTS);
    found
}

/// Values of a name tree (ISO 32000-1, 7.9.6), as many as are looked at.
fn tree_values(file: &PdfFile<'_>, tree: &Dictionary, depth: usize, values: &mut Vec<Object>) {
    if let Ok(Some(names)) = file.array(tree, "Names") {
        values.extend(names.into_iter().skip(1).step_by(2).take(MAX_ATTACHMENTS));
    }
    if depth == 0 {
        return;
    }
    for kid in file.array(tree, "Kids").ok().flatten().unwrap_or_default() {
        if values.len() >= MAX_ATTACHMENTS {
            return;
        }
        if let Ok(Object::Dictionary(kid)) = file.resolve(&kid) {
            tree_values(file, &kid, depth - 1, values);
        }
    }
}

/// A text string in PDFDocEncoding or UTF-16, as far as it is a name of a file.
fn file_name(name: &Object) -> String {
    let octets = name.as_string().unwrap_or_default();
    let text = match octets.strip_prefix(b"\xFE\xFF") {
        Some(wide) => {
            let units = wide
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0_u16, |unit, octet| unit << 8 | u16::from(*octet)));
            char::decode_utf16(units.take(NAME)).map(|unit| unit.unwrap_or('\u{FFFD}')).collect()
        }
        None => String::from_utf8_lossy(octets).into_owned(),
    };
    plain(&text, NAME).0
}

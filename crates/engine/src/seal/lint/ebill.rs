//! Rules of European invoice formats other than UBL.

use super::look::{Look, Mistake, is_signature, shown, text};

const XSI_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Facturae: a version that the signature policy is for, and no signature yet.
pub(super) fn facturae(look: &Look<'_, '_>) -> Result<(), Mistake> {
    let version = Look::down(look.root(), &[("", "FileHeader"), ("", "SchemaVersion")])
        .or_else(|| look.elements().find(|element| element.tag_name().name() == "SchemaVersion"));
    match version {
        None => {
            let detail = "FileHeader/SchemaVersion is missing; write 3.2, 3.2.1 or 3.2.2";
            return Err(Mistake::at(look.root(), detail));
        }
        Some(version) if !matches!(text(version), "3.2" | "3.2.1" | "3.2.2") => {
            let said = shown(text(version));
            let detail = format!("version {said} is not 3.2, 3.2.1 or 3.2.2");
            return Err(Mistake::at(version, detail));
        }
        Some(_) => {}
    }
    unsigned(look)
}

/// FatturaPA: what SDI's reader stumbles over before it looks at the invoice.
pub(super) fn fatturapa(look: &Look<'_, '_>) -> Result<(), Mistake> {
    if look.document.starts_with(b"\xEF\xBB\xBF") {
        let detail = "the document begins with a byte order mark; save it without";
        return Err(Mistake::at(look.root(), detail));
    }
    let locations = look.root().attribute((XSI_NAMESPACE, "schemaLocation"));
    let count = locations.map_or(0, |value| value.split_whitespace().count());
    if !count.is_multiple_of(2) {
        let detail = format!(
            "xsi:schemaLocation has {count} words; write pairs of a namespace and an address, or \
             leave it out"
        );
        return Err(Mistake::at(look.root(), detail));
    }
    unsigned(look)
}

fn unsigned(look: &Look<'_, '_>) -> Result<(), Mistake> {
    match look.elements().find(|element| is_signature(*element)) {
        None => Ok(()),
        Some(signature) => Err(Mistake::at(
            signature,
            "the document is signed already; send it without ds:Signature",
        )),
    }
}

//! Extensions (RFC 5280, 4.1) of lists, of their entries, and of answers, read where they stand.

use der::asn1::ObjectIdentifier;

use crate::pki::der_parts::DerParts;
use crate::pki::tlv::{BOOLEAN, Element, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};

/// One extension.
pub(in crate::pki) struct ListedExtension<'a> {
    pub(in crate::pki) id: ObjectIdentifier,
    pub(in crate::pki) critical: bool,
    pub(in crate::pki) value: &'a [u8],
}

/// Shows each extension of `Extensions` to somebody.
///
/// # Errors
/// What is wrong, as part of a sentence; also what that somebody finds wrong.
pub(in crate::pki) fn each<'a>(
    within: &DerParts<'a>,
    extensions: &Element,
    see: &mut dyn FnMut(ListedExtension<'a>) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let mut list = within.inside(extensions);
    while let Some(extension) = list.any()? {
        if extension.tag != SEQUENCE {
            return Err("an extension is none");
        }
        let mut parts = list.inside(&extension);
        let id = parts.take(OBJECT_IDENTIFIER)?;
        let id = ObjectIdentifier::from_bytes(parts.content(&id))
            .map_err(|_| "the identifier of an extension is none")?;
        let critical = parts.optional(BOOLEAN)?;
        let critical = critical.is_some_and(|it| parts.content(&it) != [0]);
        let value = parts.take(OCTET_STRING)?;
        parts.finish()?;
        see(ListedExtension { id, critical, value: parts.content(&value) })?;
    }
    Ok(())
}

//! The digest of a data object (RFC 6283, 4.1.2): of XML that of its canonical form, of anything else that of its octets.

use crate::domain::profile::{Canonicalization, CanonicalizationMethod, DigestAlgorithm};
use crate::domain::refusal::Refusal;
use crate::pki::digest::Digest;
use crate::pki::evidence::EvidenceFault;
use crate::seal::Limits;
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::guard;
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::source::Source;

/// How records of ours are canonicalized: Canonical XML 1.0 with comments, so that comments, and the namespaces that only
/// values name, are proven too.
pub const CANONICALIZATION: Canonicalization =
    Canonicalization { method: CanonicalizationMethod::Inclusive, with_comments: true };

/// Octets within which XML begins.
pub const XML_HEAD: usize = 1 << 16;

/// The digest of data.
///
/// Data are XML when they are well-formed. What begins as XML does and is read by others but not here (a document type
/// declaration, more than the limits) has none, as nobody could say what they are.
///
/// # Errors
/// [`EvidenceFault::NotCanonical`].
pub fn object_digest(
    algorithm: DigestAlgorithm,
    canonicalization: Canonicalization,
    data: &[u8],
    limits: &Limits,
) -> Result<Digest, EvidenceFault> {
    let octets = || Ok(Digest::of(algorithm, data));
    if !begins_as_xml(data) {
        return octets();
    }
    let mut sink = DigestSink::new(algorithm);
    let parsed = Source::read(data).and_then(|source| {
        guard::check(&source, limits)?;
        let tree = guard::parse(&source, limits)?;
        canonicalize(Subset::document(&tree), canonicalization, &[], &mut sink);
        Ok(())
    });
    match parsed {
        Ok(()) => Ok(sink.finish()),
        // to nobody it is XML
        Err(Refusal::XmlMalformed { .. } | Refusal::EncodingContradicted { .. }) => octets(),
        Err(refusal) => Err(EvidenceFault::NotCanonical(refusal.to_string())),
    }
}

/// Whether data may be XML, by how they begin ([`XML_HEAD`]): a tag or a declaration, in whatever encoding XML is read
/// here.
#[must_use]
pub fn begins_as_xml(data: &[u8]) -> bool {
    let data = data.get(..XML_HEAD).unwrap_or(data);
    let rest = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
    let first = rest.iter().find(|octet| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n'));
    let is_utf_16 = |octets: &[u8]| matches!(octets, [0, b'<', 0, ..]);
    first == Some(&b'<')
        || is_utf_16(rest)
        || rest.strip_prefix(b"\xFE\xFF").is_some_and(is_utf_16)
        || matches!(rest, [0xFF, 0xFE, b'<', 0, ..])
}

//! The reading side: what is there in a signed file, for whoever verifies one. The engines read with the
//! same words before they add a signature, so that a seal and a verifier never see two different files.
//!
//! | A file | Read by | Says |
//! |---|---|---|
//! | XML | [`xml::read`], [`proofs_of_signature`] | each signature, what it covers (manifests and national hashes too), and whether that is right |
//! | PDF | [`Form`], [`coverage`], [`changes`], [`pdf_change_since`], [`pdf_tail`], [`pdf_validation_data`], [`transforms`] | the fields with their signatures, the bytes they cover, what was done to the file afterwards, what they allow |
//! | CMS | [`Existing`] | content, certificates and signers of a `SignedData` |
//! | any of these | [`xml_timestamps`], [`pdf_timestamps`], [`cms_timestamps`] | the signature timestamps in each signature, and whether each holds and is over it |
//!
//! Nothing here says whether a signature *value* is right ([`crate::pki::signature`]), whose it is, or
//! whether anybody trusts it.

pub use super::asic::container::{UnpackedFile, unpack as container};
pub use super::asic::listing::{
    ManifestReference, ReadManifest, named as container_file, read_manifest,
};
pub use super::asic::roles::ContainerRole;
pub use super::asic::{MAX_LISTED_FILES, MAX_SIGNING_FILES};
pub use super::pades::changes::{
    Coverage, PdfTail, change_since as pdf_change_since, check as changes, coverage,
    tail as pdf_tail,
};
pub use super::pades::form::{Field, Form};
pub use super::pades::held::{
    HeldPdfSignature, held as pdf_signatures, held_at_end as pdf_signature_at_end,
    held_since as pdf_signatures_since,
};
pub use super::pades::permissions::transforms;
pub use super::pades::security_store::stored_data as pdf_validation_data;
pub use super::pades::timestamps::timestamps as pdf_timestamps;
pub use super::xades::elements::{base64_text, child};
pub use super::xades::existing as xml;
pub use super::xades::holders::{is_content, is_of_holder};
pub use super::xades::location::path_of;
pub use super::xades::long_term::{HeldXmlArchive, HeldXmlProofs, proofs_of_signature};
pub use super::xades::named_certificate::NamedCertificate;
pub use super::xades::tags::XADES_NAMESPACE;
pub use super::xades::timestamps::{
    of_signature as timestamps_of_signature, timestamps as xml_timestamps,
};
pub use crate::pki::cms::Existing;
pub use crate::pki::timestamp::{
    MAX_HELD, archives_of_signer as cms_archives,
    held_by_countersigners as cms_timestamps_of_countersigners, held_by_signers as cms_timestamps,
};

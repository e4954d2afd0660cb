//! The manifests of a container: ETSI's, which a CAdES signature signs (EN 319 162-1, A.4), and that of
//! OpenDocument, which readers of XAdES containers look for.

use std::fmt::Write as _;

use super::file::uri_of;
use super::{ContainerFile, MEDIA_TYPE, media_type_of};
use crate::pki::algorithm::digest_uri;
use crate::pki::digest::Digest;
use crate::seal::signer::base64;
use crate::seal::xades::tags::escaped;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// ETSI's manifest: every file with its digest, and the signature that signs this.
pub(super) fn of_etsi(files: &[ContainerFile], signature: &str) -> String {
    let mut text = String::with_capacity(500 + 400 * files.len());
    let _ = write!(
        text,
        "{DECLARATION}<asic:ASiCManifest xmlns:asic=\"{}\" xmlns:ds=\"{}\">\
         <asic:SigReference MimeType=\"application/pkcs7-signature\" URI=\"{signature}\"/>",
        crate::seal::xades::ASIC_NAMESPACE,
        crate::seal::xml::DS_NAMESPACE,
    );
    for file in files {
        let _ = write!(
            text,
            "<asic:DataObjectReference MimeType=\"{}\" URI=\"{}\"><ds:DigestMethod \
             Algorithm=\"{}\"/><ds:DigestValue>{}</ds:DigestValue></asic:DataObjectReference>",
            escaped(&file.media_type),
            escaped(&file.uri()),
            digest_uri(file.digest.algorithm()),
            base64(file.digest.value()),
        );
    }
    text.push_str("</asic:ASiCManifest>");
    text
}

/// A file that an archive manifest lists.
pub(super) struct ArchivedFile {
    pub(super) name: String,
    pub(super) digest: Digest,
    /// Whether it is the archive manifest that was the newest one.
    pub(super) is_previous: bool,
}

/// An archive manifest (EN 319 162-1, A.7): every file with its digest, and the timestamp that is over this.
pub(super) fn of_archive(files: &[ArchivedFile], token: &str) -> String {
    let mut text = String::with_capacity(500 + 400 * files.len());
    let _ = write!(
        text,
        "{DECLARATION}<asic:ASiCManifest xmlns:asic=\"{}\" xmlns:ds=\"{}\">\
         <asic:SigReference MimeType=\"application/vnd.etsi.timestamp-token\" URI=\"{token}\"/>",
        crate::seal::xades::ASIC_NAMESPACE,
        crate::seal::xml::DS_NAMESPACE,
    );
    for file in files {
        let _ = write!(
            text,
            "<asic:DataObjectReference MimeType=\"{}\" URI=\"{}\"{}><ds:DigestMethod \
             Algorithm=\"{}\"/><ds:DigestValue>{}</ds:DigestValue></asic:DataObjectReference>",
            escaped(media_type_of(&file.name)),
            escaped(&uri_of(&file.name)),
            if file.is_previous { " Rootfile=\"true\"" } else { "" },
            digest_uri(file.digest.algorithm()),
            base64(file.digest.value()),
        );
    }
    text.push_str("</asic:ASiCManifest>");
    text
}

/// OpenDocument's manifest (OpenDocument 1.2, part 3, 3.2): every file with its media type.
pub(super) fn of_opendocument(files: &[ContainerFile]) -> String {
    let mut text = format!(
        "{DECLARATION}<manifest:manifest \
         xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" \
         manifest:version=\"1.2\">\
         <manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{MEDIA_TYPE}\"/>"
    );
    for file in files {
        let (name, media_type) = (escaped(&file.name), escaped(&file.media_type));
        let _ = write!(
            text,
            "<manifest:file-entry manifest:full-path=\"{name}\" manifest:media-type=\"{media_type}\"/>"
        );
    }
    text.push_str("</manifest:manifest>");
    text
}

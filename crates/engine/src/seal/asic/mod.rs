//! ASiC-E containers (ETSI EN 319 162-1 V1.1.1, 4.4): a ZIP with the documents and one detached
//! signature over all of them, XAdES (4.4.3) or CAdES over a manifest (4.4.4).
//!
//! `archive` reads a ZIP that is to become a container, `pack` writes one, `manifest` has the XML of ETSI and of
//! OpenDocument. `container` unpacks a sealed one for whoever verifies it, `listing` reads its manifests, `roles` says
//! what each file is, `standing` looks at one that gets another signature, and `long_term` raises its level.
//! Files that came in a ZIP are not packed anew: their bytes are copied.

mod archive;
pub(super) mod container;
pub(super) mod file;
pub(super) mod listing;
pub(super) mod long_term;
mod manifest;
mod pack;
pub(super) mod roles;
mod standing;

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::cades::settings::CmsClaims;
use super::inspect::{Content, inspect};
use super::{Ending as AnyEnding, Limits, Patience, Signer, Unfinished, XmlEnding, cades, xades};
use crate::domain::cades::{CadesProfile, ExistingCmsSignatures};
use crate::domain::instant::Instant;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::domain::refusal::{CmsRefusal, Refusal};
use crate::domain::xades::{ExistingSignatures, XadesProfile};
use crate::pki::algorithm::KeyKind;
use crate::pki::cms::Unsigned;
use crate::pki::digest::{Digest, Hasher};
use crate::pki::signature::SignatureValue;
use file::ContainerFile;
use pack::PackMethod;
pub use pack::Packer;
use roles::{ContainerRole, SealNames};
use standing::{StandingContainer, ZipEnding};

/// Media type of the container, and the content of its first file.
const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";
/// Files that are sealed in one container.
pub const MAX_FILES: usize = 1000;
/// Files and folders of a container with what seals, timestamps and their manifests bring.
const MAX_ENTRIES: usize = MAX_FILES + 200;
/// Bytes of all files together.
const MAX_UNPACKED: usize = 1 << 30;
/// Files with signatures and timestamps of one container that are looked at by whoever verifies it; and manifests.
pub const MAX_SIGNING_FILES: usize = 16;
/// Files that all manifests of one container list.
pub const MAX_LISTED_FILES: usize = 4096;

/// Whether files can be in one container under some names, which are paths in it.
///
/// # Errors
/// The first that cannot, by its number from 0, and why: [`CmsRefusal::ContainerName`],
/// [`CmsRefusal::ContainerNameRepeated`].
pub fn check_file_names(names: &[&str]) -> Result<(), (usize, CmsRefusal)> {
    archive::check_file_names(names)
}

/// A container whose signature value is missing.
pub(super) struct ContainerDraft {
    files: Vec<ContainerFile>,
    at: Instant,
    names: SealNames,
    pub(super) signature: Signature,
    /// Of the container that the signature goes into, when that is not a new one.
    standing: Option<ZipEnding>,
}

pub(super) enum Signature {
    /// The signature, of a new container with the list of OpenDocument.
    Xades { manifest: Option<String>, xml: XmlEnding },
    /// ETSI's manifest and the signature over it.
    Cades { manifest: String, cms: Unsigned },
}

impl ContainerDraft {
    /// The container, and where the signature stands in it.
    pub(super) fn finish(
        &self,
        document: &[u8],
        value: &SignatureValue,
        kind: KeyKind,
    ) -> (Vec<u8>, Range<usize>) {
        let mut packer = match &self.standing {
            Some(ending) => ending.behind(document, self.at),
            None => self.packed(document),
        };
        let SealNames { manifest: manifest_name, signature: name } = &self.names;
        let signature = match &self.signature {
            Signature::Xades { manifest, xml } => {
                if let Some(manifest) = manifest {
                    packer.store(manifest_name, manifest.as_bytes());
                }
                packer.store(name, &xml.finish(&[], value, kind).bytes)
            }
            Signature::Cades { manifest, cms } => {
                packer.store(manifest_name, manifest.as_bytes());
                packer.store(name, &cms.detached(value))
            }
        };
        let comment = self.standing.as_ref().map_or(&[][..], |ending| ending.comment(document));
        (packer.finish_with(comment), signature)
    }

    /// A new container with the documents.
    fn packed(&self, document: &[u8]) -> Packer {
        let length = self.files.iter().map(|file| file.packed.len() + 2 * file.name.len() + 100);
        let mut packer = Packer::new(self.at, length.sum::<usize>() + 16_384);
        packer.store("mimetype", MEDIA_TYPE.as_bytes());
        for file in &self.files {
            let octets = document.get(file.packed.clone()).unwrap_or_default();
            packer.copy(&file.name, file.method, file.crc32, file.length, octets);
        }
        packer
    }
}

/// A container with a XAdES signature.
pub(super) fn with_xades(
    document: &[u8],
    profile: &XadesProfile,
    algorithm: SignatureAlgorithm,
    signer: &Signer,
    at: Instant,
    limits: &Limits,
) -> Result<Unfinished, Refusal> {
    xades::check_settings(profile)?;
    let name = profile.reference.uri.as_deref().map(|uri| {
        percent_decode_str(uri).decode_utf8().map_or_else(|_| uri.to_owned(), Cow::into_owned)
    });
    let digest = profile.reference.digest_algorithm.unwrap_or(profile.digest_algorithm);
    let media_type = profile.mime_type.as_deref();
    let beside = profile.existing_signatures == ExistingSignatures::Parallel;
    let asked = AskedFiles { name: name.as_deref(), media_type, digest, beside };
    let ground = Ground::of(document, &asked, ContainerRole::Xades, limits)?;
    let Ground { files, names, standing, mut notes } = ground;
    let mut plan = xades::plan_files(document, profile, algorithm, signer, at, limits, &files)?;
    let manifest = standing.is_none().then(|| manifest::of_opendocument(&files));
    notes.append(&mut plan.notes);
    let to_be_signed = std::mem::take(&mut plan.to_be_signed);
    let signature = Signature::Xades { manifest, xml: XmlEnding::new(plan, profile)? };
    let ending = AnyEnding::Asic(ContainerDraft { files, at, names, signature, standing });
    Ok(Unfinished { to_be_signed, ending, notes })
}

/// A container with a CAdES signature.
pub(super) fn with_cades(
    document: &[u8],
    profile: &CadesProfile,
    algorithm: SignatureAlgorithm,
    signer: &Signer,
    at: Instant,
    limits: &Limits,
) -> Result<Unfinished, Refusal> {
    let claims = CmsClaims::of(profile)?;
    let digest = algorithm.digest();
    let (name, media_type) = (profile.name.as_deref(), profile.mime_type.as_deref());
    let beside = profile.existing_signatures == ExistingCmsSignatures::Parallel;
    let asked = AskedFiles { name, media_type, digest, beside };
    let ground = Ground::of(document, &asked, ContainerRole::Cades, limits)?;
    let Ground { files, names, standing, notes } = ground;
    let manifest = manifest::of_etsi(&files, &names.signature);
    let signing = cades::CmsSigning { profile, claims: &claims, algorithm, signer, at };
    let cms = signing.unsigned(&Digest::of(digest, manifest.as_bytes()), None)?;
    let to_be_signed = cms.to_be_signed().to_vec();
    let signature = Signature::Cades { manifest, cms };
    let ending = AnyEnding::Asic(ContainerDraft { files, at, names, signature, standing });
    Ok(Unfinished { to_be_signed, ending, notes })
}

/// What is to be in a container, and how it is digested.
struct AskedFiles<'a> {
    name: Option<&'a str>,
    media_type: Option<&'a str>,
    digest: DigestAlgorithm,
    /// Whether a container that has signatures gets another one.
    beside: bool,
}

/// What a signature is over, and what it goes into.
struct Ground {
    files: Vec<ContainerFile>,
    names: SealNames,
    standing: Option<ZipEnding>,
    /// What is to be known of the signatures that are there, in sentences.
    notes: Vec<String>,
}

impl Ground {
    /// That of a signature of a kind over a document.
    fn of(
        document: &[u8],
        asked: &AskedFiles<'_>,
        kind: ContainerRole,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        if asked.beside && inspect(document) == Content::Zip && standing::is_standing(document) {
            let standing = StandingContainer::read(document, asked.digest, kind, limits)?;
            let StandingContainer { files, names, ending, notes } = standing;
            return Ok(Self { files, names, standing: Some(ending), notes });
        }
        let files = files(document, asked, &limits.patience)?;
        let names = SealNames::of(kind, 1);
        Ok(Self { files, names, standing: None, notes: Vec::new() })
    }
}

/// The document as the one file of a container, or the files of a document that is a plain ZIP.
fn files(
    document: &[u8],
    asked: &AskedFiles<'_>,
    patience: &Patience,
) -> Result<Vec<ContainerFile>, Refusal> {
    let AskedFiles { name, media_type, digest: algorithm, .. } = *asked;
    // Office documents are ZIPs too; what is declared as one of those is one file.
    let is_zip =
        matches!(media_type, None | Some("application/zip" | "application/x-zip-compressed"));
    match inspect(document) {
        Content::Empty => Err(Refusal::DocumentEmpty),
        Content::Zip if is_zip => Ok(archive::read(document, algorithm, patience)?),
        _ => {
            let name = name.unwrap_or("document");
            archive::check_names(std::iter::once(name))?;
            let length =
                u32::try_from(document.len()).ok().filter(|_| document.len() <= MAX_UNPACKED);
            let length = length.ok_or(CmsRefusal::ContainerTooLarge { limit: MAX_UNPACKED })?;
            let mut hasher = Hasher::new(algorithm);
            hasher.update(document);
            Ok(vec![ContainerFile {
                name: name.to_owned(),
                media_type: media_type.unwrap_or_else(|| media_type_of(name)).to_owned(),
                digest: hasher.finish(),
                method: PackMethod::Stored,
                crc32: crc32fast::hash(document),
                length,
                packed: 0..document.len(),
            }])
        }
    }
}

/// The media type that a file's name stands for.
fn media_type_of(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "xml" => "text/xml",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "p7m" => "application/pkcs7-mime",
        "p7s" => "application/pkcs7-signature",
        "tst" => "application/vnd.etsi.timestamp-token",
        "zip" => "application/zip",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        _ => "application/octet-stream",
    }
}

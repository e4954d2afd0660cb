//! A container that has signatures, looked at before a key makes another one beside them. What stands in it keeps its
//! places and its octets: the new files go behind those that are there. Its signatures and manifests have to be right,
//! as far as that can be found out; who made them, and whether anybody trusts them, is not asked.

use std::collections::BTreeSet;
use std::ops::Range;

use super::archive::{self, FREE_UNPACKED, MAX_RATIO, malformed};
use super::container::UnpackedFile;
use super::file::ContainerFile;
use super::long_term::{RightSignatures, SealedContainer};
use super::pack::Packer;
use super::roles::{ContainerRole, SealNames};
use super::{
    MAX_ENTRIES, MAX_FILES, MAX_LISTED_FILES, MAX_SIGNING_FILES, MAX_UNPACKED, MEDIA_TYPE,
    media_type_of,
};
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::{CmsRefusal, Refusal};
use crate::pki::cms::{Existing, HeldFault, MAX_SIGNERS, held_signers};
use crate::pki::digest::Digest;
use crate::seal::Limits;
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::xades::long_term as xades;

/// Files that a signature brings, and later its archive timestamp.
const MORE_FILES: usize = 4;
/// Files with a signature or timestamp among them, and manifests.
const MORE_SIGNING: usize = 2;

/// Whether a ZIP has files with signatures. One that cannot be read has none.
pub(super) fn is_standing(zip: &[u8]) -> bool {
    let entries = archive::entries(zip).unwrap_or_default();
    let mut roles = entries.iter().map(|entry| ContainerRole::of(&entry.name));
    roles.any(|role| matches!(role, ContainerRole::Xades | ContainerRole::Cades))
}

/// A container that another signature can go into.
pub(super) struct StandingContainer {
    /// Its documents, which the signature is to be over.
    pub(super) files: Vec<ContainerFile>,
    /// Names that no file in it has.
    pub(super) names: SealNames,
    pub(super) ending: ZipEnding,
    /// Of each signature that could not be checked, in sentences.
    pub(super) notes: Vec<String>,
}

/// Where the files of a ZIP end, and what stands behind them.
pub(super) struct ZipEnding {
    directory: Range<usize>,
    comment: Range<usize>,
    entries: u16,
}

impl ZipEnding {
    fn of(zip: &[u8]) -> Result<Self, CmsRefusal> {
        let (end, record) = archive::directory_end(zip)?;
        Ok(Self {
            directory: record.offset(16)..end,
            comment: end + archive::DIRECTORY_END..zip.len(),
            entries: record.short(10),
        })
    }

    /// The ZIP as it goes on behind its files.
    pub(super) fn behind(&self, zip: &[u8], at: Instant) -> Packer {
        let files = zip.get(..self.directory.start).unwrap_or_default();
        let directory = zip.get(self.directory.clone()).unwrap_or_default();
        Packer::behind(files, directory, self.entries, at)
    }

    /// The comment of the ZIP.
    pub(super) fn comment<'z>(&self, zip: &'z [u8]) -> &'z [u8] {
        zip.get(self.comment.clone()).unwrap_or_default()
    }
}

impl StandingContainer {
    /// Reads a container for a signature of a kind over all of its documents.
    ///
    /// # Errors
    /// [`CmsRefusal`]: what is there cannot be read or is not right, or another signature does not go there.
    pub(super) fn read(
        zip: &[u8],
        algorithm: DigestAlgorithm,
        kind: ContainerRole,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        let container = SealedContainer::read(zip, limits, RightSignatures::Unchecked);
        let container = container.map_err(refusal_of)?;
        check_size(zip, container.files())?;
        check_kind(container.files(), kind)?;
        check_room(&container)?;
        let mut notes = Vec::new();
        for (file, content) in container.signatures() {
            limits.patience.check()?;
            let standing = match content {
                Some(content) => cades(&file.octets, content),
                None => {
                    let outside = |uri: &str| container.octets(uri);
                    xades::check(&file.octets, limits, &outside)
                        .map_or_else(of_fault, |()| Ok(None))
                }
            };
            limits.patience.check()?;
            let unknown = standing.map_err(|reason| wrong(&file.name, reason))?;
            notes.extend(unknown.map(|reason| {
                let name = &file.name;
                format!("{name} was there before and could not be checked: {reason}")
            }));
        }
        Ok(Self {
            files: documents(zip, container.files(), algorithm, limits)?,
            names: free_names(zip, kind)?,
            ending: ZipEnding::of(zip)?,
            notes,
        })
    }
}

fn wrong(name: &str, reason: String) -> CmsRefusal {
    CmsRefusal::ContainerSignature { name: name.to_owned(), reason }
}

fn refusal_of(fault: LongTermFault) -> Refusal {
    match fault {
        LongTermFault::Xml(refusal) => refusal,
        LongTermFault::Broken { signature, reason } => wrong(&signature, reason).into(),
        LongTermFault::TooMany(limit) => full("signatures and timestamps", limit).into(),
        other => wrong("META-INF", other.to_string()).into(),
    }
}

fn full(what: &'static str, limit: usize) -> CmsRefusal {
    CmsRefusal::ContainerFull { what, limit }
}

/// Refuses what would unpack to more than may be read again, with what a seal and its validation data add.
fn check_size(zip: &[u8], files: &[UnpackedFile<'_>]) -> Result<(), CmsRefusal> {
    let limit = zip.len().saturating_mul(MAX_RATIO).saturating_add(FREE_UNPACKED).min(MAX_UNPACKED);
    let total = files.iter().map(|file| file.octets.len()).fold(0, usize::saturating_add);
    let fits = total <= limit && zip.len() <= 2 * MAX_UNPACKED;
    if fits { Ok(()) } else { Err(CmsRefusal::ContainerTooLarge { limit }) }
}

/// Refuses containers of other kinds, by what they say of themselves (EN 319 162-1, A.1) and by their signatures.
fn check_kind(files: &[UnpackedFile<'_>], kind: ContainerRole) -> Result<(), CmsRefusal> {
    let other = |reason: String| Err(CmsRefusal::ContainerKind { reason });
    if let Some(said) = files.iter().find(|file| file.name == "mimetype") {
        let text = said.octets.trim_ascii();
        if text != MEDIA_TYPE.as_bytes() {
            let text: String = String::from_utf8_lossy(text).chars().take(80).collect();
            return other(format!("its kind is '{text}', and not {MEDIA_TYPE}"));
        }
        if !said.leads {
            let reason = "its file mimetype is not the first one, unpacked (EN 319 162-1, A.1)";
            return Err(malformed(reason));
        }
    }
    let unfit = match kind {
        ContainerRole::Xades => ContainerRole::Cades,
        _ => ContainerRole::Xades,
    };
    if files.iter().any(|file| ContainerRole::of(&file.name) == unfit) {
        let (has, asked) = match kind {
            ContainerRole::Xades => ("CAdES", "XAdES"),
            _ => ("XAdES", "CAdES"),
        };
        return other(format!(
            "it has {has} signatures, and {asked} was asked for; a container has signatures of one kind \
             (EN 319 162-1, 4.4), so ask for {has}"
        ));
    }
    Ok(())
}

/// Refuses a container in which a verifier would not look at one more signature with its archive timestamp.
fn check_room(container: &SealedContainer<'_>) -> Result<(), CmsRefusal> {
    let files = container.files();
    let of_role = |wanted: &[ContainerRole]| {
        files.iter().filter(|file| wanted.contains(&ContainerRole::of(&file.name))).count()
    };
    // with room for later timestamps
    let most = MAX_FILES + (MAX_ENTRIES - MAX_FILES) / 2;
    if files.len() > most {
        return Err(full("files", most));
    }
    let most = MAX_SIGNING_FILES - MORE_SIGNING;
    let signing = [ContainerRole::Xades, ContainerRole::Cades, ContainerRole::Timestamp];
    if of_role(&signing) > most {
        return Err(full("signatures and timestamps", most));
    }
    if of_role(&[ContainerRole::Manifest]) > most {
        return Err(full("manifests", most));
    }
    // ours lists the documents, that of its archive timestamp all files
    let more = 2 * (files.len() + MORE_FILES);
    if container.listed() + more > MAX_LISTED_FILES {
        return Err(full("files in manifests", MAX_LISTED_FILES - more));
    }
    if container.has_unlisted() {
        let reason = "a CAdES signature in it is over a document and not over a manifest, as in ASiC-S \
                      (EN 319 162-1, 4.3.3); only ASiC-E is added to";
        return Err(CmsRefusal::ContainerKind { reason: reason.to_owned() });
    }
    Ok(())
}

/// What is wrong with a CAdES signature over a manifest; or why that is not known.
fn cades(octets: &[u8], content: &[u8]) -> Result<Option<String>, String> {
    let existing = Existing::read(octets)?;
    if existing.content_ranges().is_some() {
        return Err("its value has a content of its own, which nobody sees".to_owned());
    }
    if existing.signer_count() > MAX_SIGNERS {
        return Err(format!("it has more than {MAX_SIGNERS} signers"));
    }
    let mut unknown = None;
    for held in held_signers(&existing, &|algorithm| Some(Digest::of(algorithm, content))) {
        for fault in held.faults {
            match fault {
                HeldFault::MessageDigest
                | HeldFault::Value
                | HeldFault::NoContent
                | HeldFault::Attribute(_)
                | HeldFault::NameUnreadable => return Err(fault.to_string()),
                HeldFault::Unreadable(_)
                | HeldFault::NoAttributes
                | HeldFault::Algorithm(_)
                | HeldFault::NoCertificate => unknown = Some(fault.to_string()),
            }
        }
    }
    Ok(unknown)
}

/// The same of a XAdES signature that something was found of.
fn of_fault(fault: LongTermFault) -> Result<Option<String>, String> {
    match fault {
        LongTermFault::Broken { signature, reason } => Err(format!("{signature}: {reason}")),
        LongTermFault::ContentMissing => Err("a file that it refers to is not there".to_owned()),
        LongTermFault::NoSeal => Err("there is no signature in it".to_owned()),
        LongTermFault::Xml(refusal) => Err(refusal.to_string()),
        other => Ok(Some(other.to_string())),
    }
}

/// The documents of a container, digested.
fn documents(
    zip: &[u8],
    unpacked: &[UnpackedFile<'_>],
    algorithm: DigestAlgorithm,
    limits: &Limits,
) -> Result<Vec<ContainerFile>, Refusal> {
    let entries = archive::entries(zip)?;
    let entries = entries.into_iter().filter(|entry| !entry.name.ends_with('/'));
    let mut files = Vec::new();
    for (entry, file) in entries.zip(unpacked) {
        if ContainerRole::of(&entry.name) != ContainerRole::Document {
            continue;
        }
        limits.patience.check()?;
        files.push(ContainerFile {
            media_type: media_type_of(&entry.name).to_owned(),
            name: entry.name,
            digest: Digest::of(algorithm, &file.octets),
            method: entry.method,
            crc32: entry.crc32,
            length: entry.length,
            packed: entry.packed,
        });
    }
    if files.is_empty() { Err(CmsRefusal::ContainerEmpty.into()) } else { Ok(files) }
}

/// Names of a signature that no file or folder has, on no system.
fn free_names(zip: &[u8], kind: ContainerRole) -> Result<SealNames, CmsRefusal> {
    let entries = archive::entries(zip)?;
    let mut taken = BTreeSet::new();
    for entry in &entries {
        let name = archive::folded(entry.name.trim_end_matches('/'));
        let above = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
        taken.extend(above.map(str::to_owned));
        taken.insert(name);
    }
    let is_free = |name: &str| !taken.contains(&archive::folded(name));
    let free = |names: &SealNames| {
        // that of OpenDocument is not written again
        is_free(&names.signature) && (kind == ContainerRole::Xades || is_free(&names.manifest))
    };
    // there are fewer files than numbers
    let mut all = (1..=MAX_ENTRIES + 1).map(|number| SealNames::of(kind, number));
    all.find(free).ok_or(CmsRefusal::ContainerTooManyFiles { limit: MAX_ENTRIES })
}

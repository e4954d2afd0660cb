//! Levels T, LT and LTA of containers that are there (EN 319 162-1, 4.4 and A.7). A XAdES signature in one is raised as
//! any other. So is a CAdES signature, up to LT: then `META-INF/ASiCArchiveManifest.xml` lists all files, and a
//! timestamp of its own is over that. What a timestamp needs when the next one comes stands in its token. Other files
//! keep their octets. Each of several signatures can be raised alone: so is a seal that was put beside those of others.

use std::ops::Range;

use super::MAX_LISTED_FILES;
use super::archive::{self, ZipRecord};
use super::container::{UnpackedFile, unpack};
use super::listing::{ReadManifest, named, read_manifest};
use super::manifest::{self, ArchivedFile};
use super::pack::Packer;
use super::roles::ContainerRole;
use crate::domain::level::Level;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::{CmsRefusal, Refusal};
use crate::pki::certificate::Certificate;
use crate::pki::cms::{Augmentation, Existing};
use crate::pki::digest::Digest;
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::CollectedData;
use crate::seal::Limits;
use crate::seal::cades::long_term::{self as cades, CmsStampPlan, provable};
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::long_term::held_seal::HeldSeal;
use crate::seal::long_term::settings::{LongTermSettings, Raised};
use crate::seal::xades::long_term::{self as xades, XmlStampPlan};

/// Signatures and timestamps of one container.
const MAX_SIGNATURES: usize = 16;

/// Archive timestamps of one container.
const MAX_ARCHIVES: usize = 64;

/// Steps of finding out about one file, as paths count them.
const STEPS: usize = 1_000_000;

/// Name of the newest archive manifest.
const NEWEST: &str = "META-INF/ASiCArchiveManifest.xml";

/// How files are digested in an archive manifest.
const DIGEST: DigestAlgorithm = DigestAlgorithm::Sha256;

/// Which signatures of a container have to be right, and are raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RightSignatures {
    All,
    /// Those of one file, by its number from 0 among those with signatures. Others stay as they are, whatever they are.
    Of(usize),
    /// None: whoever reads the container looks at them.
    Unchecked,
}

/// The seals in a file of a container.
fn seals_of(
    file: &UnpackedFile<'_>,
    over: Option<&[u8]>,
    limits: &Limits,
) -> Result<Vec<HeldSeal>, LongTermFault> {
    limits.patience.check().map_err(Refusal::from)?;
    match over {
        Some(_) => cades::seals(&file.octets),
        None => xades::seals(&file.octets, limits),
    }
}

/// The seals of a container, in the order of its files.
///
/// # Errors
/// What the reader refuses.
pub(in crate::seal) fn seals(zip: &[u8], limits: &Limits) -> Result<Vec<HeldSeal>, LongTermFault> {
    let container = SealedContainer::read(zip, limits, RightSignatures::Unchecked)?;
    let mut all = Vec::new();
    for (file, over) in container.signatures() {
        all.extend(seals_of(file, over, limits)?);
    }
    Ok(all)
}

/// Whether a file is a container whose archive timestamps are over all of it: one with CAdES signatures.
pub(in crate::seal) fn is_archived_as_one(document: &[u8]) -> bool {
    let entries = archive::entries(document).unwrap_or_default();
    entries.iter().any(|entry| ContainerRole::of(&entry.name) == ContainerRole::Cades)
}

/// Adds validation data to the signatures of a container, or to the one with this value.
///
/// # Errors
/// As [`crate::seal::long_term::raise`].
pub(in crate::seal) fn raise(
    zip: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    only: Option<&[u8]>,
) -> Result<Raised, LongTermFault> {
    let container = SealedContainer::with_value(&zip, settings.limits, only)?;
    let right = container.right;
    let (level, changed) = if container.archives.iter().any(|archive| container.keeps(archive)) {
        container.raise_archives(collected, settings)?
    } else {
        container.raise_signatures(&collected, settings, only)?
    };
    let is_changed = !changed.is_empty();
    let bytes = if is_changed {
        let bytes = container.repacked(&Changes { octets: changed, ..Changes::default() })?;
        // whatever else covers what was added to would be broken by it
        SealedContainer::read(&bytes, settings.limits, right)?;
        bytes
    } else {
        zip
    };
    Ok(Raised { bytes, level, changed: is_changed, notes: Vec::new() })
}

/// Prepares the one signature of a container, or the one with this value, for a signature timestamp.
///
/// # Errors
/// As [`crate::seal::long_term::stamp`].
pub(in crate::seal) fn stamp(
    zip: Vec<u8>,
    limits: &Limits,
    only: Option<&[u8]>,
) -> Result<ContainerStampPlan, LongTermFault> {
    let container = SealedContainer::with_value(&zip, limits, only)?;
    let right = container.right;
    let inner = match container.sole()? {
        (file, None) => {
            let outside = |uri: &str| container.octets(uri);
            let plan = xades::stamp(file.octets.to_vec(), limits, &outside, only)?;
            ContainerStamp::Xml(file.name.clone(), Box::new(plan))
        }
        (file, Some(content)) => {
            let plan = cades::stamp(file.octets.to_vec(), Some(content), only)?;
            ContainerStamp::Cms(file.name.clone(), Box::new(plan))
        }
    };
    Ok(ContainerStampPlan { zip, right, inner })
}

/// Prepares a container for an archive timestamp: over its one XAdES signature, or the one with this value, or over all of
/// its files.
///
/// # Errors
/// As [`Raised::archive`].
pub(in crate::seal) fn archive(
    zip: Vec<u8>,
    limits: &Limits,
    only: Option<&[u8]>,
) -> Result<ContainerStampPlan, LongTermFault> {
    let container = SealedContainer::with_value(&zip, limits, only)?;
    let right = container.right;
    let inner = if container.raised().any(|(_, content)| content.is_none()) {
        let (file, _) = container.sole()?;
        let outside = |uri: &str| container.octets(uri);
        let plan = xades::archive(file.octets.to_vec(), limits, &outside, only)?;
        ContainerStamp::Xml(file.name.clone(), Box::new(plan))
    } else {
        container.archive_manifest()
    };
    Ok(ContainerStampPlan { zip, right, inner })
}

/// A container that lacks the token of a timestamp.
pub(in crate::seal) struct ContainerStampPlan {
    zip: Vec<u8>,
    right: RightSignatures,
    inner: ContainerStamp,
}

/// Where the timestamp goes.
enum ContainerStamp {
    /// Into the XAdES signature in a file.
    Xml(String, Box<XmlStampPlan>),
    /// Into the CAdES signature in a file.
    Cms(String, Box<CmsStampPlan>),
    /// Into a file of its own, over a manifest.
    Archive { manifest: String, token: String, renamed: Option<String> },
}

impl ContainerStampPlan {
    /// What the token has to be over.
    pub(in crate::seal) fn imprint(&self, algorithm: DigestAlgorithm) -> Digest {
        match &self.inner {
            ContainerStamp::Xml(_, plan) => plan.imprint(algorithm),
            ContainerStamp::Cms(_, plan) => plan.imprint(algorithm),
            ContainerStamp::Archive { manifest, .. } => Digest::of(algorithm, manifest.as_bytes()),
        }
    }

    /// The container with the token.
    ///
    /// # Errors
    /// [`LongTermFault::NotOver`].
    pub(in crate::seal) fn attach(
        self,
        token: &TimestampToken,
        limits: &Limits,
    ) -> Result<Vec<u8>, LongTermFault> {
        let changes = match self.inner {
            ContainerStamp::Xml(name, plan) => {
                Changes { octets: vec![(name, plan.attach(token)?)], ..Changes::default() }
            }
            ContainerStamp::Cms(name, plan) => {
                Changes { octets: vec![(name, plan.attach(token)?)], ..Changes::default() }
            }
            ContainerStamp::Archive { manifest, token: name, renamed } => {
                if !token.is_over(manifest.as_bytes()) {
                    return Err(LongTermFault::NotOver);
                }
                let added =
                    vec![(NEWEST.to_owned(), manifest.into_bytes()), (name, token.der().to_vec())];
                Changes { renamed, added, ..Changes::default() }
            }
        };
        let container = SealedContainer::read(&self.zip, limits, self.right)?;
        let bytes = container.repacked(&changes)?;
        SealedContainer::read(&bytes, limits, self.right)?;
        Ok(bytes)
    }
}

/// Other octets of files, by their names.
type OtherOctets = Vec<(String, Vec<u8>)>;

/// What becomes of the files of a container.
#[derive(Default)]
struct Changes {
    octets: OtherOctets,
    /// What the archive manifest that was the newest one is called now.
    renamed: Option<String>,
    added: OtherOctets,
}

/// A container whose manifests and timestamps are right, and those signatures that have to be.
pub(super) struct SealedContainer<'z> {
    zip: &'z [u8],
    files: Vec<UnpackedFile<'z>>,
    right: RightSignatures,
    /// Files that all manifests list.
    listed: usize,
    /// The numbers of files with signatures; with the number of what a CAdES signature is over.
    places: Vec<(usize, Option<usize>)>,
    /// The oldest first.
    archives: Vec<ContainerArchive>,
}

/// A timestamp over an archive manifest.
struct ContainerArchive {
    /// Name of the file with the token.
    name: String,
    token: TimestampToken,
    /// Names of the files that the manifest lists.
    covers: Vec<String>,
}

fn refused(refusal: CmsRefusal) -> LongTermFault {
    LongTermFault::Xml(Refusal::from(refusal))
}

impl<'z> SealedContainer<'z> {
    /// Reads one.
    ///
    /// # Errors
    /// [`LongTermFault`].
    pub(super) fn read(
        zip: &'z [u8],
        limits: &Limits,
        right: RightSignatures,
    ) -> Result<Self, LongTermFault> {
        let files = unpack(zip, &limits.patience).map_err(refused)?;
        let of_role = |role: ContainerRole| {
            let numbered = files.iter().enumerate();
            numbered.filter(move |(_, file)| ContainerRole::of(&file.name) == role)
        };
        let is_archived = of_role(ContainerRole::EvidenceRecord).next().is_some();
        if is_archived && right == RightSignatures::All {
            return Err(LongTermFault::Archived);
        }
        let (mut manifests, mut listed) = (Vec::new(), 0);
        for (number, file) in of_role(ContainerRole::Manifest) {
            if manifests.len() > MAX_SIGNATURES + MAX_ARCHIVES {
                return Err(LongTermFault::TooMany(MAX_SIGNATURES));
            }
            limits.patience.check().map_err(Refusal::from)?;
            let broken = |reason: &str| broken(&file.name, reason);
            let manifest = read_manifest(&file.octets, limits)?;
            let manifest = manifest.ok_or_else(|| broken("it is no manifest"))?;
            if named(&files, &manifest.of).is_none() {
                return Err(broken("what is over it is not there"));
            }
            listed += manifest.references.len();
            if listed > MAX_LISTED_FILES {
                let reason = format!("the manifests list more than {MAX_LISTED_FILES} files");
                return Err(broken(&reason));
            }
            for reference in &manifest.references {
                limits.patience.check().map_err(Refusal::from)?;
                let Some(file) = named(&files, &reference.uri) else {
                    return Err(broken(&format!("'{}' is not there", shown(&reference.uri))));
                };
                if !reference.is_of(&file.octets) {
                    return Err(broken(&format!("'{}' has another digest", shown(&reference.uri))));
                }
            }
            manifests.push((number, manifest));
        }
        let over = |file: &UnpackedFile<'_>| -> Result<usize, LongTermFault> {
            let is_of = |manifest: &ReadManifest| {
                named(&files, &manifest.of).is_some_and(|it| it.name == file.name)
            };
            let mut own = manifests.iter().filter(|(_, manifest)| is_of(manifest));
            let mut documents = of_role(ContainerRole::Document);
            match (own.next(), own.next(), documents.next(), documents.next()) {
                (Some((number, _)), None, ..) => Ok(*number),
                (None, _, Some((only, _)), None) => Ok(only),
                _ => Err(broken(&file.name, "there is not one manifest that names it")),
            }
        };
        let mut places = Vec::new();
        for (number, _) in of_role(ContainerRole::Xades) {
            places.push((number, None));
        }
        for (number, file) in of_role(ContainerRole::Cades) {
            places.push((number, Some(over(file)?)));
        }
        if places.is_empty() {
            return Err(LongTermFault::NoSeal);
        }
        if places.len() > MAX_SIGNATURES {
            return Err(LongTermFault::TooMany(MAX_SIGNATURES));
        }
        let mut archives = Vec::new();
        for (_, file) in of_role(ContainerRole::Timestamp) {
            let over = over(file)?;
            let token = TimestampToken::from_der(&file.octets)
                .map_err(|fault| broken(&file.name, &fault.to_string()))?;
            let octets = files.get(over).map(|file| &*file.octets).unwrap_or_default();
            if !token.is_over(octets) {
                return Err(broken(&file.name, "its imprint is not the digest of its manifest"));
            }
            let manifest = manifests.iter().find(|(number, _)| *number == over);
            let listed = manifest.into_iter().flat_map(|(_, manifest)| &manifest.references);
            let covers = listed.filter_map(|one| named(&files, &one.uri)).map(|it| it.name.clone());
            archives.push(ContainerArchive {
                name: file.name.clone(),
                token,
                covers: covers.collect(),
            });
        }
        if archives.len() > MAX_ARCHIVES {
            return Err(LongTermFault::TooMany(MAX_ARCHIVES));
        }
        // what covers another timestamp covers all that this covers, too
        archives.sort_by_key(|archive| (archive.covers.len(), archive.token.info().gen_time));
        let container = Self { zip, files, right, listed, places, archives };
        container.check(limits)?;
        Ok(container)
    }

    /// Reads one for all of its signatures, or those of the file in which the one with a value is.
    fn with_value(
        zip: &'z [u8],
        limits: &Limits,
        only: Option<&[u8]>,
    ) -> Result<Self, LongTermFault> {
        let Some(value) = only else { return Self::read(zip, limits, RightSignatures::All) };
        let mut container = Self::read(zip, limits, RightSignatures::Unchecked)?;
        let has = |(file, over): (&UnpackedFile<'_>, Option<&[u8]>)| {
            // those of others may be whatever they are
            let seals = seals_of(file, over, limits).unwrap_or_default();
            seals.iter().any(|seal| seal.value == value)
        };
        let files: Vec<_> = container.signatures().collect();
        let found = files.into_iter().rposition(has).ok_or(LongTermFault::NoSeal)?;
        container.right = RightSignatures::Of(found);
        container.check(limits)?;
        Ok(container)
    }

    /// The signatures that have to be right are.
    fn check(&self, limits: &Limits) -> Result<(), LongTermFault> {
        for (file, content) in self.raised() {
            match content {
                Some(content) => drop(provable(&file.octets, Some(content))?),
                None => xades::check(&file.octets, limits, &|uri| self.octets(uri))?,
            }
        }
        Ok(())
    }

    /// Every file, in its order.
    pub(super) fn files(&self) -> &[UnpackedFile<'z>] {
        &self.files
    }

    /// How many files the manifests list.
    pub(super) const fn listed(&self) -> usize {
        self.listed
    }

    /// Whether a CAdES signature is over a document itself.
    pub(super) fn has_unlisted(&self) -> bool {
        let mut over = self.places.iter().filter_map(|(_, over)| self.files.get((*over)?));
        over.any(|file| ContainerRole::of(&file.name) != ContainerRole::Manifest)
    }

    /// The signatures that have to be right, and are raised.
    fn raised(&self) -> impl Iterator<Item = (&UnpackedFile<'z>, Option<&[u8]>)> {
        let right = match self.right {
            RightSignatures::All => 0..self.places.len(),
            RightSignatures::Of(number) => number..number + 1,
            RightSignatures::Unchecked => 0..0,
        };
        self.signatures().skip(right.start).take(right.len())
    }

    /// Whether a timestamp covers a signature that is raised.
    fn keeps(&self, archive: &ContainerArchive) -> bool {
        // of all signatures together the first ones may stand alone behind the last timestamp
        self.right == RightSignatures::All
            || self.raised().any(|(file, _)| archive.covers.contains(&file.name))
    }

    /// The files with signatures, in their order; with what a CAdES signature is over.
    pub(super) fn signatures(&self) -> impl Iterator<Item = (&UnpackedFile<'z>, Option<&[u8]>)> {
        self.places.iter().filter_map(|(number, over)| {
            let content = over.and_then(|over| self.files.get(over)).map(|file| &*file.octets);
            Some((self.files.get(*number)?, content))
        })
    }

    fn sole(&self) -> Result<(&UnpackedFile<'z>, Option<&[u8]>), LongTermFault> {
        let mut all = self.raised();
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(LongTermFault::Several(self.places.len())),
        }
    }

    /// What a URI names in it.
    pub(super) fn octets(&self, uri: &str) -> Option<&[u8]> {
        named(&self.files, uri).map(|file| &*file.octets)
    }

    /// Raises every signature by itself, or the one with this value; gives the files that are others then.
    fn raise_signatures(
        &self,
        collected: &CollectedData,
        settings: &LongTermSettings<'_>,
        only: Option<&[u8]>,
    ) -> Result<(Level, OtherOctets), LongTermFault> {
        let (mut level, mut changed) = (Level::Lta, Vec::new());
        for (file, content) in self.raised() {
            let (document, collected) = (file.octets.to_vec(), collected.clone());
            let raised = match content {
                Some(_) => {
                    let settings = LongTermSettings { content, ..*settings };
                    cades::raise(document, collected, &settings, only)?
                }
                None => {
                    let outside = |uri: &str| self.octets(uri);
                    xades::raise_over(document, collected, settings, &outside, only)?
                }
            };
            level = level.min(raised.level);
            if raised.changed {
                changed.push((file.name.clone(), raised.bytes));
            }
        }
        Ok((level, changed))
    }

    /// Adds to the last timestamp what it needs, and what no timestamp keeps.
    fn raise_archives(
        &self,
        collected: CollectedData,
        settings: &LongTermSettings<'_>,
    ) -> Result<(Level, OtherOctets), LongTermFault> {
        let mut asked: Vec<(&str, Vec<Certificate>)> = Vec::new();
        let mut data = collected;
        for (file, content) in self.raised() {
            let Some(content) = content else {
                return Err(broken(
                    &file.name,
                    "a XAdES signature is not raised by archive manifests",
                ));
            };
            let signature = provable(&file.octets, Some(content))?;
            data.add_all(signature.data)?;
            asked.extend(signature.asked.into_iter().map(|asked| (file.name.as_str(), asked)));
        }
        let signatures = asked.len();
        for archive in self.archives.iter().filter(|archive| self.keeps(archive)) {
            add(&mut data, &archive.token)?;
            asked.push((&archive.name, vec![archive.token.certificate().clone()]));
        }
        let mut proofs = Vec::new();
        let mut level = Level::Lta;
        for (number, (name, certificates)) in asked.iter().enumerate() {
            settings.limits.patience.check().map_err(Refusal::from)?;
            let certificates: Vec<&Certificate> = certificates.iter().collect();
            if self.is_kept(name, &certificates, settings)? {
                continue;
            }
            if number < signatures {
                level = Level::Lt;
            }
            let proof = data.prove(settings.trust, &certificates, settings.at, STEPS);
            proofs.push(proof.map_err(|fault| LongTermFault::Insufficient {
                signature: (*name).to_owned(),
                fault,
            })?);
        }
        let Some(last) = self.archives.last() else { return Ok((level, Vec::new())) };
        let more = Augmentation {
            certificates: proofs
                .iter()
                .flat_map(|it| &it.certificates)
                .map(Certificate::der)
                .collect(),
            lists: proofs.iter().flat_map(|it| &it.lists).map(|list| list.der()).collect(),
            answers: proofs.iter().flat_map(|it| &it.answers).map(|answer| answer.der()).collect(),
        };
        let wrong = |reason: &str| broken(&last.name, reason);
        let existing = Existing::read(last.token.der()).map_err(wrong)?;
        let augmented = existing.augmented(last.token.der(), &more).map_err(wrong)?;
        Ok((level, augmented.map(|octets| (last.name.clone(), octets)).into_iter().collect()))
    }

    /// Whether a later timestamp covers a file and all that it takes to validate it, right at its time.
    fn is_kept(
        &self,
        name: &str,
        certificates: &[&Certificate],
        settings: &LongTermSettings<'_>,
    ) -> Result<bool, LongTermFault> {
        for archive in &self.archives {
            let covers = |name: &str| archive.covers.iter().any(|covered| covered == name);
            if !covers(name) {
                continue;
            }
            let mut data = CollectedData::default();
            for (file, content) in self.raised().filter(|(file, _)| covers(&file.name)) {
                data.add_all(provable(&file.octets, content)?.data)?;
            }
            for earlier in self.archives.iter().filter(|earlier| covers(&earlier.name)) {
                add(&mut data, &earlier.token)?;
            }
            let at = archive.token.info().gen_time;
            if data.prove(settings.trust, certificates, at, STEPS).is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The manifest of everything in the container, and what its token is to be called.
    fn archive_manifest(&self) -> ContainerStamp {
        let free = |start: &str, end: &str| {
            let name = |number: usize| format!("{start}{number:03}{end}");
            let mut names = (1..).map(name);
            let taken =
                |name: &String| self.files.iter().any(|file| file.name.eq_ignore_ascii_case(name));
            // there are fewer files than numbers
            names.find(|name| !taken(name)).unwrap_or_default()
        };
        let token = free("META-INF/timestamp", ".tst");
        let is_newest = |file: &UnpackedFile<'_>| file.name == NEWEST;
        let renamed = self.files.iter().any(is_newest);
        let renamed = renamed.then(|| free("META-INF/ASiCArchiveManifest", ".xml"));
        let listed = |file: &UnpackedFile<'_>| {
            let newest = renamed.as_ref().filter(|_| is_newest(file));
            ArchivedFile {
                name: newest.unwrap_or(&file.name).clone(),
                digest: Digest::of(DIGEST, &file.octets),
                is_previous: newest.is_some(),
            }
        };
        let is_listed =
            |file: &&UnpackedFile<'_>| ContainerRole::of(&file.name) != ContainerRole::MediaType;
        let files: Vec<ArchivedFile> = self.files.iter().filter(is_listed).map(listed).collect();
        let manifest = manifest::of_archive(&files, &token);
        ContainerStamp::Archive { manifest, token, renamed }
    }

    /// The container with changed files: all others keep their octets, packed as they are.
    fn repacked(&self, changes: &Changes) -> Result<Vec<u8>, LongTermFault> {
        let entries = archive::entries(self.zip).map_err(refused)?;
        let first = entries.first().map_or(0, |entry| entry.whole.start);
        let head = ZipRecord::read(self.zip, first, archive::LOCAL_HEADER, b"PK\x03\x04");
        let (time, date) = head.map_or((0, 0), |head| (head.short(10), head.short(12)));
        let more: usize = changes.octets.iter().chain(&changes.added).map(|(_, it)| it.len()).sum();
        let mut packer = Packer::of_time(date, time, self.zip.len() + more + 4096);
        for entry in entries.iter().filter(|entry| !entry.name.ends_with('/')) {
            let octets = |range: &Range<usize>| self.zip.get(range.clone()).unwrap_or_default();
            match changes.octets.iter().find(|(name, _)| *name == entry.name) {
                Some((name, octets)) => drop(packer.store(name, octets)),
                None => {
                    let renamed = changes.renamed.as_deref().filter(|_| entry.name == NEWEST);
                    let name = renamed.unwrap_or(&entry.name);
                    let bytes = octets(&entry.packed);
                    packer.copy(name, entry.method, entry.crc32, entry.length, bytes);
                }
            }
        }
        for (name, octets) in &changes.added {
            packer.store(name, octets);
        }
        let (end, _) = archive::directory_end(self.zip).map_err(refused)?;
        let comment = self.zip.get(end + archive::DIRECTORY_END..).unwrap_or_default();
        Ok(packer.finish_with(comment))
    }
}

/// Adds what a token has in it.
fn add(data: &mut CollectedData, token: &TimestampToken) -> Result<(), LongTermFault> {
    let Ok(cms) = Existing::read(token.der()) else { return Ok(()) };
    for der in cms.certificates() {
        if let Ok(certificate) = Certificate::from_der(der) {
            data.add_certificate(certificate)?;
        }
    }
    for der in cms.revocation().unwrap_or_default() {
        // what is none helps nobody
        let _ = data.add_revocation(&der);
    }
    Ok(())
}

/// What is shown of a URI that others wrote.
fn shown(uri: &str) -> String {
    uri.chars().take(120).collect()
}

fn broken(name: &str, reason: &str) -> LongTermFault {
    LongTermFault::Broken { signature: name.to_owned(), reason: reason.to_owned() }
}

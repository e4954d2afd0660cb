//! ASiC containers (EN 319 162-1, 4): each signature and timestamp of the container, and that it covers every
//! document in it.

use std::collections::BTreeMap;

use super::cms::{self, CmsContent};
use super::existence::{ArchiveProof, Existence};
use super::indication::{SubIndication, VerificationFinding};
use super::manifest::{AsicManifest, ListedFile, manifests};
use super::report::{CoveredFacts, NamedRange, VerificationReport, VerifiedSignature};
use super::timestamps::{self, TIMESTAMP_OF_CONTAINER, TimestampedFile};
use super::trust::{Questions, ValidationData};
use super::xml::{self, Beside};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::CmsRefusal;
use crate::pki::digest::Digest;
use crate::seal::reading::xml::is_outside;
use crate::seal::reading::{
    ContainerRole, Existing, MAX_SIGNING_FILES, UnpackedFile, cms_timestamps,
    cms_timestamps_of_countersigners, container, container_file,
};
use crate::seal::xml::xpath::Budget;

const SIMPLE: &[u8] = b"application/vnd.etsi.asic-s+zip";
const EXTENDED: &[u8] = b"application/vnd.etsi.asic-e+zip";

/// What is wrong with a file of signatures.
type Wrong = (SubIndication, String);

/// Verifies every signature of a container.
pub(super) fn verify(file: &[u8], questions: &Questions<'_>) -> VerificationReport {
    let settings = questions.settings;
    let (signatures, findings) = match unpacked(file, questions) {
        Ok(files) => look(&files, questions, 0),
        Err(finding) => (Vec::new(), vec![finding]),
    };
    VerificationReport::new("ASiC", settings.at.to_rfc3339(), signatures, findings)
}

/// Verifies the signature that was put into a container last, and the timestamps behind it. Those that were there
/// before are not looked at.
pub(super) fn newest(file: &[u8], questions: &Questions<'_>) -> VerificationReport {
    let settings = questions.settings;
    let signs = |file: &UnpackedFile<'_>| {
        matches!(ContainerRole::of(&file.name), ContainerRole::Xades | ContainerRole::Cades)
    };
    let (signatures, findings) = match unpacked(file, questions) {
        Ok(files) => {
            let first = files.iter().rposition(signs).unwrap_or(files.len());
            look(&files, questions, first)
        }
        Err(finding) => (Vec::new(), vec![finding]),
    };
    VerificationReport::new("ASiC", settings.at.to_rfc3339(), signatures, findings)
}

/// The files of what is a container of signatures.
fn unpacked<'z>(
    file: &'z [u8],
    questions: &Questions<'_>,
) -> Result<Vec<UnpackedFile<'z>>, VerificationFinding> {
    let files = container(file, &questions.settings.limits.patience).map_err(|refusal| {
        let sub = match refusal {
            CmsRefusal::TimeUsedUp { .. }
            | CmsRefusal::ContainerTooLarge { .. }
            | CmsRefusal::ContainerTooManyFiles { .. } => SubIndication::Generic,
            _ => SubIndication::FormatFailure,
        };
        VerificationFinding::new(sub, refusal.to_string())
    })?;
    check_kind(&files).map_err(|(sub, text)| VerificationFinding::new(sub, text))?;
    Ok(files)
}

/// Looks at the signatures from a file on, in the order of the container.
fn look(
    files: &[UnpackedFile<'_>],
    questions: &Questions<'_>,
    first: usize,
) -> (Vec<VerifiedSignature>, Vec<VerificationFinding>) {
    let settings = questions.settings;
    let mut findings = Vec::new();
    let find = |findings: &mut Vec<_>, (sub, text): Wrong| {
        findings.push(VerificationFinding::new(sub, text));
    };
    let total = files.iter().map(|file| file.octets.len()).fold(0, usize::saturating_add);
    let budget = Budget::of_document(total).with_patience(&settings.limits.patience);
    let mut container = Container {
        files,
        total,
        questions,
        budget,
        listing: Vec::new(),
        data: ValidationData::default(),
        archives: Vec::new(),
        timestamps: BTreeMap::new(),
    };
    match container.manifests() {
        Ok(listing) => container.listing = listing,
        Err(wrong) => find(&mut findings, wrong),
    }
    if questions.own().is_none() {
        container.data = data_of(signatures(files));
    }
    container.look_at_timestamps();
    if settings.detached.is_some() {
        let text = "a container has what it signs inside; the file that was given beside it is not looked at";
        find(&mut findings, (SubIndication::SignedDataNotFound, text.to_owned()));
    }
    let mut verified = Vec::new();
    let mut signing = 0;
    for (number, file) in files.iter().enumerate() {
        let role = ContainerRole::of(&file.name);
        if matches!(role, ContainerRole::Xades | ContainerRole::Cades | ContainerRole::Timestamp) {
            signing += 1;
        }
        if signing > MAX_SIGNING_FILES {
            let text =
                format!("more than {MAX_SIGNING_FILES} files of signatures are not looked at");
            find(&mut findings, (SubIndication::Generic, text));
            break;
        }
        if number < first {
            continue;
        }
        match container.look_at(file, role) {
            Ok(all) => verified.extend(all),
            Err((sub, text)) => find(&mut findings, (sub, format!("{}: {text}", file.name))),
        }
    }
    (verified, findings)
}

/// Whether a ZIP is a container of signatures: it says so (A.1), or says nothing and has some.
fn check_kind(files: &[UnpackedFile<'_>]) -> Result<(), Wrong> {
    let Some(kind) = files.iter().find(|file| file.name == "mimetype") else {
        let signs = |file: &UnpackedFile<'_>| {
            matches!(
                ContainerRole::of(&file.name),
                ContainerRole::Xades | ContainerRole::Cades | ContainerRole::Timestamp
            )
        };
        if files.iter().any(signs) {
            return Ok(());
        }
        let text = "it is a ZIP that neither says that it is an ASiC container (mimetype) nor has signatures \
                    of one";
        return Err((SubIndication::Generic, text.to_owned()));
    };
    let documents =
        files.iter().filter(|file| ContainerRole::of(&file.name) == ContainerRole::Document);
    match kind.octets.trim_ascii() {
        _ if !kind.leads => {
            let text = "its file mimetype is not the first one, unpacked (EN 319 162-1, A.1)";
            Err((SubIndication::FormatFailure, text.to_owned()))
        }
        SIMPLE if documents.count() > 1 => {
            let text =
                "it says that it is ASiC-S, and has more than one document (EN 319 162-1, 4.3.2)";
            Err((SubIndication::FormatFailure, text.to_owned()))
        }
        SIMPLE | EXTENDED => Ok(()),
        other => {
            let other: String = String::from_utf8_lossy(other).chars().take(80).collect();
            let text = format!("ZIPs of the kind '{other}' are not looked at");
            Err((SubIndication::Generic, text))
        }
    }
}

struct Container<'s, 'z> {
    files: &'s [UnpackedFile<'z>],
    /// Octets of all files.
    total: usize,
    questions: &'s Questions<'s>,
    /// What looking at its files again and again may cost.
    budget: Budget,
    listing: Vec<AsicManifest<'s>>,
    /// What all signatures and timestamps have for whoever validates them.
    data: ValidationData,
    /// The timestamps that hold.
    archives: Vec<ContainerProof>,
    /// What was found of each timestamp, by the name of its file.
    timestamps: BTreeMap<&'s str, Result<VerifiedSignature, Wrong>>,
}

/// A timestamp over a manifest that holds.
struct ContainerProof {
    proof: ArchiveProof,
    /// Names of the files that the manifest lists, as they are.
    covers: Vec<String>,
}

/// The files of a container with a CMS in them.
fn signatures<'f, 'z>(files: &'f [UnpackedFile<'z>]) -> impl Iterator<Item = &'f UnpackedFile<'z>> {
    let signs = |file: &&UnpackedFile<'_>| {
        matches!(ContainerRole::of(&file.name), ContainerRole::Cades | ContainerRole::Timestamp)
    };
    files.iter().filter(signs).take(MAX_SIGNING_FILES)
}

/// What some of them have for whoever validates them.
fn data_of<'f, 'z: 'f>(files: impl Iterator<Item = &'f UnpackedFile<'z>>) -> ValidationData {
    let mut data = ValidationData::default();
    for file in files {
        let Ok(cms) = Existing::read(&file.octets) else { continue };
        data.add_cms(&cms);
        for inside in [cms_timestamps(&cms), cms_timestamps_of_countersigners(&cms)] {
            let inside = inside.unwrap_or_default();
            let tokens = inside.iter().flat_map(|one| &one.timestamps).flatten();
            tokens.for_each(|token| data.add_token(token));
        }
    }
    data
}

impl<'s, 'z> Container<'s, 'z> {
    /// The file that a URI names (RFC 3986): relative to the root of the container, whole.
    fn named(&self, uri: &str) -> Option<&'s UnpackedFile<'z>> {
        container_file(self.files, uri)
    }

    fn manifests(&self) -> Result<Vec<AsicManifest<'s>>, Wrong> {
        let files = self
            .files
            .iter()
            .filter(|file| ContainerRole::of(&file.name) == ContainerRole::Manifest);
        let files: Vec<&UnpackedFile<'_>> = files.collect();
        if files.len() > MAX_SIGNING_FILES {
            let text = format!("more than {MAX_SIGNING_FILES} manifests are not looked at");
            return Err((SubIndication::Generic, text));
        }
        manifests(&files, &self.questions.settings.limits)
    }

    fn look_at(
        &self,
        file: &UnpackedFile<'_>,
        role: ContainerRole,
    ) -> Result<Vec<VerifiedSignature>, Wrong> {
        self.questions.settings.limits.patience.check().map_err(|over| {
            let refusal = CmsRefusal::from(over);
            (SubIndication::Generic, refusal.to_string())
        })?;
        let mut all = match role {
            ContainerRole::Xades => self.xades(file)?,
            ContainerRole::Cades => self.cades(file)?,
            ContainerRole::Timestamp => match self.timestamps.get(&*file.name) {
                Some(found) => vec![found.clone()?],
                None => return Err((SubIndication::Generic, "it is not looked at".to_owned())),
            },
            ContainerRole::Manifest => return self.is_used(file).map(|()| Vec::new()),
            ContainerRole::EvidenceRecord => {
                let text = "evidence records are not looked at".to_owned();
                return Err((SubIndication::Generic, text));
            }
            ContainerRole::MediaType | ContainerRole::Listing | ContainerRole::Document => {
                return Ok(Vec::new());
            }
        };
        for signature in &mut all {
            let place = format!("{} {}", file.name, signature.place);
            place.trim_end().clone_into(&mut signature.place);
        }
        Ok(all.into_iter().map(VerifiedSignature::concluded).collect())
    }

    fn xades(&self, file: &UnpackedFile<'_>) -> Result<Vec<VerifiedSignature>, Wrong> {
        let outside = |uri: &str| self.named(uri).map(|file| &*file.octets);
        let octets = self.total;
        let beside = Beside { outside: &outside, octets, is_container: true, own: None };
        let all = xml::signatures(&file.octets, self.questions, &beside)
            .map_err(|refusal| (xml::sub_of(&refusal), refusal.to_string()))?;
        if all.is_empty() {
            return Err((SubIndication::FormatFailure, "there is no signature in it".to_owned()));
        }
        let verified = all.into_iter().map(|verified| {
            let mut signature = verified.signature;
            self.place(file, &mut signature);
            if let Some(covered) = verified.outside {
                let covered = covered.iter().filter_map(|uri| Some(&*self.named(uri)?.name));
                self.miss(&covered.collect::<Vec<_>>(), &mut signature);
            }
            signature
        });
        Ok(verified.collect())
    }

    /// Tells where in the container everything stands; what is inside of a packed file stands nowhere.
    fn place(&self, file: &UnpackedFile<'_>, signature: &mut VerifiedSignature) {
        let stored = matches!(file.octets, std::borrow::Cow::Borrowed(_));
        let within = |part: &mut NamedRange| {
            part.start = part.start.saturating_add(file.packed.start);
            part.end = part.end.saturating_add(file.packed.start);
        };
        for covered in &mut signature.covered {
            if is_outside(&covered.reference) {
                covered.element = self.named(&covered.reference).map(range);
            } else if stored {
                covered.element.iter_mut().chain(&mut covered.left_out).for_each(within);
            } else {
                (covered.element, covered.left_out) = (None, Vec::new());
            }
        }
        if stored {
            signature.not_covered.iter_mut().for_each(within);
        } else {
            signature.not_covered.clear();
        }
    }

    /// What a CMS in a file of its own is over (4.3.3.2, 4.4.4): the manifest that names it, else the one
    /// document.
    fn signed(
        &self,
        file: &UnpackedFile<'_>,
    ) -> Result<(&'s UnpackedFile<'z>, Vec<ListedFile>), Wrong> {
        let mut manifests = self.listing.iter().filter(|manifest| self.is_of(manifest, file));
        if let Some(manifest) = manifests.next() {
            if manifests.next().is_some() {
                let text = "more than one manifest names it".to_owned();
                return Err((SubIndication::FormatFailure, text));
            }
            let listed = manifest.listed(&|uri| self.named(uri), &self.budget)?;
            let file = self.files.iter().find(|one| one.name == manifest.name);
            return file.map(|file| (file, listed)).ok_or_else(no_manifest);
        }
        let mut documents = self.documents();
        match (documents.next(), documents.next()) {
            (Some(only), None) => Ok((only, Vec::new())),
            _ => Err(no_manifest()),
        }
    }

    fn is_of(&self, manifest: &AsicManifest<'_>, file: &UnpackedFile<'_>) -> bool {
        self.named(&manifest.of).is_some_and(|named| named.name == file.name)
    }

    /// A manifest that nothing signs says something that nobody said.
    fn is_used(&self, file: &UnpackedFile<'_>) -> Result<(), Wrong> {
        let manifest = self.listing.iter().find(|manifest| manifest.name == file.name);
        let of = manifest.and_then(|manifest| self.named(&manifest.of));
        match of.map(|of| ContainerRole::of(&of.name)) {
            Some(ContainerRole::Cades | ContainerRole::Timestamp) => Ok(()),
            _ => {
                let text = "it is a manifest of no signature that is there".to_owned();
                Err((SubIndication::SigConstraintsFailure, text))
            }
        }
    }

    fn cades(&self, file: &UnpackedFile<'_>) -> Result<Vec<VerifiedSignature>, Wrong> {
        let format = |reason: &str| (SubIndication::FormatFailure, reason.to_owned());
        let existing = Existing::read(&file.octets).map_err(format)?;
        if existing.content_ranges().is_some() {
            return Err(format("its value has a content of its own, which nobody sees"));
        }
        let (signed, listed) = self.signed(file)?;
        let digest = |algorithm| {
            self.budget.spend_on_text(signed.octets.len()).ok()?;
            Some(Digest::of(algorithm, &signed.octets))
        };
        let archives = self.archives_over(file);
        let content = CmsContent {
            range: Some(range(signed)),
            data: Some(&self.data),
            archives: &archives,
            digests: listed.iter().filter_map(|listed| listed.digest).collect(),
            ..CmsContent::new(&signed.name)
        };
        let mut all = cms::signers(&existing, &digest, &content, ["CAdES", "CMS"], self.questions);
        for signature in &mut all {
            self.cover(signed, &listed, signature);
        }
        let formats = ["CAdES", "CMS"];
        all.extend(cms::countersigners(&existing, &digest, &content, formats, self.questions));
        Ok(all)
    }

    /// The archive timestamps over a file that hold, the earliest first.
    fn archives_over(&self, file: &UnpackedFile<'_>) -> Vec<ArchiveProof> {
        let over = self.archives.iter().filter(|archive| archive.covers.contains(&file.name));
        let mut proofs: Vec<ArchiveProof> = over.map(|archive| archive.proof.clone()).collect();
        proofs.sort_by_key(|proof| proof.at);
        proofs
    }

    /// Looks at every timestamp, those that cover others first.
    fn look_at_timestamps(&mut self) {
        let is_timestamp =
            |file: &&UnpackedFile<'_>| ContainerRole::of(&file.name) == ContainerRole::Timestamp;
        let files: &'s [UnpackedFile<'z>] = self.files;
        let mut all: Vec<_> =
            signatures(files).filter(is_timestamp).map(|file| (file, self.signed(file))).collect();
        let listed = |signed: &Result<(&UnpackedFile<'_>, Vec<ListedFile>), Wrong>| {
            signed.as_ref().map_or(0, |(_, listed)| listed.len())
        };
        all.sort_by_key(|(_, signed)| std::cmp::Reverse(listed(signed)));
        for (file, signed) in all {
            let found = signed.and_then(|(signed, listed)| self.timestamp(file, signed, &listed));
            let found = found.map(|(signature, proof)| {
                self.archives.extend(proof);
                signature
            });
            self.timestamps.insert(&file.name, found);
        }
    }

    /// A timestamp over a manifest, or over the one document (4.3.3.4, 4.4.4.4); one that holds is a proof of what the
    /// manifest lists.
    fn timestamp(
        &self,
        file: &UnpackedFile<'_>,
        signed: &UnpackedFile<'_>,
        listed: &[ListedFile],
    ) -> Result<(VerifiedSignature, Option<ContainerProof>), Wrong> {
        self.budget
            .spend_on_text(signed.octets.len())
            .map_err(|error| (SubIndication::Generic, format!("what it is over takes {error}")))?;
        let digest = |algorithm: DigestAlgorithm| Digest::of(algorithm, &signed.octets);
        let over = TimestampedFile {
            format: TIMESTAMP_OF_CONTAINER,
            reference: &signed.name,
            range: range(signed),
            digest: &digest,
        };
        let archives = self.archives_over(file);
        let existence = Existence { data: &self.data, archives: &archives };
        let token = Ok(&*file.octets);
        let (mut signature, proven) = timestamps::of_file(token, &over, &existence, self.questions);
        self.cover(signed, listed, &mut signature);
        let right = listed.iter().filter(|one| one.standing == "right");
        let covers: Vec<String> =
            right.filter_map(|one| self.named(&one.uri)).map(|it| it.name.clone()).collect();
        let proof = proven.map(|at| {
            let covered = signatures(self.files).filter(|file| covers.contains(&file.name));
            ContainerProof { proof: ArchiveProof { at, data: data_of(covered) }, covers }
        });
        Ok((signature, proof))
    }

    /// What a signature over a file covers with what that lists.
    fn cover(
        &self,
        signed: &UnpackedFile<'_>,
        listed: &[ListedFile],
        signature: &mut VerifiedSignature,
    ) {
        let mut covered: Vec<&str> = vec![&signed.name];
        for one in listed {
            let sub = match one.standing {
                "right" => None,
                "wrong" => Some(SubIndication::HashFailure),
                _ => Some(SubIndication::SignedDataNotFound),
            };
            let file = self.named(&one.uri);
            let reference: String = one.uri.chars().take(200).collect();
            match (sub, file) {
                (Some(sub), _) => {
                    let text = format!("'{reference}', which its manifest names: {}", one.words());
                    signature.find(sub, text);
                }
                (None, file) => covered.extend(file.map(|file| &*file.name)),
            }
            signature.covered.push(CoveredFacts {
                reference,
                standing: one.standing,
                reason: None,
                digest: one.digest.map(DigestAlgorithm::as_str),
                element: file.map(range),
                left_out: Vec::new(),
            });
        }
        self.miss(&covered, signature);
    }

    /// The documents: what is not of the container itself.
    fn documents(&self) -> impl Iterator<Item = &'s UnpackedFile<'z>> {
        self.files.iter().filter(|file| ContainerRole::of(&file.name) == ContainerRole::Document)
    }

    /// A signature of a container covers every document in it.
    fn miss(&self, covered: &[&str], signature: &mut VerifiedSignature) {
        let missing: Vec<NamedRange> =
            self.documents().filter(|file| !covered.contains(&&*file.name)).map(range).collect();
        if missing.is_empty() {
            return;
        }
        let names: Vec<&str> = missing.iter().map(|file| &*file.name).take(4).collect();
        let text =
            format!("the container holds documents that it does not cover: {}", names.join(", "));
        signature.find(SubIndication::SigConstraintsFailure, text);
        signature.covers_document = false;
        signature.not_covered.extend(missing.into_iter().take(32));
    }
}

fn no_manifest() -> Wrong {
    let text = "there is no manifest that names it, and not one document".to_owned();
    (SubIndication::SignedDataNotFound, text)
}

fn range(file: &UnpackedFile<'_>) -> NamedRange {
    NamedRange { name: file.name.clone(), start: file.packed.start, end: file.packed.end }
}

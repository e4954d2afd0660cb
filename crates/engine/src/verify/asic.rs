//! ASiC containers (EN 319 162-1, 4): each signature and timestamp of the container, and that it covers every
//! document in it.

use percent_encoding::percent_decode_str;

use super::cms::{self, CmsContent};
use super::indication::{SubIndication, VerificationFinding};
use super::manifest::{AsicManifest, ListedFile, manifests};
use super::report::{CoveredFacts, NamedRange, VerificationReport, VerifiedSignature};
use super::timestamps::{self, TimestampedFile};
use super::trust::Questions;
use super::xml::{self, Beside};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::CmsRefusal;
use crate::pki::digest::Digest;
use crate::seal::reading::xml::is_outside;
use crate::seal::reading::{Existing, UnpackedFile, container};
use crate::seal::xml::xpath::Budget;

const SIMPLE: &[u8] = b"application/vnd.etsi.asic-s+zip";
const EXTENDED: &[u8] = b"application/vnd.etsi.asic-e+zip";
/// Files of signatures in one container, and manifests.
const MAX_SIGNATURES: usize = 16;

/// What is wrong with a file of signatures.
type Wrong = (SubIndication, String);

/// Verifies every signature of a container.
pub(super) fn verify(file: &[u8], questions: &Questions<'_>) -> VerificationReport {
    let settings = questions.settings;
    let at = settings.at.to_rfc3339();
    let report = |signatures, findings| VerificationReport::new("ASiC", at, signatures, findings);
    let files = match container(file, &settings.limits.patience) {
        Ok(files) => files,
        Err(refusal) => {
            let sub = match refusal {
                CmsRefusal::TimeUsedUp { .. }
                | CmsRefusal::ContainerTooLarge { .. }
                | CmsRefusal::ContainerTooManyFiles { .. } => SubIndication::Generic,
                _ => SubIndication::FormatFailure,
            };
            return report(Vec::new(), vec![VerificationFinding::new(sub, refusal.to_string())]);
        }
    };
    let mut findings = Vec::new();
    let find = |findings: &mut Vec<_>, (sub, text): Wrong| {
        findings.push(VerificationFinding::new(sub, text));
    };
    if let Err(wrong) = check_kind(&files) {
        find(&mut findings, wrong);
        return report(Vec::new(), findings);
    }
    let total = files.iter().map(|file| file.octets.len()).fold(0, usize::saturating_add);
    let budget = Budget::of_document(total).with_patience(&settings.limits.patience);
    let mut container = Container { files: &files, total, questions, budget, listing: Vec::new() };
    match container.manifests() {
        Ok(listing) => container.listing = listing,
        Err(wrong) => find(&mut findings, wrong),
    }
    if settings.detached.is_some() {
        let text = "a container has what it signs inside; the file that was given beside it is not looked at";
        find(&mut findings, (SubIndication::SignedDataNotFound, text.to_owned()));
    }
    let mut verified = Vec::new();
    let mut signing = 0;
    for file in &files {
        let role = Role::of(&file.name);
        if matches!(role, Role::Xades | Role::Cades | Role::Timestamp) {
            signing += 1;
        }
        if signing > MAX_SIGNATURES {
            let text = format!("more than {MAX_SIGNATURES} files of signatures are not looked at");
            find(&mut findings, (SubIndication::Generic, text));
            break;
        }
        match container.look_at(file, role) {
            Ok(all) => verified.extend(all),
            Err((sub, text)) => find(&mut findings, (sub, format!("{}: {text}", file.name))),
        }
    }
    report(verified, findings)
}

/// What a file of a container is, by its name (EN 319 162-1, 4.3.3, 4.4.3, 4.4.4, A.7). Whatever is none of
/// these is a document, wherever it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    MediaType,
    Xades,
    Cades,
    Timestamp,
    Manifest,
    /// OpenDocument's list of files, which no signature needs and nothing here believes.
    Listing,
    EvidenceRecord,
    Document,
}

impl Role {
    fn of(name: &str) -> Self {
        let Some(inside) = name.strip_prefix("META-INF/") else {
            return if name == "mimetype" { Self::MediaType } else { Self::Document };
        };
        let lower = inside.to_ascii_lowercase();
        let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
        let of_etsi = ["asicmanifest", "asicarchivemanifest", "asicevidencerecordmanifest"];
        let is_manifest = of_etsi.into_iter().any(|start| lower.starts_with(start));
        match extension {
            _ if lower.contains('/') => Self::Document,
            "xml" if is_manifest => Self::Manifest,
            "xml" if lower == "manifest.xml" => Self::Listing,
            "xml" if lower.contains("signature") => Self::Xades,
            "p7s" if lower.contains("signature") => Self::Cades,
            "tst" if lower.contains("timestamp") => Self::Timestamp,
            "ers" | "xml" if lower.contains("evidencerecord") => Self::EvidenceRecord,
            _ => Self::Document,
        }
    }
}

/// Whether a ZIP is a container of signatures: it says so (A.1), or says nothing and has some.
fn check_kind(files: &[UnpackedFile<'_>]) -> Result<(), Wrong> {
    let Some(kind) = files.iter().find(|file| file.name == "mimetype") else {
        let signs = |file: &UnpackedFile<'_>| {
            matches!(Role::of(&file.name), Role::Xades | Role::Cades | Role::Timestamp)
        };
        if files.iter().any(signs) {
            return Ok(());
        }
        let text = "it is a ZIP that neither says that it is an ASiC container (mimetype) nor has signatures \
                    of one";
        return Err((SubIndication::Generic, text.to_owned()));
    };
    let documents = files.iter().filter(|file| Role::of(&file.name) == Role::Document);
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
}

impl<'s, 'z> Container<'s, 'z> {
    /// The file that a URI names (RFC 3986): relative to the root of the container, whole.
    fn named(&self, uri: &str) -> Option<&'s UnpackedFile<'z>> {
        if uri.contains(['#', '?']) {
            return None;
        }
        let name = percent_decode_str(uri).decode_utf8().ok()?;
        let name = name.strip_prefix('/').unwrap_or(&name);
        self.files.iter().find(|file| file.name == name)
    }

    fn manifests(&self) -> Result<Vec<AsicManifest<'s>>, Wrong> {
        let files = self.files.iter().filter(|file| Role::of(&file.name) == Role::Manifest);
        let files: Vec<&UnpackedFile<'_>> = files.collect();
        if files.len() > MAX_SIGNATURES {
            let text = format!("more than {MAX_SIGNATURES} manifests are not looked at");
            return Err((SubIndication::Generic, text));
        }
        manifests(&files, &self.questions.settings.limits)
    }

    fn look_at(
        &self,
        file: &UnpackedFile<'_>,
        role: Role,
    ) -> Result<Vec<VerifiedSignature>, Wrong> {
        self.questions.settings.limits.patience.check().map_err(|over| {
            let refusal = CmsRefusal::from(over);
            (SubIndication::Generic, refusal.to_string())
        })?;
        let mut all = match role {
            Role::Xades => self.xades(file)?,
            Role::Cades => self.cades(file)?,
            Role::Timestamp => vec![self.timestamp(file)?],
            Role::Manifest => return self.is_used(file).map(|()| Vec::new()),
            Role::EvidenceRecord => {
                let text = "evidence records are not looked at".to_owned();
                return Err((SubIndication::Generic, text));
            }
            Role::MediaType | Role::Listing | Role::Document => return Ok(Vec::new()),
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
        match of.map(|of| Role::of(&of.name)) {
            Some(Role::Cades | Role::Timestamp) => Ok(()),
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
        let content = CmsContent {
            range: Some(range(signed)),
            digests: listed.iter().filter_map(|listed| listed.digest).collect(),
            ..CmsContent::new(&signed.name)
        };
        let mut all = cms::signers(&existing, &digest, &content, ["CAdES", "CMS"], self.questions);
        for signature in &mut all {
            self.cover(signed, &listed, signature);
        }
        Ok(all)
    }

    /// A timestamp over a manifest, or over the one document (4.3.3.4, 4.4.4.4).
    fn timestamp(&self, file: &UnpackedFile<'_>) -> Result<VerifiedSignature, Wrong> {
        let (signed, listed) = self.signed(file)?;
        self.budget
            .spend_on_text(signed.octets.len())
            .map_err(|error| (SubIndication::Generic, format!("what it is over takes {error}")))?;
        let digest = |algorithm: DigestAlgorithm| Digest::of(algorithm, &signed.octets);
        let over = TimestampedFile {
            format: "container timestamp",
            reference: &signed.name,
            range: range(signed),
            digest: &digest,
        };
        let mut signature = timestamps::of_file(Ok(&file.octets), &over, self.questions);
        self.cover(signed, &listed, &mut signature);
        Ok(signature)
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
        self.files.iter().filter(|file| Role::of(&file.name) == Role::Document)
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

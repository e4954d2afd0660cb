//! XML: XAdES and plain XML signatures, enveloped, enveloping and detached.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, NodeId};

use super::VerifySettings;
use super::coverage::{self, PartNames};
use super::existence::Existence;
use super::indication::{SubIndication, VerificationFinding};
use super::properties::{self, QualifyingProperties};
use super::report::{VerificationReport, VerifiedSignature};
use super::signer::{self, SaidOfSigner};
use super::timestamps::{self, HeldArchive};
use super::trust::{MAX_CERTIFICATES, Questions, ValidationData};
use crate::domain::refusal::Refusal;
use crate::pki::certificate::Certificate;
use crate::pki::public_key::PublicKey;
use crate::pki::signature::{CheckedValue, SignatureValue};
use crate::pki::timestamp::{TimestampFault, TimestampToken};
use crate::pki::to_be_signed::ToBeSigned;
use crate::seal::reading::xml::{self, By, Covered, CoveredStanding, Held, Outside};
use crate::seal::reading::{
    HeldXmlArchive, MAX_HELD, NamedCertificate, XADES_NAMESPACE, base64_text, child,
    proofs_of_signature, timestamps_of_signature,
};
use crate::seal::xml::source::Source;
use crate::seal::xml::xpath::Budget;
use crate::seal::xml::{DS_NAMESPACE, guard, is_element};

/// Verifies every signature of an XML document.
pub(super) fn verify(file: &[u8], settings: &VerifySettings) -> VerificationReport {
    let at = settings.at.to_rfc3339();
    let outside = |_: &str| settings.detached.as_deref();
    let octets = settings.detached.as_ref().map_or(0, Vec::len);
    let beside = Beside { outside: &outside, octets, is_container: false, own: None };
    match signatures(file, &Questions::new(settings), &beside) {
        Ok(verified) => {
            let signatures = verified.into_iter().map(|verified| verified.signature).collect();
            VerificationReport::new("XML", at, signatures, Vec::new())
        }
        Err(refusal) => {
            let finding = VerificationFinding::new(sub_of(&refusal), refusal.to_string());
            VerificationReport::new("XML", at, Vec::new(), vec![finding])
        }
    }
}

/// What it means that a document cannot be read.
pub(super) const fn sub_of(refusal: &Refusal) -> SubIndication {
    match refusal {
        Refusal::TimeUsedUp { .. } => SubIndication::Generic,
        _ => SubIndication::FormatFailure,
    }
}

/// What there is beside a document.
pub(super) struct Beside<'b> {
    pub(super) outside: Outside<'b>,
    /// How much that is altogether.
    pub(super) octets: usize,
    /// Whether these are the files of a container, whose reader sees to it that all are covered.
    pub(super) is_container: bool,
    /// The one signature that is looked at; all without it.
    pub(super) own: Option<OwnXml>,
}

/// A seal of ours in a document.
pub(super) struct OwnXml {
    pub(super) place: OwnPlace,
    /// Whether it has to cover the document.
    pub(super) whole: bool,
}

/// How a seal of ours is found.
pub(super) enum OwnPlace {
    /// It stands there.
    At(Range<usize>),
    /// It has this value.
    WithValue(Vec<u8>),
}

/// A signature, and what it covers outside of its document.
pub(super) struct VerifiedXml {
    pub(super) signature: VerifiedSignature,
    /// URIs of what it covers as it is, from the first byte to the last; none for a countersignature, which is
    /// over another signature.
    pub(super) outside: Option<Vec<String>>,
}

/// Verifies every signature of a document, with what is beside it.
///
/// # Errors
/// What the reader of XML refuses.
pub(super) fn signatures(
    file: &[u8],
    questions: &Questions<'_>,
    beside: &Beside<'_>,
) -> Result<Vec<VerifiedXml>, Refusal> {
    let limits = &questions.settings.limits;
    let source = Source::read(file)?;
    guard::check(&source, limits)?;
    let tree = guard::parse(&source, limits)?;
    // what could just be sealed can be looked at once more, from all sides
    let looks = if beside.own.is_some() { 4 } else { 1 };
    let octets = file.len().saturating_add(beside.octets);
    let budget = Budget::of_document(octets).times(looks).with_patience(&limits.patience);
    let mut all: Vec<Held> = Vec::new();
    let wanted =
        |node: Node<'_, '_>| beside.own.as_ref().is_none_or(|own| own.is_at(node, &source));
    xml::read_with(&tree, (limits, &budget), (&wanted, beside.outside), &mut |held| all.push(held));
    limits.patience.check()?;
    let mut timestamps_left = MAX_HELD;
    let (mut ids, mut names) =
        (all.iter().map(|held| held.node).collect(), PartNames::new(&source));
    if let Some(own) = &beside.own {
        if matches!(own.place, OwnPlace::At(_)) {
            // the outermost one where it stands
            all.truncate(1);
        }
        (ids, names) = (every_signature(&tree), PartNames::none(&source));
    }
    let mut verified = Vec::new();
    for held in &all {
        limits.patience.check()?;
        let Some(node) = tree.get_node(held.node) else { continue };
        let mut signature = VerifiedSignature::new(held.path.clone(), "XML Signature");
        let tokens = timestamps_of_signature(node, &mut timestamps_left, &budget);
        let tokens = tokens.unwrap_or_else(|fault| vec![Err(fault)]);
        let (ids, budget) = (&ids, &budget);
        let (is_container, own) = (beside.is_container, beside.own.as_ref());
        let (tree, outside) = (&tree, beside.outside);
        let one =
            XmlSignature { tree, node, held, ids, questions, budget, outside, is_container, own };
        let outside = one.verify(&tokens, &mut names, &mut signature);
        verified.push(VerifiedXml { signature: signature.concluded(), outside });
    }
    Ok(verified)
}

impl OwnXml {
    /// Whether a signature is in the seal that is looked at, or is that.
    fn is_at(&self, node: Node<'_, '_>, source: &Source<'_>) -> bool {
        let at = match &self.place {
            OwnPlace::At(range) => range,
            OwnPlace::WithValue(value) => {
                let written = child(node, DS_NAMESPACE, "SignatureValue").map(base64_text);
                return written
                    .is_some_and(|text| STANDARD.decode(text).is_ok_and(|it| it == *value));
            }
        };
        let range = node.range();
        let offsets = source.original_offsets(&[range.start, range.end]);
        matches!(*offsets, [start, end] if start >= at.start && end <= at.end && start < end)
    }
}

/// Those without a value too, which a seal may leave out.
fn every_signature(tree: &Document<'_>) -> Vec<NodeId> {
    let all = tree.descendants().filter(|node| is_element(*node, (DS_NAMESPACE, "Signature")));
    all.map(|node| node.id()).collect()
}

/// One signature of a document.
struct XmlSignature<'s, 'a, 'i, 'o> {
    tree: &'a Document<'i>,
    node: Node<'a, 'i>,
    held: &'s Held,
    /// Every signature that is verified.
    ids: &'s [NodeId],
    questions: &'s Questions<'s>,
    /// What looking at the document may cost.
    budget: &'s Budget,
    /// What lies outside of the document.
    outside: Outside<'o>,
    /// Whether what lies outside are the files of a container.
    is_container: bool,
    /// That it is a seal of ours.
    own: Option<&'s OwnXml>,
}

impl XmlSignature<'_, '_, '_, '_> {
    /// Judges the signature; gives what it covers outside, none for a countersignature.
    fn verify(
        &self,
        timestamps: &[Result<TimestampToken, TimestampFault>],
        names: &mut PartNames<'_, '_>,
        signature: &mut VerifiedSignature,
    ) -> Option<Vec<String>> {
        if let Some(recipe) = self.held.recipe {
            let text = format!("it is made by a recipe of {recipe}, which is not looked at");
            signature.find(SubIndication::Generic, text);
            self.references(names, signature);
            return Some(Vec::new());
        }
        let properties = properties::read(self.node, self.held, signature);
        if properties.is_some() {
            signature.format = "XAdES";
        }
        self.references(names, signature);
        let outside = self.coverage(names, signature);
        let mut data = ValidationData::of(self.key_info(signature));
        self.own_certificate(&mut data.certificates, signature);
        let archives = self.archives(&mut data, properties.is_some(), signature);
        let signing = self.value(properties.as_ref(), &data, signature);
        let Some(signing) = signing else { return outside };
        signature.level = properties.is_some().then_some("B");
        let own = properties.as_ref().and_then(|properties| properties.certificate.as_ref());
        let digests = self.held.covered.iter().filter_map(|covered| covered.digest);
        let said = SaidOfSigner {
            certificate: &signing,
            bound: own.is_some(),
            claimed: properties.as_ref().and_then(|properties| properties.claimed),
            algorithm: self.held.algorithm,
            digests: digests.chain(own.and_then(NamedCertificate::digest)).collect(),
            timestamps,
        };
        let proofs = timestamps::archives(archives, &data, self.questions, signature);
        let existence = Existence { data: &data, archives: &proofs };
        signer::judge(said, &existence, self.questions, signature);
        outside
    }

    /// Lists what is covered; what is wrong or cannot be found is a finding.
    fn references(&self, names: &mut PartNames<'_, '_>, signature: &mut VerifiedSignature) {
        if !self.held.covered.iter().any(|covered| covered.by != By::Manifest) {
            signature.find(SubIndication::FormatFailure, "it has no references");
        }
        for covered in &self.held.covered {
            let found = match &covered.standing {
                CoveredStanding::Right => None,
                CoveredStanding::Wrong => Some((SubIndication::HashFailure, "has another digest")),
                CoveredStanding::Elsewhere => Some((
                    SubIndication::SignedDataNotFound,
                    "leads out of the document, to something that was not given",
                )),
                CoveredStanding::Unknown(reason) => {
                    Some((SubIndication::SignedDataNotFound, reason.as_str()))
                }
            };
            if let Some((sub, what)) = found {
                signature.find(sub, format!("{covered}: {what}"));
            }
            if !self.may_pass(2, signature) {
                return;
            }
            signature.covered.push(coverage::facts(self.tree, covered, names));
        }
    }

    fn coverage(
        &self,
        names: &mut PartNames<'_, '_>,
        signature: &mut VerifiedSignature,
    ) -> Option<Vec<String>> {
        let counters = self
            .node
            .parent_element()
            .filter(|parent| is_element(*parent, (XADES_NAMESPACE, "CounterSignature")));
        if let Some(counter) = counters {
            self.countersigned(counter, signature);
            return None;
        }
        let outside = self.outside(signature);
        if self.own.is_some_and(|own| !own.whole) {
            signature.covers_document = true;
            return Some(outside);
        }
        if !self.may_pass(4, signature) {
            return Some(outside);
        }
        let found = coverage::of_document(self.tree, self.held, self.ids, names);
        if let Some(reason) = found.unknown {
            let text = format!("it cannot be said what it covers: {reason}");
            signature.find(SubIndication::SigConstraintsFailure, text);
        } else if !found.whole {
            let some: Vec<&str> = found.missing.iter().map(|part| &*part.name).take(4).collect();
            let text = format!(
                "the document holds more than it covers, which anybody may have added: {}",
                some.join(", ")
            );
            signature.find(SubIndication::SigConstraintsFailure, text);
        }
        signature.covers_document = found.whole && found.unknown.is_none();
        signature.not_covered = found.missing;
        if !found.around.is_empty() {
            let around = found.around.join(", ");
            let note = format!(
                "names and attributes of what stands around the covered elements are not covered: {around}"
            );
            signature.notes.push(note);
        }
        if found.parted {
            let note = "a comment that it does not cover parts a text: programs that read only the first \
                        piece read another value";
            signature.notes.push(note.to_owned());
        }
        Some(outside)
    }

    /// Pays for so many looks at every node of the document.
    fn may_pass(&self, looks: usize, signature: &mut VerifiedSignature) -> bool {
        let paid = self.budget.spend_on_passing(looks * self.tree.descendants().len());
        if let Err(error) = &paid {
            let text = format!("finding out what it covers takes {error}");
            signature.find(SubIndication::Generic, text);
        }
        paid.is_ok()
    }

    /// A countersignature covers the value of the signature that it is in (EN 319 132-1, 5.2.7).
    fn countersigned(&self, counter: Node<'_, '_>, signature: &mut VerifiedSignature) {
        let outer = counter
            .ancestors()
            .find(|above| is_element(*above, (DS_NAMESPACE, "Signature")))
            // one without a value is verified by nobody
            .filter(|outer| self.ids.contains(&outer.id()))
            .and_then(|outer| child(outer, DS_NAMESPACE, "SignatureValue"));
        signature.is_countersignature = true;
        if outer.is_some_and(|value| self.held.covers(value)) {
            signature
                .notes
                .push("it is a countersignature over the signature around it".to_owned());
        } else {
            let text = "it stands as a countersignature and does not cover the value of the signature \
                        around it";
            signature.find(SubIndication::SigConstraintsFailure, text);
        }
    }

    /// What lies outside and was given must be covered as it is; gives what is. References of manifests do not
    /// count, as anybody may have added them.
    fn outside(&self, signature: &mut VerifiedSignature) -> Vec<String> {
        let is_outside =
            |covered: &&Covered| xml::is_outside(&covered.uri) && covered.by == By::SignedInfo;
        let outside: Vec<&Covered> = self.held.covered.iter().filter(is_outside).collect();
        let mut whole = Vec::new();
        if !self.is_container && self.questions.settings.detached.is_some() && outside.is_empty() {
            let text = "it does not refer to the file that was given beside it";
            signature.find(SubIndication::SignedDataNotFound, text);
        }
        if !self.is_container && outside.len() > 1 {
            let text = "it refers to several files outside, and one was given at most";
            signature.find(SubIndication::SignedDataNotFound, text);
        }
        for covered in outside {
            let transforms = self.tree.get_node(covered.node);
            let transforms = transforms.and_then(|it| child(it, DS_NAMESPACE, "Transforms"));
            let selects = |transforms: Node<'_, '_>| {
                let mut all = transforms.children().filter(Node::is_element);
                let first = all.next().map(xml::is_canonicalization);
                first == Some(false) || all.next().is_some()
            };
            let may_select = self.own.is_some_and(|own| !own.whole);
            if transforms.is_some_and(selects) && !may_select {
                let text = format!("{covered}: its transforms may leave out something of the file");
                signature.find(SubIndication::SigConstraintsFailure, text);
            } else if covered.standing == CoveredStanding::Right {
                whole.push(covered.uri.clone());
            }
        }
        whole
    }

    /// The certificates in `ds:KeyInfo`, in its order.
    fn key_info(&self, signature: &mut VerifiedSignature) -> Vec<Certificate> {
        let mut certificates = Vec::new();
        let Some(key_info) = child(self.node, DS_NAMESPACE, "KeyInfo") else { return certificates };
        let written = key_info
            .children()
            .filter(|child| is_element(*child, (DS_NAMESPACE, "X509Data")))
            .flat_map(|x509| x509.children())
            .filter(|child| is_element(*child, (DS_NAMESPACE, "X509Certificate")));
        for node in written.take(MAX_CERTIFICATES) {
            let der = STANDARD.decode(base64_text(node)).unwrap_or_default();
            match Certificate::from_der(&der) {
                Ok(certificate) => certificates.push(certificate),
                Err(error) => {
                    signature
                        .notes
                        .push(format!("a certificate in ds:KeyInfo is of no use: {error}"));
                }
            }
        }
        certificates
    }

    /// Takes the validation data in the signature; gives its archive timestamps.
    fn archives(
        &self,
        data: &mut ValidationData,
        advanced: bool,
        signature: &mut VerifiedSignature,
    ) -> Vec<HeldArchive> {
        if !advanced || self.questions.own().is_some() {
            return Vec::new();
        }
        let limits = &self.questions.settings.limits;
        let proofs = proofs_of_signature(self.node, limits, self.budget, self.outside);
        data.add_collected(&proofs.data);
        if proofs.others > 0 {
            let note = format!(
                "{} archive timestamps are not looked at: of before XAdES 1.4.1, or too many",
                proofs.others
            );
            signature.notes.push(note);
        }
        let held = |HeldXmlArchive { token, covers }| HeldArchive { token, covers };
        proofs.archives.into_iter().map(held).collect()
    }

    /// A profile may leave certificates out; where some are, ours is one of them.
    fn own_certificate(
        &self,
        certificates: &mut Vec<Certificate>,
        signature: &mut VerifiedSignature,
    ) {
        let Some(own) = self.questions.own() else { return };
        let is_written = |node: Node<'_, '_>| is_element(node, (DS_NAMESPACE, "X509Certificate"));
        let key_info = child(self.node, DS_NAMESPACE, "KeyInfo");
        if !key_info.is_some_and(|key_info| key_info.descendants().any(is_written)) {
            certificates.push(own.clone());
        } else if certificates.iter().all(|one| one.der() != own.der()) {
            let text = "its certificate is not among those in ds:KeyInfo";
            signature.find(SubIndication::NoSigningCertificateFound, text);
        }
    }

    /// Finds the signing certificate and checks the value with its key; gives the certificate, whatever the
    /// value is.
    fn value(
        &self,
        properties: Option<&QualifyingProperties>,
        data: &ValidationData,
        signature: &mut VerifiedSignature,
    ) -> Option<Certificate> {
        let named = properties.and_then(|properties| properties.certificate.as_ref());
        let candidates: Vec<&Certificate> = match named {
            Some(named) => data.certificates.iter().filter(|one| named.is(one)).take(1).collect(),
            None => data.certificates.iter().collect(),
        };
        if candidates.is_empty() {
            let text = if named.is_some() && !data.certificates.is_empty() {
                "the certificate that it names as its own is not there"
            } else {
                "its signing certificate is not there"
            };
            signature.find(SubIndication::NoSigningCertificateFound, text);
            return None;
        }
        let Some(algorithm) = self.held.algorithm else {
            let method: String = self.held.method.chars().take(120).collect();
            // a keyed hash proves nothing to anybody who cannot make it himself (CVE-2009-0217)
            if method.contains("hmac") || method.is_empty() {
                let text = format!("its method '{method}' is none of signatures with key pairs");
                signature.find(SubIndication::FormatFailure, text);
            } else {
                let text = format!("its method '{method}' is not known here");
                signature.find(SubIndication::CryptoConstraintsFailure, text);
            }
            return None;
        };
        let digest = match &self.held.signed_info {
            Ok(digest) => digest.clone(),
            Err(reason) => {
                signature.find(SubIndication::FormatFailure, format!("ds:SignedInfo: {reason}"));
                return None;
            }
        };
        let octets = STANDARD.decode(&self.held.value).unwrap_or_default();
        let holds = |certificate: &Certificate| {
            let value = SignatureValue::of_key(certificate.key_kind(), octets.clone());
            let item = ToBeSigned::of_digest(algorithm, digest.clone())?;
            certificate.allows(algorithm)?;
            CheckedValue::new(&PublicKey::of(certificate), &item, value).map(drop)
        };
        // without a name of its own, the certificate is the one whose key made it
        let made = candidates.iter().take(8).find(|one| holds(one).is_ok()).copied();
        signature.value_holds = Some(made.is_some());
        if made.is_none() {
            let text =
                "the signature value is not of the signing certificate's key over ds:SignedInfo";
            signature.find(SubIndication::SigCryptoFailure, text);
        }
        made.or_else(|| candidates.first().copied()).cloned()
    }
}

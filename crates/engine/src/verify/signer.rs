//! Whose a signature is: the same questions for every format, once its value was checked.

use super::algorithms::{self, Foundations};
use super::existence::Existence;
use super::indication::SubIndication;
use super::objects::{SeenObject, SeenObjects};
use super::report::VerifiedSignature;
use super::timestamps;
use super::trust::{self, ExaminedPath, Questions, ValidationData};
use crate::domain::instant::Instant;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::pki::certificate::Certificate;
use crate::pki::timestamp::{TimestampFault, TimestampToken};

/// What a signature says of its signer.
pub(super) struct SaidOfSigner<'a> {
    pub(super) certificate: &'a Certificate,
    /// Whether the signature covers which certificate that is.
    pub(super) bound: bool,
    /// The signing time that is claimed.
    pub(super) claimed: Option<Instant>,
    pub(super) algorithm: Option<SignatureAlgorithm>,
    /// How what is covered was digested.
    pub(super) digests: Vec<DigestAlgorithm>,
    pub(super) timestamps: &'a [Result<TimestampToken, TimestampFault>],
}

/// Judges timestamps, certificate, path and algorithms, at the time that counts.
pub(super) fn judge(
    said: SaidOfSigner<'_>,
    existence: &Existence<'_>,
    questions: &Questions<'_>,
    signature: &mut VerifiedSignature,
) {
    let signing = said.certificate;
    if questions.by_itself(signing) {
        return show(&said, signature);
    }
    let proving = timestamps::examine(said.timestamps, existence, questions, signature);
    let inside = proving.iter().map(|token| token.info().gen_time).min();
    let proven = existence.since(inside);
    signature.proven_time = proven.map(Instant::to_rfc3339);
    if let Err(reason) = trust::may_sign(signing) {
        signature.find(SubIndication::ChainConstraintsFailure, reason);
    }
    check_claimed(&said, signature);
    let examined = existence.examine(signing, inside, questions);
    if signature.level.is_some() && proven.is_some() {
        let authorities = proving.iter().map(|token| (token.certificate(), None));
        let signers: Vec<_> = std::iter::once((signing, inside)).chain(authorities).collect();
        signature.level = Some(existence.level(&signers, questions).as_str());
    }
    signature.objects = gather(&said, &examined, existence.data, questions);
    let mut facts = trust::facts(signing, said.bound);
    facts.path = examined.subjects;
    facts.trust_anchor = examined.anchor;
    facts.revocation = examined.revocation;
    if let Some(services) = &questions.settings.services {
        let chain = examined.chain.as_ref();
        let path: Vec<&Certificate> =
            chain.map_or_else(|| vec![signing], |chain| chain.certificates().collect());
        let counting = proven.unwrap_or(questions.settings.at);
        facts.qualification = Some(services.qualification(&path, counting));
    }
    signature.signer = Some(facts);
    signature.findings.extend(examined.findings);
    let Some(algorithm) = said.algorithm.filter(|_| !questions.is_of_ours()) else { return };
    let foundations =
        Foundations { signing, algorithm, digests: said.digests, chain: examined.chain.as_ref() };
    let calendar = &questions.settings.calendar;
    let counting = proven.unwrap_or(questions.settings.at);
    algorithms::examine(&foundations, calendar, counting, signature);
}

fn check_claimed(said: &SaidOfSigner<'_>, signature: &mut VerifiedSignature) {
    let signing = said.certificate;
    let is_outside = |at: Instant| at < signing.not_before() || at > signing.not_after();
    if said.claimed.is_some_and(is_outside) {
        let text =
            "the signing time that is claimed is not within the signing certificate's validity";
        signature.find(SubIndication::SigConstraintsFailure, text);
    }
}

/// What a signature says by itself, whoever trusts it.
fn show(said: &SaidOfSigner<'_>, signature: &mut VerifiedSignature) {
    check_claimed(said, signature);
    signature.signer = Some(trust::facts(said.certificate, said.bound));
    for token in said.timestamps {
        match token {
            Ok(_) if signature.level.is_some() => signature.level = Some("T"),
            Ok(_) => {}
            Err(fault) => {
                let text = format!("a signature timestamp does not hold: {fault}");
                signature.find(SubIndication::SigConstraintsFailure, text);
            }
        }
    }
}

/// Gathers what a signature was verified with.
fn gather(
    said: &SaidOfSigner<'_>,
    path: &ExaminedPath,
    data: &ValidationData,
    questions: &Questions<'_>,
) -> SeenObjects {
    let certificates = match &path.chain {
        Some(chain) => chain.certificates().map(|one| SeenObject::of(one.der())).collect(),
        None => vec![SeenObject::of(said.certificate.der())],
    };
    let (lists, answers) = questions.seen(data);
    SeenObjects {
        name: said.certificate.common_name(),
        organization: said.certificate.organization(),
        certificates,
        lists,
        answers,
    }
}

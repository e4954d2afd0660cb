//! The signature of a list (TS 119 612, 5.7): one, over the whole of it, by a key that may sign it.

use super::fault::ListFault;
use super::read::TrustedList;
use crate::domain::algorithm::DigestAlgorithm;
use crate::domain::instant::Instant;
use crate::domain::text::hex;
use crate::pki::certificate::Certificate;
use crate::pki::path::TrustAnchor;
use crate::seal::Limits;
use crate::verify::{
    Indication, RevocationDemand, SubIndication, VerifiedSignature, VerifySettings, verify,
};

/// Clocks of those who issue lists may be ahead by as much.
const AHEAD_MS: i64 = 10 * 60 * 1000;

/// Whether the signature of a list holds and is of one of the signers. `list` is what was read from `file`. Their
/// certificates, and the algorithms, have to be good when the list says that it was issued: lists are renewed by
/// their own dates, not by those of keys.
///
/// # Errors
/// [`ListFault`].
pub(super) fn check_signature(
    file: &[u8],
    list: &TrustedList,
    signers: &[Certificate],
    at: Instant,
    limits: &Limits,
) -> Result<(), ListFault> {
    if signers.is_empty() {
        return Err(ListFault::NoSigners);
    }
    if list.issued > at.plus_ms(AHEAD_MS) {
        return Err(ListFault::Future(list.issued.to_rfc3339()));
    }
    let anchors = signers.iter().cloned().map(TrustAnchor::of).collect();
    let mut settings = VerifySettings::new(anchors, list.issued);
    // the signers are named one by one: whoever is not to sign any more is not named any more
    settings.revocation = RevocationDemand::NotAsked;
    settings.limits = limits.clone();
    let report = verify(file, &settings);
    let signature = match report.signatures.as_slice() {
        [] if report.findings.is_empty() => return Err(ListFault::Unsigned),
        [] => {
            let text = report.findings.first().map(|finding| finding.text.clone());
            let text = text.unwrap_or_default();
            let unsigned = text.contains("no signature");
            return Err(if unsigned { ListFault::Unsigned } else { ListFault::Signature(text) });
        }
        [signature] => signature,
        several => return Err(ListFault::Signatures(several.len())),
    };
    let signer = signature.signer.as_ref();
    // whoever a signer's key certifies is no signer himself
    let is_signer =
        |it: &Certificate| signer.is_some_and(|own| own.fingerprint == hex(&it.fingerprint()));
    if signature.value_holds == Some(true) && !signers.iter().any(is_signer) {
        let who = signer.map_or_else(String::new, |signer| signer.subject.clone());
        return Err(ListFault::Foreign(who));
    }
    let passed = report.indication == Indication::Passed || only_names_by_sha1(signature);
    if !passed || signature.format != "XAdES" {
        let first = signature.findings.first().map(|finding| finding.text.clone());
        let first = first.unwrap_or_else(|| "it is no XAdES".to_owned());
        // why a certificate is not taken for one that is there
        let useless = signature.notes.iter().find(|note| note.contains("is of no use"));
        let useless = useless.map(|note| format!("; {note}")).unwrap_or_default();
        return Err(ListFault::Signature(first + &useless));
    }
    Ok(())
}

/// Lists of before 2021 name the certificate of who signs them by SHA-1. That harms nothing: which certificate it is,
/// the signers say.
fn only_names_by_sha1(signature: &VerifiedSignature) -> bool {
    let sha1 = DigestAlgorithm::Sha1.as_str();
    let covers = signature.covered.iter().any(|covered| covered.digest == Some(sha1));
    let mut ended = signature.algorithms.iter().filter(|algorithm| !algorithm.accepted);
    let ended = ended.all(|algorithm| algorithm.of == "digest" && algorithm.name == sha1);
    let other = |sub| sub != SubIndication::CryptoConstraintsFailureNoPoe;
    let others = signature.findings.iter().any(|finding| other(finding.sub_indication));
    !covers && ended && !others
}

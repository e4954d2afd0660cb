//! Level LT of CMS signatures (EN 319 122-1, 6.3): the validation data of every signer and timestamp among the
//! certificates and the revocation data of the `SignedData`, which nothing signs.

use crate::domain::level::Level;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::cms::{Augmentation, Existing, HeldSigner, held_signers};
use crate::pki::digest::Digest;
use crate::pki::timestamp::{TimestampToken, held_by_signers};
use crate::pki::validation_data::{CollectedData, ValidationProof};
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::long_term::settings::{LongTermSettings, Raised};

/// Signers of a file that are looked at.
const MAX_SIGNERS: usize = 16;

/// Steps of finding out about one signer, as paths count them.
const STEPS: usize = 1_000_000;

/// Adds validation data to a CMS signature; of a detached one with what it signs.
///
/// # Errors
/// As [`crate::seal::long_term::raise`].
pub(in crate::seal) fn raise(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
) -> Result<Raised, LongTermFault> {
    let broken = |reason: String| {
        let signature = "the CMS signature".to_owned();
        LongTermFault::Broken { signature, reason }
    };
    let existing = Existing::read(&document).map_err(|reason| broken(reason.to_owned()))?;
    if existing.signer_count() > MAX_SIGNERS {
        return Err(LongTermFault::TooMany(MAX_SIGNERS));
    }
    if existing.is_archived().map_err(|reason| broken(reason.to_owned()))? {
        return Err(LongTermFault::Archived);
    }
    if existing.is_detached() && settings.content.is_none() {
        return Err(LongTermFault::ContentMissing);
    }
    let digest = |algorithm: DigestAlgorithm| {
        let beside = || settings.content.map(|content| Digest::of(algorithm, content));
        existing.digest(&document, algorithm).or_else(beside)
    };
    let signers = held_signers(&existing, &digest).into_iter().map(HeldSigner::right);
    let signers = signers.collect::<Result<Vec<_>, _>>().map_err(broken)?;
    if signers.is_empty() {
        return Err(LongTermFault::NoSeal);
    }
    let tokens = tokens(&existing, signers.len())?;
    let mut data = data_of(&existing, &tokens).map_err(|reason| broken(reason.to_owned()))?;
    data.add_all(collected)?;
    let mut proofs = Vec::new();
    for (number, (signer, tokens)) in signers.iter().zip(&tokens).enumerate() {
        let asked: Vec<&Certificate> =
            std::iter::once(signer).chain(tokens.iter().map(TimestampToken::certificate)).collect();
        let proof = data.prove(settings.trust, &asked, settings.at, STEPS);
        proofs.push(proof.map_err(|fault| {
            let signature = words(number);
            LongTermFault::Insufficient { signature, fault }
        })?);
    }
    let augmented = existing.augmented(&document, &augmentation(&proofs));
    let augmented = augmented.map_err(|reason| broken(reason.to_owned()))?;
    let changed = augmented.is_some();
    let bytes = augmented.unwrap_or(document);
    Ok(Raised { bytes, level: Level::Lt, changed, notes: Vec::new() })
}

fn words(number: usize) -> String {
    format!("signer {}", number + 1)
}

/// The timestamps of each signer that hold; every one has some.
fn tokens(existing: &Existing, signers: usize) -> Result<Vec<Vec<TimestampToken>>, LongTermFault> {
    let held = held_by_signers(existing).map_err(|fault| LongTermFault::Broken {
        signature: "a timestamp of the CMS signature".to_owned(),
        reason: fault.to_string(),
    })?;
    let mut all: Vec<Vec<TimestampToken>> = (0..signers).map(|_| Vec::new()).collect();
    let mut faults = vec![None; signers];
    for one in held {
        let number = (0..signers).find(|number| words(*number) == one.signature);
        let place = number.and_then(|at| all.get_mut(at).zip(faults.get_mut(at)));
        let Some((tokens, fault)) = place else { continue };
        for timestamp in one.timestamps {
            match timestamp {
                Ok(token) => tokens.push(token),
                Err(wrong) => *fault = Some(wrong.to_string()),
            }
        }
    }
    match all.iter().position(Vec::is_empty) {
        None => Ok(all),
        Some(number) => {
            let reason = faults.into_iter().nth(number).flatten();
            Err(LongTermFault::NoTimestamp { signature: words(number), reason })
        }
    }
}

/// What is in a signature and its timestamps.
fn data_of(
    existing: &Existing,
    tokens: &[Vec<TimestampToken>],
) -> Result<CollectedData, &'static str> {
    let mut data = CollectedData::default();
    let of_tokens = tokens.iter().flatten().flat_map(TimestampToken::certificates);
    for der in existing.certificates().chain(of_tokens) {
        if let Ok(certificate) = Certificate::from_der(der) {
            let _ = data.add_certificate(certificate);
        }
    }
    for der in existing.revocation()? {
        // What is none helps nobody.
        let _ = data.add_revocation(&der);
    }
    Ok(data)
}

fn augmentation<'p>(proofs: &'p [ValidationProof<'_>]) -> Augmentation<'p> {
    Augmentation {
        certificates: proofs.iter().flat_map(|it| &it.certificates).map(Certificate::der).collect(),
        lists: proofs.iter().flat_map(|it| &it.lists).map(|list| list.der()).collect(),
        answers: proofs.iter().flat_map(|it| &it.answers).map(|answer| answer.der()).collect(),
    }
}

//! Level LT of PDFs (EN 319 142-1, 6.3): a document security store with the validation data of every
//! signature and timestamp.

use super::changes;
use super::form::Form;
use super::security_store::{SecurityStore, StoreEntry};
use super::sound::{self, SoundKind, SoundSignature};
use crate::domain::level::Level;
use crate::domain::refusal::PdfRefusal;
use crate::pki::validation_data::{CollectedData, Insufficient};
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::long_term::settings::{LongTermSettings, Raised};
use crate::seal::pdf::{PdfFile, PdfLimits};

/// Steps of finding out about one signature, as paths count them.
const STEPS: usize = 1_000_000;

/// Steps of finding out what archive timestamps cover, all together.
const ALL_STEPS: usize = 20_000_000;

/// Adds validation data to a PDF: of every signature, or of the seal with this value, and of others what is there for
/// them.
///
/// # Errors
/// As [`crate::seal::long_term::raise`].
pub(in crate::seal) fn raise(
    mut document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    only: Option<&[u8]>,
) -> Result<Raised, LongTermFault> {
    let is_wanted = |signature: &SoundSignature| only.is_none_or(|only| signature.value == only);
    let limits = &settings.limits.pdf;
    let file = PdfFile::open(&document, limits)?;
    let catalog = file.catalog()?;
    let form = Form::read(&file, &catalog)?;
    let signatures = sound::read(&file, &form, &document, only)?;
    check_level_t(&signatures, &is_wanted)?;
    let notes = changes::check(&file, &form, &document, limits)?;
    let (store, mut data) = SecurityStore::read(&file, &catalog)?;
    data.add_all(collected)?;
    add_certificates(&mut data, &signatures)?;
    let archived = archived(&document, &signatures, settings)?;
    let mut entries = Vec::new();
    let mut is_lta = true;
    for (signature, archived) in signatures.iter().zip(archived) {
        if archived {
            continue;
        }
        is_lta &= signature.token().is_some() || !is_wanted(signature);
        match data.prove(settings.trust, &signature.signers(), settings.at, STEPS) {
            Ok(proof) => entries.push(StoreEntry { name: signature.name.clone(), proof }),
            Err(fault) if is_wanted(signature) => return Err(insufficient(signature, fault)),
            Err(_) => {}
        }
    }
    let update = store.add(&file, &entries)?;
    let level = if is_lta { Level::Lta } else { Level::Lt };
    let changed = update.is_some();
    document.extend(update.unwrap_or_default());
    Ok(Raised { bytes: document, level, changed, notes })
}

/// Whether there are seals in a PDF, all of them right and nothing done to it afterwards; gives what there
/// is to know about that.
///
/// # Errors
/// As [`crate::seal::long_term::stamp`].
pub(in crate::seal) fn check(
    document: &[u8],
    limits: &PdfLimits,
) -> Result<Vec<String>, LongTermFault> {
    let file = PdfFile::open(document, limits)?;
    let form = Form::read(&file, &file.catalog()?)?;
    let signatures = sound::read(&file, &form, document, None)?;
    if signatures.iter().all(|signature| signature.token().is_some()) {
        return Err(LongTermFault::NoSeal);
    }
    Ok(changes::check(&file, &form, document, limits)?)
}

fn insufficient(signature: &SoundSignature, fault: Insufficient) -> LongTermFault {
    LongTermFault::Insufficient { signature: signature.words(), fault }
}

/// Every seal that is wanted has a signature timestamp that holds, or a document timestamp over it.
fn check_level_t(
    signatures: &[SoundSignature],
    is_wanted: &dyn Fn(&SoundSignature) -> bool,
) -> Result<(), LongTermFault> {
    let mut seals = 0;
    for signature in signatures.iter().filter(|signature| is_wanted(signature)) {
        let SoundKind::Seal { timestamps, fault, .. } = &signature.kind else { continue };
        seals += 1;
        let over = |other: &SoundSignature| other.token().is_some() && other.end > signature.end;
        if timestamps.is_empty() && !signatures.iter().any(over) {
            let (signature, reason) = (signature.words(), fault.clone());
            return Err(LongTermFault::NoTimestamp { signature, reason });
        }
    }
    if seals == 0 { Err(LongTermFault::NoSeal) } else { Ok(()) }
}

/// Of which signatures a later document timestamp covers all that is needed, right at that time: nothing of
/// it can be lost any more, whatever becomes of the certificates.
fn archived(
    document: &[u8],
    signatures: &[SoundSignature],
    settings: &LongTermSettings<'_>,
) -> Result<Vec<bool>, LongTermFault> {
    let limits = &settings.limits.pdf;
    let covering = signatures.iter().filter_map(|archive| Some((archive, archive.token()?)));
    let pairs = covering.clone().count() * signatures.len();
    let steps = STEPS.min(ALL_STEPS / pairs.max(1));
    let mut archived = vec![false; signatures.len()];
    for (archive, token) in covering {
        let file = PdfFile::open(document.get(..archive.end).unwrap_or_default(), limits)?;
        let (_, mut data) = SecurityStore::read(&file, &file.catalog()?)?;
        add_certificates(&mut data, signatures)?;
        for (signature, archived) in signatures.iter().zip(&mut archived) {
            if *archived || signature.end >= archive.end {
                continue;
            }
            limits.patience.check().map_err(PdfRefusal::from)?;
            let at = token.info().gen_time;
            *archived = data.prove(settings.trust, &signature.signers(), at, steps).is_ok();
        }
    }
    Ok(archived)
}

/// What signatures bring along.
fn add_certificates(
    data: &mut CollectedData,
    signatures: &[SoundSignature],
) -> Result<(), LongTermFault> {
    for certificate in signatures.iter().flat_map(|signature| &signature.certificates) {
        data.add_certificate(certificate.clone())?;
    }
    Ok(())
}

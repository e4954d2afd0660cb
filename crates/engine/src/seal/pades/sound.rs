//! The signatures of a PDF and its document timestamps, each held against the octets that it covers: who
//! adds to them must know first that they are right. Whether anybody trusts them is not known here.

use super::form::Form;
use super::held::{HeldPdfSignature, held};
use super::security_store::entry_name;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::cms::{Existing, SignerPlace, held_signers};
use crate::pki::digest::{Digest, Hasher};
use crate::pki::signature::SignatureValue;
use crate::pki::timestamp::{TimestampToken, held_by_signers, signature_value};
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::pdf::PdfFile;

/// A signature that is right.
pub(super) struct SoundSignature {
    /// Name of the field that it is in.
    pub(super) field: String,
    /// How many octets of the file it covers, its own value among them.
    pub(super) end: usize,
    /// Its key in `/VRI`.
    pub(super) name: String,
    /// The signature value; none of a document timestamp.
    pub(super) value: Vec<u8>,
    pub(super) kind: SoundKind,
    /// The certificates in it.
    pub(super) certificates: Vec<Certificate>,
}

/// What a signature is.
pub(super) enum SoundKind {
    Seal {
        signer: Box<Certificate>,
        /// Those signature timestamps that hold.
        timestamps: Vec<TimestampToken>,
        /// Why the first one that does not hold does not.
        fault: Option<String>,
    },
    /// A document timestamp (EN 319 142-1, 5.4.3).
    Timestamp(Box<TimestampToken>),
}

impl SoundSignature {
    /// Who signed what it consists of: itself, and the timestamps in it.
    pub(super) fn signers(&self) -> Vec<&Certificate> {
        match &self.kind {
            SoundKind::Seal { signer, timestamps, .. } => std::iter::once(&**signer)
                .chain(timestamps.iter().map(TimestampToken::certificate))
                .collect(),
            SoundKind::Timestamp(token) => vec![token.certificate()],
        }
    }

    /// As people find it.
    pub(super) fn words(&self) -> String {
        words(&self.field)
    }

    /// The token of a document timestamp.
    pub(super) fn token(&self) -> Option<&TimestampToken> {
        match &self.kind {
            SoundKind::Timestamp(token) => Some(token),
            SoundKind::Seal { .. } => None,
        }
    }
}

/// Reads all of a file, in the order in which they were made; beside the seal with a value no more than those that are
/// right.
///
/// # Errors
/// [`LongTermFault::Broken`] for one that is not right, [`LongTermFault::NotPades`], what the reader refuses.
pub(super) fn read(
    file: &PdfFile<'_>,
    form: &Form,
    document: &[u8],
    only: Option<&[u8]>,
) -> Result<Vec<SoundSignature>, LongTermFault> {
    let held = held(file, form, document)?;
    let mut all = Vec::with_capacity(held.len());
    for one in &held {
        match sound(one, document) {
            Ok(sound) => all.push(sound),
            Err(fault) if only.is_none() => return Err(fault),
            Err(_) => {}
        }
    }
    if only.is_some_and(|only| !all.iter().any(|one| one.value == only)) {
        return Err(LongTermFault::NoSeal);
    }
    all.sort_by_key(|signature| signature.end);
    Ok(all)
}

fn words(field: &str) -> String {
    format!("the signature in '{field}'")
}

fn sound(held: &HeldPdfSignature, document: &[u8]) -> Result<SoundSignature, LongTermFault> {
    let broken = |reason: String| LongTermFault::Broken { signature: words(&held.field), reason };
    if !held.is_of_dictionary {
        return Err(broken("its value is another one than its dictionary says".to_owned()));
    }
    let value = Existing::unpadded(&held.value).map_err(|reason| broken(reason.to_owned()))?;
    let cms = Existing::read(value).map_err(|reason| broken(reason.to_owned()))?;
    let digest = |algorithm| covered(held, document, algorithm);
    let kind = match held.sub_filter.as_str() {
        "ETSI.RFC3161" => {
            let token = TimestampToken::from_der(value);
            let token = token.map_err(|fault| broken(fault.to_string()))?;
            let imprint = &token.info().imprint;
            if digest(imprint.algorithm()) != *imprint {
                return Err(broken("its imprint is not the digest of the file".to_owned()));
            }
            SoundKind::Timestamp(Box::new(token))
        }
        "ETSI.CAdES.detached" => seal(&cms, &digest).map_err(broken)?,
        other => {
            return Err(LongTermFault::NotPades {
                signature: words(&held.field),
                sub_filter: other.to_owned(),
            });
        }
    };
    let mut certificates: Vec<Certificate> =
        cms.certificates().filter_map(|der| Certificate::from_der(der).ok()).collect();
    if let SoundKind::Seal { timestamps, .. } = &kind {
        let of_tokens = timestamps.iter().flat_map(TimestampToken::certificates);
        certificates.extend(of_tokens.filter_map(|der| Certificate::from_der(der).ok()));
    }
    let (field, name) = (held.field.clone(), entry_name(&held.value));
    let value = match &kind {
        SoundKind::Seal { signer, .. } => {
            let written = signature_value(&cms, SignerPlace::Signer(0))
                .map_err(|reason| broken(reason.to_owned()))?;
            let value = SignatureValue::from_der(signer.key_kind(), &written);
            value.map(|value| value.octets().to_vec()).unwrap_or_default()
        }
        SoundKind::Timestamp(_) => Vec::new(),
    };
    Ok(SoundSignature { field, end: held.end(), name, value, kind, certificates })
}

/// The one signer of a CMS without a content of its own (EN 319 142-1, 4.1), and its timestamps.
fn seal(cms: &Existing, digest: &dyn Fn(DigestAlgorithm) -> Digest) -> Result<SoundKind, String> {
    if !cms.is_detached() {
        return Err("its value has a content of its own, which nobody sees".to_owned());
    }
    let signers = held_signers(cms, &|algorithm| Some(digest(algorithm)));
    let [signer] = <[_; 1]>::try_from(signers)
        .map_err(|signers| format!("it has {} signers, and one is allowed", signers.len()))?;
    let signer = Box::new(signer.right()?);
    let (mut timestamps, mut fault) = (Vec::new(), None);
    let inside = held_by_signers(cms).map_err(|fault| fault.to_string())?;
    for found in inside.into_iter().flat_map(|one| one.timestamps) {
        match found {
            Ok(token) => timestamps.push(token),
            Err(wrong) => fault = fault.or_else(|| Some(wrong.to_string())),
        }
    }
    Ok(SoundKind::Seal { signer, timestamps, fault })
}

fn covered(held: &HeldPdfSignature, document: &[u8], algorithm: DigestAlgorithm) -> Digest {
    let mut hasher = Hasher::new(algorithm);
    for range in held.covered.clone() {
        hasher.update(document.get(range).unwrap_or_default());
    }
    hasher.finish()
}

//! One document through the engine: looked at, prepared, finished. Keys and the database are asked by
//! whoever calls.

use std::ops::Range;
use std::sync::Arc;

use super::work::PendingDocument;
use crate::app::{App, ReadyCredential};
use crate::contents::Contents;
use crate::domain::client_service::Lint;
use crate::domain::document::{DocumentState, SealSettings, SigningError};
use crate::domain::ids::DocumentId;
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::domain::profile::{Expected, Format};
use crate::domain::refusal::Refusal;
use crate::pki::calendar::Calendar;
use crate::pki::certificate::Certificate;
use crate::pki::path::TrustAnchor;
use crate::pki::signature::{CheckedValue, SignatureValue};
use crate::pki::timestamp::TimestampToken;
use crate::seal::lint::LintRun;
use crate::seal::lint::schema::Schemas;
use crate::seal::long_term::LongTermFault;
use crate::seal::{self, Prepared, Profile, Room, Sealed, Signed};
use crate::store::contents::ContentChange;
use crate::store::documents::Intent;
use crate::store::kept_values::KeptValue;
use crate::store::operations::Outcome;
use crate::verify::{MadeSeal, OwnSealFault, RaisedSeal, SealFacts};
use crate::workflow::{credentials, settings};

/// How a document ended, and what becomes of its bytes.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) content: ContentChange,
    /// Why its seal is withheld.
    pub(super) withheld: Option<OwnSealFault>,
}

impl Ended {
    /// Whether it was sealed.
    pub(super) const fn is_sealed(&self) -> bool {
        matches!(self.outcome.state, DocumentState::Sealed { .. })
    }
}

/// A document with a gap, waiting for its signature value.
pub(super) struct PreparedDocument {
    pub(super) id: DocumentId,
    signing_time: Instant,
    pub(super) prepared: Prepared,
    pub(super) intent_stored: bool,
    /// What an earlier attempt got for it.
    pub(super) kept: Option<KeptValue>,
    /// What its seal has when it is released.
    pub(super) level: Level,
    /// Octets that a token may have, where the gap is fixed.
    pub(super) room: Option<usize>,
    profile: Profile,
    /// The settings, when lint added notes to them.
    noted: Option<SealSettings>,
}

/// A document with its signature value, which may have something to be added before it is finished.
pub(super) struct SignedDocument {
    pub(super) id: DocumentId,
    pub(super) signed: Signed,
    pub(super) level: Level,
    pub(super) room: Option<usize>,
    /// A timestamp over the value.
    pub(super) token: Option<TimestampToken>,
    /// The value, where it is to be kept until the seal is finished.
    pub(super) value: Option<Vec<u8>>,
    /// Whether value and token are kept already.
    pub(super) is_kept: bool,
    signing_time: Instant,
    profile: Profile,
    noted: Option<SealSettings>,
}

/// Octets of a gap that an attribute needs around its token.
const AROUND_TOKEN: usize = 64;

/// How a document is looked at: as its profile said when it was accepted.
pub(super) struct AskedLint {
    level: Lint,
    expected: Option<Expected>,
}

impl AskedLint {
    pub(super) fn of(app: &App, settings: &SealSettings) -> Self {
        // Only XML is looked at.
        let level = match settings.seal.format() {
            Format::Xades => settings.lint,
            Format::Pades | Format::Cades => Lint::None,
        };
        let SealSettings { expected, profile, .. } = settings;
        // Accepted before it was kept: as the profile says now, if it still exists.
        let now = || settings::expected(app, profile.as_deref(), level).ok().flatten();
        Self { level, expected: expected.clone().or_else(now) }
    }

    pub(super) fn lint<'a>(&'a self, schemas: &'a Schemas) -> LintRun<'a> {
        let expected = self.expected.as_ref();
        LintRun {
            level: self.level,
            roots: expected.map_or(&[], |expected| expected.roots.as_slice()),
            rules: expected.map(|expected| expected.rules.as_slice()),
            schemas,
        }
    }
}

/// Prepares a document; what cannot be prepared has ended.
pub(super) fn prepare_one(
    ready: &ReadyCredential,
    (document, content): (PendingDocument, Arc<Vec<u8>>),
    now: Instant,
    (limits, calendar): (&seal::Limits, &Calendar),
    lint: LintRun<'_>,
) -> Result<PreparedDocument, DocumentState> {
    let signing_time = document.intent.as_ref().map_or(now, |intent| intent.signing_time);
    let signing = ready.chain.signing();
    ready
        .signer
        .check_at(signing_time)
        .map_err(|refusal| refused(SigningError::InvalidCertificate, &refusal))?;
    let content = Arc::unwrap_or_clone(content);
    let refuse = |refusal| refused(SigningError::Configuration, &refusal);
    // A key may have been used for what has an intent; it was looked at before.
    let fresh = document.intent.is_none();
    if fresh {
        lint.before(&content, limits).map_err(refuse)?;
        limits.patience.check().map_err(|over| refuse(over.into()))?;
    }
    let room = Room { unsigned: document.settings.room };
    let prepared = seal::prepare_with_room(
        content,
        &document.settings.seal,
        &ready.signer,
        signing_time,
        limits,
        room,
    )
    .map_err(refuse)?;
    let mut notes = if fresh { lint.after(&prepared, limits).map_err(refuse)? } else { Vec::new() };
    notes.extend_from_slice(prepared.notes());
    let (algorithm, sha1) = (prepared.signature_algorithm(), document.settings.seal.uses_sha1());
    notes.extend(calendar.note(&ready.chain, algorithm, sha1, signing_time));
    if let Some(intent) = &document.intent
        && !reproduced(intent, signing, &prepared)
    {
        tracing::error!(document = %document.id, "the stored intent cannot be prepared again");
        return Err(DocumentState::Failed {
            error: SigningError::Internal,
            reason: "intent-not-reproducible".to_owned(),
            detail: "what was about to be signed cannot be prepared again by this version; \
                     send the document under a new external reference"
                .to_owned(),
        });
    }
    Ok(PreparedDocument {
        id: document.id,
        signing_time,
        prepared,
        intent_stored: document.intent.is_some(),
        kept: document.kept,
        level: document.settings.level,
        room: (room.unsigned > 0).then(|| room.unsigned.saturating_sub(AROUND_TOKEN)),
        profile: document.settings.seal.clone(),
        noted: noted(document.settings, notes),
    })
}

fn noted(mut settings: SealSettings, notes: Vec<String>) -> Option<SealSettings> {
    let some = !notes.is_empty();
    settings.notes.extend(notes);
    some.then_some(settings)
}

/// What is stored before the key is asked for a document.
pub(super) fn intent(ready: &ReadyCredential, document: &PreparedDocument) -> Intent {
    Intent {
        document: document.id,
        certificate_sha256: ready.chain.signing().fingerprint(),
        algorithm: document.prepared.signature_algorithm().as_str().to_owned(),
        signing_time: document.signing_time,
        digest_algorithm: document.prepared.digest().algorithm(),
        digest: document.prepared.digest().value().to_vec(),
    }
}

/// Puts the signature value to its document; one that does not fit ends it.
pub(super) fn attach(
    document: PreparedDocument,
    value: CheckedValue,
) -> Result<SignedDocument, DocumentState> {
    let PreparedDocument { id, level, room, signing_time, profile, noted, prepared, .. } = document;
    let octets = (level > Level::T).then(|| value.octets().to_vec());
    let signed = prepared.attach_checked(value).map_err(|error| value_wrong(id, &error))?;
    Ok(SignedDocument {
        id,
        signed,
        level,
        room,
        token: None,
        value: octets,
        is_kept: false,
        signing_time,
        profile,
        noted,
    })
}

/// Puts to a document what an earlier attempt got for it: what does not fit ends it.
pub(super) fn attach_kept(
    document: PreparedDocument,
    kept: KeptValue,
) -> Result<SignedDocument, DocumentState> {
    let PreparedDocument { id, level, room, signing_time, profile, noted, prepared, .. } = document;
    let signed = prepared.attach(SignatureValue::new(kept.value.clone()));
    let signed = signed.map_err(|error| value_wrong(id, &error))?;
    // Whether it is over this value is found out when it is put in.
    let token = kept.token.and_then(|der| TimestampToken::from_der(&der).ok());
    let (value, is_kept) = (Some(kept.value), token.is_some());
    Ok(SignedDocument {
        id,
        signed,
        level,
        room,
        token,
        value,
        is_kept,
        signing_time,
        profile,
        noted,
    })
}

fn value_wrong(id: DocumentId, error: &crate::pki::Error) -> DocumentState {
    tracing::error!(document = %id, error = %error, "signature value refused");
    DocumentState::Failed {
        error: SigningError::Internal,
        reason: "signature-value-wrong".to_owned(),
        detail: "the key back-end answered with a wrong signature value; tell the operator"
            .to_owned(),
    }
}

/// Writes the sealed document, with everything that is to be added. One that would have less than the level
/// that it was accepted with is not released, nor one whose seal `check` does not pass.
pub(super) fn finish(
    contents: &Contents,
    document: SignedDocument,
    check: impl FnOnce(&Sealed, &Profile) -> Result<(), OwnSealFault>,
) -> Ended {
    let level = document.level;
    let (sealed, rest) = match checked(contents, document, level, check) {
        Ok(checked) => checked,
        Err(ended) => return *ended,
    };
    rest.sealed(contents, sealed.into_bytes())
}

/// Writes a document with its seal and timestamp, to which more is added before it is released; it is looked at then.
pub(super) fn half_finished(
    contents: &Contents,
    document: SignedDocument,
) -> Result<LastingDocument, Box<Ended>> {
    let (sealed, rest) = checked(contents, document, Level::T, |_, _| Ok(()))?;
    let (facts, signature) = (SealFacts::of(&sealed), sealed.signature());
    let beside = sealed.beside().map(<[u8]>::to_vec);
    let seal = LastingSeal { facts, beside };
    Ok(LastingDocument { rest, bytes: sealed.into_bytes(), signature, seal })
}

/// A document whose seal has level T; it is to have more.
pub(super) struct LastingDocument {
    pub(super) rest: UnwrittenOutcome,
    pub(super) bytes: Vec<u8>,
    /// Where its seal stands.
    pub(super) signature: Range<usize>,
    pub(super) seal: LastingSeal,
}

/// What stays of a seal, whatever is added to it.
pub(super) struct LastingSeal {
    pub(super) facts: SealFacts,
    /// What it is over, when that is another file.
    pub(super) beside: Option<Vec<u8>>,
}

impl LastingSeal {
    /// The seal as it was made.
    pub(super) fn made<'s>(
        &'s self,
        rest: &'s UnwrittenOutcome,
        signature: Range<usize>,
    ) -> MadeSeal<'s> {
        self.facts.made(&rest.profile, signature, self.beside.as_deref())
    }

    /// The seal at its level, as it is looked at.
    pub(super) fn raised<'s>(
        &'s self,
        rest: &'s UnwrittenOutcome,
        trust: &'s [TrustAnchor],
        now: Instant,
    ) -> RaisedSeal<'s> {
        let (facts, beside) = (&self.facts, self.beside.as_deref());
        RaisedSeal { profile: &rest.profile, beside, facts, level: rest.level, trust, now }
    }
}

/// What is to be written of a document beside its bytes.
pub(super) struct UnwrittenOutcome {
    pub(super) id: DocumentId,
    /// What it is to have when it is released.
    pub(super) level: Level,
    signing_time: Instant,
    profile: Profile,
    noted: Option<SealSettings>,
}

impl UnwrittenOutcome {
    /// Whether it is a PDF, where gaps are made before they are filled.
    pub(super) const fn is_pdf(&self) -> bool {
        matches!(self.profile, Profile::Pades(_))
    }

    /// The document is sealed.
    pub(super) fn sealed(self, contents: &Contents, bytes: Vec<u8>) -> Ended {
        let Self { id, signing_time, profile, noted, .. } = self;
        let state = DocumentState::Sealed {
            signing_time,
            sha256: crate::pki::digest::sha256(&bytes),
            length: bytes.len() as u64,
        };
        Ended {
            outcome: Outcome { document: id, state, settings: noted, archive: None },
            content: contents.seal(id, Arc::new(bytes), profile.is_detached()),
            withheld: None,
        }
    }
}

/// A seal with its timestamp, which has a level at least and passes a check; or how its document ended.
fn checked(
    contents: &Contents,
    document: SignedDocument,
    least: Level,
    check: impl FnOnce(&Sealed, &Profile) -> Result<(), OwnSealFault>,
) -> Result<(Sealed, UnwrittenOutcome), Box<Ended>> {
    let SignedDocument { id, signed, level, token, signing_time, profile, noted, .. } = document;
    let sealed = match token {
        None => Ok(signed.finish()),
        Some(token) => signed.with_time_stamp(&token).map(seal::Extended::finish),
    };
    let error = match sealed {
        Ok(sealed) if sealed.level() >= least => {
            if let Err(fault) = check(&sealed, &profile) {
                return Err(Box::new(withheld(contents, id, fault)));
            }
            return Ok((sealed, UnwrittenOutcome { id, level, signing_time, profile, noted }));
        }
        Ok(sealed) => format!("it has level {} and not {least}", sealed.level()),
        Err(error) => error.to_string(),
    };
    tracing::error!(document = %id, error = %error, "the seal cannot be extended");
    Err(Box::new(failed(contents, id, engine_fault())))
}

/// How a document ended whose seal is not released.
pub(super) fn withheld(contents: &Contents, id: DocumentId, fault: OwnSealFault) -> Ended {
    tracing::error!(document = %id, fault = %fault, "a seal is withheld");
    Ended { withheld: Some(fault), ..failed(contents, id, seal_check_failed()) }
}

/// How a document ended that was not sealed.
pub(super) const fn failed(
    contents: &Contents,
    document: DocumentId,
    state: DocumentState,
) -> Ended {
    let outcome = Outcome { document, state, settings: None, archive: None };
    Ended { outcome, content: contents.forget(document), withheld: None }
}

/// Whether what was prepared is what was about to be signed: signature algorithm, digest, certificate.
fn reproduced(intent: &Intent, signing: &Certificate, prepared: &Prepared) -> bool {
    intent.algorithm == prepared.signature_algorithm().as_str()
        && intent.digest_algorithm == prepared.digest().algorithm()
        && intent.digest == prepared.digest().value()
        && intent.certificate_sha256 == signing.fingerprint()
}

/// A fault of ours, as its document says it.
pub(super) fn engine_fault() -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Internal,
        reason: "internal".to_owned(),
        detail: "a fault of ours, which the log describes; tell the operator".to_owned(),
    }
}

/// What was sealed is not what was to be sealed.
fn seal_check_failed() -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Internal,
        reason: "seal-check-failed".to_owned(),
        detail: "the seal that was made did not pass the check before release, and is not released; tell \
                 the operator, whose log says why"
            .to_owned(),
    }
}

/// Its bytes are not where they were written.
pub(super) fn content_missing() -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Internal,
        reason: "content-missing".to_owned(),
        detail: "the bytes of the document are missing in the database; tell the operator, and send the \
                 document again"
            .to_owned(),
    }
}

/// Whatever was done with it, the process did not survive.
pub(super) fn put_aside(tries: u32) -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Internal,
        reason: "put-aside".to_owned(),
        detail: format!(
            "the service ended {tries} times while it sealed this document, which is not tried any more; \
             tell the operator, the log names it"
        ),
    }
}

/// The engine does not come to an end with it.
pub(super) fn took_too_long(limit_ms: u64) -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Internal,
        reason: "document-too-slow".to_owned(),
        detail: format!(
            "the document was not prepared within {limit_ms} ms; send a simpler one, or tell the operator"
        ),
    }
}

/// Somebody has decided.
pub(super) fn ended_by_operator() -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Internal,
        reason: "ended-by-operator".to_owned(),
        detail: "the operator ended the operation before this document was sealed; ask the operator, or \
                 send the document again"
            .to_owned(),
    }
}

/// What no further try would change.
pub(super) fn key_refuses(error: &crate::keys::Error) -> DocumentState {
    DocumentState::Failed {
        error: SigningError::InvalidCertificate,
        reason: "key-refuses".to_owned(),
        detail: format!(
            "the sealing certificate cannot be used: {}; ask the operator to run chancery check",
            credentials::refuses(error)
        ),
    }
}

/// No time-stamp authority gave a token, and its client service does not wait. What authorities said is for the
/// operator.
pub(super) fn no_timestamp() -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Timestamp,
        reason: "timestamp-unavailable".to_owned(),
        detail: "no time-stamp authority gave a timestamp, and the client service is set not to wait for \
                 one; send the document again, or ask the operator"
            .to_owned(),
    }
}

/// Nobody said whether its certificates were revoked, and its client service does not wait.
pub(super) fn no_validation_data() -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Timestamp,
        reason: "validation-data-unavailable".to_owned(),
        detail: "nobody who may said whether the certificates of the seal were revoked, and the client service \
                 is set not to wait for that; send the document again, or ask the operator"
            .to_owned(),
    }
}

/// The certificate that it was to be sealed with was revoked.
pub(super) fn certificate_revoked() -> DocumentState {
    DocumentState::Failed {
        error: SigningError::InvalidCertificate,
        reason: "certificate-revoked".to_owned(),
        detail: "whoever issued the sealing certificate, or an authority above, says that it was revoked; ask the \
                 operator"
            .to_owned(),
    }
}

/// Something in the document keeps its seal from having the level.
pub(super) fn level_unreachable(level: Level, fault: &LongTermFault) -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Configuration,
        reason: "level-unreachable".to_owned(),
        detail: format!("the document cannot have level {level}: {fault}; ask for level T or B"),
    }
}

/// The client's or the certificate's cause, as its document says it.
pub(super) fn refused(error: SigningError, refusal: &Refusal) -> DocumentState {
    DocumentState::Failed { error, reason: refusal.code().to_owned(), detail: refusal.to_string() }
}

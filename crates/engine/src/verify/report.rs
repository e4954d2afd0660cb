//! What a verification says: for each signature who signed, when, what exactly, and what holds.
//! docs/verification.md explains every member.

use serde::Serialize;
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::indication::{Indication, SubIndication, VerificationFinding, conclude};
use super::objects::{SeenObject, SeenObjects};
use super::trusted_list::QualificationFacts;

/// What is said of one file, as the command and the API answer it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerifiedFile {
    /// How it was called; nothing when it was called nothing.
    pub file: Option<String>,
    pub report: VerificationReport,
}

/// The verdict on one file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerificationReport {
    /// The worst of all signatures and of what is said of the file.
    pub indication: Indication,
    /// Why it is not `TOTAL-PASSED`.
    pub sub_indication: Option<SubIndication>,
    /// What the file is.
    pub content: &'static str,
    /// The time for which it was verified.
    pub at: String,
    /// In the order of the file.
    pub signatures: Vec<VerifiedSignature>,
    /// What is said of the file itself.
    pub findings: Vec<VerificationFinding>,
}

/// What is known of one signature.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerifiedSignature {
    /// Where it stands.
    pub place: String,
    /// `XAdES`, `XML Signature` and so on.
    pub format: &'static str,
    /// The level that was shown: `B`, `T`, `LT` or `LTA`; none for a plain signature.
    pub level: Option<&'static str>,
    pub indication: Indication,
    pub sub_indication: Option<SubIndication>,
    /// Whether the value is that of the signing certificate's key over what is signed; nothing when that
    /// could not be computed.
    pub value_holds: Option<bool>,
    pub signer: Option<SignerFacts>,
    /// The signing time that the signer claims.
    pub claimed_time: Option<String>,
    /// The earliest time at which a timestamp proves that the signature was there.
    pub proven_time: Option<String>,
    pub timestamps: Vec<TimestampFacts>,
    /// Each algorithm that it stands on, with its end.
    pub algorithms: Vec<AlgorithmFacts>,
    /// Whether nothing of the document is left out but signatures and what holds them.
    pub covers_document: bool,
    /// What exactly is covered.
    pub covered: Vec<CoveredFacts>,
    /// What of the document is not covered, as far as it is listed.
    pub not_covered: Vec<NamedRange>,
    /// The signature policy that the signer names.
    pub policy: Option<PolicyFacts>,
    /// Why it does not pass.
    pub findings: Vec<VerificationFinding>,
    /// What should be known although it is no reason.
    pub notes: Vec<String>,
    /// Whether it stands in the signature whose value it is over; in JSON a note says so.
    #[serde(skip)]
    pub is_countersignature: bool,
    /// What it was verified with; not in JSON.
    #[serde(skip)]
    pub objects: SeenObjects,
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignerFacts {
    pub subject: String,
    pub issuer: String,
    pub serial_number: String,
    pub not_before: String,
    pub not_after: String,
    /// SHA-256 of the certificate, in hexadecimal digits.
    pub fingerprint: String,
    /// Whether the signature itself says that this is its certificate.
    pub bound: bool,
    /// Subjects from the signing certificate on, as far as a path goes.
    pub path: Vec<String>,
    /// Subject of the trust anchor, when a path holds.
    pub trust_anchor: Option<String>,
    /// What is known of the revocation of the certificates of the path; `not asked` when nobody asked.
    pub revocation: Vec<RevocationFacts>,
    /// What trusted lists say; nothing without any.
    pub qualification: Option<QualificationFacts>,
}

/// Whether one certificate is revoked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RevocationFacts {
    pub subject: String,
    /// `good`, `revoked`, `unknown`, `not asked`.
    pub status: &'static str,
    /// Since when it is revoked, or why it is not known.
    pub detail: Option<String>,
}

/// A timestamp in a signature.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TimestampFacts {
    /// `signature`, over its value, or `archive`, over all of it.
    pub kind: &'static str,
    /// What it says.
    pub time: Option<String>,
    /// Subject of the TSA's certificate.
    pub authority: Option<String>,
    /// Whether it holds, is over this signature, and its TSA is trusted.
    pub holds: bool,
    /// Why not.
    pub reason: Option<String>,
    /// Its token, where it can be read; not in JSON.
    #[serde(skip)]
    pub token: Option<SeenObject>,
}

/// An algorithm and its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AlgorithmFacts {
    /// What it is for.
    pub of: String,
    pub name: String,
    /// Its last day; nothing when no end is known.
    pub until: Option<String>,
    /// Where that is written.
    pub source: Option<String>,
    /// Whether it is accepted at the time that counts.
    pub accepted: bool,
}

/// One thing that is covered.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoveredFacts {
    /// The reference as it is written: a URI, the name of a file.
    pub reference: String,
    /// `right`, `wrong`, `elsewhere`, `unknown`.
    pub standing: &'static str,
    /// Why it cannot be computed.
    pub reason: Option<String>,
    /// The digest algorithm.
    pub digest: Option<&'static str>,
    /// The element and its bytes in the file, when it is one.
    pub element: Option<NamedRange>,
    /// What inside of it is left out, as far as it is listed.
    pub left_out: Vec<NamedRange>,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NamedRange {
    /// What it is, as people find it.
    pub name: String,
    /// Offset of its first byte in the file.
    pub start: usize,
    /// Offset behind its last byte.
    pub end: usize,
}

/// A signature policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PolicyFacts {
    /// Its identifier; nothing when it is implied.
    pub identifier: Option<String>,
}

impl VerifiedSignature {
    pub(super) fn new(place: String, format: &'static str) -> Self {
        Self {
            place,
            format,
            level: None,
            indication: Indication::Indeterminate,
            sub_indication: None,
            value_holds: None,
            signer: None,
            claimed_time: None,
            proven_time: None,
            timestamps: Vec::new(),
            algorithms: Vec::new(),
            covers_document: false,
            covered: Vec::new(),
            not_covered: Vec::new(),
            policy: None,
            findings: Vec::new(),
            notes: Vec::new(),
            is_countersignature: false,
            objects: SeenObjects::default(),
        }
    }

    pub(super) fn find(&mut self, sub_indication: SubIndication, text: impl Into<String>) {
        self.findings.push(VerificationFinding::new(sub_indication, text));
    }

    /// Passes only what was looked at to its end.
    pub(super) fn concluded(mut self) -> Self {
        if self.findings.is_empty() && self.value_holds != Some(true) {
            self.find(SubIndication::Generic, "the signature value was not checked");
        }
        (self.indication, self.sub_indication) = conclude(&self.findings);
        let signer = self.signer.as_mut().filter(|_| self.indication == Indication::Passed);
        if let Some(qualification) = signer.and_then(|signer| signer.qualification.as_mut()) {
            qualification.conclude();
        }
        self
    }
}

impl VerificationReport {
    pub(super) fn new(
        content: &'static str,
        at: String,
        signatures: Vec<VerifiedSignature>,
        mut findings: Vec<VerificationFinding>,
    ) -> Self {
        if signatures.is_empty() && findings.is_empty() {
            let text = "there is no signature in it";
            findings.push(VerificationFinding::new(SubIndication::FormatFailure, text));
        }
        let inside = signatures.iter().flat_map(|signature| &signature.findings);
        let all: Vec<VerificationFinding> = inside.chain(&findings).cloned().collect();
        let (indication, sub_indication) = conclude(&all);
        Self { indication, sub_indication, content, at, signatures, findings }
    }
}

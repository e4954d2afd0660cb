//! A report in few words: for each file and signature the verdict, who, when, at which level, and why not.
//! docs/verification.md explains every member.

use serde::Serialize;
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::indication::{Indication, SubIndication, VerificationFinding, conclude};
use super::report::{VerificationReport, VerifiedSignature};

/// The verdict on one file in few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerificationSummary {
    /// How it was called; nothing when it was called nothing.
    pub file: Option<String>,
    /// The worst of all signatures and of what is said of the file.
    pub indication: Indication,
    /// Why it is not `TOTAL-PASSED`.
    pub sub_indication: Option<SubIndication>,
    /// The time for which it was verified.
    pub at: String,
    /// In the order of the file.
    pub signatures: Vec<SignatureSummary>,
    /// What is said of the file itself.
    pub reasons: Vec<String>,
}

/// The verdict on one signature in few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignatureSummary {
    /// Where it stands.
    pub place: String,
    /// Format and level, such as `XAdES-B`; the format alone where no level was shown.
    pub level: String,
    /// Its own verdict and what is said of the file taken together.
    pub indication: Indication,
    pub sub_indication: Option<SubIndication>,
    /// Common name in the signing certificate.
    pub signed_by: Option<String>,
    /// Organization in the signing certificate.
    pub organization: Option<String>,
    /// When it was there for certain, by a timestamp; else when the signer says that it was made.
    pub time: Option<String>,
    /// Whether a timestamp proves that time.
    pub time_proven: bool,
    /// Whether nothing of the document is left out but signatures and what holds them.
    pub covers_document: bool,
    /// Why it does not pass.
    pub reasons: Vec<String>,
}

impl VerificationReport {
    /// The report in few words.
    #[must_use]
    pub fn summary(&self, file: Option<String>) -> VerificationSummary {
        VerificationSummary {
            file,
            indication: self.indication,
            sub_indication: self.sub_indication,
            at: self.at.clone(),
            signatures: self.signatures.iter().map(|one| self.summarized(one)).collect(),
            reasons: texts(&self.findings),
        }
    }

    /// A signature's verdict and what is said of the file taken together: a signature that is good by itself does not
    /// make a file good that holds more than it covers.
    #[must_use]
    pub fn verdict_on(&self, signature: &VerifiedSignature) -> (Indication, Option<SubIndication>) {
        let both: Vec<VerificationFinding> =
            signature.findings.iter().chain(&self.findings).cloned().collect();
        match conclude(&both) {
            (Indication::Passed, _) => (signature.indication, signature.sub_indication),
            told => told,
        }
    }

    fn summarized(&self, signature: &VerifiedSignature) -> SignatureSummary {
        let (indication, sub_indication) = self.verdict_on(signature);
        let proven = signature.proven_time.clone();
        let name = Some(signature.objects.name.clone()).filter(|name| !name.is_empty());
        let subject = || signature.signer.as_ref().map(|signer| signer.subject.clone());
        SignatureSummary {
            place: signature.place.clone(),
            level: signature.format_and_level(),
            indication,
            sub_indication,
            signed_by: name.or_else(subject),
            organization: signature.objects.organization.clone(),
            time_proven: proven.is_some(),
            time: proven.or_else(|| signature.claimed_time.clone()),
            covers_document: signature.covers_document,
            reasons: texts(&signature.findings),
        }
    }
}

impl VerifiedSignature {
    /// As `XAdES-B`; the format alone where no level was shown.
    #[must_use]
    pub fn format_and_level(&self) -> String {
        let level = self.level.map(|level| format!("-{level}")).unwrap_or_default();
        format!("{}{level}", self.format)
    }
}

fn texts(findings: &[VerificationFinding]) -> Vec<String> {
    findings.iter().map(|finding| finding.text.clone()).collect()
}

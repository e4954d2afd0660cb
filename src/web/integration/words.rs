//! Refusals in the words of this surface: what a client sent is called as it sent it.

use crate::domain::refusal::Refusal;

/// Where the settings of a seal stand in a document of a request.
const SETTINGS: &str = "signatureInfo.advancedSignatureInfo";

/// How sentences about a document begin in domain words, by their reason, and what to say instead.
const BEGINNINGS: [(&str, &str, &str); 6] = [
    ("base64-invalid", "the content ", "documentRequest.base64Content "),
    ("content-type-unknown", "content type ", "documentRequest.contentType "),
    ("content-mismatch", "the content type ", "documentRequest.contentType "),
    ("not-available", "a timestamp ", "signatureInfo.applyTimestamp: a timestamp "),
    ("not-available", "level ", "signatureInfo.signatureLevel: level "),
    ("setting-invalid", "the settings: ", "signatureInfo.advancedSignatureInfo: "),
];

/// The sentence about a document, as it is stored, in this surface's words.
#[must_use]
pub fn about_document(reason: &str, detail: &str) -> String {
    for (of, domain, wire) in BEGINNINGS {
        if of == reason
            && let Some(rest) = detail.strip_prefix(domain)
        {
            return format!("{wire}{rest}");
        }
    }
    // What an earlier release stored has its path.
    let about_setting = matches!(reason, "setting-invalid" | "setting-conflict");
    if about_setting && !detail.starts_with("signatureInfo.") {
        return format!("{SETTINGS}.{detail}");
    }
    detail.to_owned()
}

/// The sentence about a request.
pub(super) fn about_request(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoDocuments => format!("documents: {refusal}"),
        Refusal::ReferenceRepeated { position, reference } => format!(
            "documents[{position}].documentRequest.externalReference repeats '{reference}'; give every \
             document of a request its own"
        ),
        other => other.to_string(),
    }
}

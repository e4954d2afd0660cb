//! Errors by what a person can do about them. The names are those of `docs/errors.md`, and never change.

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorTopic {
    /// The file is cut off, damaged, empty or cannot be read as what it is.
    FileDamaged,
    /// The file is larger or more complicated than is taken.
    FileTooLarge,
    /// The file is locked, or holds what must not be sealed.
    FileProtected,
    /// The document breaks the rules for documents of its kind.
    RuleBroken,
    /// The document has a signature that leaves no room for the seal, or that the seal would break.
    SignedAlready,
    /// The document is not what the request says it is.
    Mislabelled,
    /// The seal that was asked for does not exist, or not for this document.
    SealSettings,
    /// The picture of the signature cannot be put where it was asked for.
    VisibleSignature,
    /// The sealing certificate cannot be used.
    Certificate,
    /// The key of the certificate does not sign.
    Key,
    /// A time-stamp authority, or whoever tells of certificates, does not answer.
    OutsideAuthority,
    /// The client service or its company is suspended.
    Suspended,
    /// Something is wrong or missing in this installation.
    Installation,
    /// Somebody ended the operation.
    EndedByPerson,
    /// The request was not understood.
    RequestMalformed,
    /// The reference belongs to something else already.
    ReferenceUsed,
    /// Too much was asked for in a short time.
    TooMuchAtOnce,
    /// The client service is not logged in, or not for this.
    NotLoggedIn,
    /// What was asked for does not exist, or not any more.
    NotThere,
    /// What was asked for is not there yet.
    TooEarly,
    /// The mail cannot be sent.
    MailNotSent,
    /// The webhook cannot be set up like this.
    WebhookRefused,
    /// A part of the service did not answer.
    NoAnswer,
}

impl ErrorTopic {
    /// All of them, those that people meet most first.
    pub const ALL: [Self; 23] = [
        Self::FileDamaged,
        Self::FileTooLarge,
        Self::FileProtected,
        Self::RuleBroken,
        Self::SignedAlready,
        Self::Mislabelled,
        Self::SealSettings,
        Self::VisibleSignature,
        Self::Certificate,
        Self::Key,
        Self::OutsideAuthority,
        Self::Suspended,
        Self::Installation,
        Self::EndedByPerson,
        Self::RequestMalformed,
        Self::ReferenceUsed,
        Self::TooMuchAtOnce,
        Self::NotLoggedIn,
        Self::NotThere,
        Self::TooEarly,
        Self::MailNotSent,
        Self::WebhookRefused,
        Self::NoAnswer,
    ];

    /// The topic of an error; `None`: there is no error of that name.
    #[must_use]
    pub fn of(reason: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.reasons().contains(&reason))
    }

    /// The errors of a topic.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "it is a table, row by row")]
    pub const fn reasons(self) -> &'static [&'static str] {
        match self {
            Self::FileDamaged => &[
                "xml-malformed",
                "xml-version-unsupported",
                "encoding-unsupported",
                "encoding-contradicted",
                "prefix-undeclared",
                "namespace-relative",
                "id-duplicate",
                "pdf-none",
                "pdf-truncated",
                "pdf-damaged",
                "pdf-circle",
                "pdf-no-pages",
                "cms-malformed",
                "cms-content-missing",
                "container-malformed",
                "container-empty",
                "container-name-repeated",
                "container-name",
                "document-empty",
                "base64-invalid",
                "canonicalization-unsupported",
            ],
            Self::FileTooLarge => &[
                "document-too-large",
                "xml-too-deep",
                "xml-too-many-nodes",
                "xml-too-many-attributes",
                "xml-too-many-namespaces",
                "xpath-too-expensive",
                "time-used-up",
                "document-too-slow",
                "pdf-too-deep",
                "pdf-too-many-objects",
                "pdf-too-much-data",
                "pdf-too-much-memory",
                "pdf-too-expensive",
                "cms-too-many-inside",
                "container-too-many-files",
                "container-too-large",
                "container-full",
                "archive-too-large",
            ],
            Self::FileProtected => &[
                "doctype-forbidden",
                "pdf-password-needed",
                "pdf-encryption-unsupported",
                "pdf-forbidden",
                "pdf-xfa",
                "pdf-active-content",
            ],
            Self::RuleBroken => &["lint-failed", "schema-invalid"],
            Self::SignedAlready => &[
                "would-break-signature",
                "location-in-signature",
                "location-occupied",
                "location-placeholder",
                "place-holds-more",
                "pdf-certified",
                "pdf-field-locked",
                "pdf-field-signed",
                "pdf-certification-too-late",
                "pdf-shadowed",
                "cms-signed",
                "cms-several-signers",
                "container-sealed",
                "container-kind",
                "container-signature-wrong",
            ],
            Self::Mislabelled => &[
                "content-type-unknown",
                "content-mismatch",
                "format-mismatch",
                "name-invalid",
                "cms-not-signed",
            ],
            Self::SealSettings => &[
                "not-available",
                "setting-meaningless",
                "profile-unknown",
                "profile-format",
                "level-forbidden",
                "level-unreachable",
                "sha1-not-allowed",
                "setting-invalid",
                "setting-conflict",
                "id-taken",
                "scaffolding-impossible",
                "location-invalid",
                "location-missing",
                "location-ambiguous",
                "transform-unknown",
                "canonicalization-unknown",
                "xpath-invalid",
                "transform-impossible",
                "reference-covers-itself",
            ],
            Self::VisibleSignature => &[
                "pdf-page-missing",
                "pdf-field-missing",
                "pdf-field-kind",
                "pdf-field-invisible",
                "pdf-field-demands",
                "pdf-placeholder-missing",
                "pdf-area-outside",
                "pdf-template-invalid",
                "pdf-character-missing",
                "pdf-text-too-long",
                "pdf-image-unreadable",
                "pdf-image-too-large",
                "pdf-appearance-too-large",
            ],
            Self::Certificate => &[
                "no-credential",
                "credential-disabled",
                "certificate-expired",
                "certificate-not-yet-valid",
                "certificate-unusable",
                "certificate-revoked",
            ],
            Self::Key => &["key-refuses", "key-unavailable", "signature-value-wrong"],
            Self::OutsideAuthority => &["validation-data-unavailable", "timestamp-unavailable"],
            Self::Suspended => &["client-service-suspended", "issuer-suspended"],
            Self::Installation => &[
                "internal",
                "schemas-missing",
                "content-missing",
                "put-aside",
                "seal-check-failed",
                "intent-not-reproducible",
            ],
            Self::EndedByPerson => &["ended-by-operator"],
            Self::RequestMalformed => &[
                "json-malformed",
                "multipart-malformed",
                "member-missing",
                "member-invalid",
                "member-too-long",
                "reference-invalid",
                "no-documents",
                "too-many-documents",
                "reference-repeated",
                "alias-invalid",
                "body-too-large",
                "body-unfinished",
                "content-coding-unsupported",
                "charset-unsupported",
                "host-missing",
                "address-unknown",
                "method-unknown",
            ],
            Self::ReferenceUsed => &["reference-reused", "document-reference-reused"],
            Self::TooMuchAtOnce => {
                &["too-many-requests", "hourly-limit", "mail-limit", "resend-limit"]
            }
            Self::NotLoggedIn => &[
                "access-token-missing",
                "access-token-malformed",
                "access-token-expired",
                "access-token-invalid",
                "oauth-scope-missing",
            ],
            Self::NotThere => &[
                "operation-not-found",
                "contents-gone",
                "not-preserved",
                "evidence-only-der",
                "endpoint-not-found",
            ],
            Self::TooEarly => &[
                "operation-unfinished",
                "documents-unfinished",
                "evidence-pending",
                "in-work",
                "postponed",
            ],
            Self::MailNotSent => &[
                "no-receivers",
                "too-many-receivers",
                "receiver-local",
                "nothing-sealed",
                "mail-not-taken",
            ],
            Self::WebhookRefused => &["webhook-url-refused", "too-many-endpoints"],
            Self::NoAnswer => &["unavailable", "outcome-unknown"],
        }
    }
}

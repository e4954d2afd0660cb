//! Every reason for which we say no. A refusal is the client's cause and says what to change;
//! each surface turns it into its own codes in one `match` without wildcard.

mod cms;
mod pdf;

pub use cms::CmsRefusal;
pub use pdf::PdfRefusal;

use thiserror::Error;

/// Why a request or a document is refused. `Display` is a sentence for the person who reads it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    // ---- the request as a whole: nothing is recorded ----
    #[error("the body is not JSON: {detail}")]
    JsonMalformed { detail: String },
    #[error("missing {path}")]
    MemberMissing { path: String },
    #[error("{path} must be {expected}")]
    MemberInvalid { path: String, expected: String },
    #[error("{path} is longer than {limit} characters; shorten it")]
    MemberTooLong { path: String, limit: usize },
    #[error(
        "the external reference cannot be used because {reason}; send 1 to 255 printable characters"
    )]
    ReferenceInvalid { reason: &'static str },
    #[error("the request has no documents; send at least one")]
    NoDocuments,
    #[error("the request has {count} documents; send at most {limit} in one request")]
    TooManyDocuments { count: usize, limit: usize },
    #[error(
        "document {} repeats the external reference '{reference}'; give every document of a request its own",
        position + 1
    )]
    ReferenceRepeated { position: usize, reference: String },
    #[error("{count} receivers were named; name at most {limit} at once")]
    TooManyReceivers { count: usize, limit: usize },
    #[error(
        "mails are not sent to {address}: its domain is known in local networks only; name a receiver on \
         the internet, or ask the operator for delivery.allow_local_receivers"
    )]
    ReceiverLocal { address: String },
    /// `seconds` from now it is free again.
    #[error(
        "{what}: {limit} in 24 hours are allowed and these would be more; nothing was recorded, send it \
         again after {free}, or ask the operator for a higher limit"
    )]
    MailLimit { what: String, limit: u32, free: String, seconds: u64 },
    #[error("no receiver was named; send at least one mail address")]
    NoReceivers,
    #[error(
        "the operation is not finished; its receivers are told when it is, so send nothing again yet"
    )]
    OperationUnfinished,
    #[error("the operation is not finished; ask for its documents when its status is EXECUTED")]
    DocumentsUnfinished,
    #[error(
        "the document has no evidence record yet: it gets one after the end of the day (UTC) on which it was sealed; ask \
         for it then"
    )]
    EvidencePending,
    #[error(
        "the evidence record is to be had in DER only (RFC 4998): {reason}; ask for it without format"
    )]
    EvidenceOnlyInDer { reason: &'static str },
    #[error(
        "the documents of the operation have more than {limit} bytes together; ask for the operation \
         with its contents instead"
    )]
    ArchiveTooLarge { limit: u64 },
    #[error("the body is not multipart/form-data (RFC 7578): {detail}")]
    MultipartMalformed { detail: String },
    #[error(
        "the integrity of the operation's documents is not promised (preserveContent), so that there is no preservation to \
         extend"
    )]
    NotPreserved,
    #[error("no document of the operation is sealed, so there is nothing to send")]
    NothingSealed,
    #[error("the contents of the operation are no longer stored; ask without attached documents")]
    ContentsGone,
    #[error("{what} was sent mails about this operation often enough today; try again tomorrow")]
    ResendLimit { what: String },
    #[error("webhooks cannot be sent to {url}: {reason}")]
    WebhookUrlRefused { url: String, reason: String },
    #[error(
        "the client service has {limit} webhook endpoints, which is the most; remove one first"
    )]
    TooManyEndpoints { limit: usize },
    #[error("the alias must be 3 to 100 characters of A-Z a-z 0-9 . - _")]
    AliasInvalid,
    #[error("the client service is suspended; ask the operator to activate it")]
    ClientServiceSuspended,
    #[error("the issuer company is suspended; ask the operator to activate it")]
    IssuerSuspended,
    #[error("no credential is assigned to the client service; ask the operator to assign one")]
    NoCredential,
    #[error("the sealing credential is disabled; ask the operator to assign another")]
    CredentialDisabled,
    #[error("the sealing certificate expired on {not_after}; ask the operator to renew it")]
    CertificateExpired { not_after: String },
    #[error("the sealing certificate is not valid before {not_before}; wait, or check the clock")]
    CertificateNotYetValid { not_before: String },
    #[error("the sealing certificate cannot be used: {reason}")]
    CertificateUnusable { reason: String },

    // ---- one document: recorded at that document only ----
    #[error("the content is not base64 (RFC 4648): {detail}")]
    Base64Invalid { detail: String },
    #[error("the document is empty")]
    DocumentEmpty,
    #[error("the document has {size} bytes; the limit is {limit}")]
    DocumentTooLarge { size: usize, limit: usize },
    #[error(
        "the document name cannot be used because {reason}; send a plain file name of 1 to 255 characters"
    )]
    NameInvalid { reason: &'static str },
    #[error(
        "content type {value} is not known; send application/xml, text/xml, application/pdf or application/octet-stream"
    )]
    ContentTypeUnknown { value: String },
    #[error(
        "the content type says {declared} but the content looks like {found}; send the right content type or content"
    )]
    ContentMismatch { declared: String, found: &'static str },
    #[error("{format} cannot seal {content}; {remedy}")]
    FormatMismatch { format: &'static str, content: &'static str, remedy: &'static str },
    #[error("{what} is not available in this version; {remedy}")]
    NotAvailable { what: String, remedy: &'static str },
    #[error("{path} has no meaning for {format}; leave it out")]
    SettingMeaningless { path: &'static str, format: &'static str },

    #[error("profile '{name}' does not exist; known: {known}")]
    ProfileUnknown { name: String, known: String },
    #[error("profile '{name}' is not for {format}, but for {formats}; name another, or none")]
    ProfileFormat { name: String, format: &'static str, formats: String },
    #[error(
        "profile '{name}' is not for level {level}, but for {levels}; ask for one of these, or for another profile"
    )]
    LevelForbidden { name: String, level: &'static str, levels: String },
    #[error(
        "the seal would use SHA-1, which the client service must not; ask for another algorithm, or ask the operator to allow it"
    )]
    Sha1NotAllowed,
    #[error("{path}: {reason}")]
    SettingInvalid { path: String, reason: String },
    #[error("{path} cannot be used like this: {rule}")]
    SettingConflict { path: &'static str, rule: String },
    #[error(
        "the seal would have the Id '{id}', which the document has; use another pattern in ids"
    )]
    IdTaken { id: String },
    #[error(
        "the seal would break the signature at {path}: {what} would no longer hold; ask for packaging DETACHED, for another signatureLocation, or for existingSignatures COUNTERSIGN"
    )]
    WouldBreakSignature { path: String, what: String },
    #[error(
        "the seal would stand inside of the signature at {path} and break it; ask for packaging DETACHED, or, if it is a XAdES signature, for existingSignatures COUNTERSIGN"
    )]
    LocationInSignature { path: String },
    #[error("the UBL scaffolding cannot be created: {reason}")]
    ScaffoldingImpossible { reason: String },
    #[error("{path} breaks the rule {rule}: {detail} (line {line}, column {column})")]
    LintFailed { rule: &'static str, detail: String, path: String, line: u32, column: u32 },
    #[error("{path} is not valid under {schema}: {detail} (line {line}, column {column})")]
    SchemaInvalid { detail: String, path: String, line: u32, column: u32, schema: String },
    #[error(
        "the document is to be validated but its schemas are not installed; ask the operator to run chancery check, or to set another lint level"
    )]
    SchemasMissing,

    // XML
    #[error("the document is not well-formed XML: {detail} (line {line}, column {column})")]
    XmlMalformed { detail: String, line: u32, column: u32 },
    #[error(
        "the document has a document type declaration (DOCTYPE); remove it, entities are never expanded here"
    )]
    DoctypeForbidden,
    #[error("the XML declaration names version {version}; only XML 1.0 can be sealed")]
    XmlVersionUnsupported { version: String },
    #[error(
        "encoding {name} cannot be sealed; send UTF-8, UTF-16, ISO-8859-1, ISO-8859-2, ISO-8859-15, windows-1250, windows-1252 or US-ASCII"
    )]
    EncodingUnsupported { name: String },
    #[error(
        "the document declares or implies {declared} but byte {offset} contradicts it; save it in the declared encoding"
    )]
    EncodingContradicted { declared: String, offset: usize },
    #[error("elements are nested deeper than {limit} levels")]
    XmlTooDeep { limit: usize },
    #[error("the document has more than {limit} nodes")]
    XmlTooManyNodes { limit: usize },
    #[error("element {element} has more than {limit} attributes")]
    XmlTooManyAttributes { element: String, limit: usize },
    #[error("more than {limit} namespace declarations are in scope at element {element}")]
    XmlTooManyNamespaces { element: String, limit: usize },
    #[error("namespace prefix '{prefix}' is not declared (line {line}, column {column})")]
    PrefixUndeclared { prefix: String, line: u32, column: u32 },
    #[error(
        "namespace name '{uri}' is not an absolute URI (RFC 3986); canonicalization allows no other"
    )]
    NamespaceRelative { uri: String },
    #[error("the Id '{id}' appears more than once; make every Id unique")]
    IdDuplicate { id: String },
    #[error(
        "signatureLocation '{location}' is not a name, a prefix:name or an absolute path of such names"
    )]
    LocationInvalid { location: String },
    #[error("signatureLocation '{location}' matches no element; {candidates}")]
    LocationMissing { location: String, candidates: String },
    #[error(
        "signatureLocation '{location}' matches {count} elements; use an absolute path to one of: {candidates}"
    )]
    LocationAmbiguous { location: String, count: usize, candidates: String },
    #[error(
        "the document has {count} sac:SignatureInformation without a signature; say in signatureLocation which is meant, by its absolute path or by its name with index or firstEmpty: {candidates}"
    )]
    PlaceAmbiguous { count: usize, candidates: String },
    #[error("the element at {path} already holds a signature; send the unsealed document")]
    LocationOccupied { path: String },
    #[error(
        "{path} is a ds:Signature without a value, left as a placeholder; remove it, the seal brings its own element"
    )]
    LocationPlaceholder { path: String },
    #[error(
        "{path} stands in the place for signatures, which the seal leaves out, so that nobody would sign it; remove it, or ask for the signatureTransform ENVELOPED (profile ubl)"
    )]
    PlaceHoldsMore { path: String },
    #[error("signatureTransform {value} is not known; send ENVELOPED")]
    TransformUnknown { value: String },
    #[error(
        "canonicalTransform {value} is not known; send one of EXCLUSIVE, EXCLUSIVE_WITH_COMMENTS, INCLUSIVE, INCLUSIVE_WITH_COMMENTS, INCLUSIVE_11, INCLUSIVE_11_WITH_COMMENTS"
    )]
    CanonicalizationUnknown { value: String },
    #[error("{what} cannot be canonicalized: {remedy}")]
    CanonicalizationUnsupported { what: String, remedy: &'static str },
    #[error("the XPath '{xpath}' cannot be used: {reason}; correct it")]
    XPathInvalid { xpath: String, reason: String },
    #[error(
        "the XPath '{xpath}' and those before it take more than {limit} steps on this document; write one that looks at fewer nodes"
    )]
    XPathTooExpensive { xpath: String, limit: u64 },
    #[error(
        "the document takes more than {limit_ms} ms of work; send a simpler one, or ask the operator for more time"
    )]
    TimeUsedUp { limit_ms: u64 },
    #[error("the transforms cannot be applied: {reason}; change the transforms or the document")]
    TransformImpossible { reason: String },
    #[error(
        "the transforms keep the signature itself among what is sealed; add the enveloped transform, or leave it out by XPath"
    )]
    ReferenceCoversItself,

    #[error(transparent)]
    Pdf(#[from] PdfRefusal),
    #[error(transparent)]
    Cms(#[from] CmsRefusal),
}

impl Refusal {
    /// A setting that cannot be used like this, by its path in a profile.
    #[must_use]
    pub const fn setting(path: &'static str, rule: String) -> Self {
        Self::SettingConflict { path, rule }
    }

    /// Stable name of the reason, for machines: stored, answered and never changed.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::JsonMalformed { .. } => "json-malformed",
            Self::MemberMissing { .. } => "member-missing",
            Self::MemberInvalid { .. } => "member-invalid",
            Self::MemberTooLong { .. } => "member-too-long",
            Self::ReferenceInvalid { .. } => "reference-invalid",
            Self::NoDocuments => "no-documents",
            Self::TooManyDocuments { .. } => "too-many-documents",
            Self::ReferenceRepeated { .. } => "reference-repeated",
            Self::TooManyReceivers { .. } => "too-many-receivers",
            Self::ReceiverLocal { .. } => "receiver-local",
            Self::MailLimit { .. } => "mail-limit",
            Self::NoReceivers => "no-receivers",
            Self::OperationUnfinished => "operation-unfinished",
            Self::DocumentsUnfinished => "documents-unfinished",
            Self::EvidencePending => "evidence-pending",
            Self::EvidenceOnlyInDer { .. } => "evidence-only-der",
            Self::ArchiveTooLarge { .. } => "archive-too-large",
            Self::MultipartMalformed { .. } => "multipart-malformed",
            Self::NotPreserved => "not-preserved",
            Self::NothingSealed => "nothing-sealed",
            Self::ContentsGone => "contents-gone",
            Self::ResendLimit { .. } => "resend-limit",
            Self::WebhookUrlRefused { .. } => "webhook-url-refused",
            Self::TooManyEndpoints { .. } => "too-many-endpoints",
            Self::AliasInvalid => "alias-invalid",
            Self::ClientServiceSuspended => "client-service-suspended",
            Self::IssuerSuspended => "issuer-suspended",
            Self::NoCredential => "no-credential",
            Self::CredentialDisabled => "credential-disabled",
            Self::CertificateExpired { .. } => "certificate-expired",
            Self::CertificateNotYetValid { .. } => "certificate-not-yet-valid",
            Self::CertificateUnusable { .. } => "certificate-unusable",
            Self::Base64Invalid { .. } => "base64-invalid",
            Self::DocumentEmpty => "document-empty",
            Self::DocumentTooLarge { .. } => "document-too-large",
            Self::NameInvalid { .. } => "name-invalid",
            Self::ContentTypeUnknown { .. } => "content-type-unknown",
            Self::ContentMismatch { .. } => "content-mismatch",
            Self::FormatMismatch { .. } => "format-mismatch",
            Self::NotAvailable { .. } => "not-available",
            Self::SettingMeaningless { .. } => "setting-meaningless",
            Self::ProfileUnknown { .. } => "profile-unknown",
            Self::ProfileFormat { .. } => "profile-format",
            Self::LevelForbidden { .. } => "level-forbidden",
            Self::Sha1NotAllowed => "sha1-not-allowed",
            Self::SettingInvalid { .. } => "setting-invalid",
            Self::SettingConflict { .. } => "setting-conflict",
            Self::IdTaken { .. } => "id-taken",
            Self::WouldBreakSignature { .. } => "would-break-signature",
            Self::LocationInSignature { .. } => "location-in-signature",
            Self::ScaffoldingImpossible { .. } => "scaffolding-impossible",
            Self::LintFailed { .. } => "lint-failed",
            Self::SchemaInvalid { .. } => "schema-invalid",
            Self::SchemasMissing => "schemas-missing",
            Self::XmlMalformed { .. } => "xml-malformed",
            Self::DoctypeForbidden => "doctype-forbidden",
            Self::XmlVersionUnsupported { .. } => "xml-version-unsupported",
            Self::EncodingUnsupported { .. } => "encoding-unsupported",
            Self::EncodingContradicted { .. } => "encoding-contradicted",
            Self::XmlTooDeep { .. } => "xml-too-deep",
            Self::XmlTooManyNodes { .. } => "xml-too-many-nodes",
            Self::XmlTooManyAttributes { .. } => "xml-too-many-attributes",
            Self::XmlTooManyNamespaces { .. } => "xml-too-many-namespaces",
            Self::PrefixUndeclared { .. } => "prefix-undeclared",
            Self::NamespaceRelative { .. } => "namespace-relative",
            Self::IdDuplicate { .. } => "id-duplicate",
            Self::LocationInvalid { .. } => "location-invalid",
            Self::LocationMissing { .. } => "location-missing",
            Self::LocationAmbiguous { .. } | Self::PlaceAmbiguous { .. } => "location-ambiguous",
            Self::LocationOccupied { .. } => "location-occupied",
            Self::LocationPlaceholder { .. } => "location-placeholder",
            Self::PlaceHoldsMore { .. } => "place-holds-more",
            Self::TransformUnknown { .. } => "transform-unknown",
            Self::CanonicalizationUnknown { .. } => "canonicalization-unknown",
            Self::CanonicalizationUnsupported { .. } => "canonicalization-unsupported",
            Self::XPathInvalid { .. } => "xpath-invalid",
            Self::XPathTooExpensive { .. } => "xpath-too-expensive",
            Self::TimeUsedUp { .. } => "time-used-up",
            Self::TransformImpossible { .. } => "transform-impossible",
            Self::ReferenceCoversItself => "reference-covers-itself",
            Self::Pdf(refusal) => refusal.code(),
            Self::Cms(refusal) => refusal.code(),
        }
    }
}

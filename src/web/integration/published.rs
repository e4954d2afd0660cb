//! The words of the v0 model as the OpenAPI document publishes them, for clients that are generated from
//! it. Requests are read more generously, and answers do not use all of them.
#![expect(dead_code, reason = "only their schemas are of use")]

use utoipa::ToSchema;

/// What an operation does.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationType {
    Sign,
    ExtendPreservation,
}

/// Where an operation stands.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationStatus {
    PendingExecution,
    ExecutionError,
    Executed,
    ExecutionFailed,
}

/// Where a document stands.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SigningStatus {
    Received,
    Signed,
    ErrorSigning,
}

/// Why a document is not signed.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = SigningError)]
pub enum PublishedSigningError {
    InvalidCertServiceCreds,
    InvalidCertAccessAccount,
    CertServiceGlobalError,
    ConfigurationSignError,
    TimestampSignError,
    InvalidCertificateSignError,
    StorageServiceGlobalError,
    SignOperationInternalError,
}

/// The level of a seal that can be asked for.
#[derive(ToSchema)]
pub enum RequestedLevel {
    B,
    T,
}

/// The level that seals can be raised to.
#[derive(ToSchema)]
pub enum ExtendedLevel {
    #[serde(rename = "LT")]
    Lt,
    #[serde(rename = "LTA")]
    Lta,
}

/// Whether a stored document is encrypted.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CipherStatus {
    Pending,
    ErrorCiphering,
    Ciphered,
    NoCipher,
}

/// How a document is kept.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StorageStatus {
    ContentPreserved,
    ContentStored,
    ContentNotStored,
    Deleted,
}

/// Where a mail stands.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = DeliveryStatus)]
pub enum PublishedDeliveryStatus {
    Pending,
    Sent,
    Received,
    SendingError,
    SendingFailed,
}

/// Where a company stands.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = CompanyStatus)]
pub enum PublishedCompanyStatus {
    Registered,
    Active,
    Suspended,
    Blocked,
    Deleted,
}

/// What a request was made of.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FolderContent {
    Document,
    Hash,
}

/// Names of the settings kept with a document.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentAttributeKey {
    GlobalSignatureVisibilityEnabled,
    VisibleSignatureTemplateType,
    VisibleSignatureTemplateContent,
    VisibleSignatureLocationType,
    VisibleSignatureLocationValue,
    VisibleSignatureArea,
    VisibleSignatureAreaBackgroundColor,
    VisibleSignatureFont,
    VisibleSignatureImageType,
    VisibleSignatureImageValue,
    SignatureAttributeReason,
    SignatureAttributeLocation,
    SignatureAttributeXpathLocation,
    SignatureAttributeTransform,
    SignatureAttributeCanonical,
}

/// Where the text of a visible signature comes from.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TemplateType {
    OneOff,
    ServiceCustomization,
}

/// What the place of a visible signature is told by.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LocationType {
    SignField,
    Coordinate,
    Placeholder,
}

/// The format of an image.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImageType {
    ImagePng,
    ImageJpg,
}

/// The format of an XML signature.
#[derive(ToSchema)]
pub enum XadesSignatureType {
    #[serde(rename = "XAdES")]
    Xades,
}

/// The format of a signature in a PDF.
#[derive(ToSchema)]
pub enum PadesSignatureType {
    #[serde(rename = "PAdES")]
    Pades,
}

/// The format of a signature of anything.
#[derive(ToSchema)]
pub enum CadesSignatureType {
    #[serde(rename = "CAdES")]
    Cades,
}

/// Says that something happened to an operation.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationEvent {
    operation_id: i64,
    external_reference: String,
    status: OperationStatus,
    documents_sealed: u32,
    documents_failed: u32,
}

/// Says that something happened to a document.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentEvent {
    operation_id: i64,
    external_reference: String,
    document_id: i64,
    document_external_reference: String,
    sign_status: SigningStatus,
    /// SHA-256 of the sealed document, hexadecimal; of one that is sealed.
    sha256: Option<String>,
    /// Of one that is sealed.
    #[schema(value_type = Option<String>, format = DateTime)]
    signing_time: Option<String>,
    /// Of one that failed.
    sign_error: Option<PublishedSigningError>,
    sign_error_reason: Option<String>,
    sign_error_detail: Option<String>,
}

/// Says that something happened to a mail.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationEvent {
    operation_id: i64,
    external_reference: String,
    notification_id: i64,
    email: String,
    delivery_status: PublishedDeliveryStatus,
    /// The mail server's last words about one that failed.
    last_reply: Option<String>,
}

/// Says that a credential ends soon, or has ended.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialEvent {
    /// Its name here.
    alias: String,
    /// The subject of its certificate.
    subject: String,
    /// The last moment of the certificate, or of another of its path.
    #[schema(format = DateTime)]
    not_after: String,
    /// Until then; 0 on the last day and after it.
    days: u32,
}

/// Says that somebody pressed the test button.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestEvent {
    /// The endpoint that is tested.
    endpoint_id: i64,
}

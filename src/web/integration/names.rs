//! What things are called on this wire, where the domain has words of its own for them. What is stored may
//! change without a client noticing.

use crate::domain::company::CompanyStatus;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::document::{DocumentState, SigningError};
use crate::domain::operation::OperationState;

/// `OperationStatus`.
pub(super) const fn operation_status(state: OperationState) -> &'static str {
    match state {
        OperationState::PendingExecution => "PENDING_EXECUTION",
        OperationState::ExecutionError => "EXECUTION_ERROR",
        OperationState::Executed => "EXECUTED",
        OperationState::ExecutionFailed => "EXECUTION_FAILED",
    }
}

/// `SigningStatus`.
pub(super) const fn signing_status(state: &DocumentState) -> &'static str {
    match state {
        DocumentState::Received => "RECEIVED",
        DocumentState::Sealed { .. } => "SIGNED",
        DocumentState::Failed { .. } => "ERROR_SIGNING",
    }
}

/// `SigningError`.
pub(super) const fn signing_error(error: SigningError) -> &'static str {
    match error {
        SigningError::Configuration => "CONFIGURATION_SIGN_ERROR",
        SigningError::InvalidCertificate => "INVALID_CERTIFICATE_SIGN_ERROR",
        SigningError::CertificateServiceGlobal => "CERT_SERVICE_GLOBAL_ERROR",
        SigningError::Timestamp => "TIMESTAMP_SIGN_ERROR",
        SigningError::Internal => "SIGN_OPERATION_INTERNAL_ERROR",
    }
}

/// `DeliveryStatus`.
pub(super) const fn delivery_status(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Pending => "PENDING",
        DeliveryStatus::Sent => "SENT",
        DeliveryStatus::Received => "RECEIVED",
        DeliveryStatus::SendingError => "SENDING_ERROR",
        DeliveryStatus::SendingFailed => "SENDING_FAILED",
    }
}

/// Status of a company.
pub(super) const fn company_status(status: CompanyStatus) -> &'static str {
    match status {
        CompanyStatus::Active => "ACTIVE",
        CompanyStatus::Suspended => "SUSPENDED",
    }
}

//! How settings that are written as text or number look in the OpenAPI document.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::canonicalization::Canonicalization;
use super::xades::{Base64Lines, SigningTimeFormat};

fn one_of<T: Into<serde_json::Value>>(
    kind: Type,
    values: impl IntoIterator<Item = T>,
    about: &str,
) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(kind).enum_values(Some(values)).description(Some(about)).into()
}

impl PartialSchema for Canonicalization {
    fn schema() -> RefOr<Schema> {
        one_of(Type::String, Self::all().map(Self::as_str), "A canonicalization.")
    }
}

impl ToSchema for Canonicalization {}

impl PartialSchema for DigestAlgorithm {
    fn schema() -> RefOr<Schema> {
        let about = "A digest. SHA-1 needs a switch of the client service.";
        one_of(Type::String, Self::ALL.map(Self::as_str), about)
    }
}

impl ToSchema for DigestAlgorithm {}

impl PartialSchema for SignatureAlgorithm {
    fn schema() -> RefOr<Schema> {
        let about = "A signature algorithm. It must fit the key of the certificate.";
        one_of(Type::String, Self::ALL.map(Self::setting), about)
    }
}

impl ToSchema for SignatureAlgorithm {}

impl PartialSchema for Base64Lines {
    fn schema() -> RefOr<Schema> {
        let about = "Characters of a line of base64; 0 for one line.";
        one_of(Type::Integer, [0, 64, 76], about)
    }
}

impl ToSchema for Base64Lines {}

impl PartialSchema for SigningTimeFormat {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^(UTC|Z|NO_ZONE|[+-](0[0-9]|1[0-4]):[0-5][0-9])$"))
            .description(Some("UTC, NO_ZONE or an offset as +03:00."))
            .into()
    }
}

impl ToSchema for SigningTimeFormat {}

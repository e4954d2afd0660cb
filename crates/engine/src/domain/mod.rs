//! The words of the field, and nothing else: no IO, no async, no wire names, no imports of ours.

pub mod act;
pub mod alarm;
pub mod algorithm;
pub mod bulk;
pub mod cades;
pub mod canonicalization;
pub mod claims;
pub mod client_service;
pub mod company;
pub mod credential;
pub mod csv;
pub mod delivery;
pub mod document;
pub mod ids;
pub mod instant;
pub mod language;
pub mod level;
pub mod listing;
pub mod name_style;
pub mod operation;
pub mod outbox;
pub mod pades;
pub mod preservation;
pub mod profile;
#[cfg(feature = "openapi")]
mod published;
pub mod refusal;
pub mod scope;
pub mod smtp;
pub mod sources;
pub mod text;
pub mod transform;
pub mod usage;
pub mod visible;
pub mod webhook;
pub mod xades;

//! What several tests need.

pub(crate) mod authenticator;
pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod judges;
pub(crate) mod outbox;
pub(crate) mod postfix;
pub(crate) mod postgres;
pub(crate) mod service;
pub(crate) mod shim;
pub(crate) mod smtp;
pub(crate) mod softhsm;

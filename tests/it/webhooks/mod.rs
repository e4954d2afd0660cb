//! Webhooks as a receiver meets them.

mod clocks;
mod endpoints;
mod fair;
mod flow;
mod notified;
pub(crate) mod receiver;
mod replay;
pub(crate) mod sending;
mod ssrf;

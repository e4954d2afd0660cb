//! Webhooks as a receiver meets them.

mod clocks;
mod endpoints;
mod fair;
mod flow;
mod notified;
mod receiver;
mod replay;
mod sending;
mod ssrf;

//! Chancery seals invoices in bulk: XML with XAdES, PDF with PAdES, anything with CAdES; keys in an HSM,
//! every operation exactly once.
//!
//! ```text
//!               cli        web            people and machines come in here
//!                 \        /  \
//!                 workflow     \          the only room that knows the order of steps
//!           /     /   |   \      \ reads
//!         app  (assembles the house once; workflow and web receive it)
//!         /        |        \     \
//!       keys    outbound  contents ─► store  four doors: keys, network, bytes, database
//!         \        |          |
//!          \   verify ─► seal |              pure: bytes in, bytes out
//!           \       \    /    |
//!             `───── pki      |
//!                      \      |
//!                       domain               the words of the field
//! ```
//!
//! `letters`, pure as well and on domain alone, holds what receivers and operators read; `invoice`, on domain and
//! seal, reads what invoices say. The pure rooms are a package of their own, `crates/engine`.
//!
//! `docs/architecture.md` tells the life of one seal; `tests/it/tidy.rs` holds the picture as data.

pub use chancery_engine::{domain, invoice, letters, pki, seal, verify};

pub mod app;
pub mod cli;
pub mod config;
pub mod contents;
pub mod keys;
pub mod outbound;
pub mod secret;
pub mod store;
pub mod telemetry;
pub mod web;
pub mod workflow;

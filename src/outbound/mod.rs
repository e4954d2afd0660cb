//! The door to the network: what leaves the house to others' machines. One try each; when and how
//! often is decided elsewhere.

mod address;
mod http;
pub mod mail;
mod resolver;
pub mod revocation;
pub mod timestamp;
pub mod trusted_lists;
pub mod webhook;

//! The pure part of Chancery: bytes in, bytes out; no IO, no async, no clock, no randomness.
//!
//! ```text
//!   verify ─► seal ◄─ invoice   what is a seal, how is one made, does one hold; what an invoice says
//!      \       │
//!       `───── pki              certificates, digests, signature values
//!               │
//!   letters ─ domain            what people read; the words of the field
//! ```

pub mod domain;
pub mod invoice;
pub mod letters;
pub mod pki;
pub mod seal;
pub mod verify;

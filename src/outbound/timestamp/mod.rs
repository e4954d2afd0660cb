//! Asks a time-stamp authority (RFC 3161, 3.4): one POST, no redirects, no proxy, no cookies, an answer of
//! bounded size within a bounded time, examined before anybody sees it. Where authorities are, the operator
//! says, so that any network will do. Which one is asked, and again, is decided elsewhere.

mod config;
mod tsa;

pub use config::{AuthorityConfig, Config, Error};
pub use tsa::{AskError, TimestampAnswer, Tsa};

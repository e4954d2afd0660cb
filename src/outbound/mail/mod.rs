//! Mail: a letter is composed, perhaps signed (DKIM), and tried once over SMTP. Who receives what,
//! and when it is tried again, is decided elsewhere.

mod account;
mod compose;
mod config;
pub mod dialogue;
pub mod dkim;
mod mailer;
pub mod reply;
mod tls;

pub use account::{Account, Login, Security, Timeouts, may_be_public};
pub use compose::{Attachment, Letter};
pub use config::{Config, Error};
pub use dkim::{DkimError, DkimKey};
pub use mailer::{AccountKey, Mailer};

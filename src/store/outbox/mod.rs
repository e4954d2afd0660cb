//! The outbox: messages recorded with the fact they tell, leased, tried, and ended.

mod attempts;
mod enqueue;
mod leases;
pub mod limits;
mod links;
mod reads;

pub use self::enqueue::{NOTHING_SEALED, ResendCaps, Resent};
pub(super) use self::enqueue::{insert_messages, not_tried_at, release};
pub use self::leases::DueMailer;
pub(super) use self::limits::count_mails;
pub use self::limits::{MailLimitReached, MailLimits};
pub use self::links::REVOKED;
pub(super) use self::reads::attempt_from;
use crate::domain::outbox::Channel;

const MAIL: &str = Channel::Mail.as_str();
const WEBHOOK: &str = Channel::Webhook.as_str();

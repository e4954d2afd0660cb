//! The outbox: messages recorded with the fact they tell, leased, tried, and ended.

mod attempts;
mod enqueue;
mod hasten;
mod leases;
pub mod limits;
mod links;
mod reads;

pub use self::enqueue::{NOTHING_SEALED, ResendCaps, ResendOccasion, Resent};
pub(super) use self::enqueue::{insert_messages, not_tried_at, release};
pub use self::hasten::Hastened;
pub use self::leases::DueMailer;
pub(super) use self::limits::count_mails;
pub use self::limits::{MailLimitReached, MailLimits};
pub(super) use self::reads::attempt_from;
use crate::domain::outbox::Channel;

/// Words at a message that was taken back before it went out.
pub const REVOKED: &str = "taken back before it was sent";

const MAIL: &str = Channel::Mail.as_str();
const WEBHOOK: &str = Channel::Webhook.as_str();

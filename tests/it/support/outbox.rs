//! The outbox as a test handles it beside the service.

use chancery::domain::instant::Instant;
use chancery::domain::outbox::{Message, MessageLease};
use chancery::store::Store;

/// Leases every mail that is due.
pub(crate) async fn lease_due_mails(
    store: &Store,
    (now, until): (Instant, Instant),
) -> Vec<(MessageLease, Message)> {
    let due = store.reader().due_mailers(now).await.unwrap();
    let shares: Vec<_> = due.iter().map(|mailer| (mailer.client_service, 1000)).collect();
    store.lease_mails(&shares, (now, until)).await.unwrap()
}

/// Records messages that tell no event.
pub(crate) async fn enqueue(store: &Store, messages: &[Message]) {
    store.fan_out(&[], messages).await.unwrap();
}

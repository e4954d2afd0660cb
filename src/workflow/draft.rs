//! An operation with many documents, recorded in portions, each in a turn to write: nobody waits for all of them.
//! Nobody sees it before it is whole; when that does not come about nothing is left of it.

use super::{NOBODY, ahead, lease};
use crate::app::App;
use crate::domain::document::DocumentState;
use crate::domain::ids::{OperationId, ParcelId};
use crate::domain::instant::Instant;
use crate::domain::sources::sources;
use crate::store::Result;
use crate::store::contents::ContentChange;
use crate::store::leases::Lease;
use crate::store::operations::{NewOperation, Opened};

/// Documents that are recorded in one transaction.
pub(super) const PORTION: usize = 25;

/// Opens an operation as [`crate::store::Store::open_operation`] does. Contents are those of its documents that
/// are received, in the same order.
pub(super) async fn open(
    app: &App,
    new: &NewOperation,
    contents: Vec<ContentChange>,
    parcel: ParcelId,
) -> Result<Opened> {
    let turn = app.writers.take(new.operation.client_service, 1).await;
    let begun = app.store.begin_draft(new).await?;
    drop(turn);
    if begun != Opened::New {
        return Ok(begun);
    }
    let id = new.operation.id;
    let held = Lease { operation: id, attempt: new.operation.attempts };
    let until = || app.steady_now().plus_ms(app.execution.lease_ms);
    let renew = || app.store.renew_lease(held, until());
    let work = async {
        let ready = ahead::ready(app, new.operation.client_service, parcel, contents).await?;
        let filled = fill(app, new, &ready.contents, &until).await;
        if !matches!(filled, Ok(Opened::New)) {
            ready.give_up(app).await;
        }
        filled
    };
    let filled = lease::kept(app.execution.lease_ms, renew, work).await;
    if !matches!(filled, Ok(Opened::New)) {
        give_up(app, id).await;
    }
    filled
}

async fn fill(
    app: &App,
    new: &NewOperation,
    contents: &[ContentChange],
    until: impl Fn() -> Instant,
) -> Result<Opened> {
    let party = new.operation.client_service;
    let mut rest = contents.iter().cloned();
    for (number, documents) in new.documents.chunks(PORTION).enumerate() {
        let received = documents.iter().filter(|new| new.document.state == DocumentState::Received);
        let contents: Vec<_> = rest.by_ref().take(received.count()).collect();
        let first = number * PORTION;
        let _turn = app.writers.take(party, 1).await;
        let range = first..first + documents.len();
        match app.store.add_to_draft(new, range, &contents, until()).await? {
            Opened::New => {}
            refused => return Ok(refused),
        }
    }
    let _turn = app.writers.take(party, 1).await;
    app.store.complete_draft(new, contents, until()).await
}

/// Leaves nothing of a draft. When that fails it is done as soon as its lease is over.
async fn give_up(app: &App, id: OperationId) {
    if let Err(error) = delete(app, id, None).await {
        tracing::debug!(operation = %id, error = %sources(&error), "a draft was not given up");
    }
}

/// Gives up the drafts whose lease is over.
pub(super) async fn give_up_overdue(app: &App) -> Result<()> {
    let now = app.steady_now();
    for id in app.reader.overdue_drafts(now).await? {
        delete(app, id, Some(now)).await?;
    }
    Ok(())
}

async fn delete(app: &App, id: OperationId, over: Option<Instant>) -> Result<()> {
    loop {
        let _turn = app.writers.take(NOBODY, 1).await;
        if !app.store.give_up_draft(id, over).await? {
            return Ok(());
        }
    }
}

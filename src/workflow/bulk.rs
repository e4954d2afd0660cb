//! What is done to many operations: counted first, which fixes what it is; then done, by a person or, when it is much,
//! with a second one's consent. What is counted is what is done: each of it ends as done or as refused with a reason.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use super::acts::ActingPerson;
use super::notify::{self, AskedAgain, Receiver};
use super::{Error, Thing, lists};
use crate::app::App;
use crate::domain::act::{Act, ActKind};
use crate::domain::bulk::{Bulk, BulkKind, BulkState};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::ids::{BulkId, ClientServiceId, MessageId, OperationId};
use crate::domain::listing::{ListPlace, OperationFilter};
use crate::domain::operation::OperationState;
use crate::domain::outbox::Target;
use crate::domain::refusal::Refusal;
use crate::domain::scope::{Scope, ServiceSet};
use crate::domain::sources::sources;
use crate::store::acts::Occasion;
use crate::store::bulk::BulkItem;
use crate::store::lists::ListChoice;
use crate::store::outbox::{Hastened, ResendOccasion};

/// Parts of a list that are looked through for one set: about a hundred thousand operations.
const LOOKS: usize = 100;

/// Items that are done between two looks at whether they still should be.
const PORTION: u32 = 20;

/// Why something of a set is not done: somebody else was quicker.
pub const OVERTAKEN: &str =
    "another mail to this receiver was asked for meanwhile, or one was received";
/// The same: it was tried meanwhile.
pub const NOTHING_WAITS: &str = "nothing of the operation waits for a try any more";
/// The same: there is nothing to do it to.
pub const GONE: &str = "it is gone";

/// Counts what a filter chooses, and writes down what it is: mails that are sent again (those that were given up,
/// unless the filter says how their receivers stand), or operations that wait for a try, or whose mails do. Asked
/// for twice by the same act it is counted once.
///
/// # Errors
/// [`Error::Refused`] when it is more than is done at once.
pub async fn count(
    app: &App,
    doer: ActingPerson<'_>,
    kind: BulkKind,
    filter: &OperationFilter,
) -> Result<Bulk, Error> {
    let id = BulkId::from_i64(doer.act.as_i64());
    let bulk = Bulk {
        id,
        kind,
        state: BulkState::Counting,
        filter: filter.to_text(),
        person: doer.person,
        created: app.now(),
        approved_by: None,
        ended: None,
        items: 0,
        operations: 0,
        done: 0,
        refused: 0,
    };
    if !app.store.begin_bulk(&bulk).await? {
        return find(app, doer, id).await;
    }
    if let Err(error) = gather(app, doer.seen, &bulk, filter).await {
        let cancelled = act(app, doer, ActKind::BulkCancelled, id);
        app.store.cancel_bulk(id, &cancelled).await?;
        return Err(error);
    }
    let content = json!({ "kind": kind.as_str(), "filter": bulk.filter }).to_string();
    let counted = Act { content, ..act(app, doer, ActKind::BulkCounted, id) };
    app.store.close_bulk(id, &counted).await?;
    find(app, doer, id).await
}

/// Writes down what is in a set.
async fn gather(
    app: &App,
    seen: &ServiceSet,
    bulk: &Bulk,
    filter: &OperationFilter,
) -> Result<(), Error> {
    let mut number = 0_u32;
    let mut operations = BTreeSet::new();
    for filter in courses(bulk.kind, filter) {
        let choice = lists::choice(app, seen, &filter).await?;
        let mut at = Some(ListPlace::BEGINNING);
        let mut looks = 0;
        while let Some(place) = at {
            looks += 1;
            if looks > LOOKS {
                let expected = "narrower, by time or client service: too many operations would have to be \
                     looked at";
                return Err(too_much(expected.to_owned()));
            }
            let (chosen, next) = app.reader.chosen_operations(&choice, place).await?;
            at = next;
            let fresh: Vec<_> =
                chosen.into_iter().filter(|(id, _)| operations.insert(*id)).collect();
            let found = items_of(app, bulk.kind, &choice, &fresh).await?;
            let mut items = Vec::with_capacity(found.len());
            for (operation, client_service, message) in found {
                number += 1;
                items.push(BulkItem { number, operation, client_service, message });
            }
            if number > app.bulk.most {
                return Err(too_much(format!("of no more than {} at once", app.bulk.most)));
            }
            if !app.store.add_to_bulk(bulk.id, &items).await? {
                return Err(Error::NotFound(Thing::Bulk));
            }
        }
    }
    Ok(())
}

fn too_much(expected: String) -> Error {
    Refusal::MemberInvalid { path: "the choice".to_owned(), expected }.into()
}

/// What is looked through for a set.
fn courses(kind: BulkKind, filter: &OperationFilter) -> Vec<OperationFilter> {
    match kind {
        BulkKind::Resend => {
            let standing = filter.standing.unwrap_or(DeliveryStatus::SendingFailed);
            // What is on its way comes by itself, and where nothing was sealed there is nothing to send.
            let ended = matches!(
                standing,
                DeliveryStatus::SendingFailed | DeliveryStatus::Sent | DeliveryStatus::Received
            );
            let sealed = Some(OperationState::Executed);
            let good = ended && (filter.state.is_none() || filter.state == sealed);
            let standing = Some(standing);
            let some = OperationFilter { state: sealed, standing, ..filter.clone() };
            good.then_some(some).into_iter().collect()
        }
        BulkKind::Retry => {
            let waits = Some(OperationState::ExecutionError);
            let itself = (filter.state.is_none() || filter.state == waits)
                .then(|| OperationFilter { state: waits, ..filter.clone() });
            let unsent = Some(DeliveryStatus::SendingError);
            let mails = (filter.standing.is_none() || filter.standing == unsent)
                .then(|| OperationFilter { standing: unsent, ..filter.clone() });
            itself.into_iter().chain(mails).collect()
        }
    }
}

type Found = (OperationId, ClientServiceId, Option<MessageId>);

async fn items_of(
    app: &App,
    kind: BulkKind,
    choice: &ListChoice,
    operations: &[(OperationId, ClientServiceId)],
) -> Result<Vec<Found>, Error> {
    match kind {
        BulkKind::Retry => {
            Ok(operations.iter().map(|(operation, service)| (*operation, *service, None)).collect())
        }
        BulkKind::Resend => {
            let standing = choice.filter.standing.unwrap_or(DeliveryStatus::SendingFailed);
            let ids: Vec<OperationId> = operations.iter().map(|(id, _)| *id).collect();
            let mails = app.reader.mails_to_resend(choice, standing, &ids).await?;
            Ok(mails.into_iter().map(|(id, service, mail)| (id, service, Some(mail))).collect())
        }
    }
}

/// The set with this number, if everything in it may be seen.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(app: &App, doer: ActingPerson<'_>, id: BulkId) -> Result<Bulk, Error> {
    app.reader.bulk((doer.person, doer.seen), id).await?.ok_or(Error::NotFound(Thing::Bulk))
}

/// Whether a second person has to agree to a set.
#[must_use]
pub fn needs_approval(app: &App, bulk: &Bulk) -> bool {
    bulk.items > u64::from(app.bulk.approval_above)
}

/// The person who counted a set wants it done: it is begun, or proposed to a second person. Returns how it stands then;
/// asked for twice nothing more happens.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Refused`] when somebody else counted it.
pub async fn confirm(app: &App, doer: ActingPerson<'_>, id: BulkId) -> Result<Bulk, Error> {
    let bulk = find(app, doer, id).await?;
    if bulk.person != doer.person {
        let expected = "who counted it".to_owned();
        return Err(
            Refusal::MemberInvalid { path: "who wants it done".to_owned(), expected }.into()
        );
    }
    let to = if needs_approval(app, &bulk) { BulkState::Proposed } else { BulkState::Running };
    app.store.confirm_bulk(id, to, &act(app, doer, ActKind::BulkConfirmed, id)).await?;
    app.bulk_bell.notify_one();
    find(app, doer, id).await
}

/// A second person agrees: it is begun. Returns how it stands then; asked for twice nothing more happens.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Refused`] when the person counted it.
pub async fn approve(app: &App, doer: ActingPerson<'_>, id: BulkId) -> Result<Bulk, Error> {
    let bulk = find(app, doer, id).await?;
    if bulk.person == doer.person {
        let expected = "somebody else than who counted it".to_owned();
        return Err(
            Refusal::MemberInvalid { path: "the second person".to_owned(), expected }.into()
        );
    }
    app.store.approve_bulk(id, &act(app, doer, ActKind::BulkApproved, id)).await?;
    app.bulk_bell.notify_one();
    find(app, doer, id).await
}

/// Ends a set: when this returns nothing more of it is done. Returns how it stands then.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn cancel(app: &App, doer: ActingPerson<'_>, id: BulkId) -> Result<Bulk, Error> {
    find(app, doer, id).await?;
    app.store.cancel_bulk(id, &act(app, doer, ActKind::BulkCancelled, id)).await?;
    find(app, doer, id).await
}

fn act(app: &App, doer: ActingPerson<'_>, kind: ActKind, bulk: BulkId) -> Act {
    Act {
        id: doer.act,
        person: doer.person,
        kind,
        operation: None,
        bulk: Some(bulk),
        content: "{}".to_owned(),
        at: app.now(),
    }
}

/// Does what is to be done until `stop` changes. Errors are logged and the next look comes in time.
pub(super) async fn watch(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let period = Duration::from_millis(app.delivery.poll_ms.max(100));
    loop {
        let look = async {
            if let Err(error) = run_due(&app).await {
                tracing::error!(error = %sources(&error), "a set of operations was not done");
            }
            tokio::select! {
                () = tokio::time::sleep(period) => {}
                () = app.bulk_bell.notified() => {}
            }
        };
        tokio::select! {
            () = look => {}
            _ = stop.changed() => return,
        }
    }
}

/// Does every set that is to be done and that nobody is at. Returns how many.
///
/// # Errors
/// From the database: what was done until then stays, and the rest is done when the lease is over.
pub async fn run_due(app: &App) -> Result<usize, Error> {
    let mut sets = 0;
    while !app.stopping.is_leaving() {
        let now = app.steady_now();
        let until = now.plus_ms(app.delivery.lease_ms);
        let Some(bulk) = app.store.lease_bulk((now, until)).await? else { break };
        run(app, &bulk).await?;
        sets += 1;
    }
    Ok(sets)
}

async fn run(app: &App, bulk: &Bulk) -> Result<(), Error> {
    let id = bulk.id;
    loop {
        let items = app.reader.waiting_items(id, PORTION).await?;
        if items.is_empty() {
            if app.store.finish_bulk(id, app.now()).await? {
                tracing::info!(bulk = %id, items = bulk.items, "a set of operations is done");
            }
            return Ok(());
        }
        for item in items {
            let refused = match bulk.kind {
                BulkKind::Resend => resend(app, id, &item).await?,
                BulkKind::Retry => retry(app, id, &item).await?,
            };
            if let Some(words) = refused {
                app.store.refuse_item((id, item.number), &words).await?;
            }
        }
        let now = app.steady_now();
        if app.stopping.is_leaving() {
            // Whoever comes next goes on at once.
            app.store.renew_bulk(id, now).await?;
            return Ok(());
        }
        if !app.store.renew_bulk(id, now.plus_ms(app.delivery.lease_ms)).await? {
            return Ok(());
        }
    }
}

/// Sends one mail again. Returns why not, if that is how it ends.
async fn resend(app: &App, bulk: BulkId, item: &BulkItem) -> Result<Option<String>, Error> {
    let Some(message) = item.message else { return Ok(Some(GONE.to_owned())) };
    let Some(mail) = app.reader.message(message).await? else { return Ok(Some(GONE.to_owned())) };
    let Target::Mail { address, language } = mail.target else { return Ok(Some(GONE.to_owned())) };
    let receiver = [Receiver { address, language }];
    let occasion = Occasion { act: None, item: Some((bulk, item.number)) };
    let on = ResendOccasion { occasion, newest: Some(message), ..ResendOccasion::default() };
    let scope = Scope::ClientService(item.client_service);
    match notify::resend_on(app, scope, (item.operation, &receiver, mail.attach), on).await {
        Ok(AskedAgain::Queued(_) | AskedAgain::Before | AskedAgain::Stopped) => Ok(None),
        Ok(AskedAgain::Overtaken) => Ok(Some(OVERTAKEN.to_owned())),
        Err(Error::Refused(refusal)) => Ok(Some(refusal.to_string())),
        Err(Error::NotFound(_)) => Ok(Some(GONE.to_owned())),
        Err(error) => Err(error),
    }
}

/// Lets one operation be tried at once. Returns why not, if that is how it ends.
async fn retry(app: &App, bulk: BulkId, item: &BulkItem) -> Result<Option<String>, Error> {
    let occasion = Occasion { act: None, item: Some((bulk, item.number)) };
    let hastened = app.store.hasten(item.operation, occasion, app.steady_now()).await?;
    app.take_up_bell.notify_one();
    app.outbox_bell.notify_one();
    let nothing = hastened == Some(Hastened::default());
    Ok(nothing.then(|| NOTHING_WAITS.to_owned()))
}

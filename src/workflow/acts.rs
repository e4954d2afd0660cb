//! What a person does to one operation: mails sent again, what waits tried at once, links closed. Each is recorded with
//! who did it, in its transaction, and done once however often it is asked for.

use serde_json::json;

use super::lists::seen_operation;
use super::notify::{self, AskedAgain, Receiver};
use super::{Error, Thing};
use crate::app::App;
use crate::domain::act::{Act, ActKind};
use crate::domain::delivery::MailAddress;
use crate::domain::ids::{ActId, MessageId, OperationId, PersonId};
use crate::domain::language::Language;
use crate::domain::operation::Operation;
use crate::domain::outbox::{Message, Target};
use crate::domain::refusal::Refusal;
use crate::domain::scope::{Scope, ServiceSet};
use crate::store::acts::Occasion;
use crate::store::outbox::{Hastened, ResendOccasion};

/// Who does something, and what of the house they see.
#[derive(Clone, Copy)]
pub struct ActingPerson<'a> {
    pub person: PersonId,
    pub seen: &'a ServiceSet,
    /// Drawn with [`draw`] when the person was asked: the same one is done once.
    pub act: ActId,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acted<T> {
    /// It is done.
    Done(T),
    /// It was done when it was asked for before.
    Before,
}

/// To whom a mail is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendAgain {
    /// To a receiver.
    To(MailAddress),
    /// To somebody who was meant when another mailbox was written: that one's links are closed, and what was not sent
    /// to it yet never is.
    Corrected { from: MailAddress, to: MailAddress },
    /// To one more.
    Added { to: MailAddress, language: Option<Language> },
}

/// A number for something that somebody is about to do.
///
/// # Errors
/// No random octets are to be had.
pub fn draw(app: &App) -> Result<ActId, Error> {
    Ok(ActId::from_i64(app.random_id()?))
}

/// Sends mails about a finished operation again. When this returns they are recorded and on their way. Returns how many.
///
/// # Errors
/// As [`notify::resend`]; [`Error::Refused`] too when somebody is named as a receiver who is none.
pub async fn resend(
    app: &App,
    doer: ActingPerson<'_>,
    operation: OperationId,
    wishes: &[SendAgain],
    attach: bool,
) -> Result<Acted<usize>, Error> {
    let found = seen_operation(app, doer.seen, operation).await?;
    let known = app.reader.mails_of(operation).await?;
    let (mut receivers, mut mistaken, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for wish in wishes {
        match wish {
            SendAgain::To(address) => {
                must_be_known(&known, address)?;
                receivers.push(Receiver { address: address.clone(), language: None });
                said.push(json!({ "to": address.as_str() }));
            }
            SendAgain::Corrected { from, to } => {
                let language = must_be_known(&known, from)?;
                receivers.push(Receiver { address: to.clone(), language });
                if from.folded() != to.folded() {
                    mistaken.push(from.folded());
                }
                said.push(json!({ "to": to.as_str(), "insteadOf": from.as_str() }));
            }
            SendAgain::Added { to, language } => {
                receivers.push(Receiver { address: to.clone(), language: *language });
                said.push(json!({ "to": to.as_str(), "added": true }));
            }
        }
    }
    let content = json!({ "receivers": said, "attach": attach });
    let act = act(app, doer, ActKind::Resent, &found, &content);
    let occasion = Occasion { act: Some(&act), item: None };
    let on = ResendOccasion { occasion, mistaken: &mistaken, ..ResendOccasion::default() };
    let scope = Scope::ClientService(found.client_service);
    match notify::resend_on(app, scope, (operation, &receivers, attach), on).await? {
        AskedAgain::Queued(count) => Ok(Acted::Done(count)),
        AskedAgain::Before | AskedAgain::Stopped | AskedAgain::Overtaken => Ok(Acted::Before),
    }
}

/// The language in which a receiver was written to, if it is one.
fn must_be_known(known: &[Message], address: &MailAddress) -> Result<Option<Language>, Refusal> {
    let folded = address.folded();
    let mut told = known.iter().rev().filter_map(|mail| match &mail.target {
        Target::Mail { address, language } if address.folded() == folded => Some(*language),
        _ => None,
    });
    told.next().ok_or_else(|| Refusal::MemberInvalid {
        path: "the receiver".to_owned(),
        expected: format!("one that was written to before, which {address} was not"),
    })
}

/// Tries at once what waits for its next try: the operation, and mails about it.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen.
pub async fn retry(
    app: &App,
    doer: ActingPerson<'_>,
    operation: OperationId,
) -> Result<Acted<Hastened>, Error> {
    let found = seen_operation(app, doer.seen, operation).await?;
    let act = act(app, doer, ActKind::Retried, &found, &json!({}));
    let occasion = Occasion { act: Some(&act), item: None };
    let hastened = app.store.hasten(operation, occasion, app.steady_now()).await?;
    app.take_up_bell.notify_one();
    app.outbox_bell.notify_one();
    Ok(hastened.map_or(Acted::Before, Acted::Done))
}

/// Closes the links in the mails about an operation, or in one of them. Returns how many were open.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen, or has no such mail.
pub async fn revoke_links(
    app: &App,
    doer: ActingPerson<'_>,
    operation: OperationId,
    only: Option<MessageId>,
) -> Result<Acted<u64>, Error> {
    let found = seen_operation(app, doer.seen, operation).await?;
    if let Some(only) = only {
        let known = app.reader.message(only).await?;
        if known.is_none_or(|mail| mail.operation != Some(operation)) {
            return Err(Error::NotFound(Thing::Link));
        }
    }
    let content = json!({ "message": only.map(MessageId::as_i64) });
    let act = act(app, doer, ActKind::LinksRevoked, &found, &content);
    let occasion = Occasion { act: Some(&act), item: None };
    let times = (app.now(), app.steady_now());
    let closed = app.store.revoke_links(operation, only, times, occasion).await?;
    Ok(closed.map_or(Acted::Before, Acted::Done))
}

fn act(
    app: &App,
    doer: ActingPerson<'_>,
    kind: ActKind,
    operation: &Operation,
    content: &serde_json::Value,
) -> Act {
    Act {
        id: doer.act,
        person: doer.person,
        kind,
        operation: Some((operation.id, operation.client_service)),
        bulk: None,
        content: content.to_string(),
        at: app.now(),
    }
}

//! One operation as people look at it: what happened when, its documents, its receivers with every try and the other
//! side's words.

use std::collections::HashSet;

use super::Error;
use super::lists::seen_operation;
use crate::app::App;
use crate::domain::act::Act;
use crate::domain::delivery::{DeliveryStatus, MailAddress, standings};
use crate::domain::ids::{MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::operation::{Operation, OperationState};
use crate::domain::outbox::{Attempt, Message, MessageKind, Target};
use crate::domain::scope::ServiceSet;
use crate::store::detail::{IntentSpan, KnownDocument};

/// Documents that are shown at once.
pub const DOCUMENTS: u32 = 100;

/// An operation with everything there is to tell.
pub struct OperationSheet {
    pub operation: Operation,
    /// Why it waits, in the words of the last try.
    pub last_error: Option<String>,
    /// How many of its documents are sealed, and how many failed.
    pub sealed: u32,
    pub failed: u32,
    /// Some of them, in the order of the request.
    pub documents: Vec<DocumentSheet>,
    /// From which position on there are more.
    pub more_documents: Option<u32>,
    /// In the order they were named first.
    pub receivers: Vec<ReceiverSheet>,
    /// What happened, in its order.
    pub timeline: Vec<Moment>,
}

/// A document, and what of it can be had.
pub struct DocumentSheet {
    pub known: KnownDocument,
    /// Whether its original is kept by itself; a sealed file may contain it.
    pub has_original: bool,
    /// Whether its sealed file is kept, so that it can be read and verified.
    pub has_sealed: bool,
}

/// Somebody who is told.
pub struct ReceiverSheet {
    pub address: MailAddress,
    pub standing: DeliveryStatus,
    /// Every mail to them with every try, oldest first.
    pub mails: Vec<(Message, Vec<Attempt>)>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: Instant,
    /// Milliseconds since what happened before; 0 for the first.
    pub after_ms: i64,
    pub what: Happened,
}

/// What can happen to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It was recorded.
    Accepted,
    /// What is to be signed was stored first, and the key was asked.
    KeyAsked,
    /// The same of the last of so many documents.
    LastKeyAsked { documents: u32 },
    /// It ended.
    Finished { state: OperationState },
    /// A mail was asked for again.
    AskedAgain { message: MessageId },
    /// A mail was tried; how that ended, if it did.
    Tried { message: MessageId, number: u32, verdict: Option<String> },
    /// A receiver opened the link of a mail first.
    Opened { message: MessageId },
    /// The link of a mail was closed.
    LinkRevoked { message: MessageId },
    /// A person did something.
    Did(Act),
}

/// Reads an operation with its documents from a position on.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen.
pub async fn read(
    app: &App,
    seen: &ServiceSet,
    id: OperationId,
    from: u32,
) -> Result<OperationSheet, Error> {
    let operation = seen_operation(app, seen, id).await?;
    let of = operation.of_documents();
    let (sealed, failed) = app.reader.document_counts(of).await?;
    let mut known = app.reader.known_documents(of, from, DOCUMENTS + 1).await?;
    let full = known.len() > DOCUMENTS as usize;
    known.truncate(DOCUMENTS as usize);
    let more_documents = known.last().filter(|_| full).map(|it| it.document.position + 1);
    let kept = app.contents.kept(of).await?;
    let originals: HashSet<_> = app.contents.original_lengths(of).await?.into_keys().collect();
    let documents = known.into_iter().map(|known| DocumentSheet {
        has_original: originals.contains(&known.document.id),
        has_sealed: kept.contains(&known.document.id),
        known,
    });
    let documents = documents.collect();
    let mut tries = app.reader.tries_of(id).await?;
    let mails: Vec<(Message, Vec<Attempt>)> = app
        .reader
        .mails_of(id)
        .await?
        .into_iter()
        .map(|mail| {
            let tries = tries.remove(&mail.id).unwrap_or_default();
            (mail, tries)
        })
        .collect();
    let acts = app.reader.acts_of(id).await?;
    let intents = app.reader.intent_span(id).await?;
    let timeline = timeline(&operation, intents, &mails, acts);
    let last_error =
        if operation.finished.is_none() { app.reader.last_error(id).await? } else { None };
    Ok(OperationSheet {
        last_error,
        sealed,
        failed,
        documents,
        more_documents,
        receivers: receivers(mails),
        timeline,
        operation,
    })
}

fn receivers(mails: Vec<(Message, Vec<Attempt>)>) -> Vec<ReceiverSheet> {
    let address = |mail: &Message| match &mail.target {
        Target::Mail { address, .. } => Some(address.clone()),
        Target::Webhook { .. } => None,
    };
    let said = mails.iter().filter_map(|(mail, _)| Some((address(mail)?, mail.status)));
    let mut sheets: Vec<ReceiverSheet> = standings(said)
        .into_iter()
        .map(|(address, standing)| ReceiverSheet { address, standing, mails: Vec::new() })
        .collect();
    for (mail, tries) in mails {
        let Some(to) = address(&mail) else { continue };
        let folded = to.folded();
        if let Some(sheet) = sheets.iter_mut().find(|sheet| sheet.address.folded() == folded) {
            sheet.mails.push((mail, tries));
        }
    }
    sheets
}

/// What is known to have happened, in its order.
fn timeline(
    operation: &Operation,
    intents: Option<IntentSpan>,
    mails: &[(Message, Vec<Attempt>)],
    acts: Vec<Act>,
) -> Vec<Moment> {
    let mut all = vec![(operation.accepted, Happened::Accepted)];
    if let Some(IntentSpan { first, last, documents }) = intents {
        all.push((first, Happened::KeyAsked));
        if documents > 1 && last > first {
            all.push((last, Happened::LastKeyAsked { documents }));
        }
    }
    if let Some(finished) = operation.finished {
        all.push((finished, Happened::Finished { state: operation.state }));
    }
    for (mail, tries) in mails {
        let message = mail.id;
        if mail.kind == MessageKind::Resend {
            all.push((mail.created, Happened::AskedAgain { message }));
        }
        for Attempt { number, started, verdict, .. } in tries {
            let (number, verdict) = (*number, verdict.clone());
            all.push((*started, Happened::Tried { message, number, verdict }));
        }
        all.extend(mail.opened.map(|at| (at, Happened::Opened { message })));
        all.extend(mail.link_revoked.map(|at| (at, Happened::LinkRevoked { message })));
    }
    all.extend(acts.into_iter().map(|act| (act.at, Happened::Did(act))));
    // What happened in one millisecond stays in the order of cause and effect.
    all.sort_by_key(|(at, _)| *at);
    let mut before = operation.accepted;
    all.into_iter()
        .map(|(at, what)| {
            let after_ms = at.unix_ms().saturating_sub(before.unix_ms()).max(0);
            before = at;
            Moment { at, after_ms, what }
        })
        .collect()
}

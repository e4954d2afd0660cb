//! An operation as a line of a table, and the words for how things stand.

use std::collections::HashMap;

use crate::app::App;
use crate::domain::bulk::{BulkKind, BulkState};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::ids::ClientServiceId;
use crate::domain::language::Language;
use crate::domain::operation::OperationState;
use crate::letters::{Locale, OperationWords, SetWords, filled, operation_words};
use crate::store::lists::OperationLine;
use crate::workflow::Error;

/// Receivers that a line names.
const RECEIVERS: usize = 3;

/// An operation in a table.
pub(super) struct OperationRow {
    pub(super) id: String,
    pub(super) reference: String,
    pub(super) client_service: String,
    pub(super) state: &'static str,
    /// Why it failed, by its stable name.
    pub(super) reason: String,
    pub(super) accepted: String,
    pub(super) documents: String,
    /// Address and how it stands.
    pub(super) receivers: Vec<(String, &'static str)>,
    /// How many more there are.
    pub(super) more_receivers: usize,
}

impl OperationRow {
    pub(super) fn of(
        language: Language,
        aliases: &HashMap<ClientServiceId, String>,
        line: &OperationLine,
    ) -> Self {
        let (locale, words) = (Locale(language), operation_words(language));
        let receivers = line.receivers.iter().take(RECEIVERS);
        let receivers = receivers
            .map(|(to, standing)| (to.as_str().to_owned(), standing_word(words, *standing)));
        Self {
            id: line.id.to_string(),
            reference: line.external_reference.as_str().to_owned(),
            client_service: aliases.get(&line.client_service).cloned().unwrap_or_default(),
            state: state_word(words, line.state),
            reason: line.error_reason.clone().unwrap_or_default(),
            accepted: locale.time(line.accepted),
            documents: sealed_of(locale, words, line.sealed, line.documents),
            receivers: receivers.collect(),
            more_receivers: line.receivers.len().saturating_sub(RECEIVERS),
        }
    }
}

/// `3 of 5 sealed`.
pub(super) fn sealed_of(locale: Locale, words: &OperationWords, sealed: u32, all: u32) -> String {
    let number = |number: u32| locale.number(number.into());
    filled(words.sealed_of, &[("sealed", number(sealed)), ("all", number(all))])
}

/// What client services are called.
pub(super) async fn aliases(app: &App) -> Result<HashMap<ClientServiceId, String>, Error> {
    let all = app.reader.client_services().await?;
    Ok(all.into_iter().map(|it| (it.id, it.alias.as_str().to_owned())).collect())
}

/// The words for what is done to a set.
pub(super) const fn set_kind_word(words: &SetWords, kind: BulkKind) -> &'static str {
    let [resend, retry] = words.kinds;
    match kind {
        BulkKind::Resend => resend,
        BulkKind::Retry => retry,
    }
}

/// The words for where a set stands.
pub(super) const fn set_state_word(words: &SetWords, state: BulkState) -> &'static str {
    let [counting, counted, proposed, running, done, cancelled] = words.states;
    match state {
        BulkState::Counting => counting,
        BulkState::Counted => counted,
        BulkState::Proposed => proposed,
        BulkState::Running => running,
        BulkState::Done => done,
        BulkState::Cancelled => cancelled,
    }
}

/// The word for the state of an operation.
pub(super) const fn state_word(words: &OperationWords, state: OperationState) -> &'static str {
    let [pending, retrying, executed, failed] = words.states;
    match state {
        OperationState::PendingExecution => pending,
        OperationState::ExecutionError => retrying,
        OperationState::Executed => executed,
        OperationState::ExecutionFailed => failed,
    }
}

/// The word for where mails to a receiver stand.
pub(super) const fn standing_word(
    words: &OperationWords,
    standing: DeliveryStatus,
) -> &'static str {
    let [pending, sent, received, again, failed] = words.standings;
    match standing {
        DeliveryStatus::Pending => pending,
        DeliveryStatus::Sent => sent,
        DeliveryStatus::Received => received,
        DeliveryStatus::SendingError => again,
        DeliveryStatus::SendingFailed => failed,
    }
}

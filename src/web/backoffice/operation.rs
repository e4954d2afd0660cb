//! One operation: how it stands, what happened when, its documents and their files, who was told and what their servers
//! said; and what somebody can do about it.

use std::collections::HashMap;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::deeds::{self, DeedProblem};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::rows::{aliases, sealed_of, standing_word, state_word};
use super::seen::span;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::act::ActKind;
use crate::domain::delivery::{DeliveryStatus, MailAddress};
use crate::domain::document::DocumentState;
use crate::domain::error_topic::ErrorTopic;
use crate::domain::ids::{ActId, MessageId, OperationId, PersonId};
use crate::domain::operation::OperationState;
use crate::domain::outbox::{Message, Target};
use crate::domain::person::Permission;
use crate::domain::text::hex;
use crate::letters::{Locale, OperationWords, filled, operation_words};
use crate::workflow::acts::{self, Acted, ActingPerson, SendAgain};
use crate::workflow::detail::{
    self, DocumentSheet, Happened, Moment, OperationSheet, ReceiverSheet,
};
use crate::workflow::files::{self, File};
use crate::workflow::{Error, showing};

#[derive(Template)]
#[template(path = "backoffice/templates/operation.html")]
struct OperationPageView {
    frame: OfficeFrame,
    words: &'static OperationWords,
    /// What was done just now, and what was not.
    done: &'static str,
    problem: String,
    id: String,
    reference: String,
    facts: Vec<(&'static str, String)>,
    timeline: Vec<MomentRow>,
    documents: Vec<DocumentRow>,
    /// Query of those that follow.
    more_documents: Option<String>,
    receivers: Vec<ReceiverRow>,
    /// What can be done, by whom who looks is.
    can: Option<WhatCanBeDone>,
    /// Drawn for the three forms of this page: what is sent twice is done once.
    acts: [String; 3],
}

/// Whether mails can be asked for again, something waits for its next try, and links are open.
struct WhatCanBeDone {
    resend: bool,
    retry: bool,
    close: bool,
}

struct MomentRow {
    when: String,
    after: String,
    what: String,
    by: String,
}

struct DocumentRow {
    reference: String,
    name: String,
    state: &'static str,
    format: String,
    size: String,
    sha256: String,
    /// Why it was not sealed: its stable name, and a sentence.
    reason: String,
    /// Whether help has a page about the reason.
    explained: bool,
    detail: String,
    files: Vec<FileRow>,
    gone: bool,
}

struct FileRow {
    number: u32,
    name: String,
    shown: bool,
}

struct ReceiverRow {
    index: usize,
    address: String,
    instead: String,
    standing: &'static str,
    tries: Vec<TryRow>,
}

struct TryRow {
    when: String,
    verdict: &'static str,
    words: String,
    ambiguous: bool,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let words = operation_words(visit.language());
    let done = match visit.asked("done").as_deref() {
        Some("resend") => words.sent_again,
        Some("retry") => words.retried,
        Some("close") => words.links_closed,
        _ => "",
    };
    match deeds::id_of(id) {
        Some(id) => shown(&visit, &who, id, (StatusCode::OK, done, String::new())).await,
        None => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match act(&visit, &who, id, &form).await {
        Ok(done) => visit.go(&format!("/operations/{id}?done={done}")),
        Err(DeedProblem::Words(status, problem)) => {
            shown(&visit, &who, id, (status, "", problem)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

async fn act(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: OperationId,
    form: &OfficeForm,
) -> Result<&'static str, DeedProblem> {
    let (app, words) = (&visit.web.app, operation_words(visit.language()));
    let seen = who.seen(app).await?;
    let act = form.one("act").parse::<ActId>().map_err(|_| DeedProblem::old(visit))?;
    let doer = ActingPerson { person: who.stay.person.id, seen: &seen, act };
    match form.one("do") {
        "resend" => {
            let wishes = wishes(words, form)?;
            acts::resend(app, doer, id, &wishes, form.one("attach") == "1").await?;
            Ok("resend")
        }
        "close" => {
            acts::revoke_links(app, doer, id, None).await?;
            Ok("close")
        }
        "retry" => match acts::retry(app, doer, id).await? {
            Acted::Done(hastened) if !hastened.operation && hastened.mails == 0 => {
                Err(DeedProblem::Words(StatusCode::CONFLICT, words.nothing_waits.to_owned()))
            }
            Acted::Done(_) | Acted::Before => Ok("retry"),
        },
        _ => Err(DeedProblem::old(visit)),
    }
}

/// Who is to get a mail again, as the form says it.
fn wishes(words: &OperationWords, form: &OfficeForm) -> Result<Vec<SendAgain>, DeedProblem> {
    let address = |text: &str| {
        let wrong = || filled(words.address_wrong, &[("address", text.trim().to_owned())]);
        MailAddress::parse(text).ok_or_else(|| DeedProblem::wrong(&wrong()))
    };
    let mut wishes = Vec::new();
    // The fields of a receiver stand behind each other.
    for (to, instead) in form.all("address").zip(form.all("instead")) {
        if !instead.trim().is_empty() {
            wishes.push(SendAgain::Corrected { from: address(to)?, to: address(instead)? });
        } else if form.all("to").any(|chosen| chosen == to) {
            wishes.push(SendAgain::To(address(to)?));
        }
    }
    let added = form.one("add");
    if !added.trim().is_empty() {
        wishes.push(SendAgain::Added { to: address(added)?, language: None });
    }
    if wishes.is_empty() {
        return Err(DeedProblem::wrong(words.nobody_chosen));
    }
    Ok(wishes)
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: OperationId,
    (status, done, problem): (StatusCode, &'static str, String),
) -> Response {
    match operation_page(visit, who, id, (done, problem)).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn operation_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: OperationId,
    (done, problem): (&'static str, String),
) -> Result<OperationPageView, Error> {
    let app = &visit.web.app;
    let seen = who.seen(app).await?;
    let from = visit.asked("from").and_then(|from| from.parse().ok()).unwrap_or(0);
    let sheet = detail::read(app, &seen, id, from).await?;
    let teller = Teller {
        locale: Locale(visit.language()),
        words: operation_words(visit.language()),
        people: deeds::people(app).await?,
    };
    let shown = app.reader.documents_shown(sheet.operation.of_documents()).await?;
    let files = files::list(&shown);
    let aliases = aliases(app).await?;
    let alias = aliases.get(&sheet.operation.client_service).cloned().unwrap_or_default();
    let mails = || sheet.receivers.iter().flat_map(|receiver| &receiver.mails);
    let waits = sheet.operation.next_try.is_some() && sheet.operation.finished.is_none();
    Ok(OperationPageView {
        frame: visit.frame(),
        words: teller.words,
        done,
        problem,
        id: id.to_string(),
        reference: sheet.operation.external_reference.as_str().to_owned(),
        facts: teller.facts(&sheet, shown.len(), alias),
        timeline: sheet.timeline.iter().map(|moment| teller.moment(&sheet, moment)).collect(),
        documents: sheet.documents.iter().map(|it| teller.document(it, &files)).collect(),
        more_documents: sheet.more_documents.map(|from| format!("?from={from}")),
        receivers: sheet.receivers.iter().enumerate().map(|it| teller.receiver(it)).collect(),
        can: who.stay.person.may(Permission::Act).then(|| WhatCanBeDone {
            resend: sheet.operation.state == OperationState::Executed,
            retry: waits || mails().any(|(mail, _)| mail.status == DeliveryStatus::SendingError),
            close: mails().any(|(mail, _)| mail.link_revoked.is_none()),
        }),
        acts: [deeds::drawn(app)?, deeds::drawn(app)?, deeds::drawn(app)?],
    })
}

/// Puts what is known into the words of a language.
struct Teller {
    locale: Locale,
    words: &'static OperationWords,
    people: HashMap<PersonId, String>,
}

impl Teller {
    /// What stands first; of how many documents, the page need not show all.
    fn facts(
        &self,
        sheet: &OperationSheet,
        documents: usize,
        alias: String,
    ) -> Vec<(&'static str, String)> {
        let (words, operation) = (self.words, &sheet.operation);
        let all = u32::try_from(documents).unwrap_or(u32::MAX);
        let mut facts = vec![
            (words.state, state_word(words, operation.state).to_owned()),
            (words.documents, sealed_of(self.locale, words, sheet.sealed, all)),
            (words.description, operation.description.clone()),
            (words.client_service, alias),
            (words.accepted, self.locale.time(operation.accepted)),
        ];
        facts.extend(operation.finished.map(|at| (words.ended, self.locale.time(at))));
        if operation.finished.is_none() {
            facts.extend(operation.next_try.map(|at| (words.next_try, self.locale.time(at))));
        }
        facts.extend(sheet.last_error.clone().map(|why| (words.waits_because, why)));
        facts.push((words.number, operation.id.to_string()));
        facts.retain(|(_, text)| !text.is_empty());
        facts
    }

    fn moment(&self, sheet: &OperationSheet, moment: &Moment) -> MomentRow {
        let words = self.words;
        let address = |id: &MessageId| {
            let mut mails = sheet.receivers.iter().flat_map(|receiver| &receiver.mails);
            mails.find(|(mail, _)| mail.id == *id).map_or_else(String::new, |(mail, _)| to(mail))
        };
        let mut by = String::new();
        let what = match &moment.what {
            Happened::Accepted => words.accepted.to_owned(),
            Happened::KeyAsked => words.key_asked.to_owned(),
            Happened::LastKeyAsked { documents } => {
                let number = self.locale.number(u64::from(*documents));
                filled(words.last_key_asked, &[("number", number)])
            }
            Happened::Finished { state } => {
                filled(words.ended_as, &[("state", state_word(words, *state).to_owned())])
            }
            Happened::AskedAgain { message } => {
                filled(words.asked_again, &[("address", address(message))])
            }
            Happened::Tried { message, number, verdict } => filled(
                words.tried,
                &[
                    ("address", address(message)),
                    ("number", number.to_string()),
                    ("verdict", self.verdict(verdict.as_deref()).to_owned()),
                ],
            ),
            Happened::Opened { message } => filled(words.opened, &[("address", address(message))]),
            Happened::LinkRevoked { message } => {
                filled(words.link_closed, &[("address", address(message))])
            }
            Happened::Did(act) => {
                let name = self.people.get(&act.person).cloned();
                let name = name.unwrap_or_else(|| act.person.to_string());
                by = filled(words.by, &[("name", name)]);
                self.act(act.kind).to_owned()
            }
        };
        MomentRow { when: self.locale.time(moment.at), after: span(moment.after_ms), what, by }
    }

    fn act(&self, kind: ActKind) -> &'static str {
        let [resent, retried, closed] = self.words.acts;
        match kind {
            ActKind::Resent => resent,
            ActKind::Retried => retried,
            ActKind::LinksRevoked => closed,
            // These are done to sets, and stand with them.
            ActKind::BulkCounted
            | ActKind::BulkConfirmed
            | ActKind::BulkApproved
            | ActKind::BulkCancelled => kind.as_str(),
        }
    }

    /// The word for how a try ended.
    fn verdict(&self, verdict: Option<&str>) -> &'static str {
        let [running, taken, later, never, large, relay, interrupted] = self.words.verdicts;
        match verdict {
            None => running,
            Some("ACCEPTED") => taken,
            Some("LATER") => later,
            Some("TOO_LARGE") => large,
            Some("RELAY") => relay,
            Some("INTERRUPTED") => interrupted,
            Some(_) => never,
        }
    }

    fn document(&self, sheet: &DocumentSheet, files: &[File]) -> DocumentRow {
        let document = &sheet.known.document;
        let [received, sealed, failed] = self.words.document_states;
        let (mut sha256, mut reason, mut detail) = (String::new(), String::new(), String::new());
        let state = match &document.state {
            DocumentState::Received => received,
            DocumentState::Sealed { sha256: digest, .. } => {
                sha256 = hex(digest);
                sealed
            }
            DocumentState::Failed { reason: name, detail: text, .. } => {
                (reason, detail) = (name.clone(), text.clone());
                failed
            }
        };
        let own = files.iter().filter(|file| file.document == document.id);
        let files = own.map(|file| FileRow {
            number: file.number,
            name: file.name.clone(),
            shown: showing::is_offered(file),
        });
        let known = [sheet.known.format.as_deref(), sheet.known.profile.as_deref()];
        let known: Vec<&str> = known.into_iter().flatten().collect();
        let files: Vec<FileRow> = if sheet.has_sealed { files.collect() } else { Vec::new() };
        DocumentRow {
            reference: document.external_reference.as_str().to_owned(),
            name: document.name.clone(),
            state,
            format: known.join(", "),
            size: self.locale.size(document.content_length),
            gone: files.is_empty() && !sha256.is_empty(),
            sha256,
            explained: ErrorTopic::of(&reason).is_some(),
            reason,
            detail,
            files,
        }
    }

    fn receiver(&self, (index, sheet): (usize, &ReceiverSheet)) -> ReceiverRow {
        let address = sheet.address.as_str().to_owned();
        let tries = sheet.mails.iter().flat_map(|(_, tries)| tries).map(|one| TryRow {
            when: self.locale.time(one.started),
            verdict: self.verdict(one.verdict.as_deref()),
            words: one.reply.clone().unwrap_or_default(),
            ambiguous: one.ambiguous,
        });
        ReceiverRow {
            index,
            instead: filled(self.words.instead, &[("address", address.clone())]),
            standing: standing_word(self.words, sheet.standing),
            tries: tries.collect(),
            address,
        }
    }
}

/// Where a mail goes.
fn to(mail: &Message) -> String {
    match &mail.target {
        Target::Mail { address, .. } => address.as_str().to_owned(),
        Target::Webhook { .. } => String::new(),
    }
}

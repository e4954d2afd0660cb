//! One set of operations: what is in it, how far it is, what could not be done and why; and the steps that whoever looks
//! can make.

use std::collections::HashMap;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::deeds;
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::rows::{aliases, set_kind_word, set_state_word, standing_word, state_word};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::app::App;
use crate::domain::act::{Act, ActKind};
use crate::domain::bulk::{Bulk, BulkKind, BulkState};
use crate::domain::ids::{BulkId, ClientServiceId, OperationId, PersonId};
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::listing::OperationFilter;
use crate::domain::person::Permission;
use crate::letters::{Locale, OperationWords, SetWords, filled, operation_words, set_words};
use crate::workflow::acts::{self, ActingPerson};
use crate::workflow::{Error, Thing, bulk};

/// Of what waits and of what was not done, so much is on a page.
const WAITING: u32 = 20;
const REFUSED: u32 = 50;

#[derive(Template)]
#[template(path = "backoffice/templates/set.html")]
struct SetPage {
    frame: OfficeFrame,
    words: &'static SetWords,
    operations: &'static OperationWords,
    problem: String,
    id: String,
    title: &'static str,
    /// Whether it changes by itself, so that the page looks again.
    moves: bool,
    /// Done or not done, of all.
    progress: Option<(u64, u64)>,
    facts: Vec<(&'static str, String)>,
    /// What it was chosen by, in words and as the query of the list.
    chosen: Vec<(&'static str, String)>,
    choice: String,
    notes: Vec<String>,
    steps: Vec<SetStep>,
    /// Whether whoever looks is a second person, who is to agree.
    decides: bool,
    refused: Vec<SetItemRow>,
    /// Query of further ones.
    more_refused: Option<String>,
    waiting: Vec<SetItemRow>,
    history: Vec<(String, &'static str, String)>,
}

/// A form with one button.
struct SetStep {
    name: &'static str,
    words: &'static str,
    text: String,
    /// Behind the address of the set.
    place: &'static str,
    /// Drawn for it: what is sent twice is done once.
    act: String,
}

struct SetItemRow {
    operation: String,
    reference: String,
    why: String,
}

/// How a set is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SetView {
    Plain,
    /// By who is to agree, and showed a moment ago who it is.
    Deciding,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    match deeds::id_of(id) {
        Some(id) => shown(&visit, &who, (id, SetView::Plain), (StatusCode::OK, "")).await,
        None => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

pub(super) async fn approval_page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    match deeds::id_of(id) {
        Some(id) => shown(&visit, &who, (id, SetView::Deciding), (StatusCode::OK, "")).await,
        None => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    sent(&visit, &who, (deeds::id_of(id), SetView::Plain), &form).await
}

pub(super) async fn send_approval(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    sent(&visit, &who, (deeds::id_of(id), SetView::Deciding), &form).await
}

async fn sent(
    visit: &OfficeVisit,
    who: &SignedIn,
    (id, view): (Option<BulkId>, SetView),
    form: &OfficeForm,
) -> Response {
    let Some(id) = id else { return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown) };
    let words = set_words(visit.language());
    let wrong = match step(visit, who, (id, view), form).await {
        Ok(true) => return visit.go(&format!("/sets/{id}")),
        Ok(false) => visit.words().old_text,
        Err(Error::Refused(_)) if view == SetView::Deciding => words.own,
        Err(Error::Refused(_)) => words.not_yours,
        Err(error) => return visit.failed(&error),
    };
    shown(visit, who, (id, view), (StatusCode::UNPROCESSABLE_ENTITY, wrong)).await
}

/// Makes the step that a form asks for. Returns whether it asks for one.
async fn step(
    visit: &OfficeVisit,
    who: &SignedIn,
    (id, view): (BulkId, SetView),
    form: &OfficeForm,
) -> Result<bool, Error> {
    let app = &visit.web.app;
    let seen = who.seen(app).await?;
    let Ok(act) = form.one("act").parse() else { return Ok(false) };
    let doer = ActingPerson { person: who.stay.person.id, seen: &seen, act };
    match (view, form.one("do")) {
        (SetView::Plain, "confirm") => bulk::confirm(app, doer, id).await?,
        (SetView::Deciding, "agree") => bulk::approve(app, doer, id).await?,
        (SetView::Plain, "cancel") | (SetView::Deciding, "refuse") => {
            bulk::cancel(app, doer, id).await?
        }
        _ => return Ok(false),
    };
    Ok(true)
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    (id, view): (BulkId, SetView),
    (status, problem): (StatusCode, &str),
) -> Response {
    match set_page(visit, who, (id, view), problem).await {
        Ok(Some(page)) => OfficeVisit::page(status, &page),
        Ok(None) => visit.go(&format!("/sets/{id}")),
        Err(error) => visit.failed(&error),
    }
}

/// The page; `None`: nobody is to agree any more.
async fn set_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    (id, view): (BulkId, SetView),
    problem: &str,
) -> Result<Option<SetPage>, Error> {
    let app = &visit.web.app;
    let seen = who.seen(app).await?;
    let found = app.reader.bulk((who.stay.person.id, &seen), id).await?;
    let bulk = found.ok_or(Error::NotFound(Thing::Bulk))?;
    if view == SetView::Deciding && bulk.state != BulkState::Proposed && problem.is_empty() {
        return Ok(None);
    }
    let teller = SetTeller {
        locale: Locale(visit.language()),
        words: set_words(visit.language()),
        operations: operation_words(visit.language()),
        people: deeds::people(app).await?,
        own: bulk.person == who.stay.person.id,
        can: who.stay.person.may(Permission::Act),
    };
    let history = app.reader.acts_of_bulk(id).await?;
    let (refused, more_refused) = teller.refused(visit, &bulk).await?;
    let filter = OperationFilter::parse(&bulk.filter, &[]).unwrap_or_default();
    let is_proposed = bulk.state == BulkState::Proposed;
    Ok(Some(SetPage {
        frame: visit.frame(),
        words: teller.words,
        operations: teller.operations,
        problem: problem.to_owned(),
        id: id.to_string(),
        title: set_kind_word(teller.words, bulk.kind),
        moves: matches!(bulk.state, BulkState::Counting | BulkState::Running),
        progress: matches!(bulk.state, BulkState::Running | BulkState::Done)
            .then(|| (bulk.done.saturating_add(bulk.refused), bulk.items))
            .filter(|(_, all)| *all > 0),
        facts: teller.facts(&bulk),
        chosen: teller.chosen(&filter, &aliases(app).await?),
        choice: bulk.filter.clone(),
        notes: teller.notes(app, &bulk, &history),
        steps: teller.steps(app, &bulk, view)?,
        decides: is_proposed && view == SetView::Plain && teller.can && !teller.own,
        refused,
        more_refused,
        waiting: teller.waiting(app, &bulk).await?,
        history: history.iter().map(|act| teller.moment(act)).collect(),
    }))
}

/// Puts what is known of a set into the words of a language, for somebody.
struct SetTeller {
    locale: Locale,
    words: &'static SetWords,
    operations: &'static OperationWords,
    people: HashMap<PersonId, String>,
    /// Whether who looks counted it.
    own: bool,
    /// Whether who looks may do something.
    can: bool,
}

impl SetTeller {
    fn name(&self, person: PersonId) -> String {
        self.people.get(&person).cloned().unwrap_or_else(|| person.to_string())
    }

    fn facts(&self, bulk: &Bulk) -> Vec<(&'static str, String)> {
        let words = self.words;
        let number = |number| self.locale.number(number);
        let mut facts = vec![(self.operations.state, set_state_word(words, bulk.state).to_owned())];
        if bulk.state != BulkState::Counting {
            match bulk.kind {
                BulkKind::Resend => facts.extend([
                    (words.mails_in_it, number(bulk.items)),
                    (words.of_operations, number(bulk.operations)),
                ]),
                BulkKind::Retry => facts.push((words.operations_in_it, number(bulk.items))),
            }
            facts.extend([
                (words.done, number(bulk.done)),
                (words.refused, number(bulk.refused)),
                (words.left, number(bulk.left())),
            ]);
        }
        facts.push((words.counted_by, self.name(bulk.person)));
        facts.push((words.counted, self.locale.time(bulk.created)));
        facts.extend(bulk.approved_by.map(|person| (words.approved_by, self.name(person))));
        facts.extend(bulk.ended.map(|at| (self.operations.ended, self.locale.time(at))));
        facts
    }

    /// A choice in words.
    fn chosen(
        &self,
        filter: &OperationFilter,
        aliases: &HashMap<ClientServiceId, String>,
    ) -> Vec<(&'static str, String)> {
        let words = self.operations;
        let day = |at: Instant| self.locale.day(at);
        let alias = |id: ClientServiceId| aliases.get(&id).cloned().unwrap_or_default();
        let said = [
            (words.state, filter.state.map(|it| state_word(words, it).to_owned())),
            ("type", filter.kind.map(|it| it.as_str().to_owned())),
            (words.client_service, filter.client_service.map(alias)),
            ("company", filter.company.map(|it| it.to_string())),
            (words.from_day, filter.from.map(day)),
            // A day is in it as a whole.
            (words.until_day, filter.until.map(|at| day(at.plus_ms(-DAY_MS)))),
            (words.format, filter.format.map(|it| it.as_str().to_owned())),
            ("profile", filter.profile.as_ref().map(|it| it.as_str().to_owned())),
            (words.error, filter.error.as_ref().map(|it| it.as_str().to_owned())),
            (words.receiver, filter.receiver.as_ref().map(ToString::to_string)),
            (words.delivery, filter.standing.map(|it| standing_word(words, it).to_owned())),
        ];
        said.into_iter().filter_map(|(name, said)| Some((name, said?))).collect()
    }

    fn notes(&self, app: &App, bulk: &Bulk, history: &[Act]) -> Vec<String> {
        let words = self.words;
        let was_counted = history.iter().any(|act| act.kind == ActKind::BulkCounted);
        match bulk.state {
            BulkState::Counted if bulk.items == 0 => vec![words.nothing_in_it.to_owned()],
            BulkState::Counted => {
                let mut notes = vec![words.counted_text.to_owned()];
                if bulk::needs_approval(app, bulk) {
                    let above = self.locale.number(app.bulk.approval_above.into());
                    notes.push(filled(words.propose_text, &[("number", above)]));
                }
                notes
            }
            BulkState::Proposed if self.own => {
                vec![words.own.to_owned(), words.awaits.to_owned()]
            }
            BulkState::Proposed => vec![words.counted_text.to_owned()],
            BulkState::Cancelled if !was_counted => vec![words.not_counted.to_owned()],
            BulkState::Counting | BulkState::Running | BulkState::Done | BulkState::Cancelled => {
                Vec::new()
            }
        }
    }

    fn steps(&self, app: &App, bulk: &Bulk, view: SetView) -> Result<Vec<SetStep>, Error> {
        let words = self.words;
        let mut steps = Vec::new();
        if !self.can {
            return Ok(steps);
        }
        let mut add = |name, said, text: &str, place| -> Result<(), Error> {
            let act = acts::draw(app)?.to_string();
            steps.push(SetStep { name, words: said, text: text.to_owned(), place, act });
            Ok(())
        };
        match (bulk.state, view) {
            (BulkState::Done | BulkState::Cancelled, _) => {}
            (BulkState::Proposed, SetView::Deciding) => {
                if !self.own {
                    add("agree", words.agree, words.agree_text, "/approval")?;
                    add("refuse", words.refuse, words.refuse_text, "/approval")?;
                }
            }
            _ => {
                if bulk.state == BulkState::Counted && self.own && bulk.items > 0 {
                    let second = bulk::needs_approval(app, bulk);
                    let said = if second { words.propose } else { words.confirm };
                    add("confirm", said, "", "")?;
                }
                add("cancel", words.cancel, words.cancel_text, "")?;
            }
        }
        Ok(steps)
    }

    /// What was not done, behind what stands in the address, and the query of what follows.
    async fn refused(
        &self,
        visit: &OfficeVisit,
        bulk: &Bulk,
    ) -> Result<(Vec<SetItemRow>, Option<String>), Error> {
        if bulk.refused == 0 {
            return Ok((Vec::new(), None));
        }
        let reader = &visit.web.app.reader;
        let after = visit.asked("after").and_then(|after| after.parse().ok()).unwrap_or(0);
        let items = reader.refused_items(bulk.id, after, REFUSED).await?;
        let ids: Vec<OperationId> = items.iter().map(|it| it.item.operation).collect();
        let references = reader.references(&ids).await?;
        let is_full = items.len() == usize::try_from(REFUSED).unwrap_or_default();
        let more = items.last().filter(|_| is_full);
        let more = more.map(|last| format!("?after={}", last.item.number));
        let row = |of: &crate::store::bulk::RefusedItem| SetItemRow {
            operation: of.item.operation.to_string(),
            reference: references.get(&of.item.operation).cloned().unwrap_or_default(),
            why: self.why(&of.words),
        };
        Ok((items.iter().map(row).collect(), more))
    }

    fn why(&self, words: &str) -> String {
        match words {
            bulk::OVERTAKEN => self.words.overtaken.to_owned(),
            bulk::NOTHING_WAITS => self.words.nothing_waits.to_owned(),
            bulk::GONE => self.words.gone.to_owned(),
            // What a request would be refused with.
            words => words.to_owned(),
        }
    }

    /// The first of what waits, while it may still be done.
    async fn waiting(&self, app: &App, bulk: &Bulk) -> Result<Vec<SetItemRow>, Error> {
        if matches!(bulk.state, BulkState::Done | BulkState::Cancelled) {
            return Ok(Vec::new());
        }
        let items = app.reader.waiting_items(bulk.id, WAITING).await?;
        let mut ids: Vec<OperationId> = items.iter().map(|item| item.operation).collect();
        ids.dedup();
        let references = app.reader.references(&ids).await?;
        let row = |id: &OperationId| SetItemRow {
            operation: id.to_string(),
            reference: references.get(id).cloned().unwrap_or_default(),
            why: String::new(),
        };
        Ok(ids.iter().map(row).collect())
    }

    fn moment(&self, act: &Act) -> (String, &'static str, String) {
        let [counted, wanted, agreed, cancelled] = self.words.acts;
        let what = match act.kind {
            ActKind::BulkCounted => counted,
            ActKind::BulkConfirmed => wanted,
            ActKind::BulkApproved => agreed,
            ActKind::BulkCancelled => cancelled,
            // These are done to one operation, and stand with it.
            ActKind::Resent | ActKind::Retried | ActKind::LinksRevoked => act.kind.as_str(),
        };
        (self.locale.time(act.at), what, self.name(act.person))
    }
}

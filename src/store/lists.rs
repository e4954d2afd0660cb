//! Lists of operations, newest first, from a place on and as far as it is worth while. Whatever they are chosen by, a
//! page looks at a bounded number of operations: it may be short, and says where to go on.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant as Moment};

use sqlx::AnyPool;
use sqlx::any::AnyRow;

use super::statement::Statement;
use super::{Reader, Reports, Result, row};
use crate::domain::client_service::ProfileName;
use crate::domain::delivery::{DeliveryStatus, MailAddress, standings};
use crate::domain::ids::{ClientServiceId, ExternalReference, OperationId};
use crate::domain::instant::Instant;
use crate::domain::listing::{BoundedCount, ErrorCode, ListPlace, OperationFilter, OperationKind};
use crate::domain::operation::OperationState;
use crate::domain::profile::Format;
use crate::domain::scope::ServiceSet;

/// Which operations: those that a filter chooses, of these client services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChoice {
    /// Its client service and company are in the set already.
    pub filter: OperationFilter,
    pub services: ServiceSet,
}

/// An operation as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationLine {
    pub id: OperationId,
    pub client_service: ClientServiceId,
    pub external_reference: ExternalReference,
    pub kind: OperationKind,
    pub state: OperationState,
    pub accepted: Instant,
    pub finished: Option<Instant>,
    /// When it is tried again, while it waits for that.
    pub next_try: Option<Instant>,
    pub documents: u32,
    pub sealed: u32,
    pub failed: u32,
    /// Why one of its documents was not sealed.
    pub error_reason: Option<String>,
    /// Its receivers, and how each stands.
    pub receivers: Vec<(MailAddress, DeliveryStatus)>,
}

impl OperationLine {
    /// Where it is in a list.
    #[must_use]
    pub const fn place(&self) -> ListPlace {
        ListPlace { accepted: self.accepted, operation: self.id }
    }
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationPage {
    /// No more than were asked for.
    pub lines: Vec<OperationLine>,
    /// Where to go on; `None`: there are no more. A page that is short and has one has looked far enough for once.
    pub next: Option<ListPlace>,
}

/// Operations that are looked at for one page, and those of them at once.
const LOOKED_AT: usize = 4096;
const FIRST_PORTION: usize = 128;
const PORTION: usize = 1024;

/// No further portion is looked at behind this time, and none is larger than the one before that took so long.
const LONG_ENOUGH: Duration = Duration::from_millis(15);
const LONG_PORTION: Duration = Duration::from_millis(4);

/// Of several client services no fewer are read at once of each.
const FEWEST: usize = 16;

/// So many client services are gone through one by one; beside more, all operations of the house are.
const ONE_BY_ONE: usize = 16;

impl Reports {
    /// A page of those that are chosen, behind a place.
    pub async fn operations(
        &self,
        choice: &ListChoice,
        after: ListPlace,
        size: usize,
    ) -> Result<OperationPage> {
        page(&self.pool, choice, after, size).await
    }

    /// How many are chosen, counted up to a bound, and as far as a page looks.
    pub async fn tally(&self, choice: &ListChoice, bound: u64) -> Result<BoundedCount> {
        let mut looked = Look::new(choice, ListPlace::BEGINNING);
        if looked.is_exact {
            let many = looked.count(&self.pool, bound.saturating_add(1)).await?;
            return Ok(BoundedCount::of(many, bound));
        }
        let mut many = 0_u64;
        while let Some(near) = looked.next(&self.pool, PORTION).await? {
            many += chosen(&self.pool, choice, &near).await?.len() as u64;
            if many > bound {
                break;
            }
        }
        Ok(if looked.is_whole || many > bound {
            BoundedCount::of(many, bound)
        } else {
            BoundedCount::AtLeast(many)
        })
    }

    /// Operations by their numbers, those that are within the set, in the order of a list.
    pub async fn lines(
        &self,
        services: &ServiceSet,
        operations: &BTreeSet<OperationId>,
    ) -> Result<Vec<OperationLine>> {
        let all = ListChoice { filter: OperationFilter::default(), services: services.clone() };
        let operations: Vec<OperationId> = operations.iter().copied().collect();
        let mut lines = lines_of(&self.pool, &all, &operations).await?;
        complete(&self.pool, &mut lines).await?;
        Ok(lines)
    }
}

impl Reader {
    /// Some of those that are chosen, behind a place, and where to go on: for whoever acts upon them.
    pub async fn chosen_operations(
        &self,
        choice: &ListChoice,
        after: ListPlace,
    ) -> Result<(Vec<(OperationId, ClientServiceId)>, Option<ListPlace>)> {
        let mut looked = Look { portion: PORTION, ..Look::new(choice, after) };
        let Some(near) = looked.next(&self.pool, PORTION).await? else {
            return Ok((Vec::new(), None));
        };
        let rows = chosen(&self.pool, choice, &near).await?;
        let mut chosen: Vec<(ListPlace, ClientServiceId)> = rows
            .iter()
            .map(|found| {
                let service = ClientServiceId::from_i64(row::integer(found, "client_service_id")?);
                Ok((place_from(found)?, service))
            })
            .collect::<Result<_>>()?;
        chosen.sort_unstable_by(|one, other| other.cmp(one));
        let chosen = chosen.into_iter().map(|(place, service)| (place.operation, service));
        Ok((chosen.collect(), (!looked.is_whole).then_some(looked.at)))
    }
}

async fn page(
    pool: &AnyPool,
    choice: &ListChoice,
    after: ListPlace,
    size: usize,
) -> Result<OperationPage> {
    let mut looked = Look::new(choice, after);
    let mut lines: Vec<OperationLine> = Vec::new();
    while lines.len() <= size
        && let Some(near) = looked.next(pool, size + 1 - lines.len()).await?
    {
        let near: Vec<OperationId> = near.iter().map(|place| place.operation).collect();
        lines.extend(lines_of(pool, choice, &near).await?);
    }
    let more = lines.len() > size;
    lines.truncate(size);
    let next = match lines.last() {
        Some(last) if more => Some(last.place()),
        _ => (!looked.is_whole).then_some(looked.at),
    };
    complete(pool, &mut lines).await?;
    Ok(OperationPage { lines, next })
}

/// By what operations are gone through.
#[derive(Clone, Copy)]
enum Course<'c> {
    /// All there are.
    Accepted,
    /// Those that are not finished.
    Open,
    /// Those in which nothing was sealed.
    Failed,
    /// Those with such a document.
    Error(&'c ErrorCode),
    /// Those with a mail to a mailbox.
    Receiver(&'c MailAddress),
    /// Those with a mail that was not taken over, or not yet.
    Unsent(DeliveryStatus),
}

/// A way through the operations, from a place on, that ends when it was long enough.
struct Look<'c> {
    course: Course<'c>,
    /// Whose are gone through, in one order.
    strands: Vec<Strand>,
    since: i64,
    at: ListPlace,
    left: usize,
    portion: usize,
    begun: Moment,
    /// When the portion was given that is being looked at.
    given: Option<Moment>,
    /// Whether what comes is what is chosen, and need not be looked at.
    is_exact: bool,
    /// Whether there are no more.
    is_whole: bool,
}

/// What was read ahead of one client service, or of all of them.
struct Strand {
    /// `None`: everybody's.
    party: Option<ClientServiceId>,
    /// Newest first, behind what was given.
    ahead: VecDeque<ListPlace>,
    /// Behind this nothing is read yet.
    at: ListPlace,
    /// Whether there are no more to be read.
    is_whole: bool,
}

impl<'c> Look<'c> {
    fn new(choice: &'c ListChoice, after: ListPlace) -> Self {
        let OperationFilter { state, error, receiver, standing, .. } = &choice.filter;
        let unsent = standing.filter(|it| UNSENT.contains(it));
        let course = match (receiver, error, unsent, state) {
            (Some(receiver), ..) => Course::Receiver(receiver),
            (None, Some(error), ..) => Course::Error(error),
            (None, None, Some(standing), _) => Course::Unsent(standing),
            (None, None, None, Some(OperationState::ExecutionFailed)) => Course::Failed,
            (
                None,
                None,
                None,
                Some(OperationState::PendingExecution | OperationState::ExecutionError),
            ) => Course::Open,
            (None, None, None, Some(OperationState::Executed) | None) => Course::Accepted,
        };
        let parties = match &choice.services {
            ServiceSet::Of(some) if some.len() <= ONE_BY_ONE => {
                some.iter().map(|party| Some(*party)).collect()
            }
            ServiceSet::Of(_) | ServiceSet::All => vec![None],
        };
        let plain = OperationFilter {
            from: choice.filter.from,
            until: choice.filter.until,
            client_service: choice.filter.client_service,
            company: choice.filter.company,
            ..OperationFilter::default()
        };
        let narrowed = parties != [None] || choice.services == ServiceSet::All;
        let is_exact = narrowed
            && match course {
                Course::Accepted => choice.filter == plain,
                Course::Failed => {
                    let failed = Some(OperationState::ExecutionFailed);
                    choice.filter == OperationFilter { state: failed, ..plain }
                }
                _ => false,
            };
        let until = choice.filter.until.map_or(ListPlace::BEGINNING, |until| ListPlace {
            accepted: until,
            operation: OperationId::from_i64(i64::MIN),
        });
        let at = after.min(until);
        let strand = |party| Strand { party, ahead: VecDeque::new(), at, is_whole: false };
        Self {
            course,
            strands: parties.into_iter().map(strand).collect(),
            since: choice.filter.from.map_or(i64::MIN, Instant::unix_ms),
            at,
            left: LOOKED_AT,
            portion: FIRST_PORTION,
            begun: Moment::now(),
            given: None,
            is_exact,
            is_whole: choice.services.is_empty(),
        }
    }

    /// The next ones, newest first, each once; `wanted` of them will do. `None`: that is enough, or all.
    async fn next(&mut self, pool: &AnyPool, wanted: usize) -> Result<Option<Vec<ListPlace>>> {
        if let Some(given) = self.given {
            if self.begun.elapsed() > LONG_ENOUGH {
                return Ok(None);
            }
            if given.elapsed() < LONG_PORTION {
                self.portion = (self.portion * 2).min(PORTION);
            }
        }
        if self.is_whole || self.left == 0 {
            return Ok(None);
        }
        self.given = Some(Moment::now());
        let limit = if self.is_exact { wanted } else { self.portion }.clamp(1, self.left);
        let near = self.near(pool, limit).await?;
        self.left -= limit;
        Ok((!near.is_empty()).then_some(near))
    }

    /// The next ones of all strands.
    async fn near(&mut self, pool: &AnyPool, limit: usize) -> Result<Vec<ListPlace>> {
        let most = (limit / self.strands.len().max(1) * 2).max(FEWEST).min(limit);
        let mut near = Vec::new();
        while near.len() < limit {
            self.read_ahead(pool, most).await?;
            let newest = self.strands.iter_mut().max_by_key(|it| it.ahead.front().copied());
            let Some(place) = newest.and_then(|strand| strand.ahead.pop_front()) else {
                self.is_whole = true;
                break;
            };
            // One operation can be on its course several times, once with each of its documents or mails.
            if place < self.at {
                self.at = place;
                near.push(place);
            }
        }
        Ok(near)
    }

    /// Reads on where nothing is left of what was read, so many at once.
    async fn read_ahead(&mut self, pool: &AnyPool, most: usize) -> Result<()> {
        for number in 0..self.strands.len() {
            let Some(Strand { party, ahead, at, is_whole: false }) = self.strands.get(number)
            else {
                continue;
            };
            if !ahead.is_empty() {
                continue;
            }
            let read = self.near_of(pool, *party, *at, most).await?;
            if let Some(strand) = self.strands.get_mut(number) {
                strand.is_whole = read.len() < most;
                strand.at = read.last().copied().unwrap_or(strand.at);
                strand.ahead = read.into();
            }
        }
        Ok(())
    }

    /// How many there are on an exact course, counted as far as `most`.
    async fn count(&self, pool: &AnyPool, most: u64) -> Result<u64> {
        let mut many = 0;
        for strand in &self.strands {
            let left = usize::try_from(most.saturating_sub(many)).unwrap_or(usize::MAX);
            if left == 0 || self.is_whole {
                break;
            }
            let mut asked = Statement::new("SELECT COUNT(*) AS many FROM (");
            self.ask(&mut asked, strand.party, strand.at, left);
            asked.say(") AS near");
            for found in asked.rows(pool).await? {
                many += u64::from(row::small(&found, "many")?);
            }
        }
        Ok(many)
    }

    /// Those of one client service alone, or of all, behind a place.
    async fn near_of(
        &self,
        pool: &AnyPool,
        party: Option<ClientServiceId>,
        behind: ListPlace,
        limit: usize,
    ) -> Result<Vec<ListPlace>> {
        let mut asked = Statement::new("");
        self.ask(&mut asked, party, behind, limit);
        asked.rows(pool).await?.iter().map(place_from).collect()
    }

    /// The statement for these.
    fn ask(
        &self,
        asked: &mut Statement,
        party: Option<ClientServiceId>,
        behind: ListPlace,
        limit: usize,
    ) {
        let of_operations = ("accepted_ms", "id");
        let of_documents = ("received_ms", "operation_id");
        let of_mails = ("accepted_ms", "operation_id");
        let (select, columns, value) = match self.course {
            Course::Accepted => {
                let all = "SELECT accepted_ms, id FROM operation WHERE draft = 0";
                (all, of_operations, None)
            }
            Course::Open => {
                let open = "SELECT accepted_ms, id FROM operation
                     WHERE finished_ms IS NULL AND draft = 0";
                (open, of_operations, None)
            }
            Course::Failed => {
                let failed = "SELECT accepted_ms, id FROM operation
                     WHERE state = 'EXECUTION_FAILED' AND draft = 0";
                (failed, of_operations, None)
            }
            Course::Error(ErrorCode::Error(error)) => {
                let of_error = "SELECT received_ms AS accepted_ms, operation_id AS id FROM document
                     WHERE error IS NOT NULL AND error = ";
                (of_error, of_documents, Some(error.as_str().to_owned()))
            }
            Course::Error(ErrorCode::Reason(reason)) => {
                let of_reason =
                    "SELECT received_ms AS accepted_ms, operation_id AS id FROM document
                     WHERE error_reason IS NOT NULL AND error_reason = ";
                (of_reason, of_documents, Some(reason.clone()))
            }
            Course::Receiver(receiver) => {
                let to = "SELECT accepted_ms, operation_id AS id FROM message
                     WHERE accepted_ms IS NOT NULL AND address_folded = ";
                (to, of_mails, Some(receiver.folded()))
            }
            Course::Unsent(status) => {
                let unsent = "SELECT accepted_ms, operation_id AS id FROM message
                     WHERE accepted_ms IS NOT NULL
                       AND status IN ('PENDING', 'SENDING_ERROR', 'SENDING_FAILED') AND status = ";
                (unsent, of_mails, Some(status.as_str().to_owned()))
            }
        };
        asked.say(select);
        if let Some(value) = value {
            asked.text(&value);
        }
        if let Some(party) = party {
            // The sign keeps planners from going through all operations of a client service for those that wait.
            let sign = if matches!(self.course, Course::Open) { "+" } else { "" };
            asked.say(&format!(" AND {sign}client_service_id = ")).number(party.as_i64());
        }
        let (time, number) = columns;
        asked.say(&format!(" AND ({time}, {number}) < (")).number(behind.accepted.unix_ms());
        asked.say(", ").number(behind.operation.as_i64()).say(&format!(") AND {time} >= "));
        asked.number(self.since);
        asked.say(&format!(" ORDER BY {time} DESC, {number} DESC LIMIT {limit}"));
    }
}

const UNSENT: [DeliveryStatus; 3] =
    [DeliveryStatus::Pending, DeliveryStatus::SendingError, DeliveryStatus::SendingFailed];

fn place_from(found: &AnyRow) -> Result<ListPlace> {
    Ok(ListPlace {
        accepted: row::instant(found, "accepted_ms")?,
        operation: OperationId::from_i64(row::integer(found, "id")?),
    })
}

/// Time, number and client service of those among some operations that are chosen.
async fn chosen(pool: &AnyPool, choice: &ListChoice, near: &[ListPlace]) -> Result<Vec<AnyRow>> {
    let mut asked =
        Statement::new("SELECT accepted_ms, id, client_service_id FROM operation WHERE draft = 0");
    asked.among("id", near.iter().map(|place| place.operation.as_i64()));
    narrow(&mut asked, choice);
    asked.rows(pool).await
}

/// Those among some operations that are chosen, newest first, without what other tables say of them.
async fn lines_of(
    pool: &AnyPool,
    choice: &ListChoice,
    operations: &[OperationId],
) -> Result<Vec<OperationLine>> {
    if operations.is_empty() {
        return Ok(Vec::new());
    }
    let mut asked = Statement::new(
        "SELECT id, client_service_id, external_reference, state, accepted_ms, finished_ms, extends_id,
                CASE WHEN postponed = 1 AND finished_ms IS NULL THEN run_ms END AS next_try_ms
         FROM operation WHERE draft = 0",
    );
    asked.among("id", operations.iter().map(|id| id.as_i64()));
    narrow(&mut asked, choice);
    let mut lines: Vec<OperationLine> =
        asked.rows(pool).await?.iter().map(line_from).collect::<Result<_>>()?;
    lines.sort_unstable_by_key(|line| std::cmp::Reverse(line.place()));
    Ok(lines)
}

/// Adds what is chosen by.
fn narrow(asked: &mut Statement, choice: &ListChoice) {
    let ListChoice { filter, services } = choice;
    asked.of_services("client_service_id", services);
    if let Some(state) = filter.state {
        asked.say(" AND state = ").text(state.as_str());
    }
    match filter.kind {
        None => {}
        Some(OperationKind::Sign) => {
            asked.say(" AND extends_id IS NULL");
        }
        Some(OperationKind::ExtendPreservation) => {
            asked.say(" AND extends_id IS NOT NULL");
        }
    }
    if let Some(from) = filter.from {
        asked.say(" AND accepted_ms >= ").number(from.unix_ms());
    }
    if let Some(until) = filter.until {
        asked.say(" AND accepted_ms < ").number(until.unix_ms());
    }
    let (error, reason) = match &filter.error {
        None => (None, None),
        Some(ErrorCode::Error(error)) => (Some(error.as_str()), None),
        Some(ErrorCode::Reason(reason)) => (None, Some(reason.as_str())),
    };
    let of_document = [
        ("format", filter.format.map(Format::as_str)),
        ("profile", filter.profile.as_ref().map(ProfileName::as_str)),
        ("error", error),
        ("error_reason", reason),
    ];
    for (column, value) in of_document {
        if let Some(value) = value {
            asked.say(&format!(
                " AND EXISTS (SELECT 1 FROM document
                     WHERE document.operation_id = operation.id AND document.{column} = "
            ));
            asked.text(value).say(")");
        }
    }
    narrow_by_mails(asked, filter);
}

fn narrow_by_mails(asked: &mut Statement, filter: &OperationFilter) {
    if filter.receiver.is_none() && filter.standing.is_none() {
        return;
    }
    asked.say(
        " AND EXISTS (SELECT 1 FROM message AS mail
             WHERE mail.operation_id = operation.id AND mail.channel = 'MAIL'",
    );
    if let Some(receiver) = &filter.receiver {
        asked.say(" AND mail.address_folded = ").text(&receiver.folded());
    }
    if let Some(standing) = filter.standing {
        asked.say(" AND mail.status = ").text(standing.as_str());
        if standing != DeliveryStatus::Received {
            asked.say(NO_BETTER);
        }
    }
    asked.say(")");
}

/// The condition that a mail is the newest to its receiver, and none was received.
pub(super) const NO_BETTER: &str = " AND NOT EXISTS (SELECT 1 FROM message AS other
    WHERE other.operation_id = mail.operation_id AND other.channel = 'MAIL'
      AND other.address_folded = mail.address_folded
      AND (other.status = 'RECEIVED' OR
           (other.created_ms, other.position, other.id) > (mail.created_ms, mail.position, mail.id)))";

fn line_from(found: &AnyRow) -> Result<OperationLine> {
    let kind = match row::optional_integer(found, "extends_id")? {
        None => OperationKind::Sign,
        Some(_) => OperationKind::ExtendPreservation,
    };
    Ok(OperationLine {
        id: OperationId::from_i64(row::integer(found, "id")?),
        client_service: ClientServiceId::from_i64(row::integer(found, "client_service_id")?),
        external_reference: ExternalReference::from_stored(row::text(found, "external_reference")?),
        kind,
        state: row::named(found, "state", OperationState::parse)?,
        accepted: row::instant(found, "accepted_ms")?,
        finished: row::optional_instant(found, "finished_ms")?,
        next_try: row::optional_instant(found, "next_try_ms")?,
        documents: 0,
        sealed: 0,
        failed: 0,
        error_reason: None,
        receivers: Vec::new(),
    })
}

/// Adds to lines what documents and mails say.
async fn complete(pool: &AnyPool, lines: &mut [OperationLine]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let ids = || lines.iter().map(|line| line.id.as_i64());
    let mut asked = Statement::new(
        "SELECT operation_id, COUNT(*) AS documents,
                COUNT(CASE WHEN state = 'SIGNED' THEN 1 END) AS sealed,
                COUNT(CASE WHEN state = 'ERROR_SIGNING' THEN 1 END) AS failed,
                MIN(error_reason) AS error_reason
         FROM document WHERE 1 = 1",
    );
    asked.among("operation_id", ids()).say(" GROUP BY operation_id");
    let documents = asked.rows(pool).await?;
    let mut asked = Statement::new(
        "SELECT operation_id, address, status FROM message
         WHERE channel = 'MAIL' AND address IS NOT NULL AND operation_id IS NOT NULL",
    );
    asked.among("operation_id", ids()).say(" ORDER BY operation_id, created_ms, position, id");
    let mut mails: HashMap<i64, Vec<(MailAddress, DeliveryStatus)>> = HashMap::new();
    for found in asked.rows(pool).await? {
        let address = MailAddress::from_stored(row::text(&found, "address")?);
        let status = row::named(&found, "status", DeliveryStatus::parse)?;
        mails.entry(row::integer(&found, "operation_id")?).or_default().push((address, status));
    }
    for line in lines {
        let id = line.id.as_i64();
        for found in &documents {
            if row::integer(found, "operation_id")? == id {
                line.documents = row::small(found, "documents")?;
                line.sealed = row::small(found, "sealed")?;
                line.failed = row::small(found, "failed")?;
                line.error_reason = row::optional_text(found, "error_reason")?;
            }
        }
        line.receivers = standings(mails.remove(&id).unwrap_or_default());
    }
    Ok(())
}

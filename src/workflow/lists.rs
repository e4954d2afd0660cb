//! Lists of operations for people: chosen by a filter within what somebody may see, page by page, counted, and as CSV.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Error, Thing};
use crate::app::App;
use crate::domain::csv;
use crate::domain::ids::{ClientServiceId, CompanyId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::listing::{BoundedCount, ListPlace, OperationFilter};
use crate::domain::operation::Operation;
use crate::domain::scope::{Scope, ServiceSet};
use crate::store::lists::{ListChoice, OperationLine, OperationPage};

/// Operations on a page at most.
pub const PAGE: usize = 200;

/// How far a list is counted.
pub const COUNTED: u64 = 1000;

/// Lines of CSV that are in memory at once.
const PORTION: usize = 200;

/// The client services that somebody sees who sees these companies with theirs, and these client services.
///
/// # Errors
/// From the database.
pub async fn services_of(
    app: &App,
    companies: &[CompanyId],
    client_services: &[ClientServiceId],
) -> Result<ServiceSet, Error> {
    let mut seen: BTreeSet<ClientServiceId> = client_services.iter().copied().collect();
    if !companies.is_empty() {
        let all = app.reader.client_services().await?;
        seen.extend(all.iter().filter(|it| companies.contains(&it.issuer)).map(|it| it.id));
    }
    Ok(ServiceSet::Of(seen))
}

/// What a filter chooses of what somebody may see.
///
/// # Errors
/// From the database.
pub async fn choice(
    app: &App,
    seen: &ServiceSet,
    filter: &OperationFilter,
) -> Result<ListChoice, Error> {
    let mut services = seen.clone();
    if let Some(one) = filter.client_service {
        services = services.and(&ServiceSet::Of(BTreeSet::from([one])));
    }
    if let Some(company) = filter.company {
        services = services.and(&services_of(app, &[company], &[]).await?);
    }
    Ok(ListChoice { filter: filter.clone(), services })
}

/// A page of operations behind a place, newest first, at most [`PAGE`]. It may be short and say where to go on: it has
/// looked far enough for once then.
///
/// # Errors
/// From the database.
pub async fn page(
    app: &App,
    seen: &ServiceSet,
    filter: &OperationFilter,
    after: ListPlace,
    size: usize,
) -> Result<OperationPage, Error> {
    let choice = choice(app, seen, filter).await?;
    Ok(app.reports.operations(&choice, after, size.clamp(1, PAGE)).await?)
}

/// How many operations there are, up to [`COUNTED`].
///
/// # Errors
/// From the database.
pub async fn tally(
    app: &App,
    seen: &ServiceSet,
    filter: &OperationFilter,
) -> Result<BoundedCount, Error> {
    Ok(app.reports.tally(&choice(app, seen, filter).await?, COUNTED).await?)
}

/// A list as CSV (RFC 4180), portion by portion: never more than one is in memory.
pub struct CsvExport {
    app: Arc<App>,
    choice: ListChoice,
    aliases: HashMap<ClientServiceId, String>,
    /// Where to go on; `None`: that was all.
    at: Option<ListPlace>,
    begun: bool,
}

const COLUMNS: [&str; 13] = [
    "operation",
    "reference",
    "type",
    "state",
    "client_service",
    "accepted",
    "finished",
    "documents",
    "sealed",
    "failed",
    "error",
    "receivers",
    "delivery",
];

/// Begins to write a list as CSV.
///
/// # Errors
/// From the database.
pub async fn export(
    app: &Arc<App>,
    seen: &ServiceSet,
    filter: &OperationFilter,
) -> Result<CsvExport, Error> {
    let choice = choice(app, seen, filter).await?;
    let all = app.reader.client_services().await?;
    let aliases = all.into_iter().map(|it| (it.id, it.alias.as_str().to_owned())).collect();
    let app = Arc::clone(app);
    Ok(CsvExport { app, choice, aliases, at: Some(ListPlace::BEGINNING), begun: false })
}

impl CsvExport {
    /// The next lines; the first has the names of the columns. `None`: that was all.
    ///
    /// # Errors
    /// From the database: what was written until then is not the whole.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        if !self.begun {
            self.begun = true;
            return Ok(Some(csv::line(COLUMNS)));
        }
        while let Some(at) = self.at {
            let page = self.app.reports.operations(&self.choice, at, PORTION).await?;
            self.at = page.next;
            if !page.lines.is_empty() {
                return Ok(Some(page.lines.iter().map(|line| self.line(line)).collect()));
            }
        }
        Ok(None)
    }

    fn line(&self, line: &OperationLine) -> String {
        let time = |at: Option<Instant>| at.map(Instant::to_rfc3339).unwrap_or_default();
        let addresses: Vec<&str> = line.receivers.iter().map(|(it, _)| it.as_str()).collect();
        let standings: Vec<&str> = line.receivers.iter().map(|(_, it)| it.as_str()).collect();
        let fields = [
            line.id.to_string(),
            line.external_reference.as_str().to_owned(),
            line.kind.as_str().to_owned(),
            line.state.as_str().to_owned(),
            self.aliases.get(&line.client_service).cloned().unwrap_or_default(),
            time(Some(line.accepted)),
            time(line.finished),
            line.documents.to_string(),
            line.sealed.to_string(),
            line.failed.to_string(),
            line.error_reason.clone().unwrap_or_default(),
            addresses.join(" "),
            standings.join(" "),
        ];
        csv::line(fields.iter().map(String::as_str))
    }
}

/// The operation with this number, if it is within what somebody may see.
///
/// # Errors
/// [`Error::NotFound`]: what is not seen looks like what does not exist.
pub(super) async fn seen_operation(
    app: &App,
    seen: &ServiceSet,
    id: OperationId,
) -> Result<Operation, Error> {
    let found = app.reader.operation(Scope::Installation, id).await?;
    let found = found.filter(|operation| seen.holds(operation.client_service));
    found.ok_or(Error::NotFound(Thing::Operation))
}

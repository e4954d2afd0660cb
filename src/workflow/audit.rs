//! The audit record for who looks at it: page by page, as CSV, and whether its chain is whole. Entries are written where
//! things are done.

use std::collections::HashMap;
use std::sync::Arc;

use super::Error;
use crate::app::App;
use crate::domain::audit::{Actor, AuditEntry, AuditFilter, AuditPlace, AuditSubject};
use crate::domain::csv;
use crate::domain::ids::PersonId;
use crate::pki::audit_chain::link;

/// Entries on a page, and lines of CSV that are in memory at once.
pub const PAGE: u32 = 100;

/// Entries that are verified at once.
const PORTION: u32 = 500;

/// A page of the record.
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// Where older ones are.
    pub next: Option<AuditPlace>,
}

/// Entries behind a place that a filter chooses, newest first.
///
/// # Errors
/// From the database.
pub async fn page(app: &App, filter: &AuditFilter, after: AuditPlace) -> Result<AuditPage, Error> {
    let mut entries = app.reports.audit_entries(filter, after, PAGE + 1).await?;
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = entries.len() > most;
    entries.truncate(most);
    let next = entries.last().filter(|_| more).map(|last| AuditPlace { at: last.at, id: last.id });
    Ok(AuditPage { entries, next })
}

/// The record as CSV (RFC 4180), portion by portion: never more than one is in memory.
pub struct AuditExport {
    app: Arc<App>,
    filter: AuditFilter,
    addresses: HashMap<PersonId, String>,
    /// Where to go on; `None`: that was all.
    at: Option<AuditPlace>,
    begun: bool,
}

const COLUMNS: [&str; 8] = ["entry", "time", "by", "what", "about", "subject", "from", "details"];

/// Begins to write the record as CSV.
///
/// # Errors
/// From the database.
pub async fn export(app: &Arc<App>, filter: &AuditFilter) -> Result<AuditExport, Error> {
    let people = app.reader.people().await?;
    let addresses = people.into_iter().map(|it| (it.id, it.address.as_str().to_owned())).collect();
    let at = Some(AuditPlace::BEGINNING);
    Ok(AuditExport { app: Arc::clone(app), filter: *filter, addresses, at, begun: false })
}

impl AuditExport {
    /// The next lines; the first has the names of the columns. `None`: that was all.
    ///
    /// # Errors
    /// From the database: what was written until then is not the whole.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        if !self.begun {
            self.begun = true;
            return Ok(Some(csv::line(COLUMNS)));
        }
        let Some(at) = self.at else { return Ok(None) };
        let page = page(&self.app, &self.filter, at).await?;
        self.at = page.next;
        let lines: String = page.entries.iter().map(|entry| self.line(entry)).collect();
        Ok((!lines.is_empty()).then_some(lines))
    }

    fn line(&self, entry: &AuditEntry) -> String {
        let name =
            |id: PersonId| self.addresses.get(&id).cloned().unwrap_or_else(|| id.to_string());
        let by = match entry.actor {
            Actor::Person(id) => name(id),
            Actor::Command | Actor::Stranger => entry.actor.to_text(),
        };
        let fields = [
            entry.id.to_string(),
            entry.at.to_rfc3339(),
            by,
            entry.action.as_str().to_owned(),
            name(entry.person),
            entry.about.map(AuditSubject::to_text).unwrap_or_default(),
            entry.address.clone().unwrap_or_default(),
            entry.detail.clone(),
        ];
        csv::line(fields.iter().map(String::as_str))
    }
}

/// Whether the chain over the record is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Entries that fit, up to the first that does not.
    pub entries: u64,
    /// The hash of the last of them, which can be kept elsewhere; `None`: there is no entry.
    pub head: Option<[u8; 32]>,
    /// The first thing that is wrong.
    pub misfit: Option<Misfit>,
    /// Of a head that was kept elsewhere: the place of the entry whose hash it is.
    pub kept_at: Option<i64>,
}

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The entry at this place is not what was chained there.
    Changed { place: i64 },
    /// There is no entry at this place.
    Missing { place: i64 },
    /// The entry with this number was not chained.
    Inserted { id: i64 },
    /// What says where the chain ends is gone.
    Headless,
    /// The head that was kept elsewhere is none of an entry of this chain.
    NotKept,
}

impl Misfit {
    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed { .. } => "CHANGED",
            Self::Missing { .. } => "MISSING",
            Self::Inserted { .. } => "INSERTED",
            Self::Headless => "HEADLESS",
            Self::NotKept => "HEAD_NOT_FOUND",
        }
    }
}

/// Looks whether every entry of the record fits the one before it, and the last one the head; and whether a head that
/// was kept elsewhere is the hash of one of them. Entries that come meanwhile are left to the next look.
///
/// # Errors
/// From the database.
pub async fn verify(app: &App, kept: Option<[u8; 32]>) -> Result<ChainReport, Error> {
    let mut report = ChainReport { entries: 0, head: None, misfit: None, kept_at: None };
    let Some(end) = app.reader.audit_head().await? else {
        report.misfit = Some(Misfit::Headless);
        return Ok(report);
    };
    let (mut after, mut last) = (i64::MIN, 0);
    loop {
        let some = app.reader.chained((after, end.place), PORTION).await?;
        let Some(furthest) = some.last() else { break };
        after = furthest.place;
        for one in some {
            let place = last + 1;
            if one.place > place {
                report.misfit = Some(Misfit::Missing { place });
                return Ok(report);
            }
            if let (true, Some(entry)) = (one.place < place, &one.entry) {
                report.misfit = Some(Misfit::Inserted { id: entry.id });
                return Ok(report);
            }
            let hash = one.entry.as_ref().map(|it| link(place, report.head.as_ref(), it));
            if hash.is_none() || hash != one.hash {
                report.misfit = Some(Misfit::Changed { place: one.place });
                return Ok(report);
            }
            if hash == kept {
                report.kept_at = Some(place);
            }
            (report.head, last) = (hash, place);
            report.entries += 1;
        }
    }
    report.misfit = if last < end.place {
        Some(Misfit::Missing { place: last + 1 })
    } else if report.head != end.hash {
        Some(Misfit::Changed { place: last })
    } else if let Some(id) = app.reader.unchained().await? {
        Some(Misfit::Inserted { id })
    } else {
        (kept.is_some() && report.kept_at.is_none()).then_some(Misfit::NotKept)
    };
    Ok(report)
}

//! Choices of operations that a person keeps under a name.

use super::Doer;
use crate::app::App;
use crate::domain::audit::AuditAction;
use crate::domain::ids::PersonId;
use crate::domain::listing::{FilterName, SavedFilter};
use crate::workflow::Error;

/// Most choices that one person keeps.
pub const MOST_FILTERS: u32 = 30;

/// Keeps a choice, in place of one of that name. Returns whether it is kept: not when there are [`MOST_FILTERS`] others.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn save(
    app: &App,
    person: PersonId,
    filter: &SavedFilter,
    doer: &Doer,
) -> Result<bool, Error> {
    let detail = format!("filter kept: {} ({})", filter.name.as_str(), filter.choice.to_text());
    let entry = doer.entry(app, AuditAction::PersonChanged, person, detail)?;
    Ok(app.store.save_filter(person, filter, (MOST_FILTERS, app.now()), &entry).await?)
}

/// Forgets a choice; it is no error when there is none of that name.
///
/// # Errors
/// As [`save`].
pub async fn forget(
    app: &App,
    person: PersonId,
    name: &FilterName,
    doer: &Doer,
) -> Result<(), Error> {
    let detail = format!("filter forgotten: {}", name.as_str());
    let entry = doer.entry(app, AuditAction::PersonChanged, person, detail)?;
    app.store.forget_filter(person, name, &entry).await?;
    Ok(())
}

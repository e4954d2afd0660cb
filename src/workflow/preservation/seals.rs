//! Archive timestamps of preserved seals (level LTA), renewed before what they stand on ends: an operation for the documents
//! of each operation (EXTEND_PRESERVATION), as a client could ask for it.

use std::collections::BTreeMap;

use crate::app::App;
use crate::domain::ids::{ExternalReference, OperationId};
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::domain::scope::Scope;
use crate::domain::sources::sources;
use crate::workflow::Error;
use crate::workflow::extend::{ExtendRequest, extend};

/// Documents that are looked at, at a time.
const AT_ONCE: u32 = 1000;

/// Records a wish for what is due, once: as long as it is due the same wish is found again.
pub(super) async fn extend_due(app: &App) -> Result<(), Error> {
    if app.authorities.all().next().is_none() || app.evidence.trust.is_empty() {
        return Ok(());
    }
    let mut due: BTreeMap<OperationId, Instant> = BTreeMap::new();
    for (_, operation, at) in app.reader.seals_due(app.now(), AT_ONCE).await? {
        due.entry(operation).and_modify(|first| *first = at.min(*first)).or_insert(at);
    }
    for (operation, at) in due {
        let day = at.to_rfc3339();
        let reference = format!("EXTEND_PRESERVATION {operation} {day}");
        let request = ExtendRequest {
            external_reference: ExternalReference::from_stored(reference),
            months: None,
            level: Some(Level::Lta),
        };
        match extend(app, Scope::Installation, operation, &request).await {
            Ok((_, true)) => {}
            Ok((id, false)) => {
                tracing::info!(operation = %id, of = %operation, "archive timestamps are renewed");
            }
            // Whatever is the matter with one, the others are renewed.
            Err(error @ (Error::Unavailable(..) | Error::Uncertain(..))) => return Err(error),
            Err(error) => {
                tracing::error!(of = %operation, error = %sources(&error),
                    "archive timestamps cannot be renewed");
            }
        }
    }
    Ok(())
}

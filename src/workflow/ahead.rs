//! Contents on their way into a transaction: many are put down ahead, each portion in a turn to write, so that
//! nobody waits for all of them.

use crate::app::App;
use crate::contents::Ahead;
use crate::domain::ids::{ClientServiceId, ParcelId};
use crate::domain::sources::sources;
use crate::store::Result;
use crate::store::contents::ContentChange;

/// For so long what is put down is kept for who put it down. Whoever lives refers to it much sooner.
const KEPT_MS: i64 = 10 * 60 * 1000;

/// Contents as a transaction takes them, those put down ahead to be given up if it does not.
pub(super) struct Ready {
    pub(super) contents: Vec<ContentChange>,
    parcel: Option<ParcelId>,
}

/// Gets contents of a client service ready for the transaction that refers to them; the parcel is a fresh one.
pub(super) async fn ready(
    app: &App,
    party: ClientServiceId,
    parcel: ParcelId,
    contents: Vec<ContentChange>,
) -> Result<Ready> {
    if !app.contents.are_many(&contents) {
        return Ok(Ready { contents, parcel: None });
    }
    let place = Ahead { parcel, until: app.steady_now().plus_ms(KEPT_MS) };
    let turn = move || app.writers.take(party, 1);
    let contents = app.contents.put_ahead(&app.store, contents, place, turn).await?;
    Ok(Ready { contents, parcel: Some(parcel) })
}

impl Ready {
    /// Gives up what was put down. Nothing is lost when that fails, or when somebody refers to it after all.
    pub(super) async fn give_up(&self, app: &App) {
        let Some(parcel) = self.parcel else { return };
        if let Err(error) = app.store.give_up_pieces(parcel).await {
            tracing::debug!(error = %sources(&error), "pieces were not given up, and are swept later");
        }
    }
}

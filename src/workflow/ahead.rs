//! Contents on their way into a transaction: many are put down ahead, each portion in a turn to write, so that
//! nobody waits for all of them.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::app::{App, Share};
use crate::contents::Ahead;
use crate::domain::ids::{ClientServiceId, ParcelId};
use crate::domain::sources::sources;
use crate::store::Result;
use crate::store::contents::ContentChange;

/// For so long what is put down is kept for who put it down. Whoever lives refers to it much sooner.
const KEPT_MS: i64 = 10 * 60 * 1000;

/// So many times as long as a portion took its client service rests beside others,
const RESTS: u32 = 3;
/// for no longer than this.
const REST: Duration = Duration::from_millis(50);

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
    let turn = move || PortionTurn::take(app, party);
    let contents = app.contents.put_ahead(&app.store, contents, place, turn).await?;
    Ok(Ready { contents, parcel: Some(parcel) })
}

/// A turn to put a portion down. Beside others a client service has one of them at a time, and rests after
/// each: of several large documents the portions would else follow each other, and whoever writes little would
/// find the disk busy each time.
struct PortionTurn {
    /// Given back first.
    turn: Option<Share<ClientServiceId>>,
    place: Option<Share<ClientServiceId>>,
    began: Instant,
    rests: bool,
}

impl PortionTurn {
    async fn take(app: &App, party: ClientServiceId) -> Self {
        // Neither has a limit of who waits.
        let place = app.portions.take(party, 1).await.ok();
        let turn = app.writers.take(party, 1).await.ok();
        Self { turn, place, began: Instant::now(), rests: app.engine.has_others(party) }
    }
}

impl Drop for PortionTurn {
    fn drop(&mut self) {
        drop(self.turn.take());
        let (place, rest) =
            (self.place.take(), self.began.elapsed().saturating_mul(RESTS).min(REST));
        if let (true, Ok(runtime)) = (self.rests, Handle::try_current()) {
            runtime.spawn(async move {
                tokio::time::sleep(rest).await;
                drop(place);
            });
        }
    }
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

//! Timestamps for the documents of a chunk that are to have one. Without one a document waits, or has failed, as
//! its client service chose; it is never released with less.

use futures_util::future::join_all;

use super::document::{Ended, SignedDocument, failed, no_timestamp};
use super::work::PendingDocument;
use crate::app::App;
use crate::domain::ids::ClientServiceId;
use crate::domain::level::Level;
use crate::pki::digest::Digest;
use crate::workflow::Error;
use crate::workflow::timestamps::{self, NoToken, Stamping};

/// What became of documents that are to have a timestamp.
pub(super) struct Stamped<T> {
    /// Those that go on.
    pub(super) on: Vec<T>,
    /// Those that have failed.
    pub(super) ended: Vec<Ended>,
    /// Why others wait, if some do.
    pub(super) waits: Option<NoToken>,
}

/// Holds back what would be in vain: no key is used for a document whose time-stamp authorities are all away.
pub(super) async fn hold_back(
    app: &App,
    party: ClientServiceId,
    chunk: Vec<PendingDocument>,
) -> Result<Stamped<PendingDocument>, Error> {
    let all = Stamped { on: chunk, ended: Vec::new(), waits: None };
    if !all.on.iter().any(|document| document.settings.level > Level::B) {
        return Ok(all);
    }
    let stamping = timestamps::stamping(app, party).await?;
    let Some(none) = stamping.in_vain(app).await else { return Ok(all) };
    let (held, on) = all.on.into_iter().partition(|it| it.settings.level > Level::B);
    let held: Vec<PendingDocument> = held;
    Ok(without(app, &stamping, on, held.iter().map(|it| it.id), none))
}

/// Has signed documents stamped that are to be, all at once; an authority limits how many it is asked for.
pub(super) async fn stamp(
    app: &App,
    party: ClientServiceId,
    signed: Vec<SignedDocument>,
) -> Result<Stamped<SignedDocument>, Error> {
    let (stamped, mut on): (Vec<_>, Vec<_>) =
        signed.into_iter().partition(|it| it.level > Level::B && it.token.is_none());
    if stamped.is_empty() {
        return Ok(Stamped { on, ended: Vec::new(), waits: None });
    }
    let stamping = timestamps::stamping(app, party).await?;
    let one = async |mut document: SignedDocument| {
        let octets = match document.signed.time_stamped() {
            Ok(octets) => octets,
            Err(error) => return (document, Err(NoToken::of(&error))),
        };
        let imprint = |digest| Digest::of(digest, &octets);
        let token = stamping.token(app, &imprint, document.room).await;
        let none = token.map(|token| document.token = Some(token)).err();
        (document, none.map_or(Ok(()), Err))
    };
    let (mut waiting, mut none) = (Vec::new(), None);
    for (document, given) in join_all(stamped.into_iter().map(one)).await {
        match given {
            Ok(()) => on.push(document),
            Err(no_token) => {
                waiting.push(document.id);
                // One who was asked counts.
                none = none.filter(|it: &NoToken| it.asked).or(Some(no_token));
            }
        }
    }
    match none {
        None => Ok(Stamped { on, ended: Vec::new(), waits: None }),
        Some(none) => Ok(without(app, &stamping, on, waiting.into_iter(), none)),
    }
}

/// Documents that have no timestamp.
fn without<T>(
    app: &App,
    stamping: &Stamping<'_>,
    on: Vec<T>,
    ids: impl Iterator<Item = crate::domain::ids::DocumentId>,
    none: NoToken,
) -> Stamped<T> {
    if !stamping.fails {
        return Stamped { on, ended: Vec::new(), waits: Some(none) };
    }
    tracing::warn!(error = %none.words, "documents fail without a timestamp");
    let ended = ids.map(|id| failed(&app.contents, id, no_timestamp())).collect();
    Stamped { on, ended, waits: None }
}

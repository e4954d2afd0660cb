//! Validation data, and archive timestamps over them, for documents of a chunk at levels LT and LTA. Without them a
//! document waits, or has failed, as its client service chose for timestamps; it is never released with less. What
//! the key and the time-stamp authority gave is kept meanwhile, so that neither is asked again.

use std::sync::Arc;

use futures_util::future::join_all;

use super::document::{
    Ended, SignedDocument, certificate_revoked, failed, no_timestamp, no_validation_data,
};
use super::engine::{self, RaisedDocument, RaisingWith};
use super::lease_end;
use super::postpone::WaitCause;
use super::work::PendingDocument;
use crate::app::{App, ReadyCredential};
use crate::domain::ids::{ClientServiceId, DocumentId};
use crate::domain::level::Level;
use crate::pki::certificate::Certificate;
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::CollectedData;
use crate::store::kept_values::KeptValue;
use crate::store::leases::Lease;
use crate::workflow::timestamps::{self, NoToken};
use crate::workflow::validation_data::{self, NoData};
use crate::workflow::{Error, own_certificates};

/// What became of documents that are to last.
#[derive(Default)]
pub(super) struct Lasting {
    /// Those that go on to the key.
    pub(super) on: Vec<PendingDocument>,
    /// Those that have ended.
    pub(super) ended: Vec<Ended>,
    /// Why others wait, if some do.
    pub(super) waits: Option<WaitCause>,
}

impl Lasting {
    fn on(on: Vec<PendingDocument>) -> Self {
        Self { on, ..Self::default() }
    }

    fn also(&mut self, other: Self) {
        self.on.extend(other.on);
        self.ended.extend(other.ended);
        self.waits = self.waits.take().or(other.waits);
    }
}

/// Holds back what would be in vain: no key is used for a document at level LT while nobody says whether its
/// certificate was revoked, and never when it was.
pub(super) async fn hold_back(
    app: &App,
    (party, ready): (ClientServiceId, &ReadyCredential),
    chunk: Vec<PendingDocument>,
) -> Result<Lasting, Error> {
    if !chunk.iter().any(|document| document.settings.level > Level::T) {
        return Ok(Lasting::on(chunk));
    }
    let Err(none) = data_of_signer(app, party, ready).await? else {
        return Ok(Lasting::on(chunk));
    };
    tell_of_revoked(app, ready, &none).await?;
    let (held, on): (Vec<_>, Vec<_>) =
        chunk.into_iter().partition(|document| document.settings.level > Level::T);
    let ids = held.iter().map(|document| document.id).collect();
    Ok(Lasting { on, ..without_data(app, party, ids, none).await? })
}

/// Raises stamped documents to the level that they are to have.
pub(super) async fn raise(
    app: &App,
    (lease, party): (Lease, ClientServiceId),
    ready: &ReadyCredential,
    documents: Vec<SignedDocument>,
) -> Result<Lasting, Error> {
    if documents.is_empty() {
        return Ok(Lasting::default());
    }
    keep(app, (lease, party), &documents).await?;
    let mut data = match data_of_signer(app, party, ready).await? {
        Ok(data) => data,
        Err(none) => {
            tell_of_revoked(app, ready, &none).await?;
            let ids = documents.iter().map(|document| document.id).collect();
            return without_data(app, party, ids, none).await;
        }
    };
    let mut raised = Lasting::default();
    let mut complete = Vec::with_capacity(documents.len());
    let mut signers = vec![ready.chain.signing().clone()];
    for (authority, stamped) in by_authority(documents) {
        match data_of_authority(app, party, &authority).await? {
            Ok(more) => {
                data.add_all(more).map_err(Error::internal)?;
                signers.push(authority.certificate().clone());
                complete.extend(stamped);
            }
            Err(none) => {
                if none.revoked {
                    forget_tokens(app, (lease, party), &stamped).await?;
                }
                // Another token may be of another certificate: that of the seal is good.
                let none = NoData { revoked: false, ..none };
                let ids = stamped.iter().map(|document| document.id).collect();
                raised.also(without_data(app, party, ids, none).await?);
            }
        }
    }
    let stamping = timestamps::stamping(app, party).await?;
    let (data, at) = (Arc::new(data), app.now());
    let run_out = |at| {
        let (party, data) = (Some(party), Arc::clone(&data));
        validation_data::run_out(app, party, data, signers.clone(), at)
    };
    let with = RaisingWith { data: Arc::clone(&data), at, digests: stamping.digests() };
    let in_time = || Error::Internal("a document could not be raised in time".into());
    let all = engine::raise(app, (party, ready), complete, with).await?.ok_or_else(in_time)?;
    let (mut archiving, mut lacking) = (Vec::new(), Vec::new());
    for document in all {
        match document {
            RaisedDocument::Ended(ended) => raised.ended.push(*ended),
            RaisedDocument::Archiving(document) => archiving.push(*document),
            RaisedDocument::Lacking(ended) => lacking.push(*ended),
        }
    }
    // What was there when it was collected may have run out since, while others were asked.
    if !lacking.is_empty() {
        match run_out(at).await? {
            Some(none) => {
                raised.waits = raised.waits.or(Some(WaitCause::ValidationData(none)));
            }
            None => raised.ended.extend(lacking),
        }
    }
    let given = archiving.into_iter().map(async |document| {
        let imprint = |digest| document.imprint(digest);
        let token = stamping.token(app, &imprint, document.room).await;
        (document, token)
    });
    let mut stamped = Vec::new();
    let mut without = Vec::new();
    for (document, token) in join_all(given).await {
        match token {
            Ok(token) => stamped.push((document, token)),
            Err(none) => without.push((document.id(), none)),
        }
    }
    // What ran out before its archive timestamp does not last. Nobody failed: it is asked for anew at the next try.
    let latest = stamped.iter().map(|(_, token)| token.info().gen_time).max();
    if let Some(at) = latest
        && let Some(none) = run_out(at).await?
    {
        stamped.clear();
        raised.waits = raised.waits.or(Some(WaitCause::ValidationData(none)));
    }
    for archived in engine::archive(app, (party, ready), stamped).await?.ok_or_else(in_time)? {
        match archived {
            Ok(ended) => raised.ended.push(ended),
            Err((id, words)) => without.push((id, NoToken { asked: true, words })),
        }
    }
    for (id, none) in without {
        if stamping.fails {
            tracing::warn!(document = %id, error = %none.words, "it fails without an archive timestamp");
            raised.ended.push(failed(&app.contents, id, no_timestamp()));
        } else {
            raised.waits = raised.waits.or(Some(WaitCause::Timestamp(none)));
        }
    }
    Ok(raised)
}

/// Nothing more is sealed with a certificate that was revoked.
async fn tell_of_revoked(app: &App, ready: &ReadyCredential, none: &NoData) -> Result<(), Error> {
    if none.revoked {
        own_certificates::revoked(app, ready, &none.words).await?;
    }
    Ok(())
}

/// Keeps what the key and a time-stamp authority gave, where that is new.
async fn keep(
    app: &App,
    whose: (Lease, ClientServiceId),
    documents: &[SignedDocument],
) -> Result<(), Error> {
    let kept = documents.iter().filter(|document| !document.is_kept).filter_map(|document| {
        let token = document.token.as_ref().map(|token| token.der().to_vec());
        Some(KeptValue { document: document.id, value: document.value.clone()?, token })
    });
    write(app, whose, kept.collect()).await
}

/// Keeps the values alone: the tokens are of no use.
async fn forget_tokens(
    app: &App,
    whose: (Lease, ClientServiceId),
    documents: &[SignedDocument],
) -> Result<(), Error> {
    let kept = documents.iter().filter_map(|document| {
        let value = document.value.clone()?;
        Some(KeptValue { document: document.id, value, token: None })
    });
    write(app, whose, kept.collect()).await
}

async fn write(
    app: &App,
    (lease, party): (Lease, ClientServiceId),
    kept: Vec<KeptValue>,
) -> Result<(), Error> {
    if kept.is_empty() {
        return Ok(());
    }
    let _turn = app.writers.take(party, 1).await;
    Ok(app.store.keep_values(lease, lease_end(app), &kept).await?)
}

/// The documents by who stamped them, with a token of each.
fn by_authority(documents: Vec<SignedDocument>) -> Vec<(TimestampToken, Vec<SignedDocument>)> {
    let mut all: Vec<(TimestampToken, Vec<SignedDocument>)> = Vec::new();
    for document in documents {
        let Some(token) = document.token.clone() else { continue };
        let same = |other: &TimestampToken| other.certificate().der() == token.certificate().der();
        match all.iter_mut().find(|(other, _)| same(other)) {
            Some((_, others)) => others.push(document),
            None => all.push((token, vec![document])),
        }
    }
    all
}

async fn data_of_signer(
    app: &App,
    party: ClientServiceId,
    ready: &ReadyCredential,
) -> Result<Result<CollectedData, NoData>, Error> {
    let others: Vec<Certificate> = ready.chain.certificates().skip(1).cloned().collect();
    let signer = [ready.chain.signing().clone()];
    validation_data::collect(app, Some(party), &signer, &others).await
}

async fn data_of_authority(
    app: &App,
    party: ClientServiceId,
    token: &TimestampToken,
) -> Result<Result<CollectedData, NoData>, Error> {
    let others = token.certificates().filter_map(|der| Certificate::from_der(der).ok());
    let others: Vec<Certificate> = others.collect();
    let signer = [token.certificate().clone()];
    validation_data::collect(app, Some(party), &signer, &others).await
}

/// Documents that have no validation data.
async fn without_data(
    app: &App,
    party: ClientServiceId,
    ids: Vec<DocumentId>,
    none: NoData,
) -> Result<Lasting, Error> {
    let state = if none.revoked {
        tracing::error!(error = %none.words, "documents fail: their certificate was revoked");
        certificate_revoked()
    } else if timestamps::stamping(app, party).await?.fails {
        tracing::warn!(error = %none.words, "documents fail without validation data");
        no_validation_data()
    } else {
        let waits = Some(WaitCause::ValidationData(none));
        return Ok(Lasting { waits, ..Lasting::default() });
    };
    let ended = ids.into_iter().map(|id| failed(&app.contents, id, state.clone())).collect();
    Ok(Lasting { ended, ..Lasting::default() })
}

//! Renewal before what the last timestamp stands on ends (RFC 4998, 5.2): by time, another timestamp over the tokens of
//! many groups at once; by hash, another chain with a new digest over documents and records.

use std::collections::HashSet;
use std::sync::Arc;

use super::{
    RENEWED_AT_ONCE, building, ends_soon, group_stamp, is_ending, next_digest, on_a_thread,
    times_of,
};
use crate::app::App;
use crate::domain::ids::EvidenceGroupId;
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::cms::Augmentation;
use crate::pki::digest::Digest;
use crate::pki::evidence::{ArchiveStamp, DigestTree, EvidenceChain, EvidenceRecord, Renewal};
use crate::pki::path::TrustAnchor;
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::CollectedData;
use crate::store::preservation::{EvidenceGroup, GroupChain, PreservationTurn, RenewedGroup};
use crate::workflow::timestamps::Stamping;
use crate::workflow::validation_data::{collect, run_out};
use crate::workflow::{Error, NOBODY};

/// Groups that are read, or written, at a time.
const PORTION: usize = 50;

/// Steps of finding out what of the validation data is needed.
const STEPS: usize = 1_000_000;

/// Renews what is due. When it returns nothing is, or something of it could not be had.
pub(super) async fn renew_all(
    app: &App,
    turn: PreservationTurn,
    stamping: &Stamping<'_>,
) -> Result<(), Error> {
    while !is_ending(app) {
        let due = app.reader.groups_due(app.now(), RENEWED_AT_ONCE).await?;
        // One timestamp is over what has the same digest.
        let (mut by_time, mut same, mut begun) = (Vec::new(), None, false);
        for group in due {
            let chains = app.reader.evidence_chains(group.id).await?;
            let last = LastStamp::read(&group, &chains)?;
            let ending = app.calendar.digest(last.digest);
            let better = next_digest(app, stamping);
            if ending.is_some_and(|end| end.until <= ends_soon(app)) && better != last.digest {
                let Completion::Done(completed) = last.completed(app, &group).await? else {
                    continue;
                };
                if let Some(completed) = completed {
                    app.store.complete_stamp(turn, &group, completed.stamp.der()).await?;
                }
                app.store.begin_evidence_chain(turn, &group, better).await?;
                begun = true;
            } else if *same.get_or_insert(last.digest) == last.digest {
                by_time.push((group, last));
            }
        }
        let renewed = renew_by_time(app, turn, stamping, by_time).await?;
        let built = building::build_all(app, turn, stamping, app.now()).await?;
        if !(renewed || begun) || !built {
            return Ok(());
        }
    }
    Ok(())
}

/// The last timestamp of a group, and those of its chain before it.
struct LastStamp {
    digest: DigestAlgorithm,
    earlier: Vec<ArchiveStamp>,
    stamp: ArchiveStamp,
    token: TimestampToken,
}

impl LastStamp {
    fn read(group: &EvidenceGroup, chains: &[GroupChain]) -> Result<Self, Error> {
        let missing = || Error::Internal(format!("group {} has no timestamp", group.id).into());
        let chain = chains.last().ok_or_else(missing)?;
        let stamps = chain.stamps.iter().map(|der| ArchiveStamp::read(der).map(|read| read.1));
        let mut stamps = stamps.collect::<Result<Vec<_>, _>>().map_err(Error::internal)?;
        let stamp = stamps.pop().ok_or_else(missing)?;
        let token = TimestampToken::from_der(&stamp.path().token).map_err(Error::internal)?;
        Ok(Self { digest: chain.digest, earlier: stamps, stamp, token })
    }

    /// The timestamp with what validating it takes in its token: nobody can be asked for that later.
    async fn completed(&self, app: &App, group: &EvidenceGroup) -> Result<Completion, Error> {
        if app.evidence.trust.is_empty() {
            return Ok(Completion::Done(None));
        }
        let others = self.token.certificates().filter_map(|der| Certificate::from_der(der).ok());
        let others: Vec<Certificate> = others.collect();
        let signer = self.token.certificate().clone();
        match collect(app, None, std::slice::from_ref(&signer), &others).await? {
            Ok(data) => {
                let (trust, at) = (app.evidence.trust.clone(), app.now());
                let (stamp, digest) = (self.stamp.clone(), self.digest);
                let data = Arc::new(data);
                let (known, of) = (Arc::clone(&data), signer.clone());
                let completed =
                    on_a_thread(move || complete(stamp, digest, &known, (&trust, at, &of)));
                let stamp = completed.await??;
                Ok(Completion::Done(Some(Box::new(CompletedStamp { stamp, data, signer }))))
            }
            Err(none) if none.revoked => {
                tracing::error!(error = %none.words, "an authority of evidence was revoked");
                Ok(Completion::Done(None))
            }
            Err(none) => {
                let late = is_late(app, group);
                tracing::warn!(error = %none.words, late,
                    "there are no validation data of an authority of evidence");
                // Better a record whose reader has to find them elsewhere than none that is renewed.
                Ok(if late { Completion::Done(None) } else { Completion::Later })
            }
        }
    }
}

/// Whether a timestamp may be renewed.
enum Completion {
    /// It may, as it is or with what came to it.
    Done(Option<Box<CompletedStamp>>),
    /// What it takes to validate it cannot be had now, and there is still time.
    Later,
}

/// A timestamp with what validating it takes.
struct CompletedStamp {
    stamp: ArchiveStamp,
    data: Arc<CollectedData>,
    /// Who made it.
    signer: Certificate,
}

/// Whether half of the time for a renewal is over.
fn is_late(app: &App, group: &EvidenceGroup) -> bool {
    group.times.is_none_or(|times| times.overdue() <= app.now())
}

/// Whether what came to timestamps is good when the next one is made, at a time: what ran out before does not last, and is
/// asked for anew. Where it is late for that, the next one is taken all the same.
async fn all_last(
    app: &App,
    renewed: &[(EvidenceGroup, Option<Box<CompletedStamp>>, EvidenceRecord, Digest)],
    at: Instant,
) -> Result<bool, Error> {
    let mut known = HashSet::new();
    for (group, completed, ..) in renewed {
        let Some(completed) = completed.as_ref().filter(|_| !is_late(app, group)) else { continue };
        let CompletedStamp { data, signer, .. } = &**completed;
        if !known.insert(signer.fingerprint()) {
            continue;
        }
        if let Some(none) = run_out(app, None, Arc::clone(data), vec![signer.clone()], at).await? {
            tracing::warn!(error = %none.words, "evidence is not renewed with this timestamp");
            return Ok(false);
        }
    }
    Ok(true)
}

fn complete(
    stamp: ArchiveStamp,
    digest: DigestAlgorithm,
    data: &CollectedData,
    (trust, at, signer): (&[TrustAnchor], Instant, &Certificate),
) -> Result<ArchiveStamp, Error> {
    let proof = data.prove(trust, &[signer], at, STEPS).map_err(Error::internal)?;
    let more = Augmentation {
        certificates: proof.certificates.iter().map(Certificate::der).collect(),
        lists: proof.lists.iter().map(|list| list.der()).collect(),
        answers: proof.answers.iter().map(|answer| answer.der()).collect(),
    };
    stamp.with_validation_data(digest, &more).map_err(Error::internal)
}

/// Gives groups another timestamp, one for all of them. Returns whether it could be had.
async fn renew_by_time(
    app: &App,
    turn: PreservationTurn,
    stamping: &Stamping<'_>,
    groups: Vec<(EvidenceGroup, LastStamp)>,
) -> Result<bool, Error> {
    let Some(digest) = groups.first().map(|(_, last)| last.digest) else { return Ok(false) };
    let mut renewed = Vec::with_capacity(groups.len());
    for (group, last) in groups {
        let Completion::Done(completed) = last.completed(app, &group).await? else { continue };
        let mut stamps = last.earlier;
        stamps.push(completed.as_ref().map_or(last.stamp, |it| it.stamp.clone()));
        let record = EvidenceRecord::of(vec![EvidenceChain { algorithm: digest, stamps }]);
        let record = record.map_err(Error::internal)?;
        let leaf = record.leaf(Renewal::Time, None).map_err(Error::internal)?;
        renewed.push((group, completed, record, leaf));
    }
    if renewed.is_empty() {
        return Ok(false);
    }
    let tree = DigestTree::new(digest, renewed.iter().map(|(.., leaf)| leaf.clone()));
    let tree = tree.map_err(Error::internal)?;
    let root = tree.root().map_err(Error::internal)?;
    let imprint = |_: DigestAlgorithm| root.clone();
    let token = match stamping.token(app, &imprint, None).await {
        Ok(token) => token,
        Err(none) => {
            tracing::warn!(error = %none.words, "there is no timestamp to renew evidence with");
            return Ok(false);
        }
    };
    if !Box::pin(all_last(app, &renewed, token.info().gen_time)).await? {
        return Ok(false);
    }
    let count = renewed.len();
    let mut rows = Vec::with_capacity(count);
    for (group, completed, record, _) in renewed {
        let record = record.renewed(Renewal::Time, None, &tree, &token).map_err(Error::internal)?;
        let stamp = record.last_stamp().map(ArchiveStamp::der).unwrap_or_default();
        let stamp = group_stamp(app, stamp, &token);
        if let Some(times) = group.times.filter(|times| times.ends < stamp.stamped) {
            tracing::error!(group = %group.id, ended = %times.ends.to_rfc3339(),
                "evidence was renewed after its end");
        }
        let completed = completed.map(|completed| completed.stamp.der().to_vec());
        rows.push(RenewedGroup { group, completed, stamp });
    }
    for rows in rows.chunks(PORTION) {
        let _turn = app.writers.take(NOBODY, 1).await;
        app.store.record_renewals(turn, rows).await?;
    }
    tracing::info!(groups = count, "evidence was renewed");
    Ok(true)
}

/// Holds the last timestamp of every group against the calendar of now, which may be another one than when it was made.
pub(super) async fn follow_calendar(app: &App, turn: PreservationTurn) -> Result<(), Error> {
    let mut after = EvidenceGroupId::from_i64(0);
    loop {
        let limit = u32::try_from(PORTION).unwrap_or(u32::MAX);
        let groups = app.reader.groups_after(after, limit).await?;
        let Some(last) = groups.last() else { return Ok(()) };
        after = last.id;
        let mut changed = Vec::new();
        for group in groups.iter().filter(|group| group.chain > 0) {
            let chains = app.reader.evidence_chains(group.id).await?;
            let times = times_of(app, &LastStamp::read(group, &chains)?.token);
            if group.times != Some(times) {
                changed.push((group.id, times));
            }
        }
        if !changed.is_empty() {
            let _turn = app.writers.take(NOBODY, 1).await;
            app.store.set_renewal_times(turn, &changed).await?;
        }
    }
}

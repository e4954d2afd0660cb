//! A group from its first document to the first timestamp of a chain: its digests are gathered in portions, read again in
//! their order, and the root of the tree over them is stamped. Whatever ends in between, the next one goes on from what
//! is written down.

use std::sync::Arc;

use super::records::{GroupRecords, tree_of};
use super::{end_of_yesterday, group_stamp, is_ending, next_digest, on_a_thread};
use crate::app::App;
use crate::domain::ids::EvidenceGroupId;
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::{Digest, sha256};
use crate::pki::evidence::{ArchiveStamp, BLOCK, DigestTree, Renewal};
use crate::store::preservation::{
    BuildingGroup, LeafBlock, NewLeaf, PreservationTurn, PreservedDocument,
};
use crate::workflow::timestamps::Stamping;
use crate::workflow::{Error, NOBODY};

/// Documents that are gathered in one transaction.
const PORTION: u32 = 250;

/// Documents of a group at most: one more day is another group.
const MOST_DOCUMENTS: u64 = 1 << 20;

/// Blocks that are written in one transaction.
const BLOCKS: usize = 50;

/// Brings every group to its timestamp, and begins one where documents wait. Returns whether all have theirs.
pub(super) async fn build_all(
    app: &App,
    turn: PreservationTurn,
    stamping: &Stamping<'_>,
    now: Instant,
) -> Result<bool, Error> {
    let before = end_of_yesterday(now);
    while !is_ending(app) {
        if let Some(group) = app.reader.building_group().await? {
            if !build(app, turn, stamping, group).await? {
                return Ok(false);
            }
            continue;
        }
        if app.reader.documents_without_evidence(before, 1).await?.is_empty() {
            return Ok(true);
        }
        let id = EvidenceGroupId::from_i64(app.next_id());
        let digest = next_digest(app, stamping);
        app.store.begin_evidence_group(turn, id, before, digest, now).await?;
    }
    Ok(false)
}

/// Brings a group to the first timestamp of its chain. Returns whether it has it.
async fn build(
    app: &App,
    turn: PreservationTurn,
    stamping: &Stamping<'_>,
    group: BuildingGroup,
) -> Result<bool, Error> {
    if !group.gathered {
        let all = match group.chain {
            1 => gather(app, turn, &group).await?,
            _ => gather_again(app, turn, &group).await?,
        };
        if !all {
            return Ok(false);
        }
        app.store.close_leaves(turn, group.id).await?;
    }
    let roots = blocks(app, turn, &group).await?;
    if roots.is_empty() {
        tracing::error!(group = %group.id, "of no document of a group the bytes are there");
        app.store.give_up_chain(turn, &group).await?;
        return Ok(true);
    }
    let digest = group.digest;
    let root = DigestTree::over_blocks(digest, roots).and_then(|tree| tree.root());
    let root = root.map_err(Error::internal)?;
    let imprint = |_: DigestAlgorithm| root.clone();
    match stamping.token(app, &imprint, None).await {
        Ok(token) => {
            let stamp = ArchiveStamp::new(digest, Vec::new(), token.der().to_vec());
            let stamp = group_stamp(app, stamp.der(), &token);
            app.store.record_first_stamp(turn, &group, &stamp).await?;
            tracing::info!(group = %group.id, chain = group.chain, "documents have their evidence");
            Ok(true)
        }
        Err(none) => {
            tracing::warn!(group = %group.id, error = %none.words, "there is no timestamp for evidence");
            Ok(false)
        }
    }
}

/// Takes the documents that wait into a new group. Returns whether these are all, or as many as it may have.
async fn gather(app: &App, turn: PreservationTurn, group: &BuildingGroup) -> Result<bool, Error> {
    let mut count = group.documents;
    while count < MOST_DOCUMENTS && !is_ending(app) {
        let waiting = app.reader.documents_without_evidence(group.before, PORTION).await?;
        if waiting.is_empty() {
            return Ok(true);
        }
        count = count.saturating_add(u64::try_from(waiting.len()).unwrap_or(u64::MAX));
        let mut leaves = Vec::with_capacity(waiting.len());
        for document in waiting {
            let digest = match group.digest {
                DigestAlgorithm::Sha256 => Some(document.sha256.to_vec()),
                digest => digested(app, &document, digest).await?,
            };
            let leaf = NewLeaf { document: document.document, until: document.until, digest };
            leaves.push((leaf, document.sha256));
        }
        let _turn = app.writers.take(NOBODY, 1).await;
        app.store.join_group(turn, group.id, &leaves).await?;
    }
    Ok(!is_ending(app))
}

/// The digest of a document's bytes; `None` when they are not those that were sealed.
async fn digested(
    app: &App,
    document: &PreservedDocument,
    digest: DigestAlgorithm,
) -> Result<Option<Vec<u8>>, Error> {
    let Some(bytes) = bytes_of(app, document).await? else { return Ok(None) };
    let digest = on_a_thread(move || Digest::of(digest, &bytes)).await?;
    Ok(Some(digest.value().to_vec()))
}

/// The bytes of a document; `None` when they are not those that were sealed, which is logged.
async fn bytes_of(app: &App, document: &PreservedDocument) -> Result<Option<Arc<Vec<u8>>>, Error> {
    let id = document.document;
    let Some(bytes) = app.contents.sealed(id).await? else {
        tracing::error!(document = %id, "the bytes of a preserved document are gone");
        return Ok(None);
    };
    let (bytes, known) = (Arc::new(bytes), document.sha256);
    let same = Arc::clone(&bytes);
    if on_a_thread(move || sha256(&same) == known).await? {
        return Ok(Some(bytes));
    }
    tracing::error!(document = %id, "a preserved document has changed");
    Ok(None)
}

/// Gathers the digests of a further chain, each over the bytes of a document and its record so far. Returns whether these
/// are all.
async fn gather_again(
    app: &App,
    turn: PreservationTurn,
    group: &BuildingGroup,
) -> Result<bool, Error> {
    let mut records = GroupRecords::open(app, group.id).await?;
    let mut through = group.through;
    loop {
        let documents = app.reader.documents_of_group(group.id, through, PORTION).await?;
        let Some(last) = documents.last().map(|document| document.document) else {
            return Ok(true);
        };
        let mut leaves = Vec::with_capacity(documents.len());
        for document in documents {
            if is_ending(app) {
                return Ok(false);
            }
            let Some(bytes) = bytes_of(app, &document).await? else { continue };
            let record = records.record(app, &bytes).await?;
            let renewal = Renewal::Hash(group.digest);
            let leaf = on_a_thread(move || record.leaf(renewal, Some(&bytes))).await?;
            let digest = Some(leaf.map_err(Error::internal)?.value().to_vec());
            leaves.push(NewLeaf { document: document.document, until: document.until, digest });
        }
        through = last;
        let _turn = app.writers.take(NOBODY, 1).await;
        app.store.add_leaves(turn, (group.id, group.chain), &leaves, through).await?;
    }
}

/// Makes the trees over the blocks of digests, and keeps them. Returns their roots, one after the other.
async fn blocks(
    app: &App,
    turn: PreservationTurn,
    group: &BuildingGroup,
) -> Result<Vec<u8>, Error> {
    let (tree, digest) = ((group.id, group.chain), group.digest);
    let (mut roots, mut made) = (Vec::new(), Vec::new());
    let mut next = Some(Vec::new());
    let mut number = 0;
    while let Some(from) = next.take() {
        let mut leaves = app.reader.leaves(tree, &from, BLOCK + 1).await?;
        next = leaves.get(BLOCK).cloned();
        leaves.truncate(BLOCK);
        let Some(first) = leaves.first().cloned() else { break };
        let root = on_a_thread(move || tree_of(digest, &leaves)?.root().map_err(Error::internal));
        let root = root.await??;
        roots.extend_from_slice(root.value());
        made.push(LeafBlock { number, first, root: root.value().to_vec() });
        number += 1;
        if made.len() == BLOCKS || next.is_none() {
            let _turn = app.writers.take(NOBODY, 1).await;
            app.store.add_blocks(turn, tree, &std::mem::take(&mut made)).await?;
        }
    }
    Ok(roots)
}

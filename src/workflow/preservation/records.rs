//! The evidence record of one document, put together from what its group shares and its own way to the root.

use std::collections::HashMap;
use std::sync::Arc;

use super::on_a_thread;
use crate::app::App;
use crate::domain::document::{Document, DocumentState};
use crate::domain::ids::{DocumentId, EvidenceGroupId, ExternalReference, OperationId};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::pki::digest::Digest;
use crate::pki::evidence::{
    ArchiveStamp, BLOCK, DigestTree, EvidenceChain, EvidenceFault, EvidenceRecord, Renewal,
};
use crate::seal::evidence::XmlEvidenceRecord;
use crate::workflow::files::{file_name, list_by_reference};
use crate::workflow::{Error, Thing};

/// Trees over blocks that are kept in memory: those of the largest group, each with 256 KiB.
const KEPT_BLOCKS: usize = 256;

/// Why there is no record in XML of a document that is XML.
const IS_XML: &str = "the document is XML, of which a record in XML is over the canonical form, and this one is over its octets";

/// Why there is none of one that was renewed.
const IS_RENEWED: &str = "it was renewed, and its renewals are over what it is in DER";

/// The record of a document.
pub struct EvidenceFile {
    /// Whose.
    pub document: Document,
    /// A name for it.
    pub name: String,
    /// The record.
    pub record: EvidenceRecord,
    /// What it is over.
    pub content: Arc<Vec<u8>>,
}

impl EvidenceFile {
    /// The record in XML (RFC 6283). When it is returned it is over the document as it is kept, to every reader of such
    /// records.
    ///
    /// # Errors
    /// [`Refusal::EvidenceOnlyInDer`] of documents that may be XML, and of records that were renewed.
    pub async fn in_xml(&self, app: &App) -> Result<Vec<u8>, Error> {
        let (record, content) = (self.record.clone(), Arc::clone(&self.content));
        let limits = app.seal_limits.clone();
        let made = on_a_thread(move || {
            let only = |reason| Error::Refused(Refusal::EvidenceOnlyInDer { reason });
            let xml = match XmlEvidenceRecord::of_unrenewed(&record, &content) {
                Ok(xml) => xml,
                Err(EvidenceFault::OverOctets) => return Err(only(IS_XML)),
                Err(EvidenceFault::RenewedInDer) => return Err(only(IS_RENEWED)),
                Err(fault) => return Err(Error::internal(fault)),
            };
            xml.tokens(&[&content], &limits).map_err(Error::internal)?;
            Ok(xml.octets().to_vec())
        });
        made.await?
    }
}

/// A document that has a record, before anything large is read.
pub struct FoundEvidence {
    document: Document,
    group: EvidenceGroupId,
    length: u64,
}

/// Finds a document that has an evidence record.
///
/// # Errors
/// [`Error::NotFound`] when there is no such document within the scope, or its integrity is not promised;
/// [`Refusal::EvidencePending`] before its day is over.
pub async fn find_evidence(
    app: &App,
    scope: Scope,
    document: DocumentId,
) -> Result<FoundEvidence, Error> {
    let missing = || Error::NotFound(Thing::Evidence);
    let preserved = app.reader.preserved(document).await?.ok_or_else(missing)?;
    let operation = app.reader.operation(scope, preserved.operation).await?.ok_or_else(missing)?;
    let document = app.reader.document(operation.id, document).await?.ok_or_else(missing)?;
    let group = match preserved.group {
        Some(group) => app.reader.evidence_group(group).await?.filter(|group| group.chain > 0),
        None => None,
    };
    let group = group.ok_or(Refusal::EvidencePending)?.id;
    let length = match document.state {
        DocumentState::Sealed { length, .. } => length,
        DocumentState::Received | DocumentState::Failed { .. } => 0,
    };
    Ok(FoundEvidence { document, group, length })
}

/// The same by the client's name for the document.
///
/// # Errors
/// As [`find_evidence`].
pub async fn find_evidence_by_reference(
    app: &App,
    scope: Scope,
    reference: &ExternalReference,
) -> Result<FoundEvidence, Error> {
    let missing = Error::NotFound(Thing::Evidence);
    let operation = app.reader.operation_of_document(scope, reference).await?.ok_or(missing)?;
    let documents = app.reader.documents_shown(operation).await?;
    let named = documents.iter().find(|(document, _)| document.external_reference == *reference);
    let (document, _) = named.ok_or(Error::NotFound(Thing::Evidence))?;
    find_evidence(app, scope, document.id).await
}

impl FoundEvidence {
    /// Octets of the document.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Puts the record together. When it is returned it is over the document as it is kept.
    ///
    /// # Errors
    /// [`Error::NotFound`] when its bytes are gone; [`Error::Internal`] when it has changed.
    pub async fn record(self, app: &App) -> Result<EvidenceFile, Error> {
        let document = self.document;
        let content = app.contents.sealed(document.id).await?;
        let content = Arc::new(content.ok_or(Error::NotFound(Thing::Content))?);
        let mut records = GroupRecords::open(app, self.group).await?;
        let record = records.record(app, &content).await?;
        let (over, bytes) = (record.clone(), Arc::clone(&content));
        on_a_thread(move || over.tokens(&[&bytes]).map(drop)).await?.map_err(Error::internal)?;
        let name = format!("{}.ers", file_name(&document.name));
        Ok(EvidenceFile { document, name, record, content })
    }
}

/// A sealed document of an operation.
pub struct KeptDocument {
    pub id: DocumentId,
    /// The client's.
    pub external_reference: ExternalReference,
    /// A file name that no other of the operation has.
    pub name: String,
}

/// The sealed documents of an operation, in its order.
///
/// # Errors
/// [`Error::NotFound`] when there is no such operation.
pub async fn kept_documents(app: &App, operation: OperationId) -> Result<Vec<KeptDocument>, Error> {
    let found = app.reader.operation(Scope::Installation, operation).await?;
    found.ok_or(Error::NotFound(Thing::Operation))?;
    let documents = app.reader.documents_shown(operation).await?;
    let mut references: HashMap<DocumentId, ExternalReference> = documents
        .iter()
        .map(|(document, _)| (document.id, document.external_reference.clone()))
        .collect();
    let sealed = list_by_reference(&documents).into_iter().filter(|file| !file.is_original());
    let kept = sealed.filter_map(|file| {
        let external_reference = references.remove(&file.document)?;
        Some(KeptDocument { id: file.document, external_reference, name: file.name })
    });
    Ok(kept.collect())
}

/// What the records of a group share, and the blocks of its trees as they are read.
pub(super) struct GroupRecords {
    group: EvidenceGroupId,
    chains: Vec<SharedChain>,
}

/// A chain of a group.
struct SharedChain {
    number: u32,
    digest: DigestAlgorithm,
    stamps: Vec<ArchiveStamp>,
    /// The first digest of each block.
    firsts: Vec<Vec<u8>>,
    /// The tree over the roots of the blocks.
    upper: DigestTree,
    blocks: HashMap<usize, Arc<DigestTree>>,
}

impl GroupRecords {
    /// Reads what the records of a group share.
    ///
    /// # Errors
    /// The database does not answer, or what it says is nothing of ours.
    pub(super) async fn open(app: &App, group: EvidenceGroupId) -> Result<Self, Error> {
        let mut chains = Vec::new();
        for chain in app.reader.evidence_chains(group).await? {
            let blocks = app.reader.leaf_blocks((group, chain.number)).await?;
            let roots: Vec<Vec<u8>> = blocks.iter().map(|block| block.root.clone()).collect();
            let upper = DigestTree::over_blocks(chain.digest, roots.concat());
            let stamps = chain.stamps.iter().map(|der| ArchiveStamp::read(der).map(|it| it.1));
            chains.push(SharedChain {
                number: chain.number,
                digest: chain.digest,
                stamps: stamps.collect::<Result<_, _>>().map_err(Error::internal)?,
                firsts: blocks.into_iter().map(|block| block.first).collect(),
                upper: upper.map_err(Error::internal)?,
                blocks: HashMap::new(),
            });
        }
        Ok(Self { group, chains })
    }

    /// The record of the document with these bytes. Whether it is over them is not checked.
    ///
    /// # Errors
    /// The digest of the bytes is in no tree of the group; the database does not answer.
    pub(super) async fn record(
        &mut self,
        app: &App,
        content: &Arc<Vec<u8>>,
    ) -> Result<EvidenceRecord, Error> {
        let mut before: Vec<EvidenceChain> = Vec::new();
        for chain in &mut self.chains {
            let (digest, bytes) = (chain.digest, Arc::clone(content));
            let so_far = before.clone();
            let leaf = on_a_thread(move || {
                if so_far.is_empty() {
                    return Ok(Digest::of(digest, &bytes));
                }
                EvidenceRecord::of(so_far)?.leaf(Renewal::Hash(digest), Some(&bytes))
            });
            let leaf = leaf.await?.map_err(Error::internal)?;
            before.push(chain.of(app, self.group, &leaf).await?);
        }
        EvidenceRecord::of(before).map_err(Error::internal)
    }
}

impl SharedChain {
    /// The chain of the document with a digest.
    async fn of(
        &mut self,
        app: &App,
        group: EvidenceGroupId,
        leaf: &Digest,
    ) -> Result<EvidenceChain, Error> {
        let after = self.firsts.partition_point(|first| first.as_slice() <= leaf.value());
        let missing = || Error::Internal("a digest is not in the tree of its group".into());
        let number = after.checked_sub(1).ok_or_else(missing)?;
        let block = match self.blocks.get(&number) {
            Some(block) => Arc::clone(block),
            None => {
                let first = self.firsts.get(number).ok_or_else(missing)?;
                let leaves = app.reader.leaves((group, self.number), first, BLOCK).await?;
                let digest = self.digest;
                let block = Arc::new(on_a_thread(move || tree_of(digest, &leaves)).await??);
                if self.blocks.len() >= KEPT_BLOCKS {
                    self.blocks.clear();
                }
                self.blocks.insert(number, Arc::clone(&block));
                block
            }
        };
        let lists = block.reduced_in_block(leaf, number, &self.upper).map_err(Error::internal)?;
        let mut stamps = self.stamps.clone();
        if let Some(first) = stamps.first_mut() {
            *first = first.with_lists(self.digest, lists);
        }
        Ok(EvidenceChain { algorithm: self.digest, stamps })
    }
}

/// The tree over digests as they are kept.
pub(super) fn tree_of(digest: DigestAlgorithm, leaves: &[Vec<u8>]) -> Result<DigestTree, Error> {
    let corrupt = || Error::Internal("a digest of evidence has another length".into());
    let leaves = leaves.iter().map(|value| Digest::of_others(digest, value).ok_or_else(corrupt));
    let leaves = leaves.collect::<Result<Vec<Digest>, Error>>()?;
    DigestTree::new(digest, leaves).map_err(Error::internal)
}

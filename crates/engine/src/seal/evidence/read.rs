//! Reads a record in XML, by the schema of RFC 6283, 8, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use super::parts::{ERS_NAMESPACE, ProofKind, ProofValue, XmlArchiveStamp, XmlEvidenceChain};
use crate::domain::profile::{Canonicalization, DigestAlgorithm};
use crate::domain::refusal::Refusal;
use crate::pki::algorithm::{canonicalization_uri, digest_from_uri};
use crate::pki::evidence::{EvidenceFault, MAX_RECORD, RecordRoom, StampPath};
use crate::seal::Limits;
use crate::seal::xml::source::Source;
use crate::seal::xml::{guard, is_element};

/// Elements inside each other: a record has seven, and some have more in what proves nothing.
const MAX_DEPTH: usize = 24;

/// Elements, texts and attributes: those of the most digests a record may have, each in a list of its own.
const MAX_NODES: usize = 400_000;

/// Values of all `CryptographicInformationList` of a record at most.
const MAX_PROOFS: usize = 1000;

/// Namespace of `xsi:schemaLocation`, which says nothing.
const XSI_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A record and where its elements stand.
pub(super) struct ReadRecord<'a, 'i> {
    /// `ArchiveTimeStampSequence`.
    pub(super) sequence: Node<'a, 'i>,
    /// By their order.
    pub(super) chains: Vec<ReadChain<'a, 'i>>,
}

/// A chain and where it stands.
pub(super) struct ReadChain<'a, 'i> {
    pub(super) node: Node<'a, 'i>,
    pub(super) chain: XmlEvidenceChain,
    /// `ArchiveTimeStamp` and the `TimeStamp` in it, by their order.
    pub(super) stamps: Vec<[Node<'a, 'i>; 2]>,
}

/// Reads a record, and looks at it. Nothing of it was checked yet.
///
/// # Errors
/// What is wrong with its form, or not known here; what `look` finds.
pub(super) fn reading<T>(
    octets: &[u8],
    look: impl FnOnce(&Source<'_>, &ReadRecord<'_, '_>) -> Result<T, EvidenceFault>,
) -> Result<T, EvidenceFault> {
    if octets.len() > MAX_RECORD {
        return Err(EvidenceFault::TooLarge(MAX_RECORD));
    }
    let limits = Limits { depth: MAX_DEPTH, nodes: MAX_NODES, ..Limits::default() };
    let refused = |refusal: Refusal| EvidenceFault::NoXmlRecord(refusal.to_string());
    let source = Source::read(octets).map_err(refused)?;
    guard::check(&source, &limits).map_err(refused)?;
    let tree = guard::parse(&source, &limits).map_err(refused)?;
    let record = read_record(&tree)?;
    look(&source, &record)
}

fn read_record<'a, 'i>(tree: &'a Document<'i>) -> Result<ReadRecord<'a, 'i>, EvidenceFault> {
    let root = tree.root_element();
    if !is_element(root, (ERS_NAMESPACE, "EvidenceRecord")) {
        return Err(wrong("its root is another element"));
    }
    if attribute(root, "Version", &["Version"])? != "1.0" {
        return Err(wrong("its version is another than 1.0"));
    }
    let mut parts = ErsElements::of(root)?;
    if parts.optional("EncryptionInformation").is_some() {
        return Err(EvidenceFault::Encrypted);
    }
    // says nothing that proves something
    parts.optional("SupportingInformationList");
    let sequence = parts.take("ArchiveTimeStampSequence")?;
    parts.finish()?;
    attributes(sequence, &[])?;
    let mut left = RecordRoom::of_record();
    let mut proofs = MAX_PROOFS;
    let mut parts = ErsElements::of(sequence)?;
    let mut chains = Vec::new();
    while let Some(node) = parts.optional("ArchiveTimeStampChain") {
        left.chain()?;
        chains.push((order(node, &["Order"])?, read_chain(node, &mut left, &mut proofs)?));
    }
    parts.finish()?;
    Ok(ReadRecord { sequence, chains: in_order(chains, "ArchiveTimeStampChain")? })
}

fn read_chain<'a, 'i>(
    node: Node<'a, 'i>,
    left: &mut RecordRoom,
    proofs: &mut usize,
) -> Result<ReadChain<'a, 'i>, EvidenceFault> {
    let mut parts = ErsElements::of(node)?;
    let digest = method(parts.take("DigestMethod")?)?;
    let algorithm =
        digest_from_uri(digest).ok_or_else(|| EvidenceFault::Algorithm(shown(digest)))?;
    let method = method(parts.take("CanonicalizationMethod")?)?;
    let known = |one: &Canonicalization| canonicalization_uri(*one) == method;
    let canonicalization = Canonicalization::all().into_iter().find(known);
    let canonicalization =
        canonicalization.ok_or_else(|| EvidenceFault::Canonicalization(shown(method)))?;
    let mut all = Vec::new();
    while let Some(node) = parts.optional("ArchiveTimeStamp") {
        left.stamp()?;
        let (stamp, time_stamp) = read_stamp(node, algorithm, left, proofs)?;
        all.push((order(node, &["Order"])?, (stamp, [node, time_stamp])));
    }
    parts.finish()?;
    let all = in_order(all, "ArchiveTimeStamp")?;
    let (read, stamps) = all.into_iter().unzip();
    let chain = XmlEvidenceChain { algorithm, canonicalization, stamps: read };
    Ok(ReadChain { node, chain, stamps })
}

fn read_stamp<'a, 'i>(
    node: Node<'a, 'i>,
    algorithm: DigestAlgorithm,
    left: &mut RecordRoom,
    proofs: &mut usize,
) -> Result<(XmlArchiveStamp, Node<'a, 'i>), EvidenceFault> {
    let mut parts = ErsElements::of(node)?;
    let mut lists = Vec::new();
    if let Some(tree) = parts.optional("HashTree") {
        attributes(tree, &[])?;
        let mut sequences = ErsElements::of(tree)?;
        let mut all = Vec::new();
        while let Some(sequence) = sequences.optional("Sequence") {
            let mut values = ErsElements::of(sequence)?;
            let mut list = Vec::new();
            while let Some(value) = values.optional("DigestValue") {
                left.digest()?;
                attributes(value, &[])?;
                let octets = octets(value)?;
                if octets.len() != algorithm.length() {
                    return Err(wrong("a digest has another length than its algorithm"));
                }
                list.push(octets);
            }
            values.finish()?;
            if list.is_empty() {
                return Err(wrong("a list of digests is empty"));
            }
            all.push((order(sequence, &["Order"])?, list));
        }
        sequences.finish()?;
        lists = in_order(all, "Sequence")?;
    }
    let time_stamp = parts.take("TimeStamp")?;
    // attributes say nothing that proves something
    parts.optional("Attributes");
    parts.finish()?;
    attributes(time_stamp, &[])?;
    let mut inside = ErsElements::of(time_stamp)?;
    let token = inside.take("TimeStampToken")?;
    if attribute(token, "Type", &["Type"])? != "RFC3161" {
        return Err(wrong("a timestamp is of another type than RFC3161"));
    }
    let information = inside.optional("CryptographicInformationList");
    inside.finish()?;
    let token = octets(token)?;
    let proofs = information.map(|all| read_proofs(all, proofs)).transpose()?.unwrap_or_default();
    Ok((XmlArchiveStamp { path: StampPath { lists, token }, proofs }, time_stamp))
}

fn read_proofs(all: Node<'_, '_>, left: &mut usize) -> Result<Vec<ProofValue>, EvidenceFault> {
    attributes(all, &[])?;
    let mut parts = ErsElements::of(all)?;
    let mut found = Vec::new();
    while let Some(node) = parts.optional("CryptographicInformation") {
        *left = left.checked_sub(1).ok_or_else(|| wrong("it has too many validation data"))?;
        let position = order(node, &["Order", "Type"])?;
        let kind = ProofKind::parse(attribute(node, "Type", &["Order", "Type"])?);
        // of other types the content is anything
        let value = kind.map(|kind| Ok(ProofValue { kind, der: octets(node)? })).transpose()?;
        found.push((position, value));
    }
    parts.finish()?;
    let found = in_order(found, "CryptographicInformation")?;
    Ok(found.into_iter().flatten().collect())
}

/// The elements of an element, one after the other. Beside them stand white space and comments at most.
struct ErsElements<'a, 'i> {
    left: std::vec::IntoIter<Node<'a, 'i>>,
    next: Option<Node<'a, 'i>>,
    of: Node<'a, 'i>,
}

impl<'a, 'i> ErsElements<'a, 'i> {
    fn of(of: Node<'a, 'i>) -> Result<Self, EvidenceFault> {
        let mut elements = Vec::new();
        for node in of.children() {
            let is_blank = |text: &str| text.bytes().all(|octet| octet.is_ascii_whitespace());
            match node.node_type() {
                roxmltree::NodeType::Element => elements.push(node),
                roxmltree::NodeType::Comment => {}
                roxmltree::NodeType::Text if node.text().is_some_and(is_blank) => {}
                _ => return Err(stray(of)),
            }
        }
        let mut left = elements.into_iter();
        Ok(Self { next: left.next(), left, of })
    }

    fn optional(&mut self, name: &str) -> Option<Node<'a, 'i>> {
        let found = self.next.filter(|node| is_element(*node, (ERS_NAMESPACE, name)))?;
        self.next = self.left.next();
        Some(found)
    }

    fn take(&mut self, name: &str) -> Result<Node<'a, 'i>, EvidenceFault> {
        let of = self.of.tag_name().name();
        self.optional(name).ok_or_else(|| wrong(&format!("{of} has no {name} where it belongs")))
    }

    fn finish(self) -> Result<(), EvidenceFault> {
        self.next.map_or(Ok(()), |_| Err(stray(self.of)))
    }
}

/// What `Order` puts in order, which counts from 1 without gaps (RFC 6283, 3.1 and 4.1).
fn in_order<T>(mut all: Vec<(usize, T)>, name: &str) -> Result<Vec<T>, EvidenceFault> {
    all.sort_by_key(|(order, _)| *order);
    if all.is_empty() {
        return Err(wrong(&format!("it has no {name} where it belongs")));
    }
    if !all.iter().map(|(order, _)| *order).eq(1..=all.len()) {
        return Err(wrong(&format!("Order of {name} does not count from 1")));
    }
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

fn order(node: Node<'_, '_>, known: &[&str]) -> Result<usize, EvidenceFault> {
    let text = attribute(node, "Order", known)?;
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| wrong("an Order is no number"))
}

/// The algorithm of an element that says nothing else.
fn method<'a>(node: Node<'a, '_>) -> Result<&'a str, EvidenceFault> {
    let has_parameters = ErsElements::of(node)?.next.is_some();
    if has_parameters {
        return Err(wrong("parameters of an algorithm are not known here"));
    }
    attribute(node, "Algorithm", &["Algorithm"])
}

fn attribute<'a>(node: Node<'a, '_>, name: &str, known: &[&str]) -> Result<&'a str, EvidenceFault> {
    attributes(node, known)?;
    let of = node.tag_name().name();
    node.attribute(name).ok_or_else(|| wrong(&format!("{of} has no {name}")))
}

/// Refuses attributes that the schema does not have.
fn attributes(node: Node<'_, '_>, known: &[&str]) -> Result<(), EvidenceFault> {
    let is_known = |attribute: roxmltree::Attribute<'_, '_>| match attribute.namespace() {
        None => known.contains(&attribute.name()),
        Some(namespace) => namespace == XSI_NAMESPACE,
    };
    if node.attributes().all(is_known) { Ok(()) } else { Err(stray(node)) }
}

/// Octets in Base64, in one text.
fn octets(node: Node<'_, '_>) -> Result<Vec<u8>, EvidenceFault> {
    let text = match (node.first_child(), node.last_child()) {
        (Some(one), Some(last)) if one == last && one.is_text() => one.text().unwrap_or_default(),
        _ => return Err(wrong(&format!("{} is no Base64", node.tag_name().name()))),
    };
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).map_err(|_| wrong(&format!("{} is no Base64", node.tag_name().name())))
}

fn stray(node: Node<'_, '_>) -> EvidenceFault {
    wrong(&format!("{} has something else in it", node.tag_name().name()))
}

fn wrong(what: &str) -> EvidenceFault {
    EvidenceFault::NoXmlRecord(what.to_owned())
}

/// What a stranger named, cut short.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

//! What a sealed document must be, whatever it was and whatever the settings said.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::profile::Canonicalization;
use chancery_engine::domain::xades::{Packaging, XadesProfile};
use chancery_engine::pki::algorithm::digest_from_uri;
use chancery_engine::pki::digest::Digest;
use chancery_engine::seal::Limits;
use chancery_engine::seal::inspect::{Content, inspect};
use chancery_engine::seal::xml::c14n::canonicalize_nodes;
use chancery_engine::seal::xml::nodes::NodeSet;
use chancery_engine::seal::xml::source::Source;
use chancery_engine::seal::xml::transforms::{
    Present, dereference, general, octets, read_transforms,
};
use chancery_engine::seal::xml::xpath::Budget;
use roxmltree::{Document, Node};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// A seal that was made.
pub(crate) struct Seal {
    pub(crate) document: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) signature: Range<usize>,
    pub(crate) to_be_signed: Vec<u8>,
}

impl Seal {
    /// Panics unless the original is still there, every digest is right and what was signed is the
    /// canonical `ds:SignedInfo` at its place.
    pub(crate) fn check(&self, profile: &XadesProfile) {
        let source = Source::read(&self.bytes).expect("a sealed document can be read");
        self.check_kept(&source, profile);
        let tree = Document::parse(source.text()).expect("a sealed document can be parsed");
        let signature = tree
            .descendants()
            .filter(|node| node.has_tag_name((DS, "Signature")))
            .find(|node| source.original_offset(node.range().start) == self.signature.start)
            .expect("the signature stands where the engine says");
        let end = source.original_offset(signature.range().end);
        assert_eq!(end, self.signature.end, "the signature ends where the engine says");
        let info = child(signature, "SignedInfo").expect("ds:SignedInfo");
        assert_eq!(
            String::from_utf8_lossy(&subtree(info, profile.canonical_transform)),
            String::from_utf8_lossy(&self.to_be_signed),
            "ds:SignedInfo at its place"
        );
        let references: Vec<_> =
            info.children().filter(|node| node.has_tag_name((DS, "Reference"))).collect();
        assert!(!references.is_empty());
        for reference in references {
            let (octets, algorithm) = self.digested(signature, reference);
            let method = child(reference, "DigestMethod").and_then(|it| it.attribute("Algorithm"));
            let method = digest_from_uri(method.unwrap()).unwrap();
            assert_eq!(
                STANDARD.encode(Digest::of(method, &octets).value()),
                child(reference, "DigestValue").and_then(|it| it.text()).unwrap(),
                "the digest of {algorithm}, over\n{}\nin\n{}",
                String::from_utf8_lossy(&octets),
                source.text()
            );
        }
    }

    /// The octets that a reference digests, and its name.
    fn digested(&self, signature: Node<'_, '_>, reference: Node<'_, '_>) -> (Vec<u8>, String) {
        let uri = reference.attribute("URI").unwrap();
        let transforms = child(reference, "Transforms");
        let chain = transforms.map(read_transforms).transpose().unwrap().unwrap_or_default();
        let (limits, budget) = (Limits::default(), Budget::default());
        let mut written = Vec::new();
        if uri.is_empty() || uri.starts_with('#') {
            let start = dereference(signature.document(), uri).unwrap();
            let present = Present { signature: Some(signature), transforms };
            let outcome = general(present, start, &chain, &limits, &budget, &mut written).unwrap();
            assert!(!outcome.covers_itself);
        } else {
            octets(&self.document, &chain, &limits, &budget, &mut written).unwrap();
        }
        (written, format!("'{uri}'"))
    }

    /// Sealing only inserts, and may open an empty-element tag. An enveloping signature is around the
    /// root; scaffolding can be in two places, where this looks less closely.
    fn check_kept(&self, sealed: &Source<'_>, profile: &XadesProfile) {
        let as_octets = inspect(&self.document) != Content::Xml;
        match profile.packaging {
            // Containers have tests of their own, and no choice here makes one.
            Packaging::Detached | Packaging::AsicE => return,
            Packaging::Enveloping if as_octets => {
                let text = STANDARD.encode(&self.document);
                let written: String = sealed.text().split('\n').collect();
                assert!(written.contains(&text), "the octets are inside");
                return;
            }
            Packaging::Enveloping | Packaging::Enveloped => {}
        }
        let (original, sealed_bytes) = (&*self.document, &*self.bytes);
        let prefix = common(original.iter(), sealed_bytes.iter());
        let rest = (&original[prefix..], &sealed_bytes[prefix..]);
        let suffix = common(rest.0.iter().rev(), rest.1.iter().rev());
        let middle = &rest.0[..rest.0.len() - suffix];
        let around = &rest.1[..rest.1.len() - suffix];
        let kept = if profile.packaging == Packaging::Enveloping {
            middle.is_empty() || around.windows(middle.len()).any(|it| it == middle)
        } else if profile.ubl.create_scaffolding || profile.ubl.add_cac_signature {
            let mut around = around.iter();
            let slash = sealed.encode("/")[0];
            middle.iter().all(|byte| *byte == slash || around.any(|other| other == byte))
        } else {
            let empty = sealed.encode("/>");
            empty.windows(middle.len().max(1)).any(|it| it == middle) || middle.is_empty()
        };
        assert!(kept, "bytes outside changed: {}", String::from_utf8_lossy(middle));
    }
}

fn common<'a>(one: impl Iterator<Item = &'a u8>, other: impl Iterator<Item = &'a u8>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name((DS, name)))
}

/// The canonical octets of an element, as a node-set.
fn subtree(element: Node<'_, '_>, canonicalization: Canonicalization) -> Vec<u8> {
    let mut octets = Vec::new();
    let nodes = NodeSet::subtree(element);
    canonicalize_nodes(element.document(), &nodes, canonicalization, &[], &mut octets);
    octets
}

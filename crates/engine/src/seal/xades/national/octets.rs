//! What is left of a document in canonical form when some nodes are taken out by name.
//!
//! The XPath texts that the authorities name would leave nothing: `//ancestor-or-self::x` is true for
//! every node as soon as there is an x. What they mean, and what their validators do, is to take
//! those elements out. So the texts are written and never evaluated.

use roxmltree::{Document, Node};

use crate::domain::profile::{Canonicalization, CanonicalizationMethod};
use crate::domain::refusal::Refusal;
use crate::seal::Limits;
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::guard;
use crate::seal::xml::transforms::{Metered, too_costly};
use crate::seal::xml::xpath::Budget;

/// The inclusive canonical octets, without comments, of a document without some nodes and all that is
/// in them. Canonical XML 1.0 and 1.1 do not differ here: the document node is among what is left, so
/// nothing is inherited from outside.
///
/// # Errors
/// The budget, which pays for the text and for reading it again; nothing else that a document within
/// the limits causes.
pub(super) fn without(
    tree: &Document<'_>,
    (limits, budget): (&Limits, &Budget),
    leaves_out: impl Fn(Node<'_, '_>) -> bool,
) -> Result<Vec<u8>, Refusal> {
    // Cutting the canonical text gives the canonical form of what is left: inclusive canonicalization
    // declares a namespace where it is bound, whether or not it is used. Comments are still there,
    // because the text on both sides of one is two nodes.
    let mut octets = Vec::with_capacity(tree.input_text().len());
    let with_comments =
        Canonicalization { method: CanonicalizationMethod::Inclusive, with_comments: true };
    let mut metered = Metered::new(&mut octets, budget);
    canonicalize(Subset::document(tree), with_comments, &[], &mut metered);
    metered.finish()?;
    budget.spend_on_text(2 * octets.len()).map_err(too_costly)?;
    let unreadable = || Refusal::CanonicalizationUnsupported {
        what: "the document".to_owned(),
        remedy: "its canonical form cannot be read again",
    };
    let text = String::from_utf8(octets).map_err(|_| unreadable())?;
    let tree = guard::parse_text(&text, limits).map_err(|_| unreadable())?;
    let root = tree.root_element();
    let mut left = Vec::with_capacity(text.len());
    let mut at = 0;
    for node in tree.descendants() {
        let mut range = node.range();
        if range.start < at || node == tree.root() || !(node.is_comment() || leaves_out(node)) {
            continue;
        }
        // Around the root there is a line feed for each node (Canonical XML 1.0, 2.3).
        if node.parent() == Some(tree.root()) {
            if range.start < root.range().start {
                range.end += 1;
            } else {
                range.start = range.start.saturating_sub(1);
            }
        }
        left.extend_from_slice(text.get(at..range.start).unwrap_or_default().as_bytes());
        at = range.end;
    }
    left.extend_from_slice(text.get(at..).unwrap_or_default().as_bytes());
    Ok(left)
}

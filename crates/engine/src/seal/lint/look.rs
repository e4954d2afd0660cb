//! What a rule sees, what it finds, and the way back to line and column of the document as it came.

use std::cell::Cell;

use roxmltree::{Document, Node};

use crate::domain::refusal::Refusal;
use crate::seal::draft::Filled;
use crate::seal::xades::location::path_of;
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::source::Source;
use crate::seal::{Patience, TimeUsedUp};

/// What a rule sees.
pub(super) struct Look<'a, 'i> {
    pub(super) tree: &'a Document<'i>,
    /// The bytes as they came.
    pub(super) document: &'a [u8],
    /// The seal that will be made, where the tree has it.
    pub(super) seal: Option<Node<'a, 'i>>,
    patience: &'a Patience,
    /// Set when the time was over in the middle of a rule, which then has not seen everything.
    over: Cell<Option<TimeUsedUp>>,
}

impl<'a, 'i> Look<'a, 'i> {
    /// Nodes that are passed between two looks at patience: less than a millisecond.
    const ASK: usize = 1 << 14;

    pub(super) const fn new(
        tree: &'a Document<'i>,
        document: &'a [u8],
        seal: Option<Node<'a, 'i>>,
        patience: &'a Patience,
    ) -> Self {
        Self { tree, document, seal, patience, over: Cell::new(None) }
    }

    /// # Errors
    /// [`TimeUsedUp`]: what a rule has said last is worth nothing then.
    pub(super) fn check_time(&self) -> Result<(), TimeUsedUp> {
        self.over.get().map_or_else(|| self.patience.check(), Err)
    }

    /// Every node, as long as there is time.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node<'a, 'i>> {
        self.tree.descendants().enumerate().map_while(|(number, node)| {
            if number % Self::ASK == 0
                && let Err(over) = self.check_time()
            {
                self.over.set(Some(over));
                return None;
            }
            Some(node)
        })
    }

    pub(super) fn root(&self) -> Node<'a, 'i> {
        self.tree.root_element()
    }

    /// Every element outside of the seal and of other signatures.
    pub(super) fn elements(&self) -> impl Iterator<Item = Node<'a, 'i>> {
        let mut inside_until = 0;
        self.nodes().filter(move |node| {
            if !node.is_element() || node.range().start < inside_until {
                return false;
            }
            if is_signature(*node) {
                inside_until = node.range().end;
            }
            true
        })
    }

    /// Every element child of a name.
    pub(super) fn children(
        parent: Node<'a, 'i>,
        name: (&'static str, &'static str),
    ) -> impl Iterator<Item = Node<'a, 'i>> {
        parent.children().filter(move |child| child.has_tag_name(name))
    }

    /// The first element on a way down of element names.
    pub(super) fn down(
        from: Node<'a, 'i>,
        steps: &[(&'static str, &'static str)],
    ) -> Option<Node<'a, 'i>> {
        steps.iter().try_fold(from, |parent, step| Self::children(parent, *step).next())
    }
}

/// Whether an element is a `ds:Signature`.
pub(super) fn is_signature(node: Node<'_, '_>) -> bool {
    node.has_tag_name((DS_NAMESPACE, "Signature"))
}

/// The text of an element without the white space around it.
pub(super) fn text<'a>(element: Node<'a, '_>) -> &'a str {
    element.text().unwrap_or_default().trim()
}

/// Something from a document, short enough for a sentence.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

/// What is wrong, and where in the tree.
#[derive(Debug)]
pub(super) struct Mistake {
    offset: usize,
    path: String,
    detail: String,
}

impl Mistake {
    /// At an element, or at another node of it.
    pub(super) fn at(node: Node<'_, '_>, detail: impl Into<String>) -> Self {
        let element = if node.is_element() { Some(node) } else { node.parent_element() };
        let path = element.map_or_else(|| "/".to_owned(), path_of);
        Self { offset: node.range().start, path, detail: detail.into() }
    }

    /// At an offset of the text that the tree was read from.
    pub(super) fn at_offset(tree: &Document<'_>, offset: usize, detail: String) -> Self {
        let mut element = tree.root_element();
        while let Some(inner) =
            element.children().find(|child| child.is_element() && child.range().contains(&offset))
        {
            element = inner;
        }
        Self::at(element, detail)
    }

    pub(super) fn refusal(self, rule: &'static str, way: &PositionMap<'_, '_>) -> Refusal {
        let (line, column) = way.position(self.offset);
        Refusal::LintFailed { rule, detail: self.detail, path: self.path, line, column }
    }

    pub(super) fn invalid(self, schema: &str, way: &PositionMap<'_, '_>) -> Refusal {
        let (line, column) = way.position(self.offset);
        let detail = if way.is_in_seal(self.offset) {
            format!("{}; this is about the seal that the profile asks for", self.detail)
        } else {
            self.detail
        };
        Refusal::SchemaInvalid { detail, path: self.path, line, column, schema: schema.to_owned() }
    }
}

/// From an offset of the text that was looked at to line and column of the document as it came.
pub(super) struct PositionMap<'w, 's> {
    /// What was looked at.
    pub(super) source: &'w Source<'s>,
    /// The document as it came.
    pub(super) original: &'w [u8],
    /// How the one became the other; `None` where they are the same.
    pub(super) filled: Option<&'w Filled>,
}

impl<'w, 's> PositionMap<'w, 's> {
    pub(super) const fn original(source: &'w Source<'s>) -> Self {
        Self { source, original: &[], filled: None }
    }

    /// The seal in the tree.
    pub(super) fn seal<'a, 'i>(&self, tree: &'a Document<'i>) -> Option<Node<'a, 'i>> {
        let start = self.filled?.seal.start;
        // In one pass: each of many signatures would walk from the beginning of the text.
        let signatures = || tree.descendants().filter(|node| is_signature(*node));
        let offsets: Vec<usize> = signatures().map(|node| node.range().start).collect();
        let mut originals = self.source.original_offsets(&offsets).into_iter();
        signatures().find(|_| originals.next() == Some(start))
    }

    fn is_in_seal(&self, offset: usize) -> bool {
        self.filled.is_some_and(|filled| filled.seal.contains(&self.source.original_offset(offset)))
    }

    /// What was inserted has the position where it was inserted.
    fn position(&self, offset: usize) -> (u32, u32) {
        let Some(filled) = self.filled else { return self.source.position(offset) };
        let byte = filled.original_offset(self.source.original_offset(offset));
        // It was read before, or there would be nothing to point at.
        Source::read(self.original).map_or((1, 1), |source| source.position_of_byte(byte))
    }
}

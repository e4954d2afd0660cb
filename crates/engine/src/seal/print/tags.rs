//! What the marked contents of pages are (ISO 32000-1, 14.7 and 14.8): a tree of elements, and for each page a list of
//! who holds which of them.

use super::file::NewPdf;
use crate::seal::pades::ObjectSink as _;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference};

/// An element of the structure.
pub(super) struct TaggedElement {
    tag: &'static str,
    language: Option<&'static str>,
    inside: Vec<Inside>,
}

/// What is in an element, in the order in which it is read.
enum Inside {
    TaggedElement(TaggedElement),
    /// Marked content: the number of a page, and its own on that page.
    Marked {
        page: usize,
        number: usize,
    },
}

impl TaggedElement {
    pub(super) const fn new(tag: &'static str) -> Self {
        Self { tag, language: None, inside: Vec::new() }
    }

    pub(super) const fn speaking(tag: &'static str, language: Option<&'static str>) -> Self {
        Self { tag, language, inside: Vec::new() }
    }

    pub(super) const fn tag(&self) -> &'static str {
        self.tag
    }

    pub(super) fn push(&mut self, element: Self) {
        self.inside.push(Inside::TaggedElement(element));
    }

    pub(super) fn mark(&mut self, page: usize, number: usize) {
        self.inside.push(Inside::Marked { page, number });
    }

    /// Writes the whole tree with this element as its only child; gives its root.
    pub(super) fn write_tree(self, pages: &[Reference], objects: &mut NewPdf) -> Reference {
        let root = objects.reserve();
        let mut holders = vec![Vec::new(); pages.len()];
        let document = self.write(root, pages, &mut holders, objects);
        let mut numbers = Vec::new();
        for (page, holders) in holders.into_iter().enumerate() {
            let holders = holders.into_iter().map(Object::Reference).collect();
            let holders = objects.add(Indirect::Object(Object::Array(holders)));
            numbers.extend([integer(page), Object::Reference(holders)]);
        }
        let tree = Dictionary::new()
            .with("Type", Object::name("StructTreeRoot"))
            .with("K", document)
            .with("ParentTree", Dictionary::new().with("Nums", numbers))
            .with("ParentTreeNextKey", integer(pages.len()));
        objects.set(root, tree);
        root
    }

    fn write(
        self,
        parent: Reference,
        pages: &[Reference],
        holders: &mut [Vec<Reference>],
        objects: &mut NewPdf,
    ) -> Reference {
        let own = objects.reserve();
        let mut inside = Vec::new();
        for one in self.inside {
            match one {
                Inside::TaggedElement(element) => {
                    inside.push(element.write(own, pages, holders, objects).into());
                }
                Inside::Marked { page, number } => {
                    // contents are numbered in the order in which they are marked
                    holders.get_mut(page).into_iter().for_each(|holders| holders.push(own));
                    let Some(page) = pages.get(page) else { continue };
                    let marked = Dictionary::new()
                        .with("Type", Object::name("MCR"))
                        .with("Pg", *page)
                        .with("MCID", integer(number));
                    inside.push(marked.into());
                }
            }
        }
        let mut element = Dictionary::new()
            .with("Type", Object::name("StructElem"))
            .with("S", Object::name(self.tag))
            .with("P", parent)
            .with("K", inside);
        if let Some(language) = self.language {
            element.set("Lang", Object::text(language));
        }
        objects.set(own, element);
        own
    }
}

fn integer(number: usize) -> Object {
    Object::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

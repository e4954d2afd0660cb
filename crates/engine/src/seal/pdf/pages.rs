//! The page tree (ISO 32000-1, 7.7.3).

use std::collections::BTreeSet;
use std::rc::Rc;

use super::damaged;
use super::file::PdfFile;
use super::object::{Dictionary, Object, Reference};
use crate::domain::refusal::PdfRefusal;

/// A rectangle in user space, its corners in order (7.9.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    pub left: f64,
    pub bottom: f64,
    pub right: f64,
    pub top: f64,
}

/// A page.
#[derive(Clone, Debug)]
pub struct Page {
    pub reference: Reference,
    /// As it is in the file.
    pub dictionary: Dictionary,
    /// US letter where the file does not say, as readers take it.
    pub media_box: Rectangle,
    /// Within the media box; the media box where the file does not say.
    pub crop_box: Rectangle,
    /// Degrees clockwise: 0, 90, 180 or 270.
    pub rotate: u16,
    /// The page's own or inherited value of `Resources`: a dictionary, a reference or null. Pages that
    /// inherit one share it.
    pub resources: Rc<Object>,
}

/// What a page takes from the nodes above it when it has none of its own (7.7.3.4). Shared: it is as large
/// as its author likes, and holds for every page.
#[derive(Clone, Debug, Default)]
struct Inherited {
    resources: Option<Rc<Object>>,
    media_box: Option<Rc<Object>>,
    crop_box: Option<Rc<Object>>,
    rotate: Option<Rc<Object>>,
}

impl Inherited {
    /// What holds below a node, or of a page itself. What is new is counted as kept.
    fn below(&self, dictionary: &Dictionary, file: &PdfFile<'_>) -> Result<Self, PdfRefusal> {
        type Shared = Option<Rc<Object>>;
        let own = |key: &str, above: &Shared| -> Result<Shared, PdfRefusal> {
            let Some(value) = dictionary.get(key) else { return Ok(above.clone()) };
            file.keep(value.weight())?;
            Ok(Some(Rc::new(value.clone())))
        };
        Ok(Self {
            resources: own("Resources", &self.resources)?,
            media_box: own("MediaBox", &self.media_box)?,
            crop_box: own("CropBox", &self.crop_box)?,
            rotate: own("Rotate", &self.rotate)?,
        })
    }
}

/// A kid of a node.
#[derive(Clone, Copy, Debug)]
enum Kid {
    At(Reference),
    /// A dictionary that is no object of its own: none can be referred to.
    Direct,
}

impl Kid {
    /// None of what is neither.
    const fn of(object: &Object) -> Option<Self> {
        match object {
            Object::Reference(reference) => Some(Self::At(*reference)),
            Object::Dictionary(_) => Some(Self::Direct),
            _ => None,
        }
    }
}

/// A node on the way to a page.
#[derive(Clone, Debug)]
struct Node {
    /// Pages below it, as it says.
    count: Option<usize>,
    inherited: Inherited,
    kids: Vec<Kid>,
}

impl PdfFile<'_> {
    /// The page of this number: 1 is the first, -1 the last. `PageMissing` when there is none of
    /// it, `NoPages` when there is none at all. Where the tree counts its pages, the others are not
    /// read.
    pub fn page(&self, number: i32) -> Result<Page, PdfRefusal> {
        let position = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
        if let Some(position) = position.checked_sub(1)
            && let Some(page) = self.counted(position, number < 0)?
        {
            return Ok(page);
        }
        let count = self.page_count()?;
        if count == 0 {
            return Err(PdfRefusal::NoPages);
        }
        let position = match position.checked_sub(1) {
            Some(position) if number < 0 => count.checked_sub(position + 1),
            other => other,
        };
        let missing = PdfRefusal::PageMissing { page: number, pages: count };
        let position =
            position.filter(|position| *position < count).ok_or_else(|| missing.clone())?;
        self.pages()?.nth(position).ok_or(missing)?
    }

    /// How many pages there are, each one found.
    pub fn page_count(&self) -> Result<usize, PdfRefusal> {
        self.pages()?.try_fold(0, |count, page| page.map(|_| count + 1))
    }

    /// All pages in order.
    pub fn pages(&self) -> Result<Pages<'_>, PdfRefusal> {
        let root = self.page_root()?;
        let stack = vec![(root.inherited, root.kids.into_iter())];
        Ok(Pages { file: self, stack, visited: BTreeSet::new(), found: 0 })
    }

    fn page_root(&self) -> Result<Node, PdfRefusal> {
        let catalog = self.catalog()?;
        let root = self.dictionary(&catalog, "Pages")?.ok_or(PdfRefusal::NoPages)?;
        Ok(self.node(root, &Inherited::default())?.unwrap_or_else(|_| Node {
            // a file whose tree is a single page
            count: None,
            inherited: Inherited::default(),
            kids: catalog.get("Pages").and_then(Kid::of).into_iter().collect(),
        }))
    }

    /// A node, or the page that it is instead: what has no kids, unless it says that it is a node
    /// and shows nothing. Its kids are counted as kept: those of every node on the way to a page are.
    fn node(
        &self,
        dictionary: Dictionary,
        above: &Inherited,
    ) -> Result<Result<Node, Dictionary>, PdfRefusal> {
        let kids = match self.array(&dictionary, "Kids")? {
            Some(kids) => kids.iter().filter_map(Kid::of).collect::<Vec<_>>(),
            None if dictionary.get("Type").and_then(Object::as_name) == Some(b"Pages")
                && dictionary.get("Contents").is_none() =>
            {
                Vec::new()
            }
            None => return Ok(Err(dictionary)),
        };
        self.keep(kids.len() * size_of::<Kid>())?;
        let count = dictionary.get("Count").and_then(Object::as_integer);
        let count = count.and_then(|count| usize::try_from(count).ok());
        Ok(Ok(Node { count, inherited: above.below(&dictionary, self)?, kids }))
    }

    /// The page at this position from the front or from behind, by the counts of the nodes. None
    /// when they do not lead to one.
    fn counted(&self, position: usize, behind: bool) -> Result<Option<Page>, PdfRefusal> {
        let mut node = self.page_root()?;
        let mut left = position;
        for _ in 0..self.limits().depth {
            let Some(count) = node.count.filter(|count| left < *count) else { return Ok(None) };
            // as many kids as pages: each is one, or has one
            let skip = if count == node.kids.len() { left } else { 0 };
            left -= skip;
            let kids = node.kids.len().saturating_sub(skip);
            let mut chosen = None;
            for step in 0..kids {
                let at = if behind { kids - 1 - step } else { skip + step };
                let Some(Kid::At(kid)) = node.kids.get(at) else { return Ok(None) };
                let Object::Dictionary(dictionary) = self.resolve(&Object::Reference(*kid))? else {
                    return Ok(None);
                };
                let leaf = dictionary.get("Kids").is_none();
                let size =
                    if leaf { Some(1) } else { self.value(&dictionary, "Count")?.as_integer() };
                let Some(size) = size.and_then(|size| usize::try_from(size).ok()) else {
                    return Ok(None);
                };
                if left < size {
                    chosen = Some((*kid, dictionary));
                    break;
                }
                left -= size;
            }
            let Some((reference, dictionary)) = chosen else { return Ok(None) };
            match self.node(dictionary, &node.inherited)? {
                Ok(deeper) => node = deeper,
                Err(page) => return self.assembled(reference, page, &node.inherited).map(Some),
            }
        }
        Ok(None)
    }

    fn assembled(
        &self,
        reference: Reference,
        dictionary: Dictionary,
        inherited: &Inherited,
    ) -> Result<Page, PdfRefusal> {
        let rectangle = |key: &str, inherited: &Option<Rc<Object>>| {
            let Some(value) = dictionary.get(key).or(inherited.as_deref()) else { return Ok(None) };
            self.rectangle(value).map(|found| found.filter(Rectangle::has_area))
        };
        let letter = Rectangle { left: 0.0, bottom: 0.0, right: 612.0, top: 792.0 };
        let media_box = rectangle("MediaBox", &inherited.media_box)?.unwrap_or(letter);
        let crop_box = rectangle("CropBox", &inherited.crop_box)?;
        let crop_box = crop_box.and_then(|crop| crop.within(media_box));
        let rotate = dictionary.get("Rotate").or(inherited.rotate.as_deref());
        let rotate = rotate.map_or(Ok(Object::Null), |value| self.resolve(value))?;
        let rotate = rotate.as_integer().unwrap_or(0).rem_euclid(360);
        Ok(Page {
            reference,
            media_box,
            crop_box: crop_box.unwrap_or(media_box),
            rotate: u16::try_from(rotate / 90 * 90).unwrap_or(0),
            resources: match (dictionary.get("Resources"), &inherited.resources) {
                (Some(own), _) => Rc::new(own.clone()),
                (None, Some(inherited)) => Rc::clone(inherited),
                (None, None) => Rc::new(Object::Null),
            },
            dictionary,
        })
    }

    /// The rectangle that an object is. None when it is none.
    pub fn rectangle(&self, object: &Object) -> Result<Option<Rectangle>, PdfRefusal> {
        let Object::Array(items) = self.resolve(object)? else { return Ok(None) };
        let [a, b, c, d] = items.as_slice() else { return Ok(None) };
        let mut numbers = [0.0; 4];
        for (number, item) in numbers.iter_mut().zip([a, b, c, d]) {
            // annex C: beyond this no reader can place anything
            match self.resolve(item)?.as_number() {
                Some(value) if value.abs() <= f64::from(f32::MAX) => *number = value,
                _ => return Ok(None),
            }
        }
        let [a, b, c, d] = numbers;
        Ok(Some(Rectangle { left: a.min(c), bottom: b.min(d), right: a.max(c), top: b.max(d) }))
    }
}

impl Rectangle {
    /// Whether it is more than a point or a line.
    #[must_use]
    pub fn has_area(&self) -> bool {
        self.left < self.right && self.bottom < self.top
    }

    /// What of this one lies within another. None when nothing does.
    fn within(self, outer: Self) -> Option<Self> {
        let inner = Self {
            left: self.left.max(outer.left),
            bottom: self.bottom.max(outer.bottom),
            right: self.right.min(outer.right),
            top: self.top.min(outer.top),
        };
        inner.has_area().then_some(inner)
    }
}

/// The pages of a file in order. Ends behind the first error.
#[derive(Debug)]
pub struct Pages<'f> {
    file: &'f PdfFile<'f>,
    stack: Vec<(Inherited, std::vec::IntoIter<Kid>)>,
    visited: BTreeSet<Reference>,
    found: usize,
}

impl Iterator for Pages<'_> {
    type Item = Result<Page, PdfRefusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if next.is_err() {
            self.stack.clear();
        }
        next.transpose()
    }
}

impl Pages<'_> {
    fn advance(&mut self) -> Result<Option<Page>, PdfRefusal> {
        let limits = self.file.limits();
        while let Some((inherited, kids)) = self.stack.last_mut() {
            let Some(kid) = kids.next() else {
                self.stack.pop();
                continue;
            };
            let reference = match kid {
                Kid::At(reference) => reference,
                Kid::Direct => return Err(damaged("a page is no indirect object")),
            };
            // 7.3.10: a kid that does not exist is null; readers pass it
            let kid = self.file.resolve(&Object::Reference(reference))?;
            let Object::Dictionary(dictionary) = kid else { continue };
            match self.file.node(dictionary, inherited)? {
                Err(page) => {
                    self.found += 1;
                    if self.found > limits.objects {
                        return Err(PdfRefusal::TooManyObjects { limit: limits.objects });
                    }
                    return self.file.assembled(reference, page, inherited).map(Some);
                }
                Ok(node) => {
                    if !self.visited.insert(reference) {
                        return Err(PdfRefusal::Circle { what: "page tree (Kids)".to_owned() });
                    }
                    if self.stack.len() >= limits.depth {
                        let limit = limits.depth;
                        return Err(PdfRefusal::TooDeep { what: "the page tree", limit });
                    }
                    self.stack.push((node.inherited, node.kids.into_iter()));
                }
            }
        }
        Ok(None)
    }
}

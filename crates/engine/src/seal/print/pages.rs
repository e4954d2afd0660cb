//! Texts set into lines on pages of A4, each marked with what it is.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::file::NewPdf;
use super::tags::TaggedElement;
use super::{PrintedBlock, PrintedDocument, PrintedFact, PrintedLevel, cleaned};
use crate::seal::pades::ObjectSink as _;
use crate::seal::pades::font::{EmbeddedFont, Font};
use crate::seal::pades::stream::compressed;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};

/// A4 in points.
const WIDTH: f64 = 595.276;
const HEIGHT: f64 = 841.89;
const MARGIN: f64 = 56.0;
/// Where what facts stand for begins.
const INDENT: f64 = 150.0;
/// Sizes in points: of text, of names of facts and numbers of pages.
const SIZE: f64 = 10.0;
const SMALL: f64 = 8.5;
/// From baseline to baseline, in font sizes.
const SPACING: f64 = 1.4;
/// Space before blocks.
const GAP: f64 = 6.0;
/// What is drawn for a character that the font does not have.
const MISSING: [char; 2] = ['\u{fffd}', '?'];

/// Text somewhere on a page.
struct Run {
    x: f64,
    y: f64,
    size: f64,
    /// Whether it is drawn in grey.
    quiet: bool,
    line: String,
}

/// What stands on a page, in the order in which it is drawn.
enum Drawn {
    /// Begins marked content.
    Begin(&'static str, usize),
    Run(Run),
    End,
}

/// Where and how a text is set.
#[derive(Clone, Copy)]
struct Setting {
    x: f64,
    size: f64,
    quiet: bool,
}

/// Pages that fill.
pub(super) struct PrintedPages {
    font: Font,
    pages: Vec<Vec<Drawn>>,
    /// Contents that were marked on the last page.
    marked: usize,
    /// Baseline of the last line.
    y: f64,
    root: TaggedElement,
}

impl PrintedPages {
    pub(super) fn new() -> Self {
        let top = HEIGHT - MARGIN;
        Self {
            font: Font::new(),
            pages: vec![Vec::new()],
            marked: 0,
            y: top,
            root: TaggedElement::new("Document"),
        }
    }

    /// Sets one more block below those that are there.
    pub(super) fn block(&mut self, block: &PrintedBlock) {
        match block {
            PrintedBlock::Heading(level, text) => {
                let (tag, size) = match level {
                    PrintedLevel::First => ("H1", 18.0),
                    PrintedLevel::Second => ("H2", 13.0),
                    PrintedLevel::Third => ("H3", 11.0),
                };
                self.space(GAP * 2.0);
                // a heading does not stand alone at the end of a page
                self.keep(size * SPACING + SIZE * SPACING * 2.0 + GAP);
                let setting = Setting { x: MARGIN, size, quiet: false };
                let element = self.set(TaggedElement::new(tag), text, setting);
                self.root.push(element);
            }
            PrintedBlock::Paragraph(text) => {
                self.space(GAP);
                let setting = Setting { x: MARGIN, size: SIZE, quiet: false };
                let element = TaggedElement::speaking("P", text.language);
                let element = self.set(element, &text.text, setting);
                self.root.push(element);
            }
            PrintedBlock::Facts(facts) => {
                self.space(GAP);
                let mut list = TaggedElement::new("L");
                for fact in facts {
                    let item = self.fact(fact);
                    list.push(item);
                }
                self.root.push(list);
            }
        }
    }

    fn fact(&mut self, fact: &PrintedFact) -> TaggedElement {
        self.space(GAP / 3.0);
        self.keep(SIZE * SPACING * 2.0);
        let (page, top) = (self.pages.len(), self.y);
        let name = Setting { x: MARGIN, size: SMALL, quiet: true };
        let width = INDENT - MARGIN - GAP;
        let name = self.set_within(TaggedElement::new("Lbl"), &fact.name, name, width);
        let (page_behind, behind) = (self.pages.len(), self.y);
        // what it stands for begins beside its name, unless that goes on on another page
        if page_behind == page {
            self.y = top;
        }
        let mut body = TaggedElement::new("LBody");
        for text in &fact.texts {
            let setting = Setting { x: INDENT, size: SIZE, quiet: false };
            let element = TaggedElement::speaking("P", text.language);
            let element = self.set(element, &text.text, setting);
            body.push(element);
        }
        if self.pages.len() == page_behind {
            self.y = self.y.min(behind);
        }
        let mut item = TaggedElement::new("LI");
        item.push(name);
        item.push(body);
        item
    }

    fn set(&mut self, element: TaggedElement, text: &str, setting: Setting) -> TaggedElement {
        self.set_within(element, text, setting, WIDTH - MARGIN - setting.x)
    }

    /// Sets a text into lines of a width and marks them as an element.
    fn set_within(
        &mut self,
        mut element: TaggedElement,
        text: &str,
        setting: Setting,
        width: f64,
    ) -> TaggedElement {
        let line_height = setting.size * SPACING;
        let mut on = None;
        for line in self.wrapped(&cleaned(text), width / setting.size) {
            if self.y - line_height < MARGIN {
                if on.take().is_some() {
                    self.draw(Drawn::End);
                }
                self.turn();
            }
            self.y -= line_height;
            if on.is_none() {
                self.draw(Drawn::Begin(element.tag(), self.marked));
                element.mark(self.pages.len() - 1, self.marked);
                self.marked += 1;
                on = Some(());
            }
            let Setting { x, size, quiet } = setting;
            self.draw(Drawn::Run(Run { x, y: self.y, size, quiet, line }));
        }
        if on.is_some() {
            self.draw(Drawn::End);
        }
        element
    }

    fn draw(&mut self, drawn: Drawn) {
        // there is always one
        if let Some(page) = self.pages.last_mut() {
            page.push(drawn);
        }
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.marked = 0;
        self.y = HEIGHT - MARGIN;
    }

    /// Space, unless a page begins.
    fn space(&mut self, points: f64) {
        if self.y < HEIGHT - MARGIN {
            self.y -= points;
        }
    }

    /// Turns the page unless so much is left of it.
    fn keep(&mut self, points: f64) {
        if self.y - points < MARGIN {
            self.turn();
        }
    }

    /// Lines of a width in font sizes, broken at blanks or, where there is none, anywhere. A blank that is broken at
    /// stays at the end of its line: texts that are copied keep their words apart.
    fn wrapped(&self, text: &str, width: f64) -> Vec<String> {
        let mut lines = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (line, following) = rest.split_at(self.line_end(rest, width));
            lines.push(line.to_owned());
            rest = following;
        }
        lines
    }

    /// Where a line ends that begins a text; behind its first character at least.
    fn line_end(&self, text: &str, width: f64) -> usize {
        let (mut used, mut blank) = (0.0, None);
        for (at, character) in text.char_indices() {
            used += self.font.advance(self.shown(character)).unwrap_or_default();
            if character == ' ' {
                blank = Some(at + 1);
            } else if used > width && at > 0 {
                return blank.unwrap_or(at);
            }
        }
        text.len()
    }

    /// What is drawn for a character.
    fn shown(&self, character: char) -> char {
        let has = |character: &char| self.font.advance(*character).is_ok();
        let instead = || MISSING.into_iter().find(has).unwrap_or(' ');
        if has(&character) { character } else { instead() }
    }

    /// Writes all pages and what they are; gives the catalog.
    pub(super) fn write(self, document: &PrintedDocument, objects: &mut NewPdf) -> Reference {
        let count = self.pages.len();
        let numbers: Vec<String> =
            (1..=count).map(|number| format!("{number} / {count}")).collect();
        let lines = self.pages.iter().flatten().filter_map(|drawn| match drawn {
            Drawn::Run(run) => Some(run.line.as_str()),
            Drawn::Begin(..) | Drawn::End => None,
        });
        let characters: BTreeSet<char> = lines
            .chain(numbers.iter().map(String::as_str))
            .flat_map(str::chars)
            .map(|character| self.shown(character))
            .collect();
        let tree = objects.reserve();
        let mut references = Vec::new();
        if let Ok(font) = self.font.embed(&characters, objects) {
            let fonts = Dictionary::new().with("Text", font.reference);
            let resources = Dictionary::new().with("Font", fonts);
            for ((page, number), at) in self.pages.iter().zip(&numbers).zip(0_i64..) {
                let content = self.content(page, number, &font);
                let content = compressed(Dictionary::new(), content.as_bytes());
                let content = objects.add(Indirect::Stream(content));
                let page = Dictionary::new()
                    .with("Type", Object::name("Page"))
                    .with("Parent", tree)
                    .with("MediaBox", [0.0, 0.0, WIDTH, HEIGHT].map(Object::real).to_vec())
                    .with("Resources", resources.clone())
                    .with("Contents", content)
                    .with("StructParents", Object::Integer(at))
                    .with("Tabs", Object::name("S"));
                references.push(objects.add(Indirect::Object(page.into())));
            }
        }
        let kids: Vec<Object> = references.iter().copied().map(Object::Reference).collect();
        let pages = Dictionary::new()
            .with("Type", Object::name("Pages"))
            .with("Count", Object::Integer(i64::try_from(kids.len()).unwrap_or(i64::MAX)))
            .with("Kids", kids);
        objects.set(tree, pages);
        let structure = self.root.write_tree(&references, objects);
        let metadata = objects.add(Indirect::Stream(metadata(document)));
        let catalog = Dictionary::new()
            .with("Type", Object::name("Catalog"))
            .with("Pages", tree)
            .with("Lang", Object::text(document.language))
            .with("MarkInfo", Dictionary::new().with("Marked", Object::Boolean(true)))
            .with("StructTreeRoot", structure)
            .with(
                "ViewerPreferences",
                Dictionary::new().with("DisplayDocTitle", Object::Boolean(true)),
            )
            .with("Metadata", metadata);
        objects.add(Indirect::Object(catalog.into()))
    }

    fn content(&self, page: &[Drawn], number: &str, font: &EmbeddedFont) -> String {
        let mut content = String::new();
        for drawn in page {
            // Writing into a String does not fail.
            match drawn {
                Drawn::Begin(tag, number) => {
                    let _ = writeln!(content, "/{tag} <</MCID {number}>> BDC");
                }
                Drawn::Run(run) => self.run(run, font, &mut content),
                Drawn::End => content.push_str("EMC\n"),
            }
        }
        content.push_str("/Artifact <</Type /Pagination>> BDC\n");
        let advances = number.chars().filter_map(|it| self.font.advance(it).ok());
        let x = WIDTH - MARGIN - advances.sum::<f64>() * SMALL;
        let y = MARGIN / 2.0;
        let run = Run { x, y, size: SMALL, quiet: true, line: number.to_owned() };
        self.run(&run, font, &mut content);
        content.push_str("EMC\n");
        content
    }

    fn run(&self, run: &Run, font: &EmbeddedFont, content: &mut String) {
        let shown: String = run.line.chars().map(|it| self.shown(it)).collect();
        let replaced = shown != run.line;
        if replaced {
            let mut units = String::from("FEFF");
            for unit in run.line.encode_utf16() {
                let _ = write!(units, "{unit:04X}");
            }
            let _ = writeln!(content, "/Span <</ActualText <{units}>>> BDC");
        }
        let grey = if run.quiet { "0.33" } else { "0" };
        let mut string = Vec::new();
        font.encode(&shown).write(&mut string);
        let string = String::from_utf8_lossy(&string);
        let (size, x, y) = (number(run.size), number(run.x), number(run.y));
        let _ = writeln!(content, "BT {grey} g /Text {size} Tf 1 0 0 1 {x} {y} Tm {string} Tj ET");
        if replaced {
            content.push_str("EMC\n");
        }
    }
}

/// Title and language, and that the file keeps to ISO 14289-1 (PDF/UA-1).
fn metadata(document: &PrintedDocument) -> Stream {
    let escaped =
        |text: &str| cleaned(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\">\n\
         <dc:format>application/pdf</dc:format>\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>\n\
         <pdfuaid:part>1</pdfuaid:part>\n\
         </rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>\n",
        title = escaped(&document.title),
        language = document.language,
    );
    let dictionary = Dictionary::new()
        .with("Type", Object::name("Metadata"))
        .with("Subtype", Object::name("XML"));
    Stream { dictionary, data: text.into_bytes() }
}

fn number(value: f64) -> String {
    let mut text = Vec::new();
    Object::real(value).write(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

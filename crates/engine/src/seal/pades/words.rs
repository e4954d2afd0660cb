//! The text of pages, glyph by glyph with its place: the operators of ISO 32000-1, 9 and what moves the
//! coordinate system, read with hayro-syntax. Nothing is drawn.

use std::collections::HashMap;
use std::rc::Rc;

use hayro_syntax::Pdf;
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Operation;
use hayro_syntax::object::ObjRef;
use hayro_syntax::object::{Dict, Name, Object, Stream};
use hayro_syntax::page::Resources;
use kurbo::{Affine, Point, Vec2};

use super::letters::{Fonts, KnownFont};
use super::steps::Steps;
use crate::domain::refusal::PdfRefusal;

/// What another form costs besides what is in it.
const FORM_STEPS: u64 = 20;

/// Graphics states inside each other.
const STATE_LIMIT: usize = 1024;
/// Forms inside each other.
const FORM_LIMIT: usize = 20;
/// Glyphs of one page, and characters that they stand for.
const GLYPH_LIMIT: usize = 400_000;
const CHARACTER_LIMIT: usize = 500_000;
/// Bytes of what is shown, or of what names it, that are read in one step.
const BYTES_PER_STEP: usize = 16;
/// Height of capitals, in font sizes.
const CAPITALS: f64 = 0.7;

/// A glyph on a page.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    /// In compatible characters (Unicode NFKC).
    pub(super) text: Rc<str>,
    start: Point,
    end: Point,
    /// One font size upwards.
    up: Vec2,
}

impl Glyph {
    /// The room between this glyph and the next one on its line, in font sizes; `None` when that one is
    /// not on its line, or far away.
    pub(super) fn gap(&self, next: &Self) -> Option<f64> {
        let size = self.up.hypot();
        let along = self.along();
        let to_next = next.start - self.end;
        let (gap, off) = (along.dot(to_next) / size, along.cross(to_next).abs() / size);
        let same_way = along.dot(next.along()) > 0.95;
        (same_way && off < 0.3 && (-0.6..3.0).contains(&gap)).then_some(gap)
    }

    /// The direction of the line: to the right of up.
    fn along(&self) -> Vec2 {
        let up = self.up.normalize();
        Vec2::new(up.y, -up.x)
    }

    /// The corners of its box, from the baseline to the height of capitals.
    pub(super) fn corners(&self) -> [(f64, f64); 4] {
        let above = self.up * CAPITALS;
        [self.start, self.end, self.start + above, self.end + above].map(|it| (it.x, it.y))
    }

    /// What glyphs are sorted by when their order in the file is none: line by line from the top, from
    /// left to right, as their direction has it.
    #[expect(clippy::cast_possible_truncation, reason = "saturates; far away is far away")]
    pub(super) fn reading_order(&self) -> (i64, i64, i64) {
        let along = self.along();
        let from_origin = self.start.to_vec2();
        (
            (along.atan2() * 8.0).round() as i64,
            (along.cross(from_origin) / -2.0).round() as i64,
            (along.dot(from_origin) * 100.0).round() as i64,
        )
    }
}

/// Shows the glyphs of each page of a file to `look`, until it has an answer.
///
/// # Errors
/// [`PdfRefusal::TooExpensive`] when `steps` are used up, [`PdfRefusal::TooDeep`].
pub(super) fn on_pages<T>(
    file: Vec<u8>,
    steps: &mut Steps<'_>,
    look: impl Fn(usize, Vec<Glyph>) -> Option<T>,
) -> Result<Option<T>, PdfRefusal> {
    let Ok(pdf) = Pdf::new(file) else { return Ok(None) };
    let (mut fonts, mut forms) = (Fonts::new(), HashMap::new());
    for (position, page) in pdf.pages().iter().enumerate() {
        fonts.next_page();
        let resources = page.resources();
        steps.take_bytes(size(resources), BYTES_PER_STEP)?;
        let mut reading = Reading {
            fonts: &mut fonts,
            forms: &mut forms,
            steps,
            glyphs: Vec::new(),
            characters: 0,
            state: State::default(),
            saved: Vec::new(),
        };
        reading.content(page.page_stream().unwrap_or_default(), resources, 0)?;
        let glyphs = reading.glyphs;
        if let Some(answer) = look(position, glyphs) {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

/// A form that is known by the number of its object.
struct KnownForm<'a> {
    stream: Stream<'a>,
    matrix: Option<Affine>,
    /// None where those of what shows it hold.
    resources: Option<Resources<'a>>,
}

/// Bytes of the lists of fonts and forms.
fn size(resources: &Resources<'_>) -> usize {
    resources.fonts.data().len() + resources.x_objects.data().len()
}

/// The graphics and text state, as far as it moves text (9.3.1).
#[derive(Clone)]
struct State<'a> {
    matrix: Affine,
    font: Option<Rc<KnownFont<'a>>>,
    size: f64,
    character_spacing: f64,
    word_spacing: f64,
    scaling: f64,
    leading: f64,
    rise: f64,
    text: Affine,
    line: Affine,
}

impl Default for State<'_> {
    fn default() -> Self {
        Self {
            matrix: Affine::IDENTITY,
            font: None,
            size: 1.0,
            character_spacing: 0.0,
            word_spacing: 0.0,
            scaling: 1.0,
            leading: 0.0,
            rise: 0.0,
            text: Affine::IDENTITY,
            line: Affine::IDENTITY,
        }
    }
}

impl State<'_> {
    fn next_line(&mut self, x: f64, y: f64) {
        self.line *= Affine::translate((x, y));
        self.text = self.line;
    }

    /// Moves along the line, by parts of the font size (9.4.4).
    fn advance(&mut self, by: f64, spacing: f64, horizontal: bool) {
        let by = by * self.size + spacing;
        let by = if horizontal { (by * self.scaling, 0.0) } else { (0.0, by) };
        self.text *= Affine::translate(by);
    }
}

/// A page that is being read.
struct Reading<'a, 'b, 'o> {
    fonts: &'b mut Fonts<'a>,
    forms: &'b mut HashMap<ObjRef, Option<Rc<KnownForm<'a>>>>,
    steps: &'b mut Steps<'o>,
    glyphs: Vec<Glyph>,
    /// What all of them stand for together.
    characters: usize,
    state: State<'a>,
    saved: Vec<State<'a>>,
}

impl<'a> Reading<'a, '_, '_> {
    fn step(&mut self) -> Result<(), PdfRefusal> {
        self.steps.take(1)
    }

    fn content(
        &mut self,
        data: &[u8],
        resources: &Resources<'a>,
        depth: usize,
    ) -> Result<(), PdfRefusal> {
        let outside = self.saved.len();
        let mut operations = TypedIter::new(data);
        while let Some(operation) = operations.next() {
            self.step()?;
            match operation {
                Operation::SaveState(_) if self.saved.len() >= STATE_LIMIT => {
                    return Err(PdfRefusal::TooDeep {
                        what: "graphics states",
                        limit: STATE_LIMIT,
                    });
                }
                Operation::SaveState(_) => self.saved.push(self.state.clone()),
                Operation::RestoreState(_) if self.saved.len() > outside => {
                    self.state = self.saved.pop().unwrap_or_default();
                }
                Operation::Transform(m) => {
                    let m = [m.0, m.1, m.2, m.3, m.4, m.5].map(|number| number.as_f64());
                    self.state.matrix *= Affine::new(m);
                }
                Operation::XObject(name) if depth < FORM_LIMIT => {
                    if let Some(form) = self.known_form(name.0, resources)? {
                        self.form(&form, resources, depth)?;
                    }
                }
                Operation::TextFont(font) => {
                    self.state.size = font.1.as_f64();
                    self.state.font = self.fonts.font(resources, font.0, self.steps)?;
                }
                other => self.text(other)?,
            }
        }
        self.saved.truncate(outside);
        Ok(())
    }

    /// The form of that name, read once: every one of an excerpt is an object of its own.
    fn known_form(
        &mut self,
        name: &Name<'_>,
        around: &Resources<'a>,
    ) -> Result<Option<Rc<KnownForm<'a>>>, PdfRefusal> {
        let Some(reference) = around.x_objects.get_ref(name) else { return Ok(None) };
        if let Some(known) = self.forms.get(&reference) {
            return Ok(known.clone());
        }
        let form = around.get_x_object(name).map(|stream| {
            let matrix = stream.dict().get::<[f64; 6]>("Matrix").map(Affine::new);
            let resources = stream.dict().get::<Dict<'a>>("Resources").map(Resources::new);
            Rc::new(KnownForm { stream, matrix, resources })
        });
        if let Some(form) = &form {
            let named = form.resources.as_ref().map_or(0, size);
            self.steps.take_bytes(form.stream.dict().data().len() + named, BYTES_PER_STEP)?;
        }
        self.forms.insert(reference, form.clone());
        Ok(form)
    }

    /// Forms (8.10.1).
    fn form(
        &mut self,
        form: &KnownForm<'a>,
        around: &Resources<'a>,
        depth: usize,
    ) -> Result<(), PdfRefusal> {
        self.steps.take(FORM_STEPS)?;
        let Ok(data) = form.stream.decoded_data() else { return Ok(()) };
        self.steps.take_bytes(data.len(), BYTES_PER_STEP)?;
        let before = self.state.clone();
        if let Some(matrix) = form.matrix {
            self.state.matrix *= matrix;
        }
        self.content(&data, form.resources.as_ref().unwrap_or(around), depth + 1)?;
        self.state = before;
        Ok(())
    }

    /// Text state, positioning and showing (9.3 and 9.4).
    fn text(&mut self, operation: Operation<'_, '_>) -> Result<(), PdfRefusal> {
        let state = &mut self.state;
        match operation {
            Operation::BeginText(_) => {
                state.text = Affine::IDENTITY;
                state.line = Affine::IDENTITY;
            }
            Operation::SetTextMatrix(m) => {
                let m = [m.0, m.1, m.2, m.3, m.4, m.5].map(|number| number.as_f64());
                state.line = Affine::new(m);
                state.text = state.line;
            }
            Operation::CharacterSpacing(it) => state.character_spacing = it.0.as_f64(),
            Operation::WordSpacing(it) => state.word_spacing = it.0.as_f64(),
            Operation::HorizontalScaling(it) => state.scaling = it.0.as_f64() / 100.0,
            Operation::TextLeading(it) => state.leading = it.0.as_f64(),
            Operation::TextRise(it) => state.rise = it.0.as_f64(),
            Operation::NextLine(it) => state.next_line(it.0.as_f64(), it.1.as_f64()),
            Operation::NextLineAndSetLeading(it) => {
                state.leading = -it.1.as_f64();
                state.next_line(it.0.as_f64(), it.1.as_f64());
            }
            Operation::NextLineUsingLeading(_) => state.next_line(0.0, -state.leading),
            Operation::ShowText(it) => self.show(it.0.as_bytes())?,
            Operation::NextLineAndShowText(it) => {
                state.next_line(0.0, -state.leading);
                self.show(it.0.as_bytes())?;
            }
            Operation::ShowTextWithParameters(it) => {
                state.word_spacing = it.0.as_f64();
                state.character_spacing = it.1.as_f64();
                state.next_line(0.0, -state.leading);
                self.show(it.2.as_bytes())?;
            }
            Operation::ShowTexts(it) => {
                for part in it.0.iter::<Object<'_>>() {
                    self.step()?;
                    match part {
                        Object::Number(number) => {
                            let font = self.state.font.as_ref();
                            let horizontal = font.is_none_or(|font| font.is_horizontal());
                            self.state.advance(number.as_f64() / -1000.0, 0.0, horizontal);
                        }
                        Object::String(text) => self.show(text.as_bytes())?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn show(&mut self, bytes: &[u8]) -> Result<(), PdfRefusal> {
        let Some(font) = self.state.font.clone() else { return Ok(()) };
        let horizontal = font.is_horizontal();
        let mut at = 0;
        while at < bytes.len() {
            self.step()?;
            let (code, length) = font.code(bytes, at, self.steps)?;
            at += length;
            let letter = self.fonts.letter(&font, code, self.steps)?;
            self.characters += letter.text.chars().count();
            let (advance, origin) = (letter.advance, letter.origin);
            let state = &mut self.state;
            let size =
                Affine::new([state.size * state.scaling, 0.0, 0.0, state.size, 0.0, state.rise]);
            let place = state.matrix * state.text * size;
            let glyph = Glyph {
                text: letter.text,
                start: place * origin.to_point(),
                end: place * (origin + advance).to_point(),
                up: place * Point::new(0.0, 1.0) - place * Point::ORIGIN,
            };
            let spaced = code == 32 && length == 1;
            let spacing = state.character_spacing + if spaced { state.word_spacing } else { 0.0 };
            let by = if horizontal { advance.x } else { advance.y };
            state.advance(by, spacing, horizontal);
            let places = [glyph.start.x, glyph.start.y, glyph.end.x, glyph.end.y, glyph.up.hypot()];
            if places.iter().all(|it| it.is_finite()) && glyph.up.hypot() > 1e-6 {
                self.glyphs.push(glyph);
            }
            if self.glyphs.len() > GLYPH_LIMIT || self.characters > CHARACTER_LIMIT {
                return Err(Steps::used_up());
            }
        }
        Ok(())
    }
}

//! The letters of a document's fonts, read with hayro-font: which text each code stands for, and how far it
//! moves. A font is read once for all pages that are searched together, a letter once for all places where
//! it is shown, as both are as large as their author likes.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use hayro_font::hayro_cmap::BfString;
use hayro_font::{CMapResolverFn, Font, FontCache, FontGlyph, FontResolverFn};
use hayro_syntax::object::ObjRef;
use hayro_syntax::object::{Array, Dict, Name, Stream};
use hayro_syntax::page::Resources;
use kurbo::Vec2;
use unicode_normalization::UnicodeNormalization as _;

use super::steps::Steps;
use crate::domain::refusal::PdfRefusal;

/// Characters that one glyph stands for at most: the longest that Unicode has is eighteen in compatible
/// characters.
const CHARACTER_LIMIT: usize = 64;
/// Letters that are remembered.
const LETTER_LIMIT: usize = 100_000;
/// Bytes of a map of codes: those of two bytes fit into less (ISO 32000-1, 9.10.3).
const MAP_LIMIT: usize = 2 << 20;
/// Bytes of the maps that one page needs, and of those that are remembered for the next one.
const MAPS_LIMIT: usize = 8 << 20;
const MAPS_REMEMBERED: usize = 2 << 20;
/// Bytes of a font that are read in one step.
const BYTES_PER_STEP: usize = 64;
/// Bytes before the texts of a map, which no look-up takes as one.
const HEAD_OF_MAP: usize = 1024;

/// The fonts of a file.
pub(super) struct Fonts<'a> {
    cache: FontCache<'a>,
    programs: FontResolverFn,
    maps: CMapResolverFn,
    known: HashMap<ObjRef, Option<Rc<KnownFont<'a>>>>,
    letters: HashMap<(ObjRef, u32), ShownLetter>,
    /// Bytes of the maps of all fonts that are known.
    bytes_of_maps: usize,
}

/// A font that is known by the number of its object.
pub(super) struct KnownFont<'a> {
    reference: ObjRef,
    font: Font<'a>,
    /// What finding the next code costs, and what a letter costs that is not remembered.
    code_steps: u64,
    letter_steps: u64,
}

/// What a code of a font stands for.
#[derive(Clone)]
pub(super) struct ShownLetter {
    /// In compatible characters (Unicode NFKC).
    pub(super) text: Rc<str>,
    /// In font sizes.
    pub(super) advance: Vec2,
    pub(super) origin: Vec2,
}

impl<'a> Fonts<'a> {
    /// Where a font has no program, that of another is taken: only its characters are of interest.
    pub(super) fn new() -> Self {
        Self {
            cache: FontCache::new(),
            programs: Arc::new(|_| Some((Arc::new(notosans::REGULAR_TTF), 0))),
            maps: Arc::new(|_| None),
            known: HashMap::new(),
            letters: HashMap::new(),
            bytes_of_maps: 0,
        }
    }

    /// Before another page: forgets fonts that take much memory.
    pub(super) fn next_page(&mut self) {
        if self.bytes_of_maps > MAPS_REMEMBERED {
            *self = Self::new();
        }
    }

    /// The font of that name. Every one of an excerpt is an object of its own.
    ///
    /// # Errors
    /// [`PdfRefusal::TooExpensive`].
    pub(super) fn font(
        &mut self,
        resources: &Resources<'a>,
        name: &Name<'_>,
        steps: &mut Steps<'_>,
    ) -> Result<Option<Rc<KnownFont<'a>>>, PdfRefusal> {
        let Some(reference) = resources.fonts.get_ref(name) else { return Ok(None) };
        if let Some(known) = self.known.get(&reference) {
            return Ok(known.clone());
        }
        let read = match resources.get_font(name) {
            Some(dictionary) => self.read(&dictionary, reference, steps)?,
            None => None,
        };
        self.known.insert(reference, read.clone());
        Ok(read)
    }

    fn read(
        &mut self,
        dictionary: &Dict<'a>,
        reference: ObjRef,
        steps: &mut Steps<'_>,
    ) -> Result<Option<Rc<KnownFont<'a>>>, PdfRefusal> {
        let size = FontSize::of(dictionary);
        steps.take_bytes(size.all, BYTES_PER_STEP)?;
        if size.largest_map > MAP_LIMIT {
            return Ok(None);
        }
        self.bytes_of_maps += size.maps;
        if self.bytes_of_maps > MAPS_LIMIT {
            return Err(Steps::used_up());
        }
        let Some(font) = self.cache.font(dictionary, &self.programs, &self.maps) else {
            return Ok(None);
        };
        let (code, letter) = if size.is_composite {
            (size.code, size.code.max(size.text))
        } else {
            (0, size.all / 16)
        };
        let steps_of = |bytes: usize| u64::try_from(bytes / BYTES_PER_STEP).unwrap_or(u64::MAX);
        let (code_steps, letter_steps) = (steps_of(code), steps_of(letter));
        Ok(Some(Rc::new(KnownFont { reference, font, code_steps, letter_steps })))
    }

    /// What a code of a font stands for.
    ///
    /// # Errors
    /// [`PdfRefusal::TooExpensive`].
    pub(super) fn letter(
        &mut self,
        font: &KnownFont<'a>,
        code: u32,
        steps: &mut Steps<'_>,
    ) -> Result<ShownLetter, PdfRefusal> {
        let key = (font.reference, code);
        if let Some(known) = self.letters.get(&key) {
            return Ok(known.clone());
        }
        steps.take(font.letter_steps)?;
        let glyph = font.font.glyph(font.font.map_code(code), code);
        let characters = match &glyph {
            FontGlyph::Outline(glyph) => glyph.as_unicode(),
            FontGlyph::Type3(glyph) => glyph.as_unicode(),
        };
        let text: String = match characters {
            Some(BfString::Char(character)) => std::iter::once(character).nfkc().collect(),
            Some(BfString::String(text)) => text.nfkc().take(CHARACTER_LIMIT + 1).collect(),
            None => String::new(),
        };
        // what is longer is no letter
        let text = match text.chars().count() {
            1..=CHARACTER_LIMIT => text.into(),
            _ => "\u{FFFD}".into(),
        };
        let letter = ShownLetter {
            text,
            advance: font.font.code_advance(code) / 1000.0,
            origin: font.font.origin_displacement(code) / 1000.0,
        };
        if self.letters.len() >= LETTER_LIMIT {
            self.letters.clear();
        }
        self.letters.insert(key, letter.clone());
        Ok(letter)
    }
}

impl KnownFont<'_> {
    pub(super) fn is_horizontal(&self) -> bool {
        self.font.is_horizontal()
    }

    /// The code that begins there, and its length, never 0.
    ///
    /// # Errors
    /// [`PdfRefusal::TooExpensive`].
    pub(super) fn code(
        &self,
        bytes: &[u8],
        at: usize,
        steps: &mut Steps<'_>,
    ) -> Result<(u32, usize), PdfRefusal> {
        steps.take(self.code_steps)?;
        let (code, length) = self.font.read_code(bytes, at);
        Ok((code, length.max(1)))
    }
}

/// Bytes of what a font is read from.
#[derive(Default)]
struct FontSize {
    all: usize,
    /// Of its maps of codes, together and of the largest.
    maps: usize,
    largest_map: usize,
    /// Of the longest text in the map of codes, and in that of characters.
    code: usize,
    text: usize,
    /// Whether its codes have more than one byte (9.7).
    is_composite: bool,
}

impl FontSize {
    fn of(font: &Dict<'_>) -> Self {
        let mut size = Self::default();
        size.code = size.map(font, "Encoding");
        size.text = size.map(font, "ToUnicode");
        size.dictionary(font);
        for key in ["Encoding", "Widths"] {
            size.value(font, key);
        }
        if let Some(encoding) = font.get::<Dict<'_>>("Encoding") {
            size.value(&encoding, "Differences");
        }
        size.is_composite = font.get::<Name<'_>>("Subtype").is_some_and(|it| *it == *b"Type0");
        let descendants = font.get::<Array<'_>>("DescendantFonts");
        let descendant = descendants.and_then(|it| it.iter::<Dict<'_>>().next());
        if let Some(descendant) = descendant {
            size.dictionary(&descendant);
            for key in ["W", "W2"] {
                size.value(&descendant, key);
            }
            size.stream(&descendant, "CIDToGIDMap");
        }
        size
    }

    /// A dictionary of a font, and its program.
    fn dictionary(&mut self, font: &Dict<'_>) {
        self.all += font.data().len();
        if let Some(descriptor) = font.get::<Dict<'_>>("FontDescriptor") {
            self.all += descriptor.data().len();
            for key in ["FontFile", "FontFile2", "FontFile3"] {
                self.stream(&descriptor, key);
            }
        }
    }

    fn value(&mut self, holder: &Dict<'_>, key: &str) {
        if let Some(array) = holder.get::<Array<'_>>(key) {
            self.all += array.data().len();
        } else if let Some(dictionary) = holder.get::<Dict<'_>>(key) {
            self.all += dictionary.data().len();
        }
    }

    fn stream(&mut self, holder: &Dict<'_>, key: &str) {
        if let Some(stream) = holder.get::<Stream<'_>>(key) {
            self.all += stream.raw_data().len();
        }
    }

    /// A map of codes; gives how long the longest text in it may be.
    fn map(&mut self, holder: &Dict<'_>, key: &str) -> usize {
        let Some(stream) = holder.get::<Stream<'_>>(key) else { return 0 };
        let data = stream.raw_data();
        self.all += data.len();
        self.maps += data.len();
        self.largest_map = self.largest_map.max(data.len());
        let texts = data.split(|byte| matches!(byte, b'>' | b')'));
        texts.map(<[u8]>::len).max().unwrap_or(0).saturating_sub(HEAD_OF_MAP)
    }
}

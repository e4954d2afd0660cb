//! The font of visible signatures: Noto Sans, of which each appearance carries the glyphs that it shows
//! (ISO 32000-1, 9.6.4), so that it looks the same everywhere and stays PDF/A.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider as _;
use skrifa::{FontRef, MetadataProvider as _};
use subsetter::GlyphRemapper;

use super::ObjectSink;
use super::stream::compressed;
use crate::domain::refusal::PdfRefusal;
use crate::pki::digest::sha256;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};

const FILE: &[u8] = notosans::REGULAR_TTF;
const NAME: &str = "NotoSans";
/// Glyph space units of a CID font (9.7.3).
const UNITS: f64 = 1000.0;
/// Glyphs in one block of a ToUnicode CMap (9.10.3, after Adobe Technical Note 5014).
const BLOCK: usize = 100;

/// The font, with its measures in thousandths of the font size.
pub struct Font {
    /// `None` if the file were no font: then it has no characters.
    file: Option<FontRef<'static>>,
    scale: f64,
    ascent: f64,
    descent: f64,
}

impl Font {
    /// The font that comes with the program.
    #[must_use]
    pub fn new() -> Self {
        let file = FontRef::new(FILE).ok();
        let units = file.as_ref().and_then(|file| file.head().ok()).map(|head| head.units_per_em());
        let scale = UNITS / f64::from(units.unwrap_or(1000));
        let lines = file.as_ref().and_then(|file| file.hhea().ok());
        let (ascent, descent) = lines.map_or((UNITS, 0.0), |lines| {
            (
                f64::from(lines.ascender().to_i16()) * scale,
                f64::from(lines.descender().to_i16()) * scale,
            )
        });
        Self { file, scale, ascent, descent }
    }

    /// How far glyphs reach above the baseline, as a part of the font size.
    #[must_use]
    pub fn ascent(&self) -> f64 {
        self.ascent / UNITS
    }

    /// How far glyphs reach below the baseline, as a part of the font size; negative.
    #[must_use]
    pub fn descent(&self) -> f64 {
        self.descent / UNITS
    }

    /// The advance of a character as a part of the font size.
    ///
    /// # Errors
    /// [`PdfRefusal::CharacterMissing`].
    pub fn advance(&self, character: char) -> Result<f64, PdfRefusal> {
        let glyph = self.glyph(character)?;
        Ok(self.glyph_advance(glyph) / UNITS)
    }

    fn glyph(&self, character: char) -> Result<u16, PdfRefusal> {
        let glyph = self.file.as_ref().and_then(|file| file.charmap().map(character));
        let glyph = glyph.and_then(|glyph| u16::try_from(glyph.to_u32()).ok());
        glyph.filter(|glyph| *glyph != 0).ok_or_else(|| missing(character))
    }

    fn glyph_advance(&self, glyph: u16) -> f64 {
        let advance = self.file.as_ref().and_then(|file| {
            let metrics = file.glyph_metrics(Size::unscaled(), LocationRef::default());
            metrics.advance_width(skrifa::GlyphId::new(u32::from(glyph)))
        });
        f64::from(advance.unwrap_or_default()) * self.scale
    }

    /// Puts the font with the glyphs of these characters into a file. The same characters give the same
    /// bytes.
    ///
    /// # Errors
    /// [`PdfRefusal::CharacterMissing`].
    pub fn embed(
        &self,
        characters: &BTreeSet<char>,
        sink: &mut dyn ObjectSink,
    ) -> Result<EmbeddedFont, PdfRefusal> {
        let mut remapper = GlyphRemapper::new();
        let mut codes = BTreeMap::new();
        let mut glyphs = BTreeMap::from([(0, 0)]);
        for &character in characters {
            let glyph = self.glyph(character)?;
            let code = remapper.remap(glyph);
            codes.insert(character, code);
            glyphs.insert(code, glyph);
        }
        let subset = subsetter::subset(FILE, 0, &remapper).map_err(|_| {
            characters.first().map_or(PdfRefusal::CharacterMissing { code: 0 }, |c| missing(*c))
        })?;
        let name = format!("{}+{NAME}", tag(&subset));
        let file = compressed(
            Dictionary::new().with("Length1", Object::Integer(length(subset.len()))),
            &subset,
        );
        let file = sink.add(Indirect::Stream(file));
        let cid_set = sink.add(Indirect::Stream(cid_set(&subset)));
        let descriptor = self.descriptor(&name, file, cid_set);
        let descriptor = sink.add(Indirect::Object(descriptor.into()));
        let widths: Vec<Object> =
            glyphs.values().map(|glyph| Object::real(self.glyph_advance(*glyph))).collect();
        let descendant = Dictionary::new()
            .with("Type", Object::name("Font"))
            .with("Subtype", Object::name("CIDFontType2"))
            .with("BaseFont", Object::name(&name))
            .with("CIDSystemInfo", system_info())
            .with("FontDescriptor", descriptor)
            .with("DW", Object::Integer(0))
            .with("W", vec![Object::Integer(0), Object::Array(widths)])
            .with("CIDToGIDMap", Object::name("Identity"));
        let descendant = sink.add(Indirect::Object(descendant.into()));
        let to_unicode = compressed(Dictionary::new(), to_unicode(&codes).as_bytes());
        let to_unicode = sink.add(Indirect::Stream(to_unicode));
        let font = Dictionary::new()
            .with("Type", Object::name("Font"))
            .with("Subtype", Object::name("Type0"))
            .with("BaseFont", Object::name(&name))
            .with("Encoding", Object::name("Identity-H"))
            .with("DescendantFonts", vec![Object::Reference(descendant)])
            .with("ToUnicode", to_unicode);
        let reference = sink.add(Indirect::Object(font.into()));
        Ok(EmbeddedFont { reference, codes })
    }

    /// ISO 32000-1, 9.8; the CIDSet is for PDF/A-1 (ISO 19005-1, 6.3.5).
    fn descriptor(&self, name: &str, file: Reference, cid_set: Reference) -> Dictionary {
        let head = self.file.as_ref().and_then(|file| file.head().ok());
        let bounds = head.map_or([0; 4], |it| [it.x_min(), it.y_min(), it.x_max(), it.y_max()]);
        let capitals = self.file.as_ref().and_then(|file| file.os2().ok()?.s_cap_height());
        let bounds = bounds.map(|bound| Object::real(f64::from(bound) * self.scale)).to_vec();
        Dictionary::new()
            .with("Type", Object::name("FontDescriptor"))
            .with("FontName", Object::name(name))
            // Symbolic: what is shown is no character of the standard Latin set to a reader (9.8.2).
            .with("Flags", Object::Integer(4))
            .with("FontBBox", bounds)
            .with("ItalicAngle", Object::Integer(0))
            .with("Ascent", Object::real(self.ascent))
            .with("Descent", Object::real(self.descent))
            .with("CapHeight", Object::real(f64::from(capitals.unwrap_or(1462)) * self.scale))
            .with("StemV", Object::Integer(80))
            .with("FontFile2", file)
            .with("CIDSet", cid_set)
    }
}

impl Default for Font {
    fn default() -> Self {
        Self::new()
    }
}

/// A font in a file.
pub struct EmbeddedFont {
    /// The Type 0 font dictionary.
    pub reference: Reference,
    codes: BTreeMap<char, u16>,
}

impl EmbeddedFont {
    /// The string that shows a text; what was not embedded is left out.
    #[must_use]
    pub fn encode(&self, text: &str) -> Object {
        let codes = text.chars().filter_map(|character| self.codes.get(&character));
        Object::Hexadecimal(codes.flat_map(|code| code.to_be_bytes()).collect())
    }
}

fn missing(character: char) -> PdfRefusal {
    PdfRefusal::CharacterMissing { code: u32::from(character) }
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Six capital letters (9.6.4) from the digest of the subset: the same glyphs, the same name.
fn tag(subset: &[u8]) -> String {
    sha256(subset).iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}

fn system_info() -> Dictionary {
    Dictionary::new()
        .with("Registry", Object::Literal(b"Adobe".to_vec()))
        .with("Ordering", Object::Literal(b"Identity".to_vec()))
        .with("Supplement", Object::Integer(0))
}

/// A bit for each glyph of the subset, parts of composed glyphs included (9.8.3.1).
fn cid_set(subset: &[u8]) -> Stream {
    let maxp = FontRef::new(subset).ok().and_then(|font| Some(font.maxp().ok()?.num_glyphs()));
    let glyphs = usize::from(maxp.unwrap_or(1));
    let mut bits = vec![0xFF; glyphs / 8];
    if !glyphs.is_multiple_of(8) {
        bits.push(!(0xFF >> (glyphs % 8)));
    }
    compressed(Dictionary::new(), &bits)
}

/// The CMap from codes to Unicode (9.10.3), so that the text can be copied and searched.
fn to_unicode(codes: &BTreeMap<char, u16>) -> String {
    let mut by_code: Vec<(u16, char)> = codes.iter().map(|(c, code)| (*code, *c)).collect();
    // Of characters that share a glyph the first is named.
    by_code.sort_unstable();
    by_code.dedup_by_key(|(code, _)| *code);
    let mut map = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
        /CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n\
        /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
        1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        .to_owned();
    for block in by_code.chunks(BLOCK) {
        // Writing into a String does not fail.
        let _ = writeln!(map, "{} beginbfchar", block.len());
        for (code, character) in block {
            let _ = write!(map, "<{code:04X}> <");
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(map, "{unit:04X}");
            }
            map.push_str(">\n");
        }
        map.push_str("endbfchar\n");
    }
    map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    map
}

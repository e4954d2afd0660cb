//! Any bytes as the program of a font in a PDF on whose page a word is looked for; the first byte says what
//! kind of font it is said to be (ISO 32000-1, 9.9).

use std::fmt::Write as _;

use chancery_engine::domain::profile::Profile;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::seal::Limits;
use chancery_testing::cost;
use serde_json::json;

use super::pades::SOON;

/// How a program is said to be: entries of the descriptor, of its stream, and of the font around it.
pub(crate) const FONT_KINDS: [(&str, &str, &str); 6] = [
    ("FontFile2", "", "/Subtype/TrueType/FirstChar 65/LastChar 66/Widths[600 600]"),
    ("FontFile", "/Length1 340/Length2 600/Length3 532", "/Subtype/Type1"),
    ("FontFile3", "/Subtype/Type1C", "/Subtype/Type1/Encoding/WinAnsiEncoding"),
    ("FontFile2", "", "/CIDToGIDMap/Identity/Subtype/CIDFontType2/DW 600"),
    ("FontFile3", "/Subtype/CIDFontType0C", "/Subtype/CIDFontType0/W[1[600 600]]"),
    ("FontFile3", "/Subtype/OpenType", "/Subtype/CIDFontType0/DW 600"),
];

/// As a font.
pub(crate) fn fonts(bytes: &[u8]) {
    finds_word(bytes);
}

/// As a font: nothing where the word is found.
pub(crate) fn finds_word(bytes: &[u8]) -> Option<Refusal> {
    let (kind, program) = bytes.split_first()?;
    let document = with_font(FONT_KINDS[usize::from(*kind) % FONT_KINDS.len()], program);
    let settings = json!({ "visible": { "place": { "PLACEHOLDER": "AB" } } });
    let profile = Profile::Pades(Box::new(serde_json::from_value(settings).unwrap()));
    let seal = || super::seal_only(document, &profile, &Limits::default());
    cost::at_most(SOON, "it", seal).err()
}

/// A page with letters in a font whose program this is.
fn with_font((file, entries, font): (&str, &str, &str), program: &[u8]) -> Vec<u8> {
    let shown = "BT /F 9 Tf 1 0 0 1 200 400 Tm (AB) Tj 1 0 0 1 200 300 Tm <00010002> Tj \
                 1 0 0 1 200 200 Tm <FFFF4100> Tj ET";
    let composite = font.contains("CIDFont");
    let font = format!("<</Type/Font{font}/BaseFont/Seed/FontDescriptor 7 0 R>>");
    let (outer, inner) = if composite {
        let outer = "<</Type/Font/Subtype/Type0/BaseFont/Seed/Encoding/Identity-H\
                     /DescendantFonts[6 0 R]>>";
        (outer.to_owned(), font)
    } else {
        (font, "null".to_owned())
    };
    let stream = |entries: &str, data: &[u8]| {
        let head = format!("<<{entries}/Length {}>>\nstream\n", data.len());
        [head.as_bytes(), data, b"\nendstream"].concat()
    };
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>".to_vec(),
        stream("", shown.as_bytes()),
        outer.into_bytes(),
        inner.into_bytes(),
        format!("<</Type/FontDescriptor/FontName/Seed/Flags 4/{file} 8 0 R>>").into_bytes(),
        stream(entries, program),
    ];
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = "xref\n0 9\n0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(objects) {
        writeln!(table, "{:010} 00000 n ", out.len()).unwrap();
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let at = out.len();
    out.extend(format!("{table}trailer\n<</Size 9/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").bytes());
    out
}

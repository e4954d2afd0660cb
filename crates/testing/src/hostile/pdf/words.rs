//! PDFs whose pages harm whoever looks for a word on them.

use std::fmt::Write as _;

use super::{Body, HostileDocument, at_word, deflate, page, written};

pub(super) fn all() -> Vec<HostileDocument> {
    vec![
        pdf_long_letters(100_000, 30_000),
        pdf_lost_letters(100_000, 30_000),
        pdf_wide_letters(400_000),
        pdf_inline_images(330_000),
        pdf_images_in_images(5900),
        pdf_large_fonts(2 << 20, 5000),
        pdf_large_forms(2 << 20, 5000),
        pdf_shared_maps(4 << 20, 2000),
        pdf_broken_data(10 << 20, 2000),
    ]
}

/// A page with these contents in a font of these entries; more objects from 7 on.
fn shown(
    name: &'static str,
    contents: &[u8],
    font: &str,
    more: Vec<(u32, Body)>,
) -> HostileDocument {
    let mut objects = page("", "/Contents 5 0 R/Resources<</Font<</F 6 0 R>>>>");
    objects.push((5, Body::Stream("/Filter/FlateDecode".to_owned(), deflate(contents))));
    let font = format!("<</Type/Font/Subtype/Type1/BaseFont/Helvetica{font}>>");
    objects.push((6, Body::Plain(font)));
    objects.extend(more);
    at_word(name, written(&objects, ""))
}

/// So many letters, all of one code.
fn letters(count: usize) -> Vec<u8> {
    format!("BT /F 9 Tf ({}) Tj ET", "A".repeat(count)).into_bytes()
}

/// A map of that code to this text in UTF-16, as hexadecimal digits (ISO 32000-1, 9.10.3).
fn map(text: &str) -> (u32, Body) {
    let map = format!(
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> \
         endcodespacerange 1 beginbfchar <41> <{text}> endbfchar endcmap end"
    );
    (7, Body::Stream("/Filter/FlateDecode".to_owned(), deflate(map.as_bytes())))
}

/// So many letters each of which stands for so many characters.
pub fn pdf_long_letters(count: usize, characters: usize) -> HostileDocument {
    let map = map(&"4E00".repeat(characters));
    shown("letters that stand for long texts", &letters(count), "/ToUnicode 7 0 R", vec![map])
}

/// As [`pdf_long_letters`], but the long text is none in the end.
pub fn pdf_lost_letters(count: usize, characters: usize) -> HostileDocument {
    let map = map(&format!("{}D800", "4E00".repeat(characters)));
    shown("letters whose long text is none", &letters(count), "/ToUnicode 7 0 R", vec![map])
}

/// So many letters that are one character, which is eighteen in compatible characters (Unicode NFKC).
pub fn pdf_wide_letters(count: usize) -> HostileDocument {
    let map = map("FDFA");
    shown("letters that are whole sentences", &letters(count), "/ToUnicode 7 0 R", vec![map])
}

/// An inline image, and so many that do not begin behind its end.
pub fn pdf_inline_images(count: usize) -> HostileDocument {
    let contents = format!("BI ID x EI {}", "BI ".repeat(count));
    shown("inline images that do not begin", contents.as_bytes(), "", Vec::new())
}

/// So many inline images with two ends each: where the first is the right one, the other is an operator.
pub fn pdf_images_in_images(count: usize) -> HostileDocument {
    let contents = "BI ID x EI EI ".repeat(count);
    shown("inline images with two ends", contents.as_bytes(), "", Vec::new())
}

/// A font with a text of so many letters that nobody needs, set so many times.
pub fn pdf_large_fonts(letters: usize, times: usize) -> HostileDocument {
    let contents = "/F 9 Tf ".repeat(times);
    let font = format!("/Needless({})", "a".repeat(letters));
    shown("a large font that is set again and again", contents.as_bytes(), &font, Vec::new())
}

/// A form whose resources have so many bytes, shown so many times.
pub fn pdf_large_forms(bytes: usize, times: usize) -> HostileDocument {
    let mut objects = page("", "/Contents 5 0 R/Resources<</XObject<</X 6 0 R>>>>");
    let contents = "/X Do ".repeat(times);
    objects.push((5, Body::Stream(String::new(), contents.into_bytes())));
    let mut fonts = String::new();
    for number in 0..bytes / 16 {
        write!(fonts, "/F{number:06} 7 0 R ").unwrap();
    }
    let form = format!("/Subtype/Form/Resources<</Font<<{fonts}>>>>");
    objects.push((6, Body::Stream(form, b" ".to_vec())));
    objects.push((7, Body::Plain("<</Type/Font/Subtype/Type1/BaseFont/Courier>>".to_owned())));
    at_word("a form with many fonts, shown again and again", written(&objects, ""))
}

/// So many fonts with one and the same map of so many bytes.
pub fn pdf_shared_maps(bytes: usize, fonts: usize) -> HostileDocument {
    let (mut list, mut contents) = (String::new(), String::new());
    let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 7 0 R";
    for number in 0..fonts {
        write!(list, "/F{number} {font}/Number {number}>>").unwrap();
        write!(contents, "/F{number} 9 Tf ").unwrap();
    }
    let mut objects = page("", &format!("/Contents 5 0 R/Resources<</Font<<{list}>>>>"));
    objects.push((5, Body::Stream(String::new(), contents.into_bytes())));
    let map = "1 beginbfchar <41> <0042> endbfchar ".repeat(bytes / 36);
    let map = deflate(map.as_bytes());
    objects.push((7, Body::Stream("/Filter/FlateDecode".to_owned(), map)));
    at_word("many fonts with one map", written(&objects, ""))
}

/// A page that shows a stream so many times which unpacks to so many bytes, and then to nothing.
pub fn pdf_broken_data(bytes: usize, times: usize) -> HostileDocument {
    let mut objects = page("", &format!("/Contents[{}]", "5 0 R ".repeat(times)));
    let mut data = deflate(&vec![b' '; bytes]);
    data.truncate(data.len() - 8);
    objects.push((5, Body::Stream("/Filter/FlateDecode".to_owned(), data)));
    at_word("data that break at their end", written(&objects, ""))
}

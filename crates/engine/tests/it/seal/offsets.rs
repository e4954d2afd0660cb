//! From decoded text back to the original: byte offsets, lines and columns, in every encoding.

use std::fmt::Write as _;

use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::SignatureLocation;
use chancery_engine::seal::xml::encoding::Encoding;
use chancery_engine::seal::xml::source::Source;
use proptest::prelude::*;

use super::encodings::{FORMS, encode, octets};
use super::support::*;

use Encoding::{UsAscii, Utf8, Utf16Be, Utf16Le};

/// Where each character of the normalised text begins: in the text, in the original, as line and
/// column; found by walking over the characters of the original one by one.
struct Model {
    text: String,
    places: Vec<(usize, usize, (u32, u32))>,
}

impl Model {
    fn of(encoding: Encoding, mark: &str, prolog: &str, text: &str) -> Self {
        let width = |c| octets(encoding, c).unwrap().len();
        let mut at: usize = mark.chars().map(width).sum();
        let mut model = Self { text: String::new(), places: Vec::new() };
        let (mut line, mut column) = (1, 1);
        let all: Vec<char> = prolog.chars().chain(text.chars()).collect();
        for (number, character) in all.iter().enumerate() {
            let second_half = *character == '\n' && number > 0 && all[number - 1] == '\r';
            let inside = number >= prolog.chars().count();
            if inside && !second_half {
                model.places.push((model.text.len(), at, (line, column)));
                model.text.push(if *character == '\r' { '\n' } else { *character });
            }
            at += width(*character);
            if matches!(character, '\r' | '\n') {
                line += u32::from(!second_half);
                column = 1;
            } else {
                column += 1;
            }
        }
        model.places.push((model.text.len(), at, (line, column)));
        model
    }
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r"),
        Just("\n"),
        Just("\r\n"),
        Just("a"),
        Just("<b>"),
        Just("\u{e9}"),
        Just("\u{85}"),
        Just("€"),
        Just("\u{FFFD}"),
        Just("\u{1F600}"),
        Just("\u{D0D}"),
        Just("\u{A0A}"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn offsets_lead_back(form in 0..FORMS.len(), line_end in 0..3_usize, text in texts()) {
        let form = FORMS[form];
        let mark = if form.bom { "\u{FEFF}" } else { "" };
        let prolog = form.prolog.replace('\n', ["\n", "\r\n", "\r"][line_end]);
        // The text begins where the declaration ends.
        let end = prolog.find("?>").map_or(0, |at| at + 2);
        let (declaration, space) = prolog.split_at(end);
        let lacks = |c: &char| octets(form.encoding, *c).is_none();
        let text: String = text.chars().filter(|c| !lacks(c)).collect();
        let text = format!("{space}<a>{text}");
        let original = encode(form.encoding, &format!("{mark}{declaration}{text}"));

        let model = Model::of(form.encoding, mark, declaration, &text);
        let source = Source::read(&original).unwrap();
        prop_assert_eq!(source.text(), &model.text);
        prop_assert_eq!(source.encoding(), form.encoding);
        let offsets: Vec<usize> = model.places.iter().map(|(offset, ..)| *offset).collect();
        let wanted: Vec<usize> = model.places.iter().map(|(_, at, _)| *at).collect();
        prop_assert_eq!(source.original_offsets(&offsets), wanted.clone());
        let backwards: Vec<usize> = offsets.iter().rev().copied().collect();
        prop_assert!(source.original_offsets(&backwards).iter().rev().eq(&wanted));
        for (offset, at, place) in model.places {
            prop_assert_eq!(source.original_offset(offset), at);
            prop_assert_eq!(source.position(offset), place);
        }
        prop_assert_eq!(source.original_offset(usize::MAX), original.len());
    }

    #[test]
    fn text_is_encoded_as_the_tables_say(text in any::<String>(), form in 0..FORMS.len()) {
        let encoding = FORMS[form].encoding;
        prop_assert_eq!(encoding.encode(&text).into_owned(), encode(encoding, &text));
    }
}

/// Positions that the parser names, not the decoder.
#[test]
fn refusals_name_line_and_column_in_every_encoding() {
    for form in FORMS {
        let mut text = String::from("<a>\n");
        let _ =
            write!(text, "<b>{}</c></a>", if form.encoding == UsAscii { "e" } else { "\u{e9}" });
        let document = form.document(form.prolog, &text, "\r\n");
        let lines = u32::try_from(2 + form.prolog.matches('\n').count()).unwrap();
        match try_prepare(&document, SignatureLocation::default()).err() {
            Some(Refusal::XmlMalformed { line, column, .. }) => {
                assert_eq!((line, column), (lines, 5), "{form:?}");
            }
            other => panic!("{form:?}: {other:?}"),
        }
    }
}

#[test]
fn characters_that_xml_does_not_have() {
    for form in FORMS {
        for character in ['\u{0}', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
            if octets(form.encoding, character).is_none() {
                continue;
            }
            let text = format!("<a>\n\u{e9}\u{1F600}{character}</a>");
            let document = form.document(form.prolog, &text, "\r\n");
            let place = match Source::read(&document).err() {
                Some(Refusal::XmlMalformed { detail, line, column }) => {
                    assert!(
                        detail.contains(&format!("U+{:04X}", u32::from(character))),
                        "{detail}"
                    );
                    (line, column)
                }
                other => panic!("{form:?}: {other:?}"),
            };
            let lines = 2 + form.prolog.matches('\n').count();
            let before = encode(form.encoding, "\u{e9}\u{1F600}");
            let column = match form.encoding {
                Utf8 | Utf16Le | Utf16Be => 3,
                _ => before.len() + 1,
            };
            assert_eq!(place, (u32::try_from(lines).unwrap(), u32::try_from(column).unwrap()));
        }
        // The C1 controls and the neighbours of what is excluded are characters.
        let document =
            form.document(form.prolog, "<a>\u{80}\u{85}\u{9F}\u{FFFD}\u{FEFF}</a>", "\n");
        assert!(Source::read(&document).is_ok(), "{form:?}");
    }
}

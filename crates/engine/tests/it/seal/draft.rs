//! Documents that are put together from their own bytes and what is inserted.

use chancery_engine::seal::draft::{Draft, Late, Piece};
use chancery_engine::seal::xml::source::Source;

fn built(source: &Source<'_>, original: &[u8], draft: Draft) -> String {
    let filled = draft.into_pieces(source).fill(original, "V", "");
    let text = String::from_utf8(filled.bytes).unwrap_or_default();
    format!("{text} {}", text.get(filled.seal).unwrap_or_default())
}

#[test]
fn keeps_declaration_and_line_ends() {
    let original = b"\xEF\xBB\xBF<?xml version='1.0'?>\r\n<a>\r\n</a>\r\n";
    let source = Source::read(original).unwrap_or_else(|_| unreachable!());
    let mut draft = Draft::original(&source);
    let seal = [Piece::Seal("<s>".to_owned()), Piece::Value, Piece::Seal("</s>".to_owned())];
    draft.splice(5..5, seal);
    assert_eq!(draft.text(&source), "\n<a>\n<s></s></a>\n");
    assert_eq!(
        built(&source, original, draft),
        "\u{FEFF}<?xml version='1.0'?>\r\n<a>\r\n<s>V</s></a>\r\n <s>V</s>"
    );
}

#[test]
fn inserts_into_what_was_inserted() {
    let original = b"<a/>";
    let source = Source::read(original).unwrap_or_else(|_| unreachable!());
    let mut draft = Draft::original(&source);
    draft.splice(2..4, [Piece::Inserted("><b></b></a>".to_owned())]);
    draft.splice(6..6, [Piece::Seal("s".to_owned())]);
    draft.splice(0..0, [Piece::Inserted("<!---->".to_owned())]);
    assert_eq!(built(&source, original, draft), "<!----><a><b>s</b></a> s");
}

#[test]
fn fills_what_follows_from_the_value() {
    let original = b"<a><q>old</q></a>";
    let source = Source::read(original).unwrap_or_else(|_| unreachable!());
    let mut draft = Draft::original(&source);
    draft.splice(13..13, [Piece::Seal("<s>".to_owned()), Piece::Value]);
    draft.splice(6..9, [Piece::Late(Late::new(|value| format!("[{value}]")))]);
    assert_eq!(draft.text(&source), "<a><q></q><s></a>");
    assert_eq!(built(&source, original, draft), "<a><q>[V]</q><s>V</a> <s>V");
}

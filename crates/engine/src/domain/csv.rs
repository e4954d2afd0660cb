//! Lines of CSV (RFC 4180) that calculate nothing when a spreadsheet opens them.

use std::borrow::Cow;

/// A field. What a spreadsheet would take for a formula gets an apostrophe in front, also behind blanks: some drop
/// these before they look.
#[must_use]
pub fn field(text: &str) -> Cow<'_, str> {
    let begins = text.trim_start_matches([' ', '\u{a0}', '\u{feff}']);
    let guarded =
        if begins.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
            Cow::Owned(format!("'{text}"))
        } else {
            Cow::Borrowed(text)
        };
    if guarded.contains(['"', ',', ';', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", guarded.replace('"', "\"\"")))
    } else {
        guarded
    }
}

/// A line with its end.
#[must_use]
pub fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, text) in fields.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        line.push_str(&field(text));
    }
    line.push_str("\r\n");
    line
}

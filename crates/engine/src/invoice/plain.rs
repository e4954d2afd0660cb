//! Text of strangers as text alone: what would move, hide or turn round letters is spelled out.

use std::fmt::Write as _;

/// Combining marks on one letter; more of them paint over what stands around it.
const MARKS: usize = 4;

/// The text with every control spelled out as `[U+202E]`, cut after so many characters, and whether it was cut. White
/// space at its ends is left out, line ends stay.
pub(super) fn plain(text: &str, limit: usize) -> (String, bool) {
    let text = text.trim();
    let mut shown = String::with_capacity(text.len().min(limit));
    let (mut count, mut marks) = (0, 0);
    for letter in text.chars() {
        if count >= limit {
            shown.push('…');
            return (shown, true);
        }
        count += 1;
        marks = if is_mark(letter) { marks + 1 } else { 0 };
        match letter {
            '\n' | '\u{2028}' | '\u{2029}' => shown.push('\n'),
            '\t' => shown.push(' '),
            _ if is_hidden(letter) || marks > MARKS => {
                // as long as what it is spelled with
                count += 7;
                let _ = write!(shown, "[U+{:04X}]", u32::from(letter));
            }
            _ => shown.push(letter),
        }
    }
    (shown, false)
}

/// Controls, what changes the direction of text, what is not seen at all, and what is no character.
const fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}'
        | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{E000}'..='\u{F8FF}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{FFFE}' | '\u{FFFF}' | '\u{E0000}'..='\u{10FFFF}')
}

const fn is_mark(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FE20}'..='\u{FE2F}')
}

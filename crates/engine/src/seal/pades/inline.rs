//! Contents without their inline images (ISO 32000-1, 8.9.7). Nothing says where one ends; whoever reads
//! text and guesses, as hayro-syntax does, looks through the rest of the contents for each of them, and once
//! more within itself where `EI` stands twice. Here it is guessed in one pass, and the reader of text sees
//! none.

use memchr::memmem;

use crate::seal::pdf::{is_regular, is_white};

/// Bytes behind `EI` that have to be text: image data go on with others.
const TEXT_BEHIND: usize = 16;

/// The contents with nothing in the place of inline images. No operator of what is left, nor any part of its
/// texts that could be taken for one, is `BI`.
#[must_use]
pub fn without_images(data: Vec<u8>) -> Vec<u8> {
    // an operator may be spelled with #xx as names are, which no writer does
    if memmem::find(&data, b"BI").is_none() && memchr::memchr(b'#', &data).is_none() {
        return data;
    }
    let mut contents = Contents { data: &data, at: 0, strict: None, loose: None };
    let mut out = Vec::with_capacity(data.len());
    while let Some(token) = contents.token() {
        match token {
            Token::Operator(b"BI") => {
                out.push(b' ');
                if !contents.skip_image() {
                    break;
                }
            }
            Token::Operator(word) if contains(word) => out.push(b' '),
            Token::Literal(text) => escape(text, &mut out),
            Token::Operator(bytes) | Token::Other(bytes) => out.extend(bytes),
        }
    }
    out
}

enum Token<'a> {
    /// What is no name, number or operator but stands like them: a run of regular characters.
    Operator(&'a [u8]),
    /// A string with its parentheses.
    Literal(&'a [u8]),
    Other(&'a [u8]),
}

struct Contents<'a> {
    data: &'a [u8],
    at: usize,
    /// The next `EI` behind white space, and the next whatever is before it, once they were looked for; the
    /// end of all where there is none.
    strict: Option<usize>,
    loose: Option<usize>,
}

impl<'a> Contents<'a> {
    /// The next token. None at the end, and where a string has none.
    fn token(&mut self) -> Option<Token<'a>> {
        let rest = self.data.get(self.at..)?;
        let run = |wanted: fn(u8) -> bool| rest.iter().take_while(|byte| wanted(**byte)).count();
        let first = *rest.first()?;
        let (length, kind): (usize, fn(&'a [u8]) -> Token<'a>) = match first {
            b'%' => {
                self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                return Some(Token::Other(b" "));
            }
            b'(' => (literal(rest)?, Token::Literal),
            b'<' if rest.starts_with(b"<<") => (2, Token::Other),
            b'<' => {
                let digits = rest.iter().skip(1);
                let digits = digits.take_while(|it| it.is_ascii_hexdigit() || is_white(**it));
                let length = digits.count() + 2;
                // no reader of text goes on behind another character
                rest.get(length - 1).filter(|end| **end == b'>')?;
                (length, Token::Other)
            }
            b'/' => {
                let name = rest.iter().skip(1).take_while(|byte| is_regular(**byte));
                (name.count() + 1, Token::Other)
            }
            _ if is_white(first) => (run(is_white), Token::Other),
            _ if is_regular(first) => (run(is_regular), Token::Operator),
            _ => (1, Token::Other),
        };
        self.at += length;
        rest.get(..length).map(kind)
    }

    /// Goes behind an image whose `BI` was taken. False when it has no end.
    fn skip_image(&mut self) -> bool {
        loop {
            match self.token() {
                Some(Token::Operator(b"ID")) => break,
                Some(_) => {}
                None => return false,
            }
        }
        let none = self.data.len();
        let next = |known: Option<usize>, behind_white: bool| match known {
            Some(end) if end >= self.at => end,
            _ => self.end(self.at, behind_white).unwrap_or(none),
        };
        let strict = next(self.strict, true);
        let loose = if strict < none { self.loose } else { Some(next(self.loose, false)) };
        (self.strict, self.loose) = (Some(strict), loose);
        let end = if strict < none { strict } else { loose.unwrap_or(none) };
        self.at = none.min(end + 2);
        end < none
    }

    /// The first `EI` from here on that white space and text follow.
    fn end(&self, from: usize, behind_white: bool) -> Option<usize> {
        let data = self.data.get(from..)?;
        let ends = memmem::find_iter(data, b"EI").find(|end| {
            let before = end.checked_sub(1).and_then(|before| data.get(before));
            let behind = data.get(end + 2..).unwrap_or_default();
            let text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' '..=b'~');
            (!behind_white || before.is_some_and(|before| is_white(*before)))
                && behind.first().is_none_or(|next| is_white(*next))
                && behind.iter().take(TEXT_BEHIND).all(text)
        });
        ends.map(|end| from + end)
    }
}

/// The length of the string that begins here (7.3.4.2). None when it does not end.
fn literal(data: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    let end = data.iter().position(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })?;
    Some(end + 1)
}

/// Whether these bytes spell `BI`, or may.
fn contains(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"BI").is_some() || bytes.contains(&b'#')
}

/// A string that says the same without spelling `BI`: a backslash before any other character is nothing.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    if !contains(text) {
        out.extend(text);
        return;
    }
    let mut before = b' ';
    for byte in text {
        if before != b'\\' && (*byte == b'#' || (*byte == b'I' && before == b'B')) {
            out.push(b'\\');
        }
        out.push(*byte);
        // a backslash that is escaped escapes nothing
        before = if before == b'\\' { b' ' } else { *byte };
    }
}

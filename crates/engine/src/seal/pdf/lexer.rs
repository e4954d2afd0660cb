//! Reading objects at a place in the file (ISO 32000-1, 7.2 and 7.3). What indirect objects are
//! for, and where they lie, is not known here.

use memchr::{memchr2, memchr3};

use super::damaged;
use super::object::{Dictionary, Name, Object, Reference};
use crate::domain::refusal::PdfRefusal;

/// What one object may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Arrays and dictionaries inside each other.
    pub(super) depth: usize,
    /// Values inside arrays and dictionaries together.
    pub(super) values: usize,
}

/// A place in a file, and what may follow there.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    bounds: Bounds,
    left: usize,
    /// Bytes that were looked at and then given back, or slowly, and what values count as besides theirs.
    again: usize,
}

/// What a value of an array or dictionary counts as besides its bytes: one of two bytes is made no faster than
/// these many are passed.
const VALUE: usize = 128;

/// White space beyond so many bytes counts four times: it is passed byte by byte.
const LONG_WHITE: usize = 64;

/// White space (7.2.2, table 1).
pub(in crate::seal) const fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0C | 0)
}

/// A regular character: neither white space nor a delimiter (7.2.2, table 2).
pub(in crate::seal) const fn is_regular(byte: u8) -> bool {
    !is_white(byte)
        && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize, bounds: Bounds) -> Self {
        Self { bytes, at, bounds, left: bounds.values, again: 0 }
    }

    /// Where it stands.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// How many bytes it looked at since it stood at `begin`, and what the values in them count as.
    pub(super) const fn cost(&self, begin: usize) -> usize {
        self.at.saturating_sub(begin).saturating_add(self.again)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Goes past white space and comments (7.2.3).
    pub(super) fn skip_white(&mut self) {
        while let Some(byte) = self.peek() {
            if is_white(byte) {
                let white = self.rest().iter().take_while(|byte| is_white(**byte)).count();
                self.at += white;
                if white > LONG_WHITE {
                    self.again = self.again.saturating_add(3 * white);
                }
            } else if byte == b'%' {
                self.at += memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.rest().len());
            } else {
                break;
            }
        }
    }

    /// Takes this word when it comes next as a whole.
    pub(super) fn word(&mut self, word: &[u8]) -> bool {
        self.skip_white();
        let rest = self.rest();
        let whole =
            rest.starts_with(word) && !rest.get(word.len()).is_some_and(|next| is_regular(*next));
        if whole {
            self.at += word.len();
        }
        whole
    }

    /// Whether this word follows, after a little white space at most.
    pub(super) fn word_after_line(self, word: &[u8]) -> bool {
        const LITTLE: usize = 256;
        let white = self.rest().iter().take(LITTLE).take_while(|byte| is_white(**byte)).count();
        self.rest().get(white..).is_some_and(|rest| rest.starts_with(word))
    }

    /// Takes an unsigned number when one comes next as a whole.
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        self.skip_white();
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 18 {
            return None;
        }
        let text = self.rest().get(..digits)?;
        if self.rest().get(digits).is_some_and(|next| is_regular(*next)) {
            return None;
        }
        self.at += digits;
        Some(text.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')))
    }

    /// Takes two numbers and a word: `1 0 obj`, `1 0 R`. Stays where it is when they do not follow.
    pub(super) fn reference(&mut self, word: &[u8]) -> Option<Reference> {
        let start = self.at;
        let found = self.unsigned().and_then(|number| {
            let generation = self.unsigned()?;
            let number = u32::try_from(number).ok()?;
            let generation = u16::try_from(generation).ok()?;
            self.word(word).then_some(Reference { number, generation })
        });
        if found.is_none() {
            self.again = self.again.saturating_add(self.at - start);
            self.at = start;
        }
        found
    }

    /// The next object. Damaged when none can be read, too deep or too many beyond the bounds.
    pub(super) fn object(&mut self) -> Result<Object, PdfRefusal> {
        self.nested(self.bounds.depth)
    }

    fn nested(&mut self, depth: usize) -> Result<Object, PdfRefusal> {
        self.skip_white();
        match self.peek() {
            Some(b'/') => Ok(Object::Name(self.name())),
            Some(b'(') => self.literal().map(Object::Literal),
            Some(b'<') if self.rest().starts_with(b"<<") => {
                self.dictionary(self.deeper(depth)?).map(Object::Dictionary)
            }
            Some(b'<') => self.hexadecimal().map(Object::Hexadecimal),
            Some(b'[') => self.array(self.deeper(depth)?).map(Object::Array),
            Some(b'0'..=b'9') => match self.reference(b"R") {
                Some(reference) => Ok(Object::Reference(reference)),
                None => self.number(),
            },
            Some(b'+' | b'-' | b'.') => self.number(),
            _ if self.word(b"null") => Ok(Object::Null),
            _ if self.word(b"true") => Ok(Object::Boolean(true)),
            _ if self.word(b"false") => Ok(Object::Boolean(false)),
            _ => Err(self.no("no object")),
        }
    }

    /// One level less than `depth`.
    fn deeper(&self, depth: usize) -> Result<usize, PdfRefusal> {
        depth.checked_sub(1).ok_or(PdfRefusal::TooDeep {
            what: "arrays and dictionaries",
            limit: self.bounds.depth,
        })
    }

    fn count(&mut self) -> Result<(), PdfRefusal> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(PdfRefusal::TooManyObjects { limit: self.bounds.values })?;
        self.again = self.again.saturating_add(VALUE);
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Object>, PdfRefusal> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_white();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(items);
            }
            self.count()?;
            items.push(self.nested(depth)?);
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Dictionary, PdfRefusal> {
        self.at += 2;
        let mut dictionary = Dictionary::new();
        loop {
            self.skip_white();
            if self.rest().starts_with(b">>") {
                self.at += 2;
                return Ok(dictionary);
            }
            if self.peek() != Some(b'/') {
                return Err(self.no("no key"));
            }
            self.count()?;
            let key = self.name();
            dictionary.push(key, self.nested(depth)?);
        }
    }

    /// A name whose solidus stands here; a number sign without two digits stands for itself, as
    /// files from before PDF 1.2 mean it (7.3.5).
    fn name(&mut self) -> Name {
        self.at += 1;
        let length = self.rest().iter().take_while(|byte| is_regular(**byte)).count();
        let raw = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        if !raw.contains(&b'#') {
            return Name::new(raw);
        }
        let mut decoded = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let [first, tail @ ..] = rest {
            rest = tail;
            match (first, tail) {
                (b'#', [high, low, after @ ..])
                    if let (Some(high), Some(low)) = (digit(*high), digit(*low)) =>
                {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                _ => decoded.push(*first),
            }
        }
        Name::new(decoded)
    }

    fn number(&mut self) -> Result<Object, PdfRefusal> {
        let length = self.rest().iter().take_while(|byte| is_regular(**byte)).count();
        let text = self.rest().get(..length).unwrap_or_default();
        let parts = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.');
        if !text.iter().all(parts) || !text.iter().any(u8::is_ascii_digit) {
            return Err(self.no("no number"));
        }
        self.at += length;
        let integer = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        Ok(integer.map_or_else(|| Object::Real(text.to_vec()), Object::Integer))
    }

    /// 7.3.4.2.
    fn literal(&mut self) -> Result<Vec<u8>, PdfRefusal> {
        let start = self.at;
        self.at += 1;
        let mut decoded = Vec::new();
        let mut open = 1_usize;
        loop {
            let rest = self.rest();
            let plain = memchr3(b'(', b')', b'\\', rest);
            let plain = plain.ok_or_else(|| self.endless(start))?;
            push_lines(rest.get(..plain).unwrap_or_default(), &mut decoded);
            let special = rest.get(plain).copied();
            self.at += plain + 1;
            match special {
                Some(b'(') => open += 1,
                Some(b')') => open -= 1,
                _ => {
                    self.escape(&mut decoded);
                    continue;
                }
            }
            if open == 0 {
                return Ok(decoded);
            }
            decoded.extend(special);
        }
    }

    /// What follows a reverse solidus (7.3.4.2, table 3).
    fn escape(&mut self, decoded: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => decoded.push(b'\n'),
            b'r' => decoded.push(b'\r'),
            b't' => decoded.push(b'\t'),
            b'b' => decoded.push(8),
            b'f' => decoded.push(0x0C),
            b'\n' => {}
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'0'..=b'7' => {
                let mut code = byte - b'0';
                for _ in 0..2 {
                    let Some(next @ b'0'..=b'7') = self.peek() else { break };
                    // overflow of \777 is ignored (7.3.4.2)
                    code = code.wrapping_shl(3) | (next - b'0');
                    self.at += 1;
                }
                decoded.push(code);
            }
            other => decoded.push(other),
        }
    }

    /// 7.3.4.3.
    fn hexadecimal(&mut self) -> Result<Vec<u8>, PdfRefusal> {
        let start = self.at;
        let length = memchr::memchr(b'>', self.rest());
        let length = length.ok_or_else(|| self.endless(start))?;
        let text = self.rest().get(1..length).unwrap_or_default();
        self.at += length + 1;
        let mut decoded = Vec::with_capacity(text.len().div_ceil(2));
        let mut half = None;
        for &byte in text {
            match (digit(byte), half) {
                (Some(low), Some(high)) => {
                    decoded.push(high << 4 | low);
                    half = None;
                }
                (Some(high), None) => half = Some(high),
                (None, _) if is_white(byte) => {}
                (None, _) => return Err(no_at(start, "a character that is no digit")),
            }
        }
        decoded.extend(half.map(|high| high << 4));
        Ok(decoded)
    }

    /// The whole rest was searched, and is counted as read.
    fn endless(&mut self, start: usize) -> PdfRefusal {
        self.at = self.bytes.len();
        no_at(start, "a string without an end")
    }

    fn no(&self, what: &str) -> PdfRefusal {
        no_at(self.at, what)
    }
}

fn no_at(at: usize, what: &str) -> PdfRefusal {
    damaged(format!("{what} at byte {at}"))
}

/// The value of a hexadecimal digit.
pub(super) const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// A line end of any kind within a string means a line feed.
fn push_lines(text: &[u8], decoded: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(end) = memchr::memchr(b'\r', rest) {
        decoded.extend(rest.get(..end).unwrap_or_default());
        decoded.push(b'\n');
        let next = end + 1 + usize::from(rest.get(end + 1) == Some(&b'\n'));
        rest = rest.get(next..).unwrap_or_default();
    }
    decoded.extend(rest);
}

//! The markup of a document, piece by piece, without a tree: as much as the bounds of `guard` need.
//!
//! On a well-formed beginning of a document the pieces are those of the parser that follows; what is
//! not well-formed is found here or there. Line ends are normalised already, so white space is blank,
//! tab and line feed.

use memchr::{memchr, memchr2, memmem};

/// A piece of markup, or the text between two.
pub(super) enum Markup<'t> {
    /// Character data up to the next markup, references not resolved.
    Text(&'t str),
    /// The name of a start tag. Its attributes follow from [`Scanner::part`], all of which must
    /// be taken before the next token.
    Start(&'t str),
    End,
    CData,
    Comment,
    /// A processing instruction, by its name.
    Instruction(&'t str),
    DocType,
}

/// An attribute of a start tag, or what ends it.
pub(super) enum TagPart<'t> {
    /// Name and value, references not resolved.
    Attribute(&'t str, &'t str),
    /// `>`.
    Open,
    /// `/>`.
    Empty,
}

/// What is not well-formed.
pub(super) type Broken = &'static str;

/// Reads a text from its beginning to its end.
pub(super) struct Scanner<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Scanner<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, rest: text }
    }

    /// Offset of what comes next.
    pub(super) const fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// The next token, `None` at the end.
    pub(super) fn token(&mut self) -> Result<Option<Markup<'t>>, Broken> {
        let token = match self.rest.as_bytes() {
            [] => return Ok(None),
            [b'<', b'/', ..] => {
                let end = memchr(b'>', self.rest.as_bytes()).ok_or("an end tag has no '>'")?;
                self.take(end + 1);
                Markup::End
            }
            [b'<', b'!', ..] => self.declaration()?,
            [b'<', b'?', ..] => {
                self.take(2);
                let instruction = self.up_to("?>").ok_or("a processing instruction has no '?>'")?;
                let end = instruction.bytes().position(is_space);
                Markup::Instruction(
                    instruction.get(..end.unwrap_or(instruction.len())).unwrap_or(""),
                )
            }
            [b'<', ..] => {
                self.take(1);
                Markup::Start(self.name())
            }
            text => {
                let end = memchr(b'<', text).unwrap_or(text.len());
                Markup::Text(self.take(end))
            }
        };
        Ok(Some(token))
    }

    /// The next part of the start tag that was the last token.
    #[inline]
    pub(super) fn part(&mut self) -> Result<TagPart<'t>, Broken> {
        const FORM: Broken = "an attribute is not of the form name=\"value\"";
        self.skip_space();
        match self.rest.as_bytes() {
            [] => return Err("a start tag has no '>'"),
            [b'>', ..] => {
                self.take(1);
                return Ok(TagPart::Open);
            }
            [b'/', b'>', ..] => {
                self.take(2);
                return Ok(TagPart::Empty);
            }
            _ => {}
        }
        let name = self.name();
        self.skip_space();
        if name.is_empty() || self.take(1) != "=" {
            return Err(FORM);
        }
        self.skip_space();
        let quote = match self.rest.as_bytes() {
            [quote @ (b'"' | b'\''), ..] => *quote,
            _ => return Err(FORM),
        };
        self.take(1);
        let end = memchr(quote, self.rest.as_bytes()).ok_or("an attribute value has no end")?;
        let value = self.take(end);
        self.take(1);
        Ok(TagPart::Attribute(name, value))
    }

    fn declaration(&mut self) -> Result<Markup<'t>, Broken> {
        let starts = |start: &str| {
            self.rest.get(..start.len()).is_some_and(|is| is.eq_ignore_ascii_case(start))
        };
        if starts("<!--") {
            self.take(4);
            self.up_to("-->").ok_or("a comment has no '-->'")?;
            Ok(Markup::Comment)
        } else if self.rest.starts_with("<![CDATA[") {
            self.take(9);
            self.up_to("]]>").ok_or("a CDATA section has no ']]>'")?;
            Ok(Markup::CData)
        } else if starts("<!DOCTYPE") {
            self.take(9);
            Ok(Markup::DocType)
        } else {
            Err("'<!' begins neither a comment nor a CDATA section")
        }
    }

    /// Takes so many bytes, or none where a character would be cut.
    #[inline]
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }

    /// Takes everything before a delimiter, and the delimiter.
    fn up_to(&mut self, delimiter: &str) -> Option<&'t str> {
        let end = memmem::find(self.rest.as_bytes(), delimiter.as_bytes())?;
        let taken = self.take(end);
        self.take(delimiter.len());
        Some(taken)
    }

    /// Takes what may be the name of an element or attribute.
    #[inline]
    fn name(&mut self) -> &'t str {
        let is_end =
            |byte| is_space(byte) || matches!(byte, b'>' | b'/' | b'=' | b'<' | b'"' | b'\'');
        let end = self.rest.bytes().position(is_end).unwrap_or(self.rest.len());
        self.take(end)
    }

    #[inline]
    fn skip_space(&mut self) {
        let space = self.rest.bytes().position(|byte| !is_space(byte)).unwrap_or(self.rest.len());
        self.take(space);
    }
}

/// The references in a text: offset, and the name if it ends with a semicolon.
pub(super) fn references(text: &str) -> impl Iterator<Item = (usize, Option<&str>)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..)?;
        let at = memchr(b'&', rest.as_bytes())?;
        let name = rest.get(at + 1..)?;
        let found = from + at;
        from = found + 1;
        let end = memchr2(b';', b'&', name.as_bytes()).unwrap_or(name.len());
        let (name, after) = name.split_at_checked(end)?;
        Some((found, after.starts_with(';').then_some(name)))
    })
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

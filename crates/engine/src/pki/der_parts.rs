//! Values of DER read one after the other: however many there are, no list of them is made.

use super::tlv::{Element, read};

/// The parts of a constructed value of DER, one after the other: however many there are, no list of
/// them is made.
#[derive(Clone, Debug)]
pub(super) struct DerParts<'a> {
    bytes: &'a [u8],
    next: usize,
    end: usize,
}

impl<'a> DerParts<'a> {
    /// The parts of a value.
    pub(super) const fn of(bytes: &'a [u8], parent: &Element) -> Self {
        Self { bytes, next: parent.content.start, end: parent.content.end }
    }

    /// The values that some bytes are.
    pub(super) const fn of_bytes(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0, end: bytes.len() }
    }

    /// The parts of the one value that some bytes are, which must have this tag and nothing after it.
    ///
    /// # Errors
    /// What is wrong, as part of a sentence.
    pub(super) fn of_whole(bytes: &'a [u8], tag: u8) -> Result<Self, &'static str> {
        let mut whole = Self::of_bytes(bytes);
        let element = whole.take(tag)?;
        whole.finish()?;
        Ok(Self::of(bytes, &element))
    }

    /// The next part, whatever it is; `None` at the end.
    ///
    /// # Errors
    /// What is wrong, as part of a sentence.
    pub(super) fn any(&mut self) -> Result<Option<Element>, &'static str> {
        if self.next >= self.end {
            return Ok(None);
        }
        let element = read(self.bytes, self.next, self.end)?;
        if element.indefinite {
            return Err("it is not DER");
        }
        self.next = element.whole.end;
        Ok(Some(element))
    }

    /// The next part if it has this tag.
    ///
    /// # Errors
    /// As [`DerParts::any`].
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element>, &'static str> {
        let is_next = self.next < self.end && self.bytes.get(self.next) == Some(&tag);
        if is_next { self.any() } else { Ok(None) }
    }

    /// The next part, which must have this tag.
    ///
    /// # Errors
    /// As [`DerParts::any`], and when it has another.
    pub(super) fn take(&mut self, tag: u8) -> Result<Element, &'static str> {
        self.optional(tag)?.ok_or("a part of it is missing or in the wrong place")
    }

    /// # Errors
    /// When there are more parts.
    pub(super) fn finish(&self) -> Result<(), &'static str> {
        if self.next >= self.end { Ok(()) } else { Err("it has more parts than it should") }
    }

    /// The content of a part.
    pub(super) fn content(&self, element: &Element) -> &'a [u8] {
        self.bytes.get(element.content.clone()).unwrap_or_default()
    }

    /// A part with its tag and length.
    pub(super) fn whole(&self, element: &Element) -> &'a [u8] {
        self.bytes.get(element.whole.clone()).unwrap_or_default()
    }

    /// The parts of a part.
    pub(super) const fn inside(&self, element: &Element) -> Self {
        Self::of(self.bytes, element)
    }
}

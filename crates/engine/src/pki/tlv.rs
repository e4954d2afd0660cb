//! Tags, lengths and the bytes between them (X.690, 8.1), for structures that are put together from
//! encodings that must stay as they are, byte for byte. Everything else is derived (`der`).

use std::ops::Range;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0A;
pub(super) const UTF8_STRING: u8 = 0x0C;
pub(super) const IA5_STRING: u8 = 0x16;
/// The tag of a time from 1950 to 2049.
pub const UTC_TIME: u8 = 0x17;
/// The tag of a time with all digits of its year.
pub const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The constructed context-specific tag `[number]`.
pub(super) const fn context(number: u8) -> u8 {
    0xA0 | number
}

/// Writes tag and length in the shortest form (DER).
pub(super) fn header(tag: u8, length: usize, to: &mut Vec<u8>) {
    to.push(tag);
    let octets = length.to_be_bytes();
    let significant = significant(length);
    if length >= 0x80 {
        // At most eight octets of a length: the cast of the count cannot fail.
        to.push(0x80 | u8::try_from(significant).unwrap_or_default());
    }
    to.extend(octets.iter().skip(octets.len() - significant));
}

/// One value with tag and length, made of parts.
#[must_use]
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut octets = Vec::with_capacity(full_length(length));
    header(tag, length, &mut octets);
    for part in parts {
        octets.extend_from_slice(part);
    }
    octets
}

/// Bytes of a value with its tag and length.
#[must_use]
pub const fn full_length(content: usize) -> usize {
    let length = if content < 0x80 { 1 } else { 1 + significant(content) };
    1 + length + content
}

const fn significant(length: usize) -> usize {
    let bits = usize::BITS - length.leading_zeros();
    if bits == 0 { 1 } else { bits.div_ceil(8) as usize }
}

/// The elements of a SET OF in the order of DER (X.690, 11.6).
pub(super) fn sorted(mut elements: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    elements.sort_unstable();
    elements
}

/// One value in an encoding that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its first octet.
    pub tag: u8,
    /// From the tag to the end, end-of-contents octets included.
    pub whole: Range<usize>,
    /// What is between length and end.
    pub content: Range<usize>,
    /// Whether its end is said by end-of-contents octets (X.690, 8.1.3.6).
    pub indefinite: bool,
}

impl Element {
    pub(super) const fn is_constructed(&self) -> bool {
        self.tag & 0x20 != 0
    }
}

/// How deep values may be nested.
const MAX_DEPTH: usize = 32;

/// Reads the value that begins at an offset and ends before another. Lengths may be indefinite or
/// longer than they need to be (BER).
///
/// # Errors
/// What is wrong, as part of a sentence.
pub fn read(bytes: &[u8], at: usize, end: usize) -> Result<Element, &'static str> {
    read_at(bytes, at, end, MAX_DEPTH)
}

fn read_at(bytes: &[u8], at: usize, end: usize, depth: usize) -> Result<Element, &'static str> {
    const CUT: &str = "it is cut off, or a length is wrong";
    let octet = |at: usize| (at < end).then(|| bytes.get(at).copied()).flatten().ok_or(CUT);
    let tag = octet(at)?;
    if tag & 0x1F == 0x1F {
        return Err("it has a tag that CMS does not use");
    }
    let first = octet(at + 1)?;
    if first == 0x80 {
        if tag & 0x20 == 0 {
            return Err("a primitive value has no length");
        }
        let depth = depth.checked_sub(1).ok_or("it is nested too deep")?;
        let mut next = at + 2;
        while (octet(next)?, octet(next + 1)?) != (0, 0) {
            next = read_at(bytes, next, end, depth)?.whole.end;
        }
        let (whole, content) = (at..next + 2, at + 2..next);
        return Ok(Element { tag, whole, content, indefinite: true });
    }
    let (start, length) = if first < 0x80 {
        (at + 2, usize::from(first))
    } else {
        let count = usize::from(first & 0x7F);
        let mut length = 0_usize;
        for position in 0..count {
            if length > usize::MAX >> 8 {
                return Err(CUT);
            }
            length = length << 8 | usize::from(octet(at + 2 + position)?);
        }
        (at + 2 + count, length)
    };
    let stop = start.checked_add(length).filter(|stop| *stop <= end).ok_or(CUT)?;
    Ok(Element { tag, whole: at..stop, content: start..stop, indefinite: false })
}

/// A value may have this many parts, and one more for every so many of its bytes: a list of parts must
/// not become many times as large as what was sent. Segments of a content have 1000 bytes and more.
const FREE_PARTS: usize = 1000;
const BYTES_PER_PART: usize = 128;

/// The values inside a constructed one.
///
/// # Errors
/// As [`read`], and when there are suspiciously many.
pub(super) fn children(bytes: &[u8], parent: &Element) -> Result<Vec<Element>, &'static str> {
    let mut children = Vec::new();
    let mut next = parent.content.start;
    while next < parent.content.end {
        let child = read(bytes, next, parent.content.end)?;
        next = child.whole.end;
        children.push(child);
        if children.len() > FREE_PARTS + parent.content.len() / BYTES_PER_PART {
            return Err("it has too many small parts");
        }
    }
    Ok(children)
}

/// A value with the lengths of DER, its primitive contents as they are.
///
/// # Errors
/// As [`read`].
pub fn definite(bytes: &[u8], element: &Element) -> Result<Vec<u8>, &'static str> {
    definite_at(bytes, element, MAX_DEPTH)
}

fn definite_at(bytes: &[u8], element: &Element, depth: usize) -> Result<Vec<u8>, &'static str> {
    let content = bytes.get(element.content.clone()).unwrap_or_default();
    if !element.is_constructed() {
        return Ok(tlv(element.tag, &[content]));
    }
    let depth = depth.checked_sub(1).ok_or("it is nested too deep")?;
    let mut parts = Vec::with_capacity(element.content.len());
    let mut next = element.content.start;
    while next < element.content.end {
        let child = read(bytes, next, element.content.end)?;
        next = child.whole.end;
        parts.extend(definite_at(bytes, &child, depth)?);
    }
    Ok(tlv(element.tag, &[&parts]))
}

/// Whether a value and those inside it are written as DER has them: lengths definite and the shortest,
/// strings in one piece. The order of sets is not looked at.
///
/// # Errors
/// What is not, and what [`read`] finds.
pub fn check_der(bytes: &[u8], element: &Element) -> Result<(), &'static str> {
    check_der_at(bytes, element, MAX_DEPTH)
}

fn check_der_at(bytes: &[u8], element: &Element, depth: usize) -> Result<(), &'static str> {
    if element.indefinite || element.whole.len() != full_length(element.content.len()) {
        return Err("it has lengths that only BER has");
    }
    if !element.is_constructed() {
        return Ok(());
    }
    if element.tag & 0xC0 == 0 && ![SEQUENCE, SET].contains(&element.tag) {
        return Err("it has strings in pieces, which only BER has");
    }
    let depth = depth.checked_sub(1).ok_or("it is nested too deep")?;
    let mut next = element.content.start;
    while next < element.content.end {
        let child = read(bytes, next, element.content.end)?;
        next = child.whole.end;
        check_der_at(bytes, &child, depth)?;
    }
    Ok(())
}

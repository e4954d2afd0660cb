//! PDF objects (ISO 32000-1, 7.3), and how they are written. Reading them is not done here.

use std::io::Write as _;

/// Bytes that an allocation takes besides its own.
const HEAP: usize = 16;

/// The name of an indirect object (7.3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub number: u32,
    pub generation: u16,
}

/// A name without its solidus, decoded (7.3.5).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(Vec<u8>);

impl Name {
    /// The name of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Its bytes, decoded.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

/// An object. Numbers that are no integers stay as they were written, so that copying an object
/// changes none of its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Null,
    Boolean(bool),
    Integer(i64),
    /// A number as it is written.
    Real(Vec<u8>),
    /// A literal string, decoded and, in an encrypted file, decrypted.
    Literal(Vec<u8>),
    /// A hexadecimal string, likewise.
    Hexadecimal(Vec<u8>),
    Name(Name),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    Reference(Reference),
}

/// A dictionary in the order of its entries (7.3.7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary(Vec<(Name, Object)>);

/// A stream (7.3.8): `data` is as it lies in the file, still filtered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Without `Length`, which is written with the data.
    pub dictionary: Dictionary,
    pub data: Vec<u8>,
}

/// What stands between `obj` and `endobj`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Indirect {
    Object(Object),
    Stream(Stream),
}

impl Dictionary {
    /// An empty dictionary.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a key; of several entries with that key the last.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.get_bytes(key.as_bytes())
    }

    /// As [`Self::get`], of a key that is no text.
    #[must_use]
    pub fn get_bytes(&self, key: &[u8]) -> Option<&Object> {
        self.0.iter().rev().find(|(name, _)| name.0 == key).map(|(_, value)| value)
    }

    /// Sets the value of a key where it stands, else at the end. No second entry of it remains.
    pub fn set(&mut self, key: &str, value: Object) {
        let mut value = Some(value);
        self.0.retain_mut(|(name, old)| {
            if name.0 != key.as_bytes() {
                return true;
            }
            match value.take() {
                Some(new) => {
                    *old = new;
                    true
                }
                None => false,
            }
        });
        if let Some(value) = value {
            self.0.push((Name::from(key), value));
        }
    }

    /// The same dictionary with one more entry.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Object>) -> Self {
        self.set(key, value.into());
        self
    }

    /// Takes out every entry of a key.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(name, _)| name.0 != key.as_bytes());
    }

    /// Adds an entry without a look at the others.
    pub fn push(&mut self, name: Name, value: Object) {
        self.0.push((name, value));
    }

    /// All entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Object)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// All entries in order, the values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Name, &mut Object)> {
        self.0.iter_mut().map(|(name, value)| (&*name, value))
    }

    /// All values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Object {
    /// A name.
    #[must_use]
    pub fn name(text: &str) -> Self {
        Self::Name(Name::from(text))
    }

    /// A number with at most four decimals and no trailing zeros, as content streams want it too.
    #[must_use]
    pub fn real(value: f64) -> Self {
        let text = format!("{value:.4}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        Self::Real(if text == "-0" { b"0".to_vec() } else { text.as_bytes().to_vec() })
    }

    /// A text string (7.9.2.2): ASCII as it is, everything else in UTF-16BE with byte order mark.
    #[must_use]
    pub fn text(text: &str) -> Self {
        if text.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E)) {
            return Self::Literal(text.as_bytes().to_vec());
        }
        let mut bytes = vec![0xFE, 0xFF];
        bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        Self::Hexadecimal(bytes)
    }

    /// The integer that this is.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The number that this is.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of PDF are small")]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Real(text) => std::str::from_utf8(text).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The bytes of the name that this is.
    #[must_use]
    pub fn as_name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name.as_bytes()),
            _ => None,
        }
    }

    /// The bytes of the string that this is.
    #[must_use]
    pub fn as_string(&self) -> Option<&[u8]> {
        match self {
            Self::Literal(bytes) | Self::Hexadecimal(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The items of the array that this is.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The dictionary that this is.
    #[must_use]
    pub const fn as_dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    /// The reference that this is.
    #[must_use]
    pub const fn as_reference(&self) -> Option<Reference> {
        match self {
            Self::Reference(reference) => Some(*reference),
            _ => None,
        }
    }

    /// Bytes of memory that it takes with all that is in it, about. The reader limits how deep it is.
    #[must_use]
    pub fn weight(&self) -> usize {
        let inside = match self {
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Reference(_) => 0,
            Self::Real(bytes) | Self::Literal(bytes) | Self::Hexadecimal(bytes) => {
                HEAP + bytes.len()
            }
            Self::Name(name) => HEAP + name.0.len(),
            Self::Array(items) => items.iter().map(Self::weight).sum::<usize>() + HEAP,
            Self::Dictionary(dictionary) => dictionary.weight(),
        };
        size_of::<Self>() + inside
    }

    /// Writes the object so that whatever precedes it must end in a delimiter or white space.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend(b"null"),
            Self::Boolean(true) => out.extend(b"true"),
            Self::Boolean(false) => out.extend(b"false"),
            Self::Integer(value) => number(*value, out),
            Self::Real(text) => out.extend(text),
            Self::Literal(bytes) => literal(bytes, out),
            Self::Hexadecimal(bytes) => hexadecimal(bytes, out),
            Self::Name(name) => name.write(out),
            Self::Array(items) => {
                out.push(b'[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Dictionary(dictionary) => dictionary.write(out),
            Self::Reference(reference) => {
                number(i64::from(reference.number), out);
                out.push(b' ');
                number(i64::from(reference.generation), out);
                out.extend(b" R");
            }
        }
    }
}

impl Dictionary {
    /// As [`Object::weight`].
    #[must_use]
    pub fn weight(&self) -> usize {
        let entries = self
            .0
            .iter()
            .map(|(name, value)| size_of::<Name>() + HEAP + name.0.len() + value.weight());
        entries.sum::<usize>() + HEAP
    }

    /// Writes the dictionary with its brackets.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend(b"<<");
        for (name, value) in &self.0 {
            name.write(out);
            out.push(b' ');
            value.write(out);
        }
        out.extend(b">>");
    }
}

impl Indirect {
    /// Writes what stands between `obj` and `endobj`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Object(object) => object.write(out),
            Self::Stream(stream) => {
                let length = i64::try_from(stream.data.len()).unwrap_or(i64::MAX);
                let dictionary = stream.dictionary.clone();
                dictionary.with("Length", Object::Integer(length)).write(out);
                out.extend(b"\nstream\n");
                out.extend(&stream.data);
                out.extend(b"\nendstream");
            }
        }
    }
}

impl Name {
    /// Writes the name with its solidus; what is no regular character as `#xx` (7.3.5).
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'/');
        for &byte in &self.0 {
            let delimiter = matches!(
                byte,
                b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%' | b'#'
            );
            if delimiter || !(0x21..=0x7E).contains(&byte) {
                let _ = write!(out, "#{byte:02X}");
            } else {
                out.push(byte);
            }
        }
    }
}

impl<T: Into<Object>> From<T> for Indirect {
    fn from(object: T) -> Self {
        Self::Object(object.into())
    }
}

impl From<Stream> for Indirect {
    fn from(stream: Stream) -> Self {
        Self::Stream(stream)
    }
}

impl From<Dictionary> for Object {
    fn from(dictionary: Dictionary) -> Self {
        Self::Dictionary(dictionary)
    }
}

impl From<Reference> for Object {
    fn from(reference: Reference) -> Self {
        Self::Reference(reference)
    }
}

impl From<Name> for Object {
    fn from(name: Name) -> Self {
        Self::Name(name)
    }
}

impl From<Vec<Self>> for Object {
    fn from(items: Vec<Self>) -> Self {
        Self::Array(items)
    }
}

fn number(value: i64, out: &mut Vec<u8>) {
    let _ = write!(out, "{value}");
}

/// Between parentheses; carriage returns escaped, as readers take them for line feeds (7.3.4.2).
fn literal(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'(');
    for &byte in bytes {
        match byte {
            b'(' | b')' | b'\\' => out.extend([b'\\', byte]),
            b'\r' => out.extend(b"\\r"),
            other => out.push(other),
        }
    }
    out.push(b')');
}

fn hexadecimal(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push(b'<');
    for &byte in bytes {
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    out.push(b'>');
}

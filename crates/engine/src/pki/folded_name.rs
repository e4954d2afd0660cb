//! Distinguished names as they are compared: two that mean the same to a verifier are equal here
//! (RFC 5280, 7.1; RFC 4518, 2).

use der::Encode as _;
use der::asn1::AnyRef;
use unicode_normalization::UnicodeNormalization as _;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RelativeDistinguishedName};

use super::name;

/// A name without what does not count: the string types of its texts, their case, blanks at their ends
/// or repeated, and the order of the parts of one RDN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldedName(Vec<Vec<u8>>);

impl FoldedName {
    /// Folds a name, once for many comparisons.
    #[must_use]
    pub fn of(name: &Name) -> Self {
        Self(name.iter_rdn().map(rdn).collect())
    }

    /// The same name with one more RDN at its end (RFC 5280, 4.2.1.13: `nameRelativeToCRLIssuer`).
    #[must_use]
    pub fn with(&self, last: &RelativeDistinguishedName) -> Self {
        let mut longer = self.0.clone();
        longer.push(rdn(last));
        Self(longer)
    }

    /// Whether it begins with all of another (RFC 5280, 4.2.1.10), or is it.
    #[must_use]
    pub fn is_under(&self, tree: &Self) -> bool {
        self.0.starts_with(&tree.0)
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that a comparison may look at.
    pub(super) fn length(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

fn rdn(rdn: &RelativeDistinguishedName) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = rdn.iter().map(attribute).collect();
    parts.sort_unstable();
    let mut folded = Vec::new();
    for part in parts {
        counted(&part, &mut folded);
    }
    folded
}

/// Type and value. A value that is no text is its encoding.
fn attribute(part: &AttributeTypeAndValue) -> Vec<u8> {
    let mut folded = Vec::new();
    counted(part.oid.as_bytes(), &mut folded);
    match name::text(AnyRef::from(&part.value)) {
        Some(text) => folded.extend(fold(&text).into_bytes()),
        None => {
            // No text begins so, as it is UTF-8.
            folded.push(0xFF);
            // An encoding that was read can be written.
            folded.extend(part.value.to_der().unwrap_or_default());
        }
    }
    folded
}

/// A text without what does not count: case, compatibility forms of characters, and blanks at its ends or
/// repeated.
#[must_use]
pub fn fold(text: &str) -> String {
    let composed: String = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.to_lowercase().nfkc().collect()
    };
    let mut folded = String::with_capacity(composed.len());
    for word in composed.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// With its length before it, so that parts do not run together.
fn counted(part: &[u8], to: &mut Vec<u8>) {
    to.extend(part.len().to_be_bytes());
    to.extend(part);
}

//! XML as it is written here: elements in each other, text that cannot break out of them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// An XML document that grows.
pub(super) struct XmlWriter {
    out: String,
}

impl XmlWriter {
    pub(super) fn new() -> Self {
        Self { out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned() }
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    /// An element with attributes, and what is written inside of it.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        let _ = write!(self.out, "<{name}");
        for (attribute, value) in attributes {
            let _ = write!(self.out, " {attribute}=\"");
            self.text(value);
            self.out.push('"');
        }
        self.out.push('>');
        inside(self);
        let _ = write!(self.out, "</{name}>");
    }

    /// An element without attributes that holds text.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.element(name, &[], |xml| xml.text(text));
    }

    /// An element without content that refers to objects by their ids.
    pub(super) fn reference(&mut self, name: &str, ids: &str) {
        self.element(name, &[("VOReference", ids)], |_| {});
    }

    pub(super) fn base64(&mut self, name: &str, octets: &[u8]) {
        self.leaf(name, &STANDARD.encode(octets));
    }

    /// Text of strangers: what no XML may hold (XML 1.0, 2.2) is U+FFFD.
    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' | '\n' | '\r' => {
                    let _ = write!(self.out, "&#{};", u32::from(letter));
                }
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
                other => self.out.push(other),
            }
        }
    }
}

/// What a signer wrote where a URI is asked for: an object identifier as `urn:oid:…`, a plain URI as it is, anything
/// else with all but letters, digits and `-._~` in per cent signs, which makes it one.
pub(super) fn uri(text: &str) -> String {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
    if text.contains('.') && text.split('.').all(digits) {
        return format!("urn:oid:{text}");
    }
    if is_plain_uri(text) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() * 3);
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            safe.push(char::from(octet));
        } else {
            let _ = write!(safe, "%{octet:02X}");
        }
    }
    safe
}

/// `urn:` or `http(s)://` with a name, and none of what URIs may hold only in some places.
fn is_plain_uri(text: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
    let behind = |prefix: &str| text.strip_prefix(prefix);
    if let Some(urn) = behind("urn:") {
        return !urn.is_empty() && urn.bytes().all(|octet| plain(octet) || octet == b':');
    }
    let Some(rest) = behind("https://").or_else(|| behind("http://")) else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    !host.is_empty()
        && host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-.".contains(&octet))
        && path.bytes().all(|octet| plain(octet) || b"/:@=&,;+!".contains(&octet))
}

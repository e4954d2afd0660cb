//! The text that two validators make of `xades:SignedProperties` before they hash it: not canonical
//! XML, but what the XML library of each of them writes for an element.

use roxmltree::{Node, NodeType};

use crate::seal::xml::c14n::qualified_name;
use crate::seal::xml::sink::{write_attribute_value, write_text};

/// How an element is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Serialization {
    /// As dom4j does (ZATCA): declarations before attributes, white space kept, `<a/>`.
    DeclarationsFirst,
    /// As .NET does after reading without white space (`MyInvois`): declarations after attributes, no
    /// text that is white space only, `<a />`.
    DeclarationsLast,
}

impl Serialization {
    /// The text of an element on its own: it declares its prefix, and so does everything in it whose
    /// prefix no element around it declares.
    pub(super) fn text(self, element: Node<'_, '_>) -> String {
        let mut text = Vec::with_capacity(2000);
        self.write(element, &mut Vec::new(), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    fn write<'a>(
        self,
        element: Node<'a, '_>,
        declared: &mut Vec<(&'a str, &'a str)>,
        text: &mut Vec<u8>,
    ) {
        let name = qualified_name(element);
        text.extend_from_slice(b"<");
        text.extend_from_slice(name.as_bytes());
        let outside = declared.len();
        let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
        let binding = (prefix, element.tag_name().namespace().unwrap_or_default());
        let known = declared.iter().rev().find(|(known, _)| *known == prefix);
        let new = known.is_none_or(|known| *known != binding) && binding != ("", "");
        if new {
            declared.push(binding);
        }
        if new && self == Self::DeclarationsFirst {
            declare(binding, text);
        }
        let source = element.document().input_text();
        for attribute in element.attributes() {
            let name = source.get(attribute.range_qname()).unwrap_or(attribute.name());
            write_attribute(name, attribute.value(), text);
        }
        if new && self == Self::DeclarationsLast {
            declare(binding, text);
        }
        let opened = text.len();
        text.extend_from_slice(b">");
        for child in element.children() {
            match child.node_type() {
                NodeType::Element => self.write(child, declared, text),
                NodeType::Text => {
                    if self == Self::DeclarationsFirst || !is_blank(child) {
                        write_text(child.text().unwrap_or_default(), text);
                    }
                }
                NodeType::Root | NodeType::Comment | NodeType::PI => {}
            }
        }
        declared.truncate(outside);
        if text.len() == opened + 1 {
            text.truncate(opened);
            let end: &[u8] = match self {
                Self::DeclarationsFirst => b"/>",
                Self::DeclarationsLast => b" />",
            };
            text.extend_from_slice(end);
            return;
        }
        text.extend_from_slice(b"</");
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b">");
    }
}

/// Whether a node is text of white space only (XML 1.0, production 3).
pub(super) fn is_blank(node: Node<'_, '_>) -> bool {
    let blank = |text: &str| text.bytes().all(|byte| b" \t\r\n".contains(&byte));
    node.is_text() && node.text().is_some_and(blank)
}

fn declare((prefix, namespace): (&str, &str), text: &mut Vec<u8>) {
    match prefix {
        "" => write_attribute("xmlns", namespace, text),
        prefix => write_attribute(&format!("xmlns:{prefix}"), namespace, text),
    }
}

fn write_attribute(name: &str, value: &str, text: &mut Vec<u8>) {
    text.extend_from_slice(format!(" {name}=\"").as_bytes());
    write_attribute_value(value, text);
    text.extend_from_slice(b"\"");
}

//! The text that two validators make of `xades:SignedProperties` before they hash it: not canonical
//! XML, but what the XML library of each of them writes for an element.

use roxmltree::{Node, NodeType};

use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::seal::xml::c14n::qualified_name;
use crate::seal::xml::sink::{DigestSink, Sink, write_attribute_value, write_text};
use crate::seal::xml::transforms::Metered;
use crate::seal::xml::xpath::Budget;

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
    /// SHA-256 of the text of an element on its own: it declares its prefix, and so does everything in it
    /// whose prefix no element around it declares.
    ///
    /// # Errors
    /// The budget, which pays for the text: it can be many times as long as the element, whose namespace
    /// is declared again at each child.
    pub(super) fn sha256(self, element: Node<'_, '_>, budget: &Budget) -> Result<Vec<u8>, Refusal> {
        let mut digest = DigestSink::new(DigestAlgorithm::Sha256);
        let mut metered = Metered::new(&mut digest, budget);
        self.write(element, &mut Vec::new(), &mut metered);
        metered.finish()?;
        Ok(digest.finish().value().to_vec())
    }

    fn write<'a, S: Sink>(
        self,
        element: Node<'a, '_>,
        declared: &mut Vec<(&'a str, &'a str)>,
        text: &mut S,
    ) {
        if text.is_full() {
            return;
        }
        let name = qualified_name(element);
        text.write(b"<");
        text.write(name.as_bytes());
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
        if element.children().any(|child| self.writes(child)) {
            text.write(b">");
            for child in element.children().filter(|child| self.writes(*child)) {
                match child.node_type() {
                    NodeType::Element => self.write(child, declared, text),
                    _ => write_text(child.text().unwrap_or_default(), text),
                }
            }
            text.write(b"</");
            text.write(name.as_bytes());
            text.write(b">");
        } else {
            text.write(match self {
                Self::DeclarationsFirst => b"/>",
                Self::DeclarationsLast => b" />",
            });
        }
        declared.truncate(outside);
    }

    /// Whether anything is written for a child.
    fn writes(self, child: Node<'_, '_>) -> bool {
        match child.node_type() {
            NodeType::Element => true,
            NodeType::Text => {
                let empty = child.text().is_none_or(str::is_empty);
                !empty && (self == Self::DeclarationsFirst || !is_blank(child))
            }
            NodeType::Root | NodeType::Comment | NodeType::PI => false,
        }
    }
}

/// Whether a node is text of white space only (XML 1.0, production 3).
pub(super) fn is_blank(node: Node<'_, '_>) -> bool {
    let blank = |text: &str| text.bytes().all(|byte| b" \t\r\n".contains(&byte));
    node.is_text() && node.text().is_some_and(blank)
}

fn declare<S: Sink>((prefix, namespace): (&str, &str), text: &mut S) {
    match prefix {
        "" => write_attribute("xmlns", namespace, text),
        prefix => write_attribute(&format!("xmlns:{prefix}"), namespace, text),
    }
}

fn write_attribute<S: Sink>(name: &str, value: &str, text: &mut S) {
    text.write(b" ");
    text.write(name.as_bytes());
    text.write(b"=\"");
    write_attribute_value(value, text);
    text.write(b"\"");
}

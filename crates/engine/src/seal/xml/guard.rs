//! Bounds before the parser: one pass over the markup that refuses what would be slow, dangerous or
//! ambiguous, then the one parse with roxmltree.
//!
//! The pass also refuses what roxmltree lets through although XML 1.0 or Namespaces in XML forbid
//! it: a second default namespace on one element, `p:xmlns`, `xmlns:p=""`, names that begin with a
//! colon, character references to surrogates, a reserved `<?XML?>` instruction, a second byte order
//! mark. Everything else about well-formedness is the parser's word.

use std::collections::HashSet;

use roxmltree::{Document, ParsingOptions};

use super::scan::{Markup, Scanner, TagPart, references};
use super::source::Source;
use super::uri;
use crate::domain::refusal::Refusal;
use crate::seal::Limits;

/// What [`check`] found out on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Octets of the longest text, comment, CDATA section, or tag.
    pub longest: usize,
}

/// Refuses a document that exceeds a limit or that no canonicalization is defined for. Linear in
/// the length of the document; returns at the first offence.
///
/// # Errors
/// The refusals of the XML family.
pub fn check(source: &Source<'_>, limits: &Limits) -> Result<Checked, Refusal> {
    let text = source.text();
    if text.starts_with('\u{FEFF}') {
        let detail = "a byte order mark stands inside the document; remove it".to_owned();
        return Err(source.malformed(0, detail));
    }
    let mut scanner = Scanner::new(text);
    let mut pass =
        Pass { source, limits, at: 0, nodes: 0, namespace_nodes: 0, open: Vec::new(), bindings: 0 };
    let mut checked = Checked::default();
    loop {
        pass.at = scanner.at();
        match scanner.token() {
            Ok(Some(token)) => pass.token(&token, &mut scanner)?,
            Ok(None) => return Ok(checked),
            Err(broken) => return Err(pass.malformed(broken)),
        }
        checked.longest = checked.longest.max(scanner.at() - pass.at);
    }
}

/// Parses the text of a document that passed [`check`].
///
/// # Errors
/// What is not well-formed, with line and column in the original.
pub fn parse<'s>(source: &'s Source<'_>, limits: &Limits) -> Result<Document<'s>, Refusal> {
    Document::parse_with_options(source.text(), options(limits))
        .map_err(|error| parse_refusal(source, limits, &error))
}

/// Parses text that we put together from a document that passed [`check`].
///
/// # Errors
/// What is not well-formed; there is no original to point into.
pub fn parse_text<'s>(text: &'s str, limits: &Limits) -> Result<Document<'s>, Refusal> {
    Document::parse_with_options(text, options(limits)).map_err(|error| {
        let place = error.pos();
        let detail = shorten(&error.to_string());
        Refusal::XmlMalformed { detail, line: place.row, column: place.col }
    })
}

fn options<'s>(limits: &Limits) -> ParsingOptions<'s> {
    let nodes_limit = u32::try_from(limits.nodes).unwrap_or(u32::MAX);
    ParsingOptions { nodes_limit, ..ParsingOptions::default() }
}

/// Every value that a verifier may take for an identifier.
pub struct XmlIds<'a>(HashSet<&'a str>);

impl<'a> XmlIds<'a> {
    /// Collects the identifiers of a document and refuses a repeated one.
    ///
    /// `Id` and `ID` in any namespace (XML Signature, XAdES, SAML, `wsu:Id`) and `xml:id` must be
    /// unique. Lower-case `id` has no such meaning in invoice formats and repeats in real ones; its
    /// values are only remembered, because some verifiers (EU DSS) match the name without case.
    ///
    /// # Errors
    /// [`Refusal::IdDuplicate`].
    pub fn collect(document: &'a Document<'_>) -> Result<Self, Refusal> {
        let mut strict = HashSet::new();
        let mut loose = Vec::new();
        for attribute in document.descendants().flat_map(|node| node.attributes()) {
            match attribute.name() {
                "Id" | "ID" => {}
                "id" if attribute.namespace() == Some(super::XML_NAMESPACE) => {}
                "id" | "iD" => {
                    loose.push(attribute.value());
                    continue;
                }
                _ => continue,
            }
            if !strict.insert(attribute.value()) {
                return Err(Refusal::IdDuplicate { id: shorten(attribute.value()) });
            }
        }
        strict.extend(loose);
        Ok(Self(strict))
    }

    /// Whether the document has this identifier.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.0.contains(id)
    }
}

struct Pass<'s, 'a> {
    source: &'s Source<'a>,
    limits: &'s Limits,
    /// Offset of the current event.
    at: usize,
    nodes: usize,
    namespace_nodes: usize,
    /// Namespace declarations of each open element.
    open: Vec<usize>,
    /// Namespace declarations of all open elements.
    bindings: usize,
}

impl Pass<'_, '_> {
    fn token(&mut self, token: &Markup<'_>, scanner: &mut Scanner<'_>) -> Result<(), Refusal> {
        match *token {
            Markup::Start(name) => {
                let (declared, open) = self.tag(name, scanner)?;
                if self.open.len() >= self.limits.depth {
                    return Err(Refusal::XmlTooDeep { limit: self.limits.depth });
                }
                if open {
                    self.open.push(declared);
                    self.bindings += declared;
                }
            }
            Markup::End => self.bindings -= self.open.pop().unwrap_or(0),
            Markup::DocType => return Err(Refusal::DoctypeForbidden),
            Markup::Instruction("xml") => {
                return Err(self.malformed("the XML declaration is not at the very beginning"));
            }
            Markup::Instruction(name) => {
                if name.eq_ignore_ascii_case("xml") {
                    return Err(self.malformed("a processing instruction must not be named xml"));
                }
                // The parser ends the name at the first character that cannot be in one.
                if !name.chars().all(is_name_character) {
                    return Err(self.malformed("a processing instruction has no proper name"));
                }
                self.count(1)?;
            }
            Markup::Text(text) => {
                for (at, name) in references(text) {
                    // One without a semicolon is left to the parser, which knows its place.
                    name.map_or(Ok(()), |name| self.reference(name, self.at + at))?;
                }
                self.count(1)?;
            }
            Markup::CData | Markup::Comment => self.count(1)?,
        }
        Ok(())
    }

    /// Checks a start tag; answers how many namespaces it declares, and whether it opens an element
    /// that has an end tag.
    fn tag(&mut self, element: &str, scanner: &mut Scanner<'_>) -> Result<(usize, bool), Refusal> {
        self.name(element)?;
        let (mut count, mut declared, mut default) = (0, 0, false);
        let open = loop {
            let (name, value) = match scanner.part().map_err(|broken| self.malformed(broken))? {
                TagPart::Attribute(name, value) => (name, value),
                TagPart::Open => break true,
                TagPart::Empty => break false,
            };
            count += 1;
            if count > self.limits.attributes {
                return Err(Refusal::XmlTooManyAttributes {
                    element: shorten(element),
                    limit: self.limits.attributes,
                });
            }
            self.name(name)?;
            self.references(value)?;
            if name == "xmlns" {
                if std::mem::replace(&mut default, true) {
                    return Err(self.malformed("the default namespace is declared twice"));
                }
                self.namespace(value, true)?;
                declared += 1;
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                if prefix == "xmlns" {
                    return Err(self.malformed("the prefix xmlns must not be declared"));
                }
                self.namespace(value, false)?;
                declared += 1;
            } else if name.ends_with(":xmlns") {
                return Err(self.malformed("an attribute must not be named xmlns"));
            }
        };
        let in_scope = self.bindings + declared;
        if in_scope > self.limits.namespace_bindings {
            let element = shorten(element);
            let limit = self.limits.namespace_bindings;
            return Err(Refusal::XmlTooManyNamespaces { element, limit });
        }
        if declared > 0 {
            self.namespace_nodes += in_scope;
        }
        self.count(1 + count)?;
        Ok((declared, open))
    }

    fn name(&self, name: &str) -> Result<(), Refusal> {
        if name.len() > self.limits.name_length {
            let detail = format!("a name is longer than {} bytes", self.limits.name_length);
            return Err(self.source.malformed(self.at, detail));
        }
        if name.starts_with(':') {
            return Err(self.malformed("a name must not begin with a colon"));
        }
        Ok(())
    }

    /// Canonical XML 1.0, 1.3: namespace names must not be relative.
    fn namespace(&self, uri: &str, default: bool) -> Result<(), Refusal> {
        if uri.is_empty() {
            return if default {
                Ok(())
            } else {
                Err(self.malformed("a namespace prefix must not be bound to the empty name"))
            };
        }
        if uri.len() > self.limits.name_length {
            let limit = self.limits.name_length;
            return Err(self.malformed(&format!("a namespace name is longer than {limit} bytes")));
        }
        if uri.contains('&') {
            // libxml2 writes the ampersand without escaping it (docs/divergences.md).
            return Err(Refusal::CanonicalizationUnsupported {
                what: format!("the namespace name '{}'", shorten(uri)),
                remedy: "verifiers disagree about ampersands in namespace names; use one without",
            });
        }
        if uri::is_absolute(uri) {
            Ok(())
        } else {
            Err(Refusal::NamespaceRelative { uri: shorten(uri) })
        }
    }

    /// References in an attribute value.
    fn references(&self, value: &str) -> Result<(), Refusal> {
        for (_, name) in references(value) {
            let Some(name) = name else {
                return Err(self.malformed("an ampersand in an attribute is not escaped as &amp;"));
            };
            self.reference(name, self.at)?;
        }
        Ok(())
    }

    /// Only the five predefined entities and references to characters of XML 1.0 are known.
    fn reference(&self, name: &str, at: usize) -> Result<(), Refusal> {
        let known = match name.strip_prefix('#') {
            Some(number) => character(number).is_some_and(is_xml_character),
            None => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
        };
        if known {
            return Ok(());
        }
        let detail = format!(
            "the reference &{}; names no character of XML; entities are never expanded here",
            shorten(name)
        );
        Err(self.source.malformed(at, detail))
    }

    fn count(&mut self, nodes: usize) -> Result<(), Refusal> {
        self.nodes += nodes;
        if self.nodes > self.limits.nodes || self.namespace_nodes > self.limits.nodes * 2 {
            return Err(Refusal::XmlTooManyNodes { limit: self.limits.nodes });
        }
        Ok(())
    }

    fn malformed(&self, detail: &str) -> Refusal {
        self.source.malformed(self.at, detail.to_owned())
    }
}

fn character(number: &str) -> Option<char> {
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)
}

/// XML 1.0, production 2; surrogates are no `char` at all.
const fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// XML 1.0 (fifth edition), production 4a.
const fn is_name_character(character: char) -> bool {
    matches!(character,
        ':' | '_' | '-' | '.' | '\u{B7}' | '0'..='9' | 'A'..='Z' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{203F}'..='\u{2040}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// Foreign text inside a sentence of ours.
fn shorten(text: &str) -> String {
    const MAX_CHARS: usize = 120;
    if text.chars().nth(MAX_CHARS).is_none() {
        return text.to_owned();
    }
    text.chars().take(MAX_CHARS).chain("...".chars()).collect()
}

fn parse_refusal(source: &Source<'_>, limits: &Limits, error: &roxmltree::Error) -> Refusal {
    use roxmltree::Error;
    let place = error.pos();
    let (line, column) = source.position_of(place.row, place.col);
    let detail = match error {
        Error::UnknownNamespace(prefix, _) => {
            return Refusal::PrefixUndeclared { prefix: shorten(prefix), line, column };
        }
        Error::DtdDetected => return Refusal::DoctypeForbidden,
        Error::NodesLimitReached => return Refusal::XmlTooManyNodes { limit: limits.nodes },
        Error::NamespacesLimitReached => {
            let limit = usize::from(u16::MAX);
            return Refusal::XmlTooManyNamespaces { element: "the root".to_owned(), limit };
        }
        Error::NoRootNode | Error::UnclosedRootNode | Error::UnexpectedEndOfStream => {
            let detail = match error {
                Error::NoRootNode => "there is no element",
                _ => "the document ends before all elements are closed",
            };
            return source.malformed(source.text().len(), detail.to_owned());
        }
        Error::UnexpectedCloseTag(expected, found, _) => {
            format!("expected </{}> but found </{}>", shorten(expected), shorten(found))
        }
        Error::DuplicatedAttribute(name, _) => {
            format!("attribute {} appears twice in one element", shorten(name))
        }
        Error::DuplicatedNamespace(prefix, _) => {
            format!("namespace prefix {} is declared twice in one element", shorten(prefix))
        }
        // The parser names its own position, which we translate.
        other => shorten(&other.to_string().replace(&format!(" at {place}"), "")),
    };
    Refusal::XmlMalformed { detail, line, column }
}

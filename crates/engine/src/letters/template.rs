//! Templates of mails: checked when they are set, rendered within named limits.
//!
//! The engine is minijinja without filters, functions, macros and includes; [`check`] leaves of its
//! language only names, conditions on a name and the list of documents.

use std::io;
use std::sync::LazyLock;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use super::syntax::{LetterPart, TemplateProblem, problems, without_tag_lines};
use super::values::Values;

/// Largest source of a part in bytes.
pub(super) const SOURCE_LIMIT: usize = 128 * 1024;
/// Largest result of a part in bytes.
const OUTPUT_LIMIT: usize = 512 * 1024;
/// Most characters of a subject.
const SUBJECT_LIMIT: usize = 200;
/// Steps of the engine for one part; the system's own letter about a hundred documents takes some
/// four thousand.
const FUEL: u64 = 200_000;

/// The three parts of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateSource {
    /// One line.
    pub subject: String,
    /// The plain text, which every mail has.
    pub text: String,
    /// The page of HTML; values in it are escaped.
    pub html: String,
}

/// A letter, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line of at most 200 characters, without control characters.
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a letter could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The source is none that [`check`] takes.
    #[error("the template has {} problems, the first: {}", .0.len(), .0.first().map_or_else(String::new, ToString::to_string))]
    Refused(Vec<TemplateProblem>),
    /// A named limit was reached.
    #[error("the {} of the letter becomes too long; shorten the template", .0.as_str())]
    TooLong(LetterPart),
    /// The engine refused it all the same.
    #[error("the {} of the letter cannot be written", part.as_str())]
    Engine {
        part: LetterPart,
        #[source]
        source: minijinja::Error,
    },
}

/// Whether a source holds only what a template may say and every name in it exists; otherwise
/// everything that is wrong, with its place.
pub fn check(source: &TemplateSource) -> Result<(), Vec<TemplateProblem>> {
    let mut found = Vec::new();
    for (part, text) in parts(source) {
        let at_start = |message: String| TemplateProblem { part, line: 1, column: 1, message };
        if text.trim().is_empty() {
            found.push(at_start(
                "this part is empty; every mail has a subject, a text and HTML".into(),
            ));
        } else if text.len() > SOURCE_LIMIT {
            found.push(at_start(format!(
                "this part is larger than {SOURCE_LIMIT} bytes; shorten it"
            )));
        } else {
            found.extend(problems(part, text));
            // What the scan lets pass the engine understands; should it not, the client hears of it.
            if found.is_empty()
                && let Err(error) = ENGINE.template_from_str(&without_tag_lines(text))
            {
                found.push(at_start(format!("the template cannot be read: {error}")));
            }
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// The letter that a source gives with these values. A subject that comes out empty is the issuer's
/// name.
pub fn render(source: &TemplateSource, values: &Values) -> Result<Rendered, Failure> {
    check(source).map_err(Failure::Refused)?;
    let value = Value::from(Serde(values));
    let subject = one_line(&fill(LetterPart::Subject, &source.subject, &value)?);
    let subject = if subject.is_empty() { one_line(values.issuer_name()) } else { subject };
    let text = format!("{}\n", fill(LetterPart::Text, &source.text, &value)?.trim());
    let html = fill(LetterPart::Html, &source.html, &value)?;
    Ok(Rendered { subject, text, html })
}

/// Text for HTML: the five characters that mean something there are written as entities.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

/// One line without control characters and marks that turn the direction of writing, not longer than
/// a subject may be.
pub(super) fn one_line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = |c: char| c.is_whitespace() || c.is_control();
    let plain: String = text.chars().filter(|c| !turns(*c)).collect();
    let words: Vec<&str> = plain.split(breaks).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= SUBJECT_LIMIT {
        return line;
    }
    let mut cut: String = line.chars().take(SUBJECT_LIMIT - 1).collect();
    cut.push('…');
    cut
}

fn parts(source: &TemplateSource) -> [(LetterPart, &str); 3] {
    [
        (LetterPart::Subject, &source.subject),
        (LetterPart::Text, &source.text),
        (LetterPart::Html, &source.html),
    ]
}

/// No filter, test, function or loader is in it.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_auto_escape_callback(|name| {
        if name == LetterPart::Html.as_str() { AutoEscape::Html } else { AutoEscape::None }
    });
    // The engine's own escaping writes a slash as an entity too, which makes links hard to read.
    engine.set_formatter(|output, state, value| {
        let text = value.to_string();
        let text = if *state.auto_escape() == AutoEscape::Html { escaped(&text) } else { text };
        output.write_str(&text).map_err(Into::into)
    });
    engine
});

fn fill(part: LetterPart, source: &str, value: &Value) -> Result<String, Failure> {
    let source = without_tag_lines(source);
    let mut page = Bounded { octets: Vec::new(), full: false };
    let rendered = ENGINE
        .template_from_named_str(part.as_str(), &source)
        .and_then(|template| template.render_captured_to(value.clone(), &mut page).map(drop));
    match rendered {
        Ok(()) => Ok(String::from_utf8_lossy(&page.octets).into_owned()),
        Err(_) if page.full => Err(Failure::TooLong(part)),
        Err(error) if error.kind() == ErrorKind::OutOfFuel => Err(Failure::TooLong(part)),
        Err(error) => Err(Failure::Engine { part, source: error }),
    }
}

/// Takes no more than a part may have.
struct Bounded {
    octets: Vec<u8>,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.octets.len() + octets.len() > OUTPUT_LIMIT {
            self.full = true;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.octets.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

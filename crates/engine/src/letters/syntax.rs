//! What a template may say: names, conditions on a name, a list of the documents. Everything else is
//! refused with its place, so that a template can neither compute nor reach anything.

use std::fmt;

use super::values::{VARIABLES, ValueKind};

/// Deepest nesting of `{% if %}` and `{% for %}`.
const DEPTH_LIMIT: usize = 16;
/// Most problems that are told at once.
const PROBLEM_LIMIT: usize = 20;

/// The parts of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterPart {
    Subject,
    Text,
    Html,
}

impl LetterPart {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }
}

/// What is wrong with a template, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateProblem {
    /// The part it is in.
    pub part: LetterPart,
    /// Line, from 1.
    pub line: usize,
    /// Character of the line, from 1.
    pub column: usize,
    /// One sentence that says what to do.
    pub message: String,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.part.as_str(), self.line, self.column, self.message)
    }
}

/// Every tag of a part that is not one of the few that may be used, or names what does not exist.
pub(super) fn problems(part: LetterPart, source: &str) -> Vec<TemplateProblem> {
    let mut reader = Reader { part, source, open: Vec::new(), problems: Vec::new() };
    reader.read();
    reader.problems
}

/// The source with every line that holds one block tag or comment and nothing else reduced to that
/// tag, so that it leaves no empty line.
pub(super) fn without_tag_lines(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    for line in source.split_inclusive('\n') {
        let tag = line.trim();
        let one = |open: &str, close: &str| {
            tag.starts_with(open) && tag.find(close).is_some_and(|at| at + close.len() == tag.len())
        };
        let alone = one("{%", "%}") || one("{#", "#}");
        text.push_str(if alone { tag } else { line });
    }
    text
}

/// A block that is not closed yet.
struct Open<'a> {
    at: usize,
    block: Block<'a>,
}

enum Block<'a> {
    If { otherwise: bool },
    For(&'a str),
}

struct Reader<'a> {
    part: LetterPart,
    source: &'a str,
    open: Vec<Open<'a>>,
    problems: Vec<TemplateProblem>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        let mut at = 0;
        while let Some((start, close)) = next_tag(self.source, at) {
            let rest = self.source.get(start + 2..).unwrap_or_default();
            let Some(length) = rest.find(close) else {
                self.complain(start, format!("this tag is never closed; add `{close}`"));
                break;
            };
            let inner = rest.get(..length).unwrap_or_default();
            match close {
                "}}" => self.value(start, trimmed(inner)),
                "%}" => self.block(start, trimmed(inner)),
                _ => {}
            }
            at = start + 2 + length + close.len();
        }
        for open in std::mem::take(&mut self.open) {
            let (begin, end) = match open.block {
                Block::If { .. } => ("if", "endif"),
                Block::For(_) => ("for", "endfor"),
            };
            let message = format!("this `{{% {begin} %}}` is never closed; add `{{% {end} %}}`");
            self.complain(open.at, message);
        }
    }

    fn value(&mut self, at: usize, name: &str) {
        match self.kind(name) {
            Ok(ValueKind::Text) => {}
            Ok(ValueKind::YesNo) => self.complain(
                at,
                format!("`{name}` is yes or no; ask for it with `{{% if {name} %}}`"),
            ),
            Ok(ValueKind::List) => self.complain(
                at,
                format!("`{name}` is a list; go through it with `{{% for document in {name} %}}`"),
            ),
            Err(message) => self.complain(at, message),
        }
    }

    fn block(&mut self, at: usize, inner: &'a str) {
        let words: Vec<&'a str> = inner.split_whitespace().collect();
        match *words.as_slice() {
            ["if", name] | ["if", "not", name] => {
                if let Err(message) = self.kind(name) {
                    self.complain(at, message);
                }
                self.opened(at, Block::If { otherwise: false });
            }
            ["else"] => match self.open.last_mut().map(|open| &mut open.block) {
                Some(Block::If { otherwise }) if !*otherwise => *otherwise = true,
                _ => self
                    .complain(at, "`{% else %}` belongs once into an `{% if %}`; remove it".into()),
            },
            ["endif"] => match self.open.pop().map(|open| open.block) {
                Some(Block::If { .. }) => {}
                other => self.crossed(at, other, "endif", "if"),
            },
            ["for", variable, "in", list] => {
                if !is_identifier(variable) || self.is_taken(variable) {
                    self.complain(
                        at,
                        format!(
                            "`{variable}` cannot name an item here; use another word, as `document`"
                        ),
                    );
                }
                if list != "documents" {
                    let message = "only `documents` is a list; write \
                                   `{% for document in documents %}`";
                    self.complain(at, message.into());
                }
                self.opened(at, Block::For(variable));
            }
            ["endfor"] => match self.open.pop().map(|open| open.block) {
                Some(Block::For(_)) => {}
                other => self.crossed(at, other, "endfor", "for"),
            },
            _ => self.complain(
                at,
                "a template knows only `if name`, `if not name`, `else`, `endif`, \
                 `for document in documents` and `endfor`; use one of them"
                    .into(),
            ),
        }
    }

    fn opened(&mut self, at: usize, block: Block<'a>) {
        if self.open.len() == DEPTH_LIMIT {
            let message = format!("blocks are nested deeper than {DEPTH_LIMIT}; take some out");
            self.complain(at, message);
        }
        self.open.push(Open { at, block });
    }

    /// A closing tag met what it does not close.
    fn crossed(&mut self, at: usize, met: Option<Block<'a>>, end: &str, begin: &str) {
        if let Some(block) = met {
            self.open.push(Open { at, block });
        }
        let message = format!(
            "this `{{% {end} %}}` closes no `{{% {begin} %}}`; put it where that block ends"
        );
        self.complain(at, message);
    }

    /// What a name stands for here, or why it stands for nothing.
    fn kind(&self, name: &str) -> Result<ValueKind, String> {
        if !name.split('.').all(is_identifier) {
            return Err("a tag holds one name, as `{{ issuer.name }}`; there are no filters, \
                        functions or calculations"
                .into());
        }
        let full = match name.split_once('.') {
            Some((first, field)) if self.is_item(first) => format!("documents[].{field}"),
            None if self.is_item(name) => {
                return Err(format!(
                    "`{name}` is a whole document; name a part of it, as `{name}.name`"
                ));
            }
            _ => name.to_owned(),
        };
        if let Some(variable) = VARIABLES.iter().find(|variable| variable.name == full) {
            return Ok(variable.kind);
        }
        let group = format!("{full}.");
        let parts: Vec<&str> = VARIABLES
            .iter()
            .map(|variable| variable.name)
            .filter(|known| known.starts_with(&group))
            .collect();
        if !parts.is_empty() {
            return Err(format!("`{name}` has parts; name one of {}", parts.join(", ")));
        }
        Err(match nearest(&full) {
            Some(known) => format!("there is no `{name}`; did you mean `{known}`?"),
            None => format!("there is no `{name}`; use one of the documented names"),
        })
    }

    fn is_item(&self, name: &str) -> bool {
        self.open.iter().any(|open| matches!(open.block, Block::For(item) if item == name))
    }

    fn is_taken(&self, name: &str) -> bool {
        let reserved = ["loop", "self", "true", "false", "none", "not", "in", "is", "and", "or"];
        reserved.contains(&name)
            || ["if", "else", "True", "False", "None"].contains(&name)
            || self.is_item(name)
            || VARIABLES.iter().any(|known| known.name.split(['.', '[']).next() == Some(name))
    }

    fn complain(&mut self, at: usize, message: String) {
        if self.problems.len() >= PROBLEM_LIMIT {
            return;
        }
        let before = self.source.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.problems.push(TemplateProblem { part: self.part, line, column, message });
    }
}

/// Where the next tag begins, and how it ends.
fn next_tag(source: &str, from: usize) -> Option<(usize, &'static str)> {
    let mut at = from;
    loop {
        at += source.get(at..)?.find('{')?;
        let close = match source.as_bytes().get(at + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                at += 1;
                continue;
            }
        };
        return Some((at, close));
    }
}

/// Without spaces, and without the signs that take the spaces around a tag away.
fn trimmed(inner: &str) -> &str {
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    inner.strip_suffix('-').unwrap_or(inner).trim()
}

fn is_identifier(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The known name that differs least, when it differs little.
fn nearest(name: &str) -> Option<&'static str> {
    let far = (name.len() / 3).max(1);
    VARIABLES
        .iter()
        .map(|known| (distance(name, known.name), known.name))
        .min()
        .and_then(|(distance, known)| (distance <= far).then_some(known))
}

/// Letters to insert, remove or replace to get from one to the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, left) in one.bytes().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(at + 1);
        for (right, pair) in other.bytes().zip(row.windows(2)) {
            let [diagonal, above] = *pair else { continue };
            let beside = next.last().copied().unwrap_or_default();
            let replaced = diagonal + usize::from(left != right);
            next.push(replaced.min(above + 1).min(beside + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

//! Just enough of Rust's grammar for tidy: tokens without comments, the string literals beside
//! them, and every path that a file names, `use` trees expanded and `super` resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// One word, number or punctuation mark; `::` is one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A path as written, its leading `crate`, `super` and `self` resolved to the module it means:
/// `["crate", "pki", "digest"]`; foreign paths start with the name of their crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
}

/// One file, taken apart.
pub(crate) struct Source {
    pub(crate) tokens: Vec<Token>,
    /// Line and content of every string literal.
    pub(crate) strings: Vec<(usize, String)>,
    /// Every path; `use` declarations give one per leaf.
    pub(crate) paths: Vec<NamedPath>,
    /// `mod name;` declarations, inline parents included: `["tests", "support"]`.
    pub(crate) children: Vec<Vec<String>>,
}

impl Source {
    /// Takes `text` apart; `module` is where the file stands: `["pki", "digest"]`.
    pub(crate) fn read(text: &str, module: &[String]) -> Self {
        let (tokens, strings) = tokenize(text);
        let mut source = Self { tokens, strings, paths: Vec::new(), children: Vec::new() };
        source.walk(module);
        source
    }

    /// Finds paths and child modules, keeping track of inline modules on the way.
    fn walk(&mut self, module: &[String]) {
        let mut inline: Vec<(usize, String)> = Vec::new();
        let (mut depth, mut at) = (0, 0);
        while let Some(token) = self.tokens.get(at) {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    while inline.last().is_some_and(|(opened, _)| *opened > depth) {
                        inline.pop();
                    }
                }
                "mod" if is_word(self.text(at + 1)) && self.text(at + 2) == "{" => {
                    inline.push((depth + 1, self.text(at + 1).to_owned()));
                    at += 1;
                }
                "mod" if is_word(self.text(at + 1)) && self.text(at + 2) == ";" => {
                    let mut child: Vec<String> = inline.iter().map(|(_, n)| n.clone()).collect();
                    child.push(self.text(at + 1).to_owned());
                    self.children.push(child);
                    at += 1;
                }
                // What an opaque type captures names nothing.
                "use" if self.text(at + 1) == "<" => {}
                "use" => {
                    let here = here(module, &inline);
                    let mut found = Vec::new();
                    at = self.tree(at + 1, &[], &mut found);
                    self.paths.extend(found.into_iter().map(|path| resolve(path, &here)));
                    continue;
                }
                word if is_word(word) && self.text(at + 1) == "::" => {
                    let here = here(module, &inline);
                    let path = self.path(&mut at);
                    self.paths.push(resolve(path, &here));
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// The text of a token; empty beyond the end.
    pub(crate) fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    /// The other name a `use … as …` gives to `name`, if one does.
    pub(crate) fn renamed(&self, name: &str) -> Option<&str> {
        let at = (0..self.tokens.len())
            .find(|at| self.text(*at) == name && self.text(at + 1) == "as")?;
        Some(self.text(at + 2))
    }

    /// The files among `modules` of which this one names something; a module alone is only a name for
    /// what is taken from it.
    pub(crate) fn names_of<'a>(
        &self,
        module: &[String],
        modules: &BTreeMap<Vec<String>, &'a PathBuf>,
    ) -> Vec<&'a PathBuf> {
        // Names that stand for a module: imported ones, and children.
        let mut known: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for child in self.children.iter().filter(|child| child.len() == 1) {
            known.insert(&child[0], module.iter().chain(child).cloned().collect());
        }
        for path in &self.paths {
            if let ["crate", ..] = path.segments.iter().map(String::as_str).collect::<Vec<_>>()[..]
                && let Some(last) = path.segments.last()
                && modules.contains_key(&path.segments[1..])
            {
                known.insert(self.renamed(last).unwrap_or(last), path.segments[1..].to_vec());
            }
        }
        let mut named = Vec::new();
        for path in &self.paths {
            let (first, rest) = path.segments.split_first().expect("a path has a segment");
            let mut full = match known.get(first.as_str()) {
                _ if first == "crate" => Vec::new(),
                Some(module) => module.clone(),
                None => continue,
            };
            full.extend_from_slice(rest);
            let long = (1..full.len()).rev().find_map(|length| modules.get(&full[..length]));
            if !modules.contains_key(&full) {
                named.extend(long.copied());
            }
        }
        named
    }

    /// Reads `a::b::c` from `at`, which ends on its last token.
    fn path(&self, at: &mut usize) -> NamedPath {
        let line = self.tokens[*at].line;
        let mut segments = vec![self.text(*at).to_owned()];
        while self.text(*at + 1) == "::" && is_word(self.text(*at + 2)) {
            *at += 2;
            segments.push(self.text(*at).to_owned());
        }
        NamedPath { line, segments }
    }

    /// Reads a `use` tree from `at` and returns where it ends; leaves go to `found`.
    fn tree(&self, mut at: usize, prefix: &[String], found: &mut Vec<NamedPath>) -> usize {
        let mut segments = prefix.to_vec();
        while let Some(token) = self.tokens.get(at) {
            match token.text.as_str() {
                "::" => at += 1,
                "{" => {
                    at += 1;
                    while !matches!(self.text(at), "}" | "") {
                        at = self.tree(at, &segments, found);
                        if self.text(at) == "," {
                            at += 1;
                        }
                    }
                    return at + 1;
                }
                "as" => at += 2,
                "," | "}" | ";" => break,
                word => {
                    segments.push(word.to_owned());
                    if self.text(at + 1) != "::" {
                        found.push(NamedPath { line: token.line, segments: segments.clone() });
                    }
                    at += 1;
                }
            }
        }
        at
    }
}

/// The module that a place in a file belongs to.
fn here(module: &[String], inline: &[(usize, String)]) -> Vec<String> {
    module.iter().cloned().chain(inline.iter().map(|(_, name)| name.clone())).collect()
}

/// Replaces leading `self` and `super` by the module they mean.
fn resolve(path: NamedPath, here: &[String]) -> NamedPath {
    let ups = path.segments.iter().take_while(|s| *s == "super" || *s == "self").count();
    let supers = path.segments.iter().take(ups).filter(|s| *s == "super").count();
    if ups == 0 || supers > here.len() {
        return path;
    }
    let kept = here.iter().take(here.len() - supers).cloned();
    let rest = path.segments.iter().skip(ups).cloned();
    let segments = std::iter::once("crate".to_owned()).chain(kept).chain(rest).collect();
    NamedPath { line: path.line, segments }
}

/// Is this a word (or a `*` of a `use` tree, which counts as one)?
pub(crate) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '*')
}

/// Splits a text into tokens and string literals; comments disappear.
fn tokenize(text: &str) -> (Vec<Token>, Vec<(usize, String)>) {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut strings) = (Vec::new(), Vec::new());
    let (mut at, mut line) = (0, 1);
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        let start = at;
        if c == '/' && next == '/' {
            at += chars[at..].iter().take_while(|c| **c != '\n').count();
        } else if c == '/' && next == '*' {
            at = end_of_block_comment(&chars, at);
        } else if let Some((content, end)) = string_at(&chars, at) {
            strings.push((line, chars[content].iter().collect()));
            at = end;
        } else if c == '\'' {
            at = end_of_quote(&chars, at);
        } else if c.is_alphanumeric() || c == '_' {
            at += chars[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
            tokens.push(Token { line, text: chars[start..at].iter().collect() });
        } else if c == ':' && next == ':' {
            at += 2;
            tokens.push(Token { line, text: "::".to_owned() });
        } else {
            at += 1;
            if !c.is_whitespace() {
                tokens.push(Token { line, text: c.to_string() });
            }
        }
        line += chars[start..at].iter().filter(|c| **c == '\n').count();
    }
    (tokens, strings)
}

/// Where the (nested) block comment that starts at `at` ends.
fn end_of_block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// If a string literal starts at `at`: where its content is, and where it ends.
fn string_at(chars: &[char], at: usize) -> Option<(std::ops::Range<usize>, usize)> {
    let mut open = at;
    while matches!(chars.get(open), Some('b' | 'c' | 'r')) && open < at + 2 {
        open += 1;
    }
    let hashes = chars[open..].iter().take_while(|c| **c == '#').count();
    let raw = open > at && chars[open - 1] == 'r';
    if chars.get(open + hashes) != Some(&'"') || (hashes > 0 && !raw) {
        return None;
    }
    let content = open + hashes + 1;
    let mut end = content;
    while end < chars.len() {
        match chars[end] {
            '\\' if !raw => end += 1,
            '"' if chars[end + 1..].iter().take(hashes).filter(|c| **c == '#').count()
                == hashes =>
            {
                return Some((content..end, end + 1 + hashes));
            }
            _ => {}
        }
        end += 1;
    }
    Some((content..chars.len(), chars.len()))
}

/// Where the character literal at `at` ends; a lifetime ends after its quote.
fn end_of_quote(chars: &[char], at: usize) -> usize {
    match chars[at + 1..] {
        ['\\', _, ..] => {
            let rest = chars[at + 3..].iter().take_while(|c| **c != '\'').count();
            (at + 4 + rest).min(chars.len())
        }
        [_, '\'', ..] => at + 3,
        _ => at + 1,
    }
}

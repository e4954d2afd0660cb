//! What `translate` does to characters (XPath 1.0, 4.2).

use std::collections::HashMap;

/// Each character that is replaced or left out, with what takes its place.
#[derive(Clone, Debug)]
pub(super) struct Translation(HashMap<char, Option<char>>);

impl Translation {
    /// Of the characters of `from`, the first of each counts.
    pub(super) fn new(from: &str, to: &str) -> Self {
        let mut map = HashMap::new();
        let mut to = to.chars();
        for character in from.chars() {
            let replacement = to.next();
            map.entry(character).or_insert(replacement);
        }
        Self(map)
    }

    pub(super) fn apply(&self, text: &str) -> String {
        text.chars().filter_map(|c| self.0.get(&c).map_or(Some(c), |to| *to)).collect()
    }
}

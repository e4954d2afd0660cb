//! A statement put together with its values: for questions of which nobody knows beforehand what they ask.

use std::fmt::Write as _;

use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe};

use super::Result;
use crate::domain::scope::ServiceSet;

/// A value of a statement.
enum Bound {
    Number(i64),
    Text(String),
    Octets(Vec<u8>),
}

/// Text of our own, and values of anybody's, which are never part of it.
pub(super) struct Statement {
    text: String,
    values: Vec<Bound>,
}

impl Statement {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// Adds text.
    pub(super) fn say(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value, and its mark to the text.
    pub(super) fn number(&mut self, value: i64) -> &mut Self {
        self.bind(Bound::Number(value))
    }

    /// The same of a text.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.bind(Bound::Text(value.to_owned()))
    }

    /// The same of octets.
    pub(super) fn octets(&mut self, value: &[u8]) -> &mut Self {
        self.bind(Bound::Octets(value.to_vec()))
    }

    fn bind(&mut self, value: Bound) -> &mut Self {
        self.values.push(value);
        let _ = write!(self.text, "${}", self.values.len());
        self
    }

    /// Adds ` AND column IN (…)` of numbers, which are not empty.
    pub(super) fn among(
        &mut self,
        column: &str,
        numbers: impl IntoIterator<Item = i64>,
    ) -> &mut Self {
        self.say(" AND ").say(column).say(" IN (");
        for (at, number) in numbers.into_iter().enumerate() {
            if at > 0 {
                self.say(",");
            }
            self.number(number);
        }
        self.say(")")
    }

    /// Adds the condition that the client service in a column is one of a set.
    pub(super) fn of_services(&mut self, column: &str, services: &ServiceSet) -> &mut Self {
        match services {
            ServiceSet::All => self,
            // `IN ()` is no SQL.
            ServiceSet::Of(none) if none.is_empty() => self.say(" AND 1 = 0"),
            ServiceSet::Of(some) => {
                let mut some = some.iter().map(|id| id.as_i64());
                match (some.next(), some.len()) {
                    (Some(one), 0) => self.say(" AND ").say(column).say(" = ").number(one),
                    (first, _) => self.among(column, first.into_iter().chain(some)),
                }
            }
        }
    }

    /// The rows it finds.
    pub(super) async fn rows(self, pool: &AnyPool) -> Result<Vec<AnyRow>> {
        let Self { text, values } = self;
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in values {
            query = match value {
                Bound::Number(number) => query.bind(number),
                Bound::Text(text) => query.bind(text),
                Bound::Octets(octets) => query.bind(octets),
            };
        }
        Ok(query.fetch_all(pool).await?)
    }
}

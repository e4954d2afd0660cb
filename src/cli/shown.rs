//! What commands show: tables for people, JSON for programs, made of the same values.

use clap::Args;
use serde_json::{Map, Value};

/// How a command shows what it has to show.
#[derive(Args, Clone, Copy)]
pub(super) struct Shown {
    /// As JSON, for programs.
    #[arg(long)]
    pub(super) json: bool,
}

/// A column of a table, or a line of a card.
#[derive(Clone, Copy)]
pub struct Column {
    /// Member in JSON; empty for what only people see.
    name: &'static str,
    /// Heading; empty for what only programs see.
    heading: &'static str,
    /// Stands for `null`.
    none: &'static str,
    /// Stand for `true` and `false`.
    answers: (&'static str, &'static str),
}

/// A column with its member in JSON and its heading.
#[must_use]
pub const fn column(name: &'static str, heading: &'static str) -> Column {
    Column { name, heading, none: "-", answers: ("yes", "no") }
}

impl Column {
    /// The word for nothing, `-` without it.
    #[must_use]
    pub const fn none(self, none: &'static str) -> Self {
        Self { none, ..self }
    }

    /// The words for true and false.
    #[must_use]
    pub const fn answers(self, yes: &'static str, no: &'static str) -> Self {
        Self { answers: (yes, no), ..self }
    }

    fn cell(&self, value: &Value) -> String {
        match value {
            Value::Null => self.none.to_owned(),
            Value::Bool(true) => self.answers.0.to_owned(),
            Value::Bool(false) => self.answers.1.to_owned(),
            Value::String(text) => text.chars().map(visible).collect(),
            Value::Array(values) => {
                let cells: Vec<String> = values.iter().map(|value| self.cell(value)).collect();
                if cells.is_empty() { self.none.to_owned() } else { cells.join(", ") }
            }
            other => other.to_string(),
        }
    }
}

/// What others say (a mail server, a file's name) moves no cursor and colours nothing.
fn visible(character: char) -> char {
    if character.is_control() { '\u{fffd}' } else { character }
}

/// Rows to show.
pub struct Table {
    columns: &'static [Column],
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub const fn new(columns: &'static [Column]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row: one value for each column.
    pub fn row<const N: usize>(&mut self, cells: [Value; N]) {
        debug_assert_eq!(N, self.columns.len());
        self.rows.push(cells.into());
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows for programs.
    #[must_use]
    pub fn objects(&self) -> Value {
        self.rows.iter().map(|row| object(self.columns, row)).collect()
    }

    /// Writes the table, or `empty` when it has no row; in JSON an array of objects.
    pub(super) fn show(&self, shown: Shown, empty: &str) {
        if shown.json {
            say_json(&self.objects());
        } else if self.rows.is_empty() {
            say!("{empty}");
        } else {
            for line in self.lines() {
                say!("{line}");
            }
        }
    }

    /// The rows for people: a line with the headings, and one for each row, as wide as they need to be.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let seen = |row: &Vec<Value>| -> Vec<(String, bool)> {
            let cells = self.columns.iter().zip(row);
            let cells = cells.filter(|(column, _)| !column.heading.is_empty());
            cells.map(|(column, value)| (column.cell(value), value.is_number())).collect()
        };
        let rows: Vec<Vec<(String, bool)>> = self.rows.iter().map(seen).collect();
        let headings = self.columns.iter().filter(|column| !column.heading.is_empty());
        // A heading stands over numbers as they stand.
        let head: Vec<(String, bool)> = headings
            .enumerate()
            .map(|(at, column)| {
                let mut cells = rows.iter().filter_map(|row| row.get(at));
                (column.heading.to_owned(), cells.any(|(_, number)| *number))
            })
            .collect();
        let all = || std::iter::once(&head).chain(&rows);
        let width = |at: usize| {
            let cells = all().filter_map(|row| row.get(at));
            cells.map(|(text, _)| text.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let line = |row: &Vec<(String, bool)>| {
            let cells = row.iter().zip(&widths).map(|((text, number), width)| {
                if *number { format!("{text:>width$}") } else { format!("{text:<width$}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        all().map(line).collect()
    }
}

/// Writes one thing: a line for each value, in JSON an object.
pub(super) fn show_card<const N: usize>(shown: Shown, lines: [(Column, Value); N]) {
    let (columns, values): (Vec<Column>, Vec<Value>) = lines.into_iter().unzip();
    if shown.json {
        say_json(&object(&columns, &values));
        return;
    }
    let seen = || columns.iter().zip(&values).filter(|(column, _)| !column.heading.is_empty());
    let width = seen().map(|(column, _)| column.heading.chars().count()).max().unwrap_or_default();
    for (column, value) in seen() {
        say!("{:<width$}  {}", column.heading, column.cell(value));
    }
}

/// Writes JSON for programs.
pub(super) fn say_json(value: &Value) {
    say!("{value:#}");
}

fn object(columns: &[Column], values: &[Value]) -> Value {
    let members = columns.iter().zip(values).filter(|(column, _)| !column.name.is_empty());
    let members = members.map(|(column, value)| (column.name.to_owned(), value.clone()));
    Value::Object(members.collect::<Map<_, _>>())
}

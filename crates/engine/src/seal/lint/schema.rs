//! Validation with XML Schema 1.0. Which schema a document has follows from its root element, and in
//! UBL, whose versions share their namespaces, from `cbc:UBLVersionID`; what the document says in
//! `xsi:schemaLocation` is never followed.
//!
//! The schemas come from outside, checked for completeness; each is compiled once, when the first
//! document needs it, and kept. Documents were bounded by the guard before.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use roxmltree::Document;
use uppsala::XsdValidator;

use super::look::{Look, shown, text};
use crate::seal::xades::ubl::CBC_NAMESPACE;

/// Major and minor number of a vocabulary, as 2.1.
pub type Version = (u32, u32);

/// Reads and compiles a schema.
pub type Compile = Box<dyn Fn() -> Result<XsdValidator, String> + Send + Sync>;

/// The schema of one kind of document.
pub struct Schema {
    name: String,
    version: Version,
    listed: usize,
    compile: Compile,
    compiled: OnceLock<Result<XsdValidator, String>>,
}

impl Schema {
    /// A schema that is compiled when it is needed.
    #[must_use]
    pub fn new(name: String, version: Version, compile: Compile) -> Self {
        Self { name, version, listed: 0, compile, compiled: OnceLock::new() }
    }

    /// The same, whose longest list of values has so many bytes: the validator copies it into the error of
    /// every value that is none of them.
    #[must_use]
    pub fn listing(self, bytes: usize) -> Self {
        Self { listed: bytes, ..self }
    }

    /// Elements and attributes that a document of so many bytes may have. Each may be wrong, and the validator
    /// keeps all errors until it is done.
    fn most_nodes(&self, bytes: usize) -> usize {
        let allowed = bytes.saturating_mul(PER_BYTE).saturating_add(FREE).min(MOST);
        allowed / (ONE_NODE + self.listed)
    }

    fn validator(&self) -> Result<&XsdValidator, &str> {
        self.compiled.get_or_init(|| (self.compile)()).as_ref().map_err(String::as_str)
    }
}

/// The installed schemas, by namespace and name of the root element.
#[derive(Default)]
pub struct Schemas(BTreeMap<(String, String), Vec<Schema>>);

/// What the schema says.
pub(super) enum SchemaVerdict<'s> {
    Valid,
    /// There is none for this document; why.
    NoSchema(String),
    /// There is one, and it cannot be compiled.
    Broken,
    /// It has more elements and attributes than the schema allows to look at.
    TooLarge {
        limit: usize,
    },
    Invalid {
        schema: &'s str,
        /// In the text of the tree.
        offset: usize,
        detail: String,
    },
}

impl Schemas {
    /// Adds the schema of a root element.
    pub fn add(&mut self, namespace: String, root: String, schema: Schema) {
        let versions = self.0.entry((namespace, root)).or_default();
        versions.push(schema);
        versions.sort_by_key(|schema| schema.version);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many kinds of document they are for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Compiles every schema of root elements with a local name, so that a broken one is found
    /// before a document is. Returns how many there are.
    ///
    /// # Errors
    /// Name and fault of the first that cannot be compiled.
    pub fn compile(&self, root: &str) -> Result<usize, String> {
        let named = self.0.iter().filter(|((_, name), _)| name == root);
        let schemas: Vec<_> = named.flat_map(|(_, schemas)| schemas).collect();
        for schema in &schemas {
            schema.validator().map_err(|error| format!("{}: {error}", schema.name))?;
        }
        Ok(schemas.len())
    }

    /// Validates the text that a tree was read from.
    pub(super) fn validate(&self, tree: &Document<'_>) -> SchemaVerdict<'_> {
        let name = tree.root_element().tag_name();
        let key = (name.namespace().unwrap_or_default().to_owned(), name.name().to_owned());
        let Some(versions) = self.0.get(&key) else {
            let why = format!("no schema is installed for {}", shown(name.name()));
            return SchemaVerdict::NoSchema(why);
        };
        let wanted = version(tree);
        let fitting = versions.iter().find(|schema| wanted.is_none_or(|it| it <= schema.version));
        let Some(schema) = fitting else {
            let (major, minor) = wanted.unwrap_or_default();
            let why = format!("no schema of UBL {major}.{minor} is installed");
            return SchemaVerdict::NoSchema(why);
        };
        let limit = schema.most_nodes(tree.input_text().len());
        if count(tree) > limit {
            return SchemaVerdict::TooLarge { limit };
        }
        let found = match schema.validator() {
            Ok(validator) => first_error(validator, tree.input_text()),
            Err(_) => return SchemaVerdict::Broken,
        };
        match found {
            None => SchemaVerdict::Valid,
            Some((offset, detail)) => {
                SchemaVerdict::Invalid { schema: &schema.name, offset, detail }
            }
        }
    }
}

/// Bytes of memory that validating may take, whatever the document, for each byte of it, and at most.
const FREE: usize = 32 << 20;
const PER_BYTE: usize = 48;
const MOST: usize = 768 << 20;

/// What an element or attribute takes in the trees, with an error about it, beside the values that the schema
/// lists.
const ONE_NODE: usize = 650;

/// Elements and attributes.
fn count(tree: &Document<'_>) -> usize {
    let elements = tree.descendants().filter(roxmltree::Node::is_element);
    elements.map(|element| 1 + element.attributes().len()).sum()
}

/// The version of UBL that a document names.
fn version(tree: &Document<'_>) -> Option<Version> {
    let said = Look::down(tree.root_element(), &[(CBC_NAMESPACE, "UBLVersionID")])?;
    let (major, minor) = text(said).split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// In a text of this length every position is cheap to find.
const SHORT: usize = 64 * 1024;

/// How many bytes may be walked over to find the positions of errors; the validator walks from the
/// beginning of the text for each of them.
const WALK: usize = 2_000_000_000;

/// The first error of a text, and where it is.
fn first_error(validator: &XsdValidator, text: &str) -> Option<(usize, String)> {
    let parse = || uppsala::parse(text).map_err(|error| (0, shorten(&error.to_string())));
    let document = match parse() {
        Ok(document) => document,
        Err(error) => return Some(error),
    };
    if text.len() > SHORT {
        // Without its text a document has no positions, and they cost nothing.
        let errors = validator.validate(&document.into_static());
        let first = errors.first()?;
        if errors.len().saturating_mul(text.len()) > WALK {
            return Some((0, sentence(&first.message, errors.len())));
        }
        drop(errors);
        return parse().map_or_else(Some, |document| placed(validator, &document, text));
    }
    placed(validator, &document, text)
}

fn placed(
    validator: &XsdValidator,
    document: &uppsala::Document<'_>,
    text: &str,
) -> Option<(usize, String)> {
    let errors = validator.validate(document);
    let first = errors.first()?;
    let offset = match (first.line, first.column) {
        (Some(line), Some(column)) => offset_of(text, line, column),
        _ => 0,
    };
    Some((offset, sentence(&first.message, errors.len())))
}

fn sentence(message: &str, count: usize) -> String {
    let message = shorten(message);
    match count {
        0 | 1 => message,
        several => format!("{message} (the first of {several} errors)"),
    }
}

/// Lines and columns count from 1, columns in bytes.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

fn shorten(message: &str) -> String {
    const MOST: usize = 300;
    message.chars().take(MOST).collect()
}

//! Lint: what is certainly wrong with a document, found before a key is used.
//!
//! It looks twice. [`LintRun::before`] sees the document as it came: whether it is what the profile is
//! for, and the rules about what must or must not be in it. [`LintRun::after`] sees the document as it
//! will be, with a signature value that is none: rules about the seal in its place, and the schema.
//! A place that is still empty is often not valid before it is sealed, so the schema judges the
//! result. Every refusal points into the document as it came.
//!
//! `rules` lists the rules and their sources; `schema` validates; `look` finds the way back to line
//! and column.

mod ebill;
mod latin_america;
mod look;
pub mod rules;
pub mod schema;
mod ubl;

use roxmltree::Document;

use super::catalogue::Root;
use super::inspect::{Content, inspect};
use super::xades::ubl::is_ubl;
use super::xml::guard;
use super::xml::source::Source;
use super::{Limits, Prepared};
use crate::domain::client_service::Lint as Level;
use crate::domain::refusal::Refusal;
use look::{Look, Mistake, PositionMap};
use rules::{Rule, Stage};
use schema::{SchemaVerdict, Schemas};

/// Name of the check of the root element in refusals.
const DOCUMENT_TYPE: &str = "document-type";

/// How a document is looked at.
#[derive(Clone, Copy)]
pub struct LintRun<'a> {
    /// How closely.
    pub level: Level,
    /// The root elements that the profile is for; empty for any.
    pub roots: &'a [Root],
    /// Names of the profile's rules; `None` without a profile.
    pub rules: Option<&'a [String]>,
    /// The installed schemas.
    pub schemas: &'a Schemas,
}

impl LintRun<'_> {
    /// Looks at a document as it came. A document that is not XML passes.
    ///
    /// # Errors
    /// [`Refusal::SchemasMissing`], [`Refusal::LintFailed`], [`Refusal::TimeUsedUp`], and what the reader
    /// of XML refuses.
    pub fn before(&self, document: &[u8], limits: &Limits) -> Result<(), Refusal> {
        if self.level == Level::None {
            return Ok(());
        }
        if self.level == Level::Schema && self.schemas.is_empty() {
            return Err(Refusal::SchemasMissing);
        }
        if inspect(document) != Content::Xml {
            return Ok(());
        }
        let source = Source::read(document)?;
        guard::check(&source, limits)?;
        let tree = guard::parse(&source, limits)?;
        let look = Look::new(&tree, document, None, &limits.patience);
        let way = PositionMap::original(&source);
        self.check_root(&look).map_err(|found| found.refusal(DOCUMENT_TYPE, &way))?;
        self.check_rules(Stage::Before, &look, &way)
    }

    /// Looks at a document as it will be. Returns what the client should know although it is no
    /// reason to refuse.
    ///
    /// # Errors
    /// [`Refusal::LintFailed`], [`Refusal::SchemaInvalid`], [`Refusal::SchemasMissing`],
    /// [`Refusal::XmlTooManyNodes`] for the schema, [`Refusal::TimeUsedUp`].
    pub fn after(&self, prepared: &Prepared, limits: &Limits) -> Result<Vec<String>, Refusal> {
        if self.level == Level::None {
            return Ok(Vec::new());
        }
        let filled = prepared.preview().filter(crate::seal::draft::Filled::holds_original);
        let filled = filled.as_ref();
        let original = prepared.document.as_slice();
        let document = filled.map_or(original, |filled| filled.bytes.as_slice());
        if inspect(document) != Content::Xml {
            let note = "the document was not validated: it is not XML".to_owned();
            return Ok(if self.level == Level::Schema { vec![note] } else { Vec::new() });
        }
        let source = Source::read(document)?;
        // The seal's own nodes are not the client's.
        let limits = Limits { nodes: limits.nodes.saturating_add(SEAL_NODES), ..limits.clone() };
        let tree = guard::parse(&source, &limits)?;
        let way = PositionMap { source: &source, original, filled };
        let look = Look::new(&tree, original, way.seal(&tree), &limits.patience);
        self.check_rules(Stage::After, &look, &way)?;
        match self.level {
            Level::Schema => {
                let verdict = self.check_schema(&tree, &way);
                look.check_time()?;
                verdict
            }
            Level::None | Level::Basic => Ok(Vec::new()),
        }
    }

    fn check_root(&self, look: &Look<'_, '_>) -> Result<(), Mistake> {
        let root = look.tree.root_element();
        let name = root.tag_name();
        let namespace = name.namespace().unwrap_or_default();
        if self.roots.is_empty()
            || self.roots.iter().any(|wanted| wanted.matches(name.name(), namespace))
        {
            return Ok(());
        }
        let wanted: Vec<String> =
            self.roots.iter().map(|root| format!("{{{}}}{}", root.namespace, root.name)).collect();
        let detail = format!(
            "the profile is for {}, and this is {{{namespace}}}{}; ask for another profile",
            wanted.join(" or "),
            name.name()
        );
        Err(Mistake::at(root, detail))
    }

    fn check_rules(
        &self,
        stage: Stage,
        look: &Look<'_, '_>,
        way: &PositionMap<'_, '_>,
    ) -> Result<(), Refusal> {
        for rule in self.chosen(look.tree).filter(|rule| rule.stage == stage) {
            let found = (rule.check)(look);
            look.check_time()?;
            found.map_err(|found| found.refusal(rule.name, way))?;
        }
        Ok(())
    }

    /// The rules of the profile; without a profile those that hold for every document of its kind.
    fn chosen(&self, tree: &Document<'_>) -> impl Iterator<Item = &'static Rule> {
        let any_ubl = self.rules.is_none() && is_ubl(tree.root_element());
        let named = self.rules.unwrap_or_default();
        rules::ALL.iter().filter(move |rule| {
            named.iter().any(|name| name == rule.name) || (any_ubl && rule.name == ubl::SCAFFOLDING)
        })
    }

    fn check_schema(
        &self,
        tree: &Document<'_>,
        way: &PositionMap<'_, '_>,
    ) -> Result<Vec<String>, Refusal> {
        match self.schemas.validate(tree) {
            SchemaVerdict::Valid => Ok(Vec::new()),
            SchemaVerdict::NoSchema(why) => {
                Ok(vec![format!("the document was not validated: {why}")])
            }
            // Nothing is sealed unseen that was to be validated.
            SchemaVerdict::Broken => Err(Refusal::SchemasMissing),
            SchemaVerdict::TooLarge { limit } => Err(Refusal::XmlTooManyNodes { limit }),
            SchemaVerdict::Invalid { schema, offset, detail } => {
                Err(Mistake::at_offset(tree, offset, detail).invalid(schema, way))
            }
        }
    }
}

/// More nodes than any seal has.
const SEAL_NODES: usize = 10_000;

//! Reads the schemas that documents are validated with: a folder for each edition, laid out as OASIS
//! publishes UBL (`ubl-2.1/maindoc/*.xsd` beside `ubl-2.1/common/`).
//!
//! The validator leaves out in silence what a schema imports and it does not find, so everything that
//! is imported is looked for here first.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use roxmltree::{Document, Node};
use uppsala::XsdValidator;

use super::Failure;
use crate::seal::lint::schema::{Compile, Schema, Schemas, Version};

const XSD_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema";

/// Modules of one edition; UBL has 79 files.
const MOST_FILES: usize = 2000;

/// The schemas of a folder, everything that they import checked to be there; none for an empty path.
///
/// # Errors
/// What is missing or no schema, with its file.
pub fn read(folder: &Path) -> Result<Schemas, Failure> {
    let mut schemas = Schemas::default();
    if folder.as_os_str().is_empty() {
        return Ok(schemas);
    }
    for edition in listed(folder)? {
        let documents = edition.join("maindoc");
        if documents.is_dir() {
            read_edition(&edition, &documents, &mut schemas)?;
        }
    }
    if schemas.is_empty() {
        let place = folder.display();
        return Err(format!(
            "lint.schemas {place} has no schemas; run scripts/setup-xsd.sh, or name the folder that \
             holds ubl-2.1/maindoc"
        )
        .into());
    }
    Ok(schemas)
}

fn read_edition(edition: &Path, documents: &Path, schemas: &mut Schemas) -> Result<(), Failure> {
    let version = version(edition);
    let mut modules = Modules { edition, namespaces: BTreeMap::new(), listed: 0 };
    for file in listed(documents)? {
        if file.extension().is_none_or(|extension| extension != "xsd") {
            continue;
        }
        let namespace = modules.check(&file)?;
        let text = text_of(&file)?;
        let tree = parse(&file, &text)?;
        let elements = tree.root_element().children().filter(|child| is(*child, "element"));
        for root in elements.filter_map(|element| element.attribute("name")) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let schema = Schema::new(name, version, compile(edition.to_owned(), file.clone()));
            let schema = schema.listing(modules.listed);
            schemas.add(namespace.clone(), root.to_owned(), schema);
        }
    }
    Ok(())
}

/// The modules of an edition whose imports were all found, with their namespaces.
struct Modules<'e> {
    edition: &'e Path,
    namespaces: BTreeMap<PathBuf, String>,
    /// Bytes of the longest list of values.
    listed: usize,
}

impl Modules<'_> {
    /// Walks over everything that a schema imports. Returns its namespace.
    fn check(&mut self, file: &Path) -> Result<String, Failure> {
        let first = plain(file);
        let mut open = vec![(first.clone(), None)];
        while let Some((file, wanted)) = open.pop() {
            let namespace = match self.namespaces.get(&file) {
                Some(namespace) => namespace.clone(),
                None => {
                    let text = text_of(&file)?;
                    let tree = parse(&file, &text)?;
                    self.listed = self.listed.max(listed_in(&tree));
                    let root = tree.root_element();
                    let namespace = root.attribute("targetNamespace").unwrap_or_default();
                    for part in root.children().filter(|child| loads(*child)) {
                        open.push(self.loaded(&file, part, namespace)?);
                    }
                    if self.namespaces.len() >= MOST_FILES {
                        let place = self.edition.display();
                        return Err(format!("{place} has more than {MOST_FILES} schemas").into());
                    }
                    self.namespaces.insert(file.clone(), namespace.to_owned());
                    namespace.to_owned()
                }
            };
            if let Some(wanted) = wanted
                && wanted != namespace
            {
                let place = file.display();
                return Err(format!("{place} is for {namespace}, but imported for {wanted}").into());
            }
        }
        Ok(self.namespaces.get(&first).cloned().unwrap_or_default())
    }

    /// The file that an `xsd:import` or `xsd:include` names, and the namespace that it must have.
    fn loaded(
        &self,
        file: &Path,
        part: Node<'_, '_>,
        namespace: &str,
    ) -> Result<(PathBuf, Option<String>), Failure> {
        let place = file.display();
        let location = part
            .attribute("schemaLocation")
            .ok_or_else(|| format!("{place} imports a schema without saying where it is"))?;
        let folder = file.parent().unwrap_or(self.edition);
        let found = plain(&folder.join(location));
        if !found.starts_with(plain(self.edition)) || !found.is_file() {
            return Err(format!("{place} imports {location}, which is not there").into());
        }
        let wanted = match part.tag_name().name() {
            "import" => part.attribute("namespace").unwrap_or_default(),
            _ => namespace,
        };
        Ok((found, Some(wanted.to_owned())))
    }
}

/// Bytes of the longest list of values or patterns that a module allows somewhere, as the validator writes them.
fn listed_in(tree: &Document<'_>) -> usize {
    let restrictions = tree.descendants().filter(|node| is(*node, "restriction"));
    let listed = restrictions.map(|restriction| {
        let facets = restriction.children();
        let facets = facets.filter(|node| is(*node, "enumeration") || is(*node, "pattern"));
        facets.filter_map(|facet| facet.attribute("value")).map(|value| value.len() + 4).sum()
    });
    listed.max().unwrap_or_default()
}

/// The validator finds only what lies below the folder that it starts from, so it starts from the
/// folder of the edition, and the document schema is told so.
fn compile(edition: PathBuf, file: PathBuf) -> Compile {
    Box::new(move || {
        let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let text = text.replace("schemaLocation=\"../", "schemaLocation=\"");
        let schema = uppsala::parse(&text).map_err(|error| error.to_string())?;
        XsdValidator::from_schema_with_base_path(&schema, Some(&edition))
            .map_err(|error| error.to_string())
    })
}

/// `ubl-2.1` is version 2.1.
fn version(edition: &Path) -> Version {
    let name = edition.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let numbers = name.rsplit_once('-').and_then(|(_, version)| version.split_once('.'));
    let parsed =
        numbers.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    parsed.unwrap_or_default()
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| format!("lint.schemas: {} cannot be read: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

fn text_of(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()).into())
}

fn parse<'t>(file: &Path, text: &'t str) -> Result<Document<'t>, Failure> {
    // The schema of XML Signature has a document type declaration, which nothing depends on.
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    Document::parse_with_options(text, options)
        .map_err(|error| format!("{} is not XML: {error}", file.display()).into())
}

fn is(node: Node<'_, '_>, name: &'static str) -> bool {
    node.has_tag_name((XSD_NAMESPACE, name))
}

fn loads(node: Node<'_, '_>) -> bool {
    is(node, "import") || is(node, "include") || is(node, "redefine")
}

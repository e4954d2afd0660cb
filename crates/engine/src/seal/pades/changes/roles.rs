//! What each object of a revision is there for, as far as it may change after a signature. Roles come
//! from where an object is used, never from what it says of itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference};

/// Fields and widgets that are looked at.
const MAX_FIELDS: usize = 100_000;

/// A field or a widget of one.
pub(super) struct FieldRole {
    pub(super) reference: Reference,
    pub(super) is_signature: bool,
    /// Whether it is a signature field with a signature in it.
    pub(super) is_signed: bool,
    /// The field that has the value: itself, or one above it.
    pub(super) value_of: Reference,
}

/// What an object that is part of something is.
#[derive(Clone, Copy)]
pub(super) enum PartRole {
    /// Metadata of the document, or its information dictionary.
    Description,
    /// A dictionary or an array of validation data, developer extensions or permissions.
    Container,
    /// Appearance of a field, or a dictionary of appearances.
    Appearance { field: u32 },
    /// Value of a field.
    Value,
    /// Resources of the form.
    Resources,
    /// The list of fields.
    Fields,
    /// Kids of a field.
    Kids { field: u32 },
    /// The annotations of a page.
    Annotations { page: u32 },
}

impl PartRole {
    /// Whether an object of this part may refer to one of another part that was replaced.
    pub(super) const fn may_use(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Container, Self::Container)
                | (Self::Appearance { .. }, Self::Appearance { .. })
                | (Self::Resources, Self::Resources)
        )
    }
}

/// The roles of one revision.
#[derive(Default)]
pub(super) struct Roles {
    pub(super) catalog: u32,
    /// The dictionary of the form.
    pub(super) form: Option<u32>,
    pub(super) fields: BTreeMap<u32, FieldRole>,
    pub(super) pages: BTreeMap<u32, Reference>,
    /// What pages list as annotations.
    pub(super) annotations: BTreeSet<u32>,
    pub(super) parts: BTreeMap<u32, PartRole>,
}

/// Keys of the catalog that may change (7.7.2): whatever else differs is a change of the document.
pub(super) const CATALOG: [&str; 6] =
    ["AcroForm", "DSS", "Perms", "Extensions", "Version", "Metadata"];

/// Keys of a page that may change.
pub(super) const PAGE: [&str; 3] = ["Annots", "LastModified", "Tabs"];

impl Roles {
    /// Reads the catalog, the form and the pages of a revision.
    pub(super) fn read(file: &PdfFile<'_>) -> Result<Self, PdfRefusal> {
        let mut roles = Self { catalog: file.root().number, ..Self::default() };
        let catalog = file.catalog()?;
        roles.part(file.trailer().get("Info"), PartRole::Description);
        roles.part(catalog.get("Metadata"), PartRole::Description);
        for key in ["Perms", "Extensions"] {
            roles.part(catalog.get(key), PartRole::Container);
        }
        roles.validation_data(file, &catalog)?;
        let form = file.dictionary(&catalog, "AcroForm")?.unwrap_or_default();
        roles.form = catalog.get("AcroForm").and_then(Object::as_reference).map(|it| it.number);
        roles.part(form.get("Fields"), PartRole::Fields);
        roles.resources(file, &form)?;
        roles.fields(file, file.array(&form, "Fields")?.unwrap_or_default())?;
        for page in file.pages()? {
            let page = page?;
            let number = page.reference.number;
            roles.pages.insert(number, page.reference);
            roles.part(page.dictionary.get("Annots"), PartRole::Annotations { page: number });
            for annotation in file.array(&page.dictionary, "Annots")?.unwrap_or_default() {
                roles.annotations.extend(annotation.as_reference().map(|it| it.number));
            }
        }
        Ok(roles)
    }

    /// What an object refers to, apart from where its role lets it refer to what may be replaced.
    pub(super) fn uses(&self, number: u32, mut object: Object) -> (Object, Option<PartRole>) {
        // streams are no lists of anything
        let Object::Dictionary(dictionary) = &mut object else {
            return (object, self.parts.get(&number).copied());
        };
        let list = dictionary.get("Length").is_none();
        let structure = dictionary.get("Type").and_then(Object::as_name) == Some(b"XRef");
        let mut remove = |keys: &[&str]| keys.iter().for_each(|key| dictionary.remove(key));
        // a cross-reference stream is a trailer, too
        if structure {
            remove(&["Info"]);
        }
        if number == self.catalog {
            remove(&CATALOG);
        }
        if self.form == Some(number) {
            remove(&["Fields", "DR"]);
        }
        if self.pages.contains_key(&number) {
            remove(&["Annots"]);
        }
        if self.fields.contains_key(&number) {
            remove(&["AP", "V", "Kids"]);
        }
        let part = self.parts.get(&number).copied();
        (object, part.filter(|_| list))
    }

    /// Whether an object has a role.
    pub(super) fn has(&self, number: u32) -> bool {
        number == self.catalog
            || self.form == Some(number)
            || self.fields.contains_key(&number)
            || self.pages.contains_key(&number)
            || self.annotations.contains(&number)
            || self.parts.contains_key(&number)
    }

    /// Notes the role of what a value refers to; the first one counts.
    fn part(&mut self, value: Option<&Object>, part: PartRole) {
        if let Some(Object::Reference(reference)) = value {
            self.parts.entry(reference.number).or_insert(part);
        }
    }

    /// Dictionaries and arrays of the document security store (ETSI EN 319 142-1, 5.4.2); the streams
    /// in them have no reason to change.
    fn validation_data(
        &mut self,
        file: &PdfFile<'_>,
        catalog: &Dictionary,
    ) -> Result<(), PdfRefusal> {
        const LISTS: [&str; 7] = ["Certs", "OCSPs", "CRLs", "Cert", "OCSP", "CRL", "VRI"];
        self.part(catalog.get("DSS"), PartRole::Container);
        let Some(store) = file.dictionary(catalog, "DSS")? else { return Ok(()) };
        for key in LISTS {
            self.part(store.get(key), PartRole::Container);
        }
        for (_, entry) in file.dictionary(&store, "VRI")?.unwrap_or_default().iter() {
            self.part(Some(entry), PartRole::Container);
            if let Object::Dictionary(entry) = file.resolve(entry)? {
                for key in LISTS {
                    self.part(entry.get(key), PartRole::Container);
                }
            }
        }
        Ok(())
    }

    /// The default resources of the form with their dictionaries of one kind.
    fn resources(&mut self, file: &PdfFile<'_>, form: &Dictionary) -> Result<(), PdfRefusal> {
        self.part(form.get("DR"), PartRole::Resources);
        for (_, kind) in file.dictionary(form, "DR")?.unwrap_or_default().iter() {
            self.part(Some(kind), PartRole::Resources);
        }
        Ok(())
    }

    fn fields(&mut self, file: &PdfFile<'_>, fields: Vec<Object>) -> Result<(), PdfRefusal> {
        // with whether it is inside a signature field, and what is above it
        type Ahead = (Reference, bool, Option<(Reference, bool)>);
        let own = |fields: Vec<Object>| -> Vec<Reference> {
            fields.iter().filter_map(Object::as_reference).collect()
        };
        let mut ahead: Vec<Ahead> =
            own(fields).into_iter().map(|field| (field, false, None)).collect();
        while let Some((reference, inherited, above)) = ahead.pop() {
            if ahead.len() > 2 * MAX_FIELDS {
                return Err(PdfRefusal::TooManyObjects { limit: MAX_FIELDS });
            }
            let field = Object::Reference(reference);
            let number = reference.number;
            if self.fields.contains_key(&number) {
                continue;
            }
            if self.fields.len() >= MAX_FIELDS {
                return Err(PdfRefusal::TooManyObjects { limit: MAX_FIELDS });
            }
            let Object::Dictionary(dictionary) = file.resolve(&field)? else { continue };
            let is_signature = match file.value(&dictionary, "FT")?.as_name() {
                Some(kind) => kind == b"Sig",
                None => inherited,
            };
            let has_value = dictionary.get("V").is_some();
            let (value_of, is_signed) = match above {
                Some(above) if !has_value => above,
                _ => (reference, is_signature && file.dictionary(&dictionary, "V")?.is_some()),
            };
            if !is_signature {
                self.part(dictionary.get("V"), PartRole::Value);
            }
            self.appearances(file, number, &dictionary)?;
            self.part(dictionary.get("Kids"), PartRole::Kids { field: number });
            for kid in own(file.array(&dictionary, "Kids")?.unwrap_or_default()) {
                ahead.push((kid, is_signature, Some((value_of, is_signed))));
            }
            self.fields.insert(number, FieldRole { reference, is_signature, is_signed, value_of });
        }
        Ok(())
    }

    /// The appearances of a widget for each use and state (12.5.5).
    fn appearances(
        &mut self,
        file: &PdfFile<'_>,
        field: u32,
        widget: &Dictionary,
    ) -> Result<(), PdfRefusal> {
        let part = PartRole::Appearance { field };
        self.part(widget.get("AP"), part);
        for (_, use_) in file.dictionary(widget, "AP")?.unwrap_or_default().iter() {
            self.part(Some(use_), part);
            let states = match use_ {
                Object::Dictionary(states) => states.clone(),
                Object::Reference(reference) => match file.get(*reference)? {
                    Indirect::Object(Object::Dictionary(states)) => states,
                    _ => continue,
                },
                _ => continue,
            };
            for (_, state) in states.iter() {
                self.part(Some(state), part);
            }
        }
        Ok(())
    }
}

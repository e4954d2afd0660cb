//! The files of a document that is to be one container: read one by one, and packed into a ZIP, as if the client had
//! sent that. The same files in the same order always give the same bytes.

use super::multipart::{PartOctets, Received};
use super::text::text_limit;
use super::wire::{ContainedFile, FILES_KEPT};
use crate::app::Limits;
use crate::domain::refusal::{CmsRefusal, Refusal};
use crate::web::body::Few;
use crate::web::encoded;
use crate::workflow::packing::FilePacker;
use crate::workflow::request::DocumentOctets;

/// The files of a document, and where they came from.
pub(super) struct ContainedFiles<'a> {
    /// The member, for whoever is told what is wrong with it.
    path: String,
    files: Few<ContainedFile<'a>, FILES_KEPT>,
    /// Those that came in parts of a form.
    parts: Option<Vec<Received>>,
}

impl<'a> ContainedFiles<'a> {
    pub(super) const fn new(
        path: String,
        files: Few<ContainedFile<'a>, FILES_KEPT>,
        parts: Option<Vec<Received>>,
    ) -> Self {
        Self { path, files, parts }
    }

    /// Packs the files; together they have no more octets than a document may have.
    ///
    /// # Errors
    /// A refusal that names the member; [`Refusal::DocumentTooLarge`] for all of them.
    pub(super) fn content(&mut self, limits: &Limits) -> Result<DocumentOctets, Refusal> {
        if self.files.count == 0 || self.files.count > self.files.items.len() {
            let expected = format!("a list of 1 to {FILES_KEPT} files");
            return Err(Refusal::MemberInvalid { path: self.path.clone(), expected });
        }
        let mut packer = self.packer(limits)?;
        let mut parts = self.parts.take().map(Vec::into_iter);
        for (number, file) in self.files.items.iter().enumerate() {
            let path = || format!("{}[{number}].base64Content", self.path);
            let invalid = |expected: String| Refusal::MemberInvalid { path: path(), expected };
            let empty = || invalid("the content of the file; it is empty".to_owned());
            let name = file.name.as_deref().unwrap_or_default();
            let content = match (&mut parts, &file.base64_content) {
                (Some(_), Some(_)) => {
                    return Err(invalid("left out: the file is in a part of the form".to_owned()));
                }
                (Some(parts), None) => match parts.next().map(|part| part.octets) {
                    Some(PartOctets::Whole(octets)) if !octets.is_empty() => octets,
                    Some(PartOctets::TooMany(size)) => return Err(packer.too_large(size)),
                    _ => return Err(empty()),
                },
                (None, None) => return Err(Refusal::MemberMissing { path: path() }),
                (None, Some(encoded)) => {
                    let content = encoded::content(&encoded.0, packer.left(name));
                    content.map_err(|refusal| match refusal {
                        Refusal::DocumentTooLarge { size, .. } => packer.too_large(size),
                        Refusal::DocumentEmpty => empty(),
                        Refusal::Base64Invalid { detail } => invalid(format!("base64: {detail}")),
                        other => other,
                    })?
                }
            };
            packer.add(name, &content)?;
        }
        Ok(DocumentOctets::new(packer.finish()))
    }

    /// A ZIP for files of these names.
    fn packer(&self, limits: &Limits) -> Result<FilePacker, Refusal> {
        let path = |number: usize| format!("{}[{number}].name", self.path);
        let mut names = Vec::with_capacity(self.files.items.len());
        for (number, file) in self.files.items.iter().enumerate() {
            let name = file.name.as_deref();
            let name = name.ok_or_else(|| Refusal::MemberMissing { path: path(number) })?;
            text_limit(name, &path(number))?;
            names.push(name);
        }
        FilePacker::new(&names, limits.document_bytes).map_err(|(number, refusal)| {
            let expected = match refusal {
                CmsRefusal::ContainerName { reason, .. } => {
                    format!("a path that a file of a container can have: {reason}")
                }
                CmsRefusal::ContainerNameRepeated { .. } => {
                    "another name than that of a file before it, on any system".to_owned()
                }
                other => other.to_string(),
            };
            Refusal::MemberInvalid { path: path(number), expected }
        })
    }
}

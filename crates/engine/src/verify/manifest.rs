//! ETSI's manifests of containers (EN 319 162-1, A.4): which signature each is of, and what it lists.

use super::indication::SubIndication;
use super::xml::sub_of;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::seal::Limits;
use crate::seal::reading::{
    MAX_LISTED_FILES, ManifestReference, ReadManifest, UnpackedFile, read_manifest,
};
use crate::seal::xml::xpath::Budget;

/// A manifest.
pub(super) struct AsicManifest<'f> {
    /// Its name.
    pub(super) name: &'f str,
    /// URI of the signature that signs it.
    pub(super) of: String,
    references: Vec<ManifestReference>,
}

/// A file that a manifest lists, and how it stands.
pub(super) struct ListedFile {
    pub(super) uri: String,
    /// `right`, `wrong`, `elsewhere`, `unknown`.
    pub(super) standing: &'static str,
    pub(super) digest: Option<DigestAlgorithm>,
}

impl ListedFile {
    /// How it stands, for people.
    pub(super) fn words(&self) -> &'static str {
        match self.standing {
            "right" => "has the digest that is written",
            "wrong" => "has another digest",
            "elsewhere" => "is not in the container",
            _ => "its digest algorithm is not known",
        }
    }
}

/// Reads all manifests of a container.
///
/// # Errors
/// What is wrong with the first that cannot be read.
pub(super) fn manifests<'f>(
    files: &[&'f UnpackedFile<'_>],
    limits: &Limits,
) -> Result<Vec<AsicManifest<'f>>, (SubIndication, String)> {
    let mut left = MAX_LISTED_FILES;
    let one = |file: &&'f UnpackedFile<'_>| {
        let wrong = |refusal: &Refusal| (sub_of(refusal), format!("{}: {refusal}", file.name));
        let manifest = read_manifest(&file.octets, limits).map_err(|refusal| wrong(&refusal))?;
        let Some(ReadManifest { of, references }) = manifest else {
            let text = format!("{}: it is no manifest (EN 319 162-1, A.4)", file.name);
            return Err((SubIndication::FormatFailure, text));
        };
        left = left.checked_sub(references.len()).ok_or_else(|| {
            let text = format!("its manifests list more than {MAX_LISTED_FILES} files");
            (SubIndication::Generic, text)
        })?;
        Ok(AsicManifest { name: &file.name, of, references })
    };
    files.iter().map(one).collect()
}

impl AsicManifest<'_> {
    /// What it lists, with what is there.
    ///
    /// # Errors
    /// When that is more to look at than the container may ask for.
    pub(super) fn listed<'c, 'z: 'c>(
        &self,
        named: &dyn Fn(&str) -> Option<&'c UnpackedFile<'z>>,
        budget: &Budget,
    ) -> Result<Vec<ListedFile>, (SubIndication, String)> {
        let one = |reference: &ManifestReference| {
            let ManifestReference { uri, algorithm: digest, .. } = reference;
            let standing = match (named(uri), digest) {
                (None, _) => "elsewhere",
                (Some(_), None) => "unknown",
                (Some(file), Some(_)) => {
                    budget.spend_on_text(file.octets.len()).map_err(|error| {
                        let text = format!("looking at what its manifest lists takes {error}");
                        (SubIndication::Generic, text)
                    })?;
                    if reference.is_of(&file.octets) { "right" } else { "wrong" }
                }
            };
            Ok(ListedFile { uri: uri.clone(), standing, digest: *digest })
        };
        self.references.iter().map(one).collect()
    }
}

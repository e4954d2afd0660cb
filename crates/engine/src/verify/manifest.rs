//! ETSI's manifests of containers (EN 319 162-1, A.4): which signature each is of, and what it lists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::indication::SubIndication;
use super::xml::sub_of;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::pki::algorithm::digest_from_uri;
use crate::pki::digest::Digest;
use crate::seal::Limits;
use crate::seal::reading::{UnpackedFile, base64_text, child};
use crate::seal::xml::source::Source;
use crate::seal::xml::xpath::Budget;
use crate::seal::xml::{DS_NAMESPACE, guard, is_element};

/// Namespaces of ASiC manifests, of the standard and of what came before it.
const NAMESPACES: [&str; 2] =
    ["http://uri.etsi.org/02918/v1.2.1#", "http://uri.etsi.org/2918/v1.2.1#"];
/// Files that all manifests of a container list.
const MAX_LISTED: usize = 4096;

/// A manifest.
pub(super) struct AsicManifest<'f> {
    /// Its name.
    pub(super) name: &'f str,
    /// URI of the signature that signs it.
    pub(super) of: String,
    references: Vec<ManifestReference>,
}

struct ManifestReference {
    uri: String,
    digest: Option<DigestAlgorithm>,
    value: Vec<u8>,
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
    let mut left = MAX_LISTED;
    let one = |file: &&'f UnpackedFile<'_>| {
        let wrong = |refusal: &Refusal| (sub_of(refusal), format!("{}: {refusal}", file.name));
        let manifest = read(file, limits).map_err(|refusal| wrong(&refusal))?;
        let Some(manifest) = manifest else {
            let text = format!("{}: it is no manifest (EN 319 162-1, A.4)", file.name);
            return Err((SubIndication::FormatFailure, text));
        };
        left = left.checked_sub(manifest.references.len()).ok_or_else(|| {
            let text = format!("its manifests list more than {MAX_LISTED} files");
            (SubIndication::Generic, text)
        })?;
        Ok(manifest)
    };
    files.iter().map(one).collect()
}

fn read<'f>(
    file: &'f UnpackedFile<'_>,
    limits: &Limits,
) -> Result<Option<AsicManifest<'f>>, Refusal> {
    let source = Source::read(&file.octets)?;
    guard::check(&source, limits)?;
    let tree = guard::parse(&source, limits)?;
    Ok(of_root(&file.name, tree.root_element()))
}

fn of_root<'f>(name: &'f str, root: Node<'_, '_>) -> Option<AsicManifest<'f>> {
    let namespace = NAMESPACES.into_iter().find(|it| is_element(root, (*it, "ASiCManifest")))?;
    let named = |name: &'static str| {
        root.children().filter(move |child| is_element(*child, (namespace, name)))
    };
    let mut signatures = named("SigReference");
    let of = signatures.next()?.attribute("URI")?.to_owned();
    if signatures.next().is_some() {
        return None;
    }
    let references = named("DataObjectReference").map(|reference| {
        let digest = child(reference, DS_NAMESPACE, "DigestMethod")
            .and_then(|method| digest_from_uri(method.attribute("Algorithm")?));
        let value = child(reference, DS_NAMESPACE, "DigestValue").map(base64_text);
        let value = value.and_then(|value| STANDARD.decode(value).ok()).unwrap_or_default();
        let uri = reference.attribute("URI").unwrap_or_default().to_owned();
        ManifestReference { uri, digest, value }
    });
    Some(AsicManifest { name, of, references: references.collect() })
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
            let ManifestReference { uri, digest, value } = reference;
            let standing = match (named(uri), digest) {
                (None, _) => "elsewhere",
                (Some(_), None) => "unknown",
                (Some(file), Some(digest)) => {
                    budget.spend_on_text(file.octets.len()).map_err(|error| {
                        let text = format!("looking at what its manifest lists takes {error}");
                        (SubIndication::Generic, text)
                    })?;
                    let right = Digest::of(*digest, &file.octets).value() == value.as_slice();
                    if right { "right" } else { "wrong" }
                }
            };
            Ok(ListedFile { uri: uri.clone(), standing, digest: *digest })
        };
        self.references.iter().map(one).collect()
    }
}

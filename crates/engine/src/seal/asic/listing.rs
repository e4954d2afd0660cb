//! Reading ETSI's manifests (EN 319 162-1, A.4 and A.7): which signature or timestamp each is of, and what it lists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use roxmltree::Node;

use super::container::UnpackedFile;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::pki::algorithm::digest_from_uri;
use crate::pki::digest::Digest;
use crate::seal::Limits;
use crate::seal::xades::elements::{base64_text, child};
use crate::seal::xml::source::Source;
use crate::seal::xml::{DS_NAMESPACE, guard, is_element};

/// Namespaces of ASiC manifests, of the standard and of what came before it.
const NAMESPACES: [&str; 2] =
    ["http://uri.etsi.org/02918/v1.2.1#", "http://uri.etsi.org/2918/v1.2.1#"];

/// A manifest.
#[derive(Clone, Debug)]
pub struct ReadManifest {
    /// URI of the signature or timestamp that is over it.
    pub of: String,
    pub references: Vec<ManifestReference>,
}

/// What a manifest says of one file.
#[derive(Clone, Debug)]
pub struct ManifestReference {
    pub uri: String,
    /// When it is known here.
    pub algorithm: Option<DigestAlgorithm>,
    pub value: Vec<u8>,
}

impl ManifestReference {
    /// Whether some octets have the digest that it says.
    #[must_use]
    pub fn is_of(&self, octets: &[u8]) -> bool {
        let digest = self.algorithm.map(|algorithm| Digest::of(algorithm, octets));
        digest.is_some_and(|digest| digest.value() == self.value.as_slice())
    }
}

/// The file that a URI names (RFC 3986): relative to the root of the container, whole.
#[must_use]
pub fn named<'f, 'z>(files: &'f [UnpackedFile<'z>], uri: &str) -> Option<&'f UnpackedFile<'z>> {
    if uri.contains(['#', '?']) {
        return None;
    }
    let name = percent_decode_str(uri).decode_utf8().ok()?;
    let name = name.strip_prefix('/').unwrap_or(&name);
    files.iter().find(|file| file.name == name)
}

/// Reads a manifest; `None` for what is none.
///
/// # Errors
/// What the reader of XML refuses.
pub fn read_manifest(octets: &[u8], limits: &Limits) -> Result<Option<ReadManifest>, Refusal> {
    let source = Source::read(octets)?;
    guard::check(&source, limits)?;
    let tree = guard::parse(&source, limits)?;
    Ok(of_root(tree.root_element()))
}

fn of_root(root: Node<'_, '_>) -> Option<ReadManifest> {
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
        let algorithm = child(reference, DS_NAMESPACE, "DigestMethod")
            .and_then(|method| digest_from_uri(method.attribute("Algorithm")?));
        let value = child(reference, DS_NAMESPACE, "DigestValue").map(base64_text);
        let value = value.and_then(|value| STANDARD.decode(value).ok()).unwrap_or_default();
        let uri = reference.attribute("URI").unwrap_or_default().to_owned();
        ManifestReference { uri, algorithm, value }
    });
    Some(ReadManifest { of, references: references.collect() })
}

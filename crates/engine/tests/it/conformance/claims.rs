//! What a profile claims, and which judges know what it is made of.

use chancery_engine::domain::transform::Transform;
use chancery_engine::domain::xades::{
    NamedTransform, Packaging, SignatureTransform, XadesLevel, XadesProfile,
};
use chancery_engine::seal::catalogue::Catalogue;
use serde_json::Map;

/// What judges are asked about a profile.
pub(super) struct ProfileClaims {
    pub(super) profile: String,
    settings: XadesProfile,
}

impl ProfileClaims {
    pub(super) fn of(catalogue: &Catalogue, name: &str) -> Self {
        let settings = catalogue.settings(Some(name), &Map::new()).unwrap();
        Self { profile: name.to_owned(), settings }
    }

    pub(super) const fn level(&self) -> XadesLevel {
        self.settings.xades_level
    }

    /// EU DSS gives such a signature another verdict.
    pub(super) fn uses_sha1(&self) -> bool {
        self.settings.uses_sha1()
    }

    pub(super) fn is_detached(&self) -> bool {
        self.settings.packaging == Packaging::Detached
    }

    /// XPath with `here()`, which EU DSS does not evaluate.
    pub(super) const fn has_here(&self) -> bool {
        matches!(
            self.settings.signature_transform,
            SignatureTransform::Named(NamedTransform::UblNonFinal | NamedTransform::UblFinal)
        )
    }

    /// Any XPath transform, of which signxml knows none.
    pub(super) fn has_xpath(&self) -> bool {
        match &self.settings.signature_transform {
            SignatureTransform::List(list) => list.iter().any(|transform| {
                matches!(transform, Transform::XPath { .. } | Transform::XPathFilter2 { .. })
            }),
            SignatureTransform::Named(NamedTransform::Enveloped | NamedTransform::None) => false,
            SignatureTransform::Named(_) => true,
        }
    }

    /// A canonicalization with comments: signxml digests comments that `URI=""` does not select.
    pub(super) const fn has_comments(&self) -> bool {
        self.settings.canonical_transform.with_comments
    }

    /// Whether a level that EU DSS says is the one claimed. It goes by the form, so that older levels
    /// whose properties suffice are called baseline.
    pub(super) fn is_level(&self, said: &str) -> bool {
        let claimed = match self.level() {
            XadesLevel::None => return said == "XML-NOT-ETSI",
            XadesLevel::Bes => "XAdES-BES",
            XadesLevel::Epes => "XAdES-EPES",
            XadesLevel::B => "XAdES-BASELINE-B",
        };
        said == claimed || said == "XAdES-BASELINE-B"
    }
}

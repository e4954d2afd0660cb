//! What must stand at the references of a signature that is there, when an authority's recipe made it.

use std::cell::OnceCell;

use roxmltree::{Document, Node};

use super::{Authority, signature};
use crate::domain::refusal::Refusal;
use crate::pki::digest::sha256;
use crate::seal::Limits;
use crate::seal::signer::base64;
use crate::seal::xades::elements::child;
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::transforms::too_costly;
use crate::seal::xml::xpath::Budget;

/// The hashes of one document by the recipes of authorities: each is made once, however many references
/// have it.
pub(in crate::seal::xades) struct Hashes<'t, 'i> {
    tree: &'t Document<'i>,
    limits: &'t Limits,
    budget: &'t Budget,
    zatca: OnceCell<Result<String, Refusal>>,
    myinvois: OnceCell<Result<String, Refusal>>,
}

impl<'t, 'i> Hashes<'t, 'i> {
    /// None is made yet.
    pub(in crate::seal::xades) const fn new(
        tree: &'t Document<'i>,
        limits: &'t Limits,
        budget: &'t Budget,
    ) -> Self {
        Self { tree, limits, budget, zatca: OnceCell::new(), myinvois: OnceCell::new() }
    }

    /// The digest that must stand at a reference of a signature that an authority's recipe made; `None`
    /// for a reference to anything else.
    pub(in crate::seal::xades) fn wanted(
        &self,
        authority: Authority,
        signature: Node<'_, '_>,
        reference: Node<'_, '_>,
    ) -> Option<Result<String, Refusal>> {
        let uri = reference.attribute("URI")?;
        if uri.is_empty() {
            return Some(self.of_document(authority));
        }
        if reference.attribute("Type") != Some(signature::SIGNATURE_PROPERTIES_TYPE) {
            return None;
        }
        let id = uri.strip_prefix('#')?;
        // the search is a pass over the signature
        let passed = signature.descendants().len();
        if let Err(error) = self.budget.spend_on_passing(passed) {
            return Some(Err(too_costly(error)));
        }
        let properties = signature.descendants().find(|node| node.attribute("Id") == Some(id))?;
        Some(authority.properties_digest(properties, self.budget))
    }

    fn of_document(&self, authority: Authority) -> Result<String, Refusal> {
        let known = match authority {
            Authority::Zatca => &self.zatca,
            Authority::MyInvois => &self.myinvois,
        };
        let made = known.get_or_init(|| {
            let octets = authority.signed_octets(self.tree, self.limits, self.budget)?;
            Ok(base64(&sha256(&octets)))
        });
        made.clone()
    }
}

/// The authority whose recipe made a signature: the XPath texts of its first reference are those that the
/// authority wants written.
pub(in crate::seal::xades) fn authority(signature: Node<'_, '_>) -> Option<Authority> {
    let steps = ["SignedInfo", "Reference", "Transforms"];
    let transforms =
        steps.iter().try_fold(signature, |above, step| child(above, DS_NAMESPACE, step))?;
    let is_of = |authority: &Authority| {
        let xpaths = transforms
            .descendants()
            .filter(|node| node.has_tag_name((DS_NAMESPACE, "XPath")))
            .map(|node| node.text().unwrap_or_default().trim());
        xpaths.eq(authority.form().xpaths.iter().copied())
    };
    [Authority::Zatca, Authority::MyInvois].into_iter().find(is_of)
}

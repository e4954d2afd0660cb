//! Two authorities whose signatures are written as XAdES and are none: ZATCA (Saudi Arabia) and
//! `MyInvois` (Malaysia). The key signs the digest of the document, or the document, and never
//! `ds:SignedInfo`; the transforms that are named are not those that are applied. Everything about
//! such a signature is fixed by the authority, so settings that say otherwise are refused.
//!
//! docs/profiles-national.md says what each authority wants and how we know.
//!
//! [`zatca`] and [`myinvois`] have the recipes, for sealing and for checking; `settings` what is
//! fixed, `octets` what is digested of a document, `serialization` the text whose hash stands for
//! `xades:SignedProperties`, `signature` the markup, [`qr`] ZATCA's QR code, `standing` what the
//! references of a signature that is there must say.

mod form;
pub mod myinvois;
mod octets;
pub mod qr;
mod serialization;
mod settings;
mod signature;
pub(super) mod standing;
pub mod zatca;

use std::cmp::Reverse;

use roxmltree::{Document, Node};

use super::spot::Spot;
use super::ubl::{EXT_NAMESPACE, SAC_NAMESPACE};
use super::{XadesOrder, location, scaffold};
use crate::domain::refusal::Refusal;
use crate::domain::xades::{ExistingSignatures, SignatureInput};
use crate::pki::digest::sha256;
use crate::seal::draft::{Draft, Late, Piece};
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::guard::{self, XmlIds};
use crate::seal::xml::source::Source;
use crate::seal::xml::xpath::Budget;
use crate::seal::{Limits, XmlPlan};
use form::AuthorityForm;

/// An authority with a recipe of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Authority {
    Zatca,
    MyInvois,
}

impl Authority {
    /// Whose recipe a signature input is; `None` for XML Signature.
    pub(super) const fn of(input: SignatureInput) -> Option<Self> {
        match input {
            SignatureInput::SignedInfo => None,
            SignatureInput::Zatca => Some(Self::Zatca),
            SignatureInput::MyInvois => Some(Self::MyInvois),
        }
    }

    /// As the authority calls its recipe.
    pub(super) const fn name(self) -> &'static str {
        self.form().authority
    }

    const fn form(self) -> &'static AuthorityForm {
        match self {
            Self::Zatca => &zatca::FORM,
            Self::MyInvois => &myinvois::FORM,
        }
    }

    fn signed_octets(
        self,
        tree: &Document<'_>,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Zatca => zatca::signed_octets(tree, limits, budget),
            Self::MyInvois => myinvois::signed_octets(tree, limits, budget),
        }
    }

    fn properties_digest(self, element: Node<'_, '_>, budget: &Budget) -> Result<String, Refusal> {
        match self {
            Self::Zatca => zatca::properties_digest(element, budget),
            Self::MyInvois => myinvois::properties_digest(element, budget),
        }
    }
}

/// Seals a document as an authority wants it.
///
/// # Errors
/// Settings that the authority fixes otherwise, a key of the wrong kind, and the document.
pub(super) fn plan(order: XadesOrder<'_>, authority: Authority) -> Result<XmlPlan, Refusal> {
    settings::check_key(authority, order.signer, order.algorithm)?;
    settings::check(authority, order.profile)?;
    super::check_content(order.document)?;
    let source = Source::read(order.document)?;
    let notes = super::text_notes(guard::check(&source, order.limits)?.longest);
    let draft = scaffolded(order, authority, &source)?;
    let text = draft.text(&source);
    let tree = parse(&text, order.limits)?;
    let plan = seal(order, authority, &source, &tree, draft.clone())?;
    Ok(XmlPlan { notes, ..plan })
}

/// The document with all that has to be there before it is digested.
fn scaffolded(
    order: XadesOrder<'_>,
    authority: Authority,
    source: &Source<'_>,
) -> Result<Draft, Refusal> {
    let tree = guard::parse(source, order.limits)?;
    let original = Draft::original(source);
    let scaffolded = scaffold::add(&tree, order.profile, order.budget, &original)?;
    let draft = scaffolded.map_or(original, |scaffolded| scaffolded.draft);
    if authority == Authority::MyInvois {
        return Ok(draft);
    }
    let text = draft.text(source);
    let tree = parse(&text, order.limits)?;
    let with_qr = qr::add_place(&tree, &draft)?;
    Ok(with_qr.unwrap_or_else(|| draft.clone()))
}

fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Document<'t>, Refusal> {
    guard::parse_text(text, limits)
        .map_err(|error| Refusal::ScaffoldingImpossible { reason: error.to_string() })
}

/// Seals a document whose scaffolding is there.
fn seal(
    order: XadesOrder<'_>,
    authority: Authority,
    source: &Source<'_>,
    tree: &Document<'_>,
    mut draft: Draft,
) -> Result<XmlPlan, Refusal> {
    let parent = place(order, authority, tree)?;
    check_ids(authority, &XmlIds::collect(tree)?)?;
    let octets = authority.signed_octets(tree, order.limits, order.budget)?;
    let digest = sha256(&octets);
    let pieces = signature::render(order, authority, &digest)?;
    let spot = Spot::last_child(parent);
    let mut edits = vec![spot.splice(pieces)];
    let to_be_signed = match authority {
        Authority::MyInvois => octets,
        Authority::Zatca => {
            let code = qr::Qr::of(tree, &digest, order.signer.certificate())?;
            let spot = Spot::content(qr::object(tree)?);
            let late = Piece::Late(Late::new(move |value| code.text(value)));
            edits.push(spot.splice([late]));
            digest.to_vec()
        }
    };
    // From the end to the beginning, so that offsets stay right.
    edits.sort_by_key(|(range, _)| Reverse(range.start));
    for (range, pieces) in edits {
        draft.splice(range, pieces);
    }
    let pieces = draft.into_pieces(source);
    Ok(XmlPlan { pieces, to_be_signed, value_id: None, notes: Vec::new() })
}

/// The element for the signature. It must lie inside of what the digest leaves out, or the signature
/// would break itself.
fn place<'a, 'i>(
    order: XadesOrder<'_>,
    authority: Authority,
    tree: &'a Document<'i>,
) -> Result<Node<'a, 'i>, Refusal> {
    // There is one seal: who looks for a ds:Signature must find ours.
    let signatures =
        tree.descendants().filter(|node| node.has_tag_name((DS_NAMESPACE, "Signature")));
    for signature in signatures {
        // A root that is a signature has no place for another.
        let holder = signature.parent_element().unwrap_or(signature);
        location::check_free(holder, ExistingSignatures::Refuse)?;
    }
    location::check_one_place(tree, order.profile)?;
    let location = &order.profile.signature_location;
    let parent = location::find(tree, location, ExistingSignatures::Refuse, order.budget)?;
    let left_out = |node: Node<'_, '_>| node.has_tag_name((EXT_NAMESPACE, "UBLExtensions"));
    if parent.has_tag_name((SAC_NAMESPACE, "SignatureInformation"))
        && parent.ancestors().any(left_out)
    {
        return Ok(parent);
    }
    let name = authority.form().authority;
    let rule = format!(
        "{name} wants the signature in a free sac:SignatureInformation inside ext:UBLExtensions; \
         send one, or set ubl.createScaffolding"
    );
    Err(Refusal::setting("signatureLocation", rule))
}

fn check_ids(authority: Authority, taken: &XmlIds<'_>) -> Result<(), Refusal> {
    let form = authority.form();
    let fixed = [form.signature_id, form.document_id, form.properties_id];
    match fixed.into_iter().find(|id| taken.has(id)) {
        None => Ok(()),
        Some(id) => {
            let name = form.authority;
            let rule = format!("the document has the Id '{id}', which {name} wants for the seal");
            Err(Refusal::setting("ids", rule))
        }
    }
}

//! XAdES and plain XML signatures (ETSI EN 319 132-1 V1.3.1; XML Signature 1.1), as a profile says.
//!
//! By default the seal covers the whole document: reference 1 has `URI=""` with the enveloped-signature
//! transform and then the profile's canonicalization, reference 2 covers `xades:SignedProperties`.
//! Both say their canonicalization, because a verifier would otherwise use Canonical XML 1.0
//! (XMLDSIG 4.4.3.2).
//!
//! Comments are not covered, not even with a `#WithComments` canonicalization: `URI=""` selects the
//! document without its comment nodes (XMLDSIG 4.4.3.3). `#xpointer(/)` selects it with them.
//!
//! What is digested in `ds:Signature` itself (`ds:SignedInfo`, `xades:SignedProperties`, `ds:KeyInfo`)
//! is canonicalized in its final context: the inclusive methods take over all namespaces and `xml:*`
//! attributes of the place where the signature will stand.
//!
//! `settings` refuses what contradicts itself, `scaffold` adds the UBL scaffolding, `location` finds
//! the place and `spot` the bytes, `names` makes the Ids, `template`, `key_info` and `properties`
//! render the parts, `reference` digests the document, `enveloping` and `detached` are the other
//! packagings, `asic` is the signature of a container. [`existing`] reads the signatures that a document
//! holds, `unbroken` sees to it that a seal breaks none of them, `countersign` signs one, `long_term` raises their level.
//! [`national`] has the two authorities whose signatures only look like these.

mod asic;
mod countersign;
mod detached;
pub(super) mod elements;
mod enveloping;
pub mod existing;
pub(super) mod holders;
mod key_info;
pub(super) mod location;
pub(super) mod long_term;
pub(super) mod named_certificate;
mod names;
pub mod national;
mod parts;
mod properties;
mod reference;
mod scaffold;
mod settings;
pub mod spot;
pub(super) mod tags;
mod template;
pub mod timestamps;
pub(super) mod ubl;
mod unbroken;

use roxmltree::Document;

use super::asic::file::ContainerFile;
use super::draft::{Draft, Piece};
use super::inspect::{Content, inspect};
use super::xml::guard::{self, XmlIds};
use super::xml::source::Source;
use super::xml::xpath::Budget;
use super::{Limits, Signer, XmlPlan};
use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::refusal::Refusal;
use crate::domain::xades::{ExistingSignatures, Packaging, XadesLevel, XadesProfile};
use crate::pki::digest::sha256;
use names::{Names, PatternFacts};
use national::Authority;
use parts::Parts;
use scaffold::Scaffolded;
use spot::Spot;
use tags::{Tags, attribute};
use template::{SignatureBody, Surroundings, XmlReference};

pub(super) use asic::NAMESPACE as ASIC_NAMESPACE;

/// One document and how it is to be sealed.
#[derive(Clone, Copy)]
struct XadesOrder<'a> {
    document: &'a [u8],
    profile: &'a XadesProfile,
    algorithm: SignatureAlgorithm,
    signer: &'a Signer,
    at: Instant,
    limits: &'a Limits,
    /// Of all XPath expressions on this document: ours and those of signatures that it holds.
    budget: &'a Budget,
}

/// Refuses settings that contradict each other or the level they claim, whatever the document.
///
/// # Errors
/// [`Refusal::SettingConflict`] with the path of the setting.
pub fn check_settings(profile: &XadesProfile) -> Result<(), Refusal> {
    settings::check(profile)
}

/// Refuses what a request says over its profile although it would do nothing. `profile` is the settings
/// with what was said.
///
/// # Errors
/// [`Refusal::SettingConflict`] with the path of the setting.
pub fn check_said(
    profile: &XadesProfile,
    said: &serde_json::Map<String, serde_json::Value>,
) -> Result<(), Refusal> {
    settings::check_said(profile, said)
}

/// Refuses settings whose signatures have no place for unsigned properties.
///
/// # Errors
/// [`Refusal::SettingConflict`] with the path of the setting.
pub(super) fn check_unsigned(profile: &XadesProfile) -> Result<(), Refusal> {
    if let Some(authority) = Authority::of(profile.signature_input) {
        let name = authority.name();
        let rule = format!(
            "{name} fixes the whole signature, and there is no place for a timestamp in it; ask for none"
        );
        return Err(Refusal::setting("signatureInput", rule));
    }
    if profile.xades_level == XadesLevel::None {
        let rule =
            "a plain XML Signature has no place for a timestamp; ask for none, or for a level of \
                    XAdES"
                .to_owned();
        return Err(Refusal::setting("xadesLevel", rule));
    }
    Ok(())
}

/// Whether there are levels above T for the signatures of a profile.
///
/// # Errors
/// [`Refusal::SettingConflict`].
pub(super) fn check_long_term(profile: &XadesProfile) -> Result<(), Refusal> {
    check_unsigned(profile)?;
    if profile.xades_level != XadesLevel::B {
        let rule =
            "levels LT and LTA are of XAdES baseline signatures; ask for level T, or leave it out";
        return Err(Refusal::setting("xadesLevel", rule.to_owned()));
    }
    Ok(())
}

/// Finds the place, digests the references and renders the signature around its future value.
pub(super) fn plan(
    document: &[u8],
    profile: &XadesProfile,
    algorithm: SignatureAlgorithm,
    signer: &Signer,
    at: Instant,
    limits: &Limits,
) -> Result<XmlPlan, Refusal> {
    settings::check(profile)?;
    let budget = Budget::of_document(document.len()).with_patience(&limits.patience);
    let order = XadesOrder { document, profile, algorithm, signer, at, limits, budget: &budget };
    if let Some(authority) = Authority::of(profile.signature_input) {
        return national::plan(order, authority);
    }
    match profile.packaging {
        Packaging::Enveloped => enveloped(order),
        Packaging::Enveloping => enveloping::plan(order),
        Packaging::Detached => detached::plan(order),
        Packaging::AsicE => {
            let rule = "a container is made of files, not of one document".to_owned();
            Err(Refusal::setting("packaging", rule))
        }
    }
}

/// A signature over the files of a container.
pub(super) fn plan_files(
    document: &[u8],
    profile: &XadesProfile,
    algorithm: SignatureAlgorithm,
    signer: &Signer,
    at: Instant,
    limits: &Limits,
    files: &[ContainerFile],
) -> Result<XmlPlan, Refusal> {
    let budget = Budget::of_document(0).with_patience(&limits.patience);
    asic::plan(
        XadesOrder { document, profile, algorithm, signer, at, limits, budget: &budget },
        files,
    )
}

fn enveloped(order: XadesOrder<'_>) -> Result<XmlPlan, Refusal> {
    check_content(order.document)?;
    let source = Source::read(order.document)?;
    let mut notes = text_notes(guard::check(&source, order.limits)?.longest);
    let tree = guard::parse(&source, order.limits)?;
    if order.profile.existing_signatures == ExistingSignatures::Countersign {
        let mut plan = countersign::plan(order, &source, &tree)?;
        plan.notes.extend(notes);
        return Ok(plan);
    }
    let signed = elements::signatures(&tree).next().is_some();
    let draft = Draft::original(&source);
    // A tree is several times as large as its document, so there is one at a time.
    let sealed = match scaffold::add(&tree, order.profile, order.budget, &draft)? {
        None => seal_in(order, &source, tree, draft, false)?,
        Some(Scaffolded { draft, made_place }) => {
            drop(tree);
            let text = draft.text(&source);
            let tree = guard::parse_text(&text, order.limits)
                .map_err(|error| Refusal::ScaffoldingImpossible { reason: error.to_string() })?;
            seal_in(order, &source, tree, draft.clone(), made_place)?
        }
    };
    let Inside { draft, to_be_signed, value_id, notes: of_place } = sealed;
    notes.extend(of_place);
    if signed {
        notes.extend(unbroken::check(order, &source, &draft)?);
    }
    Ok(XmlPlan { pieces: draft.into_pieces(&source), to_be_signed, value_id, notes })
}

/// A document with a seal in it, but for the value.
struct Inside {
    draft: Draft,
    to_be_signed: Vec<u8>,
    value_id: Option<String>,
    notes: Vec<String>,
}

/// Seals a document whose scaffolding is there, a place made for the seal or not.
fn seal_in(
    order: XadesOrder<'_>,
    source: &Source<'_>,
    tree: Document<'_>,
    mut draft: Draft,
    made_place: bool,
) -> Result<Inside, Refusal> {
    let profile = order.profile;
    let ids = XmlIds::collect(&tree)?;
    location::check_one_place(&tree, profile)?;
    let location = &profile.signature_location;
    let target = location::find(&tree, location, profile.existing_signatures, order.budget)?;
    let position = location.position;
    let parent = location::parent(target, position)?;
    if made_place {
        scaffold::check_used(parent)?;
    }
    location::check_free(parent, profile.existing_signatures)?;
    holders::check_place(&tree, profile)?;
    let notes = location::schema_notes(parent);
    let spot = Spot::at(target, position);

    let tags = Tags::new(&profile.prefixes)?;
    let names = order.names(ubl::signature_uri(&tree), &ids)?;
    drop(ids);
    let parts = order.parts(&names, &tags);
    let body = SignatureBody::render(&parts)?;
    let context = Surroundings::of(parent);
    let mut document = reference::undigested(order, &parts, &tree)?;
    let site = reference::Site { order, source, draft: &draft, spot: &spot };
    let seal = if reference::digest(order, &tree, parent, &mut document)? {
        drop(tree);
        Seal::render(&parts, &body, &context, document)?
    } else {
        drop(tree);
        document.digest = site.before_value(&parts, &body, &context, &document)?;
        let seal = Seal::render(&parts, &body, &context, document.clone())?;
        site.check_final(&seal.pieces, &document)?;
        seal
    };
    let (range, pieces) = spot.splice(seal.pieces);
    draft.splice(range, pieces);
    let Seal { to_be_signed, value_id, .. } = seal;
    Ok(Inside { draft, to_be_signed, value_id, notes })
}

impl<'a> XadesOrder<'a> {
    fn names(
        &self,
        ubl_signature_uri: Option<String>,
        taken: &XmlIds<'_>,
    ) -> Result<Names, Refusal> {
        let facts = PatternFacts {
            document_sha256: sha256(self.document),
            at: self.at,
            certificate: self.signer.certificate(),
            ubl_signature_uri,
        };
        Names::render(self.profile, &facts, taken)
    }

    const fn parts(&self, names: &'a Names, tags: &'a Tags) -> Parts<'a> {
        let Self { profile, algorithm, signer, at, .. } = *self;
        Parts { profile, algorithm, signer, at, names, tags, files: &[] }
    }
}

/// A whole signature but for its value.
struct Seal {
    pieces: Vec<Piece>,
    to_be_signed: Vec<u8>,
    /// Id of `ds:SignatureValue`, empty for none; `None` where XAdES has no place for unsigned properties.
    value_id: Option<String>,
}

impl Seal {
    fn render(
        parts: &Parts<'_>,
        body: &SignatureBody,
        context: &Surroundings,
        document: XmlReference,
    ) -> Result<Self, Refusal> {
        Self::render_with(parts, body, context, vec![document], "")
    }

    /// As [`Seal::render`], with any number of documents and a further `ds:Object` at the end.
    fn render_with(
        parts: &Parts<'_>,
        body: &SignatureBody,
        context: &Surroundings,
        documents: Vec<XmlReference>,
        object: &str,
    ) -> Result<Self, Refusal> {
        let references = template::references(parts, body, context, documents)?;
        let (signed_info, to_be_signed) = template::signed_info(parts, body, context, &references)?;
        let pieces = around_value(parts, body, &signed_info, object);
        let extended = parts.profile.xades_level != XadesLevel::None;
        let value_id = extended.then(|| parts.names.signature_value.clone());
        Ok(Self { pieces, to_be_signed, value_id })
    }
}

/// The pieces of a signature; `content` is a further `ds:Object`.
fn around_value(
    parts: &Parts<'_>,
    body: &SignatureBody,
    signed_info: &str,
    content: &str,
) -> Vec<Piece> {
    let ds = parts.tags.ds();
    let id = attribute("Id", &parts.names.signature_value);
    let value_opening = format!("<{ds}SignatureValue{id}>");
    let value_end = format!("</{ds}SignatureValue>");
    let plain = parts.profile.xades_level == XadesLevel::None;
    let end = format!("</{ds}Signature>");
    let SignatureBody { opening, key_info, object, properties } = body;
    let before = [opening, signed_info, &value_opening].concat();
    let signed = [&*value_end, key_info, &*object.0, properties].concat();
    let after = [&*object.1, content, &*end].concat();
    if plain {
        return vec![Piece::Seal(before), Piece::Value, Piece::Seal([signed, after].concat())];
    }
    vec![
        Piece::Seal(before),
        Piece::Value,
        Piece::Seal(signed),
        Piece::Unsigned,
        Piece::Seal(after),
    ]
}

/// Octets of one text that libxml2 reads without being told that the document is huge
/// (`XML_MAX_TEXT_LENGTH`).
const LONGEST_TEXT: usize = 10_000_000;

/// What the client should know whose document has a text of so many octets.
fn text_notes(longest: usize) -> Vec<String> {
    let long = longest > LONGEST_TEXT;
    let note = || {
        format!(
            "the sealed document has a text of {longest} octets; libxml2 and what is made with it (xmlsec1, \
             PHP, Python, many validators) do not read one of more than {LONGEST_TEXT} unless their option \
             for huge documents is set"
        )
    };
    long.then(note).into_iter().collect()
}

fn check_content(document: &[u8]) -> Result<(), Refusal> {
    let refuse = |content: Content| {
        let remedy = "send an XML document, or ask for another format";
        Err(Refusal::FormatMismatch { format: "XAdES", content: content.as_str(), remedy })
    };
    match inspect(document) {
        Content::Xml => Ok(()),
        Content::Empty => Err(Refusal::DocumentEmpty),
        content @ (Content::Pdf | Content::Zip | Content::Other) => refuse(content),
    }
}

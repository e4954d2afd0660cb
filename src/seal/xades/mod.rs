//! XAdES-BASELINE-B, enveloped (ETSI EN 319 132-1 V1.3.1, 6.3; XML Signature 1.1).
//!
//! The seal covers the whole document: reference 1 has `URI=""` with the enveloped-signature
//! transform and then the profile's canonicalization, reference 2 covers `xades:SignedProperties`.
//! Both say their canonicalization, because a verifier would otherwise use Canonical XML 1.0
//! (XMLDSIG 4.4.3.2).
//!
//! Comments are not covered, not even with a `#WithComments` canonicalization: `URI=""` selects the
//! document without its comment nodes (XMLDSIG 4.4.3.3).
//!
//! What is digested in `ds:Signature` itself (`ds:SignedInfo`, `xades:SignedProperties`) is
//! canonicalized in its final context: the inclusive methods take over all namespaces and `xml:*`
//! attributes of the place where the signature will stand. `template` renders the parts,
//! `properties` what XAdES adds, `location` finds the place.

mod location;
mod properties;
mod template;

use super::inspect::{Content, inspect};
use super::xml::c14n::{Subset, canonicalize};
use super::xml::guard::{self, Ids};
use super::xml::sink::DigestSink;
use super::xml::source::Source;
use super::{Limits, Plan, Signer};
use crate::domain::instant::Instant;
use crate::domain::profile::XadesProfile;
use crate::domain::refusal::Refusal;

pub(super) use template::key_info;

/// Finds the place, digests the references and renders the signature around its future value.
pub(super) fn plan(
    document: &[u8],
    profile: &XadesProfile,
    signer: &Signer,
    at: Instant,
    limits: &Limits,
) -> Result<Plan, Refusal> {
    check_content(document)?;
    let source = Source::read(document)?;
    guard::check(&source, limits)?;
    let tree = guard::parse(&source, limits)?;
    let ids = Ids::collect(&tree)?;
    let parent = location::find(&tree, &profile.location)?;

    let mut sink = DigestSink::new(profile.digest);
    let whole = Subset::document(&tree).without_comments();
    canonicalize(whole, profile.canonicalization, &[], &mut sink);
    let reference = sink.finish();

    let names = template::Names::new(&reference, at, signer.certificate(), &ids);
    let context = template::Context::of(parent, profile.canonicalization.method)?;
    let rendered = template::render(&template::Parts {
        profile,
        signer,
        at,
        reference: &reference,
        names: &names,
        context: &context,
    })?;
    Ok(Plan {
        gap: location::gap(&source, parent),
        encoding: source.encoding(),
        before: rendered.before,
        after: signer.xades_key_info(),
        tail: rendered.tail,
        to_be_signed: rendered.to_be_signed,
    })
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

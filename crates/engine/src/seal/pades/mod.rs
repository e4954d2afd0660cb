//! PAdES: a CMS signature in an incremental update of a PDF (ETSI EN 319 142-1; ISO 32000-1, 12.8).
//! The first bytes of the sealed document are the original, bit for bit.
//!
//! [`plan`] reads what the signature touches, refuses what the document does not allow, and writes the
//! update with a gap. [`form`], [`permissions`], [`changes`] and [`seed`] read the document, [`target`]
//! says which field is signed and where, [`signature`] writes the signature dictionary, [`update`] the
//! objects around it; [`placement`], [`placeholder`], [`template`], [`font`], [`image`] and
//! [`appearance`] make it visible. [`long_term`] raises the level of signatures that are there: [`sound`]
//! holds them against what they cover, [`security_store`] keeps their validation data.

mod active;
pub mod appearance;
pub mod changes;
mod color;
mod content;
pub(super) mod document_timestamp;
mod excerpt;
pub mod font;
pub mod form;
pub mod held;
pub mod image;
pub mod inline;
mod jpeg;
pub(in crate::seal) mod layout;
mod letters;
pub(super) mod long_term;
mod metadata;
pub mod permissions;
mod picture;
pub mod placeholder;
pub mod placement;
mod raster;
pub mod security_store;
mod seed;
mod signature;
mod signature_update;
mod sound;
mod steps;
pub(in crate::seal) mod stream;
mod target;
pub mod template;
pub mod timestamps;
mod update;
mod words;

use std::ops::Range;

use crate::domain::instant::Instant;
use crate::domain::pades::{ActiveContent, PadesProfile};
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::refusal::{PdfRefusal, Refusal};
use crate::domain::visible::VisiblePlace;
use crate::pki::cms;
use crate::pki::digest::Hasher;
use crate::pki::signature::SignatureValue;
use crate::seal::Room;
use crate::seal::cades;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference};
use crate::seal::pdf::{PdfFile, PdfLimits};
use crate::seal::signer::Signer;
use form::Form;
use permissions::Intention;
use signature_update::SignatureUpdate;
use target::FieldTarget;

/// Whoever writes a file.
pub trait ObjectSink {
    /// Takes an object into the file, under a number that no other object has.
    fn add(&mut self, object: Indirect) -> Reference;
}

/// Octets by which a CMS with unsigned attributes is longer than they are: their set, and the lengths of
/// what holds it.
const LENGTHS: usize = 32;

/// An update that lacks the CMS.
pub(super) struct Plan {
    /// What is appended to the document.
    update: SignatureUpdate,
    pub(super) cms: cms::Unsigned,
}

impl Plan {
    /// DER of the signed attributes.
    pub(super) fn to_be_signed(&self) -> &[u8] {
        self.cms.to_be_signed()
    }

    /// Octets that the gap has room for.
    pub(super) fn room(&self) -> usize {
        self.update.room()
    }

    /// The sealed document, and where the signature's value stands in it.
    pub(super) fn finish(
        mut self,
        mut document: Vec<u8>,
        value: &SignatureValue,
    ) -> (Vec<u8>, Range<usize>) {
        self.update.fill_contents(&self.cms.detached(value));
        let start = document.len();
        document.reserve_exact(self.update.bytes.len());
        document.extend_from_slice(&self.update.bytes);
        let contents = &self.update.contents;
        (document, start + contents.start + 1..start + contents.end.saturating_sub(1))
    }
}

/// Whether the catalog names a usage rights signature (ISO 32000-1, 12.8.4).
fn catalog_has_usage_rights(file: &PdfFile<'_>, catalog: &Dictionary) -> Result<bool, PdfRefusal> {
    let permissions = file.dictionary(catalog, "Perms")?.unwrap_or_default();
    Ok(["UR", "UR3"].iter().any(|key| permissions.get(key).is_some()))
}

/// Whether settings can be used at all, whatever the document.
///
/// # Errors
/// [`Refusal::SettingConflict`], by its path.
pub(super) fn check_settings(profile: &PadesProfile) -> Result<(), Refusal> {
    if let Some(visible) = &profile.visible {
        if let Some(template) = &visible.template {
            template::Template::parse(template)?;
        }
        if let Some(area) = visible.area
            && (area.width.as_f64() <= 0.0 || area.height.as_f64() <= 0.0)
        {
            let rule = "width and height must be more than 0".to_owned();
            return Err(Refusal::setting("visible.area", rule));
        }
        if let Some(image) = &visible.image {
            image::check_length(&image.content)?;
        }
    }
    if profile.field.as_deref() == Some("") {
        let rule = "a field has a name; leave it out for one of ours".to_owned();
        return Err(Refusal::setting("field", rule));
    }
    if let (Some(digest), Some(signature)) = (profile.digest_algorithm, profile.signature_algorithm)
        && digest != signature.digest()
    {
        let rule = "must be the digest of the signatureAlgorithm (RFC 5652, 5.4)".to_owned();
        return Err(Refusal::setting("digestAlgorithm", rule));
    }
    if let Some(policy) = &profile.policy {
        if profile.reason.is_some() {
            let rule =
                "with a signature policy there is no reason (EN 319 142-1, 6.3 m)".to_owned();
            return Err(Refusal::setting("reason", rule));
        }
        cades::policy(policy)?;
    }
    Ok(())
}

/// Writes the update of a document, but for the value. Gives what the client should know, too.
///
/// # Errors
/// As [`check_settings`]; [`Refusal::Pdf`]: the document, or what is asked of it; see [`PdfRefusal`].
pub(super) fn plan(
    document: &[u8],
    profile: &PadesProfile,
    algorithm: SignatureAlgorithm,
    (signer, at): (&Signer, Instant),
    limits: &PdfLimits,
    room: Room,
) -> Result<(Plan, Vec<String>), Refusal> {
    check_settings(profile)?;
    let file = PdfFile::open(document, limits)?;
    let catalog = file.catalog()?;
    let form = Form::read(&file, &catalog)?;
    let mut notes = changes::check(&file, &form, document, limits)?;
    let ahead = file.ahead();
    if ahead > 0 {
        notes.push(format!(
            "{ahead} bytes stand before the header of the PDF; the seal covers them, but EU DSS, pyHanko and \
             others do not open such a file"
        ));
    }
    if let Some(what) = active::find(&file, &catalog, &form, profile.active_content)? {
        if profile.active_content == ActiveContent::Refuse {
            return Err(PdfRefusal::ActiveContent { what }.into());
        }
        notes.push(format!("the PDF contains {what}"));
    }
    let place = target::find(&file, &form, profile)?;
    let is_new = matches!(place.target, FieldTarget::New { .. });
    let intention =
        Intention { field: place.target.name(), is_new, certification: profile.certification };
    permissions::check(&file, &form, &intention)?;
    if let (FieldTarget::Existing { field, .. }, Some(visible)) = (&place.target, &profile.visible)
        && !matches!(visible.place, VisiblePlace::Field(_))
    {
        notes.push(format!(
            "visible.place was not used: the field '{}' is there, and the signature is drawn in it",
            field.name
        ));
    }
    if is_new && place.placement.is_some() {
        notes.extend(permissions::new_on_certified(&file, &form)?);
        if metadata::Conformance::read(&file, &catalog)?.pdf_ua {
            notes.push(
                "the PDF claims PDF/UA, which wants every visible field in the structure of the document \
                 (ISO 14289-1, 7.18.1 and 7.18.4); the new field is not in it: sign invisibly, or in an \
                 empty field of the PDF"
                    .to_owned(),
            );
        }
    }
    if catalog_has_usage_rights(&file, &catalog)? {
        notes.push(
            "the PDF has usage rights (UR3), a signature of its producer that is not checked here; readers \
             may say that they no longer hold"
                .to_owned(),
        );
    }
    let needs_appearances = form.needs_appearances(&file)?;
    // What an earlier signature covers is left as it is.
    let has_appearances =
        needs_appearances && form.signed().next().is_none() && form.has_appearances(&file)?;
    if needs_appearances && !has_appearances {
        notes.push(
            "the form of the PDF says NeedAppearances: readers draw its fields anew, the seal too, and may \
             show that as a change; send it with an appearance of every field"
                .to_owned(),
        );
    }

    let mut references = Vec::new();
    if let Some(permissions) = profile.certification.permissions() {
        references.push(permissions::transform_of_certification(permissions));
    }
    if let FieldTarget::Existing { field, .. } = &place.target {
        seed::check(&file, field, &seed::Offer { profile, algorithm, signer })?;
        let catalog = Object::Reference(file.root());
        references.extend(permissions::transform_of_lock(&file, field, catalog)?);
    }

    // CMS has one digest for the document and the attributes (RFC 5652, 5.4).
    let digest_algorithm = algorithm.digest();
    let policy = profile.policy.as_ref().map(cades::policy).transpose()?;
    let signing = |digest: &crate::pki::digest::Digest| {
        let attributes = cms::SignedAttributes::new(&cms::SignedAttributeSettings {
            identity: signer.identity(),
            message_digest: digest,
            content_type: Some(cms::ID_DATA),
            certificate_digest: digest_algorithm,
            issuer_serial: false,
            signing_time: None,
            policy: policy.as_ref(),
            commitments: &[],
            claimed_roles: &[],
            place: None,
            mime_type: None,
        });
        attributes.and_then(|attributes| {
            cms::Unsigned::new(signer.identity(), attributes, algorithm, profile.certificates)
        })
    };
    let unusable =
        |error: crate::pki::Error| Refusal::CertificateUnusable { reason: error.to_string() };
    // What the CMS holds has the same length whatever the digest is.
    let own = signing(&Hasher::new(digest_algorithm).finish()).map_err(unusable)?.longest();
    let room = match room.unsigned {
        0 => own,
        more => own.saturating_add(more).saturating_add(LENGTHS),
    };

    let facts = signature::DictionaryFacts { profile, at, references, room, has_appearances };
    let mut update = update::write(&file, &catalog, &form, &place, &facts, signer)?;
    update.fill_byte_range(document.len());
    let cms = signing(&update.digest(document, digest_algorithm)).map_err(unusable)?;
    Ok((Plan { update, cms }, notes))
}

//! Between signed and sealed: what is added to a seal once its value is there. Nothing that is signed
//! covers it, and who gives it (a time-stamp authority) is not known here.

use thiserror::Error;

use super::signer::base64;
use super::xades::tags::Tags;
use super::{Ending, Sealed, Signed, asic, xades};
use crate::domain::level::Level;
use crate::domain::profile::Profile;
use crate::domain::refusal::Refusal;
use crate::domain::xades::Prefixes;
use crate::pki::cms::{ID_SIGNATURE_TIME_STAMP, Unsigned};
use crate::pki::signature::SignatureValue;
use crate::pki::timestamp::TimestampToken;

/// Why something cannot be added to a seal. None of it is in the document: settings and sizes are chosen
/// before.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExtendError {
    /// A plain XML Signature, or one of an authority of its own.
    #[error("the signature has no place for unsigned properties")]
    NoPlace,
    /// The gap of a PDF was made without it.
    #[error("{needed} octets do not fit into the gap of {room} that was asked for")]
    NoRoom {
        /// Octets of the whole signature.
        needed: usize,
        /// Octets of the gap.
        room: usize,
    },
    /// A token for another signature.
    #[error("the token is over something else than this signature value")]
    NotOver,
}

/// Whether seals of a profile have a place for what is added to them later, which is to be known before a
/// key is used.
///
/// # Errors
/// [`Refusal::SettingConflict`] for a plain XML Signature, and for authorities whose recipe has no such place.
pub fn check_place(profile: &Profile) -> Result<(), Refusal> {
    match profile {
        Profile::Xades(profile) => xades::check_unsigned(profile),
        Profile::Pades(_) | Profile::Cades(_) => Ok(()),
    }
}

/// Whether seals of a profile can have levels LT and LTA, which is to be known before a key is used.
///
/// # Errors
/// [`Refusal::SettingConflict`] for signatures that are not of the levels of EN 319 132-1.
pub fn check_long_term(profile: &Profile) -> Result<(), Refusal> {
    match profile {
        Profile::Xades(profile) => xades::check_long_term(profile),
        Profile::Pades(_) | Profile::Cades(_) => Ok(()),
    }
}

/// A signed document with what was added to its signature.
pub struct Extended {
    signed: Signed,
    level: Level,
}

impl Signed {
    /// The octets whose digest a signature time-stamp has as its imprint: of XAdES the canonical
    /// `ds:SignatureValue` (EN 319 132-1, 5.3), of CMS the value (EN 319 122-1, 5.3).
    ///
    /// # Errors
    /// [`ExtendError::NoPlace`].
    pub fn time_stamped(&self) -> Result<Vec<u8>, ExtendError> {
        let Self { prepared, value } = self;
        let kind = prepared.signer.certificate().key_kind();
        let of_xml = |xml: &super::XmlEnding| -> Result<Vec<u8>, ExtendError> {
            let properties = xml.properties.as_ref().ok_or(ExtendError::NoPlace)?;
            Ok(properties.canonical_value(&xml.written(value, kind)).into_bytes())
        };
        match &prepared.ending {
            Ending::Xml(xml) => of_xml(xml),
            Ending::Pdf(plan) => Ok(plan.cms.value_octets(value)),
            Ending::Cms(ending) => Ok(ending.unsigned.value_octets(value)),
            Ending::Asic(ending) => match &ending.signature {
                asic::Signature::Xades { xml, .. } => of_xml(xml),
                asic::Signature::Cades { cms, .. } => Ok(cms.value_octets(value)),
            },
        }
    }

    /// Adds a signature time-stamp: a token (RFC 3161) over [`Signed::time_stamped`], byte for byte.
    ///
    /// # Errors
    /// [`ExtendError::NoPlace`]; [`ExtendError::NotOver`]; [`ExtendError::NoRoom`] in a PDF whose gap was made
    /// too small.
    pub fn with_time_stamp(mut self, token: &TimestampToken) -> Result<Extended, ExtendError> {
        if !token.is_over(&self.time_stamped()?) {
            return Err(ExtendError::NotOver);
        }
        let token = token.der();
        let of_xml = |xml: &mut super::XmlEnding| -> Result<(), ExtendError> {
            let properties = xml.properties.as_ref().ok_or(ExtendError::NoPlace)?;
            xml.unsigned = properties.time_stamp(token);
            Ok(())
        };
        let of_cms = |cms: &mut Unsigned| cms.add_unsigned(ID_SIGNATURE_TIME_STAMP, token);
        match &mut self.prepared.ending {
            Ending::Xml(xml) => of_xml(xml)?,
            Ending::Pdf(plan) => {
                of_cms(&mut plan.cms);
                fits(&plan.cms, &self.value, plan.room())?;
            }
            Ending::Cms(ending) => of_cms(&mut ending.unsigned),
            Ending::Asic(ending) => match &mut ending.signature {
                asic::Signature::Xades { xml, .. } => of_xml(xml)?,
                asic::Signature::Cades { cms, .. } => of_cms(cms),
            },
        }
        Ok(Extended { signed: self, level: Level::T })
    }
}

impl Extended {
    /// The level that the seal has with what was added.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// As [`Signed::finish`], with what was added.
    #[must_use]
    pub fn finish(self) -> Sealed {
        self.signed.write(self.level)
    }
}

fn fits(cms: &Unsigned, value: &SignatureValue, room: usize) -> Result<(), ExtendError> {
    let needed = cms.detached(value).len();
    if needed > room { Err(ExtendError::NoRoom { needed, room }) } else { Ok(()) }
}

/// How the unsigned properties of one XAdES signature are written.
pub(super) struct Properties {
    ds: String,
    xades: String,
    /// Start tag of the canonical `ds:SignatureValue`.
    value: String,
}

impl Properties {
    /// With the prefixes of a profile, whose signatures were rendered with them before.
    pub(super) fn new(prefixes: &Prefixes, value_id: &str) -> Result<Self, Refusal> {
        let tags = Tags::new(prefixes)?;
        let (ds, declared) = (tags.ds(), tags.declare_ds());
        let id = xades::tags::attribute("Id", value_id);
        Ok(Self {
            value: format!("<{ds}SignatureValue{declared}{id}>"),
            ds: ds.to_owned(),
            xades: tags.xades().to_owned(),
        })
    }

    /// Exclusive canonicalization of `ds:SignatureValue`: it uses one namespace, and what is in it needs no
    /// escape.
    fn canonical_value(&self, text: &str) -> String {
        format!("{}{text}</{}SignatureValue>", self.value, self.ds)
    }

    /// `xades:UnsignedProperties` with a signature time-stamp (EN 319 132-1, 5.3).
    fn time_stamp(&self, token: &[u8]) -> String {
        let Self { ds, xades, .. } = self;
        let token = base64(token);
        format!(
            "<{xades}UnsignedProperties><{xades}UnsignedSignatureProperties><{xades}SignatureTimeStamp>\
             <{ds}CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
             <{xades}EncapsulatedTimeStamp>{token}</{xades}EncapsulatedTimeStamp>\
             </{xades}SignatureTimeStamp></{xades}UnsignedSignatureProperties></{xades}UnsignedProperties>"
        )
    }
}

//! Certificate revocation lists (RFC 5280, 5): complete ones and deltas, of one issuer and indirect. The
//! bytes stay as they are; entries are looked up where they stand.

use std::ops::Range;

use der::Decode as _;
use der::asn1::ObjectIdentifier;
use spki::AlgorithmIdentifierOwned;
use thiserror::Error;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::name::{GeneralName, GeneralNames};
use x509_cert::name::Name;

use super::extension_list::{ListedExtension, each};
use super::points::ListScope;
use super::{Revocation, RevocationReason};
use crate::domain::instant::Instant;
use crate::pki::certificate::Certificate;
use crate::pki::der_parts::DerParts;
use crate::pki::folded_name::FoldedName;
use crate::pki::public_key::PublicKey;
use crate::pki::tlv::{
    BIT_STRING, ENUMERATED, Element, GENERALIZED_TIME, INTEGER, SEQUENCE, UTC_TIME, context,
};
use crate::pki::{asn1_time, name, signed};

/// Bytes of a list at most.
pub const MAX_LENGTH: usize = 64 << 20;

/// Bytes of a name or an extension at most: what is read of them takes much more.
const MAX_PART: usize = 64 << 10;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const CRL_NUMBER: ObjectIdentifier = oid("2.5.29.20");
const REASON_CODE: ObjectIdentifier = oid("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = oid("2.5.29.24");
const DELTA_CRL_INDICATOR: ObjectIdentifier = oid("2.5.29.27");
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = oid("2.5.29.28");
const CERTIFICATE_ISSUER: ObjectIdentifier = oid("2.5.29.29");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");

/// What is wrong with a list.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CrlError {
    #[error("the revocation list has {0} bytes; {MAX_LENGTH} are read at most")]
    TooLarge(usize),
    #[error("not a revocation list in DER: {0}")]
    Malformed(&'static str),
}

/// A revocation list that was read from beginning to end. Nothing is known yet of who signed it.
#[derive(Clone, Debug)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Range<usize>,
    algorithm: AlgorithmIdentifierOwned,
    value: Range<usize>,
    issuer: FoldedName,
    issuer_text: String,
    this_update: Instant,
    next_update: Option<Instant>,
    entries: Option<Element>,
    count: usize,
    extensions: ListExtensions,
}

/// What the extensions of a list say (RFC 5280, 5.2).
#[derive(Clone, Debug)]
struct ListExtensions {
    /// Big-endian, without leading zeros.
    number: Option<Vec<u8>>,
    base: Option<Vec<u8>>,
    key_id: Option<Vec<u8>>,
    scope: ListScope,
    /// DER of the issuingDistributionPoint; empty without one.
    scope_der: Vec<u8>,
    /// A critical extension, of the list or of an entry, that is not understood.
    unknown: Option<ObjectIdentifier>,
}

/// An entry where it stands.
struct Entry<'a> {
    parts: DerParts<'a>,
    serial: &'a [u8],
    date: Element,
    extensions: Option<Element>,
}

/// What the extensions of an entry say (RFC 5280, 5.3).
#[derive(Default)]
struct EntryExtensions {
    reason: Option<RevocationReason>,
    invalid_since: Option<Instant>,
    /// Whose certificates this and the following entries are about.
    issuers: Option<Vec<FoldedName>>,
    unknown: Option<ObjectIdentifier>,
}

impl Crl {
    /// Reads a list and every entry of it.
    ///
    /// # Errors
    /// [`CrlError`].
    pub fn read(der: Vec<u8>) -> Result<Self, CrlError> {
        if der.len() > MAX_LENGTH {
            return Err(CrlError::TooLarge(der.len()));
        }
        Self::parse(der).map_err(CrlError::Malformed)
    }

    fn parse(der: Vec<u8>) -> Result<Self, &'static str> {
        let mut signed = DerParts::of_whole(&der, SEQUENCE)?;
        let tbs = signed.take(SEQUENCE)?;
        let algorithm = signed.take(SEQUENCE)?;
        let value = signed.take(BIT_STRING)?;
        signed.finish()?;
        let mut parts = signed.inside(&tbs);
        if let Some(version) = parts.optional(INTEGER)?
            && parts.content(&version) != [1]
        {
            return Err("it has a version that RFC 5280 does not know");
        }
        let inner = parts.take(SEQUENCE)?;
        if parts.whole(&inner) != signed.whole(&algorithm) {
            return Err("it names one signature algorithm inside and another outside");
        }
        let algorithm = AlgorithmIdentifierOwned::from_der(signed.whole(&algorithm))
            .map_err(|_| "its signature algorithm is none")?;
        let issuer = parts.take(SEQUENCE)?;
        if issuer.whole.len() > MAX_PART {
            return Err("the name of its issuer is too long");
        }
        let issuer = Name::from_der(parts.whole(&issuer)).map_err(|_| "its issuer is no name")?;
        let this_update = time(&der, &mut parts)?.ok_or("it does not say when it was made")?;
        let next_update = time(&der, &mut parts)?;
        let entries = parts.optional(SEQUENCE)?;
        let folded = FoldedName::of(&issuer);
        let mut extensions = ListExtensions {
            number: None,
            base: None,
            key_id: None,
            scope: ListScope::everything(),
            scope_der: Vec::new(),
            unknown: None,
        };
        if let Some(wrapped) = parts.optional(context(0))? {
            let mut inside = parts.inside(&wrapped);
            let list = inside.take(SEQUENCE)?;
            inside.finish()?;
            each(&inside, &list, &mut |extension| extensions.take(&extension, &folded))?;
        }
        parts.finish()?;
        let mut count = 0;
        if let Some(list) = &entries {
            let mut walk = parts.inside(list);
            while let Some(entry) = Entry::next(&mut walk)? {
                asn1_time::read(&der, &entry.date).ok_or("the date of an entry is none")?;
                let said = entry.extensions()?;
                extensions.unknown = extensions.unknown.or(said.unknown);
                count += 1;
            }
        }
        let value = match signed.content(&value) {
            [0, ..] => value.content.start + 1..value.content.end,
            _ => return Err("its signature is no whole number of bytes"),
        };
        Ok(Self {
            tbs: tbs.whole,
            algorithm,
            value,
            issuer: folded,
            issuer_text: name::for_people(&issuer),
            this_update,
            next_update,
            entries,
            count,
            extensions,
            der,
        })
    }

    /// The DER as given.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its issuer, as people read it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer_text
    }

    /// When it was made.
    #[must_use]
    pub const fn this_update(&self) -> Instant {
        self.this_update
    }

    /// By when there will be another.
    #[must_use]
    pub const fn next_update(&self) -> Option<Instant> {
        self.next_update
    }

    /// How many entries it has.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether it says only what changed since another (RFC 5280, 5.2.4).
    #[must_use]
    pub const fn is_delta(&self) -> bool {
        self.extensions.base.is_some()
    }

    pub(super) const fn folded_issuer(&self) -> &FoldedName {
        &self.issuer
    }

    pub(super) const fn scope(&self) -> &ListScope {
        &self.extensions.scope
    }

    pub(super) const fn unknown(&self) -> Option<ObjectIdentifier> {
        self.extensions.unknown
    }

    pub(super) fn key_id(&self) -> Option<&[u8]> {
        self.extensions.key_id.as_deref()
    }

    /// Whether it is a delta that goes with a complete list: of the same issuer, key and scope, based on
    /// it or an earlier one, and newer (RFC 5280, 5.2.4 and 6.3.3 (c)).
    pub(super) fn is_delta_of(&self, complete: &Self) -> bool {
        let (own, other) = (&self.extensions, &complete.extensions);
        let numbers = own.base.as_deref().zip(own.number.as_deref()).zip(other.number.as_deref());
        self.issuer == complete.issuer
            && own.scope_der == other.scope_der
            && own.key_id == other.key_id
            && numbers.is_some_and(|((base, number), complete)| {
                is_at_most(base, complete) && !is_at_most(number, complete)
            })
    }

    /// Checks its signature with the key of a certificate.
    ///
    /// # Errors
    /// [`AlgorithmMismatch`](crate::pki::Error::AlgorithmMismatch), [`SignatureInvalid`](crate::pki::Error::SignatureInvalid).
    pub fn check_signature(&self, signer: &Certificate) -> Result<(), crate::pki::Error> {
        let read =
            signed::read_algorithm(&self.algorithm).ok_or(crate::pki::Error::SignatureInvalid)?;
        let part = |range: &Range<usize>| self.der.get(range.clone()).unwrap_or_default();
        signed::check(&PublicKey::of(signer), read, part(&self.tbs), part(&self.value))
    }

    /// What it says of a certificate; `None` when it is not in it.
    #[must_use]
    pub fn entry(&self, certificate: &Certificate) -> Option<Revocation> {
        let serial = certificate.serial_der();
        let mut whole = DerParts::of_bytes(serial);
        let serial = whole.take(INTEGER).ok()?;
        self.find(whole.content(&serial), certificate.folded_issuer())
    }

    /// It was read to its end once, so nothing goes wrong here.
    fn find(&self, serial: &[u8], issuer: &FoldedName) -> Option<Revocation> {
        let mut walk = DerParts::of(&self.der, self.entries.as_ref()?);
        let mut issuers: Option<Vec<FoldedName>> = None;
        while let Ok(Some(entry)) = Entry::next(&mut walk) {
            let mut said = None;
            if self.extensions.scope.indirect && entry.extensions.is_some() {
                let mut own = entry.extensions().ok()?;
                issuers = own.issuers.take().or(issuers);
                said = Some(own);
            }
            if entry.serial == serial
                && issuers.as_ref().map_or(*issuer == self.issuer, |all| all.contains(issuer))
            {
                let said = said.map_or_else(|| entry.extensions().ok(), Some)?;
                let at = asn1_time::read(&self.der, &entry.date)?;
                let EntryExtensions { reason, invalid_since, .. } = said;
                return Some(Revocation { at, reason, invalid_since });
            }
        }
        None
    }
}

impl ListExtensions {
    fn take(
        &mut self,
        extension: &ListedExtension<'_>,
        issuer: &FoldedName,
    ) -> Result<(), &'static str> {
        let value = not_too_long(extension)?;
        match extension.id {
            CRL_NUMBER => self.number = Some(number(value)?),
            DELTA_CRL_INDICATOR => self.base = Some(number(value)?),
            ISSUING_DISTRIBUTION_POINT => {
                self.scope = ListScope::read(value, issuer)
                    .ok_or("its issuingDistributionPoint cannot be read")?;
                self.scope_der = value.to_vec();
            }
            AUTHORITY_KEY_IDENTIFIER => {
                let read = AuthorityKeyIdentifier::from_der(value)
                    .map_err(|_| "its authorityKeyIdentifier cannot be read")?;
                self.key_id = read.key_identifier.map(|key_id| key_id.as_bytes().to_vec());
            }
            other if extension.critical => self.unknown = self.unknown.or(Some(other)),
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Entry<'a> {
    fn next(walk: &mut DerParts<'a>) -> Result<Option<Self>, &'static str> {
        let Some(entry) = walk.any()? else { return Ok(None) };
        if entry.tag != SEQUENCE {
            return Err("an entry is none");
        }
        let mut parts = walk.inside(&entry);
        let serial = parts.take(INTEGER)?;
        let serial = parts.content(&serial);
        let date = parts.any()?.ok_or("an entry has no date")?;
        let extensions = parts.optional(SEQUENCE)?;
        parts.finish()?;
        Ok(Some(Self { parts, serial, date, extensions }))
    }

    fn extensions(&self) -> Result<EntryExtensions, &'static str> {
        let mut said = EntryExtensions::default();
        let Some(extensions) = &self.extensions else { return Ok(said) };
        each(&self.parts, extensions, &mut |extension| said.take(&extension))?;
        Ok(said)
    }
}

impl EntryExtensions {
    fn take(&mut self, extension: &ListedExtension<'_>) -> Result<(), &'static str> {
        let value = not_too_long(extension)?;
        let mut whole = DerParts::of_bytes(value);
        match extension.id {
            REASON_CODE => {
                let code = whole.take(ENUMERATED)?;
                let [code] = whole.content(&code) else { return Err("a reason is none") };
                self.reason =
                    Some(RevocationReason::from_code(*code).ok_or("a reason is none of RFC 5280")?);
            }
            INVALIDITY_DATE => {
                let date = whole.take(GENERALIZED_TIME)?;
                self.invalid_since =
                    Some(asn1_time::read(value, &date).ok_or("an invalidityDate is none")?);
            }
            CERTIFICATE_ISSUER => {
                let names = GeneralNames::from_der(value)
                    .map_err(|_| "the certificateIssuer of an entry cannot be read")?;
                let directory = |name: &GeneralName| match name {
                    GeneralName::DirectoryName(name) => Some(FoldedName::of(name)),
                    _ => None,
                };
                self.issuers = Some(names.iter().filter_map(directory).collect());
            }
            other if extension.critical => self.unknown = self.unknown.or(Some(other)),
            _ => {}
        }
        Ok(())
    }
}

fn not_too_long<'a>(extension: &ListedExtension<'a>) -> Result<&'a [u8], &'static str> {
    if extension.value.len() > MAX_PART {
        Err("an extension is too long")
    } else {
        Ok(extension.value)
    }
}

/// A time where one may be.
fn time(der: &[u8], parts: &mut DerParts<'_>) -> Result<Option<Instant>, &'static str> {
    let element = match parts.optional(UTC_TIME)? {
        Some(element) => Some(element),
        None => parts.optional(GENERALIZED_TIME)?,
    };
    let read = |element: Element| asn1_time::read(der, &element).ok_or("one of its dates is none");
    element.map(read).transpose()
}

/// A whole number that is not negative, without leading zeros.
fn number(value: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut whole = DerParts::of_bytes(value);
    let number = whole.take(INTEGER)?;
    whole.finish()?;
    match whole.content(&number) {
        [] => Err("a number is empty"),
        [first, ..] if *first >= 0x80 => Err("a number is negative"),
        octets => Ok(octets.iter().copied().skip_while(|octet| *octet == 0).collect()),
    }
}

fn is_at_most(one: &[u8], other: &[u8]) -> bool {
    (one.len(), one) <= (other.len(), other)
}

//! Objects in a token: finding a private key by its public half, listing, generating.

use std::collections::BTreeSet;

use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use der::asn1::OctetStringRef;
use der::{Decode as _, Encode as _};

use crate::domain::text::hex;
use crate::keys::{Error, KeyDescription};
use crate::pki::algorithm::KeyKind;
use crate::pki::certificate::Certificate;
use crate::pki::public_key::{EcCurve, PublicKey};

/// A private key in a token, as one session knows it.
#[derive(Clone, Copy)]
pub(super) struct PrivateKey {
    pub(super) handle: ObjectHandle,
    /// `CKA_ALWAYS_AUTHENTICATE`: it wants the PIN for every signature.
    pub(super) confirms: bool,
}

impl PrivateKey {
    /// The private key whose public half this is; `None` when the session sees none.
    pub(super) fn find(session: &Session, key: &PublicKey) -> Result<Option<Self>, Error> {
        let Some(handle) = private_key(session, key)? else { return Ok(None) };
        let told = attributes(session, handle, &[AttributeType::AlwaysAuthenticate])?;
        let confirms = told.unwrap_or_default().contains(&Attribute::AlwaysAuthenticate(true));
        Ok(Some(Self { handle, confirms }))
    }
}

/// The private key whose public half this is; `None` when the session sees none.
///
/// Asked in this order: the private key's own public parts, a public key object with the same
/// `CKA_ID`, a certificate with the same `CKA_ID`, every private RSA key's modulus (some tokens keep
/// a leading zero and match templates byte by byte).
fn private_key(session: &Session, key: &PublicKey) -> Result<Option<ObjectHandle>, Error> {
    let mut halves = Vec::new();
    if let Some(modulus) = key.rsa_modulus() {
        let own =
            [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Modulus(modulus.to_vec())];
        if let Some(found) = first(session, &own)? {
            return Ok(Some(found));
        }
        halves.push(Attribute::Modulus(modulus.to_vec()));
    } else {
        // PKCS#11 2.40, 2.3.3: DER of an OCTET STRING. Older tokens keep the bare point.
        let point = OctetStringRef::new(key.bits()).and_then(|octets| octets.to_der());
        halves.extend(point.ok().map(Attribute::EcPoint));
        halves.push(Attribute::EcPoint(key.bits().to_vec()));
    }
    for half in halves {
        let template = [Attribute::Class(ObjectClass::PUBLIC_KEY), half];
        for public in session.find_objects(&template).map_err(Error::Token)? {
            if let Some(found) = private_with_id_of(session, public, key)? {
                return Ok(Some(found));
            }
        }
    }
    if let Some(certificate) = certificate_of(session, key)?
        && let Some(found) = private_with_id_of(session, certificate, key)?
    {
        return Ok(Some(found));
    }
    match key.rsa_modulus() {
        Some(modulus) => by_scan(session, modulus),
        None => Ok(None),
    }
}

/// What lies in the token, sorted by label.
pub(super) fn list(session: &Session) -> Result<Vec<KeyDescription>, Error> {
    let mut certified = BTreeSet::new();
    for certificate in of_class(session, ObjectClass::CERTIFICATE)? {
        certified.extend(Parts::read(session, certificate)?.and_then(|parts| parts.id));
    }
    let mut keys = Vec::new();
    for handle in of_class(session, ObjectClass::PRIVATE_KEY)? {
        let Some(parts) = Parts::read(session, handle)? else { continue };
        let id = parts.id.clone().unwrap_or_default();
        keys.push(KeyDescription {
            label: parts.label.clone().unwrap_or_default(),
            id: hex(&id),
            kind: parts.kind(),
            has_certificate: certified.contains(&id),
        });
    }
    keys.sort_by(|one, other| (&one.label, &one.id).cmp(&(&other.label, &other.id)));
    Ok(keys)
}

/// The public half of the key with this label or id (hexadecimal).
///
/// # Errors
/// [`Error::NameUnknown`], [`Error::NameAmbiguous`], [`Error::Token`], [`Error::Pki`].
pub(super) fn public_key(session: &Session, name: &str) -> Result<PublicKey, Error> {
    let mut named = Vec::new();
    for handle in of_class(session, ObjectClass::PRIVATE_KEY)? {
        let Some(parts) = Parts::read(session, handle)? else { continue };
        let id = parts.id.as_deref().map(hex).unwrap_or_default();
        if parts.label.as_deref() == Some(name) || id.eq_ignore_ascii_case(name) {
            named.push(parts);
        }
    }
    let parts = match named.len() {
        0 => return Err(Error::NameUnknown(name.to_owned())),
        1 => named.remove(0),
        _ => return Err(Error::NameAmbiguous(name.to_owned())),
    };
    // A private key says less about its public half than the public key object beside it.
    if let Some(id) = parts.id.clone().filter(|id| !id.is_empty()) {
        let beside = [Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Id(id)];
        for handle in session.find_objects(&beside).map_err(Error::Token)? {
            if let Some(key) = Parts::read(session, handle)?.and_then(|parts| parts.public_key()) {
                return Ok(key?);
            }
        }
    }
    parts
        .public_key()
        .unwrap_or_else(|| {
            Err(crate::pki::Error::KeyUnsupported("without a public half in the token".to_owned()))
        })
        .map_err(Error::Pki)
}

/// Generates a key pair inside the token: persistent, private, sensitive, not extractable.
///
/// # Errors
/// [`Error::KindUnsupported`], [`Error::LabelTaken`], [`Error::Token`].
pub(super) fn generate(
    session: &Session,
    label: &str,
    id: &[u8],
    kind: KeyKind,
) -> Result<KeyDescription, Error> {
    let (mechanism, particular) = match (kind, kind.curve()) {
        (KeyKind::Rsa { bits: bits @ (2048 | 3072 | 4096) }, _) => (
            Mechanism::RsaPkcsKeyPairGen,
            vec![
                Attribute::ModulusBits((bits as u64).into()),
                Attribute::PublicExponent(vec![1, 0, 1]),
            ],
        ),
        (_, Some(curve)) => {
            (Mechanism::EccKeyPairGen, vec![Attribute::EcParams(curve.parameters_der()?)])
        }
        (_, None) => return Err(Error::KindUnsupported(kind.label())),
    };
    let taken =
        [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(label.as_bytes().to_vec())];
    if first(session, &taken)?.is_some() {
        return Err(Error::LabelTaken(label.to_owned()));
    }
    let common = [
        Attribute::Token(true),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Id(id.to_vec()),
    ];
    let mut public = common.to_vec();
    public.extend([Attribute::Private(false), Attribute::Verify(true)]);
    public.extend(particular);
    let mut private = common.to_vec();
    private.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ]);
    session.generate_key_pair(&mechanism, &public, &private).map_err(Error::Token)?;
    Ok(KeyDescription {
        label: label.to_owned(),
        id: hex(id),
        kind: Some(kind),
        has_certificate: false,
    })
}

fn of_class(session: &Session, class: ObjectClass) -> Result<Vec<ObjectHandle>, Error> {
    session.find_objects(&[Attribute::Class(class)]).map_err(Error::Token)
}

fn first(session: &Session, template: &[Attribute]) -> Result<Option<ObjectHandle>, Error> {
    Ok(session.find_objects(template).map_err(Error::Token)?.first().copied())
}

fn private_with_id_of(
    session: &Session,
    object: ObjectHandle,
    key: &PublicKey,
) -> Result<Option<ObjectHandle>, Error> {
    let id = Parts::read(session, object)?.and_then(|parts| parts.id).filter(|id| !id.is_empty());
    let Some(id) = id else { return Ok(None) };
    let key_type = match key.kind() {
        KeyKind::Rsa { .. } => KeyType::RSA,
        KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Secp256k1 => KeyType::EC,
    };
    let template = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(key_type),
        Attribute::Id(id),
    ];
    first(session, &template)
}

fn certificate_of(session: &Session, key: &PublicKey) -> Result<Option<ObjectHandle>, Error> {
    for handle in of_class(session, ObjectClass::CERTIFICATE)? {
        let Some(value) = attributes(session, handle, &[AttributeType::Value])? else { continue };
        let same = value.iter().any(|attribute| match attribute {
            Attribute::Value(der) => Certificate::from_der(der)
                .is_ok_and(|certificate| PublicKey::of(&certificate) == *key),
            _ => false,
        });
        if same {
            return Ok(Some(handle));
        }
    }
    Ok(None)
}

fn by_scan(session: &Session, modulus: &[u8]) -> Result<Option<ObjectHandle>, Error> {
    for handle in of_class(session, ObjectClass::PRIVATE_KEY)? {
        let own = Parts::read(session, handle)?.and_then(|parts| parts.modulus);
        if own.is_some_and(|own| own.iter().skip_while(|byte| **byte == 0).eq(modulus)) {
            return Ok(Some(handle));
        }
    }
    Ok(None)
}

/// Attributes of an object; `None` when it vanished since it was found, or is just being written by
/// somebody else. Whether it vanished because of a logout is for the caller to ask at the end.
fn attributes(
    session: &Session,
    handle: ObjectHandle,
    wanted: &[AttributeType],
) -> Result<Option<Vec<Attribute>>, Error> {
    match session.get_attributes(handle, wanted) {
        Ok(attributes) => Ok(Some(attributes)),
        Err(TokenError::Pkcs11(RvError::ObjectHandleInvalid, _)) => Ok(None),
        Err(error) => Err(Error::Token(error)),
    }
}

/// The public key of a point as tokens have it: in an OCTET STRING, as PKCS#11 wants it, or bare.
///
/// # Errors
/// [`crate::pki::Error`] when it is no point of the curve.
pub fn ec_public_key(curve: EcCurve, point: &[u8]) -> Result<PublicKey, crate::pki::Error> {
    // By length, not by shape: one bare P-256 point in 256 begins with 04 3F, which reads like
    // an OCTET STRING of 63 bytes.
    let bare = if point.len() == curve.point_length() {
        point
    } else {
        <&OctetStringRef>::from_der(point).map_or(point, OctetStringRef::as_bytes)
    };
    PublicKey::ec(curve, bare)
}

/// The public attributes of a key or certificate object, as far as the token tells them.
#[derive(Default)]
struct Parts {
    label: Option<String>,
    id: Option<Vec<u8>>,
    modulus: Option<Vec<u8>>,
    exponent: Option<Vec<u8>>,
    curve: Option<EcCurve>,
    point: Option<Vec<u8>>,
}

impl Parts {
    fn read(session: &Session, handle: ObjectHandle) -> Result<Option<Self>, Error> {
        let wanted = [
            AttributeType::Label,
            AttributeType::Id,
            AttributeType::Modulus,
            AttributeType::PublicExponent,
            AttributeType::EcParams,
            AttributeType::EcPoint,
        ];
        let Some(attributes) = attributes(session, handle, &wanted)? else { return Ok(None) };
        let mut parts = Self::default();
        for attribute in attributes {
            match attribute {
                Attribute::Label(label) => {
                    parts.label = Some(String::from_utf8_lossy(&label).trim_end().to_owned());
                }
                Attribute::Id(id) => parts.id = Some(id),
                Attribute::Modulus(modulus) if !modulus.is_empty() => parts.modulus = Some(modulus),
                Attribute::PublicExponent(e) if !e.is_empty() => parts.exponent = Some(e),
                Attribute::EcParams(der) => parts.curve = EcCurve::from_parameters_der(&der),
                Attribute::EcPoint(point) if !point.is_empty() => parts.point = Some(point),
                _ => {}
            }
        }
        Ok(Some(parts))
    }

    fn kind(&self) -> Option<KeyKind> {
        if let Some(curve) = self.curve {
            return Some(curve.key_kind());
        }
        let modulus = self.modulus.as_deref()?;
        let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
        let leading = modulus.get(zeros)?.leading_zeros() as usize;
        Some(KeyKind::Rsa { bits: (modulus.len() - zeros) * 8 - leading })
    }

    /// `None` when the object does not hold a whole public key.
    fn public_key(&self) -> Option<Result<PublicKey, crate::pki::Error>> {
        if let (Some(modulus), Some(exponent)) = (&self.modulus, &self.exponent) {
            return Some(PublicKey::rsa(modulus, exponent));
        }
        Some(ec_public_key(self.curve?, self.point.as_deref()?))
    }
}

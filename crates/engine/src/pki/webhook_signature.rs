//! Signatures of webhooks (Standard Webhooks 1.0.0, "Signature scheme"): secrets in their written forms,
//! and the entries of the `webhook-signature` header.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

use super::envelope::MacKey;
use crate::domain::webhook::SignatureScheme;

/// Prefix of a written symmetric secret.
const SYMMETRIC: &str = "whsec_";
/// Prefix of a written private key.
const PRIVATE: &str = "whsk_";
/// Prefix of a written public key.
const PUBLIC: &str = "whpk_";

/// Octets of a symmetric secret: 192 to 512 bits.
const SYMMETRIC_LENGTH: std::ops::RangeInclusive<usize> = 24..=64;
const SEED_LENGTH: usize = 32;

/// Receivers write base64 with and without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is no secret. The text is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Neither prefix.
    #[error("a webhook secret begins with whsec_ or whsk_")]
    Prefix,
    /// Not base64.
    #[error("behind its prefix a webhook secret is base64")]
    Encoding,
    /// Too short or too long.
    #[error("a whsec_ secret has 24 to 64 octets, a whsk_ key 32, or 64 with its public key")]
    Length,
    /// Public and private key do not belong together.
    #[error("the whsk_ key is no Ed25519 key, or not the one of the public key behind it")]
    Key,
}

/// A secret that webhooks are signed with.
pub struct HookSecret {
    octets: Zeroizing<Vec<u8>>,
    key: Key,
}

enum Key {
    Symmetric(Box<MacKey>),
    Asymmetric(Ed25519KeyPair),
}

impl HookSecret {
    /// A new secret of 32 random octets.
    ///
    /// # Errors
    /// [`Error::Key`]: the library refused.
    pub fn from_random(scheme: SignatureScheme, octets: [u8; 32]) -> Result<Self, Error> {
        Self::of(scheme, Zeroizing::new(octets.to_vec()))
    }

    /// Reads a written secret: `whsec_…`, or `whsk_…` with or without the public key behind the private
    /// one.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &SecretString) -> Result<Self, Error> {
        let text = text.expose_secret().trim();
        let (scheme, encoded) = match (text.strip_prefix(SYMMETRIC), text.strip_prefix(PRIVATE)) {
            (Some(encoded), _) => (SignatureScheme::Hmac, encoded),
            (_, Some(encoded)) => (SignatureScheme::Ed25519, encoded),
            _ => return Err(Error::Prefix),
        };
        let octets = LENIENT.decode(encoded).map_err(|_| Error::Encoding)?;
        Self::of(scheme, Zeroizing::new(octets))
    }

    fn of(scheme: SignatureScheme, mut octets: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        let key = match scheme {
            SignatureScheme::Hmac => {
                if !SYMMETRIC_LENGTH.contains(&octets.len()) {
                    return Err(Error::Length);
                }
                Key::Symmetric(Box::new(MacKey::from_bytes(&octets)))
            }
            SignatureScheme::Ed25519 => {
                let (seed, public) = octets.split_at_checked(SEED_LENGTH).ok_or(Error::Length)?;
                let pair = match public.len() {
                    0 => Ed25519KeyPair::from_seed_unchecked(seed),
                    32 => Ed25519KeyPair::from_seed_and_public_key(seed, public),
                    _ => return Err(Error::Length),
                };
                let pair = pair.map_err(|_| Error::Key)?;
                octets.truncate(SEED_LENGTH);
                Key::Asymmetric(pair)
            }
        };
        Ok(Self { octets, key })
    }

    /// How it signs.
    #[must_use]
    pub const fn scheme(&self) -> SignatureScheme {
        match self.key {
            Key::Symmetric(_) => SignatureScheme::Hmac,
            Key::Asymmetric(_) => SignatureScheme::Ed25519,
        }
    }

    /// The whole secret as written: for the receiver when it is symmetric, for nobody but us else.
    #[must_use]
    pub fn text(&self) -> SecretString {
        match &self.key {
            Key::Symmetric(_) => format!("{SYMMETRIC}{}", STANDARD.encode(&*self.octets)),
            Key::Asymmetric(pair) => {
                let both = Zeroizing::new([&self.octets, pair.public_key().as_ref()].concat());
                format!("{PRIVATE}{}", STANDARD.encode(&*both))
            }
        }
        .into()
    }

    /// The public key as written, of an asymmetric secret.
    #[must_use]
    pub fn public_text(&self) -> Option<String> {
        match &self.key {
            Key::Symmetric(_) => None,
            Key::Asymmetric(pair) => {
                Some(format!("{PUBLIC}{}", STANDARD.encode(pair.public_key())))
            }
        }
    }

    /// One entry of the `webhook-signature` header: over id, time of the attempt in seconds since 1970,
    /// and body. The id must not hold a full stop.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
        match &self.key {
            Key::Symmetric(key) => format!("v1,{}", STANDARD.encode(key.hmac_sha256(&signed))),
            Key::Asymmetric(pair) => format!("v1a,{}", STANDARD.encode(pair.sign(&signed))),
        }
    }
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookSecret({})", self.scheme().as_str())
    }
}

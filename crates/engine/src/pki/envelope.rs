//! Secrets at rest: sealed under a key that is not in the database (AES-256-GCM, NIST SP 800-38D), and
//! keys for other purposes derived from it (HKDF, RFC 5869). What does not live here: where the key comes
//! from, the nonces (arguments), what is sealed.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use thiserror::Error;
use zeroize::Zeroizing;

/// Octets of a key-encryption key.
pub const KEK_LENGTH: usize = 32;

/// The only form of a sealed secret there is: this octet, the key's id, the nonce, ciphertext and tag.
const VERSION: u8 = 1;
const ID_LENGTH: usize = 4;
const HEAD_LENGTH: usize = 1 + ID_LENGTH;

const SEALING: &[u8] = b"chancery: secrets at rest";
const NAMING: &[u8] = b"chancery: id of the key";
const DERIVING: &[u8] = b"chancery: key for ";

/// Why a secret cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Not written by [`Kek::seal`].
    #[error("what is stored is no sealed secret")]
    Malformed,
    /// Sealed with another key.
    #[error("the secret was sealed with another key; name the key file it was sealed with")]
    OtherKey,
    /// Changed, or belongs somewhere else.
    #[error("the sealed secret was changed, or moved from another record")]
    Tampered,
    /// The library refused: a secret of more than 64 GiB.
    #[error("the cryptographic library refused")]
    Library,
}

/// A key-encryption key. Its octets are used for nothing themselves: every purpose has a key of its own.
pub struct Kek {
    prk: hkdf::Prk,
    sealing: LessSafeKey,
    id: [u8; ID_LENGTH],
}

impl Kek {
    /// The key of 32 random octets.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn from_bytes(octets: &[u8; KEK_LENGTH]) -> Result<Self, Error> {
        let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, octets);
        let sealing = UnboundKey::from(expand(&prk, &[SEALING], &AES_256_GCM)?);
        let mut id = [0; ID_LENGTH];
        let naming = expand(&prk, &[NAMING], hkdf::HKDF_SHA256)?;
        let mut named = Zeroizing::new([0; KEK_LENGTH]);
        naming.fill(&mut *named).map_err(|_| Error::Library)?;
        id.iter_mut().zip(named.iter()).for_each(|(to, from)| *to = *from);
        Ok(Self { sealing: LessSafeKey::new(sealing), id, prk })
    }

    /// Seals a secret for one place. `context` names that place (table, column, row): what was sealed
    /// for one does not open at another. `nonce` must be random; one key may seal 2^32 secrets (SP
    /// 800-38D 8.3).
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        context: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let head = self.head();
        let mut body = Zeroizing::new(plain.to_vec());
        let tag = self
            .sealing
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound(&head, context)),
                &mut body,
            )
            .map_err(|_| Error::Library)?;
        Ok([&head, nonce.as_slice(), &body, tag.as_ref()].concat())
    }

    /// Opens what [`Kek::seal`] made for the same context.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::OtherKey`], [`Error::Tampered`].
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (head, rest) = sealed.split_at_checked(HEAD_LENGTH).ok_or(Error::Malformed)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Error::Malformed)?;
        if head.first() != Some(&VERSION) || body.len() < AES_256_GCM.tag_len() {
            return Err(Error::Malformed);
        }
        if head != self.head() {
            return Err(Error::OtherKey);
        }
        let mut body = Zeroizing::new(body.to_vec());
        let opened = self
            .sealing
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(bound(head, context)),
                &mut body,
            )
            .map_err(|_| Error::Tampered)?
            .len();
        body.truncate(opened);
        Ok(body)
    }

    /// A key for a purpose, always the same for the same label. Labels of different purposes differ.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn derive(&self, label: &str) -> Result<MacKey, Error> {
        let parts = [DERIVING, label.as_bytes()];
        Ok(MacKey(hmac::Key::from(expand(&self.prk, &parts, hmac::HMAC_SHA256)?)))
    }

    fn head(&self) -> [u8; HEAD_LENGTH] {
        let mut head = [VERSION; HEAD_LENGTH];
        head.iter_mut().skip(1).zip(self.id).for_each(|(to, from)| *to = from);
        head
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kek")
    }
}

/// A key for HMAC-SHA-256 (RFC 2104).
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// The key of these octets.
    #[must_use]
    pub fn from_bytes(octets: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, octets))
    }

    /// The code of some bytes: 32 octets.
    #[must_use]
    pub fn hmac_sha256(&self, bytes: &[u8]) -> [u8; 32] {
        let mut code = [0; 32];
        let tag = hmac::sign(&self.0, bytes);
        code.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        code
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey")
    }
}

fn expand<'a, L: hkdf::KeyType>(
    prk: &'a hkdf::Prk,
    label: &'a [&'a [u8]],
    length: L,
) -> Result<hkdf::Okm<'a, L>, Error> {
    prk.expand(label, length).map_err(|_| Error::Library)
}

/// What is authenticated beside the secret. The head has one length, so nothing is ambiguous.
fn bound(head: &[u8], context: &[u8]) -> Vec<u8> {
    [head, context].concat()
}

//! The key of a file from the empty password (ISO 32000-1, 7.6.3.3 and 7.6.3.4; ISO 32000-2,
//! 7.6.4.3 and 7.6.4.4).

use aes::cipher::block_padding::NoPadding;
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Access, cipher, unsupported};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::PdfRefusal;
use crate::pki::digest::{Digest as Hash, Hasher};
use crate::seal::pdf::damaged;
use crate::seal::pdf::object::{Dictionary, Object};

/// What a password gives.
pub(super) struct UnlockedKey {
    pub(super) key: Zeroizing<Vec<u8>>,
    pub(super) access: Access,
    pub(super) permissions: u32,
}

/// The empty password, padded (algorithm 2, step a).
const PADDING: [u8; 32] = [
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
    0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
];

/// What the encryption dictionary says of the password.
struct Secrets<'a> {
    revision: i64,
    owner: &'a [u8],
    user: &'a [u8],
    permissions: u32,
    id: &'a [u8],
    metadata: bool,
    /// Bytes of the key.
    length: usize,
}

/// Opens with the empty password, as owner where it is the owner's too.
pub(super) fn open(dictionary: &Dictionary, id: &[u8]) -> Result<UnlockedKey, PdfRefusal> {
    let integer = |key: &str| dictionary.get(key).and_then(Object::as_integer);
    let text = |key: &str| dictionary.get(key).and_then(Object::as_string).unwrap_or_default();
    let revision = integer("R").unwrap_or(0);
    let permissions = integer("P").unwrap_or(0).to_le_bytes();
    let [a, b, c, d, ..] = permissions;
    let permissions = u32::from_le_bytes([a, b, c, d]);
    match (integer("V"), revision) {
        (Some(1 | 2 | 4), 2..=4) => {
            let length = match (integer("V"), revision) {
                (Some(4), _) => 16,
                (_, 2) | (Some(1), _) => 5,
                _ => usize::try_from(integer("Length").unwrap_or(40) / 8).unwrap_or(0),
            };
            if !(5..=16).contains(&length) {
                return Err(unsupported(format!("keys of {length} bytes")));
            }
            let metadata = dictionary.get("EncryptMetadata") != Some(&Object::Boolean(false));
            let (owner, user) = (text("O"), text("U"));
            Secrets { revision, owner, user, permissions, id, metadata, length }.open()
        }
        (Some(5), 5 | 6) => open_256(dictionary, revision, permissions),
        (version, revision) => {
            let version = version.unwrap_or(0);
            Err(unsupported(format!("an algorithm of version {version}, revision {revision}")))
        }
    }
}

impl Secrets<'_> {
    fn open(&self) -> Result<UnlockedKey, PdfRefusal> {
        let (Some(_), Some(_)) = (self.owner.get(..32), self.user.get(..32)) else {
            return Err(damaged("the passwords of the encryption dictionary are too short"));
        };
        let permissions = self.permissions;
        if let Some(key) = self.authenticate(&self.user_by_owner()) {
            return Ok(UnlockedKey { key, access: Access::Owner, permissions });
        }
        let key = self.authenticate(&PADDING).ok_or(PdfRefusal::PasswordNeeded)?;
        Ok(UnlockedKey { key, access: Access::User, permissions })
    }

    /// The key, when this padded user password is the right one (algorithms 2, 4, 5 and 6).
    fn authenticate(&self, padded: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut hash = Md5::new();
        hash.update(padded);
        hash.update(self.owner.get(..32)?);
        hash.update(self.permissions.to_le_bytes());
        hash.update(self.id);
        if self.revision >= 4 && !self.metadata {
            hash.update([0xFF; 4]);
        }
        let key = self.stretched(hash.finalize().to_vec());
        let right = if self.revision == 2 {
            bool::from(cipher::rc4(&key, &PADDING).as_slice().ct_eq(self.user.get(..32)?))
        } else {
            let start = Md5::new().chain_update(PADDING).chain_update(self.id).finalize();
            let expected = (0..20).fold(start.to_vec(), |text, round| pass(&key, round, &text));
            bool::from(expected.as_slice().ct_eq(self.user.get(..16)?))
        };
        right.then_some(key)
    }

    /// The user password that the empty owner password protects (algorithm 7).
    fn user_by_owner(&self) -> Vec<u8> {
        let key = self.stretched(Md5::digest(PADDING).to_vec());
        let owner = self.owner.get(..32).unwrap_or_default().to_vec();
        if self.revision == 2 {
            return cipher::rc4(&key, &owner);
        }
        (0..20).rev().fold(owner, |text, round| pass(&key, round, &text))
    }

    /// From revision 3 on digested fifty times more; as long as a key.
    fn stretched(&self, mut digest: Vec<u8>) -> Zeroizing<Vec<u8>> {
        if self.revision >= 3 {
            for _ in 0..50 {
                digest = Md5::digest(digest.get(..self.length).unwrap_or_default()).to_vec();
            }
        }
        digest.truncate(self.length);
        Zeroizing::new(digest)
    }
}

/// RC4 with the key changed by the number of the round.
fn pass(key: &[u8], round: u8, text: &[u8]) -> Vec<u8> {
    let key: Zeroizing<Vec<u8>> = Zeroizing::new(key.iter().map(|byte| byte ^ round).collect());
    cipher::rc4(&key, text)
}

/// Algorithm 2.A.
fn open_256(
    dictionary: &Dictionary,
    revision: i64,
    permissions: u32,
) -> Result<UnlockedKey, PdfRefusal> {
    let broken = || damaged("the passwords of the encryption dictionary are too short");
    let text = |key: &str, length: usize| {
        let text = dictionary.get(key).and_then(Object::as_string);
        text.and_then(|text| text.get(..length)).ok_or_else(broken)
    };
    let (owner, user) = (text("O", 48)?, text("U", 48)?);
    let (owner_key, user_key) = (text("OE", 32)?, text("UE", 32)?);
    let key_of = |secret: &[u8], wrapped: &[u8], more: &[u8]| {
        let (expected, salts) = secret.split_at_checked(32)?;
        let (validation, key_salt) = salts.split_at_checked(8)?;
        let right = hash(revision, validation, more).as_slice().ct_eq(expected);
        if !bool::from(right) {
            return None;
        }
        cipher::aes_decrypt::<NoPadding>(&hash(revision, key_salt, more), &[0; 16], wrapped)
    };
    let (key, access) = if let Some(key) = key_of(owner, owner_key, user) {
        (key, Access::Owner)
    } else if let Some(key) = key_of(user, user_key, &[]) {
        (key, Access::User)
    } else {
        return Err(PdfRefusal::PasswordNeeded);
    };
    let key = Zeroizing::new(key);
    // algorithm 13: a copy of P that nobody can change without the key; the lesser of both counts
    let sealed = text("Perms", 16).ok();
    let sealed = sealed.and_then(|it| cipher::aes_decrypt::<NoPadding>(&key, &[0; 16], it));
    let permissions = match sealed.as_deref() {
        Some([a, b, c, d, _, _, _, _, _, b'a', b'd', b'b', ..]) => {
            permissions & u32::from_le_bytes([*a, *b, *c, *d])
        }
        _ => permissions,
    };
    Ok(UnlockedKey { key, access, permissions })
}

/// The digest of the empty password: SHA-256 in revision 5, algorithm 2.B in revision 6.
fn hash(revision: i64, salt: &[u8], more: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut start = Hasher::new(DigestAlgorithm::Sha256);
    start.update(salt);
    start.update(more);
    let mut digest = Zeroizing::new(start.finish().value().to_vec());
    if revision == 5 {
        return digest;
    }
    let mut round = 0_u16;
    loop {
        let piece = [digest.as_slice(), more].concat();
        let input = piece.repeat(64);
        let (key, rest) = digest.split_at_checked(16).unwrap_or_default();
        let Some((vector, _)) = rest.split_first_chunk::<16>() else { return digest };
        let output = cipher::aes_encrypt::<NoPadding>(key, vector, &input).unwrap_or_default();
        // 256 is 1 modulo 3, so that the first 16 bytes as a number are their sum
        let sum: u32 = output.iter().take(16).map(|byte| u32::from(*byte)).sum();
        let algorithm = match sum % 3 {
            0 => DigestAlgorithm::Sha256,
            1 => DigestAlgorithm::Sha384,
            _ => DigestAlgorithm::Sha512,
        };
        digest = Zeroizing::new(Hash::of(algorithm, &output).value().to_vec());
        round += 1;
        let last = output.last().copied().map_or(0, u16::from);
        if round >= 64 && last + 32 <= round {
            digest.truncate(32);
            return digest;
        }
    }
}

//! The ciphers of PDF, and the key of each object (ISO 32000-1, 7.6.2; ISO 32000-2, 7.6.3.3).

use aes::cipher::block_padding::{NoPadding, Pkcs7};
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit, StreamCipher};
use aes::{Aes128, Aes256};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::Hasher;
use crate::seal::pdf::object::Reference;

/// Bytes of a block and of an initialization vector of AES.
const BLOCK: usize = 16;

/// What is done to a string or to data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CryptMethod {
    Identity,
    Rc4,
    Aes128,
    Aes256,
}

/// The key of a file.
pub(super) struct FileKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey")
    }
}

impl FileKey {
    pub(super) const fn new(key: Zeroizing<Vec<u8>>) -> Self {
        Self(key)
    }

    /// What was encrypted for this object. Data that no encryption gives are taken as far as they
    /// can be.
    pub(super) fn decrypt(
        &self,
        method: CryptMethod,
        reference: Reference,
        data: &[u8],
    ) -> Vec<u8> {
        let key = self.of(method, reference);
        match method {
            CryptMethod::Identity => data.to_vec(),
            CryptMethod::Rc4 => rc4(&key, data),
            CryptMethod::Aes128 | CryptMethod::Aes256 => {
                let Some((vector, body)) = data.split_first_chunk::<BLOCK>() else {
                    return Vec::new();
                };
                let whole = body.len() / BLOCK * BLOCK;
                let body = body.get(..whole).unwrap_or_default();
                let plain = aes_decrypt::<Pkcs7>(&key, vector, body);
                plain.or_else(|| aes_decrypt::<NoPadding>(&key, vector, body)).unwrap_or_default()
            }
        }
    }

    /// Encrypts for this object. The initialization vector is a digest of the key, of where the
    /// data stand and of the data: nobody without the key foresees it, it does not repeat for other
    /// data, and the same input gives the same bytes.
    pub(super) fn encrypt(
        &self,
        method: CryptMethod,
        reference: Reference,
        position: u64,
        data: &[u8],
    ) -> Vec<u8> {
        let key = self.of(method, reference);
        match method {
            CryptMethod::Identity => data.to_vec(),
            CryptMethod::Rc4 => rc4(&key, data),
            CryptMethod::Aes128 | CryptMethod::Aes256 => {
                let mut hash = Hasher::new(DigestAlgorithm::Sha256);
                hash.update(self.0.as_slice());
                hash.update(&reference.number.to_be_bytes());
                hash.update(&reference.generation.to_be_bytes());
                hash.update(&position.to_be_bytes());
                hash.update(data);
                let mut vector = [0; BLOCK];
                vector.iter_mut().zip(hash.finish().value()).for_each(|(to, from)| *to = *from);
                let body = aes_encrypt::<Pkcs7>(&key, &vector, data).unwrap_or_default();
                [vector.as_slice(), &body].concat()
            }
        }
    }

    /// The key of an object: algorithm 1, and for AES-256 the key of the file (algorithm 1.A).
    fn of(&self, method: CryptMethod, reference: Reference) -> Zeroizing<Vec<u8>> {
        if matches!(method, CryptMethod::Aes256 | CryptMethod::Identity) {
            return self.0.clone();
        }
        let mut hash = Md5::new();
        hash.update(self.0.as_slice());
        let [a, b, c, _] = reference.number.to_le_bytes();
        hash.update([a, b, c]);
        hash.update(reference.generation.to_le_bytes());
        if method == CryptMethod::Aes128 {
            hash.update(b"sAlT");
        }
        let length = (self.0.len() + 5).min(16);
        Zeroizing::new(hash.finalize().into_iter().take(length).collect())
    }
}

/// RC4, which is its own inverse. Keys of PDF have 5 to 16 bytes.
pub(super) fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut output = data.to_vec();
    if let Ok(mut cipher) = rc4::Rc4::new_from_slice(key) {
        cipher.apply_keystream(&mut output);
    }
    output
}

/// AES-CBC with a key of 16 or 32 bytes. None when the padding is wrong.
pub(super) fn aes_decrypt<P: aes::cipher::block_padding::Padding>(
    key: &[u8],
    vector: &[u8; BLOCK],
    data: &[u8],
) -> Option<Vec<u8>> {
    if key.len() == 32 {
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, vector).ok()?;
        cipher.decrypt_padded_vec::<P>(data).ok()
    } else {
        let cipher = cbc::Decryptor::<Aes128>::new_from_slices(key, vector).ok()?;
        cipher.decrypt_padded_vec::<P>(data).ok()
    }
}

/// AES-CBC with a key of 16 or 32 bytes. None when the key has another length.
pub(super) fn aes_encrypt<P: aes::cipher::block_padding::Padding>(
    key: &[u8],
    vector: &[u8; BLOCK],
    data: &[u8],
) -> Option<Vec<u8>> {
    if key.len() == 32 {
        let cipher = cbc::Encryptor::<Aes256>::new_from_slices(key, vector).ok()?;
        Some(cipher.encrypt_padded_vec::<P>(data))
    } else {
        let cipher = cbc::Encryptor::<Aes128>::new_from_slices(key, vector).ok()?;
        Some(cipher.encrypt_padded_vec::<P>(data))
    }
}

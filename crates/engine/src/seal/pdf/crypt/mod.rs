//! Encrypted files: the standard security handler with the empty password (ISO 32000-1 and
//! 32000-2, 7.6). Strings and data are decrypted when an object is read, and encrypted when an
//! object is added, as an update has to be readable with the key of the file.

mod cipher;
mod key;

use std::collections::BTreeMap;

use cipher::CryptMethod;

use super::object::{Dictionary, Object, Reference};
use crate::domain::refusal::PdfRefusal;

/// As whom a password opens a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything is allowed.
    Owner,
    /// What the permissions allow.
    User,
}

/// The bits of `P` (7.6.3.2, table 22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions(u32);

impl Permissions {
    /// Of a file that is not encrypted.
    pub const ALL: Self = Self(u32::MAX);

    /// Whether the bit of this position, from 1, is set.
    #[must_use]
    pub const fn bit(self, position: u32) -> bool {
        self.0 >> (position - 1) & 1 == 1
    }

    /// Changing what is on the pages and in the structure of the file (bit 4).
    #[must_use]
    pub const fn modify(self) -> bool {
        self.bit(4)
    }

    /// Adding annotations and, with [`Self::modify`], form fields (bit 6).
    #[must_use]
    pub const fn annotate(self) -> bool {
        self.bit(6)
    }

    /// Filling existing form fields, signature fields too (bit 9, or bit 6).
    #[must_use]
    pub const fn fill(self) -> bool {
        self.bit(9) || self.bit(6)
    }
}

/// How the strings and data of a file are encrypted, and with what.
#[derive(Debug)]
pub(super) struct Crypt {
    key: cipher::FileKey,
    strings: CryptMethod,
    streams: CryptMethod,
    embedded: CryptMethod,
    filters: BTreeMap<Vec<u8>, CryptMethod>,
    encrypt_metadata: bool,
    access: Access,
    permissions: Permissions,
}

impl Crypt {
    /// Opens a file with this encryption dictionary, its filters without references, and this first part of its
    /// ID. `PasswordNeeded` when the empty password is not enough, `EncryptionUnsupported` when the
    /// handler or the algorithm is not known.
    pub(super) fn open(dictionary: &Dictionary, id: &[u8]) -> Result<Self, PdfRefusal> {
        let filter = dictionary.get("Filter").and_then(Object::as_name).unwrap_or_default();
        if filter != b"Standard" {
            let name = String::from_utf8_lossy(filter);
            return Err(unsupported(format!("the security handler {name}")));
        }
        let integer = |key: &str| dictionary.get(key).and_then(Object::as_integer);
        let version = integer("V").unwrap_or(0);
        let mut filters = BTreeMap::new();
        let (strings, streams, embedded) = match version {
            1 | 2 => (CryptMethod::Rc4, CryptMethod::Rc4, CryptMethod::Rc4),
            4 | 5 => {
                filters = crypt_filters(dictionary)?;
                let usual = |key: &str| match dictionary.get(key) {
                    None | Some(Object::Null) => Ok(CryptMethod::Identity),
                    Some(Object::Name(name)) if name.as_bytes() == b"Identity" => {
                        Ok(CryptMethod::Identity)
                    }
                    Some(Object::Name(name)) => {
                        let found = filters.get(name.as_bytes()).copied();
                        found.ok_or_else(|| without_meaning(name.as_bytes()))
                    }
                    Some(_) => Err(unsupported(format!("{key}, which is no name of a filter"))),
                };
                let streams = usual("StmF")?;
                let embedded =
                    if dictionary.get("EFF").is_some() { usual("EFF")? } else { streams };
                (usual("StrF")?, streams, embedded)
            }
            other => return Err(unsupported(format!("an algorithm of version {other}"))),
        };
        let opened = key::open(dictionary, id)?;
        let permissions = match opened.access {
            Access::Owner => Permissions::ALL,
            Access::User => Permissions(opened.permissions),
        };
        let encrypt_metadata = dictionary.get("EncryptMetadata") != Some(&Object::Boolean(false));
        let key = cipher::FileKey::new(opened.key);
        let access = opened.access;
        Ok(Self { key, strings, streams, embedded, filters, encrypt_metadata, access, permissions })
    }

    pub(super) const fn access(&self) -> Access {
        self.access
    }

    pub(super) const fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// Decrypts the strings of an object.
    pub(super) fn decrypt_object(&self, reference: Reference, object: &mut Object) {
        if self.strings == CryptMethod::Identity {
            return;
        }
        each_string(object, &mut |text| {
            *text = self.key.decrypt(self.strings, reference, text);
        });
    }

    /// Decrypts the strings of a stream's dictionary, and gives its decrypted data. `EncryptionUnsupported`
    /// when the stream names a crypt filter that is not there.
    pub(super) fn decrypt_stream(
        &self,
        reference: Reference,
        dictionary: &mut Dictionary,
        data: &[u8],
    ) -> Result<Vec<u8>, PdfRefusal> {
        let method = self.method(dictionary)?;
        self.decrypt_dictionary(reference, dictionary);
        Ok(self.key.decrypt(method, reference, data))
    }

    /// Decrypts the strings of a stream's dictionary.
    pub(super) fn decrypt_dictionary(&self, reference: Reference, dictionary: &mut Dictionary) {
        // cross-reference streams are never encrypted, neither is what they say (7.5.8.2)
        if dictionary.get("Type").and_then(Object::as_name) != Some(b"XRef") {
            each_string_of(dictionary, &mut |text| {
                *text = self.key.decrypt(self.strings, reference, text);
            });
        }
    }

    /// Encrypts the strings of an object.
    pub(super) fn encrypt_object(&self, reference: Reference, object: &mut Object) {
        let mut count = 0;
        each_string(object, &mut |text| {
            count += 1;
            *text = self.key.encrypt(self.strings, reference, count, text);
        });
    }

    /// Encrypts the strings of a stream's dictionary and its data.
    pub(super) fn encrypt_stream(
        &self,
        reference: Reference,
        dictionary: &mut Dictionary,
        data: &mut Vec<u8>,
    ) {
        // What an update adds names no filter of its own.
        let method = self.method(dictionary).unwrap_or(self.streams);
        let mut count = 0;
        each_string_of(dictionary, &mut |text| {
            count += 1;
            *text = self.key.encrypt(self.strings, reference, count, text);
        });
        *data = self.key.encrypt(method, reference, 0, data);
    }

    /// The method for the data of a stream (7.4.10, 7.6.5).
    fn method(&self, dictionary: &Dictionary) -> Result<CryptMethod, PdfRefusal> {
        let first = |key: &str| match dictionary.get(key) {
            Some(Object::Array(items)) => items.first(),
            other => other,
        };
        if first("Filter").and_then(Object::as_name) == Some(b"Crypt") {
            let parameters = first("DecodeParms").and_then(Object::as_dictionary);
            let name = parameters.and_then(|it| it.get("Name")?.as_name());
            return match name {
                None | Some(b"Identity") => Ok(CryptMethod::Identity),
                Some(name) => self.filters.get(name).copied().ok_or_else(|| without_meaning(name)),
            };
        }
        Ok(match dictionary.get("Type").and_then(Object::as_name) {
            Some(b"XRef") => CryptMethod::Identity,
            Some(b"Metadata") if !self.encrypt_metadata => CryptMethod::Identity,
            Some(b"EmbeddedFile") => self.embedded,
            _ => self.streams,
        })
    }
}

fn without_meaning(name: &[u8]) -> PdfRefusal {
    let name = String::from_utf8_lossy(name);
    unsupported(format!("the crypt filter {name}, which the file does not define"))
}

/// The crypt filters by name (7.6.5, table 25). One whose method is None, as it is without CFM, leaves it
/// to the security handler, and the standard one has none of its own: nothing may use it.
fn crypt_filters(dictionary: &Dictionary) -> Result<BTreeMap<Vec<u8>, CryptMethod>, PdfRefusal> {
    let mut filters = BTreeMap::new();
    let Some(all) = dictionary.get("CF").and_then(Object::as_dictionary) else {
        return Ok(filters);
    };
    for (name, filter) in all.iter() {
        let filter = filter.as_dictionary();
        let method = match filter.and_then(|filter| filter.get("CFM")?.as_name()) {
            None | Some(b"None") => continue,
            Some(b"V2") => CryptMethod::Rc4,
            Some(b"AESV2") => CryptMethod::Aes128,
            Some(b"AESV3") => CryptMethod::Aes256,
            Some(other) => {
                let other = String::from_utf8_lossy(other);
                return Err(unsupported(format!("the method {other}")));
            }
        };
        filters.insert(name.as_bytes().to_vec(), method);
    }
    Ok(filters)
}

/// Every string but the value of a signature, which is never encrypted (ISO 32000-2, 7.6.2).
fn each_string(object: &mut Object, change: &mut impl FnMut(&mut Vec<u8>)) {
    match object {
        Object::Literal(text) | Object::Hexadecimal(text) => change(text),
        Object::Array(items) => items.iter_mut().for_each(|item| each_string(item, change)),
        Object::Dictionary(dictionary) => each_string_of(dictionary, change),
        _ => {}
    }
}

fn each_string_of(dictionary: &mut Dictionary, change: &mut impl FnMut(&mut Vec<u8>)) {
    let signature = dictionary.get("ByteRange").is_some() && dictionary.get("Contents").is_some();
    for (name, value) in dictionary.iter_mut() {
        if !(signature && name.as_bytes() == b"Contents") {
            each_string(value, change);
        }
    }
}

fn unsupported(what: String) -> PdfRefusal {
    PdfRefusal::EncryptionUnsupported { what }
}

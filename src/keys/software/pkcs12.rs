//! Reading private keys out of PKCS#12 files (RFC 7292), as OpenSSL 3 and Java write them: PBES2.
//!
//! Only keys are read: the certificate comes from the credential. The MAC over the file is not
//! checked, since every signature value is checked with the certificate's key. Files of older tools (RC2, 3DES)
//! are refused by name, because their ciphers are not in this program.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode as _, Reader as _, Sequence, SliceReader};
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");

/// Advice for files we cannot read.
const CONVERT: &str = "not a PKCS#12 file with AES (PBES2); convert it: openssl pkcs12 -legacy \
    -in FILE -nodes -nocerts | openssl pkcs8 -topk8 -out KEY.pem";

#[derive(Sequence)]
struct Pfx<'a> {
    version: u8,
    auth_safe: ContentInfo<'a>,
    #[asn1(optional = "true")]
    mac: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    content: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct SafeBag<'a> {
    id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: AnyRef<'a>,
    #[asn1(optional = "true")]
    attributes: Option<AnyRef<'a>>,
}

/// EncryptedData (RFC 5652, 8).
#[derive(Sequence)]
struct EncryptedData<'a> {
    version: u8,
    content: EncryptedContentInfo<'a>,
}

#[derive(Sequence)]
struct EncryptedContentInfo<'a> {
    content_type: ObjectIdentifier,
    algorithm: pkcs8::pkcs5::EncryptionScheme,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    content: &'a OctetStringRef,
}

/// The PKCS#8 private keys in a PKCS#12 file.
///
/// # Errors
/// A sentence for the operator: not such a file, a cipher we lack, a wrong passphrase.
pub(super) fn private_keys(
    file: &[u8],
    passphrase: Option<&SecretString>,
) -> Result<Vec<SecretDocument>, String> {
    let passphrase = passphrase.map_or("", |secret| secret.expose_secret());
    let pfx = Pfx::from_der(file).map_err(convert)?;
    let mut keys = Vec::new();
    for content in sequence::<ContentInfo<'_>>(octets(pfx.auth_safe.content)?)? {
        if content.content_type == DATA {
            read_bags(octets(content.content)?, passphrase, &mut keys)?;
        } else if content.content_type == ENCRYPTED_DATA {
            let encrypted: EncryptedData<'_> =
                content.content.ok_or(CONVERT)?.decode_as().map_err(convert)?;
            let plain = encrypted
                .content
                .algorithm
                .decrypt(passphrase, encrypted.content.content.as_bytes())
                .map(Zeroizing::new)
                .map_err(|_| "the passphrase does not open it")?;
            read_bags(&plain, passphrase, &mut keys)?;
        }
    }
    if keys.is_empty() { Err("it holds no private key".to_owned()) } else { Ok(keys) }
}

fn read_bags(
    safe_contents: &[u8],
    passphrase: &str,
    keys: &mut Vec<SecretDocument>,
) -> Result<(), String> {
    for bag in sequence::<SafeBag<'_>>(safe_contents)? {
        if bag.id == SHROUDED_KEY_BAG {
            let shrouded: EncryptedPrivateKeyInfoRef<'_> =
                bag.value.decode_as().map_err(convert)?;
            let key =
                shrouded.decrypt(passphrase).map_err(|_| "the passphrase does not open it")?;
            keys.push(key);
        } else if bag.id == KEY_BAG {
            let der = Zeroizing::new(der::Encode::to_der(&bag.value).map_err(convert)?);
            keys.push(SecretDocument::try_from(der.as_slice()).map_err(convert)?);
        }
    }
    Ok(())
}

/// Bytes of an OCTET STRING. Indefinite lengths (BER) end here.
fn octets(content: Option<AnyRef<'_>>) -> Result<&[u8], String> {
    let octets: &OctetStringRef = content.ok_or(CONVERT)?.decode_as().map_err(convert)?;
    Ok(octets.as_bytes())
}

/// The elements of a SEQUENCE OF.
fn sequence<'a, T: der::Decode<'a, Error = der::Error>>(der: &'a [u8]) -> Result<Vec<T>, String> {
    let mut reader = SliceReader::new(der).map_err(convert)?;
    let elements = reader.sequence(|inner| {
        let mut elements = Vec::new();
        while !inner.is_finished() {
            elements.push(T::decode(inner)?);
        }
        Ok::<_, der::Error>(elements)
    });
    elements.map_err(convert)
}

fn convert(_: impl Into<der::Error>) -> String {
    CONVERT.to_owned()
}

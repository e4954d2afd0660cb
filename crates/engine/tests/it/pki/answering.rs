//! What an authority is asked, cut off and changed: it is read or refused, and nothing else happens.

use chancery_engine::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery_engine::pki::Error;
use chancery_engine::pki::algorithm::KeyKind;
use chancery_engine::pki::answering::{OcspQuestions, OcspRefusal, TimestampQuery};
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::public_key::PublicKey;
use chancery_engine::pki::request::{ReadRequest, UnsignedRequest};
use chancery_engine::pki::revocation::ocsp::OcspRequest;
use chancery_engine::pki::timestamp::{PkiFailure, TimestampRequest};

use crate::seal::support::PKI;

/// Everything that becomes of some bytes by cutting them off, or by changing one of them.
fn damaged(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    let changed = (0..bytes.len()).flat_map(|at| {
        [0x01, 0x80, 0xFF].map(|mask| {
            let mut changed = bytes.to_vec();
            changed[at] ^= mask;
            changed
        })
    });
    cut.chain(changed)
}

#[test]
fn damaged_requests_are_read_or_refused() {
    let certificates: Vec<_> = PKI.rsa.signer.chain().certificates().collect();
    let (seal, issuer) = (certificates[0], certificates[1]);
    let nonce = [7; 128];
    let ocsp = OcspRequest::new(&[(seal, issuer)], DigestAlgorithm::Sha1, Some(&nonce)).unwrap();
    let read = OcspQuestions::read(ocsp.der()).unwrap();
    let [id] = read.ids() else { panic!("{read:?}") };
    assert!(id.is_of(issuer) && !id.is_of(seal));
    assert_eq!(id.serial(), seal.x509().tbs_certificate().serial_number().as_bytes());
    let mut refused = 0;
    for bytes in damaged(ocsp.der()) {
        refused +=
            usize::from(OcspQuestions::read(&bytes).err() == Some(OcspRefusal::MalformedRequest));
    }
    assert!(refused > ocsp.der().len(), "{refused}");

    let imprint = Digest::of(DigestAlgorithm::Sha256, b"there");
    let query = TimestampRequest::new(imprint, None, Some(u64::MAX)).unwrap().to_der().unwrap();
    TimestampQuery::read(&query).unwrap();
    let refusals: Vec<PkiFailure> =
        damaged(&query).filter_map(|bytes| TimestampQuery::read(&bytes).err()).collect();
    assert!(refusals.len() > query.len(), "{refusals:?}");
    for failure in [PkiFailure::BadDataFormat, PkiFailure::BadRequest, PkiFailure::BadAlg] {
        assert!(refusals.contains(&failure), "{failure}");
    }

    let key = PublicKey::of(seal);
    let algorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
    assert!(matches!(key.kind(), KeyKind::Rsa { .. }));
    let unsigned = UnsignedRequest::new("CN=Seal,O=ACME", &key, algorithm).unwrap();
    let value = PKI.rsa.sign(unsigned.to_be_signed());
    let request = unsigned.finish(&value).unwrap();
    let said = ReadRequest { subject: "CN=Seal,O=ACME".to_owned(), key };
    assert_eq!(ReadRequest::of(request.der()).unwrap(), said);
    assert_eq!(ReadRequest::of(request.to_pem().unwrap().as_bytes()).unwrap(), said);
    for bytes in damaged(request.der()).step_by(7) {
        // Attributes are none, and an algorithm may be named with parameters or without.
        if let Ok(read) = ReadRequest::of(&bytes) {
            assert_eq!(read, said);
        }
    }
    let empty = ReadRequest::of(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert!(matches!(empty, Err(Error::RequestMalformed(_))), "{empty:?}");
}

//! What all CMS signatures of one chain have in common: computed once per credential.

use super::encoding::signing_certificate;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::xades::Certificates;
use crate::pki::algorithm::KeyKind;
use crate::pki::certificate::Chain;
use crate::pki::digest::Digest;
use crate::pki::tlv::{SEQUENCE, sorted, tlv};

/// A signing certificate and its chain, as CMS names and carries them.
#[derive(Clone, Debug)]
pub struct Identity {
    kind: KeyKind,
    /// DER of the certificates, signing certificate first.
    certificates: Vec<Vec<u8>>,
    /// The same, in the order of DER.
    set: Vec<u8>,
    /// Those without a root, in the order of DER, and how many they are.
    set_without_root: Vec<u8>,
    without_root: usize,
    /// IssuerAndSerialNumber, with the issuer as the certificate has it.
    issuer_and_serial: Vec<u8>,
    /// IssuerSerial of RFC 5035.
    issuer_serial: Vec<u8>,
    /// The signing-certificate attribute with SHA-256 and without issuer and serial number.
    signing_certificate: Vec<u8>,
}

impl Identity {
    /// Encodes and digests a chain.
    #[must_use]
    pub fn new(chain: &Chain) -> Self {
        let signing = chain.signing();
        let (issuer, serial) = (signing.issuer_der(), signing.serial_der());
        let certificates: Vec<Vec<u8>> =
            chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
        let without_root = chain.count(Certificates::ChainWithoutRoot);
        let digest = signing.digest(DigestAlgorithm::Sha256);
        Self {
            kind: signing.key_kind(),
            set: sorted(certificates.clone()).concat(),
            set_without_root: sorted(certificates.iter().take(without_root).cloned().collect())
                .concat(),
            without_root,
            certificates,
            issuer_and_serial: tlv(SEQUENCE, &[issuer, serial]),
            issuer_serial: signing.issuer_serial_der(),
            signing_certificate: signing_certificate(&digest, None),
        }
    }

    pub(super) const fn kind(&self) -> KeyKind {
        self.kind
    }

    pub(super) fn issuer_and_serial(&self) -> &[u8] {
        &self.issuer_and_serial
    }

    /// The signing-certificate attribute.
    pub(super) fn signing_certificate(
        &self,
        algorithm: DigestAlgorithm,
        with_issuer_serial: bool,
    ) -> Vec<u8> {
        if algorithm == DigestAlgorithm::Sha256 && !with_issuer_serial {
            return self.signing_certificate.clone();
        }
        let certificate = self.certificates.first().map_or(&[][..], Vec::as_slice);
        let digest = Digest::of(algorithm, certificate);
        signing_certificate(&digest, with_issuer_serial.then_some(&self.issuer_serial))
    }

    /// The content of the certificates of `SignedData`, in the order of DER.
    pub(super) fn certificate_set(&self, which: Certificates) -> &[u8] {
        match which {
            Certificates::Signer => self.certificates.first().map_or(&[], Vec::as_slice),
            Certificates::Chain => &self.set,
            Certificates::ChainWithoutRoot => &self.set_without_root,
        }
    }

    /// The certificates one by one.
    pub(super) fn certificates(&self, which: Certificates) -> &[Vec<u8>] {
        match which {
            Certificates::Signer => self.certificates.get(..1).unwrap_or_default(),
            Certificates::Chain => &self.certificates,
            Certificates::ChainWithoutRoot => {
                self.certificates.get(..self.without_root).unwrap_or_default()
            }
        }
    }
}

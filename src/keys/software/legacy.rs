//! RSA PKCS#1 v1.5 with SHA-1: aws-lc-rs checks such values and makes none, so the `rsa` crate does,
//! with blinding. Nothing else is asked of that crate.

use std::convert::Infallible;

use pkcs8::DecodePrivateKey as _;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::Sha1;

use crate::keys::Error;
use crate::pki::digest::Digest;

/// An RSA key that signs SHA-1 digests.
pub(super) struct LegacyKey(RsaPrivateKey);

impl LegacyKey {
    /// `None` when it is not an RSA key.
    pub(super) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        RsaPrivateKey::from_pkcs8_der(der).ok().map(Self)
    }

    /// Signs a SHA-1 digest.
    ///
    /// # Errors
    /// [`Error::Random`] when there was nothing to blind with.
    pub(super) fn sign(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let mut blinding = Blinding { failed: false };
        let value = self
            .0
            .sign_with_rng(&mut blinding, Pkcs1v15Sign::new::<Sha1>(), digest.value())
            .map_err(|_| Error::Random)?;
        if blinding.failed { Err(Error::Random) } else { Ok(value) }
    }
}

/// The random generator of aws-lc-rs, as the `rsa` crate wants one: it may not fail, so that it did is
/// noted and the value thrown away.
struct Blinding {
    failed: bool,
}

impl TryRng for Blinding {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_ne_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_ne_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        if aws_lc_rs::rand::fill(octets).is_err() {
            self.failed = true;
            octets.fill(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Blinding {}

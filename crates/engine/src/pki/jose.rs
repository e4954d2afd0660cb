//! Access tokens as signed JWTs (RFC 9068, ES256) and the key set that lets others check them.
//! What does not live here: clocks, expiry decisions, clients.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::digest::sha256;

/// What can be wrong with a token or its key.
#[derive(Debug, Error)]
pub enum Error {
    /// The key file does not hold a P-256 private key in PKCS#8 PEM.
    #[error("the token signing key is not a P-256 key in PKCS#8 PEM")]
    Key,
    /// The token could not be made.
    #[error("the access token could not be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    /// The token is not one of ours: form, signature, type, issuer or audience is wrong.
    #[error("the access token is not valid")]
    Invalid,
}

/// Claims of an access token (RFC 9068, 2.2). Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Subject: the client service's alias.
    pub sub: String,
    /// Audience.
    pub aud: String,
    /// The client service's alias.
    pub client_id: String,
    /// OAuth scope, space separated.
    pub scope: String,
    /// Issued at.
    pub iat: i64,
    /// Expires at.
    pub exp: i64,
    /// Not before; we set none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Unique id of the token.
    pub jti: String,
}

/// Signs tokens and checks those it and its predecessors signed.
pub struct TokenKeys {
    current: TokenKey,
    previous: Vec<TokenKey>,
}

/// One P-256 key with its id.
pub struct TokenKey {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    x: String,
    y: String,
}

/// A public key of the set (RFC 7517).
#[derive(Clone, Debug, Serialize)]
pub struct PublicJwk {
    /// Always `EC`.
    pub kty: &'static str,
    /// Always `P-256`.
    pub crv: &'static str,
    /// Always `ES256`.
    pub alg: &'static str,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// Point, base64url.
    pub x: String,
    /// Point, base64url.
    pub y: String,
}

impl TokenKey {
    /// Reads a key from PKCS#8 PEM.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let (_, der) = der::pem::decode_vec(pem.as_bytes()).map_err(|_| Error::Key)?;
        let der = Zeroizing::new(der);
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
            .map_err(|_| Error::Key)?;
        let point = pair.public_key().as_ref().strip_prefix(&[4]).ok_or(Error::Key)?;
        let (x, y) = point.split_at_checked(32).ok_or(Error::Key)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Ok(Self {
            kid: URL_SAFE_NO_PAD.encode(sha256(thumbprint.as_bytes())),
            encoding: EncodingKey::from_ec_der(&der),
            decoding: DecodingKey::from_ec_components(&x, &y).map_err(|_| Error::Key)?,
            x,
            y,
        })
    }
}

impl TokenKeys {
    /// Signs with `current`; accepts tokens of `current` and of `previous`.
    #[must_use]
    pub const fn new(current: TokenKey, previous: Vec<TokenKey>) -> Self {
        Self { current, previous }
    }

    /// A signed token of type `at+jwt`.
    ///
    /// # Errors
    /// [`Error::Sign`].
    pub fn sign(&self, claims: &Claims) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.current.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.current.encoding).map_err(Error::Sign)
    }

    /// The claims of a token that one of our keys signed for this issuer and audience. Whether it is
    /// in time is for the caller to say.
    ///
    /// # Errors
    /// [`Error::Invalid`], whatever is wrong.
    pub fn check(&self, token: &str, issuer: &str, audience: &str) -> Result<Claims, Error> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Error::Invalid)?;
        if header.typ.as_deref() != Some("at+jwt") {
            return Err(Error::Invalid);
        }
        let key = header.kid.and_then(|kid| self.keys().find(|key| key.kid == kid));
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Time is checked against our own clock by the caller.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        jsonwebtoken::decode(token, &key.ok_or(Error::Invalid)?.decoding, &validation)
            .map(|decoded| decoded.claims)
            .map_err(|_| Error::Invalid)
    }

    /// The public keys, current first.
    #[must_use]
    pub fn public_set(&self) -> Vec<PublicJwk> {
        self.keys()
            .map(|key| PublicJwk {
                kty: "EC",
                crv: "P-256",
                alg: "ES256",
                usage: "sig",
                kid: key.kid.clone(),
                x: key.x.clone(),
                y: key.y.clone(),
            })
            .collect()
    }

    fn keys(&self) -> impl Iterator<Item = &TokenKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

//! Client credentials in, access tokens out; access tokens in, callers out (RFC 6749, 4.4; RFC 9068).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::Error;
use crate::app::{App, Caller};
use crate::domain::client_service::ClientServiceStatus;
use crate::domain::company::CompanyStatus;
use crate::domain::ids::ClientServiceId;
use crate::domain::refusal::Refusal;
use crate::pki::digest::sha256;
use crate::pki::jose::Claims;

/// Audience of our access tokens.
pub const AUDIENCE: &str = "chancery";

/// The OAuth scope every client service has, in the words existing clients expect.
pub const OAUTH_SCOPE: &str = "read write";

/// Tolerance for clocks, in seconds.
const LEEWAY_SECONDS: i64 = 30;

/// A fresh access token with what the client is told about it.
pub struct AccessToken {
    /// The signed JWT.
    pub value: SecretString,
    /// Seconds it lives.
    pub expires_in: i64,
    /// Its id.
    pub jti: String,
}

/// Why no token was given.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// Alias or secret is wrong; nothing tells which.
    #[error("client authentication failed")]
    InvalidClient,
    /// Alias and secret are right, but the client service or its issuer is suspended.
    #[error("client service is suspended")]
    Suspended,
    /// Not the client's cause.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Why a bearer is nobody.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// Forged, expired, or of a client service that is gone.
    #[error("the access token is expired or invalid")]
    Invalid,
    /// The client service or its issuer is suspended.
    #[error(transparent)]
    Suspended(Refusal),
    /// Not the client's cause.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Grants an access token to a client service that shows one of its live secrets.
///
/// # Errors
/// [`GrantError`]. Unknown aliases cost the same work as known ones.
pub async fn grant(
    app: &App,
    alias: &str,
    secret: &SecretString,
) -> Result<AccessToken, GrantError> {
    let shown = sha256(secret.expose_secret().as_bytes());
    let service = app.reader.client_service_by_alias(alias).await.map_err(Error::from)?;
    // Asked for nobody too, so that an unknown alias takes as long as a known one.
    let id = service.as_ref().map_or(ClientServiceId::from_i64(0), |service| service.id);
    let live = app.reader.client_secrets(id).await.map_err(Error::from)?;
    // Compare with something in any case, and with every live secret without stopping at the first.
    let decoy = [[0_u8; 32]];
    let candidates = if live.is_empty() { decoy.as_slice() } else { live.as_slice() };
    let matches = candidates
        .iter()
        .fold(subtle::Choice::from(0), |found, candidate| found | candidate.ct_eq(&shown));
    let service = match service {
        Some(service) if bool::from(matches) && !live.is_empty() => service,
        _ => return Err(GrantError::InvalidClient),
    };
    let issuer = app.reader.company(service.issuer).await.map_err(Error::from)?;
    let active = service.status == ClientServiceStatus::Active
        && issuer.is_some_and(|issuer| issuer.status == CompanyStatus::Active);
    if !active {
        return Err(GrantError::Suspended);
    }

    let jti = URL_SAFE_NO_PAD.encode(app.random.octets::<16>().map_err(Error::from)?);
    let now = app.now().unix_ms().div_euclid(1000);
    let expires_in = app.tokens.access_token_seconds;
    let claims = Claims {
        iss: app.issuer.clone(),
        sub: service.alias.as_str().to_owned(),
        aud: AUDIENCE.to_owned(),
        client_id: service.alias.as_str().to_owned(),
        scope: OAUTH_SCOPE.to_owned(),
        iat: now,
        exp: now + expires_in,
        jti: jti.clone(),
    };
    let value = app.token_keys.sign(&claims).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(AccessToken { value: SecretString::from(value), expires_in, jti })
}

/// The caller behind a bearer token.
///
/// # Errors
/// [`BearerError`]; a suspension is noticed within `oauth.status_cache_ms`.
pub async fn caller(app: &App, bearer: &str) -> Result<Arc<Caller>, BearerError> {
    let claims =
        app.token_keys.check(bearer, &app.issuer, AUDIENCE).map_err(|_| BearerError::Invalid)?;
    let now = app.now();
    let seconds = now.unix_ms().div_euclid(1000);
    if seconds > claims.exp.saturating_add(LEEWAY_SECONDS)
        || seconds < claims.iat.saturating_sub(LEEWAY_SECONDS)
    {
        return Err(BearerError::Invalid);
    }
    let caller = match app.callers.recent(&claims.client_id, now, app.tokens.status_cache_ms) {
        Some(caller) => caller,
        None => read_caller(app, &claims.client_id).await?,
    };
    if caller.client_service.status == ClientServiceStatus::Suspended {
        return Err(BearerError::Suspended(Refusal::ClientServiceSuspended));
    }
    if caller.issuer.status == CompanyStatus::Suspended {
        return Err(BearerError::Suspended(Refusal::IssuerSuspended));
    }
    Ok(caller)
}

async fn read_caller(app: &App, alias: &str) -> Result<Arc<Caller>, BearerError> {
    let now = app.now();
    let service = app.reader.client_service_by_alias(alias).await.map_err(Error::from)?;
    let client_service = service.ok_or(BearerError::Invalid)?;
    let issuer = app.reader.company(client_service.issuer).await.map_err(Error::from)?;
    let caller = Arc::new(Caller { issuer: issuer.ok_or(BearerError::Invalid)?, client_service });
    app.callers.remember(&caller, now);
    Ok(caller)
}

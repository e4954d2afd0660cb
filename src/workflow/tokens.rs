//! Client credentials in, access tokens out; access tokens in, callers out (RFC 6749, 4.4; RFC 9068).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::{Error, usage};
use crate::app::{App, Caller, Client};
use crate::domain::client_service::ClientServiceStatus;
use crate::domain::company::CompanyStatus;
use crate::domain::ids::ClientServiceId;
use crate::domain::refusal::Refusal;
use crate::pki::digest::sha256;
use crate::pki::jose::Claims;

/// What access tokens of one kind open. Each surface has its own, so that a token for one opens no other.
#[derive(Debug, PartialEq, Eq)]
pub struct Purpose {
    /// The audience in the token (RFC 9068, 2.2).
    pub audience: &'static str,
    /// The OAuth scopes there are.
    pub scopes: &'static [&'static str],
}

/// The integration API, in the words its clients expect.
pub const INTEGRATION: Purpose = Purpose { audience: "chancery", scopes: &["read", "write"] };

impl Purpose {
    /// The scopes of a token for which `asked` was asked for, in our order; all without a wish. `None`
    /// when one of them is not ours.
    #[must_use]
    pub fn granted(&self, asked: Option<&str>) -> Option<String> {
        let asked: Vec<&str> = asked.unwrap_or_default().split_whitespace().collect();
        if !asked.iter().all(|scope| self.scopes.contains(scope)) {
            return None;
        }
        let wanted = |scope: &&&str| asked.is_empty() || asked.contains(*scope);
        let granted: Vec<&str> = self.scopes.iter().filter(wanted).copied().collect();
        Some(granted.join(" "))
    }
}

/// Tolerance for clocks, in seconds.
const LEEWAY_SECONDS: i64 = 30;

/// A fresh access token with what the client is told about it.
pub struct AccessToken {
    /// The signed JWT.
    pub value: SecretString,
    /// Seconds it lives.
    pub expires_in: i64,
    /// Its OAuth scopes, between blanks.
    pub scope: String,
    /// Its id.
    pub jti: String,
}

/// Why no token was given.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// Alias or secret is wrong; nothing tells which.
    #[error("client authentication failed")]
    InvalidClient,
    /// An OAuth scope was asked for that there is not.
    #[error("there is no such OAuth scope")]
    InvalidScope,
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
    /// Good once.
    #[error("the access token has expired")]
    Expired,
    /// Forged, made for something else, not valid yet, or of a client service that is gone.
    #[error("the access token is not valid")]
    Invalid,
    /// It lacks this OAuth scope.
    #[error("the access token lacks the OAuth scope {0}")]
    Scope(&'static str),
    /// The client service or its issuer is suspended.
    #[error(transparent)]
    Suspended(Refusal),
    /// Not the client's cause.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Grants an access token to a client service that shows one of its live secrets. `scope` is what it
/// asks for; without it the token gets every scope there is.
///
/// # Errors
/// [`GrantError`]. Unknown aliases cost the same work as known ones.
pub async fn grant(
    app: &App,
    alias: &str,
    secret: &SecretString,
    purpose: &Purpose,
    scope: Option<&str>,
) -> Result<AccessToken, GrantError> {
    let scope = purpose.granted(scope).ok_or(GrantError::InvalidScope)?;
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
        aud: purpose.audience.to_owned(),
        client_id: service.alias.as_str().to_owned(),
        scope: scope.clone(),
        iat: now,
        exp: now + expires_in,
        jti: jti.clone(),
    };
    let value = app.token_keys.sign(&claims).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(AccessToken { value: SecretString::from(value), expires_in, scope, jti })
}

/// The caller behind a bearer token that opens `purpose` and has the OAuth scope `needed`.
///
/// # Errors
/// [`BearerError`]; a suspension is noticed within `oauth.status_cache_ms`.
pub async fn caller(
    app: &App,
    bearer: &str,
    purpose: &Purpose,
    needed: &'static str,
) -> Result<Caller, BearerError> {
    let claims = app
        .token_keys
        .check(bearer, &app.issuer, purpose.audience)
        .map_err(|_| BearerError::Invalid)?;
    let now = app.now();
    let seconds = now.unix_ms().div_euclid(1000);
    if seconds > claims.exp.saturating_add(LEEWAY_SECONDS) {
        return Err(BearerError::Expired);
    }
    if seconds < claims.iat.saturating_sub(LEEWAY_SECONDS) {
        return Err(BearerError::Invalid);
    }
    let client = match app.clients.recent(&claims.client_id, now, app.tokens.status_cache_ms) {
        Some(client) => client,
        None => read_client(app, &claims.client_id).await?,
    };
    if client.client_service.status == ClientServiceStatus::Suspended {
        return Err(BearerError::Suspended(Refusal::ClientServiceSuspended));
    }
    if client.issuer.status == CompanyStatus::Suspended {
        return Err(BearerError::Suspended(Refusal::IssuerSuspended));
    }
    if !claims.scope.split(' ').any(|scope| scope == needed) {
        return Err(BearerError::Scope(needed));
    }
    Ok(Caller::Client(client))
}

async fn read_client(app: &App, alias: &str) -> Result<Arc<Client>, BearerError> {
    let now = app.now();
    let service = app.reader.client_service_by_alias(alias).await.map_err(Error::from)?;
    let client_service = service.ok_or(BearerError::Invalid)?;
    let issuer = app.reader.company(client_service.issuer).await.map_err(Error::from)?;
    let issuer = issuer.ok_or(BearerError::Invalid)?;
    let consumption = usage::consumption(app, issuer.id, now).await?;
    let client = Arc::new(Client { client_service, issuer, consumption });
    app.clients.remember(&client, now);
    Ok(client)
}

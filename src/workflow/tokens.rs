//! Client credentials in, access tokens out; access tokens in, callers out (RFC 6749, 4.4; RFC 9068).

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::{Choice, ConstantTimeEq as _};

use super::client_services::SECRET_PREFIX;
use super::{Error, usage};
use crate::app::{App, Caller, Client, logins};
use crate::domain::alarm::Alarm;
use crate::domain::client_service::{Alias, ClientService, ClientServiceStatus};
use crate::domain::company::CompanyStatus;
use crate::domain::ids::ClientServiceId;
use crate::domain::refusal::Refusal;
use crate::domain::text::hex;
use crate::pki::digest::sha256;
use crate::pki::jose::Claims;
use crate::store::client_services::LIVE_SECRETS;

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

/// Failed log-ins of a client service within a burst that operators are told of, and of any from one address.
const BURST_OF_ALIAS: u32 = 10;
const BURST_FROM_ADDRESS: u32 = 50;

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
    /// It failed too often; after so many seconds it is looked at again.
    #[error("log-ins failed too often")]
    Wait(u64),
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
    /// Good once: it is too old, or was ended with its secret or by a suspension.
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
/// asks for; without it the token gets every scope there is. `address` is where it comes from.
///
/// # Errors
/// [`GrantError`]. Unknown aliases cost the same work as known ones.
pub async fn grant(
    app: &App,
    (alias, secret): (&str, &SecretString),
    address: IpAddr,
    purpose: &Purpose,
    scope: Option<&str>,
) -> Result<AccessToken, GrantError> {
    let scope = purpose.granted(scope).ok_or(GrantError::InvalidScope)?;
    app.logins.may_try(alias, address, app.now()).map_err(GrantError::Wait)?;
    let service = known(app, alias, secret).await?;
    let service = match service {
        Ok(service) => service,
        Err(claimed) => {
            note_failure(app, alias, claimed.as_ref(), address);
            return Err(GrantError::InvalidClient);
        }
    };
    app.logins.succeeded(alias, address, app.now());
    let issuer = app.reader.company(service.issuer).await.map_err(Error::from)?;
    let active = service.status == ClientServiceStatus::Active
        && issuer.is_some_and(|issuer| issuer.status == CompanyStatus::Active);
    let client = service.alias.as_str();
    if !active {
        tracing::warn!(client_service = client, %address, "a suspended client service logs in");
        return Err(GrantError::Suspended);
    }
    let token = token(app, &service, purpose, scope)?;
    tracing::info!(client_service = client, %address, scope = %token.scope, jti = %token.jti,
        "an access token was granted");
    Ok(token)
}

/// The client service behind alias and secret; else the one that has the alias, if one does.
async fn known(
    app: &App,
    alias: &str,
    secret: &SecretString,
) -> Result<Result<ClientService, Option<ClientService>>, Error> {
    let shown = sha256(secret.expose_secret().as_bytes());
    let service = app.reader.client_service_by_alias(alias).await?;
    // Asked for nobody too, so that an unknown alias takes as long as a known one.
    let id = service.as_ref().map_or(ClientServiceId::from_i64(0), |service| service.id);
    let live = app.reader.client_secrets(id, app.now()).await?;
    let right = is_one_of(&live, &shown);
    Ok(match service {
        Some(service) if right => Ok(service),
        other => Err(other),
    })
}

/// Whether a secret is one of the live ones. As many are compared whether there are any or not, and none less
/// when one of them is it.
fn is_one_of(live: &[[u8; 32]], shown: &[u8; 32]) -> bool {
    let decoys = std::iter::repeat((&[0_u8; 32], Choice::from(0)));
    let live_ones = live.iter().map(|secret| (secret, Choice::from(1)));
    let compared = live_ones.chain(decoys).take(LIVE_SECRETS.max(live.len()));
    let found = compared
        .fold(Choice::from(0), |found, (secret, real)| found | (secret.ct_eq(shown) & real));
    bool::from(found)
}

/// Leaves a trace of a log-in that failed: in the log the first of a burst and every tenfold, and an alarm when
/// they are many. `service` has the alias that was claimed.
fn note_failure(app: &App, alias: &str, service: Option<&ClientService>, address: IpAddr) {
    let now = app.now();
    let failed = app.logins.failed(alias, address, now);
    // Who guesses at one alias from many addresses does not fill the log.
    let told = if failed.of_alias < logins::MANY_OF_ALIAS { failed.here } else { failed.of_alias };
    if is_power_of_ten(told) {
        tracing::warn!(alias = claimed(alias), %address, failures = told, "a log-in failed");
    }
    let alarm = |who: String, failures: u32| Alarm::LoginsFailing {
        who,
        failures: u64::from(failures),
        since: failed.since,
        address: address.to_string(),
    };
    if let Some(service) = service.filter(|_| failed.of_alias >= BURST_OF_ALIAS) {
        let client = service.alias.as_str();
        let alarm = alarm(client.to_owned(), failed.of_alias);
        app.excesses.note(format!("login:{client}/failing"), alarm, Some(service.issuer), now);
    }
    if failed.from_address >= BURST_FROM_ADDRESS {
        let alarm = alarm(address.to_string(), failed.from_address);
        app.excesses.note("login/failing".to_owned(), alarm, None, now);
    }
}

/// An alias as the log has it. What cannot be one, and what looks like a secret of ours that was sent in its
/// place, is told from others by the begin of its hash.
fn claimed(alias: &str) -> String {
    let secret = alias.to_ascii_lowercase().contains(SECRET_PREFIX);
    match Alias::parse(alias) {
        Ok(alias) if !secret => alias.as_str().to_owned(),
        _ => format!("sha256:{}", hex(&sha256(alias.as_bytes())).get(..8).unwrap_or_default()),
    }
}

fn is_power_of_ten(number: u32) -> bool {
    number.checked_ilog10().is_some_and(|power| 10_u32.checked_pow(power) == Some(number))
}

fn token(
    app: &App,
    service: &ClientService,
    purpose: &Purpose,
    scope: String,
) -> Result<AccessToken, Error> {
    let jti = URL_SAFE_NO_PAD.encode(app.random.octets::<16>()?);
    let now = app.now().unix_ms().div_euclid(1000).max(service.tokens_from_seconds());
    let expires_in = app.tokens.access_token_seconds;
    let claims = Claims {
        iss: app.issuer.clone(),
        sub: service.alias.as_str().to_owned(),
        aud: purpose.audience.to_owned(),
        client_id: service.alias.as_str().to_owned(),
        scope: scope.clone(),
        iat: now,
        exp: now + expires_in,
        nbf: None,
        jti: jti.clone(),
    };
    let value = app.token_keys.sign(&claims).map_err(Error::internal)?;
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
    if claims.nbf.is_some_and(|from| seconds < from.saturating_sub(LEEWAY_SECONDS)) {
        return Err(BearerError::Invalid);
    }
    let client = match app.clients.recent(&claims.client_id, now, app.tokens.status_cache_ms) {
        Some(client) => client,
        None => read_client(app, &claims.client_id).await?,
    };
    let from = client.client_service.tokens_from_seconds();
    // Where tokens were ended by a machine whose clock is ahead, new ones are issued when they may be.
    if claims.iat > seconds.saturating_add(LEEWAY_SECONDS).max(from) {
        return Err(BearerError::Invalid);
    }
    if client.client_service.status == ClientServiceStatus::Suspended {
        return Err(BearerError::Suspended(Refusal::ClientServiceSuspended));
    }
    if client.issuer.status == CompanyStatus::Suspended {
        return Err(BearerError::Suspended(Refusal::IssuerSuspended));
    }
    if claims.iat < from {
        return Err(BearerError::Expired);
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

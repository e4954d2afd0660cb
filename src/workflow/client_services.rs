//! Client services: created, suspended, given a new secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

use super::{Error, Thing};
use crate::app::App;
use crate::domain::audit::AuditEntry;
use crate::domain::client_service::{
    Alias, AuthorityOrder, Change, ClientService, ClientServiceStatus, DocumentReferences, Lint,
    ProfileName, SealSettingsChange, SecretOverlap, Timestamps,
};
use crate::domain::company::{Company, CompanyStatus, country_code};
use crate::domain::ids::{ClientServiceId, CompanyId, CredentialId};
use crate::domain::language::Language;
use crate::domain::level::Level;
use crate::domain::pades::ActiveContent;
use crate::domain::refusal::Refusal;
use crate::domain::text::hex;
use crate::domain::visible::CoordinateOrigin;
use crate::pki::digest::sha256;
use crate::seal::pades::template::Template;

/// Begin of every secret we make, so that scanners find lost ones.
pub const SECRET_PREFIX: &str = "chancery_cs_";

/// What a new client service is made of.
pub struct NewClientService {
    /// OAuth client_id; made from the issuer when absent.
    pub alias: Option<Alias>,
    /// Issuer's name.
    pub issuer_name: String,
    /// Issuer's VAT number.
    pub issuer_vat: String,
    /// Issuer's country, ISO 3166-1 alpha-3.
    pub issuer_country: String,
    /// What seals its documents.
    pub credential: Option<CredentialId>,
    /// What a document reference promises.
    pub document_references: DocumentReferences,
    /// The profile of its seals when a request names none.
    pub profile: Option<ProfileName>,
    /// Whether its seals may use SHA-1.
    pub allow_sha1: bool,
    /// How its documents are looked at before they are sealed.
    pub lint: Lint,
    /// Template of the text of its visible signatures, when a request brings none.
    pub signature_template: Option<String>,
    /// What to do with a PDF that runs something.
    pub active_content: ActiveContent,
    /// From where its visible signatures are placed, when a request does not say.
    pub coordinate_origin: CoordinateOrigin,
    /// The level of its seals when a request names none.
    pub level: Level,
    /// What becomes of its wishes for timestamps.
    pub timestamps: Timestamps,
    /// In which its receivers are written to when they have none of their own.
    pub language: Option<Language>,
}

/// Creates a client service with its first secret. The secret is returned here and never again: only
/// its SHA-256 is kept.
///
/// # Errors
/// [`Error::Internal`] with [`crate::store::Error::Exists`] when the alias is taken,
/// [`Error::Refused`] for a country that is none, a profile that does not exist, a template that cannot
/// be read, or a level as in [`change_seal_settings`].
pub async fn create(
    app: &App,
    new: NewClientService,
) -> Result<(ClientService, SecretString), Error> {
    let made = create_once(app, new, |_| None).await?;
    // Without an entry nothing was done before.
    made.ok_or(Error::NotFound(Thing::ClientService))
}

/// The same; `None` when what the entry tells was done before.
///
/// # Errors
/// As [`create`].
pub(super) async fn create_once(
    app: &App,
    new: NewClientService,
    entry: impl FnOnce(&ClientService) -> Option<AuditEntry>,
) -> Result<Option<(ClientService, SecretString)>, Error> {
    if let Some(profile) = &new.profile {
        app.profiles.entry(profile.as_str())?;
    }
    check_template(new.signature_template.as_deref())?;
    check_level(app, new.profile.as_ref(), (new.level, new.timestamps))?;
    let now = app.now();
    let issuer = Company {
        id: CompanyId::from_i64(app.next_id()),
        name: new.issuer_name,
        vat_number: new.issuer_vat,
        country_code: country_code(&new.issuer_country)?,
        status: CompanyStatus::Active,
        language: None,
        email: None,
        created: now,
    };
    let alias = match new.alias {
        Some(alias) => alias,
        None => {
            let suffix = hex(&app.random.octets::<4>()?);
            Alias::parse(&format!("{}.{}-{suffix}", issuer.country_code, issuer.vat_number))?
        }
    };
    let service = ClientService {
        id: ClientServiceId::from_i64(app.next_id()),
        alias,
        issuer: issuer.id,
        status: ClientServiceStatus::Active,
        credential: new.credential,
        document_references: new.document_references,
        profile: new.profile,
        allow_sha1: new.allow_sha1,
        lint: new.lint,
        signature_template: new.signature_template,
        active_content: new.active_content,
        coordinate_origin: new.coordinate_origin,
        level: new.level,
        timestamps: new.timestamps,
        timestamp_authorities: Vec::new(),
        timestamp_order: AuthorityOrder::InOrder,
        language: new.language,
        mails_per_day: None,
        tokens_not_before: None,
        created: now,
    };
    let (secret, digest) = new_secret(app)?;
    let (entry, secret_id) = (entry(&service), app.next_id());
    let secret_of = (secret_id, digest);
    let made = app.store.add_client_service(&issuer, &service, secret_of, entry.as_ref()).await?;
    Ok(made.map(|service| (service, SecretString::from(secret))))
}

/// Gives a client service a new secret; what becomes of the one before is said by `overlap`.
///
/// # Errors
/// [`Error::NotFound`] for an unknown alias.
pub async fn rotate_secret(
    app: &App,
    alias: &str,
    overlap: SecretOverlap,
) -> Result<SecretString, Error> {
    let service = find(app, alias).await?;
    let made = give_secret(app, service.id, overlap, None).await?;
    // Without an entry nothing was done before.
    made.ok_or(Error::NotFound(Thing::ClientService))
}

/// Gives a client service a new secret; `None` when what the entry tells was done before.
///
/// # Errors
/// No random octets; from the database.
pub(super) async fn give_secret(
    app: &App,
    id: ClientServiceId,
    overlap: SecretOverlap,
    entry: Option<&AuditEntry>,
) -> Result<Option<SecretString>, Error> {
    let (secret, digest) = new_secret(app)?;
    let new = (app.next_id(), digest);
    let done = app.store.rotate_secret(id, new, app.now(), overlap, entry).await?;
    Ok(done.then(|| SecretString::from(secret)))
}

/// Sets whether a client service may call; live access tokens follow within `oauth.status_cache_ms`, and stay
/// ended when it is active again.
///
/// # Errors
/// [`Error::NotFound`] for an unknown alias.
pub async fn set_status(app: &App, alias: &str, status: ClientServiceStatus) -> Result<(), Error> {
    let service = find(app, alias).await?;
    app.store.set_client_service_status(service.id, status, app.now(), None).await?;
    Ok(())
}

/// Sets the credential that seals a client service's documents from now on. Operations accepted
/// before keep the one they were accepted with.
///
/// # Errors
/// [`Error::NotFound`] for an unknown alias.
pub async fn assign(app: &App, alias: &str, credential: CredentialId) -> Result<(), Error> {
    let service = find(app, alias).await?;
    Ok(app.store.assign_credential(service.id, credential).await?)
}

/// Changes how a client service's documents are sealed from now on; live access tokens follow within
/// `oauth.status_cache_ms`.
///
/// # Errors
/// [`Error::NotFound`] for an unknown alias, [`Error::Refused`] for a profile that does not exist, a
/// template that cannot be read, or a level that the profile is not for or that needs timestamps which the client
/// service has not.
pub async fn change_seal_settings(
    app: &App,
    alias: &str,
    change: &SealSettingsChange,
) -> Result<(), Error> {
    if let Change::To(Some(profile)) = &change.profile {
        app.profiles.entry(profile.as_str())?;
    }
    if let Change::To(template) = &change.signature_template {
        check_template(template.as_deref())?;
    }
    let service = find(app, alias).await?;
    let profile = match &change.profile {
        Change::To(profile) => profile.as_ref(),
        Change::Keep => service.profile.as_ref(),
    };
    let level =
        (changed(&change.level, service.level), changed(&change.timestamps, service.timestamps));
    check_level(app, profile, level)?;
    Ok(app.store.change_seal_settings(service.id, change).await?)
}

const fn changed<T: Copy>(change: &Change<T>, before: T) -> T {
    match change {
        Change::To(new) => *new,
        Change::Keep => before,
    }
}

/// Whether requests that name no level are all refused.
fn check_level(
    app: &App,
    profile: Option<&ProfileName>,
    (level, timestamps): (Level, Timestamps),
) -> Result<(), Refusal> {
    if level > Level::B && matches!(timestamps, Timestamps::Refuse | Timestamps::Omit) {
        let rule = format!(
            "seals at level {level} have a timestamp; let the client service have some (timestamps wait or \
             fail), or set level B"
        );
        return Err(Refusal::SettingConflict { path: "level", rule });
    }
    // A profile that is gone is told by its name where it is used.
    let entry = profile.and_then(|name| Some((name, app.profiles.entry(name.as_str()).ok()?)));
    let Some((name, entry)) = entry.filter(|_| level > Level::B) else { return Ok(()) };
    entry.check_level(name.as_str(), level)
}

/// Sets the language of receivers that have none of their own; `None` for the issuer's.
///
/// # Errors
/// [`Error::NotFound`] for an unknown alias.
pub async fn set_language(app: &App, alias: &str, language: Option<Language>) -> Result<(), Error> {
    let service = find(app, alias).await?;
    Ok(app.store.set_client_service_language(service.id, language).await?)
}

/// Sets how many mails a client service may have sent in 24 hours, to each domain too; 0 for any number, `None`
/// for the installation's limits.
///
/// # Errors
/// [`Error::NotFound`] for an unknown alias.
pub async fn set_mails_per_day(app: &App, alias: &str, mails: Option<u32>) -> Result<(), Error> {
    let service = find(app, alias).await?;
    Ok(app.store.set_mails_per_day(service.id, mails).await?)
}

/// What is wrong with a template is told to whoever sets it, not to those who seal with it.
fn check_template(template: Option<&str>) -> Result<(), Error> {
    let parsed = template.map(|template| Template::parse(template).map_err(Refusal::from));
    Ok(parsed.transpose().map(drop)?)
}

/// The client service of that alias.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(app: &App, alias: &str) -> Result<ClientService, Error> {
    app.reader.client_service_by_alias(alias).await?.ok_or(Error::NotFound(Thing::ClientService))
}

fn new_secret(app: &App) -> Result<(String, [u8; 32]), Error> {
    let secret = format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(app.random.octets::<32>()?));
    let digest = sha256(secret.as_bytes());
    Ok((secret, digest))
}

//! `client-service`: create, list, suspend, activate, assign, set, rotate-secret.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::shown::{Column, Shown, Table, column, show_card};
use super::{Failure, Outcome, house, values};
use crate::app::App;
use crate::config::Config;
use crate::domain::client_service::{
    Alias, AuthorityOrder, Change, ClientService, ClientServiceStatus, DocumentReferences, Lint,
    ProfileName, SealSettingsChange, SecretOverlap, Timestamps,
};
use crate::domain::language::Language;
use crate::domain::level::Level;
use crate::domain::pades::ActiveContent;
use crate::domain::visible::CoordinateOrigin;
use crate::workflow::client_services::{self, NewClientService};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Creates a client service and shows its secret, once.
    ///
    /// Example: chancery client-service create --issuer-name "ACME, Lda" --issuer-vat 505767457
    /// --issuer-country PRT --credential acme-2026
    Create(Create),
    /// Lists client services.
    List(Shown),
    /// Refuses a client service from now on, live access tokens too (within seconds).
    Suspend {
        /// Alias (OAuth client_id).
        alias: String,
    },
    /// Lets a suspended client service call again.
    Activate {
        /// Alias (OAuth client_id).
        alias: String,
    },
    /// Sets the credential that seals its documents from now on.
    Assign {
        /// Alias (OAuth client_id).
        alias: String,
        /// Alias of the credential.
        #[arg(long)]
        credential: String,
    },
    /// Changes how its requests are taken, its documents sealed and its mails written, from now on.
    ///
    /// Example: chancery client-service set PRT.505767457-84dd8c --profile zatca --lint basic
    Set(SetClientService),
    /// Shows a new secret, once. The one before stays good until the next rotation, unless --only ends it.
    RotateSecret {
        /// Alias (OAuth client_id).
        alias: String,
        /// End all other secrets now, and with them all access tokens that were granted until now.
        #[arg(long)]
        only: bool,
        #[command(flatten)]
        shown: Shown,
    },
}

const CREATED: [Column; 2] =
    [column("client_id", "client_id:"), column("client_secret", "client_secret:")];

const COLUMNS: &[Column] = &[
    column("alias", "ALIAS"),
    column("status", "STATUS"),
    column("credential", "CREDENTIAL").none("none"),
    column("documentReferences", "DOCUMENT REFERENCES"),
    column("profile", "PROFILE").none("default"),
    column("allowSha1", "SHA-1").answers("allowed", "refused"),
    column("lint", "LINT"),
    column("activeContent", "ACTIVE CONTENT"),
    column("coordinateOrigin", "ORIGIN"),
    column("level", "LEVEL"),
    column("timestamps", "TIMESTAMPS"),
    column("timestampAuthorities", ""),
    column("timestampOrder", ""),
    column("language", "LANGUAGE").none("issuer's"),
    column("mailsPerDay", "MAILS A DAY").none("installation's"),
    column("id", ""),
    column("signatureTemplate", ""),
    column("created", ""),
];

#[derive(Args)]
pub(super) struct Create {
    /// OAuth client_id; made from country and VAT number when absent.
    #[arg(long)]
    alias: Option<String>,
    /// Name of the company whose documents are sealed.
    #[arg(long)]
    issuer_name: String,
    /// Its VAT number.
    #[arg(long)]
    issuer_vat: String,
    /// Its country, ISO 3166-1 alpha-3 (PRT, ESP, ...).
    #[arg(long)]
    issuer_country: String,
    /// Alias of the credential that seals; can be assigned later.
    #[arg(long)]
    credential: Option<String>,
    /// Whether a document reference names one document for ever, or is repeated by this client.
    #[arg(long, value_enum, default_value = "unique")]
    document_references: References,
    /// Profile of its seals when a request names none.
    #[arg(long, value_name = "NAME", value_parser = profile_name)]
    profile: Option<ProfileName>,
    /// Let its seals use SHA-1: only for authorities that still demand it.
    #[arg(long)]
    allow_sha1: bool,
    /// How its documents are looked at before they are sealed.
    #[arg(long, value_enum, ignore_case = true, default_value = "none")]
    lint: LintLevel,
    /// Text of its visible signatures when a request brings none, with variables such as
    /// $certificate.getCommonName().
    #[arg(long, value_name = "TEXT")]
    signature_template: Option<String>,
    /// What to do with a PDF that runs something when it is opened or clicked.
    #[arg(long, value_enum, ignore_case = true, default_value = "warn")]
    active_content: ActiveContentChoice,
    /// From which corner of the page its visible signatures are placed when a request does not say.
    #[arg(long, value_enum, ignore_case = true, default_value = "top-left")]
    coordinate_origin: Origin,
    /// Level of its seals when a request names none; above b with --timestamps wait or fail.
    #[arg(long, value_enum, ignore_case = true, default_value = "b")]
    level: LevelChoice,
    /// What to do with a wish for a timestamp (applyTimestamp, signatureLevel T, LT or LTA).
    #[arg(long, value_enum, ignore_case = true, default_value = "refuse")]
    timestamps: TimestampsChoice,
    /// Language of mails to receivers that have none of their own: pt, en, es, fr, de or it.
    #[arg(long, value_parser = values::language)]
    language: Option<Language>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Args)]
pub(super) struct SetClientService {
    /// Alias (OAuth client_id).
    alias: String,
    /// Whether a document reference names one document for ever, or is repeated by this client.
    ///
    /// With reusable, a document that has a reference already loses it to the next one that uses it.
    /// With unique, references that were repeated before are free once more.
    #[arg(long, value_enum, ignore_case = true)]
    document_references: Option<References>,
    /// Profile of its seals when a request names none.
    #[arg(long, value_name = "NAME", value_parser = profile_name)]
    profile: Option<ProfileName>,
    /// No profile of its own: the service's default.
    #[arg(long, conflicts_with = "profile")]
    no_profile: bool,
    /// Whether its seals may use SHA-1: only for authorities that still demand it.
    #[arg(long, value_name = "true|false")]
    allow_sha1: Option<bool>,
    /// How its documents are looked at before they are sealed.
    #[arg(long, value_enum, ignore_case = true)]
    lint: Option<LintLevel>,
    /// Text of its visible signatures when a request brings none; an empty one takes it back.
    #[arg(long, value_name = "TEXT")]
    signature_template: Option<String>,
    /// What to do with a PDF that runs something when it is opened or clicked.
    #[arg(long, value_enum, ignore_case = true)]
    active_content: Option<ActiveContentChoice>,
    /// From which corner of the page its visible signatures are placed when a request does not say.
    #[arg(long, value_enum, ignore_case = true)]
    coordinate_origin: Option<Origin>,
    /// Level of its seals when a request names none; above b it needs --timestamps wait or fail.
    #[arg(long, value_enum, ignore_case = true)]
    level: Option<LevelChoice>,
    /// What to do with a wish for a timestamp (applyTimestamp, signatureLevel T, LT or LTA).
    #[arg(long, value_enum, ignore_case = true)]
    timestamps: Option<TimestampsChoice>,
    /// Time-stamp authorities of its seals, by their names in the configuration, the first one first; an empty
    /// name takes them back, so that it is all of them in the order of their names.
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    timestamp_authorities: Option<Vec<String>>,
    /// Which of its time-stamp authorities is asked first; the next one is when it gives no token.
    #[arg(long, value_enum, ignore_case = true)]
    timestamp_order: Option<OrderChoice>,
    /// Language of mails to receivers that have none of their own: pt, en, es, fr, de or it.
    #[arg(long, value_parser = values::language)]
    language: Option<Language>,
    /// No language of its own: the issuer's.
    #[arg(long, conflicts_with = "language")]
    no_language: bool,
    /// Mails it may have sent in 24 hours, to one domain too; 0 for any number.
    #[arg(long, value_name = "NUMBER")]
    mails_per_day: Option<u32>,
    /// No limit of its own for mails: the installation's (delivery.mails_per_day and
    /// mails_per_domain_per_day).
    #[arg(long, conflicts_with = "mails_per_day")]
    no_mails_per_day: bool,
}

impl SetClientService {
    fn change(&self) -> SealSettingsChange {
        SealSettingsChange {
            profile: match (&self.profile, self.no_profile) {
                (Some(name), _) => Change::To(Some(name.clone())),
                (None, true) => Change::To(None),
                (None, false) => Change::Keep,
            },
            allow_sha1: self.allow_sha1.map_or(Change::Keep, Change::To),
            lint: self.lint.map_or(Change::Keep, |level| Change::To(level.into())),
            signature_template: self.signature_template.as_ref().map_or(Change::Keep, |text| {
                Change::To(Some(text.clone()).filter(|text| !text.is_empty()))
            }),
            active_content: self
                .active_content
                .map_or(Change::Keep, |choice| Change::To(choice.into())),
            coordinate_origin: self
                .coordinate_origin
                .map_or(Change::Keep, |corner| Change::To(corner.into())),
            document_references: self
                .document_references
                .map_or(Change::Keep, |policy| Change::To(policy.into())),
            level: self.level.map_or(Change::Keep, |level| Change::To(level.into())),
            timestamps: self.timestamps.map_or(Change::Keep, |choice| Change::To(choice.into())),
            timestamp_authorities: self
                .timestamp_authorities
                .as_ref()
                .map_or(Change::Keep, |names| Change::To(some(names).cloned().collect())),
            timestamp_order: self
                .timestamp_order
                .map_or(Change::Keep, |order| Change::To(order.into())),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum References {
    /// It names one sealed document for ever.
    Unique,
    /// The client repeats it; look-ups find the newest document.
    Reusable,
}

impl From<References> for DocumentReferences {
    fn from(policy: References) -> Self {
        match policy {
            References::Unique => Self::Unique,
            References::Reusable => Self::Reusable,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Origin {
    /// The upper left one, as with Sign'Stash; the area hangs from its place.
    TopLeft,
    /// The lower left one; the area stands on its place.
    BottomLeft,
}

impl From<Origin> for CoordinateOrigin {
    fn from(corner: Origin) -> Self {
        match corner {
            Origin::TopLeft => Self::TopLeft,
            Origin::BottomLeft => Self::BottomLeft,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum LintLevel {
    /// Not at all, beyond what sealing needs.
    None,
    /// For what is certainly wrong with an invoice.
    Basic,
    /// Against the schema of their format.
    Schema,
}

impl From<LintLevel> for Lint {
    fn from(level: LintLevel) -> Self {
        match level {
            LintLevel::None => Self::None,
            LintLevel::Basic => Self::Basic,
            LintLevel::Schema => Self::Schema,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ActiveContentChoice {
    /// Seal it and say so in the answer.
    Warn,
    /// Refuse it.
    Refuse,
}

impl From<ActiveContentChoice> for ActiveContent {
    fn from(choice: ActiveContentChoice) -> Self {
        match choice {
            ActiveContentChoice::Warn => Self::Warn,
            ActiveContentChoice::Refuse => Self::Refuse,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum LevelChoice {
    /// The signature alone.
    B,
    /// With a timestamp.
    T,
    /// With what validating it takes later.
    Lt,
    /// With an archive timestamp over that.
    Lta,
}

impl From<LevelChoice> for Level {
    fn from(choice: LevelChoice) -> Self {
        match choice {
            LevelChoice::B => Self::B,
            LevelChoice::T => Self::T,
            LevelChoice::Lt => Self::Lt,
            LevelChoice::Lta => Self::Lta,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum TimestampsChoice {
    /// Refuse the document.
    Refuse,
    /// Seal without, at level B, and say so in the answer.
    Omit,
    /// Seal with one; without one the document waits until a time-stamp authority gives it.
    Wait,
    /// Seal with one; without one the document fails.
    Fail,
}

impl From<TimestampsChoice> for Timestamps {
    fn from(choice: TimestampsChoice) -> Self {
        match choice {
            TimestampsChoice::Refuse => Self::Refuse,
            TimestampsChoice::Omit => Self::Omit,
            TimestampsChoice::Wait => Self::Wait,
            TimestampsChoice::Fail => Self::Fail,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum OrderChoice {
    /// The first one that is named.
    InOrder,
    /// Each in its turn.
    Shared,
}

impl From<OrderChoice> for AuthorityOrder {
    fn from(order: OrderChoice) -> Self {
        match order {
            OrderChoice::InOrder => Self::InOrder,
            OrderChoice::Shared => Self::Shared,
        }
    }
}

fn profile_name(text: &str) -> Result<ProfileName, String> {
    ProfileName::parse(text).ok_or_else(|| "1 to 100 characters of a-z 0-9 - .".to_owned())
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    if let Command::List(shown) = command {
        return list(&config, shown).await;
    }
    let app = house::app_without_keys(&config).await?;
    match command {
        Command::List(_) => {}
        Command::Create(create) => create_one(&app, create).await?,
        Command::Suspend { alias } => {
            set(&app, &alias, ClientServiceStatus::Suspended).await?;
            say!("{alias} is suspended.");
        }
        Command::Activate { alias } => {
            set(&app, &alias, ClientServiceStatus::Active).await?;
            say!("{alias} is active.");
        }
        Command::Assign { alias, credential } => {
            let credential = credential_id(&app, &credential).await?;
            client_services::assign(&app, &alias, credential)
                .await
                .map_err(|error| unknown(error, &alias))?;
            say!("{alias} seals with it from now on.");
        }
        Command::Set(set) => {
            let change = set.change();
            let language = set.language.is_some() || set.no_language;
            let mails = set.mails_per_day.is_some() || set.no_mails_per_day;
            if change == SealSettingsChange::default() && !language && !mails {
                return Err("nothing to set; see: chancery client-service set --help".into());
            }
            for name in set.timestamp_authorities.iter().flat_map(|names| some(names)) {
                known_authority(&app, name)?;
            }
            client_services::change_seal_settings(&app, &set.alias, &change)
                .await
                .map_err(|error| unknown(error, &set.alias))?;
            if mails {
                client_services::set_mails_per_day(&app, &set.alias, set.mails_per_day)
                    .await
                    .map_err(|error| unknown(error, &set.alias))?;
            }
            if language {
                client_services::set_language(&app, &set.alias, set.language)
                    .await
                    .map_err(|error| unknown(error, &set.alias))?;
            }
            say!("{} is set; a running service follows within seconds.", set.alias);
        }
        Command::RotateSecret { alias, only, shown } => {
            let overlap = if only { SecretOverlap::None } else { SecretOverlap::UntilNext };
            let secret = client_services::rotate_secret(&app, &alias, overlap)
                .await
                .map_err(|error| unknown(error, &alias))?;
            let [_, line] = CREATED;
            show_card(shown, [(line, json!(secret.expose_secret()))]);
            said_once(shown);
        }
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn create_one(app: &App, create: Create) -> Result<(), Failure> {
    let credential = match &create.credential {
        Some(alias) => Some(credential_id(app, alias).await?),
        None => None,
    };
    let alias = create.alias.clone();
    let new = NewClientService {
        alias: create.alias.as_deref().map(Alias::parse).transpose()?,
        issuer_name: create.issuer_name,
        issuer_vat: create.issuer_vat,
        issuer_country: create.issuer_country,
        credential,
        document_references: create.document_references.into(),
        profile: create.profile,
        allow_sha1: create.allow_sha1,
        lint: create.lint.into(),
        signature_template: create.signature_template.filter(|text| !text.is_empty()),
        active_content: create.active_content.into(),
        coordinate_origin: create.coordinate_origin.into(),
        level: create.level.into(),
        timestamps: create.timestamps.into(),
        language: create.language,
    };
    let made = client_services::create(app, new).await;
    let (service, secret) = made.map_err(|error| match alias {
        Some(alias) if super::is_taken(&error) => format!(
            "the alias {alias} is taken; choose another with --alias, or see: chancery client-service \
             list"
        )
        .into(),
        _ => Failure::from(error),
    })?;
    let values = [json!(service.alias.as_str()), json!(secret.expose_secret())];
    let [id, line] = CREATED;
    let [alias, secret] = values;
    show_card(create.shown, [(id, alias), (line, secret)]);
    said_once(create.shown);
    Ok(())
}

fn said_once(shown: Shown) {
    if !shown.json {
        say!("The secret is shown this once; only its hash is kept.");
    }
}

async fn list(config: &Config, shown: Shown) -> Outcome {
    let app = house::app_to_look(config, shown).await?;
    let credentials = app.reader.credentials().await?;
    let mut table = Table::new(COLUMNS);
    for service in app.reader.client_services().await? {
        let credential = credentials
            .iter()
            .find(|credential| Some(credential.id) == service.credential)
            .map(|credential| credential.alias.as_str());
        table.row([
            json!(service.alias.as_str()),
            json!(service.status.as_str()),
            json!(credential),
            json!(service.document_references.as_str()),
            json!(service.profile.as_ref().map(ProfileName::as_str)),
            json!(service.allow_sha1),
            json!(service.lint.as_str()),
            json!(service.active_content.as_str()),
            json!(service.coordinate_origin.as_str()),
            json!(service.level.as_str()),
            json!(service.timestamps.as_str()),
            json!(service.timestamp_authorities),
            json!(service.timestamp_order.as_str()),
            json!(service.language.map(Language::as_str)),
            json!(service.mails_per_day),
            json!(service.id.as_i64()),
            json!(service.signature_template),
            json!(service.created.to_rfc3339()),
        ]);
    }
    let empty = "No client services yet; make one with: chancery client-service create --help";
    table.show(shown, empty);
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Names that say something.
fn some(names: &[String]) -> impl Iterator<Item = &String> {
    names.iter().filter(|name| !name.is_empty())
}

fn known_authority(app: &App, name: &str) -> Result<(), Failure> {
    if app.authorities.named(name).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = app.authorities.all().map(|it| it.tsa.name()).collect();
    let known = if known.is_empty() { "there is none".to_owned() } else { known.join(", ") };
    Err(format!(
        "no time-stamp authority is called {name} in [timestamp] ({known}); see: chancery config"
    )
    .into())
}

async fn set(app: &App, alias: &str, status: ClientServiceStatus) -> Result<(), Failure> {
    client_services::set_status(app, alias, status).await.map_err(|error| unknown(error, alias))
}

async fn credential_id(
    app: &App,
    alias: &str,
) -> Result<crate::domain::ids::CredentialId, Failure> {
    let found = app.reader.credential_by_alias(alias).await?;
    let found = found
        .ok_or_else(|| format!("no credential is called {alias}; see: chancery credential list"))?;
    Ok(found.id)
}

/// The client service of that alias.
pub(super) async fn named(app: &App, alias: &str) -> Result<ClientService, Failure> {
    client_services::find(app, alias).await.map_err(|error| unknown(error, alias))
}

/// What is said when there is none of that alias, or something else went wrong with it.
pub(super) fn unknown(error: crate::workflow::Error, alias: &str) -> Failure {
    match error {
        crate::workflow::Error::NotFound(_) => {
            format!("no client service is called {alias}; see: chancery client-service list").into()
        }
        other => other.into(),
    }
}

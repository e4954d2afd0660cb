//! `company`: list, suspend, activate, set, limit, usage.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::shown::{Column, Shown, Table, column};
use super::{Failure, Outcome, house, values};
use crate::app::App;
use crate::config::Config;
use crate::domain::client_service::Change;
use crate::domain::company::CompanyStatus;
use crate::domain::csv;
use crate::domain::delivery::MailAddress;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::usage::{UsageLimit, percent};
use crate::workflow::{companies, usage};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists companies; they come with their first client service.
    List(Shown),
    /// Refuses all client services of a company from now on (within seconds).
    ///
    /// Example: chancery company suspend PRT 505767457
    Suspend(NamedCompany),
    /// Lets the client services of a suspended company call again.
    Activate(NamedCompany),
    /// Changes how a company is reached from now on.
    ///
    /// Example: chancery company set PRT 505767457 --email finance@acme.example --language pt
    Set(SetCompany),
    /// Sets how many documents a company has subscribed to, and for when; nothing is refused beyond it,
    /// but people are told.
    ///
    /// Example: chancery company limit PRT 505767457 --documents 50000 --from 2026-01-01
    /// --until 2026-12-31
    Limit(Limit),
    /// Shows what companies sealed of what they subscribed to.
    Usage {
        /// By client service and month, as CSV.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        #[command(flatten)]
        shown: Shown,
    },
}

const COMPANIES: &[Column] = &[
    column("country", "COUNTRY"),
    column("vatNumber", "VAT NUMBER"),
    column("status", "STATUS"),
    column("language", "LANGUAGE").none("none"),
    column("email", "EMAIL").none("none"),
    column("name", "NAME"),
    column("id", ""),
];

const USAGE: &[Column] = &[
    column("country", "COUNTRY"),
    column("vatNumber", "VAT NUMBER"),
    column("sealed", "SEALED"),
    column("limit", "LIMIT").none("none"),
    column("", "PERCENT").none(""),
    column("from", "FROM").none(""),
    column("until", "UNTIL").none(""),
    column("name", "NAME"),
];

#[derive(Args)]
pub(super) struct NamedCompany {
    /// Country, ISO 3166-1 alpha-3 (PRT, ESP, ...).
    country: String,
    /// VAT number, as `company list` shows it.
    vat: String,
}

#[derive(Args)]
pub(super) struct SetCompany {
    #[command(flatten)]
    which: NamedCompany,
    /// Address of the person who answers for it: alarms about it go there too.
    #[arg(long, value_name = "ADDRESS", value_parser = values::mail_address)]
    email: Option<MailAddress>,
    /// Nobody's address.
    #[arg(long, conflicts_with = "email")]
    no_email: bool,
    /// Language of mails to receivers that have none of their own: pt, en, es, fr, de or it.
    #[arg(long, value_parser = values::language)]
    language: Option<Language>,
    /// No language of its own.
    #[arg(long, conflicts_with = "language")]
    no_language: bool,
}

#[derive(Args)]
pub(super) struct Limit {
    #[command(flatten)]
    which: NamedCompany,
    /// How many documents.
    #[arg(long, required_unless_present = "none", requires_all = ["from", "until"])]
    documents: Option<u64>,
    /// First day, such as 2026-01-01 (UTC).
    #[arg(long, value_name = "DATE", value_parser = values::first_instant)]
    from: Option<Instant>,
    /// Last day.
    #[arg(long, value_name = "DATE", value_parser = values::last_instant)]
    until: Option<Instant>,
    /// No limit any more.
    #[arg(long, conflicts_with_all = ["documents", "from", "until"])]
    none: bool,
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    match command {
        Command::List(shown) => return list(&config, shown).await,
        Command::Usage { csv: true, shown } => return show_months(&config, shown).await,
        Command::Usage { csv: false, shown } => return show_usage(&config, shown).await,
        _ => {}
    }
    let app = house::app_without_keys(&config).await?;
    match command {
        Command::List(_) | Command::Usage { .. } => {}
        Command::Suspend(which) => {
            set(&app, &which, CompanyStatus::Suspended).await?;
            say!("{} {} is suspended.", which.country, which.vat);
        }
        Command::Activate(which) => {
            set(&app, &which, CompanyStatus::Active).await?;
            say!("{} {} is active.", which.country, which.vat);
        }
        Command::Set(set) => set_contact(&app, set).await?,
        Command::Limit(limit) => set_limit(&app, &limit).await?,
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config, shown: Shown) -> Outcome {
    let app = house::app_to_look(config, shown).await?;
    let mut table = Table::new(COMPANIES);
    for company in app.reader.companies().await? {
        table.row([
            json!(company.country_code),
            json!(company.vat_number),
            json!(company.status.as_str()),
            json!(company.language.map(Language::as_str)),
            json!(company.email.as_ref().map(MailAddress::as_str)),
            json!(company.name),
            json!(company.id.as_i64()),
        ]);
    }
    let empty = "No companies yet; they come with: chancery client-service create --help";
    table.show(shown, empty);
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn set(app: &App, which: &NamedCompany, status: CompanyStatus) -> Result<(), Failure> {
    companies::set_status(app, &which.country, &which.vat, status)
        .await
        .map_err(|error| unknown(error, which))
}

async fn set_contact(app: &App, set: SetCompany) -> Result<(), Failure> {
    let SetCompany { which, email, no_email, language, no_language } = set;
    if email.is_none() && language.is_none() && !no_email && !no_language {
        return Err("nothing to set; see: chancery company set --help".into());
    }
    let email = if email.is_some() || no_email { Change::To(email) } else { Change::Keep };
    let language =
        if language.is_some() || no_language { Change::To(language) } else { Change::Keep };
    companies::change_contact(app, &which.country, &which.vat, &email, &language)
        .await
        .map_err(|error| unknown(error, &which))?;
    say!("{} {} is set.", which.country, which.vat);
    Ok(())
}

async fn set_limit(app: &App, limit: &Limit) -> Result<(), Failure> {
    let which = &limit.which;
    let new = match (limit.documents, limit.from, limit.until) {
        (Some(documents), Some(from), Some(until)) => Some(UsageLimit { documents, from, until }),
        // clap asks for the three together
        _ => None,
    };
    usage::set_limit(app, &which.country, &which.vat, new.as_ref())
        .await
        .map_err(|error| unknown(error, which))?;
    match new {
        None => say!("{} {} has no limit.", which.country, which.vat),
        Some(new) => say!(
            "{} {} has subscribed to {} documents from {} until {}.",
            which.country,
            which.vat,
            new.documents,
            new.from.to_xs_date_time(),
            new.until.to_xs_date_time()
        ),
    }
    Ok(())
}

async fn show_usage(config: &Config, shown: Shown) -> Outcome {
    let app = house::app_to_look(config, shown).await?;
    let mut table = Table::new(USAGE);
    for line in usage::by_company(&app).await? {
        let usage::CompanyUsage { company, used, limit } = line;
        let day = |at: fn(&UsageLimit) -> Instant| {
            json!(limit.as_ref().map(|limit| at(limit).to_xs_date_time()))
        };
        let share = limit.as_ref().map(|limit| format!("{} %", percent(used, limit.documents)));
        table.row([
            json!(company.country_code),
            json!(company.vat_number),
            json!(used),
            json!(limit.as_ref().map(|limit| limit.documents)),
            json!(share),
            day(|limit| limit.from),
            day(|limit| limit.until),
            json!(company.name),
        ]);
    }
    table.show(shown, "No companies yet; they come with: chancery client-service create --help");
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn show_months(config: &Config, shown: Shown) -> Outcome {
    let app = house::app_to_look(config, shown).await?;
    say!(
        "Month,Issuer Country,Issuer VAT,Issuer Name,Client Service ID,Client Service Alias,\
         Processed documents count"
    );
    for line in usage::by_month(&app).await? {
        let usage::MonthUsage { month, company, client_service, sealed } = line;
        say!(
            "{month},{},{},{},{},{},{sealed}",
            csv::field(&company.country_code),
            csv::field(&company.vat_number),
            csv::field(&company.name),
            client_service.id,
            csv::field(client_service.alias.as_str())
        );
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn unknown(error: crate::workflow::Error, which: &NamedCompany) -> Failure {
    match error {
        crate::workflow::Error::NotFound(_) => format!(
            "no company in {} has the VAT number {}; see: chancery company list",
            which.country, which.vat
        )
        .into(),
        other => other.into(),
    }
}

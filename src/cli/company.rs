//! `company`: list, suspend, activate.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Failure, Outcome, house};
use crate::app::App;
use crate::config::Config;
use crate::domain::company::CompanyStatus;
use crate::workflow::companies;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists companies; they come with their first client service.
    List,
    /// Refuses all client services of a company from now on (within seconds).
    ///
    /// Example: chancery company suspend PRT 505767457
    Suspend(Which),
    /// Lets the client services of a suspended company call again.
    Activate(Which),
}

#[derive(Args)]
pub(super) struct Which {
    /// Country, ISO 3166-1 alpha-3 (PRT, ESP, ...).
    country: String,
    /// VAT number, as `company list` shows it.
    vat: String,
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = house::app_without_keys(&config).await?;
    match command {
        Command::List => list(&app).await?,
        Command::Suspend(which) => {
            set(&app, &which, CompanyStatus::Suspended).await?;
            say!("{} {} is suspended.", which.country, which.vat);
        }
        Command::Activate(which) => {
            set(&app, &which, CompanyStatus::Active).await?;
            say!("{} {} is active.", which.country, which.vat);
        }
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App) -> Result<(), Failure> {
    let companies = app.reader.companies().await?;
    if companies.is_empty() {
        say!("No companies yet; they come with: chancery client-service create --help");
        return Ok(());
    }
    say!("{:<8} {:<20} {:<10} NAME", "COUNTRY", "VAT NUMBER", "STATUS");
    for company in companies {
        let status = company.status.as_str();
        let (country, vat) = (company.country_code, company.vat_number);
        say!("{country:<8} {vat:<20} {status:<10} {}", company.name);
    }
    Ok(())
}

async fn set(app: &App, which: &Which, status: CompanyStatus) -> Result<(), Failure> {
    let country = which.country.to_ascii_uppercase();
    companies::set_status(app, &country, &which.vat, status).await.map_err(|error| match error {
        crate::workflow::Error::NotFound => format!(
            "no company in {country} has the VAT number {}; see: chancery company list",
            which.vat
        )
        .into(),
        other => other.into(),
    })
}

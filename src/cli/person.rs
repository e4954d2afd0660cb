//! `person`: invite, list, disable, enable, reset.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::shown::{Column, Shown, Table, column, show_card};
use super::{Failure, Outcome, house, values};
use crate::app::App;
use crate::config::Config;
use crate::domain::delivery::MailAddress;
use crate::domain::ids::PersonId;
use crate::domain::language::Language;
use crate::domain::person::{Person, Rights, Role, Sight};
use crate::workflow::people::{self, Doer, InvitedPerson, NewPerson, PersonProblem};
use crate::workflow::{client_services, companies};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Invites somebody to the back office and shows the link, once: it sets the password.
    ///
    /// Examples: chancery person invite --administrator ana@acme.example;
    /// chancery person invite --role issuer --company PRT:505767457 rui@acme.example
    Invite(Invite),
    /// Lists people.
    List(Shown),
    /// Ends a person's sessions and lets it sign in no more.
    Disable(NamedPerson),
    /// Lets a disabled person sign in again, as before.
    Enable(NamedPerson),
    /// Takes password, app and recovery codes from a person, and shows a new link, once: for who lost them.
    Reset {
        #[command(flatten)]
        which: NamedPerson,
        #[command(flatten)]
        shown: Shown,
    },
}

const PEOPLE: &[Column] = &[
    column("address", "ADDRESS"),
    column("name", "NAME"),
    column("role", "ROLE"),
    column("rights", "RIGHTS"),
    column("status", "STATUS"),
    column("language", "LANGUAGE"),
    column("companies", ""),
    column("clientServices", ""),
    column("id", ""),
];

const INVITED: [Column; 4] = [
    column("address", "address:"),
    column("link", "link:"),
    column("expires", "good until:"),
    column("mailed", "sent by mail:"),
];

#[derive(Args)]
pub(super) struct NamedPerson {
    /// Mail address, as `person list` shows it.
    #[arg(value_name = "MAIL", value_parser = values::mail_address)]
    address: MailAddress,
}

#[derive(Args)]
pub(super) struct Invite {
    /// Mail address, by which the person signs in.
    #[arg(value_name = "MAIL", value_parser = values::mail_address)]
    address: MailAddress,
    /// Name; the part of the address before the @ without it.
    #[arg(long, value_parser = person_name)]
    name: Option<String>,
    /// Manages the whole installation, people too.
    #[arg(long, conflicts_with_all = ["role", "rights"])]
    administrator: bool,
    /// Whose side the person is on.
    #[arg(long, value_enum, ignore_case = true, required_unless_present = "administrator")]
    role: Option<RoleChoice>,
    /// Whether the person changes what it sees.
    #[arg(long, value_enum, ignore_case = true, default_value = "viewer")]
    rights: RightsChoice,
    /// A company that a partner or issuer sees: its country and VAT number, as PRT:505767457. Repeat it for more.
    #[arg(long, value_name = "COUNTRY:VAT")]
    company: Vec<String>,
    /// A client service that a partner or issuer sees, by its alias. Repeat it for more.
    #[arg(long, value_name = "ALIAS")]
    client_service: Vec<String>,
    /// Language of pages and letters: pt, en, es, fr, de or it.
    #[arg(long, value_parser = values::language)]
    language: Option<Language>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleChoice {
    /// Manages the whole installation.
    Administrator,
    /// Manages the client services of the issuers that it brought.
    Partner,
    /// Belongs to a company whose documents are sealed.
    Issuer,
    /// Looks at everything and changes nothing.
    Auditor,
}

impl From<RoleChoice> for Role {
    fn from(choice: RoleChoice) -> Self {
        match choice {
            RoleChoice::Administrator => Self::Administrator,
            RoleChoice::Partner => Self::Partner,
            RoleChoice::Issuer => Self::Issuer,
            RoleChoice::Auditor => Self::Auditor,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum RightsChoice {
    /// Looks only.
    Viewer,
    /// Changes too.
    Operator,
}

impl From<RightsChoice> for Rights {
    fn from(choice: RightsChoice) -> Self {
        match choice {
            RightsChoice::Viewer => Self::Viewer,
            RightsChoice::Operator => Self::Operator,
        }
    }
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    if let Command::List(shown) = command {
        return list(&config, shown).await;
    }
    let app = house::app_without_keys(&config).await?;
    match command {
        Command::List(_) => {}
        Command::Invite(invite) => {
            let shown = invite.shown;
            let new = new_person(&app, invite).await?;
            show(&people::invite(&app, new, &Doer::command()).await?, shown);
        }
        Command::Disable(which) => {
            let id = find(&app, &which).await?;
            people::disable(&app, id, &Doer::command()).await?;
            say!("{} signs in no more.", which.address);
        }
        Command::Enable(which) => {
            let id = find(&app, &which).await?;
            people::enable(&app, id, &Doer::command()).await?;
            say!("{} can sign in again.", which.address);
        }
        Command::Reset { which, shown } => {
            let id = find(&app, &which).await?;
            show(&people::reset(&app, id, &Doer::command()).await?, shown);
        }
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config, shown: Shown) -> Outcome {
    let app = house::app_to_look(config, shown).await?;
    let mut table = Table::new(PEOPLE);
    for person in app.reader.people().await? {
        let (companies, services) = match &person.sight {
            Sight::Everything => (json!(null), json!(null)),
            Sight::Of { companies, client_services } => {
                let companies: Vec<i64> = companies.iter().map(|id| id.as_i64()).collect();
                let services: Vec<i64> = client_services.iter().map(|id| id.as_i64()).collect();
                (json!(companies), json!(services))
            }
        };
        table.row([
            json!(person.address.as_str()),
            json!(person.name),
            json!(person.role.as_str()),
            json!(person.rights.as_str()),
            json!(person.status.as_str()),
            json!(person.language.as_str()),
            companies,
            services,
            json!(person.id.as_i64()),
        ]);
    }
    table.show(shown, "Nobody was invited yet: chancery person invite --administrator MAIL");
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn show(invited: &InvitedPerson, shown: Shown) {
    let [address, link, expires, mailed] = INVITED;
    show_card(
        shown,
        [
            (address, json!(invited.person.address.as_str())),
            (link, json!(invited.link)),
            (expires, json!(invited.expires.to_xs_date_time())),
            (mailed, json!(invited.mailed)),
        ],
    );
}

async fn new_person(app: &App, invite: Invite) -> Result<NewPerson, Failure> {
    let own = invite.address.as_str().split('@').next().unwrap_or_default().to_owned();
    let role = invite.role.filter(|_| !invite.administrator);
    let mut seen = Vec::new();
    for company in &invite.company {
        let (country, vat) = company.split_once(':').ok_or_else(|| {
            format!("--company {company}: COUNTRY:VAT is needed, as PRT:505767457")
        })?;
        seen.push(companies::find(app, country, vat).await?.id);
    }
    let mut services = Vec::new();
    for alias in &invite.client_service {
        services.push(client_services::find(app, alias).await?.id);
    }
    Ok(NewPerson {
        name: invite.name.unwrap_or(own),
        address: invite.address,
        language: invite.language.unwrap_or(app.alarms.language),
        role: role.map_or(Role::Administrator, Role::from),
        rights: if invite.administrator { Rights::Operator } else { invite.rights.into() },
        sight: Sight::Of { companies: seen, client_services: services },
    })
}

async fn find(app: &App, which: &NamedPerson) -> Result<PersonId, PersonProblem> {
    Ok(people::find_by_address(app, &which.address).await?.id)
}

fn person_name(text: &str) -> Result<String, String> {
    Person::name(text).ok_or_else(|| "a name of at most 100 characters is needed".to_owned())
}

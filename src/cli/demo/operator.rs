//! Somebody who can sign in to the back office of the demo, with a password alone: the demo goes without the codes of apps.

use std::net::{IpAddr, Ipv4Addr};

use secrecy::{ExposeSecret as _, SecretString};

use super::super::Failure;
use crate::app::App;
use crate::domain::delivery::MailAddress;
use crate::domain::language::Language;
use crate::domain::person::{Rights, Role, Sight};
use crate::workflow::people::invitations::{self, AcceptProblem};
use crate::workflow::people::sessions::{self, Stay};
use crate::workflow::people::{self, Doer, NewPerson};

/// No mail goes to an address of this machine, and none is needed: the invitation is accepted at once.
const ADDRESS: &str = "operator@localhost";

/// Who signs in, and with what.
pub(super) struct DemoOperator {
    pub(super) page: String,
    pub(super) address: String,
    pub(super) password: SecretString,
}

/// An administrator with a new password, who is signed in nowhere.
pub(super) async fn ensure(app: &App) -> Result<DemoOperator, Failure> {
    let (address, doer) =
        (MailAddress::parse(ADDRESS).ok_or("the address is none")?, Doer::command());
    let invited = match app.reader.person_by_address(&address).await? {
        Some(person) => people::reset(app, person.id, &doer).await?,
        None => {
            let new = NewPerson {
                address,
                name: "Operator of the demo".to_owned(),
                language: Language::En,
                role: Role::Administrator,
                rights: Rights::Operator,
                sight: Sight::Everything,
            };
            people::invite(app, new, &doer).await?
        }
    };
    let mut octets = [0_u8; 12];
    aws_lc_rs::rand::fill(&mut octets).map_err(|_| "the random source failed")?;
    let password = SecretString::from(crate::domain::text::hex(&octets));
    let code = invited.link.rsplit('/').next().unwrap_or_default();
    let stay = Stay { address: IpAddr::V4(Ipv4Addr::LOCALHOST), agent: "chancery demo".to_owned() };
    let entered =
        invitations::accept(app, code, &password, &stay).await.map_err(
            |problem| match problem {
                AcceptProblem::Failed(error) => Failure::from(error),
                AcceptProblem::Gone | AcceptProblem::Password(_) => {
                    Failure::from("the operator of the demo was not let in")
                }
            },
        )?;
    if let Some(who) = sessions::current(app, &entered.token).await? {
        sessions::sign_out(app, &who, &doer).await?;
    }
    let page = format!("{}/office", app.issuer);
    Ok(DemoOperator { page, address: ADDRESS.to_owned(), password })
}

impl DemoOperator {
    /// As `demo.json` has it.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::json!({ "address": self.address, "password": self.password.expose_secret() })
    }
}

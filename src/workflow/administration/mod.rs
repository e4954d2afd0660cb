//! What people look up and change of the installation: within what they see, recorded in the transaction of the fact,
//! and done once however often it is asked for. The command line does the same without being recorded.

pub mod companies;
pub mod credentials;
pub mod endpoints;
pub mod imports;
pub mod installation;
pub mod keys;
pub mod letters;
pub mod mail;
pub mod services;

use std::net::IpAddr;

use crate::app::App;
use crate::domain::audit::{Actor, AuditAction, AuditEntry, AuditSubject};
use crate::domain::ids::{ActId, PersonId};
use crate::domain::scope::ServiceSet;

/// Somebody who changes something.
#[derive(Clone, Copy)]
pub struct ChangingPerson<'a> {
    pub person: PersonId,
    /// From where.
    pub address: IpAddr,
    /// The client services that the person sees.
    pub seen: &'a ServiceSet,
    /// Drawn with [`crate::workflow::acts::draw`] when the person was asked: the same one is done once.
    pub number: ActId,
}

impl ChangingPerson<'_> {
    /// What the audit record says of it.
    fn entry(
        self,
        app: &App,
        action: AuditAction,
        about: AuditSubject,
        detail: String,
    ) -> AuditEntry {
        self.entry_of(app, (action, Some(about)), detail)
    }

    /// The same, of what may be about nothing that has a number: the installation, say.
    fn entry_of(
        self,
        app: &App,
        (action, about): (AuditAction, Option<AuditSubject>),
        detail: String,
    ) -> AuditEntry {
        AuditEntry {
            id: self.number.as_i64(),
            at: app.now(),
            actor: Actor::Person(self.person),
            action,
            person: self.person,
            about,
            detail,
            address: Some(self.address.to_string()),
        }
    }
}

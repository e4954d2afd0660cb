//! Links by which people set their passwords. The code in a link is made with a key that is not in the database, so
//! that nobody who reads that can use one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::passwords::{self, PasswordProblem};
use super::sessions::{self, EnteredPerson, Stay};
use super::{Doer, InvitedPerson};
use crate::app::App;
use crate::domain::audit::{Actor, AuditAction};
use crate::domain::ids::{InvitationId, MessageId, PersonCredentialId};
use crate::domain::instant::HOUR_MS;
use crate::domain::outbox::{Message, MessageKind, Target};
use crate::domain::person::{Person, PersonCredentialKind, PersonStatus};
use crate::domain::session::{Invitation, SessionStage};
use crate::store::people::NewCredential;
use crate::workflow::{Error, notify};

/// Octets of a code that are kept: 128 bits cannot be guessed.
const CODE_LENGTH: usize = 16;

/// An invitation that is not on disk yet.
pub(super) struct MadeInvitation {
    pub(super) invitation: Invitation,
    /// `None` where there is no way for mails, or none to such an address.
    pub(super) message: Option<Message>,
}

impl MadeInvitation {
    pub(super) fn invited(self, app: &App, person: Person) -> InvitedPerson {
        InvitedPerson {
            person,
            link: link(app, &self.invitation),
            expires: self.invitation.expires,
            mailed: self.message.is_some(),
        }
    }
}

/// A new invitation, with its mail.
pub(super) fn make(app: &App, person: &Person) -> Result<MadeInvitation, Error> {
    let now = app.now();
    let invitation = Invitation {
        id: InvitationId::from_i64(app.random_id()?),
        person: person.id,
        created: now,
        expires: now.plus_ms(app.people.config.invitation_hours.saturating_mul(HOUR_MS)),
        used: None,
        revoked: None,
    };
    let has_way = app.mail.account.is_some() && notify::check_address(app, &person.address).is_ok();
    let message = has_way.then(|| -> Result<Message, Error> {
        let id = MessageId::from_i64(app.next_id());
        let address = person.address.clone();
        let target = Target::Mail { address, language: Some(person.language) };
        Ok(Message {
            content: Some(json!({ "invitation": invitation.id.as_i64() }).to_string()),
            mail_id: Some(notify::mail_id(app)?),
            created: now,
            ..Message::due(id, MessageKind::Invitation, target, app.steady_now())
        })
    });
    Ok(MadeInvitation { invitation, message: message.transpose()? })
}

/// The address that opens an invitation.
#[must_use]
pub fn link(app: &App, invitation: &Invitation) -> String {
    let id = invitation.id.as_i64().to_be_bytes();
    let code = URL_SAFE_NO_PAD.encode([&id[..], &code(app, id)].concat());
    format!("{}/office/invitation/{code}", app.issuer)
}

/// An invitation that a letter speaks of, with its person; `None` when it opens nothing any more.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn of_message(
    app: &App,
    message: &Message,
) -> Result<Option<(Invitation, Person)>, Error> {
    let content = message.content.as_deref().unwrap_or_default();
    let content: serde_json::Value = serde_json::from_str(content).unwrap_or_default();
    let id = content.get("invitation").and_then(serde_json::Value::as_i64);
    let Some(id) = id.map(InvitationId::from_i64) else { return Ok(None) };
    open_one(app, id).await
}

/// What a link leads to; `None` when it leads to nothing, or to nothing any more: nobody learns which.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn open(app: &App, shown: &str) -> Result<Option<(Invitation, Person)>, Error> {
    let octets = URL_SAFE_NO_PAD.decode(shown).unwrap_or_default();
    let Some((id, shown)) = octets.split_first_chunk::<8>() else { return Ok(None) };
    if !bool::from(code(app, *id).as_slice().ct_eq(shown)) {
        return Ok(None);
    }
    open_one(app, InvitationId::from_i64(i64::from_be_bytes(*id))).await
}

/// Why an invitation was not accepted.
#[derive(Debug)]
pub enum AcceptProblem {
    /// The link leads to nothing, or to nothing any more.
    Gone,
    /// Another password is needed.
    Password(PasswordProblem),
    /// Not the person's cause.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for AcceptProblem {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Sets the password of whoever was invited, and lets it in. The link is used then.
///
/// # Errors
/// [`AcceptProblem`].
pub async fn accept(
    app: &App,
    shown: &str,
    password: &SecretString,
    stay: &Stay,
) -> Result<EnteredPerson, AcceptProblem> {
    let Some((invitation, person)) = open(app, shown).await? else {
        return Err(AcceptProblem::Gone);
    };
    passwords::judge(app, password, &person).map_err(AcceptProblem::Password)?;
    let credential = NewCredential {
        id: PersonCredentialId::from_i64(app.random_id()?),
        kind: PersonCredentialKind::Password,
        value: passwords::hashed(app, password).await?,
        last_step: 0,
    };
    let (token, session) = sessions::new(app, person.id, SessionStage::Whole, stay)?;
    let doer = Doer { actor: Actor::Person(person.id), address: Some(stay.address) };
    let entry = doer.entry(app, AuditAction::InvitationAccepted, person.id, String::new())?;
    if !app.store.accept_invitation(&invitation, &credential, &session, &entry).await? {
        return Err(AcceptProblem::Gone);
    }
    Ok(EnteredPerson { token, stage: SessionStage::Whole })
}

async fn open_one(app: &App, id: InvitationId) -> Result<Option<(Invitation, Person)>, Error> {
    let invitation = app.reader.invitation(id).await?;
    let Some(invitation) = invitation.filter(|it| it.is_open(app.now())) else { return Ok(None) };
    let person = app.reader.person(invitation.person).await?;
    let person = person.filter(|person| person.status != PersonStatus::Disabled);
    Ok(person.map(|person| (invitation, person)))
}

fn code(app: &App, id: [u8; 8]) -> Vec<u8> {
    let mut code = app.people.invitation_key.hmac_sha256(&id).to_vec();
    code.truncate(CODE_LENGTH);
    code
}

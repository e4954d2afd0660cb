//! The installation as a whole, as people look at it: what each of its parts says, and what the calendar of algorithms
//! means for what seals and stamps here.

use crate::app::App;
use crate::domain::credential::CredentialStatus;
use crate::domain::instant::Instant;
use crate::pki::calendar::AlgorithmEnd;
pub use crate::pki::calendar::{CalendarRow, Owner};
use crate::pki::certificate::Chain;
use crate::pki::path::ends_first;
use crate::store;
use crate::workflow::Error;

/// What a credential or a time-stamp authority stands on.
pub struct CalendarStanding {
    /// Name of the credential or the authority.
    pub name: String,
    pub is_credential: bool,
    /// What of it ends first by the calendar.
    pub ending: Option<AlgorithmEnd>,
    /// When its certificates end; `None`: they are not known yet.
    pub certificates: Option<Instant>,
}

impl CalendarStanding {
    /// Whether the calendar says an end before its certificates do.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        let pair = self.ending.as_ref().zip(self.certificates);
        pair.is_some_and(|(ending, certificates)| ending.until < certificates)
    }
}

/// What the database is, and the state of its tables.
#[must_use]
pub fn database(app: &App) -> (&'static str, i64) {
    (app.store.engine_name(), store::schema_version())
}

/// Every active credential and every time-stamp authority, by name, with what the calendar of algorithms says of it.
///
/// # Errors
/// From the database.
pub async fn standings(app: &App) -> Result<Vec<CalendarStanding>, Error> {
    let mut all = Vec::new();
    for credential in app.reader.credentials().await? {
        let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice)).ok();
        let Some(chain) = chain.filter(|_| credential.status == CredentialStatus::Active) else {
            continue;
        };
        all.push(CalendarStanding {
            name: credential.alias,
            is_credential: true,
            ending: app.calendar.chain(&chain, chain.signing().default_signature()),
            certificates: Some(ends_first(&chain).not_after()),
        });
    }
    all.sort_by_cached_key(|it| it.name.to_lowercase());
    for authority in app.authorities.all() {
        let certificate = authority.stamps_with();
        let ending = certificate.as_ref().and_then(|certificate| {
            let kind = certificate.key_kind();
            let key = app.calendar.key(kind, Owner::Timestamping).ending;
            let signature = app.calendar.signature(kind, certificate.default_signature());
            key.into_iter().chain(signature).min_by_key(|ending| ending.until)
        });
        all.push(CalendarStanding {
            name: authority.tsa.name().to_owned(),
            is_credential: false,
            ending,
            certificates: certificate.map(|it| it.not_after()),
        });
    }
    Ok(all)
}

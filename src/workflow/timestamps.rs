//! Which time-stamp authorities are asked for the seals of a client service, one after the other until one
//! gives a token. When that is tried again is decided where operations are executed.

use super::{Error, NOBODY, Thing};
use crate::app::{App, TimeAuthorities, TimeAuthority};
use crate::domain::client_service::{AuthorityOrder, ClientService, Timestamps};
use crate::domain::ids::ClientServiceId;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::sources::sources;
use crate::outbound::timestamp::{AskError, TimestampAnswer};
use crate::pki::digest::Digest;
use crate::pki::timestamp::TimestampToken;
use crate::seal::extend::ExtendError;

/// What trial tokens are over.
const TRIAL: &[u8] = b"Chancery asks whether this time-stamp authority answers.";

/// The imprint of a trial token.
#[must_use]
pub fn trial(digest: DigestAlgorithm) -> Digest {
    Digest::of(digest, TRIAL)
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoToken {
    /// Whether an authority was asked; all of them rest otherwise, or there is none.
    pub asked: bool,
    /// What each of them said, for who operates the service.
    pub words: String,
}

impl NoToken {
    /// Nobody can be asked, because of a fault of ours.
    pub(super) fn of(error: &ExtendError) -> Self {
        Self { asked: true, words: error.to_string() }
    }
}

/// How the seals of a client service come to their timestamps.
pub struct Stamping<'a> {
    party: ClientServiceId,
    authorities: Vec<&'a TimeAuthority>,
    order: AuthorityOrder,
    /// Whether a document fails when there is no token, and does not wait.
    pub fails: bool,
}

/// The authorities that may be asked for a client service, the first one first: those that it names, as far as
/// they are in the configuration, or all.
#[must_use]
pub fn authorities<'a>(
    all: &'a TimeAuthorities,
    service: &ClientService,
) -> Vec<&'a TimeAuthority> {
    match service.timestamp_authorities.as_slice() {
        [] => all.all().collect(),
        names => names.iter().filter_map(|name| all.named(name)).collect(),
    }
}

/// How the seals of a client service come to their timestamps now. What waits for one goes by what is set now,
/// so that another authority can be named for it.
///
/// # Errors
/// [`Error::NotFound`]; the database does not answer.
pub async fn stamping(app: &App, id: ClientServiceId) -> Result<Stamping<'_>, Error> {
    let service = app.reader.client_service(id).await?;
    let service = service.ok_or(Error::NotFound(Thing::ClientService))?;
    Ok(Stamping {
        party: id,
        authorities: authorities(&app.authorities, &service),
        order: service.timestamp_order,
        fails: service.timestamps == Timestamps::Fail,
    })
}

/// How what no client service asked for comes to its timestamps: from the authorities of these names, or, without any,
/// from all of the configuration.
#[must_use]
pub fn of_installation<'a>(app: &'a App, names: &[String]) -> Stamping<'a> {
    let authorities = match names {
        [] => app.authorities.all().collect(),
        names => names.iter().filter_map(|name| app.authorities.named(name)).collect(),
    };
    Stamping { party: NOBODY, authorities, order: AuthorityOrder::InOrder, fails: false }
}

impl Stamping<'_> {
    /// Why nobody would give a token now, as far as is known: no key need be used then. An authority that has
    /// rested is asked for one over nothing that means anything.
    pub async fn in_vain(&self, app: &App) -> Option<NoToken> {
        if self.authorities.iter().any(|authority| authority.away().is_none()) {
            return None;
        }
        let (mut words, mut asked) = (Words::default(), false);
        for authority in &self.authorities {
            let said = match authority.place().await {
                Ok(place) if place.is_probe() => {
                    asked = true;
                    ask(app, Some(self.party), authority, &trial, None).await.map(drop)
                }
                // Somebody else has found out that it is well.
                Ok(_) => Ok(()),
                Err(rests) => Err(rests),
            };
            match said {
                Ok(()) => return None,
                Err(said) => words.add(authority, &said),
            }
        }
        Some(words.none(asked))
    }

    /// What makes the imprints of the tokens of all of them.
    #[must_use]
    pub fn digests(&self) -> Vec<DigestAlgorithm> {
        let mut all = Vec::new();
        for authority in &self.authorities {
            if !all.contains(&authority.tsa.digest()) {
                all.push(authority.tsa.digest());
            }
        }
        all
    }

    /// Asks one authority after the other for a token over what has these imprints, of at most `room` octets where
    /// there is a limit.
    ///
    /// # Errors
    /// [`NoToken`] when none of them gave one.
    pub async fn token(
        &self,
        app: &App,
        imprint: &(dyn Fn(DigestAlgorithm) -> Digest + Sync),
        room: Option<usize>,
    ) -> Result<TimestampToken, NoToken> {
        let (mut words, mut asked) = (Words::default(), false);
        let first = match self.order {
            AuthorityOrder::InOrder => 0,
            AuthorityOrder::Shared => app.authorities.turn(),
        };
        let first = first.checked_rem(self.authorities.len()).unwrap_or_default();
        let (later, sooner) = self.authorities.split_at(first);
        for authority in sooner.iter().chain(later) {
            let place = match authority.place().await {
                Ok(place) => place,
                Err(rests) => {
                    words.add(authority, &rests);
                    continue;
                }
            };
            asked = true;
            let given = ask(app, Some(self.party), authority, imprint, room).await;
            drop(place);
            match given {
                Ok(token) => return Ok(token),
                Err(said) => words.add(authority, &said),
            }
        }
        Err(words.none(asked))
    }
}

/// Asks one authority, for a client service where it is for one, and notes how that went. The answer is looked at
/// on a thread of the engine, in a turn of that client service.
///
/// # Errors
/// Why there is no token, in words for who operates the service.
pub async fn ask(
    app: &App,
    party: Option<ClientServiceId>,
    authority: &TimeAuthority,
    imprint: &(dyn Fn(DigestAlgorithm) -> Digest + Sync),
    room: Option<usize>,
) -> Result<TimestampToken, String> {
    // A number that was guessed lets an old answer pass.
    let nonce = app.random.octets().map_err(|error| sources(&error))?;
    let nonce = u64::from_be_bytes(nonce);
    let token = match authority.tsa.ask(imprint(authority.tsa.digest()), nonce, || app.now()).await
    {
        Ok(answer) => examined(app, party, answer, room).await?,
        Err(error) => Err(error),
    };
    match token {
        Ok(token) => {
            authority.gave_token_of(token.certificate());
            Ok(token)
        }
        Err(error) => {
            let words = sources(&error);
            if let AskError::NoRoom { .. } = error {
                // It is well: what is too small is the gap of this document.
                tracing::error!(authority = authority.tsa.name(), error = %words, "no timestamp");
                authority.came_through();
            } else {
                authority.found_away(app.now(), &words);
            }
            Err(words)
        }
    }
}

/// Has an answer looked at.
///
/// # Errors
/// The thread did not come to its end.
async fn examined(
    app: &App,
    party: Option<ClientServiceId>,
    answer: TimestampAnswer,
    room: Option<usize>,
) -> Result<Result<TimestampToken, AskError>, String> {
    let turn = match party {
        Some(party) => app.engine.take(party, 1).await.ok(),
        None => None,
    };
    let looking = tokio::task::spawn_blocking(move || {
        let token = answer.token(room);
        // Whoever asked may be gone: the turn is over when the thread is free.
        drop(turn);
        token
    });
    looking.await.map_err(|error| sources(&error))
}

/// What authorities said, each by its name.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn add(&mut self, authority: &TimeAuthority, words: &str) {
        self.0.push(format!("{}: {words}", authority.tsa.name()));
    }

    fn none(self, asked: bool) -> NoToken {
        let Self(words) = self;
        let words = if words.is_empty() {
            "no time-stamp authority is configured".to_owned()
        } else {
            words.join("; ")
        };
        NoToken { asked, words }
    }
}

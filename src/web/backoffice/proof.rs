//! Who one is, shown in the form that needs it: what was typed into a long one is not lost on the way to a page of its
//! own.

use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;

use super::deeds::DeedProblem;
use super::form::OfficeForm;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::letters::{filled, passkey_words};
use crate::workflow::Error;
use crate::workflow::people::sign_in::{self, SignInProblem};
use crate::workflow::people::{second_factor, sessions};

/// Fields that a form has while who sends it has to show who it is.
pub(super) struct ProofFields {
    pub(super) address: String,
    /// Whether a code is asked for beside the password.
    pub(super) has_second: bool,
    /// For who has a passkey: where it is shown, and what that is called. What was typed is not there any more then.
    pub(super) by_passkey: Option<(String, &'static str)>,
}

/// Somebody who sends a form that may show who it is.
pub(super) struct Proving {
    pub(super) visit: OfficeVisit,
    pub(super) who: SignedIn,
    /// Of the session, when it is another one now.
    token: Option<SecretString>,
}

impl Proving {
    pub(super) const fn new(visit: OfficeVisit, who: SignedIn) -> Self {
        Self { visit, who, token: None }
    }

    /// Lets pass who showed a moment ago who it is, or does so in this form.
    pub(super) async fn admit(&mut self, form: &OfficeForm) -> Result<(), DeedProblem> {
        let (app, words) = (&self.visit.web.app, self.visit.words());
        if self.who.stay.is_proved(app) {
            return Ok(());
        }
        if form.one("password").is_empty() {
            return Err(DeedProblem::wrong(words.prove_text));
        }
        let shown = (&form.secret("password"), form.one("code"));
        let entered = sign_in::prove(app, &self.who.stay, shown, &self.visit.stay()).await;
        let token = entered.map_err(|problem| match problem {
            SignInProblem::Wrong => {
                DeedProblem::wrong(&format!("{} {}", words.current_wrong, words.code_wrong))
            }
            SignInProblem::Wait(seconds) => {
                // The words speak of several.
                let facts = [("seconds", seconds.max(2).to_string())];
                DeedProblem::Words(StatusCode::TOO_MANY_REQUESTS, filled(words.wait, &facts))
            }
            SignInProblem::Failed(error) => DeedProblem::Failed(error),
        })?;
        let token = token.token;
        if let Some(stay) = sessions::current(app, &token).await? {
            self.who = SignedIn::new(app, stay, &token);
            self.visit.who = Some(self.who.clone());
        }
        self.token = Some(token);
        Ok(())
    }

    /// The answer, with the token of the session when it is another one now.
    pub(super) fn answer(&self, response: Response) -> Response {
        match &self.token {
            Some(token) => self.visit.keeping(response, token),
            None => response,
        }
    }
}

/// What a form of the page at `here`, below the root, asks of who looks at it; `None`: it showed a moment ago who it is.
pub(super) async fn fields(
    visit: &OfficeVisit,
    who: &SignedIn,
    here: &str,
) -> Result<Option<ProofFields>, Error> {
    let app = &visit.web.app;
    if who.stay.is_proved(app) {
        return Ok(None);
    }
    let credentials = app.reader.person_credentials(who.stay.person.id).await?;
    let second = second_factor::state(&credentials);
    let words = passkey_words(visit.language());
    let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    let place = format!("{}/prove?next={next}", visit.root());
    Ok(Some(ProofFields {
        address: visit.own_address(),
        has_second: second.is_on,
        by_passkey: (second.passkeys > 0).then_some((place, words.use_one)),
    }))
}

//! Whoever a page is for.

use secrecy::SecretString;

use crate::app::App;
use crate::domain::person::Theme;
use crate::domain::session::SessionStage;
use crate::workflow::people::sessions::{self, PersonStay};

/// Somebody who is signed in, or half.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub(super) stay: PersonStay,
    /// What forms of the session carry.
    pub(super) form_token: String,
}

impl SignedIn {
    pub(super) fn new(app: &App, stay: PersonStay, token: &SecretString) -> Self {
        Self { stay, form_token: sessions::form_token(app, token) }
    }

    /// Whether the second step is owed.
    pub(super) fn is_half(&self) -> bool {
        self.stay.session.stage == SessionStage::Half
    }

    /// The colours that pages say they want; nothing for those of the system.
    pub(super) const fn theme(&self) -> &'static str {
        match self.stay.person.theme {
            Theme::System => "",
            Theme::Light | Theme::Dark => self.stay.person.theme.as_str(),
        }
    }
}

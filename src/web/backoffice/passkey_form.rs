//! The part of a page in which a browser is asked for a passkey, by a small script of ours. Without the script it is not
//! there.

use super::form::OfficeForm;
use super::visit::OfficeVisit;
use crate::domain::sources::sources;
use crate::letters::{PasskeyWords, passkey_words};
use crate::workflow::people::challenges::AskedFor;
use crate::workflow::people::passkeys::{self, AskedPasskey, ShownPasskey};

/// The form that a passkey comes back in.
pub(super) struct PasskeyForm {
    pub(super) words: &'static PasskeyWords,
    /// Where it is sent.
    pub(super) action: String,
    /// What the browser is asked, as JSON.
    pub(super) options: String,
    pub(super) pending: String,
}

impl PasskeyForm {
    /// The form that asks for a passkey; `None` where there is none to ask for. Other ways stay open when it cannot be
    /// said.
    pub(super) async fn asking(
        visit: &OfficeVisit,
        what: AskedFor<'_>,
        path: &str,
    ) -> Option<Self> {
        match passkeys::ask(&visit.web.app, what).await {
            Ok(asked) => Some(Self::of(visit, asked?, path)),
            Err(error) => {
                let causes = sources(&error);
                tracing::error!(%causes, "a page cannot ask for a passkey");
                None
            }
        }
    }

    pub(super) fn of(visit: &OfficeVisit, asked: AskedPasskey, path: &str) -> Self {
        Self {
            words: passkey_words(visit.language()),
            action: format!("{}{}", visit.root(), visit.with_next(path)),
            options: asked.options,
            pending: asked.pending,
        }
    }
}

/// What a form brought.
pub(super) fn shown(form: &OfficeForm) -> ShownPasskey<'_> {
    ShownPasskey { pending: form.one("pending"), credential: form.one("credential") }
}

//! The one time that a secret is shown.

use askama::Template;

use super::frame::OfficeFrame;
use super::visit::OfficeVisit;
use crate::domain::client_service::ClientService;
use crate::letters::{AdministrationWords, administration_words, filled};

#[derive(Template)]
#[template(path = "backoffice/templates/secret.html")]
pub(super) struct SecretPage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    text: String,
    alias: String,
    secret: String,
    id: String,
}

impl SecretPage {
    /// The page of a secret that was made just now.
    pub(super) fn of(visit: &OfficeVisit, service: &ClientService, secret: &str) -> Self {
        let words = administration_words(visit.language());
        let alias = service.alias.as_str().to_owned();
        Self {
            frame: visit.frame(),
            words,
            text: filled(words.secret_text, &[("alias", alias.clone())]),
            alias,
            secret: secret.to_owned(),
            id: service.id.to_string(),
        }
    }
}

//! What is around every page: the menu of what a person may see, languages, colours; and pages that only say something.

use askama::Template;

use super::signed_in::SignedIn;
use crate::domain::language::Language;
use crate::domain::person::Permission;
use crate::letters::{HelpWords, OfficeWords, filled, help_words, office_words, page_words};

/// The style sheet of every page.
pub(super) const STYLE: &str = include_str!("templates/style.css");

/// The script that puts parts of pages in place (htmx 2.0.11); pages work without it.
pub const HTMX: &str = include_str!("vendor/htmx-2.0.11.min.js");

/// The script for keys that are pressed alone.
pub(super) const KEYS: &str = include_str!("scripts/keys.js");

/// The script that asks browsers for passkeys; pages work without it.
pub const PASSKEYS: &str = include_str!("scripts/passkeys.js");

/// The hash of it, which browsers demand.
pub const PASSKEYS_INTEGRITY: &str =
    "sha384-rdcHV9Q58X8Ww/JwEzs/2xVvmVX5Oh3lk87qYCniLHYGrOphLAomDYTcwVJ9wYdX";

/// Style and scripts of ours are loaded, forms go to us, nobody frames a page.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Pages in the menu: what is called how, and who sees it.
const MENU: [MenuEntry; 12] = [
    entry("/", Permission::Search, |words| words.search),
    entry("/operations", Permission::Search, |words| words.operations),
    entry("/sets", Permission::Search, |words| words.sets),
    entry("/dashboard", Permission::Search, |words| words.overview),
    entry("/usage", Permission::Search, |words| words.usage),
    entry("/client-services", Permission::Search, |words| words.client_services),
    entry("/companies", Permission::Search, |words| words.companies),
    entry("/credentials", Permission::SeeCredentials, |words| words.credentials),
    entry("/people", Permission::SeePeople, |words| words.people),
    entry("/audit", Permission::SeePeople, |words| words.audit),
    entry("/settings", Permission::SeeCredentials, |words| words.settings),
    entry("/account", Permission::OwnAccount, |words| words.account),
];

/// A page in the menu.
struct MenuEntry {
    place: &'static str,
    /// What who sees it may do.
    permission: Permission,
    name: fn(&OfficeWords) -> &'static str,
}

const fn entry(
    place: &'static str,
    permission: Permission,
    name: fn(&OfficeWords) -> &'static str,
) -> MenuEntry {
    MenuEntry { place, permission, name }
}

/// The key behind `g` that leads to a page; empty: none does.
fn key(place: &str) -> &'static str {
    match place {
        "/" => "h",
        "/operations" => "o",
        "/client-services" => "c",
        _ => "",
    }
}

/// What every page has around it.
pub(super) struct OfficeFrame {
    pub(super) language: &'static str,
    /// `light` or `dark`; empty for that of the system.
    pub(super) theme: &'static str,
    pub(super) root: String,
    pub(super) words: &'static OfficeWords,
    pub(super) help: &'static HelpWords,
    /// For who is not signed in: address, code, own name and whether it is this page's.
    pub(super) languages: Vec<(String, &'static str, &'static str, bool)>,
    /// For who is: address, name, the key behind `g` that leads there, and whether this page is below it.
    pub(super) menu: Vec<(String, &'static str, &'static str, bool)>,
    /// Who is signed in.
    pub(super) person: String,
    /// What forms carry.
    pub(super) form_token: String,
}

impl OfficeFrame {
    pub(super) fn of(
        language: Language,
        root: String,
        who: Option<&SignedIn>,
        (path, query): (&str, &str),
    ) -> Self {
        let words = office_words(language);
        let languages = Language::ALL.map(|other| {
            let mut address = form_urlencoded::Serializer::new(String::new());
            address.append_pair("lang", other.as_str());
            let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "next");
            address.extend_pairs(kept);
            let name = page_words(other).autonym;
            (format!("?{}", address.finish()), other.as_str(), name, other == language)
        });
        // Who owes the second step sees nothing yet.
        let whole = who.filter(|who| !who.is_half());
        let seen = MENU
            .iter()
            .filter(|entry| whole.is_some_and(|who| who.stay.person.may(entry.permission)));
        let menu = seen.map(|MenuEntry { place, name, .. }| {
            let is_first = *place == "/";
            let below = path.starts_with(&format!("{place}/"));
            let here = path == *place || if is_first { path.is_empty() } else { below };
            (format!("{root}{}", if is_first { "" } else { place }), name(words), key(place), here)
        });
        Self {
            language: language.as_str(),
            theme: who.map_or("", SignedIn::theme),
            words,
            help: help_words(language),
            languages: languages.to_vec(),
            menu: menu.collect(),
            person: whole.map(|who| who.stay.person.name.clone()).unwrap_or_default(),
            form_token: who.map(|who| who.form_token.clone()).unwrap_or_default(),
            root,
        }
    }
}

/// What a page says that says nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// There is no such page, or not for whoever asks: nobody learns which.
    Unknown,
    /// A form of elsewhere, or of another session.
    Old,
    /// Too much; the next request may come after so many seconds.
    Busy(u64),
    /// A fault of ours.
    Fault,
    /// No cookie would be safe.
    Insecure,
    /// The invitation opens nothing.
    Gone,
}

#[derive(Template)]
#[template(path = "backoffice/templates/notice.html")]
pub(super) struct NoticePage {
    frame: OfficeFrame,
    title: &'static str,
    text: String,
}

impl NoticePage {
    pub(super) fn of(frame: OfficeFrame, notice: Notice, request: &str) -> Self {
        let words = frame.words;
        let (title, text) = match notice {
            Notice::Unknown => (words.unknown_title, words.unknown_text.to_owned()),
            Notice::Old => (words.old_title, words.old_text.to_owned()),
            Notice::Busy(seconds) => {
                // The words speak of several.
                let seconds = seconds.max(2).to_string();
                (words.busy_title, filled(words.busy_text, &[("seconds", seconds)]))
            }
            Notice::Fault => {
                (words.fault_title, filled(words.fault_text, &[("id", request.to_owned())]))
            }
            Notice::Insecure => (words.insecure_title, words.insecure_text.to_owned()),
            Notice::Gone => (words.gone_title, words.gone_text.to_owned()),
        };
        Self { frame, title, text }
    }
}

//! Every page, with what it needs of whoever asks for it: the guard goes by this table, and so do menu and tests.

use super::ROOT;
use crate::domain::person::Permission;

/// One page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfficePage {
    /// Below the root, as the router has it.
    pub path: &'static str,
    /// To look at it; `None`: there is nothing to look at.
    pub look: Option<Admission>,
    /// To send its form; `None`: it has none.
    pub send: Option<Admission>,
}

impl OfficePage {
    /// Longest form of it.
    pub(super) fn form_bytes(&self) -> usize {
        if self.path.contains("/letters/") { LETTER_BYTES } else { FORM_BYTES }
    }

    /// Whether a form of it may come in parts, with a file.
    pub(super) fn takes_files(&self) -> bool {
        [CREDENTIAL, KEY].contains(&self.path)
    }
}

/// Longest form: the largest lists companies and client services that somebody sees.
const FORM_BYTES: usize = 64 * 1024;

/// The same of a letter: parts as long as they may be, as forms write them.
const LETTER_BYTES: usize = 1024 * 1024;

/// Who passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Anyone,
    /// Whoever showed a password and owes the second step.
    Half,
    /// Whoever is signed in, with an app for codes or without.
    SignedIn,
    /// The same, having shown a moment ago who it is: who sets up an app or adds a passkey.
    Enrolling,
    /// Whoever is signed in and may do this.
    Person(Permission),
    /// The same, having shown a moment ago who it is.
    Proved(Permission),
}

impl Admission {
    /// What somebody has to be allowed; `None`: nothing.
    #[must_use]
    pub const fn permission(self) -> Option<Permission> {
        match self {
            Self::Anyone => None,
            Self::Half | Self::SignedIn | Self::Enrolling => Some(Permission::OwnAccount),
            Self::Person(permission) | Self::Proved(permission) => Some(permission),
        }
    }

    /// Whether nobody without an app for codes or a passkey passes, where such are needed.
    #[must_use]
    pub const fn needs_second_factor(self) -> bool {
        matches!(self, Self::Person(_) | Self::Proved(_))
    }

    /// Whether who it is has to be shown a moment before.
    #[must_use]
    pub const fn needs_proof(self) -> bool {
        matches!(self, Self::Enrolling | Self::Proved(_))
    }
}

const ANYONE: Option<Admission> = Some(Admission::Anyone);
const SEARCHES: Option<Admission> = Some(Admission::Person(Permission::Search));
const ACTS: Option<Admission> = Some(Admission::Person(Permission::Act));
const AGREES: Option<Admission> = Some(Admission::Proved(Permission::Act));
const OWN: Option<Admission> = Some(Admission::Person(Permission::OwnAccount));
const MANAGES: Option<Admission> = Some(Admission::Proved(Permission::ManagePeople));
const MANAGES_SERVICES: Option<Admission> = Some(Admission::Proved(Permission::ManageServices));
/// Who has not shown a moment ago who it is does so in the form, where something is changed.
const SENDS_PROOF: Option<Admission> = Some(Admission::Person(Permission::ManageServices));
const CREATES_SERVICES: Option<Admission> = Some(Admission::Proved(Permission::CreateServices));
const SEES_CREDENTIALS: Option<Admission> = Some(Admission::Person(Permission::SeeCredentials));
const MANAGES_CREDENTIALS: Option<Admission> =
    Some(Admission::Proved(Permission::ManageCredentials));
const SEES_SETTINGS: Option<Admission> = SEES_CREDENTIALS;
const SEES_PEOPLE: Option<Admission> = Some(Admission::Person(Permission::SeePeople));

/// Those whose forms take a file.
const CREDENTIAL: &str = "/credentials/{alias}";
const KEY: &str = "/keys/{backend}/{key}";

/// All of them.
pub const PAGES: &[OfficePage] = &[
    page("/", SEARCHES, None),
    page("/operations", SEARCHES, SEARCHES),
    page("/operations.csv", SEARCHES, None),
    page("/operations/{id}", SEARCHES, ACTS),
    page("/operations/{id}/files/{number}", SEARCHES, None),
    page("/operations/{id}/files/{number}/view", SEARCHES, None),
    page("/operations/{id}/files/{number}/pages", SEARCHES, None),
    page("/sets", SEARCHES, ACTS),
    page("/sets/{id}", SEARCHES, ACTS),
    page("/sets/{id}/approval", AGREES, AGREES),
    page("/client-services", SEARCHES, None),
    page("/client-services/{id}", SEARCHES, MANAGES_SERVICES),
    page("/client-services/{id}/webhooks", SEARCHES, MANAGES_SERVICES),
    page("/client-services/{id}/webhooks/{endpoint}", SEARCHES, MANAGES_SERVICES),
    page("/client-services/{id}/letters", SEARCHES, None),
    page("/client-services/{id}/letters/{language}", SEARCHES, SENDS_PROOF),
    page("/client-services/{id}/letters/{language}/preview", None, SENDS_PROOF),
    page("/client-services/{id}/mail-server", SEARCHES, SENDS_PROOF),
    page(
        "/settings/mail",
        SEES_CREDENTIALS,
        Some(Admission::Person(Permission::ManageCredentials)),
    ),
    page("/companies", SEARCHES, None),
    page("/companies/{id}", SEARCHES, Some(Admission::Proved(Permission::ManageCompanies))),
    page("/companies/{id}/new-client-service", CREATES_SERVICES, CREATES_SERVICES),
    page("/credentials", SEES_CREDENTIALS, None),
    page(CREDENTIAL, SEES_CREDENTIALS, MANAGES_CREDENTIALS),
    page("/keys", SEES_CREDENTIALS, MANAGES_CREDENTIALS),
    page(KEY, SEES_CREDENTIALS, MANAGES_CREDENTIALS),
    page("/imports/{id}", SEES_CREDENTIALS, MANAGES_CREDENTIALS),
    page("/sign-in", ANYONE, ANYONE),
    page("/second-step", Some(Admission::Half), Some(Admission::Half)),
    page("/prove", Some(Admission::SignedIn), Some(Admission::SignedIn)),
    page("/sign-in/passkey", None, ANYONE),
    page("/second-step/passkey", None, Some(Admission::Half)),
    page("/prove/passkey", None, Some(Admission::SignedIn)),
    page("/sign-out", None, Some(Admission::SignedIn)),
    page("/invitation/{code}", ANYONE, ANYONE),
    page("/account", OWN, OWN),
    page("/account/password", OWN, OWN),
    page("/account/app", Some(Admission::Enrolling), Some(Admission::Enrolling)),
    page(
        "/account/recovery-codes",
        Some(Admission::Proved(Permission::OwnAccount)),
        Some(Admission::Proved(Permission::OwnAccount)),
    ),
    page("/account/passkeys/new", Some(Admission::Enrolling), Some(Admission::Enrolling)),
    page(
        "/account/passkeys/{id}",
        Some(Admission::Proved(Permission::OwnAccount)),
        Some(Admission::Proved(Permission::OwnAccount)),
    ),
    page("/people", SEES_PEOPLE, None),
    page("/people/invite", MANAGES, MANAGES),
    page("/people/{id}", SEES_PEOPLE, MANAGES),
    page("/audit", SEES_PEOPLE, None),
    page("/audit.csv", SEES_PEOPLE, None),
    page("/audit/chain", SEES_PEOPLE, None),
    page("/usage", SEARCHES, None),
    page("/usage.csv", SEARCHES, None),
    page("/dashboard", SEARCHES, None),
    page("/help", OWN, None),
    page("/help/errors/{reason}", OWN, None),
    page("/settings", SEES_SETTINGS, None),
    page("/settings/algorithms", SEES_SETTINGS, None),
    page("/style.css", ANYONE, None),
    page("/htmx.js", ANYONE, None),
    page("/keys.js", ANYONE, None),
    page("/passkeys.js", ANYONE, None),
];

const fn page(path: &'static str, look: Option<Admission>, send: Option<Admission>) -> OfficePage {
    OfficePage { path, look, send }
}

/// The page of a route of the whole router.
pub(super) fn of_route(route: &str) -> Option<&'static OfficePage> {
    let path = match route.strip_prefix(ROOT)? {
        "" => "/",
        path => path,
    };
    PAGES.iter().find(|page| page.path == path)
}

//! People of the back office: who they are, what they may do, and what of the house they see. How they show who
//! they are is elsewhere.

use super::delivery::MailAddress;
use super::ids::{ClientServiceId, CompanyId, PersonId};
use super::instant::Instant;
use super::language::Language;

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// By which the person signs in, and is written to.
    pub address: MailAddress,
    pub name: String,
    /// In which pages and letters speak.
    pub language: Language,
    pub theme: Theme,
    pub role: Role,
    pub rights: Rights,
    pub sight: Sight,
    pub status: PersonStatus,
    pub created: Instant,
}

/// What a page needs whoever asks for it to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Looking for operations, documents, client services and companies that one sees.
    Search,
    /// Sending mails about what one sees again, trying what waits at once, closing links.
    Act,
    /// Making secrets of client services that one sees, suspending and reactivating them.
    ManageServices,
    /// Making client services of companies that one was given.
    CreateServices,
    /// Suspending and reactivating companies.
    ManageCompanies,
    /// Which keys and certificates seal.
    SeeCredentials,
    /// Trying, disabling and renewing them.
    ManageCredentials,
    /// One's own account.
    OwnAccount,
    /// Who there is, with which role, and what happened to them.
    SeePeople,
    /// Inviting, changing and disabling people.
    ManagePeople,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Search,
        Self::Act,
        Self::ManageServices,
        Self::CreateServices,
        Self::ManageCompanies,
        Self::SeeCredentials,
        Self::ManageCredentials,
        Self::OwnAccount,
        Self::SeePeople,
        Self::ManagePeople,
    ];
}

impl Person {
    /// Most characters of a name.
    pub const NAME_CHARS: usize = 100;

    /// Whether a person of this role and these rights may do something: the one place that says so.
    #[must_use]
    pub const fn may(&self, permission: Permission) -> bool {
        match permission {
            Permission::Search | Permission::OwnAccount => true,
            Permission::Act | Permission::ManageServices => {
                matches!(self.rights, Rights::Operator) && !matches!(self.role, Role::Auditor)
            }
            Permission::CreateServices => {
                matches!(self.rights, Rights::Operator)
                    && matches!(self.role, Role::Administrator | Role::Partner)
            }
            Permission::SeePeople | Permission::SeeCredentials => {
                matches!(self.role, Role::Administrator | Role::Auditor)
            }
            Permission::ManagePeople
            | Permission::ManageCompanies
            | Permission::ManageCredentials => {
                matches!(self.role, Role::Administrator) && matches!(self.rights, Rights::Operator)
            }
        }
    }

    /// Whether the house would have nobody to manage people without such.
    #[must_use]
    pub const fn manages(&self) -> bool {
        self.may(Permission::ManagePeople) && matches!(self.status, PersonStatus::Active)
    }

    /// A name as it is kept; `None` when it is empty, too long, or holds control characters.
    #[must_use]
    pub fn name(text: &str) -> Option<String> {
        let name = text.trim();
        let good = !name.is_empty()
            && name.chars().count() <= Self::NAME_CHARS
            && !name.chars().any(char::is_control);
        good.then(|| name.to_owned())
    }
}

/// Whose side a person is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Manages the whole installation.
    Administrator,
    /// Manages the client services of the issuers that it brought.
    Partner,
    /// Belongs to a company whose documents are sealed.
    Issuer,
    /// Looks at everything and changes nothing.
    Auditor,
}

impl Role {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::Partner, Self::Issuer, Self::Auditor];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "ADMINISTRATOR",
            Self::Partner => "PARTNER",
            Self::Issuer => "ISSUER",
            Self::Auditor => "AUDITOR",
        }
    }

    /// The role of that name, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether people of this role see the whole house; others see what they are given.
    #[must_use]
    pub const fn sees_everything(self) -> bool {
        matches!(self, Self::Administrator | Self::Auditor)
    }

    /// The rights that people of this role can have, of those that are wished: an auditor changes nothing.
    #[must_use]
    pub const fn rights(self, wished: Rights) -> Rights {
        match self {
            Self::Auditor => Rights::Viewer,
            Self::Administrator | Self::Partner | Self::Issuer => wished,
        }
    }
}

/// Whether a person changes what it sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rights {
    /// Looks only.
    Viewer,
    /// Changes too.
    Operator,
}

impl Rights {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 2] = [Self::Viewer, Self::Operator];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "VIEWER",
            Self::Operator => "OPERATOR",
        }
    }

    /// The rights of that name, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rights| rights.as_str().eq_ignore_ascii_case(text))
    }
}

/// What of the house a person sees. What is outside of it does not exist for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// All of it.
    Everything,
    /// These companies with their client services, and these client services.
    Of { companies: Vec<CompanyId>, client_services: Vec<ClientServiceId> },
}

impl Sight {
    /// Whether a client service of a company is within it.
    #[must_use]
    pub fn shows(&self, company: CompanyId, client_service: ClientServiceId) -> bool {
        match self {
            Self::Everything => true,
            Self::Of { companies, client_services } => {
                companies.contains(&company) || client_services.contains(&client_service)
            }
        }
    }

    /// Whether nothing is within it.
    #[must_use]
    pub const fn is_blind(&self) -> bool {
        match self {
            Self::Everything => false,
            Self::Of { companies, client_services } => {
                companies.is_empty() && client_services.is_empty()
            }
        }
    }
}

/// Life of a person's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonStatus {
    /// Has set no password yet.
    Invited,
    Active,
    /// Signs in no more.
    Disabled,
}

impl PersonStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Invited, Self::Active, Self::Disabled];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "INVITED",
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// The colours that a person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Those of the system.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As stored, and as pages have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

/// By what a person shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonCredentialKind {
    Password,
    /// Codes of an app (RFC 6238).
    Totp,
    /// A code that is good once, for when the app is gone.
    Recovery,
    /// A key of a device or a password manager (WebAuthn).
    Passkey,
}

impl PersonCredentialKind {
    const ALL: [Self; 4] = [Self::Password, Self::Totp, Self::Recovery, Self::Passkey];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::Totp => "TOTP",
            Self::Recovery => "RECOVERY",
            Self::Passkey => "PASSKEY",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

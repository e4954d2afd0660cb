//! Reasons of revocation (RFC 5280, 5.3.1), and sets of them (4.2.1.13).

use x509_cert::ext::pkix::crl::dp::ReasonFlags;

/// Why a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    RemoveFromCrl,
    PrivilegeWithdrawn,
    AaCompromise,
}

impl RevocationReason {
    const ALL: [(u8, Self, &'static str); 10] = [
        (0, Self::Unspecified, "unspecified"),
        (1, Self::KeyCompromise, "keyCompromise"),
        (2, Self::CaCompromise, "cACompromise"),
        (3, Self::AffiliationChanged, "affiliationChanged"),
        (4, Self::Superseded, "superseded"),
        (5, Self::CessationOfOperation, "cessationOfOperation"),
        (6, Self::CertificateHold, "certificateHold"),
        (8, Self::RemoveFromCrl, "removeFromCRL"),
        (9, Self::PrivilegeWithdrawn, "privilegeWithdrawn"),
        (10, Self::AaCompromise, "aACompromise"),
    ];

    /// The reason with a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(known, ..)| *known == code).map(|(_, reason, _)| *reason)
    }

    /// Its number in RFC 5280.
    #[must_use]
    pub fn code(self) -> u8 {
        Self::ALL.iter().find(|(_, known, _)| *known == self).map_or(0, |(code, ..)| *code)
    }

    /// The reason with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(.., known)| *known == name).map(|(_, reason, _)| *reason)
    }

    /// Its name in RFC 5280.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, known, _)| *known == self).map_or("", |(.., name)| name)
    }
}

/// Reasons that a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReasonSet(u16);

impl ReasonSet {
    pub(super) const NONE: Self = Self(0);
    /// Every reason but bit 0, which is unused.
    pub(super) const ALL: Self = Self(0b1_1111_1110);

    /// Those that are named; all where none are.
    pub(super) fn of(flags: Option<&ReasonFlags>) -> Self {
        flags.map_or(Self::ALL, |flags| Self(flags.bits() & Self::ALL.0))
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of them are among others.
    pub(super) const fn is_in(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

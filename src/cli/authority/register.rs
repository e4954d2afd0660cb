//! What a test authority issued and revoked: one file that is replaced as a whole. Whoever changes it holds the lock;
//! whoever reads it finds a whole one.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::Failure;
use crate::domain::instant::Instant;
use crate::domain::text::hex;
use crate::pki::certificate::Certificate;
use crate::pki::revocation::{Revocation, RevocationReason};

/// Everything that is known of the certificates of an authority.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    /// Where it answers, as its certificates name it.
    pub(super) url: String,
    pub(super) certificates: Vec<IssuedCertificate>,
}

/// A certificate that was issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IssuedCertificate {
    pub(super) alias: String,
    /// In hexadecimal, without leading zeros.
    pub(super) serial: String,
    pub(super) issuer: IssuerName,
    pub(super) subject: String,
    pub(super) not_after: String,
    pub(super) revoked: Option<RevokedSince>,
}

/// Who issued it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum IssuerName {
    Root,
    Issuing,
}

/// Since when, and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RevokedSince {
    pub(super) at: String,
    pub(super) reason: String,
}

impl IssuerName {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Issuing => "issuing",
        }
    }
}

impl IssuedCertificate {
    pub(super) fn of(alias: &str, issuer: IssuerName, certificate: &Certificate) -> Self {
        Self {
            alias: alias.to_owned(),
            serial: serial(certificate.x509().tbs_certificate().serial_number().as_bytes()),
            issuer,
            subject: certificate.subject(),
            not_after: certificate.not_after().to_xs_date_time(),
            revoked: None,
        }
    }

    /// What became of it, if it was revoked.
    pub(super) fn revocation(&self) -> Option<Revocation> {
        let revoked = self.revoked.as_ref()?;
        let reason = RevocationReason::named(&revoked.reason);
        // That nothing is specified is not said (RFC 5280, 5.3.1).
        let reason = reason.filter(|reason| *reason != RevocationReason::Unspecified);
        let at = Instant::parse_rfc3339(&revoked.at)?;
        Some(Revocation { at, reason, invalid_since: None })
    }

    /// Whether somebody means this one: by its alias, or by its serial number with or without colons.
    pub(super) fn is_meant(&self, which: &str) -> bool {
        let plain: String = which.chars().filter(|c| *c != ':').collect();
        let plain = plain.trim_start_matches("0x").to_ascii_lowercase();
        self.alias == which || self.serial == plain.trim_start_matches('0')
    }

    /// Its serial number, big-endian.
    pub(super) fn serial_octets(&self) -> Vec<u8> {
        let digits = format!(
            "{}{}",
            if self.serial.len().is_multiple_of(2) { "" } else { "0" },
            self.serial
        );
        let pairs = digits.as_bytes().chunks_exact(2);
        let octets =
            pairs.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        octets.collect()
    }
}

/// A serial number as the register has it.
pub(super) fn serial(octets: &[u8]) -> String {
    hex(octets).trim_start_matches('0').to_owned()
}

impl Register {
    pub(super) fn file(folder: &Path) -> PathBuf {
        folder.join("authority.json")
    }

    /// The register of a folder; `None` where there is none.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        let file = Self::file(folder);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {error}", file.display()).into()),
        };
        let read = serde_json::from_str(&text);
        read.map(Some).map_err(|error| {
            format!("{} is not what was written there ({error}); remove the folder", file.display())
                .into()
        })
    }

    /// Writes it in the place of what was there. It is on disk when this returns.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let (file, part) = (Self::file(folder), folder.join("authority.json.part"));
        let mut to = File::create(&part)?;
        to.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        to.sync_all()?;
        std::fs::rename(part, file)?;
        Ok(File::open(folder)?.sync_all()?)
    }

    /// Waits for the right to change it, which is given back with the file.
    pub(super) fn lock(folder: &Path) -> Result<File, Failure> {
        let file = File::create(folder.join("lock"))?;
        file.lock()?;
        Ok(file)
    }
}

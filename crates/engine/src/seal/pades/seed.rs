//! What an empty signature field demands of its signature: seed values (ISO 32000-1, 12.7.4.5, tables
//! 234 to 236).

use super::form::{Field, text};
use crate::domain::pades::PadesProfile;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::refusal::PdfRefusal;
use crate::pki::certificate::Certificate;
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::{Dictionary, Object};
use crate::seal::signer::Signer;

/// The newest seed values that are understood: those of ISO 32000-2.
const NEWEST: f64 = 3.0;

/// What the signature will be.
pub(super) struct Offer<'a> {
    pub(super) profile: &'a PadesProfile,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) signer: &'a Signer,
}

/// Refuses a field whose demands the signature does not meet. What is only recommended is passed over.
///
/// # Errors
/// [`PdfRefusal::FieldDemands`], and what the reader refuses.
pub(super) fn check(
    file: &PdfFile<'_>,
    field: &Field,
    offer: &Offer<'_>,
) -> Result<(), PdfRefusal> {
    let Some(seed) = file.dictionary(&field.dictionary, "SV")? else { return Ok(()) };
    match (Seed { file, seed, offer }).unmet()? {
        Some(what) => Err(PdfRefusal::FieldDemands { field: field.name.clone(), what }),
        None => Ok(()),
    }
}

struct Seed<'a, 'f> {
    file: &'a PdfFile<'f>,
    seed: Dictionary,
    offer: &'a Offer<'a>,
}

impl Seed<'_, '_> {
    /// The first demand that is not met.
    fn unmet(&self) -> Result<Option<String>, PdfRefusal> {
        let flags = self.file.value(&self.seed, "Ff")?.as_integer().unwrap_or(0);
        let demands = |position: u32| flags >> (position - 1) & 1 == 1;
        let found = [
            if demands(1) { self.filter()? } else { None },
            if demands(2) { self.sub_filter()? } else { None },
            if demands(3) { self.version()? } else { None },
            if demands(4) { self.reasons()? } else { None },
            demands(5).then(|| "a legal attestation".to_owned()),
            if demands(6) { self.revocation()? } else { None },
            if demands(7) { self.digests()? } else { None },
            demands(8).then(|| "a document that is locked".to_owned()),
            demands(9).then(|| "an appearance of its own".to_owned()),
            self.certification()?,
            self.timestamp()?,
            self.certificate()?,
        ];
        Ok(found.into_iter().flatten().next())
    }

    /// Names or texts of an array, or one alone.
    fn list(&self, dictionary: &Dictionary, key: &str) -> Result<Vec<String>, PdfRefusal> {
        let items = match self.file.value(dictionary, key)? {
            Object::Array(items) => items,
            Object::Null => Vec::new(),
            other => vec![other],
        };
        let mut list = Vec::new();
        for item in items {
            let item = self.file.resolve(&item)?;
            let written = item.as_string().map(text);
            let name = || item.as_name().map(|name| String::from_utf8_lossy(name).into_owned());
            if let Some(name) = written.or_else(name) {
                self.file.keep(size_of::<String>() + name.len())?;
                list.push(name);
            }
        }
        Ok(list)
    }

    fn one_of(&self, key: &str, kind: &str, ours: &str) -> Result<Option<String>, PdfRefusal> {
        let list = self.list(&self.seed, key)?;
        let met = list.is_empty() || list.iter().any(|one| one == ours);
        Ok((!met).then(|| format!("{kind} {}, ours is {ours}", list.join(", "))))
    }

    fn filter(&self) -> Result<Option<String>, PdfRefusal> {
        self.one_of("Filter", "the signature handler", "Adobe.PPKLite")
    }

    fn sub_filter(&self) -> Result<Option<String>, PdfRefusal> {
        self.one_of("SubFilter", "the encoding", "ETSI.CAdES.detached")
    }

    fn version(&self) -> Result<Option<String>, PdfRefusal> {
        let version = self.file.value(&self.seed, "V")?.as_number().unwrap_or(1.0);
        Ok((version > NEWEST).then(|| format!("a reader of seed values of version {version}")))
    }

    /// An empty list, or a full stop alone, forbids a reason.
    fn reasons(&self) -> Result<Option<String>, PdfRefusal> {
        let list = self.list(&self.seed, "Reasons")?;
        let ours = self.offer.profile.reason.as_deref();
        let forbids = list.is_empty() || list == ["."];
        Ok(match ours {
            Some(_) if forbids => Some("no reason".to_owned()),
            None if forbids => None,
            Some(ours) if list.iter().any(|one| one == ours) => None,
            _ => Some(format!("one of the reasons {}", list.join(", "))),
        })
    }

    fn revocation(&self) -> Result<Option<String>, PdfRefusal> {
        let wanted = self.file.value(&self.seed, "AddRevInfo")? == Object::Boolean(true);
        Ok(wanted.then(|| "revocation information".to_owned()))
    }

    fn digests(&self) -> Result<Option<String>, PdfRefusal> {
        let ours = self.offer.algorithm.digest().as_str();
        self.one_of("DigestMethod", "the digest", ours)
    }

    /// Without a flag: `P` 0 demands an approval signature, 1 to 3 that certification.
    fn certification(&self) -> Result<Option<String>, PdfRefusal> {
        let Some(mdp) = self.file.dictionary(&self.seed, "MDP")? else { return Ok(None) };
        let Some(wanted) = self.file.value(&mdp, "P")?.as_integer() else { return Ok(None) };
        let ours = self.offer.profile.certification.permissions().map_or(0, i64::from);
        Ok((wanted != ours).then(|| match wanted {
            0 => "a signature that does not certify".to_owned(),
            _ => format!("certification with P {wanted}"),
        }))
    }

    fn timestamp(&self) -> Result<Option<String>, PdfRefusal> {
        let Some(stamp) = self.file.dictionary(&self.seed, "TimeStamp")? else { return Ok(None) };
        let wanted = self.file.value(&stamp, "Ff")?.as_integer().unwrap_or(0) & 1 == 1;
        Ok(wanted.then(|| "a timestamp".to_owned()))
    }

    /// Of what is demanded of the certificate, the signer itself and its issuers can be compared. The
    /// flag of `URL` (bit 7) is about where to get a certificate.
    fn certificate(&self) -> Result<Option<String>, PdfRefusal> {
        let Some(wanted) = self.file.dictionary(&self.seed, "Cert")? else { return Ok(None) };
        let flags = self.file.value(&wanted, "Ff")?.as_integer().unwrap_or(0);
        let names = |key: &str, ours: &[&[u8]]| -> Result<bool, PdfRefusal> {
            let list = self.file.array(&wanted, key)?.unwrap_or_default();
            for item in &list {
                let item = self.file.resolve(item)?;
                if item.as_string().is_some_and(|der| ours.contains(&der)) {
                    return Ok(true);
                }
            }
            Ok(list.is_empty())
        };
        let signer = self.offer.signer;
        let above: Vec<&[u8]> =
            signer.chain().certificates().skip(1).map(Certificate::der).collect();
        Ok(if flags & 1 == 1 && !names("Subject", &[signer.certificate().der()])? {
            Some("another certificate".to_owned())
        } else if flags & 2 == 2 && !names("Issuer", &above)? {
            Some("a certificate of another issuer".to_owned())
        } else if flags & 0b10_1100 != 0 {
            Some("conditions for the certificate that are not checked here".to_owned())
        } else {
            None
        })
    }
}

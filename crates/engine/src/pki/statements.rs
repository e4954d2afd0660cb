//! What a certificate says of itself that trusted lists ask about: the statements of qualified certificates
//! (ETSI EN 319 412-5), its policies, what its key is for.

use std::collections::BTreeSet;

use der::Decode as _;
use der::asn1::ObjectIdentifier;

use super::certificate::Certificate;
use super::der_parts::DerParts;
use super::extensions::Extensions;
use super::tlv::{OBJECT_IDENTIFIER, SEQUENCE};

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// Statements of qualified certificates (RFC 3739, 3.2.6).
const QC_STATEMENTS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.3");
const QC_COMPLIANCE: ObjectIdentifier = oid("0.4.0.1862.1.1");
const QC_SSCD: ObjectIdentifier = oid("0.4.0.1862.1.4");
const QC_TYPE: ObjectIdentifier = oid("0.4.0.1862.1.6");
const QC_LEGISLATION: ObjectIdentifier = oid("0.4.0.1862.1.7");

/// Statements of one certificate that are looked at.
const MAX_STATEMENTS: usize = 64;

/// What a certificate says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateStatements {
    /// It was issued as a qualified certificate (QcCompliance; EN 319 412-5, 4.2.1).
    pub compliance: bool,
    /// Its key is in a qualified device (QcSSCD, 4.2.2).
    pub device: bool,
    /// What it is for (QcType, 4.2.3).
    pub types: BTreeSet<ObjectIdentifier>,
    /// It is qualified by the law of some countries, not by that of the European Union (QcCClegislation, 4.2.4).
    pub other_legislation: bool,
    /// Certificate policies.
    pub policies: BTreeSet<ObjectIdentifier>,
    /// Bits of the key usage by their names in RFC 5280; none without the extension.
    pub key_usage: Option<BTreeSet<&'static str>>,
    /// Purposes of the key.
    pub purposes: BTreeSet<ObjectIdentifier>,
    /// Kinds of the attributes of the subject.
    pub subject_attributes: BTreeSet<ObjectIdentifier>,
}

impl CertificateStatements {
    /// What a certificate says. Statements that cannot be read say nothing.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let extensions = Extensions::of(certificate);
        let tbs = certificate.x509().tbs_certificate();
        let mut said = Self {
            policies: extensions.policies.iter().flatten().copied().collect(),
            purposes: extensions.purposes.iter().flatten().copied().collect(),
            key_usage: extensions.usages().map(Iterator::collect),
            ..Self::default()
        };
        said.subject_attributes.extend(tbs.subject().iter().map(|attribute| attribute.oid));
        let mut all = tbs.extensions().into_iter().flatten();
        if let Some(extension) = all.find(|extension| extension.extn_id == QC_STATEMENTS) {
            let value = extension.extn_value.as_bytes();
            let mut read = Self::default();
            if read.take(value).is_ok() {
                said.compliance = read.compliance;
                said.device = read.device;
                said.types = read.types;
                said.other_legislation = read.other_legislation;
            }
        }
        said
    }

    fn take(&mut self, value: &[u8]) -> Result<(), &'static str> {
        let mut all = DerParts::of_whole(value, SEQUENCE)?;
        for _ in 0..MAX_STATEMENTS {
            let Some(statement) = all.optional(SEQUENCE)? else { break };
            let mut parts = all.inside(&statement);
            let id = parts.take(OBJECT_IDENTIFIER)?;
            let id = read_oid(parts.whole(&id))?;
            if id == QC_COMPLIANCE {
                self.compliance = true;
            } else if id == QC_SSCD {
                self.device = true;
            } else if id == QC_TYPE {
                let list = parts.take(SEQUENCE)?;
                let mut types = parts.inside(&list);
                while let Some(kind) = types.optional(OBJECT_IDENTIFIER)? {
                    self.types.insert(read_oid(types.whole(&kind))?);
                }
            } else if id == QC_LEGISLATION {
                self.other_legislation = true;
            }
        }
        Ok(())
    }
}

fn read_oid(der: &[u8]) -> Result<ObjectIdentifier, &'static str> {
    ObjectIdentifier::from_der(der).map_err(|_| "an object identifier that cannot be read")
}

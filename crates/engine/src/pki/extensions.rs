//! What the extensions of a certificate say (RFC 5280, 4.2), as far as paths depend on it.

use std::collections::BTreeSet;

use const_oid::AssociatedOid as _;
use der::Decode as _;
use der::asn1::ObjectIdentifier;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage, NameConstraints,
    PolicyConstraints, PolicyMappings, SubjectAltName,
};

use super::certificate::Certificate;
use super::flaw::Flaw;
use super::name;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// Critical extensions that are understood, beside those that are read here.
const UNDERSTOOD: [ObjectIdentifier; 8] = [
    oid("2.5.29.14"),         // subject key identifier
    oid("2.5.29.18"),         // issuer's alternative names
    oid("2.5.29.31"),         // distribution points of revocation lists
    oid("2.5.29.35"),         // authority key identifier
    oid("2.5.29.46"),         // freshest revocation list
    oid("1.3.6.1.5.5.7.1.1"), // authority information access
    oid("1.3.6.1.5.5.7.1.3"), // statements of qualified certificates
    SubjectAltName::OID,
];

const INHIBIT_ANY_POLICY: ObjectIdentifier = oid("2.5.29.54");

/// Purposes that have nothing to do with documents, with their names. Others may: protection of mail,
/// document signing (RFC 9336) and its forerunners of vendors, and authentication of clients, which
/// authorities put into certificates that sign requests to them.
const ELSEWHERE: [(ObjectIdentifier, &str); 8] = [
    (oid("1.3.6.1.5.5.7.3.1"), "serverAuth"),
    (oid("1.3.6.1.5.5.7.3.3"), "codeSigning"),
    (oid("1.3.6.1.5.5.7.3.5"), "ipsecEndSystem"),
    (oid("1.3.6.1.5.5.7.3.6"), "ipsecTunnel"),
    (oid("1.3.6.1.5.5.7.3.7"), "ipsecUser"),
    (oid("1.3.6.1.5.5.7.3.8"), "timeStamping"),
    (oid("1.3.6.1.5.5.7.3.9"), "OCSPSigning"),
    (oid("1.3.6.1.5.5.7.3.17"), "ipsecIKE"),
];

/// `emailAddress` (RFC 2985, 5.2.1).
const EMAIL_ADDRESS: ObjectIdentifier = oid("1.2.840.113549.1.9.1");

/// How a purpose is called, as far as it is none for documents.
pub(super) fn purpose_name(purpose: &ObjectIdentifier) -> String {
    let known = ELSEWHERE.iter().find(|(known, _)| known == purpose);
    known.map_or_else(|| purpose.to_string(), |(_, name)| (*name).to_owned())
}

/// The extensions of one certificate.
#[derive(Default)]
pub(super) struct Extensions {
    /// Whether there are any.
    pub(super) any: bool,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) purposes: Option<Vec<ObjectIdentifier>>,
    basic: Option<BasicConstraints>,
    pub(super) constraints: Option<NameConstraints>,
    /// Certificate policies (RFC 5280, 4.2.1.4), without their qualifiers.
    pub(super) policies: Option<Vec<ObjectIdentifier>>,
    /// Policies of the issuer's domain with those of the subject's that they become (4.2.1.5).
    pub(super) mappings: Vec<(ObjectIdentifier, ObjectIdentifier)>,
    pub(super) policy_constraints: Option<PolicyConstraints>,
    pub(super) inhibit_any_policy: Option<u32>,
    unknown: Option<ObjectIdentifier>,
    unreadable: Option<ObjectIdentifier>,
    repeated: Option<ObjectIdentifier>,
}

impl Extensions {
    /// Reads them; what is wrong is told by [`Extensions::check`].
    pub(super) fn of(certificate: &Certificate) -> Self {
        let mut read = Self::default();
        let mut there = BTreeSet::new();
        for extension in certificate.x509().tbs_certificate().extensions().into_iter().flatten() {
            read.any = true;
            if !there.insert(extension.extn_id) {
                read.repeated = read.repeated.or(Some(extension.extn_id));
            }
            if read.take(extension).is_err() {
                read.unreadable = read.unreadable.or(Some(extension.extn_id));
            }
        }
        read
    }

    fn take(&mut self, extension: &Extension) -> der::Result<()> {
        let value = extension.extn_value.as_bytes();
        let id = extension.extn_id;
        if id == KeyUsage::OID {
            self.key_usage = Some(KeyUsage::from_der(value)?);
        } else if id == ExtendedKeyUsage::OID {
            self.purposes = Some(ExtendedKeyUsage::from_der(value)?.0);
        } else if id == BasicConstraints::OID {
            self.basic = Some(BasicConstraints::from_der(value)?);
        } else if id == NameConstraints::OID {
            self.constraints = Some(NameConstraints::from_der(value)?);
        } else if id == CertificatePolicies::OID {
            let policies = CertificatePolicies::from_der(value)?.0.into_iter();
            self.policies = Some(policies.map(|policy| policy.policy_identifier).collect());
        } else if id == PolicyMappings::OID {
            let mappings = PolicyMappings::from_der(value)?.0.into_iter();
            self.mappings = mappings
                .map(|mapping| (mapping.issuer_domain_policy, mapping.subject_domain_policy))
                .collect();
        } else if id == PolicyConstraints::OID {
            self.policy_constraints = Some(PolicyConstraints::from_der(value)?);
        } else if id == INHIBIT_ANY_POLICY {
            self.inhibit_any_policy = Some(u32::from_der(value)?);
        } else if extension.critical && !UNDERSTOOD.contains(&id) {
            self.unknown = self.unknown.or(Some(id));
        }
        Ok(())
    }

    /// # Errors
    /// The extension that cannot be read, is there twice, or that nobody understands.
    pub(super) fn check(&self, certificate: &Certificate) -> Result<(), Flaw> {
        let whose = || certificate.subject();
        if let Some(oid) = self.unreadable {
            return Err(Flaw::Unreadable { whose: whose(), oid });
        }
        if let Some(oid) = self.repeated {
            return Err(Flaw::Repeated { whose: whose(), oid });
        }
        match self.unknown {
            Some(oid) => Err(Flaw::UnknownCritical { whose: whose(), oid }),
            None => Ok(()),
        }
    }

    pub(super) fn is_authority(&self) -> bool {
        self.basic.as_ref().is_some_and(|basic| basic.ca)
    }

    pub(super) fn path_length(&self) -> Option<u8> {
        self.basic.as_ref().filter(|basic| basic.ca).and_then(|basic| basic.path_len_constraint)
    }

    /// Whether one of the purposes may be that of documents.
    pub(super) fn is_for_documents(&self) -> bool {
        let elsewhere = |purpose: &ObjectIdentifier| ELSEWHERE.iter().any(|(it, _)| it == purpose);
        self.purposes.as_ref().is_none_or(|purposes| !purposes.iter().all(elsewhere))
    }

    /// The usages of the key, by their names in RFC 5280; none without the extension.
    pub(super) fn usages(&self) -> Option<impl Iterator<Item = &'static str> + use<>> {
        let usage = self.key_usage.as_ref()?;
        let all = [
            (usage.digital_signature(), "digitalSignature"),
            (usage.non_repudiation(), "nonRepudiation"),
            (usage.key_encipherment(), "keyEncipherment"),
            (usage.data_encipherment(), "dataEncipherment"),
            (usage.key_agreement(), "keyAgreement"),
            (usage.key_cert_sign(), "keyCertSign"),
            (usage.crl_sign(), "cRLSign"),
            (usage.encipher_only(), "encipherOnly"),
            (usage.decipher_only(), "decipherOnly"),
        ];
        Some(all.into_iter().filter(|(set, _)| *set).map(|(_, name)| name))
    }

    /// The same as words.
    pub(super) fn usage_names(&self) -> String {
        let Some(usages) = self.usages() else { return String::new() };
        let names: Vec<&str> = usages.collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    }
}

/// The names of a certificate that name constraints are about: its subject, the alternative ones,
/// and without these the mail addresses in its subject (RFC 5280, 4.2.1.10).
///
/// # Errors
/// [`Flaw::Unreadable`].
pub(super) fn names(certificate: &Certificate) -> Result<Vec<GeneralName>, Flaw> {
    let tbs = certificate.x509().tbs_certificate();
    let mut names = Vec::new();
    if !tbs.subject().is_empty() {
        names.push(GeneralName::DirectoryName(tbs.subject().clone()));
    }
    let mut extensions = tbs.extensions().into_iter().flatten();
    match extensions.find(|extension| extension.extn_id == SubjectAltName::OID) {
        Some(extension) => {
            let alternative = SubjectAltName::from_der(extension.extn_value.as_bytes());
            let unreadable =
                |_| Flaw::Unreadable { whose: certificate.subject(), oid: SubjectAltName::OID };
            names.extend(alternative.map_err(unreadable)?.0);
        }
        None => {
            let mails = name::all_values(tbs.subject(), EMAIL_ADDRESS);
            let mails = mails.iter().filter_map(|mail| der::asn1::Ia5String::new(mail).ok());
            names.extend(mails.map(GeneralName::Rfc822Name));
        }
    }
    Ok(names)
}

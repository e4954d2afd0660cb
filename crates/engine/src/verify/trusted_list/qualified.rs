//! Whether a certificate is a qualified one, for what, and on a qualified device (TS 119 615, 4.4): at its issue and
//! when the signature was there; and what that makes of a signature (4.5).

use std::collections::BTreeSet;

use der::asn1::ObjectIdentifier;
use serde::Serialize;
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::read::ServiceState;
use super::services::{EIDAS, FoundService, TrustedServices, is_granted, issues_qualified, status};
use crate::domain::instant::Instant;
use crate::pki::certificate::Certificate;
use crate::pki::statements::CertificateStatements;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// EN 319 412-5, 4.2.3.
const FOR_SIGNATURES: ObjectIdentifier = oid("0.4.0.1862.1.6.1");
const FOR_SEALS: ObjectIdentifier = oid("0.4.0.1862.1.6.2");
const FOR_WEBSITES: ObjectIdentifier = oid("0.4.0.1862.1.6.3");
/// Policies of qualified certificates, the first with a device (TS 101 456, 5.2).
const QCP_PLUS: ObjectIdentifier = oid("0.4.0.1456.1.1");
const QCP: ObjectIdentifier = oid("0.4.0.1456.1.2");

/// What trusted lists say of a signature and its certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct QualificationFacts {
    /// What the signature is, once it passes: `QESeal`, `QESig` (qualified), `AdESeal-QC`, `AdESig-QC` (advanced,
    /// with a qualified certificate), `AdESeal`, `AdESig`, `AdES`; nothing when it does not pass.
    pub conclusion: Option<&'static str>,
    /// Whether the certificate is a qualified one, both at its issue and at `at`.
    pub qualified_certificate: bool,
    /// `seals`, `signatures`, `websites`; nothing when neither it nor a list says.
    pub purpose: Option<&'static str>,
    /// Whether the key is in a qualified device at `at`.
    pub qualified_device: bool,
    /// When the signature was there: what a timestamp proves, else the time of verification.
    pub at: String,
    /// Country of the list.
    pub territory: Option<String>,
    /// Who provides the service.
    pub provider: Option<String>,
    /// Name of the service that issued the certificate.
    pub service: Option<String>,
    /// Its status at `at`.
    pub status: Option<String>,
    /// Since when it has it.
    pub since: Option<String>,
    /// Why it is so, as far as it is not qualified.
    pub reasons: Vec<String>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Signatures,
    Seals,
    Websites,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Signatures => "signatures",
            Self::Seals => "seals",
            Self::Websites => "websites",
        }
    }

    /// The service information that allows it (TS 119 612, 5.5.9.4).
    const fn use_name(self) -> &'static str {
        match self {
            Self::Signatures => "ForeSignatures",
            Self::Seals => "ForeSeals",
            Self::Websites => "ForWebSiteAuthentication",
        }
    }
}

/// What holds at one time.
struct AtOneTime {
    qualified: Result<(), String>,
    purpose: Option<Purpose>,
    device: bool,
}

impl TrustedServices {
    /// What the lists say of a certificate that was issued along a path. `path` begins with the certificate; `at` is
    /// when the signature was there.
    pub(in crate::verify) fn qualification(
        &self,
        path: &[&Certificate],
        at: Instant,
    ) -> QualificationFacts {
        let mut facts = QualificationFacts {
            conclusion: None,
            qualified_certificate: false,
            purpose: None,
            qualified_device: false,
            at: at.to_rfc3339(),
            territory: None,
            provider: None,
            service: None,
            status: None,
            since: None,
            reasons: Vec::new(),
        };
        let Some((certificate, issuers)) = path.split_first() else { return facts };
        let said = CertificateStatements::of(certificate);
        facts.purpose = own_purpose(&said).map(Purpose::as_str);
        let services = issuers.iter().map(|issuer| self.with_key(issuer, at));
        let issued_by = |found: &Vec<FoundService<'_>>| {
            found.iter().any(|it| it.service.states.iter().any(issues_qualified))
        };
        let Some(services) = services.into_iter().find(issued_by) else {
            let text =
                "no trusted list names a service for qualified certificates among its issuers";
            facts.reasons.push(text.to_owned());
            return facts;
        };
        let issue = certificate.not_before();
        let then = at_one_time(&services, &said, issue, issue);
        let now = at_one_time(&services, &said, at, issue);
        let counting = services.iter().filter_map(|it| Some((it, it.service.at(at)?)));
        let granted = |(_, state): &(&FoundService<'_>, &ServiceState)| {
            issues_qualified(state) && is_granted(state, at)
        };
        let shown = counting.clone().find(granted).or_else(|| counting.clone().next());
        if let Some((found, state)) = shown {
            facts.territory = Some(found.territory.to_owned());
            facts.provider = Some(found.service.provider.clone());
            facts.service = Some(state.name.clone());
            facts.status = Some(status(state).to_owned());
            facts.since = Some(state.since.to_rfc3339());
        }
        facts.purpose = now.purpose.or(then.purpose).map(Purpose::as_str).or(facts.purpose);
        facts.qualified_device = now.device;
        let when = [("when it was issued", &then), ("when the signature was there", &now)];
        for (when, found) in when {
            if let Err(reason) = &found.qualified {
                facts.reasons.push(format!("{when}: {reason}"));
            }
        }
        facts.qualified_certificate = facts.reasons.is_empty();
        if !now.device {
            facts.reasons.push("nothing says that the key is in a qualified device".to_owned());
        }
        facts
    }
}

impl QualificationFacts {
    /// Once a signature passes.
    pub(in crate::verify) fn conclude(&mut self) {
        let seal = self.purpose == Some("seals");
        let signature = self.purpose == Some("signatures");
        self.conclusion = Some(match (self.qualified_certificate, self.qualified_device) {
            (true, true) if seal => "QESeal",
            (true, true) if signature => "QESig",
            (true, _) if seal => "AdESeal-QC",
            (true, _) if signature => "AdESig-QC",
            _ if seal => "AdESeal",
            _ if signature => "AdESig",
            _ => "AdES",
        });
    }
}

/// What the certificate says itself that it is for. One that is qualified and says nothing is for signatures (EN 319
/// 412-5, 4.2.3).
fn own_purpose(said: &CertificateStatements) -> Option<Purpose> {
    let types: Vec<Purpose> = [
        (FOR_SIGNATURES, Purpose::Signatures),
        (FOR_SEALS, Purpose::Seals),
        (FOR_WEBSITES, Purpose::Websites),
    ]
    .into_iter()
    .filter(|(id, _)| said.types.contains(id))
    .map(|(_, purpose)| purpose)
    .collect();
    match types.as_slice() {
        [one] => Some(*one),
        [] if said.types.is_empty() && claims(said, EIDAS) => Some(Purpose::Signatures),
        _ => None,
    }
}

/// Whether the certificate says that it is qualified. Before eIDAS its policy could say it.
fn claims(said: &CertificateStatements, issue: Instant) -> bool {
    let by_policy = issue < EIDAS && [QCP, QCP_PLUS].iter().any(|it| said.policies.contains(it));
    !said.other_legislation && (said.compliance || by_policy)
}

/// What the services that issued a certificate make of it at a time.
fn at_one_time(
    services: &[FoundService<'_>],
    said: &CertificateStatements,
    at: Instant,
    issue: Instant,
) -> AtOneTime {
    let states: Vec<&ServiceState> = services
        .iter()
        .filter_map(|found| found.service.at(at))
        .filter(|it| issues_qualified(it))
        .collect();
    let refused = |reason: &str| AtOneTime {
        qualified: Err(reason.to_owned()),
        purpose: None,
        device: false,
    };
    if states.is_empty() {
        return refused("its issuer was not listed as one of qualified certificates");
    }
    let granted: Vec<&ServiceState> =
        states.iter().copied().filter(|state| is_granted(state, at)).collect();
    let Some(first) = granted.first() else {
        let was = states.first().map(|state| status(state)).unwrap_or_default();
        return refused(&format!("the status of its issuer was '{was}'"));
    };
    if let Some(name) = granted.iter().find_map(|state| state.not_understood.as_deref()) {
        return refused(&format!("the list has a critical extension that is not known: {name}"));
    }
    let mut all = Vec::new();
    for state in &granted {
        match of_state(state, said, at, issue) {
            Ok(found) => all.push(found),
            Err(reason) if granted.len() == 1 => return refused(&reason),
            Err(_) => {}
        }
    }
    // several services with one key must say the same (TS 119 615, 4.4.4)
    let mut all = all.into_iter();
    let Some(found) = all.next() else {
        return refused(&format!("'{}' and others with its key say nothing of it", first.name));
    };
    if all.any(|other| other != found) {
        return refused("services with the key of its issuer contradict each other");
    }
    let (qualified, purpose, device) = found;
    AtOneTime { qualified, purpose, device }
}

/// Whether it is qualified, what for, and whether in a device.
type OfState = (Result<(), String>, Option<Purpose>, bool);

/// # Errors
/// Why nothing can be said, or that the service is not for such certificates.
fn of_state(
    state: &ServiceState,
    said: &CertificateStatements,
    at: Instant,
    issue: Instant,
) -> Result<OfState, String> {
    let mut qualifiers: BTreeSet<&str> = BTreeSet::new();
    for qualification in &state.qualifications {
        match qualification.is_of(said) {
            Some(true) => qualifiers.extend(qualification.qualifiers.iter().map(String::as_str)),
            Some(false) => {}
            None => return Err("the list has criteria that are not known".to_owned()),
        }
    }
    let has = |name: &str| qualifiers.contains(name);
    let own = own_purpose(said);
    let listed = [
        ("QCForESig", Purpose::Signatures),
        ("QCForESeal", Purpose::Seals),
        ("QCForWSA", Purpose::Websites),
    ];
    let mut listed = listed.into_iter().filter(|(name, _)| has(name)).map(|(_, purpose)| purpose);
    let purpose = match (listed.next(), listed.next()) {
        (Some(_), Some(_)) => return Err("the list says two things that it is for".to_owned()),
        (one, _) => one.or(own),
    };
    if has("NotQualified") && has("QCStatement") {
        return Err("the list says that it is qualified and that it is not".to_owned());
    }
    let qualified = if has("NotQualified") {
        Err("the list says that it is not qualified".to_owned())
    } else if has("QCStatement") || claims(said, issue) {
        Ok(())
    } else if said.other_legislation {
        Err("it says that it is qualified by the law of a third country".to_owned())
    } else {
        Err("it does not say that it is qualified, nor does the list".to_owned())
    };
    let uses: Vec<&str> = state
        .uses
        .iter()
        .filter_map(|it| it.rsplit('/').next())
        .filter(|it| it.starts_with("For"))
        .collect();
    if at >= EIDAS
        && qualified.is_ok()
        && !uses.is_empty()
        && let Some(purpose) = purpose
        && !uses.contains(&purpose.use_name())
    {
        let text =
            format!("its issuer is listed for others than certificates for {}", purpose.as_str());
        return Err(text);
    }
    let (no, yes) = (
        has("QCNoQSCD") || has("QCNoSSCD"),
        has("QCWithQSCD") || has("QCWithSSCD") || has("QCQSCDManagedOnBehalf"),
    );
    let device = match (no, yes) {
        (true, true) => return Err("the list says two things of the device".to_owned()),
        (true, false) => false,
        (false, true) => true,
        (false, false) => said.device || (issue < EIDAS && said.policies.contains(&QCP_PLUS)),
    };
    Ok((qualified, purpose, device))
}

//! Path validation (RFC 5280, 6.1): what holds of a sequence of certificates, from the one that a trust
//! anchor issued to the one that somebody asks for. Revocation is asked elsewhere.

use std::collections::BTreeSet;

use der::asn1::ObjectIdentifier;

use super::policies::{ANY_POLICY, PolicyGraph, ValidPolicies};
use crate::domain::instant::Instant;
use crate::pki::Error;
use crate::pki::certificate::Certificate;
use crate::pki::extensions::{Extensions, names};
use crate::pki::flaw::{Flaw, PathFinding};
use crate::pki::names_allowed::{ConstrainedName, Constraints, NotAllowed};
use crate::pki::public_key::PublicKey;
use crate::pki::signed;
use crate::pki::step_budget::{SIGNATURE, Spent, StepBudget};

/// A certificate with what its extensions say.
pub(in crate::pki) struct PathLink<'a> {
    pub(in crate::pki) certificate: &'a Certificate,
    pub(in crate::pki) extensions: &'a Extensions,
}

/// What whoever asks demands of the policies of a path (RFC 5280, 6.1.1 (c), (e), (f) and (g)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyDemand {
    /// The policies that are accepted (user-initial-policy-set); `None` accepts any.
    pub accepted: Option<BTreeSet<ObjectIdentifier>>,
    /// Whether one of them must be valid (initial-explicit-policy).
    pub explicit: bool,
    /// Whether mappings of policies do not count (initial-policy-mapping-inhibit).
    pub inhibit_mapping: bool,
    /// Whether anyPolicy in a certificate does not count (initial-any-policy-inhibit).
    pub inhibit_any: bool,
}

/// Where validation begins.
pub(super) struct PathStart<'a> {
    /// The trust anchor, or the last certificate that there is.
    pub(super) anchor: PathLink<'a>,
    /// Whether what its certificate says of those below it counts (RFC 5937). RFC 5280 takes but name
    /// and key of a trust anchor.
    pub(super) constrained: bool,
    /// Whether it is trusted by its own right: then it need not say that it is an authority.
    pub(super) trusted: bool,
}

/// What was found of a path.
pub(super) struct Examined {
    /// In the order of the certificates, from the trust anchor's side.
    pub(super) findings: Vec<PathFinding>,
    pub(super) policies: ValidPolicies,
}

/// Validates a path whose names are chained.
pub(super) struct Validation<'a> {
    pub(super) start: PathStart<'a>,
    /// Without the trust anchor; the one that is asked for is first.
    pub(super) path: Vec<PathLink<'a>>,
    pub(super) demand: &'a PolicyDemand,
    /// When it must hold; `None` leaves the dates alone.
    pub(super) at: Option<Instant>,
    /// Whether the signatures were checked before.
    pub(super) signatures_checked: bool,
}

/// The state variables of RFC 5280, 6.1.2.
struct State {
    policies: PolicyGraph,
    explicit_policy: usize,
    inhibit_any: usize,
    policy_mapping: usize,
    constraints: Vec<(String, Constraints)>,
    /// Issuers that limit how many authorities follow, with the position of each.
    lengths: Vec<(String, u8, usize)>,
    findings: Vec<PathFinding>,
}

impl Validation<'_> {
    /// # Errors
    /// [`Spent`]: nothing is known then.
    pub(super) fn run(&self, budget: &StepBudget) -> Result<Examined, Spent> {
        let length = self.path.len();
        // One more than RFC 5280 says, as the anchor's certificate may count.
        let beginning = |inhibited: bool| if inhibited { 0 } else { length + 2 };
        let mut state = State {
            policies: PolicyGraph::new(),
            explicit_policy: beginning(self.demand.explicit),
            inhibit_any: beginning(self.demand.inhibit_any),
            policy_mapping: beginning(self.demand.inhibit_mapping),
            constraints: Vec::new(),
            lengths: Vec::new(),
            findings: Vec::new(),
        };
        if self.start.constrained {
            state.issuer(&self.start.anchor, length, self.start.trusted);
        }
        let mut issuer = &self.start.anchor;
        for (position, link) in self.path.iter().enumerate().rev() {
            self.basic(&mut state, link, issuer, position, budget)?;
            state.names(link, position, budget)?;
            let self_issued = link.certificate.is_self_issued();
            let any = state.inhibit_any > 0 || (position > 0 && self_issued);
            state.policies.certificate(link.extensions.policies.as_deref(), any, budget)?;
            if state.explicit_policy == 0 && state.policies.is_empty() {
                state.no_policy(position, link);
            }
            if position > 0 {
                state.mappings(link, position, budget)?;
                state.issuer(link, position, false);
            }
            issuer = link;
        }
        state.path_lengths(&self.path);
        Ok(self.wrap_up(state))
    }

    /// RFC 5280, 6.1.3 (a), without revocation and names.
    fn basic(
        &self,
        state: &mut State,
        link: &PathLink<'_>,
        issuer: &PathLink<'_>,
        position: usize,
        budget: &StepBudget,
    ) -> Result<(), Spent> {
        if !self.signatures_checked {
            budget.spend(SIGNATURE)?;
            if let Err(flaw) = check_signature(link.certificate, issuer.certificate) {
                state.find(position, link, flaw);
            }
        }
        if let Some(at) = self.at
            && let Err(flaw) = check_date(link.certificate, at)
        {
            state.find(position, link, flaw);
        }
        if position == 0
            && let Err(flaw) = link.extensions.check(link.certificate)
        {
            state.find(position, link, flaw);
        }
        Ok(())
    }

    /// RFC 5280, 6.1.5.
    fn wrap_up(&self, mut state: State) -> Examined {
        let policies = state.policies.valid(self.demand.accepted.as_ref());
        let Some(link) = self.path.first() else {
            let policies = ValidPolicies { any: true, ..ValidPolicies::default() };
            return Examined { findings: state.findings, policies };
        };
        state.explicit_policy = state.explicit_policy.saturating_sub(1);
        let constraints = link.extensions.policy_constraints.as_ref();
        if constraints.and_then(|it| it.require_explicit_policy) == Some(0) {
            state.explicit_policy = 0;
        }
        if state.explicit_policy == 0 && policies.is_empty() {
            state.no_policy(0, link);
        }
        Examined { findings: state.findings, policies }
    }
}

impl State {
    fn find(&mut self, position: usize, link: &PathLink<'_>, flaw: Flaw) {
        let subject = link.certificate.subject();
        self.findings.push(PathFinding { position, subject, flaw });
    }

    /// Only the first certificate without a policy is told of.
    fn no_policy(&mut self, position: usize, link: &PathLink<'_>) {
        let told = |finding: &PathFinding| matches!(finding.flaw, Flaw::NoPolicy { .. });
        if !self.findings.iter().any(told) {
            self.find(position, link, Flaw::NoPolicy { whose: link.certificate.subject() });
        }
    }

    /// RFC 5280, 6.1.3 (b) and (c).
    fn names(
        &mut self,
        link: &PathLink<'_>,
        position: usize,
        budget: &StepBudget,
    ) -> Result<(), Spent> {
        // Of self-issued ones only the last counts.
        if self.constraints.is_empty() || (position > 0 && link.certificate.is_self_issued()) {
            return Ok(());
        }
        let names: Vec<ConstrainedName> = match names(link.certificate) {
            Ok(names) => names.iter().map(ConstrainedName::of).collect(),
            Err(flaw) => {
                self.find(position, link, flaw);
                return Ok(());
            }
        };
        let constraints = std::mem::take(&mut self.constraints);
        for (issuer, constraint) in &constraints {
            match constraint.check(&names, budget) {
                Ok(()) => {}
                Err(NotAllowed::Spent) => return Err(Spent),
                Err(NotAllowed::Name(name)) => {
                    let issuer = issuer.clone();
                    self.find(position, link, Flaw::NameForbidden { issuer, name });
                }
            }
        }
        self.constraints = constraints;
        Ok(())
    }

    /// RFC 5280, 6.1.4 (a) and (b).
    fn mappings(
        &mut self,
        link: &PathLink<'_>,
        position: usize,
        budget: &StepBudget,
    ) -> Result<(), Spent> {
        let mappings = &link.extensions.mappings;
        if mappings.iter().any(|(from, to)| [from, to].contains(&&ANY_POLICY)) {
            let whose = link.certificate.subject();
            self.find(position, link, Flaw::AnyPolicyMapped { whose });
        }
        self.policies.map(mappings, self.policy_mapping > 0, budget)
    }

    /// RFC 5280, 6.1.4 (g) to (o).
    fn issuer(&mut self, link: &PathLink<'_>, position: usize, trusted: bool) {
        let PathLink { certificate, extensions } = link;
        if let Err(flaw) = extensions.check(certificate) {
            self.find(position, link, flaw);
        }
        // An anchor of version 1 says nothing, and is trusted by its own right.
        let silent = trusted && !extensions.any;
        if !extensions.is_authority() && !silent {
            self.find(position, link, Flaw::NotAuthority(certificate.subject()));
        }
        if extensions.key_usage.as_ref().is_some_and(|usage| !usage.key_cert_sign()) {
            self.find(position, link, Flaw::MayNotIssue(certificate.subject()));
        }
        if let Some(allowed) = extensions.path_length() {
            self.lengths.push((certificate.subject(), allowed, position));
        }
        if let Some(constraints) = &extensions.constraints {
            self.constraints.push((certificate.subject(), Constraints::of(constraints)));
        }
        if !certificate.is_self_issued() {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any = self.inhibit_any.saturating_sub(1);
        }
        let at_most = |limit: &mut usize, certificates: Option<u32>| {
            let certificates = certificates.and_then(|number| usize::try_from(number).ok());
            *limit = certificates.map_or(*limit, |number| number.min(*limit));
        };
        if let Some(constraints) = &extensions.policy_constraints {
            at_most(&mut self.explicit_policy, constraints.require_explicit_policy);
            at_most(&mut self.policy_mapping, constraints.inhibit_policy_mapping);
        }
        at_most(&mut self.inhibit_any, extensions.inhibit_any_policy);
    }

    /// RFC 5280, 6.1.4 (l) and (m): self-issued authorities do not count, nor does the certificate that
    /// is asked for.
    fn path_lengths(&mut self, path: &[PathLink<'_>]) {
        for (issuer, allowed, position) in std::mem::take(&mut self.lengths) {
            let below = path.iter().take(position).skip(1);
            let there = below.filter(|link| !link.certificate.is_self_issued()).count();
            if there > usize::from(allowed) {
                let flaw = Flaw::PathLength { issuer: issuer.clone(), allowed, there };
                self.findings.push(PathFinding { position, subject: issuer, flaw });
            }
        }
    }
}

/// Checks a certificate with the key of its issuer.
pub(super) fn check_signature(subject: &Certificate, issuer: &Certificate) -> Result<(), Flaw> {
    let algorithm = subject.x509().signature_algorithm();
    if subject.x509().tbs_certificate().signature() != algorithm {
        return Err(Flaw::AlgorithmsDiffer(subject.subject()));
    }
    let uncheckable =
        || Flaw::Uncheckable { subject: subject.subject(), algorithm: algorithm.oid.to_string() };
    let read = signed::read_algorithm(algorithm).ok_or_else(uncheckable)?;
    let value = subject.x509().signature().raw_bytes();
    signed::check(&PublicKey::of(issuer), read, subject.tbs_der(), value).map_err(|error| {
        match error {
            Error::AlgorithmMismatch(_)
                if issuer.key_kind().curve().is_some() == read.is_ecdsa() =>
            {
                uncheckable()
            }
            _ => Flaw::NotSigned { subject: subject.subject(), issuer: issuer.subject() },
        }
    })
}

/// Whether a certificate is valid at a time.
pub(super) fn check_date(certificate: &Certificate, at: Instant) -> Result<(), Flaw> {
    let whose = || certificate.subject();
    if at < certificate.not_before() {
        let not_before = certificate.not_before().to_xs_date_time();
        return Err(Flaw::NotYetValid { whose: whose(), not_before });
    }
    if at > certificate.not_after() {
        let not_after = certificate.not_after().to_xs_date_time();
        return Err(Flaw::Expired { whose: whose(), not_after });
    }
    Ok(())
}

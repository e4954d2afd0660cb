//! Chains to seal with, as a verifier will see them: which of a file's certificates lead from the
//! signing certificate to its trust anchor, and whether they hold. Who trusts the last of them is not
//! asked, nor is revocation.

use super::MAX_LENGTH;
use super::validation::{PathLink, PathStart, PolicyDemand, Validation, check_date};
use crate::domain::instant::Instant;
use crate::pki::Error;
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::certificate_file;
use crate::pki::extensions::{Extensions, purpose_name};
use crate::pki::flaw::Flaw;
use crate::pki::step_budget::StepBudget;

/// Paths of a file that are looked at.
const MAX_PATHS: usize = 64;

/// Steps that examining one chain may cost.
const STEPS: usize = 100_000;

/// Examines everything about a chain that does not depend on the time: what the signing certificate may
/// do, and of every issuer that it may issue and did. A policy is demanded only where the chain itself
/// does.
///
/// # Errors
/// The first flaw, beginning with the signing certificate.
pub fn examine(chain: &Chain) -> Result<(), Flaw> {
    let certificates: Vec<&Certificate> = chain.certificates().collect();
    signing(chain.signing())?;
    let extensions: Vec<Extensions> =
        certificates.iter().map(|certificate| Extensions::of(certificate)).collect();
    let mut links: Vec<PathLink<'_>> = certificates
        .into_iter()
        .zip(&extensions)
        .map(|(certificate, extensions)| PathLink { certificate, extensions })
        .collect();
    let Some(anchor) = links.pop().filter(|_| !links.is_empty()) else { return Ok(()) };
    let trusted = anchor.certificate.is_self_issued();
    let validation = Validation {
        start: PathStart { anchor, constrained: true, trusted },
        path: links,
        demand: &PolicyDemand::default(),
        at: None,
        signatures_checked: false,
    };
    let examined = validation.run(&StepBudget::of(STEPS)).map_err(|_| Flaw::TooCostly)?;
    let first = examined.findings.into_iter().min_by_key(|finding| finding.position);
    first.map_or(Ok(()), |finding| Err(finding.flaw))
}

/// Whether every certificate of a chain is valid at a time. The trust anchor's own dates are nobody's
/// to check (RFC 5280, 6.1).
///
/// # Errors
/// The first that is not.
pub fn check_dates(chain: &Chain, at: Instant) -> Result<(), Flaw> {
    let count = chain.certificates().count();
    for (position, certificate) in chain.certificates().enumerate() {
        if position > 0 && position + 1 == count && certificate.is_self_issued() {
            continue;
        }
        check_date(certificate, at)?;
    }
    Ok(())
}

/// The certificate of a chain that ends first, its trust anchor included: verifiers differ on whether
/// its end counts, and its owner should know.
#[must_use]
pub fn ends_first(chain: &Chain) -> &Certificate {
    chain.certificates().fold(chain.signing(), |one, other| {
        if other.not_after() < one.not_after() { other } else { one }
    })
}

/// Reads a file of certificates in any order ([`certificate_file::certificates`]) and takes from it the
/// chain that holds at a time, if one does ([`choose`]).
///
/// # Errors
/// As these two.
pub fn of_file(bytes: &[u8], at: Instant) -> Result<Chain, Error> {
    choose(certificate_file::certificates(bytes)?, at)
}

/// Sorts the certificates of a file into a chain. Of several paths (an issuer that was renewed, or is
/// certified by two others) the one that holds at a time is taken, then the longest, then the one that
/// lasts longest. Doubles are passed over.
///
/// # Errors
/// [`Error::ChainEmpty`], [`Error::SigningAmbiguous`], [`Error::ChainMissing`] and
/// [`Error::ChainStrangers`] with the subjects. A path that does not hold is no error here.
pub fn choose(certificates: Vec<Certificate>, at: Instant) -> Result<Chain, Error> {
    let mut pool: Vec<Certificate> = Vec::with_capacity(certificates.len());
    for certificate in certificates {
        if !pool.iter().any(|known| known.der() == certificate.der()) {
            pool.push(certificate);
        }
    }
    let signing = signing_of(&pool)?;
    let mut paths = Vec::new();
    follow(&pool, &mut vec![signing], &mut paths);
    let strangers: Vec<String> = pool
        .iter()
        .filter(|one| !paths.iter().flatten().any(|used| std::ptr::eq(*used, *one)))
        .map(Certificate::subject)
        .collect();
    let chains = paths.into_iter().map(|path| Chain::new(path.into_iter().cloned().collect()));
    let chains = chains.collect::<Result<Vec<_>, _>>()?;
    let rank = |chain: &Chain| {
        let holds = examine(chain).and_then(|()| check_dates(chain, at)).is_ok();
        (holds, chain.certificates().count(), ends_first(chain).not_after())
    };
    let chosen = chains.into_iter().max_by_key(rank).ok_or(Error::ChainEmpty)?;
    if strangers.is_empty() {
        return Ok(chosen);
    }
    let last = chosen.certificates().last().unwrap_or_else(|| chosen.signing());
    Err(if last.is_self_issued() {
        let signing = chosen.signing().subject();
        Error::ChainStrangers { signing, strangers: strangers.join("; ") }
    } else {
        let (subject, issuer) = (last.subject(), last.issuer());
        Error::ChainMissing { subject, issuer, strangers: strangers.join("; ") }
    })
}

/// The one that issued none of the others.
fn signing_of(pool: &[Certificate]) -> Result<&Certificate, Error> {
    let issued = |one: &Certificate| {
        pool.iter().any(|other| other.der() != one.der() && other.is_issued_by_name_of(one))
    };
    let mut ends: Vec<&Certificate> = pool.iter().filter(|one| !issued(one)).collect();
    if ends.len() > 1 {
        let is_authority = |one: &&Certificate| Extensions::of(one).is_authority();
        if ends.iter().any(|one| !is_authority(one)) {
            ends.retain(|one| !is_authority(one));
        }
    }
    match ends.as_slice() {
        [] => Err(Error::ChainEmpty),
        [one] => Ok(*one),
        several => {
            let subjects: Vec<String> = several.iter().map(|one| one.subject()).collect();
            Err(Error::SigningAmbiguous(subjects.join("; ")))
        }
    }
}

/// Every path from the last certificate of one on, by names.
fn follow<'a>(
    pool: &'a [Certificate],
    path: &mut Vec<&'a Certificate>,
    paths: &mut Vec<Vec<&'a Certificate>>,
) {
    if paths.len() >= MAX_PATHS {
        return;
    }
    let Some(last) = path.last().copied() else { return };
    let mut ended = true;
    if !last.is_self_issued() && path.len() < MAX_LENGTH {
        for issuer in pool.iter().filter(|issuer| last.is_issued_by_name_of(issuer)) {
            if !path.iter().any(|used| std::ptr::eq(*used, issuer)) {
                ended = false;
                path.push(issuer);
                follow(pool, path, paths);
                path.pop();
            }
        }
    }
    if ended {
        paths.push(path.clone());
    }
}

/// What a certificate must be to seal with (RFC 5280, 4.2.1.3, 4.2.1.9, 4.2.1.12; ETSI EN 319 412-2,
/// 4.3.2). A certificate without these extensions may.
fn signing(certificate: &Certificate) -> Result<(), Flaw> {
    let extensions = Extensions::of(certificate);
    extensions.check(certificate)?;
    if extensions.is_authority() {
        return Err(Flaw::Authority);
    }
    if let Some(usage) = &extensions.key_usage
        && !usage.digital_signature()
        && !usage.non_repudiation()
    {
        return Err(Flaw::Usage(extensions.usage_names()));
    }
    match &extensions.purposes {
        Some(purposes) if !extensions.is_for_documents() => {
            let names: Vec<String> = purposes.iter().map(purpose_name).collect();
            Err(Flaw::ExtendedUsage(names.join(", ")))
        }
        _ => Ok(()),
    }
}

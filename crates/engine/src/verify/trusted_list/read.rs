//! What a trusted list says (TS 119 612, 5). Read with the guards of every document of a stranger; believed by
//! nobody before its signature was checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::fault::ListFault;
use super::parts::{EXTENSION, TSL, cut, text};
use super::qualifiers::{Qualification, read_qualifications};
use crate::domain::instant::Instant;
use crate::domain::refusal::Refusal;
use crate::pki::certificate::Certificate;
use crate::seal::Limits;
use crate::seal::reading::{base64_text, child};
use crate::seal::xml::source::Source;
use crate::seal::xml::{guard, is_element};

/// Octets of a list at most: the largest of 2025 have 5 million.
pub const MAX_LIST: usize = 24 << 20;

/// Namespace of what was added to lists.
const ADDITIONAL: &str = "http://uri.etsi.org/02231/v2/additionaltypes#";

/// Services of a list at most.
const MAX_SERVICES: usize = 20_000;
/// States of a service at most.
const MAX_STATES: usize = 200;
/// Certificates of a service, or of a pointer.
const MAX_CERTIFICATES: usize = 64;
/// Pointers of a list.
const MAX_POINTERS: usize = 500;

/// One trusted list, as far as verifying needs it.
#[derive(Clone, Debug)]
pub struct TrustedList {
    /// Country, or `EU` (5.3.10).
    pub territory: String,
    /// Name of the scheme's operator, in English where there is one.
    pub operator: String,
    /// `TSLSequenceNumber`: rises with every issue.
    pub sequence: u64,
    /// `TSLType` (5.3.3).
    pub kind: String,
    /// When it was issued.
    pub issued: Instant,
    /// By when the next one is issued at the latest; none of a list that is closed (5.3.15).
    pub next_update: Option<Instant>,
    /// Where the operator says more (`SchemeInformationURI`); pivots are among them.
    pub links: Vec<String>,
    /// Other lists, with who signs them.
    pub pointers: Vec<ListPointer>,
    pub services: Vec<ListedService>,
    /// Certificates that could not be used, by keys that nobody works with here.
    pub unusable: usize,
}

impl TrustedList {
    /// Whether it is a list of lists (5.3.3).
    #[must_use]
    pub fn is_list_of_lists(&self) -> bool {
        self.kind.to_ascii_lowercase().ends_with("listofthelists")
    }
}

/// A pointer to another list (5.3.13).
#[derive(Clone, Debug)]
pub struct ListPointer {
    pub location: String,
    pub territory: String,
    /// `TSLType` of the list.
    pub kind: String,
    /// Whether it is the list for machines, not the one for people.
    pub is_xml: bool,
    /// Any of them may sign it.
    pub signers: Vec<Certificate>,
    /// Why further certificates of who may sign it cannot be worked with.
    pub useless_signers: Vec<String>,
}

/// A trust service (5.5).
#[derive(Clone, Debug)]
pub struct ListedService {
    /// Name of who provides it.
    pub provider: String,
    /// Its certificates.
    pub certificates: Vec<Certificate>,
    /// What it is and was, the newest first; never empty.
    pub states: Vec<ServiceState>,
}

impl ListedService {
    /// What it was at a time; none before it was listed.
    #[must_use]
    pub fn at(&self, at: Instant) -> Option<&ServiceState> {
        self.states.iter().find(|state| state.since <= at)
    }
}

/// What a service is since a time (5.5, 5.6).
#[derive(Clone, Debug)]
pub struct ServiceState {
    /// Service type identifier.
    pub kind: String,
    pub name: String,
    /// Status.
    pub status: String,
    pub since: Instant,
    /// Additional service information (5.5.9.4).
    pub uses: Vec<String>,
    pub(super) qualifications: Vec<Qualification>,
    /// A critical extension that is not understood (5.5.9.1).
    pub not_understood: Option<String>,
}

/// Reads a list.
///
/// # Errors
/// [`ListFault`]: what of it is missing or cannot be read.
pub(super) fn read(file: &[u8], limits: &Limits) -> Result<TrustedList, ListFault> {
    if file.len() > MAX_LIST {
        return Err(ListFault::Unreadable(format!("it has more than {} MiB", MAX_LIST >> 20)));
    }
    let refused = |refusal: Refusal| ListFault::Unreadable(refusal.to_string());
    let source = Source::read(file).map_err(refused)?;
    guard::check(&source, limits).map_err(refused)?;
    let tree = guard::parse(&source, limits).map_err(refused)?;
    of_root(tree.root_element())
}

fn of_root(root: Node<'_, '_>) -> Result<TrustedList, ListFault> {
    if !is_element(root, (TSL, "TrustServiceStatusList")) {
        return Err(ListFault::NoList);
    }
    let scheme = needed(root, "SchemeInformation")?;
    let version = text(needed(scheme, "TSLVersionIdentifier")?);
    if !matches!(version.as_str(), "5" | "6") {
        return Err(ListFault::Version(version));
    }
    let sequence = text(needed(scheme, "TSLSequenceNumber")?);
    let sequence = sequence.parse().map_err(|_| ListFault::Missing("TSLSequenceNumber"))?;
    let update = child(scheme, TSL, "NextUpdate").and_then(|next| child(next, TSL, "dateTime"));
    let next_update = match update.map(text).filter(|text| !text.is_empty()) {
        Some(text) => Some(time(&text).ok_or(ListFault::Missing("NextUpdate"))?),
        None => None,
    };
    let mut list = TrustedList {
        territory: child(scheme, TSL, "SchemeTerritory").map(text).unwrap_or_default(),
        operator: child(scheme, TSL, "SchemeOperatorName").map(english).unwrap_or_default(),
        sequence,
        kind: text(needed(scheme, "TSLType")?),
        issued: time(&text(needed(scheme, "ListIssueDateTime")?))
            .ok_or(ListFault::Missing("ListIssueDateTime"))?,
        next_update,
        links: Vec::new(),
        pointers: Vec::new(),
        services: Vec::new(),
        unusable: 0,
    };
    let links = child(scheme, TSL, "SchemeInformationURI");
    list.links = links
        .into_iter()
        .flat_map(|all| all.children())
        .filter(Node::is_element)
        .map(text)
        .collect();
    if let Some(pointers) = child(scheme, TSL, "PointersToOtherTSL") {
        for pointer in named(pointers, "OtherTSLPointer").take(MAX_POINTERS) {
            let signers = named(pointer, "ServiceDigitalIdentities");
            let mut read = of_pointer(pointer);
            for (certificates, useless) in signers.map(certificates) {
                list.unusable += useless.len();
                read.signers.extend(certificates);
                read.useless_signers.extend(useless);
            }
            list.pointers.push(read);
        }
    }
    let Some(providers) = child(root, TSL, "TrustServiceProviderList") else { return Ok(list) };
    for provider in named(providers, "TrustServiceProvider") {
        let name = child(provider, TSL, "TSPInformation")
            .and_then(|information| child(information, TSL, "TSPName"))
            .map(english)
            .unwrap_or_default();
        let services = child(provider, TSL, "TSPServices");
        for service in services.into_iter().flat_map(|all| named(all, "TSPService")) {
            if list.services.len() >= MAX_SERVICES {
                return Err(ListFault::Unreadable(format!("more than {MAX_SERVICES} services")));
            }
            let service = of_service(service, &name, &mut list.unusable)?;
            list.services.push(service);
        }
    }
    Ok(list)
}

fn of_pointer(pointer: Node<'_, '_>) -> ListPointer {
    let mut read = ListPointer {
        location: child(pointer, TSL, "TSLLocation").map(text).unwrap_or_default(),
        territory: String::new(),
        kind: String::new(),
        is_xml: false,
        signers: Vec::new(),
        useless_signers: Vec::new(),
    };
    let information = child(pointer, TSL, "AdditionalInformation");
    let all = information.into_iter().flat_map(|all| named(all, "OtherInformation"));
    for one in all.flat_map(|all| all.children()).filter(Node::is_element) {
        let name = one.tag_name();
        match (name.namespace(), name.name()) {
            (Some(TSL), "SchemeTerritory") => read.territory = text(one),
            (Some(TSL), "TSLType") => read.kind = text(one),
            (Some(ADDITIONAL), "MimeType") => {
                read.is_xml = text(one) == "application/vnd.etsi.tsl+xml";
            }
            _ => {}
        }
    }
    read
}

fn of_service(
    service: Node<'_, '_>,
    provider: &str,
    unusable: &mut usize,
) -> Result<ListedService, ListFault> {
    let now = needed(service, "ServiceInformation")?;
    let mut states = vec![of_state(now)?];
    let history = child(service, TSL, "ServiceHistory");
    let history = history.into_iter().flat_map(|all| named(all, "ServiceHistoryInstance"));
    for earlier in history.take(MAX_STATES) {
        states.push(of_state(earlier)?);
    }
    states.sort_by_key(|state| std::cmp::Reverse(state.since));
    let identity = child(now, TSL, "ServiceDigitalIdentity");
    let (certificates, useless) = identity.map(certificates).unwrap_or_default();
    *unusable += useless.len();
    Ok(ListedService { provider: provider.to_owned(), certificates, states })
}

fn of_state(node: Node<'_, '_>) -> Result<ServiceState, ListFault> {
    let mut state = ServiceState {
        kind: text(needed(node, "ServiceTypeIdentifier")?),
        name: child(node, TSL, "ServiceName").map(english).unwrap_or_default(),
        status: text(needed(node, "ServiceStatus")?),
        since: time(&text(needed(node, "StatusStartingTime")?))
            .ok_or(ListFault::Missing("StatusStartingTime"))?,
        uses: Vec::new(),
        qualifications: Vec::new(),
        not_understood: None,
    };
    let extensions = child(node, TSL, "ServiceInformationExtensions");
    for extension in extensions.into_iter().flat_map(|all| named(all, "Extension")) {
        let critical = matches!(extension.attribute("Critical"), Some("true" | "1"));
        for inside in extension.children().filter(Node::is_element) {
            let name = inside.tag_name();
            match (name.namespace(), name.name()) {
                (Some(EXTENSION), "Qualifications") => {
                    state.qualifications.extend(read_qualifications(inside));
                }
                (Some(TSL), "AdditionalServiceInformation") => {
                    state.uses.extend(child(inside, TSL, "URI").map(text));
                }
                // until when its lists name certificates that ended, and who took it over
                (Some(TSL), "ExpiredCertsRevocationInfo") | (Some(ADDITIONAL), "TakenOverBy") => {}
                (_, other) if critical => state.not_understood = Some(cut(other)),
                _ => {}
            }
        }
    }
    Ok(state)
}

/// The certificates in digital identities, and why others cannot be worked with.
fn certificates(identities: Node<'_, '_>) -> (Vec<Certificate>, Vec<String>) {
    let all = identities.descendants().filter(|it| is_element(*it, (TSL, "X509Certificate")));
    let mut read: Vec<Certificate> = Vec::new();
    let mut useless = Vec::new();
    for node in all.take(MAX_CERTIFICATES) {
        let der = STANDARD.decode(base64_text(node)).unwrap_or_default();
        match Certificate::from_der(&der) {
            Ok(certificate) if read.iter().all(|other| other.der() != certificate.der()) => {
                read.push(certificate);
            }
            Ok(_) => {}
            Err(error) => useless.push(cut(&error.to_string())),
        }
    }
    (read, useless)
}

fn needed<'a, 'i>(parent: Node<'a, 'i>, name: &'static str) -> Result<Node<'a, 'i>, ListFault> {
    child(parent, TSL, name).ok_or(ListFault::Missing(name))
}

fn named<'a, 'i: 'a>(
    parent: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    parent.children().filter(move |node| is_element(*node, (TSL, name)))
}

/// The English name, else the first.
fn english(names: Node<'_, '_>) -> String {
    let all = || names.children().filter(Node::is_element);
    let is_english = |node: &Node<'_, '_>| {
        node.attributes().any(|it| it.name() == "lang" && it.value().eq_ignore_ascii_case("en"))
    };
    all().find(is_english).or_else(|| all().next()).map(text).unwrap_or_default()
}

/// Times are of UTC (5.1.5); a few lists leave out the `Z`.
fn time(text: &str) -> Option<Instant> {
    Instant::parse_rfc3339(text).or_else(|| Instant::parse_rfc3339(&format!("{text}Z")))
}

//! Trusted lists: who signs them, what they begin, and what makes a signature qualified.

pub(crate) mod made;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::instant::Instant;
use chancery_engine::pki::certificate::Certificate;
use chancery_engine::seal::Limits;
use chancery_engine::verify::trusted_list::{
    GatheredLists, ListFile, ListUse, QualificationFacts, gather,
};
use chancery_engine::verify::{
    Indication, RevocationDemand, VerificationReport, VerifySettings, verify,
};
use made::{MadeList, extensions, leaf, operator, pointer, service, signed, statements};

use super::support::told;
use crate::pki::parties::{AT, Holder, authority};

const GRANTED: &str = "2020-01-01T00:00:00Z";
const SEALS: &[u8] = &[2];
const SIGNATURES: &[u8] = &[1];

fn gathered(files: &[ListFile], signers: &[&Holder]) -> GatheredLists {
    let signers: Vec<Certificate> = signers.iter().map(|it| it.certificate.clone()).collect();
    gather(files, &signers, AT, &Limits::default())
}

/// Statements and types of a certificate, uses, qualifiers and criteria of its service, and what comes of it.
type Row<'r> = (&'r [u8], &'r [u8], &'r [&'r str], &'r [&'r str], &'r str, &'r str);

/// Verifies a document with what lists say, and nothing else that is trusted.
fn verified(document: &[u8], lists: &GatheredLists, at: Instant) -> VerificationReport {
    let mut settings = VerifySettings::new(Vec::new(), at);
    settings.revocation = RevocationDemand::NotAsked;
    settings.services = Some(Arc::new(lists.services.clone()));
    verify(document, &settings)
}

fn qualification(report: &VerificationReport) -> &QualificationFacts {
    let signer = report.signatures[0].signer.as_ref().unwrap();
    signer.qualification.as_ref().unwrap()
}

/// Why a file is not used.
fn refusal(lists: &GatheredLists, file: usize) -> String {
    let standing = &lists.standings[file];
    assert_eq!(standing.used, ListUse::Refused, "{standing:?}");
    standing.reason.clone().unwrap()
}

struct House {
    issuer: Holder,
    /// Signs the list of the lists, and the list.
    union: Holder,
    state: Holder,
}

impl House {
    fn new() -> Self {
        let issuer = Holder::root_of(authority("Issuer"));
        Self { issuer, union: operator("Union"), state: operator("State") }
    }

    fn list(&self, states: &[(&str, &str, &str)]) -> MadeList {
        MadeList::national("XX", &[service(&self.issuer.certificate, "CA/QC", states)])
    }

    fn head(&self) -> MadeList {
        let own = pointer("EU", "EUlistofthelists", &[&self.union]);
        MadeList::of_lists(&[own, pointer("XX", "EUgeneric", &[&self.state])])
    }

    /// The lists as they should be.
    fn lists(&self, states: &[(&str, &str, &str)]) -> GatheredLists {
        let files = [
            self.head().signed("eu.xml", &self.union),
            self.list(states).signed("xx.xml", &self.state),
        ];
        gathered(&files, &[&self.union])
    }

    fn seal(&self, said: &[u8], types: &[u8]) -> Vec<u8> {
        let leaf = leaf(&self.issuer, "Leaf", Some(statements(said, types)));
        signed("<invoice/>", &leaf, &[], AT.plus_ms(-1000))
    }
}

#[test]
fn trust_begins_at_a_list_that_the_list_of_the_lists_leads_to() {
    let house = House::new();
    let lists = house.lists(&[("granted", GRANTED, &extensions(&["ForeSeals"], &[], ""))]);
    assert!(lists.standings.iter().all(|it| it.used == ListUse::Used), "{:?}", lists.standings);
    assert_eq!(lists.locations, [("XX".to_owned(), "https://lists.example/XX.xml".to_owned())]);
    let report = verified(&house.seal(&[1, 4], SEALS), &lists, AT);
    assert_eq!(report.indication, Indication::Passed, "{}", told(&report));
    let facts = qualification(&report);
    assert_eq!(facts.conclusion, Some("QESeal"), "{facts:?}");
    assert!(facts.qualified_certificate && facts.qualified_device && facts.reasons.is_empty());
    let named = [&facts.territory, &facts.provider, &facts.service, &facts.status];
    let named: Vec<&str> = named.into_iter().flatten().map(String::as_str).collect();
    assert_eq!(named, ["XX", "Provider", "Service", "granted"]);
    // another issuer of the same name is nobody
    let stranger = House { issuer: Holder::root_of(authority("Issuer")), ..House::new() };
    let report = verified(&stranger.seal(&[1, 4], SEALS), &lists, AT);
    assert_eq!(report.indication, Indication::Indeterminate);
    assert_eq!(qualification(&report).conclusion, None);
}

#[test]
fn lists_that_are_not_signed_by_whom_they_should_be_are_refused() {
    let house = House::new();
    let good = [("granted", GRANTED, "")];
    let (head, list) = (house.head(), house.list(&good));
    let stranger = operator("Stranger");
    let with = |head: ListFile, list: ListFile| gathered(&[head, list], &[&house.union]);
    let right = |it: &MadeList| it.signed("xx.xml", &house.state);
    let unsigned =
        |it: &MadeList| ListFile { name: "x".to_owned(), octets: it.text().into_bytes() };
    let signed_head = head.signed("eu.xml", &house.union);
    for (list, said) in [
        (unsigned(&list), "not signed"),
        (list.signed("xx.xml", &stranger), "may not sign it"),
        (list.signed("xx.xml", &house.union), "may not sign it"),
        (
            ListFile { octets: b"<TrustServiceStatusList/>".to_vec(), ..unsigned(&list) },
            "no trusted list",
        ),
        (ListFile { octets: b"%PDF-1.7".to_vec(), ..unsigned(&list) }, "cannot be read"),
        (right(&MadeList { issued: AT.plus_ms(3_600_000), ..list.clone() }), "still to come"),
    ] {
        let lists = with(signed_head.clone(), list);
        assert!(refusal(&lists, 1).contains(said), "{}", refusal(&lists, 1));
        assert!(lists.services.is_empty());
        let report = verified(&house.seal(&[1, 4], SEALS), &lists, AT);
        assert_eq!(report.indication, Indication::Indeterminate, "{said}");
    }
    // what is changed after it was signed, and what is added beside
    let octets = String::from_utf8(right(&list).octets).unwrap();
    for (from, to) in [
        ("Svcstatus/granted", "Svcstatus/grantet"),
        ("</TSPServices>", "<!-- --></TSPServices>x"),
        ("</TrustServiceStatusList>", "<More/></TrustServiceStatusList>"),
    ] {
        let changed = octets.replacen(from, to, 1);
        assert_ne!(changed, octets);
        let file = ListFile { name: "xx.xml".to_owned(), octets: changed.into_bytes() };
        let lists = with(signed_head.clone(), file);
        assert!(refusal(&lists, 1).contains("does not hold"), "{}", refusal(&lists, 1));
    }
    // a foreign list of the lists takes all others with it
    let lists = with(head.signed("eu.xml", &stranger), right(&list));
    assert!(refusal(&lists, 0).contains("CN=Stranger"), "{}", refusal(&lists, 0));
    refusal(&lists, 1);
    // a certificate that cannot be worked with is nobody, and is told of
    for (signers, said) in
        [(vec![&house.state], "not a DER certificate"), (vec![], "nobody is named")]
    {
        let own = pointer("EU", "EUlistofthelists", &[&house.union]);
        let damaged = STANDARD.encode(&house.state.certificate.der()[1..]);
        let state = pointer("XX", "EUgeneric", &signers)
            .replace(&STANDARD.encode(house.state.certificate.der()), &damaged);
        let head = MadeList::of_lists(&[own, state]).signed("eu.xml", &house.union);
        let lists = with(head, right(&list));
        assert!(refusal(&lists, 1).contains(said), "{}", refusal(&lists, 1));
    }
    // without one, the signers themselves sign lists
    let lists = gathered(&[right(&list)], &[&house.state]);
    assert_eq!(lists.standings[0].used, ListUse::Used);
    assert!(!gathered(&[right(&list)], &[&house.state]).services.is_empty());
}

#[test]
fn pivots_lead_from_a_key_that_was_published_to_the_one_of_today() {
    let house = House::new();
    let (first, second) = (operator("First"), operator("Second"));
    let names = |number: u64, next: &Holder, links: &[&str]| MadeList {
        sequence: number,
        links: links.iter().map(|it| format!("https://lists.example/{it}")).collect(),
        ..MadeList::of_lists(&[
            pointer("EU", "EUlistofthelists", &[next]),
            pointer("XX", "EUgeneric", &[&house.state]),
        ])
    };
    // first signs a pivot that names second, who signs one that names union, who signs today's
    let older = names(1, &second, &[]).signed("pivot-1.xml", &first);
    let newer = names(2, &house.union, &["pivot-1.xml"]).signed("pivot-2.xml", &second);
    let today = names(3, &house.union, &["more.html", "pivot-2.xml", "pivot-1.xml"])
        .signed("eu.xml", &house.union);
    let list = house.list(&[("granted", GRANTED, "")]).signed("xx.xml", &house.state);
    let all = [today.clone(), newer.clone(), older.clone(), list.clone()];
    for trusted in [&first, &second, &house.union] {
        let lists = gathered(&all, &[trusted]);
        let used: Vec<ListUse> = lists.standings.iter().map(|it| it.used).collect();
        let (used_now, superseded) = (ListUse::Used, ListUse::Superseded);
        assert_eq!(used, [used_now, superseded, superseded, used_now], "{:?}", lists.standings);
    }
    let lists = gathered(&all, &[&operator("Stranger")]);
    assert!(lists.services.is_empty());
    let lists = gathered(&[today.clone(), older.clone(), list.clone()], &[&first]);
    assert!(refusal(&lists, 0).contains("pivot-2.xml is needed"), "{}", refusal(&lists, 0));
    // a pivot that another than the one named before signed
    let forged = names(2, &house.union, &[]).signed("pivot-2.xml", &operator("Forger"));
    let lists = gathered(&[today, forged, older, list], &[&first]);
    assert!(refusal(&lists, 0).contains("may not sign it"), "{}", refusal(&lists, 0));
}

#[test]
fn an_expired_list_begins_no_trust_and_says_so() {
    let house = House::new();
    let states = [("granted", GRANTED, "")];
    let ended = AT.plus_ms(-5 * 86_400_000);
    let seal = house.seal(&[1, 4], SEALS);
    let (head, list) = (house.head(), house.list(&states));
    let expired = |head: MadeList, list: MadeList| {
        let files = [head.signed("eu.xml", &house.union), list.signed("xx.xml", &house.state)];
        gathered(&files, &[&house.union])
    };
    for lists in [
        expired(head.clone(), MadeList { next_update: Some(ended), ..list.clone() }),
        expired(MadeList { next_update: Some(ended), ..head.clone() }, list.clone()),
    ] {
        assert_eq!(lists.standings[1].used, ListUse::Expired);
        let report = verified(&seal, &lists, AT);
        assert_eq!(report.indication, Indication::Indeterminate);
        assert!(told(&report).contains("lists had expired by then: XX"), "{}", told(&report));
        let before = verified(&seal, &lists, ended.plus_ms(-1000));
        assert!(before.signatures[0].signer.as_ref().unwrap().trust_anchor.is_some());
    }
    // one that is closed says for ever what was
    let lists = expired(head, MadeList { next_update: None, ..list });
    assert_eq!(lists.standings[1].used, ListUse::Used);
}

#[test]
fn the_status_when_it_counts_decides() {
    let house = House::new();
    let seal = house.seal(&[1, 4], SEALS);
    let since = |status| [(status, "2026-11-01T00:00:00Z", ""), ("granted", GRANTED, "")];
    for status in ["withdrawn", "deprecatedatnationallevel", "invented"] {
        let lists = house.lists(&since(status));
        let report = verified(&seal, &lists, AT);
        assert_eq!(report.indication, Indication::Indeterminate, "{status}");
        assert!(told(&report).contains("no trusted list names its issuer"), "{}", told(&report));
    }
    // of states, the one that counts is that of the time, in whatever order they stand
    let lists = house.lists(&[("granted", "2026-11-01T00:00:00Z", ""), ("withdrawn", GRANTED, "")]);
    let report = verified(&seal, &lists, AT);
    assert_eq!(report.indication, Indication::Passed, "{}", told(&report));
    // granted now, not when the certificate was issued
    let facts = qualification(&report);
    assert_eq!(facts.conclusion, Some("AdESeal"), "{facts:?}");
    assert!(facts.reasons[0].starts_with("when it was issued"), "{facts:?}");
    let lists = house.lists(&[("granted", "2026-11-01T00:00:00Z", "")]);
    let facts = verified(&seal, &lists, AT);
    assert!(!qualification(&facts).qualified_certificate);
}

#[test]
fn qualifiers_and_statements_make_what_a_signature_is() {
    const USAGE: &str = "<q:CriteriaList assert=\"all\"><q:KeyUsage>\
        <q:KeyUsageBit name=\"nonRepudiation\">true</q:KeyUsageBit></q:KeyUsage></q:CriteriaList>";
    const POLICY: &str = "<q:CriteriaList assert=\"atLeastOne\"><q:PolicySet><q:PolicyIdentifier>\
        <x:Identifier xmlns:x=\"http://uri.etsi.org/01903/v1.3.2#\">urn:oid:1.2.3</x:Identifier>\
        </q:PolicyIdentifier></q:PolicySet></q:CriteriaList>";
    const UNKNOWN: &str = "<q:CriteriaList assert=\"all\"><q:otherCriteriaList><a:Else/>\
        </q:otherCriteriaList></q:CriteriaList>";
    let house = House::new();
    let none: &[u8] = &[];
    let rows: &[Row<'_>] = &[
        // the certificate alone
        (&[1, 4], SEALS, &[], &[], "", "QESeal"),
        (&[1], SEALS, &[], &[], "", "AdESeal-QC"),
        (&[1, 4], SIGNATURES, &[], &[], "", "QESig"),
        (&[1, 4], none, &[], &[], "", "QESig"),
        (&[4], SEALS, &[], &[], "", "AdESeal"),
        // of another country's law
        (&[1, 4, 7], SEALS, &[], &[], "", "AdESeal"),
        // what the service is for
        (&[1, 4], SEALS, &["ForeSeals"], &[], "", "QESeal"),
        (&[1, 4], SEALS, &["ForeSignatures", "ForeSeals"], &[], "", "QESeal"),
        (&[1, 4], SEALS, &["ForeSignatures"], &[], "", "AdESeal"),
        // what the list says of some of them
        (&[1, 4], SEALS, &[], &["NotQualified"], USAGE, "AdESeal"),
        (&[4], SEALS, &[], &["QCStatement"], USAGE, "QESeal"),
        (&[1], SEALS, &[], &["QCWithQSCD"], USAGE, "QESeal"),
        (&[1, 4], SEALS, &[], &["QCNoQSCD"], USAGE, "AdESeal-QC"),
        (&[1], none, &[], &["QCForESeal"], USAGE, "AdESeal-QC"),
        (&[1, 4], SIGNATURES, &[], &["QCForESeal"], USAGE, "QESeal"),
        // which the criteria do not mean, or nobody knows
        (&[1, 4], SEALS, &[], &["NotQualified"], POLICY, "QESeal"),
        (&[1, 4], SEALS, &[], &["QCWithQSCD"], UNKNOWN, "AdESeal"),
        (&[1, 4], SEALS, &[], &["QCWithQSCD"], "", "AdESeal"),
        // what contradicts itself
        (&[1, 4], SEALS, &[], &["QCNoQSCD", "QCWithQSCD"], USAGE, "AdESeal"),
        (&[1, 4], SEALS, &[], &["QCForESig", "QCForESeal"], USAGE, "AdESeal"),
    ];
    for (said, types, uses, qualifiers, criteria, expected) in rows {
        let lists = house.lists(&[("granted", GRANTED, &extensions(uses, qualifiers, criteria))]);
        let report = verified(&house.seal(said, types), &lists, AT);
        assert_eq!(report.indication, Indication::Passed, "{}", told(&report));
        let facts = qualification(&report);
        assert_eq!(
            facts.conclusion,
            Some(*expected),
            "{said:?} {uses:?} {qualifiers:?}: {facts:?}"
        );
        assert_eq!(facts.reasons.is_empty(), expected.starts_with("QE"), "{facts:?}");
    }
    let critical = "<Extension Critical=\"true\"><a:Invented/></Extension>";
    let lists = house.lists(&[("granted", GRANTED, critical)]);
    let report = verified(&house.seal(&[1, 4], SEALS), &lists, AT);
    assert!(qualification(&report).reasons[0].contains("Invented"), "{report:#?}");
}

#[test]
fn a_key_that_is_listed_for_timestamps_issues_no_certificates() {
    let house = House::new();
    let tsa = leaf(&house.issuer, "TSA", None);
    let states = [("granted", GRANTED, "")];
    let list = MadeList::national("XX", &[service(&tsa.certificate, "TSA/QTST", &states)]);
    let lists = gathered(&[list.signed("xx.xml", &house.state)], &[&house.state]);
    let leaf = leaf(&tsa, "Leaf", Some(statements(&[1, 4], SEALS)));
    let report = verified(&signed("<invoice/>", &leaf, &[], AT), &lists, AT);
    assert_eq!(report.indication, Indication::Indeterminate, "{}", told(&report));
    assert!(told(&report).contains("authority"), "{}", told(&report));
}

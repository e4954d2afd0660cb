//! Preserved documents: those of a day have evidence records with one timestamp, which are renewed, whoever looks and
//! whatever ends in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chancery::app::Clock;
use chancery::domain::instant::{DAY_MS, Instant};
use chancery::pki::path::TrustAnchor;
use chancery::verify::{
    EvidenceReport, Indication, RevocationDemand, SubIndication, VerifySettings, verify_evidence,
};
use chancery::workflow::preservation::EvidenceKeeper;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaReply;
use serde_json::{Value, json};

use super::World;
use crate::support::authority::AUTHORITY;
use crate::support::client::{Answer, Client, document, request, sealed};
use crate::support::service::{Service, Setup, now, run, unique};

/// A house in which days pass.
pub(super) struct Days {
    pub(super) world: World,
    clock: Arc<AtomicI64>,
}

impl Days {
    pub(super) fn begin() -> Self {
        // Before it is now.
        TSA.now();
        let days = Self { world: World::new(), clock: Arc::new(AtomicI64::new(now().unix_ms())) };
        days.comes_back();
        let clock = Arc::clone(&days.clock);
        let began = now();
        days.world.status.answers(move |_, query| {
            // Made the day before, as no test takes exactly as long as the other.
            let days = (clock.load(Ordering::Relaxed) - began.unix_ms()) / DAY_MS - 1;
            let days = u32::try_from(days).ok().filter(|_| query.path == "/tsa.crl")?;
            Some(TsaReply::of(TSA.list_in_days(days)))
        });
        days
    }

    /// From now on tokens are good, of the time that it is here.
    pub(super) fn comes_back(&self) {
        let clock = Arc::clone(&self.clock);
        self.world.tsa.answers(move |query| {
            TsaReply::good_at(query, Instant::from_unix_ms(clock.load(Ordering::Relaxed)))
        });
    }

    pub(super) fn setup(&self, mut setup: Setup) -> Setup {
        self.world.configure(&mut setup, 50);
        setup.clock = Clock::Moved(Arc::clone(&self.clock));
        setup
    }

    pub(super) fn pass(&self, days: i64) {
        self.clock.fetch_add(days * DAY_MS, Ordering::Relaxed);
    }

    pub(super) fn hours(&self, hours: i64) {
        self.clock.fetch_add(hours * 3_600_000, Ordering::Relaxed);
    }

    pub(super) fn second(&self) {
        self.clock.fetch_add(1000, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Instant {
        Instant::from_unix_ms(self.clock.load(Ordering::Relaxed))
    }

    /// What becomes of a record when nothing but what is in it is known.
    pub(super) fn report(&self, record: &[u8], data: &[u8]) -> EvidenceReport {
        let anchors =
            chancery::pki::certificate_file::certificates(&std::fs::read(TSA.root()).unwrap());
        let anchors = anchors.unwrap().into_iter().map(TrustAnchor::of).collect();
        let mut settings = VerifySettings::new(anchors, self.now());
        settings.revocation = RevocationDemand::Asked;
        let days = (self.now().unix_ms() - now().unix_ms()) / DAY_MS;
        let list = TSA.list_in_days(u32::try_from(days).unwrap_or(0));
        let list = chancery::pki::revocation::crl::Crl::read(list).unwrap();
        settings.lists.push(list);
        verify_evidence(record, &[data], &settings)
    }
}

pub(super) fn preserved(reference: &str, count: usize) -> Value {
    let documents: Vec<Value> = (0..count)
        .map(|number| {
            let text = format!("<invoice><id>{reference}</id><number>{number}</number></invoice>");
            document(&format!("{reference}/{number}"), text)
        })
        .collect();
    let mut wish = request(reference, documents);
    wish["preservationInfo"] = json!({ "preserveContent": true });
    wish
}

pub(super) async fn look(service: &Service) {
    EvidenceKeeper::default().look(&service.app).await.unwrap();
}

pub(super) async fn record(client: &Client, answer: &Value, position: usize) -> Vec<u8> {
    let id = &answer["documentList"][position]["internalId"];
    let found = client.get(&format!("/api/v1/documents/{id}/evidence")).await;
    assert_eq!(found.status, 200, "{}", found.text());
    assert_eq!(found.header("content-type"), "application/octet-stream");
    found.body
}

/// The answer to a wish for a record in XML.
async fn record_in_xml(client: &Client, answer: &Value, position: usize) -> Answer {
    let id = &answer["documentList"][position]["internalId"];
    client.get(&format!("/api/v1/documents/{id}/evidence?format=xml")).await
}

/// Nobody gets a record in XML that readers of such records would not find over the document.
async fn only_in_der(client: &Client, answer: &Value, position: usize, why: &str) {
    let found = record_in_xml(client, answer, position).await;
    assert_eq!(
        (found.status, found.json()["reason"].as_str()),
        (409, Some("evidence-only-der")),
        "{}",
        found.text()
    );
    assert!(found.text().contains(why), "{}", found.text());
}

#[track_caller]
pub(super) fn passes(report: &EvidenceReport, chains: &[usize]) {
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    let stamps: Vec<usize> = report.chains.iter().map(|chain| chain.timestamps.len()).collect();
    assert_eq!(stamps, chains, "{report:#?}");
}

#[test]
fn documents_of_a_day_have_records_under_one_timestamp() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = service.client_with(&AUTHORITY.p256).await;
        let mark = unique("day");
        let answer = client.sign(&preserved(&mark, 3)).await.good();
        let other = client.sign(&preserved(&unique("day"), 1)).await.good();
        let mut wish = preserved(&unique("stored"), 1);
        wish["preservationInfo"]["preserveContent"] = json!(false);
        let stored = client.sign(&wish).await.good();
        look(&service).await;
        assert_eq!(days.world.tsa.seen().len(), 0, "the day is not over");
        let id = |answer: &Value| answer["documentList"][0]["internalId"].to_string();
        let early = client.get(&format!("/api/v1/documents/{}/evidence", id(&answer))).await;
        assert_eq!(
            (early.status, early.json()["reason"].as_str()),
            (409, Some("evidence-pending"))
        );

        days.pass(1);
        // Nothing is lost while no timestamp can be had.
        days.world.tsa.goes_away();
        look(&service).await;
        let asked = days.world.tsa.seen().len();
        days.comes_back();
        // Whoever failed rests for a moment.
        while days.world.tsa.seen().len() == asked {
            look(&service).await;
        }
        look(&service).await;
        assert_eq!(days.world.tsa.seen().len(), asked + 1, "one timestamp for all of them");
        let client = client.at(&service.base).await;
        for (answer, count) in [(&answer, 3), (&other, 1)] {
            for position in 0..count {
                let record = record(&client, answer, position).await;
                passes(&days.report(&record, &sealed(answer, position)), &[1]);
            }
        }
        let first = record(&client, &answer, 0).await;
        let wrong = days.report(&first, b"another");
        assert_eq!(wrong.sub_indication, Some(SubIndication::HashFailure));
        let reference = crate::support::client::encode(&format!("{mark}/0"));
        let path = format!("/api/v1/evidence?documentExternalReference={reference}");
        assert_eq!(client.get(&path).await.body, first);

        let none = client.get(&format!("/api/v1/documents/{}/evidence", id(&stored))).await;
        assert_eq!((none.status, none.json()["reason"].as_str()), (404, Some("not-found")));
        let stranger = service.client_with(&AUTHORITY.p256).await;
        let path = format!("/api/v1/documents/{}/evidence", id(&answer));
        assert_eq!(stranger.get(&path).await.without_request_id(), none.without_request_id());
        for path in ["/api/v1/documents/x/evidence", "/api/v1/evidence?documentExternalReference=x"]
        {
            assert_eq!(client.get(path).await.status, 404, "{path}");
        }
        assert_eq!(client.get("/api/v1/evidence").await.status, 400);
        service.stop().await;
    });
}

/// The authority's certificate ends after thirty days: the record is renewed in time, again and again, and proves the
/// first day when nothing but the record is there.
#[test]
fn records_are_renewed_by_time_and_by_hash() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = service.client_with(&AUTHORITY.p256).await;
        let mark = unique("renewed");
        let mut wish = preserved(&mark, 3);
        let pdf = std::fs::read("samples/pdf/invoice.pdf").unwrap();
        let mut one = document(&format!("{mark}/pdf"), pdf);
        one["documentRequest"]["contentType"] = json!("application/pdf");
        one["signatureInfo"] = json!({ "signatureType": "PAdES" });
        wish["documents"].as_array_mut().unwrap().push(one);
        let answer = client.sign(&wish).await.good();
        days.pass(1);
        look(&service).await;
        let later = client.at(&service.base).await;
        let first = days.report(&record(&later, &answer, 0).await, &sealed(&answer, 0));
        passes(&first, &[1]);
        // The same timestamp in XML, of what is no XML.
        let xml = record_in_xml(&later, &answer, 3).await;
        assert_eq!((xml.status, xml.header("content-type")), (200, "application/xml"));
        assert!(xml.header("content-disposition").contains(".ers.xml"));
        assert!(xml.text().contains("urn:ietf:params:xml:ns:ers"), "{}", xml.text());
        let in_xml = days.report(&xml.body, &sealed(&answer, 3));
        passes(&in_xml, &[1]);
        assert_eq!(in_xml, days.report(&record(&later, &answer, 3).await, &sealed(&answer, 3)));
        only_in_der(&later, &answer, 0, "the document is XML").await;
        let reference = crate::support::client::encode(&format!("{mark}/pdf"));
        let path = format!("/api/v1/evidence?documentExternalReference={reference}&format=");
        assert_eq!(later.get(&format!("{path}xml")).await.body, xml.body);
        for path in [format!("{path}pdf"), format!("{path}xml&format=xml")] {
            assert_eq!(later.get(&path).await.status, 400, "{path}");
        }
        look(&service).await;
        assert_eq!(days.world.tsa.seen().len(), 1, "it is not due in the first half of its life");
        days.pass(16);
        look(&service).await;
        look(&service).await;
        assert_eq!(days.world.tsa.seen().len(), 2);
        let client = client.at(&service.base).await;
        for position in 0..3 {
            let record = record(&client, &answer, position).await;
            let report = days.report(&record, &sealed(&answer, position));
            passes(&report, &[2]);
            assert_eq!(report.proven_time, first.proven_time);
        }
        only_in_der(&client, &answer, 3, "it was renewed").await;
        let setup = Setup::same_database(&service);
        service.stop().await;

        // By another calendar SHA-256 ends soon.
        let mut setup = days.setup(setup);
        let folder = tempfile::tempdir().unwrap();
        let calendar = folder.path().join("calendar.toml");
        let end = days.now().plus_ms(20 * DAY_MS).to_rfc3339();
        let text = format!(
            "name = \"soon\"\n[[row]]\nwhat = \"digest\"\nname = \"SHA256\"\nuntil = {}\nsource = \"a \
             test\"\nseen = 2026-11-01\n",
            &end[..10]
        );
        std::fs::write(&calendar, text).unwrap();
        setup.config.algorithms.calendar = calendar;
        let service = setup.start().await;
        days.pass(8);
        look(&service).await;
        let client = client.at(&service.base).await;
        for position in 0..3 {
            let record = record(&client, &answer, position).await;
            let report = days.report(&record, &sealed(&answer, position));
            passes(&report, &[2, 1]);
            assert_eq!(report.chains[1].digest, "SHA384");
            assert_eq!(report.proven_time, first.proven_time);
        }
        service.stop().await;
    });
}

/// Of two processes one asks; and when another one took over while it waited for the timestamp, it writes nothing, and
/// the other one finds everything it needs.
#[test]
fn one_process_has_the_turn() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = service.client_with(&AUTHORITY.p256).await;
        let answer = client.sign(&preserved(&unique("turn"), 2)).await.good();
        let second = days.setup(Setup::same_database(&service)).start().await;
        days.pass(1);
        let clock = Arc::clone(&days.clock);
        let database = service.database.clone();
        let handle = tokio::runtime::Handle::current();
        days.world.tsa.answers(move |query| {
            // Whoever asked seems to have ended.
            handle.block_on(take_turn(&database));
            TsaReply::good_at(query, Instant::from_unix_ms(clock.load(Ordering::Relaxed)))
        });
        let overtaken = EvidenceKeeper::default().look(&service.app).await;
        assert!(overtaken.is_err(), "another one has the turn");
        days.comes_back();
        tokio::join!(look(&service), look(&second));
        assert_eq!(days.world.tsa.seen().len(), 2, "one that was lost, and one");
        let client = client.at(&second.base).await;
        for position in 0..2 {
            let record = record(&client, &answer, position).await;
            passes(&days.report(&record, &sealed(&answer, position)), &[1]);
        }
        second.stop().await;
        service.stop().await;
    });
}

async fn take_turn(database: &str) {
    let pool = sqlx::AnyPool::connect(database).await.unwrap();
    let sql = "UPDATE preservation_turn SET turn = turn + 1, until_ms = 0";
    sqlx::query(sql).execute(&pool).await.unwrap();
    pool.close().await;
}

//! Usage by month and how it went day by day: numbers are those of what was done, within what somebody sees.

use chancery::domain::calendar_month::CalendarMonth;
use chancery::domain::delivery::{Tried, Verdict};
use chancery::domain::ids::EventId;
use chancery::domain::instant::Instant;
use chancery::domain::outbox::Next;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::workflow::months::last;
use serde_json::json;
use sqlx::AnyPool;

use super::{House, Tab, between};
use crate::store::{migrated_to, sqlite, store};
use crate::support::client::{Client, document, request};
use crate::support::outbox::lease_due_mails;
use crate::support::postgres::Postgres;
use crate::support::service::{run, unique};

async fn page(tab: &mut Tab, path: &str) -> String {
    let answer = tab.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text().to_owned()
}

/// An operation with two good documents and a bad one, and two mails: one is sent, the other given up.
async fn operation(house: &House, client: &Client) {
    let reference = unique("usage");
    let of = |number: u8| format!("{reference}/{number}");
    let documents =
        [document(&of(1), "<a/>"), document(&of(2), "<b/>"), document(&of(3), "<broken")];
    let mut wish = request(&reference, documents);
    wish["preservationInfo"] = json!({
        "preserveContent": false,
        "deliveryInfo": { "attachDocuments": false, "personReceiver": [
            { "email": "good@acme.example" }, { "email": "bad@acme.example" },
        ] },
    });
    let answer = client.sign(&wish).await.good();
    assert_eq!(answer["status"], "EXECUTED", "{answer}");
    let (app, steady) = (&house.service.app, house.service.app.steady_now());
    let due = lease_due_mails(&app.store, (steady, steady.plus_ms(60_000))).await;
    assert_eq!(due.len(), 2);
    let leases: Vec<_> = due.iter().map(|(lease, _)| *lease).collect();
    app.store.begin_attempts(&leases, app.now()).await.unwrap();
    for ((lease, mail), sent) in due.into_iter().zip([true, false]) {
        let (verdict, next) =
            if sent { (Verdict::Accepted, Next::Sent) } else { (Verdict::Never, Next::Failed) };
        let tried = Tried::new(verdict, "rcpt", "words");
        let event = EventId::from_i64(mail.id.as_i64());
        app.store.record_try(lease, &tried, &next, event, app.now()).await.unwrap();
        // Recorded again it is counted once.
        app.store.record_try(lease, &tried, &next, event, app.now()).await.unwrap();
    }
}

/// The cells of a row of a table, behind its heading.
fn row(page: &str, heading: &str) -> Vec<String> {
    let rows = page.split("<tr>").filter(|row| row.contains(&format!(">{heading}<")));
    let cells = rows.last().unwrap_or_else(|| panic!("no {heading} in {page}"));
    cells.split("<td>").skip(1).map(|cell| cell.split("</td>").next().unwrap().to_owned()).collect()
}

#[test]
fn a_month_is_counted_shown_and_saved_within_what_somebody_sees() {
    run(async {
        let house = House::with(|setup| setup.delivers = false).await;
        let (one, two) = (house.service.client().await, house.service.client().await);
        operation(&house, &one).await;
        operation(&house, &one).await;
        operation(&house, &two).await;
        let mut all = house.administrator().await.tab;
        let of = house.service.app.reader.client_service_by_alias(&one.alias).await.unwrap();
        let sight = Sight::Of { companies: Vec::new(), client_services: vec![of.unwrap().id] };
        let mut some = house.somebody(Role::Issuer, Rights::Viewer, sight).await.tab;
        let now = house.service.app.now();
        let month = CalendarMonth::of(now);
        // From the search box: Usage in the menu, and the file.
        let first = page(&mut all, "/office").await;
        assert!(first.contains("href=\"/office/usage\"") || first.contains("/office/usage\">"));
        let shown = page(&mut all, "/office/usage").await;
        assert!(
            shown.contains(&format!("/office/usage.csv?month={}\"", month.to_text())),
            "{shown}"
        );
        let before = month.previous().to_text();
        assert!(shown.contains(&format!("/office/usage.csv?month={before}\"")), "{shown}");
        assert_eq!(row(&shown, &one.alias)[1..], ["4", "2", "2", "0", "2", "2"], "{shown}");
        assert_eq!(row(&shown, &two.alias)[1..], ["2", "1", "1", "0", "1", "1"], "{shown}");
        assert_eq!(row(&shown, "All")[1..], ["6", "3", "3", "0", "3", "3"], "{shown}");
        let own = page(&mut some, "/office/usage").await;
        assert!(!own.contains(&two.alias), "{own}");
        assert_eq!(row(&own, "All")[1..], ["4", "2", "2", "0", "2", "2"], "{own}");
        let csv = page(&mut some, &format!("/office/usage.csv?month={}", month.to_text())).await;
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 2, "{csv}");
        assert!(lines[0].starts_with("month,company,vat_number,client_service,"), "{csv}");
        assert!(lines[1].ends_with(&format!(",{},4,2,2,0,2,2", one.alias)), "{csv}");
        let none = page(&mut all, "/office/usage?month=2001-01").await;
        assert!(none.contains("Nothing was done in this month"), "{none}");
        for wrong in ["2026-13", "x", "2026-1", "+026-01"] {
            let answer =
                all.get(&format!("/office/usage?month={}", wrong.replace('+', "%2B"))).await;
            assert_eq!(answer.status, 422, "{wrong}");
        }
        house.service.stop().await;
    });
}

/// The picture is drawn here and needs no script; the table beside it has its numbers.
#[test]
fn how_it_went_is_a_picture_and_a_table() {
    run(async {
        let house = House::with(|setup| setup.delivers = false).await;
        let client = house.service.client().await;
        operation(&house, &client).await;
        house.pass(24 * 3_600_000);
        // The access token of yesterday is good no more.
        let client = house.service.client().await;
        operation(&house, &client).await;
        operation(&house, &client).await;
        let mut tab = house.administrator().await.tab;
        let shown = page(&mut tab, "/office/dashboard").await;
        let now = house.service.app.now();
        let day = |at: Instant| at.to_rfc3339().chars().take(10).collect::<String>();
        assert_eq!(row(&shown, &day(now)), ["4", "2", "2", "0", "2", "2"], "{shown}");
        let yesterday = now.plus_ms(-24 * 3_600_000);
        assert_eq!(row(&shown, &day(yesterday)), ["2", "1", "1", "0", "1", "1"], "{shown}");
        assert_eq!(row(&shown, &day(now.plus_ms(-72 * 3_600_000))), ["0"; 6], "{shown}");
        let days = between(&shown, "aria-labelledby=\"days-title\"", "</svg>");
        // Four and two of six, two and one of six, of 140.
        for height in [93, 46, 23] {
            assert!(days.contains(&format!("height=\"{height}\"")), "{height}: {days}");
        }
        assert_eq!(days.matches("<rect").count(), 4, "{days}");
        assert!(!days.contains("style=") && !shown.contains("<script>"), "{shown}");
        assert!(shown.contains("The highest is 6."), "{shown}");
        let months = between(&shown, "aria-labelledby=\"months-title\"", "</svg>");
        assert!(months.contains("<rect"), "{months}");
        house.service.stop().await;
    });
}

#[test]
fn months_follow_each_other() {
    let month = |text: &str| CalendarMonth::parse(text).unwrap();
    assert_eq!(month("2026-12").next(), month("2027-01"));
    assert_eq!(month("2026-01").previous(), month("2025-12"));
    let (from, until) = month("2028-02").days();
    assert_eq!(until - from, 29);
    assert_eq!(CalendarMonth::of(month("2026-11").begins()), month("2026-11"));
    assert_eq!(CalendarMonth::of(month("2026-11").begins().plus_ms(-1)), month("2026-10"));
    let last = last(month("2026-02").begins());
    assert_eq!((last.len(), last[0], last[11]), (12, month("2026-02"), month("2025-03")));
    for wrong in ["", "2026", "2026-00", "1999-01", "9999-12", "2026-011", "-026-01", "2026-1-"] {
        assert_eq!(CalendarMonth::parse(wrong), None, "{wrong}");
    }
}

/// What an earlier release sent is counted when the tables are brought up to date.
#[test]
fn mails_of_before_are_counted() {
    async fn counted(url: String) {
        let pool: AnyPool = migrated_to(&url, 41).await;
        let der = if url.starts_with("sqlite") { "X'00'" } else { "'\\x00'" };
        let sql = format!(
            "INSERT INTO company (id, name, vat_number, country_code, status, created_ms)
                 VALUES (1, 'ACME', '505767451', 'PRT', 'ACTIVE', 0);
             INSERT INTO credential (id, alias, backend, chain_der, status, created_ms)
                 VALUES (7, 'c', 'hsm', {der}, 'ACTIVE', 0);
             INSERT INTO client_service (id, alias, issuer_id, credential_id, status,
                 document_references, created_ms) VALUES (3, 'a', 1, 7, 'ACTIVE', 'UNIQUE', 0);
             INSERT INTO message (id, channel, kind, client_service_id, position, attach,
                 links_only, status, leases, tries, created_ms, ended_ms)
             VALUES (1, 'MAIL', 'TEST', 3, 0, 0, 0, 'SENT', 1, 0, 0, 86400000),
                    (2, 'MAIL', 'TEST', 3, 0, 0, 0, 'RECEIVED', 2, 1, 0, 172799999),
                    (3, 'MAIL', 'TEST', 3, 0, 0, 0, 'SENDING_FAILED', 1, 1, 0, 86400001),
                    (4, 'MAIL', 'TEST', 3, 0, 0, 0, 'SENDING_FAILED', 0, 0, 0, 86400001),
                    (5, 'WEBHOOK', 'EVENT', 3, 0, 0, 0, 'SENT', 1, 0, 0, 86400000),
                    (6, 'MAIL', 'ALARM', NULL, 0, 0, 0, 'SENT', 1, 0, 0, 86400000),
                    (7, 'MAIL', 'TEST', 3, 0, 0, 0, 'SENDING_ERROR', 1, 1, 0, NULL)"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;
        let store = store(url).await;
        let all = chancery::domain::scope::ServiceSet::All;
        let counted = store.reports().counted_by_day(&all, (0, 10)).await.unwrap();
        let mails: Vec<_> =
            counted.iter().map(|(day, it)| (*day, it.mails_sent, it.mails_failed)).collect();
        assert_eq!(mails, [(1, 2, 1)]);
        store.close().await;
    }
    run(async {
        let (folder, url) = sqlite();
        counted(url).await;
        drop(folder);
        let server = Postgres::start();
        counted(server.url()).await;
        drop(server);
    });
}

//! Operations on pages: found, shown, sent again; what a person does not see does not exist, and nothing that a client
//! wrote runs.

use chancery::domain::person::{Rights, Role, Sight};
use chancery::domain::scope::Scope;
use serde_json::{Value, json};

use super::{House, Tab, between};
use crate::support::client::{Client, document, request, sealed};
use crate::support::service::unique;

const INVOICE: &str = include_str!("../../../samples/invoice-peppol-25-lines/input.xml");

/// A sealed operation with a receiver; its reference, number and answer.
async fn operation(client: &Client, receiver: &str) -> (String, String, Value) {
    let reference = unique("FT 2026/1");
    let mut wish = request(&reference, [document(&reference, INVOICE)]);
    wish["preservationInfo"] = json!({
        "preserveContent": false,
        "deliveryInfo": { "attachDocuments": false, "personReceiver": [{ "email": receiver }] },
    });
    let answer = client.sign(&wish).await.good();
    assert_eq!(answer["status"], "EXECUTED", "{answer}");
    (reference, answer["id"].to_string(), answer)
}

/// A form that a page has, by what it does: the number that was drawn for it.
fn act_of(page: &str) -> String {
    between(page, "name=\"act\" value=\"", "\"").to_owned()
}

async fn page(tab: &mut Tab, path: &str) -> String {
    let answer = tab.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_leads_to_what_happened_and_to_its_files() {
    let house = House::new().await;
    let client = house.service.client().await;
    let (reference, id, answer) = operation(&client, "buyer@acme.example").await;
    let mut tab = house.administrator().await.tab;
    let first = page(&mut tab, "/office").await;
    assert!(
        first.contains("Operations with a seal") && first.contains("no alarm is open"),
        "{first}"
    );
    for typed in [reference.as_str(), "buyer%40acme", &id] {
        let found = page(&mut tab, &format!("/office?find={}", typed.replace(' ', "+"))).await;
        assert!(found.contains(&format!("/office/operations/{id}\"")), "{typed}: {found}");
    }
    let nothing = page(&mut tab, "/office?find=nothing-like-that").await;
    assert!(nothing.contains("Nothing of what you see"), "{nothing}");
    let list = page(&mut tab, "/office/operations?state=EXECUTED").await;
    assert!(list.contains(&reference), "{list}");
    let csv = page(&mut tab, "/office/operations.csv?state=EXECUTED").await;
    assert!(csv.starts_with("operation,") && csv.contains(&reference), "{csv}");
    let none = page(&mut tab, "/office/operations?state=EXECUTION_FAILED").await;
    assert!(none.contains("No operation is like that"), "{none}");
    let wrong = tab.get("/office/operations?state=SEALED").await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(
        wrong.text().contains("&#39;state&#39; must be a state of operations"),
        "{}",
        wrong.text()
    );

    let shown = page(&mut tab, &format!("/office/operations/{id}")).await;
    for words in ["1 of 1 sealed", "buyer@acme.example", "the key asked", "Ended: Sealed"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let file = tab.get(&format!("/office/operations/{id}/files/1")).await;
    assert_eq!((file.status, &file.body), (200, &sealed(&answer, 0)));
    let view = page(&mut tab, &format!("/office/operations/{id}/files/1/view")).await;
    assert!(view.contains("Norrland Verktyg AB"), "{view}");
    assert_eq!(tab.get(&format!("/office/operations/{id}/files/2")).await.status, 404);
    house.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_corrected_once_however_often_the_form_comes() {
    let house = House::new().await;
    let client = house.service.client().await;
    let (_, id, _) = operation(&client, "wrong@acme.example").await;
    let mut tab = house.administrator().await.tab;
    let path = format!("/office/operations/{id}");
    let act = act_of(&page(&mut tab, &path).await);
    let fields = [
        ("do", "resend"),
        ("act", act.as_str()),
        ("address", "wrong@acme.example"),
        ("instead", "right@acme.example"),
        ("add", ""),
    ];
    for _ in 0..2 {
        let answer = tab.send(&path, &fields).await;
        let place = answer.header("location").to_owned();
        assert_eq!(
            (answer.status, place),
            (303, format!("{path}?done=resend")),
            "{}",
            answer.text()
        );
    }
    let mails = house.service.app.reader.mails_of(id.parse().unwrap()).await.unwrap();
    assert_eq!(mails.len(), 2, "{mails:?}");
    assert!(mails[0].link_revoked.is_some() && mails[1].link_revoked.is_none(), "{mails:?}");
    let shown = page(&mut tab, &path).await;
    assert!(shown.contains("right@acme.example") && shown.contains("By Ana Sousa"), "{shown}");

    let nobody = [("do", "resend"), ("act", act.as_str()), ("add", "")];
    let answer = tab.send(&path, &nobody).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let wrong = [("do", "resend"), ("act", act.as_str()), ("add", "nobody")];
    let answer = tab.send(&path, &wrong).await;
    assert!(answer.text().contains("nobody is no mail address"), "{}", answer.text());

    let unknown = tab.send(&path, &[("do", "seal"), ("act", act.as_str())]).await;
    assert_eq!(unknown.status, 422, "{}", unknown.text());

    let act = act_of(&page(&mut tab, &path).await);
    let answer = tab.send(&path, &[("do", "close"), ("act", act.as_str())]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let mails = house.service.app.reader.mails_of(id.parse().unwrap()).await.unwrap();
    assert!(mails.iter().all(|mail| mail.link_revoked.is_some()), "{mails:?}");
    house.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_does_not_see_does_not_exist() {
    let house = House::new().await;
    let (own, other) = (house.service.client().await, house.service.client().await);
    let (_, mine, _) = operation(&own, "buyer@acme.example").await;
    let (reference, id, _) = operation(&other, "buyer@acme.example").await;
    let service =
        house.service.app.reader.client_service_by_alias(&own.alias).await.unwrap().unwrap();
    let sight = Sight::Of { companies: Vec::new(), client_services: vec![service.id] };
    let mut tab = house.somebody(Role::Issuer, Rights::Operator, sight.clone()).await.tab;
    page(&mut tab, &format!("/office/operations/{mine}")).await;
    for path in ["", "/files/1", "/files/1/view", "/files/1/pages"] {
        let answer = tab.get(&format!("/office/operations/{id}{path}")).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    for path in ["/office?find=buyer", "/office/operations", "/office/operations.csv"] {
        let text = page(&mut tab, path).await;
        assert!(
            text.contains(&mine) && !text.contains(&id) && !text.contains(&reference),
            "{text}"
        );
    }
    let act = act_of(&page(&mut tab, &format!("/office/operations/{mine}")).await);
    let fields = [("do", "close"), ("act", act.as_str())];
    let answer = tab.send(&format!("/office/operations/{id}"), &fields).await;
    assert_eq!(answer.status, 404, "{}", answer.text());
    let mails = house.service.app.reader.mails_of(id.parse().unwrap()).await.unwrap();
    assert!(mails.iter().all(|mail| mail.link_revoked.is_none()), "{mails:?}");

    // Who only looks has no forms, and sends none.
    let mut viewer = house.somebody(Role::Issuer, Rights::Viewer, sight).await.tab;
    let shown = page(&mut viewer, &format!("/office/operations/{mine}")).await;
    assert!(!shown.contains("name=\"act\""), "{shown}");
    let answer = viewer.send(&format!("/office/operations/{mine}"), &fields).await;
    assert_eq!(answer.status, 404, "{}", answer.text());
    let found =
        house.service.app.reader.operation(Scope::Installation, mine.parse().unwrap()).await;
    assert!(found.unwrap().is_some());
    house.service.stop().await;
}

/// Whatever a client can write stands on pages as text.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_client_wrote_is_more_than_text() {
    let house = House::new().await;
    let client = house.service.client().await;
    let evil = "\"><img src=x onerror=alert(1)>'{{7*7}}";
    let reference = format!("{}{evil}", unique("evil"));
    let mut wish = request(&reference, [document(&reference, INVOICE)]);
    wish["description"] = json!(evil);
    wish["documents"][0]["documentRequest"]["name"] = json!(format!("{evil}.xml"));
    let answer = client.sign(&wish).await.good();
    let id = answer["id"].to_string();
    let mut tab = house.administrator().await.tab;
    for path in [
        "/office?find=evil".to_owned(),
        "/office?find=%22%3E%3Cimg+src%3Dx%3E".to_owned(),
        "/office/operations".to_owned(),
        "/office/operations?receiver=%22%3E%3Cimg%40x.example&error=%3Cimg".to_owned(),
        format!("/office/operations/{id}"),
        format!("/office/operations/{id}?done=%3Cimg&from=%3Cimg"),
        format!("/office/operations/{id}/files/1/view"),
    ] {
        let answer = tab.get(&path).await;
        assert!(!answer.text().contains("<img"), "{path}: {}", answer.text());
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
    let csv = page(&mut tab, "/office/operations.csv").await;
    assert!(csv.contains("evil"), "{csv}");
    house.service.stop().await;
}

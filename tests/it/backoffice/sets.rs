//! Sets on pages: counted, wanted, agreed to by a second person, done, and told of what could not be done.

use chancery::domain::client_service::Timestamps;
use chancery::domain::delivery::{Tried, Verdict};
use chancery::domain::ids::EventId;
use chancery::domain::outbox::Next;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::workflow::bulk::run_due;
use chancery_testing::tsa_server::TsaServer;
use serde_json::json;

use super::{House, Tab, between};
use crate::support::client::{Client, document, request, small};
use crate::support::outbox::lease_due_mails;
use crate::support::service::{run, unique};
use crate::timestamps::{authority, client, stamped};

async fn page(tab: &mut Tab, path: &str) -> String {
    let answer = tab.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text().to_owned()
}

/// Sends the form of a page that does this, as a browser would. Where it leads.
async fn press(tab: &mut Tab, page: &str, doing: &str) -> String {
    let end = format!("name=\"do\" value=\"{doing}\"");
    let at = page.find(&end).unwrap_or_else(|| panic!("no {doing} in {page}"));
    let form = &page[page[..at].rfind("<form").unwrap()..at];
    let action = between(form, "action=\"", "\"");
    let act = between(form, "name=\"act\" value=\"", "\"");
    let mut fields = vec![("do", doing), ("act", act)];
    let choice = form.contains("name=\"choice\"").then(|| {
        between(form, "name=\"choice\" value=\"", "\"").replace("&#38;", "&").replace("&amp;", "&")
    });
    fields.extend(choice.as_deref().map(|choice| ("choice", choice)));
    let path = format!("/office{}", action.split_once("/office").unwrap().1);
    let answer = tab.send(&path, &fields).await;
    // The same form once more changes nothing.
    let again = tab.send(&path, &fields).await;
    assert_eq!(answer.status, 303, "{doing}: {}", answer.text());
    assert_eq!(again.status, 303, "{doing}: {}", again.text());
    answer.header("location").to_owned()
}

/// A fact of a page, by its name.
fn fact(page: &str, name: &str) -> String {
    between(page, &format!("<dt>{name}</dt><dd>"), "</dd>").to_owned()
}

/// Operations whose only mail was given up; the references.
pub(super) async fn lost(house: &House, client: &Client, many: usize) -> Vec<String> {
    let mut references = Vec::new();
    for _ in 0..many {
        let reference = unique("lost");
        let mut wish = request(&reference, [document(&reference, "<a/>")]);
        wish["preservationInfo"] = json!({
            "preserveContent": false,
            "deliveryInfo": { "attachDocuments": false,
                              "personReceiver": [{ "email": format!("{reference}@acme.example") }] },
        });
        let answer = client.sign(&wish).await.good();
        assert_eq!(answer["status"], "EXECUTED", "{answer}");
        references.push(reference);
    }
    let (app, steady) = (&house.service.app, house.service.app.steady_now());
    let due = lease_due_mails(&app.store, (steady, steady.plus_ms(60_000))).await;
    assert_eq!(due.len(), many);
    let leases: Vec<_> = due.iter().map(|(lease, _)| *lease).collect();
    app.store.begin_attempts(&leases, app.now()).await.unwrap();
    for (lease, mail) in due {
        let tried = Tried::new(Verdict::Never, "rcpt", "550 5.1.1 nobody");
        let event = EventId::from_i64(mail.id.as_i64());
        app.store.record_try(lease, &tried, &Next::Failed, event, app.now()).await.unwrap();
    }
    house.pass(1000);
    references
}

async fn quiet_house(approval_above: u32) -> House {
    House::with(|setup| {
        setup.delivers = false;
        setup.config.bulk.approval_above = approval_above;
    })
    .await
}

/// Three steps from the search box, and what waited for a time-stamp authority is sealed.
#[test]
fn a_batch_is_tried_again_in_three_steps_from_the_search_box() {
    run(async {
        let server = TsaServer::start();
        let house = House::with(|setup| {
            setup.config.workflow.retry_ladder_ms = vec![3_600_000];
            setup.config.timestamp.rest_ms = 1;
            setup.config.timestamp.rest_at_most_ms = 1;
            let authority = authority(&server.url(), "");
            setup.config.timestamp.authorities.insert("first".to_owned(), authority);
        })
        .await;
        let client = client(&house.service, Timestamps::Wait).await;
        server.goes_away();
        let mut references = Vec::new();
        for _ in 0..3 {
            let reference = unique("waits");
            let answer = client.sign(&stamped(small(&reference))).await.good();
            assert_eq!(answer["status"], "EXECUTION_ERROR", "{answer}");
            references.push(reference);
        }
        server.comes_back();
        house.pass(1000);
        let mut tab = house.administrator().await.tab;
        let first = page(&mut tab, "/office").await;
        let list = between(&first, "/office/operations?state=EXECUTION_ERROR\"", "</a>");
        assert!(list.ends_with(">3"), "{list}");
        // One: the list. Two: all of these. Three: do it.
        let list = page(&mut tab, "/office/operations?state=EXECUTION_ERROR").await;
        let set = press(&mut tab, &list, "retry").await;
        let counted = page(&mut tab, &set).await;
        assert_eq!(fact(&counted, "Operations that are tried again"), "3", "{counted}");
        assert!(counted.contains("Waits for its next try"), "{counted}");
        for reference in &references {
            assert!(counted.contains(reference), "{reference} in {counted}");
        }
        press(&mut tab, &counted, "confirm").await;
        assert!(page(&mut tab, &set).await.contains("hx-trigger=\"every 2s\""));
        assert_eq!(run_due(&house.service.app).await.unwrap(), 1);
        for reference in &references {
            let body = client.finished(reference).await;
            assert_eq!(body["status"], "EXECUTED", "{body}");
        }
        let done = page(&mut tab, &set).await;
        assert!(!done.contains("hx-trigger"), "{done}");
        assert_eq!((fact(&done, "State"), fact(&done, "Done")), ("Done".into(), "3".into()));
        let all = page(&mut tab, "/office/sets").await;
        assert_eq!(all.matches("/office/sets/").count(), 1, "{all}");
        house.service.stop().await;
    });
}

#[test]
fn what_was_counted_is_sent_again_and_what_could_not_be_says_why() {
    run(async {
        let house = quiet_house(100).await;
        let client = house.service.client().await;
        let references = lost(&house, &client, 3).await;
        let mut tab = house.administrator().await.tab;
        let list = page(&mut tab, "/office/operations?delivery=SENDING_FAILED").await;
        let (one, two) =
            (press(&mut tab, &list, "resend").await, page(&mut tab, "/office/operations").await);
        let two = press(&mut tab, &two, "resend").await;
        // What comes later is in neither of them.
        lost(&house, &client, 1).await;
        let counted = page(&mut tab, &one).await;
        assert_eq!(fact(&counted, "Mails that are sent again"), "3", "{counted}");
        assert_eq!(fact(&counted, "Of so many operations"), "3", "{counted}");
        assert!(counted.contains("<li>Mail: Not delivered</li>"), "{counted}");
        assert!(!counted.contains("hx-trigger"), "{counted}");
        press(&mut tab, &counted, "confirm").await;
        let running = page(&mut tab, &one).await;
        assert_eq!(fact(&running, "Still to do"), "3", "{running}");
        assert!(running.contains("hx-trigger=\"every 2s\"") && running.contains("Look again"));
        assert_eq!(run_due(&house.service.app).await.unwrap(), 1);
        let done = page(&mut tab, &one).await;
        assert_eq!((fact(&done, "Done"), fact(&done, "Not done")), ("3".into(), "0".into()));
        // The other one counted the same mails: nobody gets two.
        let counted = page(&mut tab, &two).await;
        assert!(counted.contains("Everything you see"), "{counted}");
        press(&mut tab, &counted, "confirm").await;
        assert_eq!(run_due(&house.service.app).await.unwrap(), 1);
        let done = page(&mut tab, &two).await;
        assert_eq!((fact(&done, "Done"), fact(&done, "Not done")), ("0".into(), "3".into()));
        assert!(done.contains("Another mail to this receiver was asked for meanwhile"), "{done}");
        for reference in &references {
            assert!(done.contains(reference), "{reference} in {done}");
        }
        for words in ["Said that it is to be done", "Ana Sousa"] {
            assert!(done.contains(words), "{words} in {done}");
        }
        house.service.stop().await;
    });
}

#[test]
fn above_the_threshold_a_second_person_agrees_or_refuses_having_shown_who_it_is() {
    run(async {
        let house = quiet_house(2).await;
        let client = house.service.client().await;
        lost(&house, &client, 3).await;
        let ana = house.administrator().await;
        let mut first = ana.tab;
        let of = house.service.app.reader.client_service_by_alias(&client.alias).await.unwrap();
        let sight = Sight::Of { companies: Vec::new(), client_services: vec![of.unwrap().id] };
        let partner = house.somebody(Role::Partner, Rights::Operator, sight).await;
        let other = house.service.client().await;
        let of = house.service.app.reader.client_service_by_alias(&other.alias).await.unwrap();
        let sight = Sight::Of { companies: Vec::new(), client_services: vec![of.unwrap().id] };
        let mut stranger = house.somebody(Role::Partner, Rights::Operator, sight).await.tab;
        let mut auditor =
            house.somebody(Role::Auditor, Rights::Viewer, Sight::Everything).await.tab;
        let mut second = partner.tab.clone();
        for (step, end) in [("refuse", "Cancelled"), ("agree", "Running")] {
            let list = page(&mut first, "/office/operations").await;
            let set = press(&mut first, &list, "resend").await;
            let counted = page(&mut first, &set).await;
            assert!(counted.contains("It is more than 2"), "{counted}");
            press(&mut first, &counted, "confirm").await;
            assert_eq!(run_due(&house.service.app).await.unwrap(), 0, "nobody agreed");
            let own = page(&mut first, &set).await;
            assert!(own.contains("somebody else has to agree"), "{own}");
            assert!(!own.contains("/approval"), "{own}");
            // Who counted it does not agree, whatever is sent.
            let act = between(&own, "name=\"act\" value=\"", "\"").to_owned();
            let fields = [("do", "agree"), ("act", act.as_str())];
            let refused = first.send(&format!("{set}/approval"), &fields).await;
            // The second time it would have to show who it is.
            let status = if step == "refuse" { 422 } else { 303 };
            assert_eq!(refused.status, status, "{}", refused.text());
            // Who looks only sees it and does nothing; who sees nothing of it does not see that it is.
            let looked = page(&mut auditor, &set).await;
            assert!(!looked.contains("name=\"do\"") && !looked.contains("/approval"), "{looked}");
            assert_eq!(auditor.get(&format!("{set}/approval")).await.status, 404);
            assert_eq!(stranger.get(&set).await.status, 404);
            assert!(!page(&mut stranger, "/office/sets").await.contains("/office/sets/"));
            // The second person shows who it is first.
            house.pass(6 * 60_000);
            let link = page(&mut second, &set).await;
            assert!(link.contains(&format!("{set}/approval\"")), "{link}");
            let asked = second.get(&format!("{set}/approval")).await;
            let prove = asked.header("location").to_owned();
            assert!(prove.starts_with("/office/prove?next="), "{prove}");
            second.get(&prove).await;
            let code = partner.next_code(&house);
            let fields = [("password", super::PASSWORD), ("code", code.as_str())];
            let proved = second.send(&prove, &fields).await;
            assert_eq!(proved.header("location"), format!("{set}/approval"), "{}", proved.text());
            let decides = page(&mut second, &format!("{set}/approval")).await;
            press(&mut second, &decides, step).await;
            let ended = page(&mut first, &set).await;
            assert_eq!(fact(&ended, "State"), end, "{ended}");
            let more = usize::from(step == "agree");
            assert_eq!(run_due(&house.service.app).await.unwrap(), more);
            first.get("/office").await;
        }
        house.service.stop().await;
    });
}

#[test]
fn a_set_is_cancelled_and_more_than_is_done_at_once_is_not_counted() {
    run(async {
        let house = House::with(|setup| {
            setup.delivers = false;
            setup.config.bulk.most = 2;
        })
        .await;
        let client = house.service.client().await;
        lost(&house, &client, 2).await;
        let mut tab = house.administrator().await.tab;
        let list = page(&mut tab, "/office/operations").await;
        let set = press(&mut tab, &list, "resend").await;
        let counted = page(&mut tab, &set).await;
        press(&mut tab, &counted, "confirm").await;
        let running = page(&mut tab, &set).await;
        press(&mut tab, &running, "cancel").await;
        let ended = page(&mut tab, &set).await;
        assert_eq!(fact(&ended, "State"), "Cancelled", "{ended}");
        assert!(!ended.contains("name=\"do\""), "{ended}");
        assert_eq!(run_due(&house.service.app).await.unwrap(), 0);
        lost(&house, &client, 1).await;
        let list = page(&mut tab, "/office/operations").await;
        let act = between(&list, "name=\"act\" value=\"", "\"").to_owned();
        let refused = tab.send("/office/sets", &[("do", "resend"), ("act", &act)]).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.text().contains("more than is done at once (2)"), "{}", refused.text());
        // A form that says nothing that is done counts nothing.
        let refused = tab.send("/office/sets", &[("do", "burn"), ("act", "1")]).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        // Of a choice that cannot be read nothing is offered.
        let wrong = tab.get("/office/operations?state=SEALED").await;
        assert!(!wrong.text().contains("name=\"choice\""), "{}", wrong.text());
        house.service.stop().await;
    });
}

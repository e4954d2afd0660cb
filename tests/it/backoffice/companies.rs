//! Companies on pages: found, given client services, suspended; what is not seen does not exist, and no name is more than
//! text.

use chancery::domain::audit::{AuditAction, AuditSubject};
use chancery::domain::client_service::{
    Alias, ClientService, DocumentReferences, Lint, Timestamps,
};
use chancery::domain::level::Level;
use chancery::domain::pades::ActiveContent;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::domain::visible::CoordinateOrigin;
use chancery::workflow::client_services::{self, NewClientService};

use super::client_services::{act_of, page, works};
use super::{House, between};
use crate::support::service::{run, unique};

/// A client service of a company of its own.
async fn of_company(house: &House, name: &str, vat_number: &str) -> (ClientService, String) {
    use secrecy::ExposeSecret as _;
    let new = NewClientService {
        alias: Some(Alias::parse(&unique("of")).unwrap()),
        issuer_name: name.to_owned(),
        issuer_vat: vat_number.to_owned(),
        issuer_country: "PRT".to_owned(),
        credential: None,
        document_references: DocumentReferences::Unique,
        profile: None,
        allow_sha1: false,
        lint: Lint::None,
        signature_template: None,
        active_content: ActiveContent::Warn,
        coordinate_origin: CoordinateOrigin::TopLeft,
        level: Level::B,
        timestamps: Timestamps::Refuse,
        language: None,
    };
    let (service, secret) = client_services::create(&house.service.app, new).await.unwrap();
    (service, secret.expose_secret().to_owned())
}

#[test]
fn a_company_gets_a_client_service_whose_secret_is_shown_once() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let app = &house.service.app;
        let known = app.reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
        let mut tab = house.administrator().await.tab;
        let path = format!("/office/companies/{}", known.issuer);
        let found = page(&mut tab, "/office?find=acme+corp").await;
        assert!(found.contains(&format!("<a href=\"{path}\">ACME Corporation</a>")), "{found}");
        let list = page(&mut tab, "/office/companies?find=acme").await;
        assert!(list.contains(&path), "{list}");
        let shown = page(&mut tab, &path).await;
        let form = format!("{path}/new-client-service");
        assert!(shown.contains(&format!("href=\"{form}\"")), "{shown}");
        assert!(shown.contains(&client.alias), "{shown}");

        let empty = page(&mut tab, &form).await;
        let act = between(&empty, "name=\"act\" value=\"", "\"").to_owned();
        let alias = unique("books");
        let credential = known.credential.unwrap().to_string();
        for (wrong, words) in [
            ("a b", "characters that cannot be"),
            (client.alias.as_str(), "has this alias already"),
        ] {
            let fields = [("alias", wrong), ("credential", ""), ("act", act.as_str())];
            let answer = tab.send(&form, &fields).await;
            assert_eq!(answer.status, 422);
            assert!(answer.text().contains(words), "{words} in {}", answer.text());
        }
        let fields =
            [("alias", alias.as_str()), ("credential", &credential), ("act", act.as_str())];
        let answer = tab.send(&form, &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let secret = between(answer.text(), "<code id=\"secret\">", "</code>").to_owned();
        assert!(works(&house, &alias, &secret).await);
        let again = tab.send(&form, &fields).await;
        assert_eq!(again.status, 409, "{}", again.text());
        assert!(!again.text().contains("chancery_cs_"), "{}", again.text());
        let made = app.reader.client_service_by_alias(&alias).await.unwrap().unwrap();
        assert_eq!((made.issuer, made.credential), (known.issuer, known.credential));
        let shown = page(&mut tab, &path).await;
        assert!(shown.contains(&alias) && shown.contains("Made a client service"), "{shown}");
        let entries = app.reader.audit_about(AuditSubject::Company(known.issuer), 9).await.unwrap();
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(entries[0].action, AuditAction::ServiceCreated);
        house.service.stop().await;
    });
}

#[test]
fn a_partner_makes_client_services_of_its_companies_and_with_their_credentials_alone() {
    run(async {
        let house = House::new().await;
        let app = &house.service.app;
        let client = house.service.client().await;
        let foreign = app.reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
        let (own, secret) = of_company(&house, "Moinho, Lda", "500000001").await;
        let sight = Sight::Of { companies: vec![own.issuer], client_services: Vec::new() };
        let mut tab = house.somebody(Role::Partner, Rights::Operator, sight.clone()).await.tab;
        let path = format!("/office/companies/{}", own.issuer);
        let form = format!("{path}/new-client-service");
        let empty = page(&mut tab, &form).await;
        let credential = foreign.credential.unwrap().to_string();
        assert!(!empty.contains(&credential), "others' credentials are not to be had: {empty}");
        let act = between(&empty, "name=\"act\" value=\"", "\"").to_owned();
        let fields = [("alias", "moinho.2"), ("credential", &credential), ("act", act.as_str())];
        assert_eq!(tab.send(&form, &fields).await.status, 422);
        let fields = [("alias", "moinho.2"), ("credential", ""), ("act", act.as_str())];
        assert_eq!(tab.send(&form, &fields).await.status, 200);

        // Others' companies do not exist, and nobody but administrators suspends one.
        let other = format!("/office/companies/{}", foreign.issuer);
        for path in [other.clone(), format!("{other}/new-client-service")] {
            assert_eq!(tab.get(&path).await.status, 404, "{path}");
            assert_eq!(tab.send(&path, &fields).await.status, 404, "{path}");
        }
        let list = page(&mut tab, "/office/companies").await;
        assert!(list.contains("Moinho") && !list.contains("ACME"), "{list}");
        let found = page(&mut tab, "/office?find=acme").await;
        assert!(!found.contains("ACME Corporation"), "{found}");
        let shown = page(&mut tab, &path).await;
        assert!(!shown.contains("name=\"reason\""), "{shown}");
        let fields = [("do", "suspend"), ("reason", "a reason"), ("act", act.as_str())];
        assert_eq!(tab.send(&path, &fields).await.status, 404);
        assert!(works(&house, own.alias.as_str(), &secret).await);

        // Who sees one client service only sees its company with that one, and makes no other.
        let sight = Sight::Of { companies: Vec::new(), client_services: vec![own.id] };
        let mut issuer = house.somebody(Role::Issuer, Rights::Operator, sight).await.tab;
        let shown = page(&mut issuer, &path).await;
        assert!(shown.contains(own.alias.as_str()) && !shown.contains("moinho.2"), "{shown}");
        assert!(!shown.contains("new-client-service"), "{shown}");
        assert_eq!(issuer.get(&form).await.status, 404);
        house.service.stop().await;
    });
}

#[test]
fn nothing_of_a_suspended_company_logs_in() {
    run(async {
        let house = House::new().await;
        let (service, secret) = of_company(&house, "Moinho, Lda", "500000001").await;
        let mut tab = house.administrator().await.tab;
        let path = format!("/office/companies/{}", service.issuer);
        let alias = service.alias.as_str();
        for (does, words, works_then) in
            [("suspend", "It is suspended.", false), ("reactivate", "It is active again.", true)]
        {
            let act = act_of(&page(&mut tab, &path).await, does);
            let silent = [("do", does), ("reason", ""), ("act", act.as_str())];
            assert_eq!(tab.send(&path, &silent).await.status, 422);
            let fields = [("do", does), ("reason", "bills"), ("act", act.as_str())];
            for _ in 0..2 {
                assert_eq!(tab.send(&path, &fields).await.status, 303);
            }
            let shown = page(&mut tab, &format!("{path}?done={does}")).await;
            assert!(shown.contains(words) && shown.contains("Moinho, Lda: bills"), "{shown}");
            assert_eq!(works(&house, alias, &secret).await, works_then, "{does}");
            let one = page(&mut tab, &format!("/office/client-services/{}", service.id)).await;
            assert_eq!(one.contains("Its company is suspended"), !works_then, "{one}");
        }
        house.service.stop().await;
    });
}

#[test]
fn names_of_companies_run_nothing() {
    run(async {
        let house = House::new().await;
        let evil = "\"><img src=x onerror=alert(1)>'{{7*7}}";
        let (service, _) = of_company(&house, evil, "<img src=y>&amp;\"").await;
        let mut tab = house.administrator().await.tab;
        for path in [
            "/office?find=onerror".to_owned(),
            "/office/companies".to_owned(),
            "/office/companies?find=%22%3E%3Cimg+src%3Dx%3E".to_owned(),
            "/office/client-services".to_owned(),
            "/office/client-services?find=%22%3E%3Cimg&state=%3Cimg".to_owned(),
            format!("/office/companies/{}", service.issuer),
            format!("/office/companies/{}?done=%3Cimg", service.issuer),
            format!("/office/companies/{}/new-client-service", service.issuer),
            format!("/office/client-services/{}", service.id),
        ] {
            let answer = tab.get(&path).await;
            assert_eq!(answer.status, 200, "{path}");
            let has = answer.text().contains("onerror") || path.contains("%3Cimg");
            assert!(has, "{path} does not show it: {}", answer.text());
            assert!(!answer.text().contains("<img"), "{path}: {}", answer.text());
            assert!(!answer.text().contains(">49<"), "{path}");
        }
        // What was written into a form that is refused stands in it again, as text.
        for (path, field) in [
            (format!("/office/client-services/{}", service.id), "reason"),
            (format!("/office/companies/{}", service.issuer), "reason"),
            (format!("/office/companies/{}/new-client-service", service.issuer), "alias"),
        ] {
            let shown = page(&mut tab, &path).await;
            let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();
            let long = format!("{evil}{}", "x".repeat(500));
            let fields = [("do", "suspend"), (field, long.as_str()), ("act", act.as_str())];
            let answer = tab.send(&path, &fields).await;
            assert_eq!(answer.status, 422, "{path}");
            assert!(answer.text().contains("onerror") && !answer.text().contains("<img"), "{path}");
        }
        house.service.stop().await;
    });
}

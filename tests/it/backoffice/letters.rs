//! Letters of a client service on pages: looked at as they are typed, with their mistakes where they are, tried as a
//! mail, saved as versions, restored and taken back; and what a hostile one can do.

use chancery::domain::audit::{Actor, AuditAction, AuditSubject};
use chancery::domain::client_service::{ClientService, DocumentReferences, Lint, Timestamps};
use chancery::domain::language::Language;
use chancery::domain::level::Level;
use chancery::domain::pades::ActiveContent;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::domain::visible::CoordinateOrigin;
use chancery::letters::{self, Values};
use chancery::workflow::client_services::{self, NewClientService};
use chancery::workflow::templates::{self, TemplateKind};

use super::client_services::page;
use super::matrix::give_passkey;
use super::{House, PASSWORD, Tab, between};
use crate::delivery::use_server;
use crate::support::client::Client;
use crate::support::service::{run, unique};
use crate::support::smtp::{Script, SmtpServer};

const TEXT: &str =
    "Dear {{ receiver }},\n{% if several %}documents{% else %}a document{% endif %}\n{{ link }}";
const HTML: &str = "<p>From {{ issuer.name }}</p><a href=\"{{ link }}\">{{ link }}</a>";

async fn service_of(house: &House, client: &Client) -> ClientService {
    let found = house.service.app.reader.client_service_by_alias(&client.alias).await;
    found.unwrap().unwrap()
}

/// What the form of a page carries beside what is typed.
fn carried(page: &str) -> (String, String) {
    let form = between(page, "<form id=\"letter\"", "<label");
    let field = |name: &str| between(form, &format!("name=\"{name}\" value=\""), "\"").to_owned();
    (field("act"), field("upon"))
}

/// The document of the frame, as a browser reads it from the attribute.
fn framed(page: &str) -> String {
    let tag = between(page, "<iframe", ">");
    assert!(tag.contains(" sandbox srcdoc="), "it may nothing: {tag}");
    let text = between(tag, "srcdoc=\"", "\"");
    let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"");
    text.replace("&#39;", "'").replace("&#38;", "&")
}

async fn save(tab: &mut Tab, path: &str, subject: &str) -> u16 {
    let (act, upon) = carried(&page(tab, path).await);
    let fields = [
        ("do", "save"),
        ("act", act.as_str()),
        ("upon", upon.as_str()),
        ("subject", subject),
        ("text", TEXT),
        ("html", HTML),
        ("note", "why not"),
    ];
    tab.send(path, &fields).await.status
}

#[test]
fn a_letter_is_looked_at_saved_restored_and_taken_back() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let ana = house.administrator().await;
        let mut tab = ana.tab.clone();
        let list = format!("/office/client-services/{}/letters", service.id);
        let path = format!("{list}/pt");
        let shown = page(&mut tab, &list).await;
        assert_eq!(shown.matches("The system").count(), 7, "{shown}");
        let shown = page(&mut tab, &path).await;
        assert!(shown.contains("Never set."), "{shown}");

        // What is typed is shown; nothing is kept.
        let typed = [("subject", "{{ issuer.name }}!"), ("text", TEXT), ("html", HTML)];
        let answer = tab.send(&format!("{path}/preview"), &typed).await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.text().contains("<dd lang=\"pt\">ACME Corporation!</dd>"),
            "{}",
            answer.text()
        );
        assert!(framed(answer.text()).contains("<p>From ACME Corporation</p>"));
        assert_eq!(tab.send(&format!("{path}/preview"), &[]).await.status, 422);
        let wrong = [
            ("subject", "{{ issuer.name }}"),
            ("text", "one\r\n{{ issuer.nme }}\r\n{% for x in link %}"),
            ("html", "<p>{{ link | upper }}</p>"),
        ];
        let answer = tab.send(&format!("{path}/preview"), &wrong).await;
        assert_eq!(answer.status, 200, "htmx puts it in place");
        let text = between(answer.text(), "id=\"mistakes-text\"", "</div>");
        assert!(text.contains("Line 2, character 1"), "{text}");
        assert!(
            text.contains("<code>{{ issuer.nme }}</code>") && text.contains("Line 3"),
            "{text}"
        );
        assert!(between(answer.text(), "id=\"mistakes-html\"", "</div>").contains("no filters"));
        assert!(!between(answer.text(), "id=\"mistakes-subject\"", "</div>").contains("<li>"));
        let (act, upon) = carried(answer.text());
        let given = [("do", "save"), ("act", act.as_str()), ("upon", upon.as_str())];
        let refused = tab.send(&path, &[&given[..], &wrong[..]].concat()).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("Nothing was done: the template has mistakes"));
        assert!(refused.text().contains("\none\n{{ issuer.nme }}\n"), "what was typed stays");

        assert_eq!(save(&mut tab, &path, "One").await, 303);
        assert_eq!(save(&mut tab, &path, "Two").await, 303);
        let app = &house.service.app;
        let kind = TemplateKind::Notification;
        let subject = async || {
            let found = templates::resolve(app, service.id, kind, Language::Pt).await.unwrap();
            found.0.subject
        };
        assert_eq!(subject().await, "Two");
        let shown = page(&mut tab, &path).await;
        assert!(shown.contains("Version 2") && shown.contains("Ana Sousa: why not"), "{shown}");
        assert!(page(&mut tab, &list).await.contains("Its own, version 2"));

        // Who knows an older version than there is overwrites nothing unseen.
        let (act, _) = carried(&shown);
        let late = [("do", "save"), ("act", act.as_str()), ("upon", "1")];
        let parts = [("subject", "Late"), ("text", TEXT), ("html", HTML)];
        let answer = tab.send(&path, &[&late[..], &parts[..]].concat()).await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert!(answer.text().contains("somebody else made version 2"), "{}", answer.text());
        assert!(answer.text().contains("value=\"Late\""), "what was typed stays");
        assert_eq!(subject().await, "Two");

        let restore = between(&shown, "name=\"version\" value=\"1\"", "</form>");
        assert!(restore.contains("value=\"restore\""), "{restore}");
        let old = [("do", "restore"), ("act", act.as_str()), ("upon", "2"), ("version", "1")];
        for _ in 0..2 {
            let answer = tab.send(&path, &old).await;
            assert_eq!(answer.header("location"), format!("{path}?done=restore"));
        }
        assert_eq!(subject().await, "One");
        let (act, _) = carried(&page(&mut tab, &path).await);
        let back = [("do", "take-back"), ("act", act.as_str()), ("upon", "3")];
        assert_eq!(tab.send(&path, &back).await.status, 303);
        assert!(page(&mut tab, &path).await.contains("Taken back"));
        assert_ne!(subject().await, "One");
        let (act, _) = carried(&page(&mut tab, &path).await);
        for (what, version) in [("restore", "4"), ("restore", "x"), ("promote", "1")] {
            let odd = [("do", what), ("act", act.as_str()), ("upon", "4"), ("version", version)];
            assert_eq!(tab.send(&path, &odd).await.status, 422, "{what} {version}");
        }

        let about = AuditSubject::ClientService(service.id);
        let entries = app.reader.audit_about(about, 9).await.unwrap();
        let set = entries.iter().filter(|it| it.action == AuditAction::LetterSet).count();
        assert_eq!((set, entries.len()), (3, 4), "{entries:?}");
        assert!(entries.iter().all(|it| it.actor == Actor::Person(ana.id)), "{entries:?}");
        let told = |detail: &str| entries.iter().any(|it| it.detail.contains(detail));
        assert!(
            told("version 2 -> 3: version 1 again") && told("version 3 no more"),
            "{entries:?}"
        );
        house.service.stop().await;
    });
}

/// What was typed for long is not lost because who one is was shown long ago.
#[test]
fn who_one_is_is_shown_in_the_form_of_the_letter() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let mut ana = house.administrator().await;
        let path = format!("/office/client-services/{}/letters/de", service.id);
        let (act, upon) = carried(&page(&mut ana.tab, &path).await);
        house.pass(6 * 60_000);
        let typed = [("subject", "Typed for long"), ("text", TEXT), ("html", HTML)];
        let look = ana.tab.send(&format!("{path}/preview"), &typed).await;
        assert_eq!(look.status, 200, "nothing is changed by looking");
        let given = [("do", "save"), ("act", act.as_str()), ("upon", upon.as_str())];
        let asked = ana.tab.send(&path, &[&given[..], &typed[..]].concat()).await;
        assert_eq!(asked.status, 422);
        assert!(asked.text().contains("id=\"password\""), "{}", asked.text());
        assert!(asked.text().contains("value=\"Typed for long\""), "{}", asked.text());
        // Who has a passkey and no app shows it on the page for that, which leads back here.
        let below = path.strip_prefix("/office").unwrap();
        let next: String = form_urlencoded::byte_serialize(below.as_bytes()).collect();
        let way = format!("/office/prove?next={next}");
        assert!(!asked.text().contains(&way), "{}", asked.text());
        give_passkey(&house, ana.id).await;
        let asked = ana.tab.send(&path, &[&given[..], &typed[..]].concat()).await;
        assert!(asked.text().contains(&way), "{way} in {}", asked.text());
        let newest = async || {
            let which = templates::WhichLetter {
                client_service: service.id,
                kind: TemplateKind::Notification,
                language: Some(Language::De),
            };
            templates::newest(&house.service.app, which).await.unwrap().map(|it| it.number)
        };
        let wrong = [("password", "not the password 1"), ("code", "000000")];
        let asked = ana.tab.send(&path, &[&given[..], &typed[..], &wrong[..]].concat()).await;
        assert_eq!(asked.status, 422);
        assert_eq!(newest().await, None);
        house.pass(60_000);
        let code = ana.next_code(&house);
        let before = ana.tab.cookie.clone();
        let right = [("password", PASSWORD), ("code", code.as_str())];
        let answer = ana.tab.send(&path, &[&given[..], &typed[..], &right[..]].concat()).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(newest().await, Some(1));
        assert_ne!(ana.tab.cookie, before, "the session has another token");
        assert_eq!(save(&mut ana.tab, &path, "And on").await, 303);
        house.service.stop().await;
    });
}

/// Neither a template nor a name that somebody chose does anything in the preview.
#[test]
fn a_hostile_letter_does_nothing() {
    run(async {
        let house = House::new().await;
        let new = NewClientService {
            alias: None,
            issuer_name: "\"><script>alert(1)</script>".to_owned(),
            issuer_vat: unique("5"),
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
        let (service, _) = client_services::create(&house.service.app, new).await.unwrap();
        let mut tab = house.administrator().await.tab;
        let path = format!("/office/client-services/{}/letters/en", service.id);
        page(&mut tab, &path).await;
        let html = "\"></iframe><script>alert(2)</script><LINK rel=preconnect href=//evil.test>\
                    <meta http-equiv=refresh content=\"0;url=//evil.test\"><Base href=//evil.test>\
                    </textarea><img src=//evil.test/x onerror=alert(3)>{{ issuer.name }}";
        let typed = [
            ("subject", "</title><script>{{ issuer.name }}"),
            ("text", "</pre>{{ issuer.name }}"),
            ("html", html),
        ];
        let answer = tab.send(&format!("{path}/preview"), &typed).await;
        assert_eq!(answer.status, 200);
        let shown = answer.text();
        for raw in ["<script>", "</iframe><", "<img src=//evil", "onerror=alert(3)>"] {
            assert!(!shown.contains(raw), "{raw} in {shown}");
        }
        assert_eq!(shown.matches("</textarea>").count(), 2, "{shown}");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "form-action 'self'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("img-src") && !policy.contains("frame-src"), "{policy}");
        let frame = framed(shown);
        assert!(frame.starts_with(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
        ));
        let (_, letter) = frame.split_once("\"></iframe>").unwrap();
        let lower = letter.to_ascii_lowercase();
        for gone in ["<link", "<meta", "<base"] {
            assert!(!lower.contains(gone), "{gone} in {letter}");
        }
        assert!(letter.contains("&quot;&gt;&lt;script&gt;alert(1)"), "{letter}");

        // Names of receivers and documents are text as well.
        let hostile = "<img src=x onerror=alert(4)>";
        let mut facts = letters::sample(Language::En);
        facts.receiver = hostile.to_owned();
        facts.operation.description = hostile.to_owned();
        facts.documents[0].name = hostile.to_owned();
        let letter =
            letters::render(&letters::notification(Language::En), &Values::of(&facts)).unwrap();
        assert!(letter.html.contains("&lt;img src=x onerror"), "{}", letter.html);
        assert!(!letter.html.contains(hostile), "{}", letter.html);
        house.service.stop().await;
    });
}

#[test]
fn a_letter_is_sent_as_it_is_typed_and_the_server_is_quoted() {
    run(async {
        let smtp = SmtpServer::start(Script::default());
        let house = House::with(|setup| {
            use_server(&mut setup.config, &smtp);
        })
        .await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let mut tab = house.administrator().await.tab;
        let path = format!("/office/client-services/{}/letters/en", service.id);
        let (act, upon) = carried(&page(&mut tab, &path).await);
        let send = |to: &'static str, act: String| {
            [
                ("do", "test".to_owned()),
                ("act", act),
                ("upon", upon.clone()),
                ("to", to.to_owned()),
                ("subject", "Not saved".to_owned()),
                ("text", TEXT.to_owned()),
                ("html", HTML.to_owned()),
            ]
        };
        for (to, status) in
            [("nobody", 422), ("ap@customer.example", 200), ("ap@customer.example", 409)]
        {
            let fields = send(to, act.clone());
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = tab.send(&path, &fields).await;
            assert_eq!(answer.status, status, "{to}: {}", answer.text());
            if status == 200 {
                let said = between(answer.text(), "id=\"tested\">", "</p>");
                assert!(
                    said.starts_with("The server took the mail to ap@customer.example: "),
                    "{said}"
                );
            }
        }
        let mail = smtp.wait_for_mail_to("ap@customer.example");
        assert_eq!(mail.header("subject").unwrap(), "Test: Not saved");
        assert_eq!(smtp.tries("ap@customer.example"), 1);
        assert!(page(&mut tab, &path).await.contains("Never set."));
        let about = AuditSubject::ClientService(service.id);
        let entries = house.service.app.reader.audit_about(about, 9).await.unwrap();
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(entries[0].action, AuditAction::MailTested);
        assert!(entries[0].detail.contains("ap@customer.example"), "{entries:?}");
        house.service.stop().await;
    });
}

#[test]
fn who_only_looks_sees_the_letter_and_no_form() {
    run(async {
        let house = House::new().await;
        let (own, other) = (house.service.client().await, house.service.client().await);
        let (mine, theirs) = (service_of(&house, &own).await, service_of(&house, &other).await);
        let sight = Sight::Of { companies: Vec::new(), client_services: vec![mine.id] };
        let mut viewer = house.somebody(Role::Issuer, Rights::Viewer, sight.clone()).await.tab;
        let path = format!("/office/client-services/{}/letters/en", mine.id);
        let shown = page(&mut viewer, &path).await;
        assert!(shown.contains("srcdoc=") && !shown.contains("name=\"act\""), "{shown}");
        let mut tab = house.somebody(Role::Issuer, Rights::Operator, sight).await.tab;
        let (act, upon) = carried(&page(&mut tab, &path).await);
        let given = [("do", "save"), ("act", act.as_str()), ("upon", upon.as_str())];
        let parts = [("subject", "x"), ("text", "x"), ("html", "x")];
        let fields = [&given[..], &parts[..]].concat();
        let foreign = format!("/office/client-services/{}/letters", theirs.id);
        for place in ["", "/en"] {
            assert_eq!(tab.get(&format!("{foreign}{place}")).await.status, 404);
        }
        assert_eq!(tab.send(&format!("{foreign}/en"), &fields).await.status, 404);
        assert_eq!(tab.send(&format!("{foreign}/en/preview"), &parts).await.status, 404);
        assert_eq!(viewer.send(&path, &fields).await.status, 404);
        for odd in ["xx", "EN", "every%20", "1"] {
            let path = format!("/office/client-services/{}/letters/{odd}", mine.id);
            assert_eq!(tab.get(&path).await.status, 404, "{odd}");
        }
        assert_eq!(tab.send(&path, &fields).await.status, 303);
        house.service.stop().await;
    });
}

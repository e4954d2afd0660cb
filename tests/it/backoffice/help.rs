//! What people are told who need help: keys, and errors in words.

use chancery::domain::error_topic::ErrorTopic;
use chancery::domain::language::Language;
use chancery::letters::{help_words, topic_words};
use serde_json::json;

use super::browser::signed_in;
use super::{House, between};
use crate::support::browser::{assert_accessible, walk};
use crate::support::client::{document, request};
use crate::support::service::{run, unique};

/// A clerk reads in the own language what happened, from the operation on.
#[test]
fn an_error_is_explained_where_it_is_met() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let reference = unique("broken");
        let wish = request(&reference, [document(&reference, b"<a><b></a>")]);
        let operation = client.sign(&wish).await.good()["id"].to_string();
        let mut ana = house.administrator().await;
        let page = ana.tab.get(&format!("/office/operations/{operation}")).await;
        let link = "/office/help/errors/xml-malformed";
        assert!(page.text().contains(&format!("href=\"{link}\"")), "{}", page.text());
        for language in Language::ALL {
            let words = topic_words(language, ErrorTopic::FileDamaged);
            let page = ana.tab.get(&format!("{link}?lang={}", language.as_str())).await;
            assert_eq!(page.status, 200);
            let text = page.text().replace("&#39;", "'");
            assert!(text.contains(words.title) && text.contains(words.todo), "{text}");
            assert!(text.contains(help_words(language).with_it), "{text}");
        }
        // From there to all that met it.
        let list = ana.tab.get("/office/operations?error=xml-malformed").await;
        assert!(list.text().contains(&reference), "{}", list.text());
        for unknown in ["nothing-like-that", "%3Cscript%3E"] {
            let page = ana.tab.get(&format!("/office/help/errors/{unknown}")).await;
            assert_eq!(page.status, 404);
        }
        house.service.stop().await;
    });
}

/// What is called so on pages stands in the sentences, and nothing is left in braces.
#[test]
fn sentences_of_help_name_what_is_on_pages() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let certificate = ana.tab.get("/office/help/errors/certificate-expired?lang=de").await;
        assert!(certificate.text().contains("„Siegel-Zertifikate“"), "{}", certificate.text());
        for language in Language::ALL {
            let page = ana.tab.get(&format!("/office/help?lang={}", language.as_str())).await;
            assert_eq!(page.status, 200);
            let told = between(page.text(), "<main", "</main>");
            assert!(!told.contains('{'), "{told}");
            for topic in ErrorTopic::ALL {
                for reason in topic.reasons() {
                    let link = format!("href=\"/office/help/errors/{reason}\"");
                    assert!(page.text().contains(&link), "{reason}");
                }
            }
        }
        house.service.stop().await;
    });
}

#[test]
fn keys_are_shown_lead_somewhere_and_can_be_switched_off() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let office = format!("{}/office", house.service.base);
        let steps = signed_in(
            &format!("{office}/account"),
            &ana.address,
            &code,
            json!([
                ["press", "?"],
                ["wait", "#keys[open]"],
                ["look", "keys"],
                ["press", "Escape"],
                ["wait", "#keys:not([open])"],
                // Two keys, one after the other.
                ["press", "g"],
                ["go", "o"],
                ["look", "operations"],
                // Where no box is, its page is opened, which gives it the focus.
                ["go", "/"],
                ["wait", "#find:focus"],
                // Whoever types a question mark means one.
                ["press", "?"],
                ["press", "g"],
                ["press", "o"],
                ["wait", "#found:not(:has(dl))"],
                ["look", "typed"],
                ["open", format!("{office}/help")],
                ["to", "main [data-keys-switch]"],
                ["press", "Space"],
                ["open", format!("{office}/account")],
                ["to", ".skip"],
                ["press", "?"],
                ["press", "g"],
                ["press", "o"],
                ["look", "switched-off"],
            ]),
        );
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&seen), 4 * 3);
        let said = |name: &str| {
            let page = seen.iter().find(|page| page["name"] == name).unwrap();
            page["text"].as_str().unwrap().to_owned()
        };
        let shown = help_words(Language::En);
        assert!(said("keys").contains(shown.single), "{}", said("keys"));
        assert!(said("operations").contains("Show"), "{}", said("operations"));
        for closed in ["typed", "switched-off"] {
            assert!(!said(closed).contains(shown.single), "{closed}: {}", said(closed));
        }
        assert!(said("typed").contains("Nothing of what you see"), "{}", said("typed"));
        assert!(said("switched-off").contains(&ana.address), "{}", said("switched-off"));
        house.service.stop().await;
    });
}

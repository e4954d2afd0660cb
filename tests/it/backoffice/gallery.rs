//! Every page of the table, as a browser draws it.

use std::io::Write as _;

use chancery::web::backoffice::PAGES;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::House;
use super::browser::signed_in;
use super::matrix::{Things, give_passkey, path_of_page};
use crate::support::browser::{assert_accessible, walk};
use crate::support::service::run;

/// What a page and all that it loads may weigh on the wire.
const MOST_OCTETS: usize = 80_000;

/// Pages that are not looked at as they are in the table: they are met signed out, or are no pages.
fn is_drawn(path: &str) -> bool {
    let elsewhere = ["/sign-in", "/second-step", "/prove", "/invitation/{code}"];
    let is_file =
        path.rsplit_once('.').is_some_and(|(_, kind)| ["csv", "css", "js"].contains(&kind));
    let of_file = ["/operations/{id}/files/{number}", "/operations/{id}/files/{number}/pages"];
    !elsewhere.contains(&path) && !is_file && !of_file.contains(&path)
}

/// axe finds nothing in either theme, wide or narrow; in a language of long words nothing is wider than its window
/// either. What was seen stays in `target/tmp/office`.
#[test]
fn every_page_can_be_read_in_both_themes_and_two_languages() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        let client = house.service.client().await;
        let ana = house.administrator().await;
        let things = Things::of(&house, (ana.id, ana.id), &client).await;
        give_passkey(&house, ana.id).await;
        let code = ana.next_code(&house);
        let base = &house.service.base;
        let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/office");
        let mut then = vec![json!(["pictures", folder])];
        let mut pages = 0;
        for page in PAGES.iter().filter(|page| page.look.is_some() && is_drawn(page.path)) {
            let path = path_of_page(page, &things, ana.id);
            let name = page.path.trim_start_matches('/').replace('/', "-").replace(['{', '}'], "");
            let name = if name.is_empty() { "first" } else { &name };
            for (look, language) in [("look", "en"), ("glance", "de")] {
                then.push(json!(["open", format!("{base}{path}?lang={language}")]));
                then.push(json!([look, format!("{name}-{language}")]));
            }
            pages += 1;
        }
        let steps = signed_in(&format!("{base}/office/account"), &ana.address, &code, then.into());
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert!(pages > 25, "{pages}");
        assert_eq!(assert_accessible(&seen), pages * 3);
        for page in &seen {
            assert_eq!(page["status"], 200, "{}", page["name"]);
            let language = page["name"].as_str().unwrap().rsplit('-').next().unwrap();
            assert_eq!(page["language"], Value::from(language), "{}", page["name"]);
        }
        house.service.stop().await;
    });
}

#[test]
fn pages_are_light() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let mut ana = house.administrator().await;
        let things = Things::of(&house, (ana.id, ana.id), &client).await;
        give_passkey(&house, ana.id).await;
        let packed = |octets: &[u8]| {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(octets).unwrap();
            gzip.finish().unwrap().len()
        };
        let mut beside = 0;
        for asset in ["style.css", "htmx.js", "keys.js", "passkeys.js"] {
            let answer = ana.tab.get(&format!("/office/{asset}")).await;
            beside += packed(answer.text().as_bytes());
        }
        for page in PAGES.iter().filter(|page| page.look.is_some() && is_drawn(page.path)) {
            let answer = ana.tab.get(&path_of_page(page, &things, ana.id)).await;
            assert_eq!(answer.status, 200, "{}", page.path);
            let weight = packed(answer.text().as_bytes()) + beside;
            assert!(weight < MOST_OCTETS, "{}: {weight}", page.path);
        }
        house.service.stop().await;
    });
}

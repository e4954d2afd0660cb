//! The level of seals when a request names none, and the levels that profiles allow.

use chancery::domain::client_service::{Change, ProfileName, SealSettingsChange, Timestamps};
use chancery::domain::level::Level;
use chancery::workflow::client_services::change_seal_settings;
use serde_json::{Value, json};

use super::World;
use crate::support::client::{Client, document, request};
use crate::support::service::{Service, run, unique};

/// A profile whose seals last.
const LASTING: &str =
    "title = \"Lasting\"\nsources = [\"a contract\"]\nlevels = [\"LTA\", \"LT\"]\n";

async fn set(
    service: &Service,
    client: &Client,
    change: &SealSettingsChange,
) -> Result<(), String> {
    let changed = change_seal_settings(&service.app, &client.alias, change).await;
    changed.map_err(|error| chancery::domain::sources::sources(&error))
}

/// Asks for one document each; gives what became of them.
async fn asked(client: &Client, infos: &[Value]) -> Vec<Value> {
    let mark = unique("usual");
    let documents = infos.iter().enumerate().map(|(at, info)| {
        let mut one = document(&format!("{mark}/{at}"), "<a><b>1</b></a>");
        let members = info.as_object().unwrap().clone();
        one["signatureInfo"].as_object_mut().unwrap().extend(members);
        one
    });
    let answer = client.sign(&request(&mark, documents.collect::<Vec<_>>())).await.good();
    answer["documentList"].as_array().unwrap().clone()
}

#[track_caller]
fn levels(documents: &[Value], levels: &[&str]) {
    for (document, level) in documents.iter().zip(levels) {
        assert_eq!(document["signatureLevel"], format!("XAdES-BASELINE-{level}"), "{document}");
        assert!(document["signedContent"].is_string(), "{document}");
    }
}

#[test]
fn a_client_service_has_a_level_of_its_own_and_a_profile_those_that_it_is_for() {
    run(async {
        let world = World::new();
        let mut setup = world.setup(0);
        setup.profiles = vec![("lasting", LASTING.to_owned())];
        // what is set counts at once
        setup.config.oauth.status_cache_ms = 0;
        let service = setup.start().await;
        let client = world.client(&service, Timestamps::Fail).await;

        // nothing is set: B, or the least that a profile is for
        let forbidden = [
            json!({ "profile": "lasting", "signatureLevel": "T" }),
            json!({ "profile": "lasting", "signatureLevel": "B" }),
            json!({ "profile": "facturae-3.2", "signatureLevel": "LT" }),
            json!({ "profile": "dgii-ecf", "applyTimestamp": true }),
        ];
        let refused = asked(&client, &forbidden).await;
        for (document, info) in refused.iter().zip(&forbidden) {
            assert_eq!(document["signErrorReason"], "level-forbidden", "{document}");
            let detail = document["signErrorDetail"].as_str().unwrap();
            assert!(detail.contains(info["profile"].as_str().unwrap()), "{detail}");
        }
        let detail = refused[0]["signErrorDetail"].as_str().unwrap();
        assert!(detail.contains("is not for level T, but for LT, LTA"), "{detail}");
        assert!(world.status.asked().is_empty() && world.tsa.seen().is_empty());
        let infos = [
            json!({}),
            json!({ "profile": "lasting" }),
            json!({ "profile": "lasting",
            "applyTimestamp": true }),
        ];
        levels(&asked(&client, &infos).await, &["B", "LT", "LT"]);

        let to = |level| SealSettingsChange {
            level: Change::To(level),
            ..SealSettingsChange::default()
        };
        set(&service, &client, &to(Level::Lt)).await.unwrap();
        let infos = [
            json!({}),
            json!({ "applyTimestamp": false }),
            json!({ "applyTimestamp": true }),
            json!({ "signatureLevel": "B" }),
            json!({ "signatureLevel": "T" }),
            json!({ "signatureLevel": "LTA" }),
        ];
        levels(&asked(&client, &infos).await, &["LT", "LT", "LT", "B", "T", "LTA"]);
        // what is set is not lowered by a profile without a word
        let refused = asked(&client, &[json!({ "profile": "facturae-3.2" })]).await;
        assert_eq!(refused[0]["signErrorReason"], "level-forbidden", "{}", refused[0]);

        // What would be refused always is not set.
        let refuse = SealSettingsChange {
            timestamps: Change::To(Timestamps::Refuse),
            ..SealSettingsChange::default()
        };
        let fault = set(&service, &client, &refuse).await.unwrap_err();
        assert!(fault.contains("seals at level LT have a timestamp"), "{fault}");
        let profile = Change::To(ProfileName::parse("facturae-3.2"));
        let change = SealSettingsChange { profile, ..SealSettingsChange::default() };
        let fault = set(&service, &client, &change).await.unwrap_err();
        assert!(fault.contains("is not for level LT, but for B, T"), "{fault}");
        let both = SealSettingsChange { level: Change::To(Level::B), ..refuse };
        set(&service, &client, &both).await.unwrap();
        let fault = set(&service, &client, &to(Level::T)).await.unwrap_err();
        assert!(fault.contains("seals at level T have a timestamp"), "{fault}");
        service.stop().await;
    });
}

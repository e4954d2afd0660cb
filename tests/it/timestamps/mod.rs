//! Level T: time-stamp authorities over HTTP, good and bad, and what becomes of documents.

mod bad;
mod flow;
mod formats;
mod ways;

use chancery::domain::client_service::{Change, SealSettingsChange, Timestamps};
use chancery::outbound::timestamp::AuthorityConfig;
use chancery::workflow::client_services;
use chancery_testing::judges::signature_timestamps;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaServer;
use serde_json::Value;

use crate::support::authority::AUTHORITY;
use crate::support::client::Client;
use crate::support::service::{Service, Setup};

/// Settings of an authority, with more lines of TOML.
pub(crate) fn authority(url: &str, more: &str) -> AuthorityConfig {
    // However slow the machine is, a good authority is not too slow.
    let patient = if more.contains("timeout_ms") { "" } else { "timeout_ms = 60000" };
    let root = TSA.root();
    toml::from_str(&format!("url = {url:?}\ntrust_file = {root:?}\n{patient}\n{more}")).unwrap()
}

/// A service with these authorities, asked in the order of their names and left alone for so long.
fn setup(rest_ms: u64, authorities: &[(&str, AuthorityConfig)]) -> Setup {
    let mut setup = Setup::new();
    let config = &mut setup.config.timestamp;
    (config.rest_ms, config.rest_at_most_ms) = (rest_ms, rest_ms);
    for (name, authority) in authorities {
        config.authorities.insert((*name).to_owned(), authority.clone());
    }
    setup
}

/// A service with one good authority.
fn with(server: &TsaServer) -> Setup {
    setup(50, &[("first", authority(&server.url(), ""))])
}

/// A client of a new client service whose wishes for timestamps are taken so.
pub(crate) async fn client(service: &Service, timestamps: Timestamps) -> Client {
    let client = service.client_with(&AUTHORITY.p256).await;
    set(service, &client, timestamps).await;
    client
}

async fn set(service: &Service, client: &Client, timestamps: Timestamps) {
    let change =
        SealSettingsChange { timestamps: Change::To(timestamps), ..SealSettingsChange::default() };
    client_services::change_seal_settings(&service.app, &client.alias, &change).await.unwrap();
}

/// The same request, asking for a timestamp in every document.
pub(crate) fn stamped(mut request: Value) -> Value {
    for document in request["documents"].as_array_mut().unwrap() {
        document["signatureInfo"]["applyTimestamp"] = Value::Bool(true);
    }
    request
}

/// Demands that others find one timestamp in a sealed file, and that openssl finds it over the value of the
/// signature.
#[track_caller]
fn judged(sealed: &[u8]) -> Vec<u8> {
    all_judged(&[sealed.to_vec()]).remove(0)
}

/// The same of many files, with one call of the judge that finds them. The tokens, in order.
#[track_caller]
fn all_judged(sealed: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let written = sealed.iter().enumerate().map(|(at, sealed)| {
        let file = folder.path().join(format!("sealed-{at}"));
        std::fs::write(&file, sealed).unwrap();
        file
    });
    let files: Vec<_> = written.collect();
    let found = signature_timestamps(&files);
    assert_eq!(found.len(), files.len());
    for one in &found {
        TSA.verify(&one.token, &one.octets).unwrap();
    }
    TSA.verify(&found[0].token, b"something else").unwrap_err();
    found.into_iter().map(|one| one.token).collect()
}

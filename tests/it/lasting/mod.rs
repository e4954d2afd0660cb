//! Levels LT and LTA, and preserved documents: who says whether certificates were revoked, well and badly, and what becomes of documents.

mod bad;
mod extended;
mod flow;
mod formats;
mod never_less;
mod preserved;
mod run_out;
mod usual;
mod withheld;

use std::process::Command;

use chancery::domain::client_service::{Change, SealSettingsChange, Timestamps};
use chancery::outbound::revocation::{AskedPlace, IssuerConfig};
use chancery::outbound::timestamp::AuthorityConfig;
use chancery::pki::certificate::{Certificate, Chain};
use chancery::pki::certificate_file::certificates;
use chancery::workflow::client_services;
use chancery_testing::status_authority::StatusAuthority;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaServer;
use serde_json::{Value, json};

use crate::support::authority::AUTHORITY;
use crate::support::client::Client;
use crate::support::service::{Service, Setup};

/// Somebody who tells what became of certificates, a time-stamp authority, and a chain for a key of the token.
struct World {
    status: StatusAuthority,
    tsa: TsaServer,
    chain: Chain,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let der = folder.path().join("known.der");
        std::fs::write(&der, AUTHORITY.p256.signing().der()).unwrap();
        let mut command = Command::new("openssl");
        command.args(["x509", "-inform", "DER", "-noout", "-pubkey", "-in"]).arg(&der);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let public = folder.path().join("public.pem");
        std::fs::write(&public, output.stdout).unwrap();
        let status = StatusAuthority::start(&public);
        let all = ["seal.pem", "ca.pem", "root.pem"].map(|name| read(&status, name));
        Self { chain: Chain::new(all.into()).unwrap(), tsa: TsaServer::start(), status }
    }

    /// A service that asks both, and rests no longer than so.
    fn setup(&self, rest_ms: u64) -> Setup {
        let mut setup = Setup::new();
        self.configure(&mut setup, rest_ms);
        setup
    }

    fn configure(&self, setup: &mut Setup, rest_ms: u64) {
        let config = &mut setup.config;
        (config.timestamp.rest_ms, config.timestamp.rest_at_most_ms) = (rest_ms, rest_ms);
        let authority: AuthorityConfig =
            toml::from_str(&format!("url = {:?}\ntimeout_ms = 60000", self.tsa.url())).unwrap();
        config.timestamp.authorities.insert("first".to_owned(), authority);
        let revocation = &mut config.revocation;
        revocation.trust = vec![self.status.file("root.pem"), TSA.root()];
        revocation.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        (revocation.rest_ms, revocation.rest_at_most_ms) = (rest_ms, rest_ms);
        // However slow the machine is, a good answer is not too slow.
        revocation.timeout_ms = 60_000;
        let issuer = IssuerConfig {
            certificate_file: TSA.root(),
            responders: Vec::new(),
            lists: vec![self.status.url("/tsa.crl")],
        };
        revocation.issuers.insert("tsa".to_owned(), issuer);
        config.workflow.retry_ladder_ms = vec![100];
    }

    async fn client(&self, service: &Service, timestamps: Timestamps) -> Client {
        let client = service.client_with(&self.chain).await;
        let change = SealSettingsChange {
            timestamps: Change::To(timestamps),
            ..SealSettingsChange::default()
        };
        client_services::change_seal_settings(&service.app, &client.alias, &change).await.unwrap();
        client
    }

    /// What is wrong at an address, as the service knows it.
    fn away(&self, service: &Service, path: &str) -> Option<String> {
        let (url, named) = (self.status.url(path), path == "/tsa.crl");
        let source = service.app.evidence.source(&AskedPlace { url, named });
        source.available.away().map(|away| away.words)
    }
}

fn read(status: &StatusAuthority, name: &str) -> Certificate {
    certificates(&std::fs::read(status.file(name)).unwrap()).unwrap().remove(0)
}

/// The same request, with every document at a level.
fn at_level(mut request: Value, level: &str) -> Value {
    for document in request["documents"].as_array_mut().unwrap() {
        document["signatureInfo"]["signatureLevel"] = json!(level);
    }
    request
}

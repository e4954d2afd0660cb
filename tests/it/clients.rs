//! Clients that a generator makes of the API's description, Sign'Stash's and ours, against a running
//! service; Spectral, the description's linter; and schemathesis, which tries what it allows. They are set up
//! by `make clients`.

use std::path::PathBuf;
use std::process::Command;

use crate::support::client::Client;
use crate::support::judges::repository;
use crate::support::service::{Service, Setup, run};

fn tool(name: &str) -> PathBuf {
    let path = repository().join(".tools/clients").join(name);
    assert!(path.exists(), "{} is missing: scripts/setup-clients.sh", path.display());
    path
}

/// What a client is told: whom to ask, as whom, and what to sign.
fn told(command: &mut Command, client: &Client) {
    let samples = repository().join("samples");
    command
        .env("SERVICE", &client.base)
        .env("ALIAS", &client.alias)
        .env("SECRET", &client.secret)
        .env("TOKEN", &client.token)
        .env("XML", samples.join("invoice-signature-place/input.xml"))
        .env("PDF", samples.join("pdf/invoice.pdf"));
}

/// Runs a client to its end; what it says is shown.
async fn good(mut command: Command) {
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    println!("{said}");
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
}

async fn java(service: &Service, package: &str, program: &str) {
    let client = service.client().await;
    let mut command = Command::new("java");
    let (jars, classes) = (tool("lib").join("*"), tool(package).join("classes"));
    command.arg("-cp").arg(format!("{}:{}", classes.display(), jars.display())).arg(program);
    told(&mut command, &client);
    good(command).await;
}

#[test]
#[ignore = "needs a JVM and a generator: make clients"]
fn clients_of_signstash_are_served() {
    run(async {
        let service = Setup::new().start().await;
        java(&service, "signstash", "SignstashClient").await;
    });
}

#[test]
#[ignore = "needs a JVM and a generator: make clients"]
fn clients_made_of_our_description_in_java_seal() {
    run(async {
        let service = Setup::new().start().await;
        java(&service, "chancery", "ChanceryClient").await;
    });
}

#[test]
#[ignore = "needs a generator: make clients"]
fn clients_made_of_our_description_in_python_seal() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let mut command = Command::new(repository().join(".venv/bin/python"));
        command.arg(repository().join("tests/peers/clients/chancery_client.py"));
        command.env("PYTHONPATH", tool("chancery-python"));
        told(&mut command, &client);
        good(command).await;
    });
}

/// Spectral finds nothing in the description, with its own rules but for those that the ruleset names.
#[test]
#[ignore = "needs Node.js: make clients"]
fn clients_find_a_description_without_lint() {
    let mut command = Command::new(tool("spectral/node"));
    command
        .arg(tool("spectral/node_modules/@stoplight/spectral-cli/dist/index.js"))
        .args(["lint", "--fail-severity", "hint", "--ruleset"])
        .arg(repository().join("tests/peers/spectral/ruleset.yaml"))
        .arg(repository().join("docs/openapi.json"));
    run(good(command));
}

/// What the description allows is answered as it says, and nothing makes the service fail.
#[test]
#[ignore = "takes a minute: make clients"]
fn clients_that_try_everything_find_what_is_described() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let seconds = std::env::var("CLIENTS_SECONDS").unwrap_or_else(|_| "60".to_owned());
        let mut command = Command::new(repository().join(".venv/bin/schemathesis"));
        let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
        command
            .arg("run")
            .arg(repository().join("docs/openapi.json"))
            .args(["--url", &client.base, "--max-time", &seconds, "--checks", checks])
            .args(["--seed", "1", "--no-color"])
            // Tokens are another dialect; there is no mail server, which is a 502 as described.
            .args([
                "--exclude-path",
                "/oauth2/token",
                "--exclude-path",
                "/api/v0/delivery/mail/test",
            ])
            .args(["-H", &format!("Authorization: Bearer {}", client.token)])
            .current_dir(tool("lib"));
        good(command).await;
    });
}

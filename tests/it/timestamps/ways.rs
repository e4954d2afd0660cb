//! The way to an authority: passwords, certificates on both sides, settings that cannot be used.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::outbound::timestamp::{AuthorityConfig, Tsa};
use chancery::pki::digest::Digest;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaServer;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::authority;
use crate::support::service::{block_on, now};

fn ask(config: &AuthorityConfig) -> Result<(), String> {
    let tsa = Tsa::new("first", config, false).map_err(|error| error.to_string())?;
    let imprint = Digest::of(tsa.digest(), b"octets");
    let answer = block_on(tsa.ask(imprint, 7, now)).map_err(|error| error.to_string())?;
    let given = answer.token(None).map_err(|error| error.to_string())?;
    TSA.verify(given.der(), b"octets")
}

#[test]
fn a_password_is_sent_and_never_shown() {
    let server = TsaServer::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "canary word\n").unwrap();
    let settings = format!("username = \"acme\"\npassword_file = {file:?}");
    let config = authority(&server.url(), &settings);
    ask(&config).unwrap();
    let sent = &server.seen()[0].headers["authorization"];
    assert_eq!(sent, &format!("Basic {}", STANDARD.encode("acme:canary word")));
    let tsa = Tsa::new("first", &config, false).unwrap();
    assert!(tsa.tells_password());
    assert!(!format!("{tsa:?}").contains("canary"));
    assert_eq!(server.seen()[0].headers["content-type"], "application/timestamp-query");
}

/// Somebody who speaks TLS for an authority and lets nobody in without a certificate of these roots.
async fn front(server: &TsaServer, issuer: &Issuer<'static, KeyPair>, root: &[u8]) -> u16 {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(root.to_vec().into()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, behind) = (listener.local_addr().unwrap().port(), server.port);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut inside) = acceptor.accept(stream).await else { return };
                let mut outside = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
            });
        }
    });
    port
}

#[test]
fn both_sides_show_their_certificates() {
    let server = TsaServer::start();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let root_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Root of the way");
    let root = params.self_signed(&root_key).unwrap();
    let issuer = Issuer::new(params, root_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["client".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let port = block_on(front(&server, &issuer, root.der()));

    let mut config = authority(&format!("https://localhost:{port}/tsr"), "");
    let said = ask(&config).unwrap_err();
    assert!(said.contains("an authority that is not trusted here"), "{said}");
    config.ca_file = write("root.pem", root.pem());
    ask(&config).expect_err("it lets nobody in without a certificate");
    assert!(server.seen().is_empty());
    config.client_certificate_file = write("client.pem", certificate.pem());
    config.client_key_file = write("client.key", key.serialize_pem());
    ask(&config).unwrap();
    assert_eq!(server.seen().len(), 1);
    assert!(!Tsa::new("first", &config, false).unwrap().tells_password());
}

type Change = fn(&mut AuthorityConfig);

#[test]
fn settings_that_cannot_be_used_are_named() {
    let config = |more: &str| authority("https://tsa.example.com/", more);
    let changes: [(Change, &str); 12] = [
        (|it| it.url = "ftp://tsa.example.com/".into(), "url"),
        (
            |it| it.url = "https://acme:canary@tsa.example.com/".into(),
            "use username and password_file",
        ),
        (|it| it.policy = "first".into(), "policy = \"first\" is no object identifier"),
        (|it| it.digest = "SHA1".into(), "use SHA256, SHA384 or SHA512"),
        (|it| it.username = "acme".into(), "name one of password_file"),
        (|it| it.password_env = Some("NONE".into()), "a password without one"),
        (|it| it.client_key_file = "/none.key".into(), "need each other"),
        (|it| it.ca_file = "/none.pem".into(), "ca_file: /none.pem"),
        (|it| it.trust_file = "/none.pem".into(), "trust_file: /none.pem"),
        (|it| it.timeout_ms = 0, "timeout_ms"),
        (|it| it.tolerance_ms = 0, "tolerance_ms"),
        (|it| it.requests = 0, "requests"),
    ];
    for (change, words) in changes {
        let mut config = config("");
        change(&mut config);
        let said = Tsa::new("first", &config, false).unwrap_err().to_string();
        assert!(said.starts_with("timestamp.authorities.first.") && said.contains(words), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    let said = Tsa::new("a name", &config(""), false).unwrap_err().to_string();
    assert!(said.contains("its name must"), "{said}");
}

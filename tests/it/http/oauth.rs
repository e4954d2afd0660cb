//! Access tokens: granted, published, checked, refused.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chancery::domain::client_service::{ClientServiceStatus, SecretOverlap};
use chancery::pki::jose::{Claims, TokenKey, TokenKeys};
use chancery::workflow::client_services::{rotate_secret, set_status};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::client::{Answer, HTTP, PATIENCE, small, token};
use crate::support::service::{ISSUER, Setup, now, on_shared, run, token_key_pem, unique};

const BOTH: [&str; 2] = ["/oauth2/token", "/oauth2/authorization-server/oauth/token"];
const FORM: &str = "application/x-www-form-urlencoded";

fn assert_is_token(answer: &Answer) {
    let body = answer.good();
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["access_token", "expires_in", "jti", "scope", "token_type"]);
    assert_eq!(body["access_token"].as_str().unwrap().split('.').count(), 3);
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body["expires_in"], 3600);
    assert!(matches!(body["scope"].as_str(), Some("read write" | "read")), "{body}");
    assert!(body["jti"].as_str().is_some_and(|jti| jti.len() >= 16));
    assert_not_stored(answer);
}

fn assert_not_stored(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
}

/// An error answer of RFC 6749, 5.2: nothing in it but what the standard says.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, error: &str) {
    let body = answer.json();
    assert_eq!((answer.status, body["error"].as_str()), (status, Some(error)), "{body}");
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error", "error_description"]);
    assert_not_stored(answer);
    let challenged = answer.header("www-authenticate").starts_with("Basic ");
    assert_eq!(challenged, status == 401, "{:?}", answer.headers);
}

#[test]
fn both_addresses_and_both_ways_to_show_credentials() {
    on_shared(async |service| {
        let client = service.client().await;
        let (alias, secret) = (&client.alias, &client.secret);
        for path in BOTH {
            for slash in ["", "/"] {
                let url = format!("{}{path}{slash}", service.base);
                let basic = HTTP.post(&url).basic_auth(alias, Some(secret));
                let form = basic.try_clone().unwrap().header("content-type", FORM);
                let form = form.body("grant_type=client_credentials");
                assert_is_token(&Answer::of(form).await);
                // some clients put the parameter into the address and send no body
                let query = HTTP.post(format!("{url}?grant_type=client_credentials"));
                assert_is_token(&Answer::of(query.basic_auth(alias, Some(secret))).await);
                let body = format!(
                    "grant_type=client_credentials&client_id={alias}&client_secret={secret}&scope=read"
                );
                let form = HTTP.post(&url).header("content-type", FORM).body(body);
                assert_is_token(&Answer::of(form).await);
            }
        }
    });
}

#[test]
fn nothing_tells_whether_the_alias_or_the_secret_was_wrong() {
    on_shared(async |service| {
        let client = service.client().await;
        let other = service.client().await;
        let wrong_secret = token(&service.base, &client.alias, "chancery_cs_wrong").await;
        let wrong_alias = token(&service.base, "PRT.nobody", &client.secret).await;
        let foreign_secret = token(&service.base, &client.alias, &other.secret).await;
        let empty_secret = token(&service.base, &client.alias, "").await;
        for answer in [&wrong_secret, &wrong_alias, &foreign_secret, &empty_secret] {
            assert_refused(answer, 401, "invalid_client");
            assert_eq!(answer.body, wrong_alias.body);
            let names = |answer: &Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(answer), names(&wrong_alias));
        }
    });
}

#[test]
fn malformed_token_requests_get_the_errors_of_the_standard() {
    on_shared(async |service| {
        let client = service.client().await;
        let (alias, secret) = (&client.alias, &client.secret);
        let url = format!("{}/oauth2/token", service.base);
        let twice =
            format!("grant_type=client_credentials&client_id={alias}&client_secret={secret}");
        let table = [
            ("grant_type=password", 400, "unsupported_grant_type"),
            ("grant_type=refresh_token&refresh_token=x", 400, "unsupported_grant_type"),
            ("", 400, "invalid_request"),
            ("scope=read", 400, "invalid_request"),
            ("grant_type=client_credentials&scope=admin", 400, "invalid_scope"),
            ("grant_type=client_credentials&client_id=other-alias", 400, "invalid_request"),
            (&twice, 400, "invalid_request"),
        ];
        for (body, status, error) in table {
            let request = HTTP.post(&url).basic_auth(alias, Some(secret));
            let request = request.header("content-type", FORM).body(body.to_owned());
            assert_refused(&Answer::of(request).await, status, error);
        }
        let without = HTTP.post(&url).header("content-type", FORM);
        let without = without.body("grant_type=client_credentials");
        assert_refused(&Answer::of(without).await, 401, "invalid_client");
        for authorization in ["Basic !!!", "Basic bm9jb2xvbg==", "Bearer x", "Basic"] {
            let request = HTTP.post(format!("{url}?grant_type=client_credentials"));
            let request = request.header("authorization", authorization);
            assert_refused(&Answer::of(request).await, 401, "invalid_client");
        }
        let in_address = format!("{url}?{twice}");
        assert_refused(&Answer::of(HTTP.post(in_address)).await, 400, "invalid_request");
        let binary = HTTP.post(&url).basic_auth(alias, Some(secret)).body(vec![0xff, 0xfe]);
        assert_refused(&Answer::of(binary).await, 400, "invalid_request");
        let endless = HTTP.post(&url).basic_auth(alias, Some(secret)).body("a".repeat(100_000));
        assert_refused(&Answer::of(endless).await, 413, "invalid_request");
    });
}

#[test]
fn others_can_check_a_token_with_what_is_published() {
    on_shared(async |service| {
        let client = service.client().await;
        let well_known = format!("{}/.well-known/oauth-authorization-server", service.base);
        let metadata = Answer::of(HTTP.get(well_known)).await.good();
        assert_eq!(metadata["issuer"], ISSUER);
        assert_eq!(metadata["token_endpoint"], format!("{ISSUER}/oauth2/token"));
        assert_eq!(metadata["grant_types_supported"], json!(["client_credentials"]));
        let methods = json!(["client_secret_basic", "client_secret_post"]);
        assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);

        let keys = metadata["jwks_uri"].as_str().unwrap().strip_prefix(ISSUER).unwrap();
        let keys = Answer::of(HTTP.get(format!("{}{keys}", service.base))).await.good();
        let key = &keys["keys"][0];
        assert!(key.get("d").is_none(), "the private part stays here");

        // Checked with nothing of ours: the key's point and the bytes of the token.
        let part = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let (signed, signature) = client.token.rsplit_once('.').unwrap();
        let point =
            [vec![4], part(key["x"].as_str().unwrap()), part(key["y"].as_str().unwrap())].concat();
        let public = aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED,
            point,
        );
        public.verify(signed.as_bytes(), &part(signature)).unwrap();
        let json = |at: usize| -> Value {
            serde_json::from_slice(&part(signed.split('.').nth(at).unwrap())).unwrap()
        };
        let (header, claims) = (json(0), json(1));
        assert_eq!(header["alg"], "ES256");
        assert_eq!(header["typ"], "at+jwt");
        assert_eq!(header["kid"], key["kid"]);
        assert_eq!(claims["iss"], ISSUER);
        assert_eq!(claims["sub"], client.alias);
        assert_eq!(claims["client_id"], client.alias);
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(life, 3600);
    });
}

#[test]
fn two_secrets_live_and_a_third_ends_the_first() {
    on_shared(async |service| {
        let client = service.client().await;
        let first = client.secret.clone();
        assert!(first.starts_with("chancery_cs_") && first.len() >= 12 + 43, "256 bits");
        let rotate = async |only: bool| {
            let overlap = if only { SecretOverlap::None } else { SecretOverlap::UntilNext };
            let secret = rotate_secret(&service.app, &client.alias, overlap).await.unwrap();
            secret.expose_secret().to_owned()
        };
        let works =
            async |secret: &str| token(&service.base, &client.alias, secret).await.status == 200;
        let second = rotate(false).await;
        assert!(works(&first).await && works(&second).await);
        let third = rotate(false).await;
        assert!(!works(&first).await && works(&second).await && works(&third).await);
        let only = rotate(true).await;
        assert!(!works(&second).await && !works(&third).await && works(&only).await);
    });
}

#[test]
fn a_suspended_client_service_is_refused_within_five_seconds() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("before");
        client.sign(&small(&reference)).await.good();

        let set = async |status| set_status(&service.app, &client.alias, status).await.unwrap();
        set(ClientServiceStatus::Suspended).await;
        let suspended = Instant::now();
        let fresh = token(&service.base, &client.alias, &client.secret).await;
        assert_refused(&fresh, 400, "unauthorized_client");
        let guess = token(&service.base, &client.alias, "wrong").await;
        assert_refused(&guess, 401, "invalid_client");
        let refusal = loop {
            let answer = client.by_reference(&reference).await;
            if answer.status != 200 {
                break answer;
            }
            assert!(suspended.elapsed() < PATIENCE, "a live token still works");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        refusal.error(403, "1.1.1", "client-service-suspended");
        let refused = unique("meanwhile");
        client.sign(&small(&refused)).await.error(403, "1.1.1", "client-service-suspended");

        set(ClientServiceStatus::Active).await;
        let activated = Instant::now();
        let before = client;
        let client = before.at(&service.base).await;
        while client.by_reference(&reference).await.status != 200 {
            assert!(activated.elapsed() < PATIENCE, "it does not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        client.by_reference(&refused).await.error(404, "2.1.0", "operation-not-found");
        client.sign(&small(&refused)).await.good();
        let old = before.by_reference(&reference).await;
        old.error(401, "0.0.10", "access-token-expired");
    });
}

#[test]
fn only_our_own_live_tokens_are_taken() {
    on_shared(async |service| {
        let client = service.client().await;
        let seconds = now().unix_ms() / 1000;
        let claims = |issued: i64, life: i64| Claims {
            iss: ISSUER.to_owned(),
            sub: client.alias.clone(),
            aud: "chancery".to_owned(),
            client_id: client.alias.clone(),
            scope: "read write".to_owned(),
            iat: seconds + issued,
            exp: seconds + issued + life,
            nbf: None,
            jti: unique("jti"),
        };
        let ours = |claims: &Claims| service.app.token_keys.sign(claims).unwrap();
        let stranger = TokenKeys::new(TokenKey::from_pem(&token_key_pem()).unwrap(), Vec::new());
        let with = |change: fn(&mut Claims)| {
            let mut claims = claims(0, 60);
            change(&mut claims);
            ours(&claims)
        };
        let good = ours(&claims(0, 60));
        let status = async |authorization: String| {
            let request = HTTP.get(format!("{}/api/v0/operation/status/1", service.base));
            Answer::of(request.header("authorization", authorization)).await
        };
        // 404 is an answer from behind the door
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(status(format!("{scheme} {good}")).await.status, 404);
        }
        assert_eq!(
            status(format!("Bearer {}", ours(&claims(-70, 60)))).await.status,
            404,
            "leeway"
        );
        // RFC 6750, 3.1: `error` is for who showed a token.
        let refused = |answer: &Answer, reason: &str, shown: bool| {
            answer.error(401, "0.0.10", reason);
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("Bearer realm=\"chancery\""), "{challenge}");
            assert_eq!(challenge.contains("error=\"invalid_token\""), shown, "{challenge}");
        };
        let expired = ours(&claims(-3700, 3600));
        refused(&status(format!("Bearer {expired}")).await, "access-token-expired", true);
        for bad in [
            ours(&claims(3600, 3600)),
            stranger.sign(&claims(0, 60)).unwrap(),
            with(|claims| "https://other.test".clone_into(&mut claims.iss)),
            with(|claims| "other".clone_into(&mut claims.aud)),
            with(|claims| "PRT.gone".clone_into(&mut claims.client_id)),
            good[..good.len() - 4].to_owned(),
            "x.y.z".to_owned(),
        ] {
            refused(&status(format!("Bearer {bad}")).await, "access-token-invalid", true);
        }
        let token = &client.token;
        for malformed in
            ["Bearer".to_owned(), "Bearer ".to_owned(), token.clone(), format!("Bearer <{token}>")]
        {
            refused(&status(malformed).await, "access-token-malformed", true);
        }
        refused(&status(format!("Basic {token}")).await, "access-token-missing", false);
        let none = HTTP.get(format!("{}/api/v0/operation/status/1", service.base));
        refused(&Answer::of(none).await, "access-token-missing", false);
    });
}

/// A token does what it was asked for and no more.
#[test]
fn a_token_for_reading_seals_nothing() {
    on_shared(async |service| {
        let mut client = service.client().await;
        let ask = async |scope: &str| {
            let url = format!("{}/oauth2/token", service.base);
            let request = HTTP.post(url).basic_auth(&client.alias, Some(&client.secret));
            let body = format!("grant_type=client_credentials&scope={scope}");
            Answer::of(request.header("content-type", FORM).body(body)).await.good()
        };
        for (asked, granted) in
            [("", "read write"), ("read", "read"), ("write+read", "read write"), ("write", "write")]
        {
            assert_eq!(ask(asked).await["scope"], granted, "{asked}");
        }
        let reading = ask("read").await["access_token"].as_str().unwrap().to_owned();
        let writing = ask("write").await["access_token"].as_str().unwrap().to_owned();
        let reference = unique("scope");
        client.token.clone_from(&reading);
        let refused = client.sign(&small(&reference)).await;
        refused.error(403, "0.0.10", "oauth-scope-missing");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.contains("error=\"insufficient_scope\", scope=\"write\""), "{challenge}");
        client.by_reference(&reference).await.error(404, "2.1.0", "operation-not-found");
        client.token = writing;
        client.sign(&small(&reference)).await.good();
        client.by_reference(&reference).await.error(403, "0.0.10", "oauth-scope-missing");
        client.token = reading;
        client.by_reference(&reference).await.good();
    });
}

#[test]
fn a_token_ends_when_the_service_said_it_would() {
    run(async {
        let mut setup = Setup::new();
        setup.config.oauth.access_token_seconds = 5;
        let granted = now();
        setup.clock = chancery::app::Clock::Fixed(granted);
        let service = setup.start().await;
        let client = service.client().await;
        assert_eq!(client.status(&json!(1)).await.status, 404);
        // the tolerance for clocks is 30 seconds
        for (later_ms, status) in [(4_000, 404), (34_000, 404), (36_000, 401)] {
            let mut later = Setup::same_database(&service);
            later.clock = chancery::app::Clock::Fixed(granted.plus_ms(later_ms));
            let later = later.start().await;
            let mut there = client.clone();
            there.base.clone_from(&later.base);
            assert_eq!(there.status(&json!(1)).await.status, status, "{later_ms} ms later");
            later.stop().await;
        }
        service.stop().await;
    });
}

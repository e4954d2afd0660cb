//! Every surface tells what goes wrong in its own dialect, where no handler answers too.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use chancery::web::Web;
use chancery::web::integration::Integration;
use chancery::web::oauth::OAuth;
use chancery::web::portal::Portal;
use chancery::web::surface::{Dialect, enclose};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::support::client::{Answer, HTTP, raw};
use crate::support::service::{Service, Setup, on_shared};

#[test]
fn unknown_addresses_are_answered_in_the_dialect_of_their_surface() {
    on_shared(async |service| {
        let get = async |path: &str| Answer::of(HTTP.get(format!("{}{path}", service.base))).await;
        for path in ["/", "/nothing", "/api/v0/nothing", "/signstash/einvoice-integration-ws/x"] {
            get(path).await.error(404, "0.0.6", "address-unknown");
        }
        for path in ["/oauth2", "/oauth2/nothing", "/oauth2/token/more"] {
            let answer = get(path).await;
            assert_eq!((answer.status, &answer.json()["error"]), (404, &"invalid_request".into()));
            assert!(answer.json().get("errorCode").is_none(), "{}", answer.text());
        }
        for path in ["/r", "/r/a/b/c", "/r/a/documents"] {
            let answer = get(path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.header("content-type").starts_with("text/html"), "{path}");
            assert!(answer.header("content-security-policy").contains("default-src"), "{path}");
        }
    });
}

#[test]
fn wrong_methods_are_answered_in_the_dialect_of_their_surface() {
    on_shared(async |service| {
        let put = async |path: &str| Answer::of(HTTP.put(format!("{}{path}", service.base))).await;
        put("/api/v0/document/sign/base64").await.error(405, "0.0.6", "method-unknown");
        let token = put("/oauth2/token").await;
        assert_eq!((token.status, &token.json()["error"]), (405, &"invalid_request".into()));
        let page = put("/r/AAAA.code").await;
        assert_eq!(page.status, 405);
        assert!(page.header("content-type").starts_with("text/html"));
    });
}

/// What a surface says when one of its handlers panics: status, content type and body.
async fn after_panic<D: Dialect>(service: &Service) -> (u16, String, String) {
    let web = Web::new(std::sync::Arc::clone(&service.app), Setup::new().config.web);
    let panics = get(async || -> &'static str { panic!("a test panics") });
    let router = enclose::<D>(&web, Router::new().route("/", panics)).with_state(web);
    let request = Request::builder().header("host", "seal.test").body(Body::empty()).unwrap();
    let answer = router.oneshot(request).await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

#[test]
fn a_panic_is_told_in_the_dialect_of_its_surface() {
    on_shared(async |service| {
        let (status, kind, body) = after_panic::<Integration>(service).await;
        assert_eq!((status, kind.as_str()), (500, "application/json"));
        assert!(body.contains("\"errorCode\":\"0.0.1\""), "{body}");
        let (status, kind, body) = after_panic::<OAuth>(service).await;
        assert_eq!((status, kind.as_str()), (500, "application/json"));
        assert!(body.contains("\"error\":\"server_error\""), "{body}");
        let (status, kind, body) = after_panic::<Portal>(service).await;
        assert_eq!((status, kind.as_str()), (503, "text/html; charset=utf-8"));
        assert!(body.starts_with("<!"), "{body}");
    });
}

/// RFC 9112, 3.2: a request of HTTP/1.1 says once whom it is for.
#[test]
fn a_request_without_a_host_is_refused() {
    on_shared(async |service| {
        for hosts in ["", "host: a\r\nhost: b\r\n"] {
            let ask = async |method: &str, path: &str| {
                let head = format!(
                    "{method} {path} HTTP/1.1\r\n{hosts}content-length: 2\r\nconnection: close\r\n\r\n{{}}"
                );
                raw(&service.base, head.as_bytes()).await
            };
            let (status, body) = ask("POST", "/api/v0/document/sign/base64").await;
            assert!(status == 400 && body.contains("\"host-missing\""), "{status} {body}");
            let (status, body) = ask("POST", "/oauth2/token").await;
            assert!(status == 400 && body.contains("\"invalid_request\""), "{status} {body}");
            assert!(body.contains("Host"), "{body}");
            let (status, body) = ask("GET", "/r/AAAA.code").await;
            assert!(status == 400 && body.contains("<!"), "{status} {body}");
        }
        let old = b"GET /livez HTTP/1.0\r\n\r\n";
        assert_eq!(raw(&service.base, old).await.0, 200);
    });
}

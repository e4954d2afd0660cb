//! What surfaces have in common without knowing each other: each has addresses of its own and tells what
//! goes wrong there in its own dialect. What they say is in their folders.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::Web;
use crate::app::Caller;
use crate::workflow::Thing;
use crate::workflow::tokens::{BearerError, Purpose};

/// A family of addresses that answers everything in one dialect.
pub trait Dialect: 'static {
    /// The answer to what no handler answers.
    fn stray(web: &Web, headers: &HeaderMap, stray: Stray) -> Response;
}

/// What no handler answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stray {
    /// Nothing is at the address.
    Address,
    /// Something is, but for another method.
    Method,
    /// The request does not say whom it is for, or twice (RFC 9112, 3.2).
    Host,
    /// A handler panicked.
    Panic,
}

/// A surface that is opened by access tokens.
pub(super) trait Surface: Dialect {
    /// How it tells what is wrong with a request.
    type Problem: IntoResponse + From<NoCaller> + From<NotNamed> + From<NoBody>;
    /// Whom it serves.
    type Client: Send;
    /// What an access token must have been made for.
    const PURPOSE: &'static Purpose;

    /// The OAuth scope that a request needs.
    fn needs(method: &Method) -> &'static str;

    /// Whom it serves, of those who have a token for it.
    ///
    /// # Errors
    /// What it says to others.
    fn admit(caller: Caller) -> Result<Self::Client, Self::Problem>;
}

/// Why a request has no caller.
pub(super) enum NoCaller {
    /// It shows no access token.
    Missing,
    /// What it shows is none.
    Malformed,
    /// The access token does not open this.
    Token(BearerError),
}

/// What a path does not name.
pub(super) enum NotNamed {
    /// The id of such a thing.
    Id(Thing),
    /// True or false, in the parameter of this name.
    Flag(String),
}

/// Why there is no body to read.
pub(super) enum NoBody {
    /// It is longer than this.
    TooLarge(usize),
    /// It did not arrive whole.
    Unfinished,
    /// There is no room for it.
    NoRoom,
    /// It is packed in a way that is not unpacked here (RFC 9110, 8.4).
    Coding(String),
    /// It is text in another character encoding than UTF-8.
    Charset(String),
}

/// Lets a surface answer for all that lies below: unknown addresses, wrong methods, requests without a
/// host, panics.
pub fn enclose<D: Dialect>(web: &Web, routes: Router<Web>) -> Router<Web> {
    let house = web.clone();
    let after_panic = move |_: Box<dyn std::any::Any + Send>| {
        tracing::error!("a handler panicked");
        D::stray(&house, &HeaderMap::new(), Stray::Panic)
    };
    let stray = |stray: Stray| {
        move |State(web): State<Web>, headers: HeaderMap| async move { D::stray(&web, &headers, stray) }
    };
    routes
        .fallback(stray(Stray::Address))
        .method_not_allowed_fallback(stray(Stray::Method))
        .layer(middleware::from_fn_with_state(web.clone(), one_host::<D>))
        .layer(CatchPanicLayer::custom(after_panic))
}

async fn one_host<D: Dialect>(State(web): State<Web>, request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if request.version() == Version::HTTP_11 && hosts != 1 {
        return D::stray(&web, request.headers(), Stray::Host);
    }
    next.run(request).await
}

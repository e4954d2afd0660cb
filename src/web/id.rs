//! What a path names: ids, and yes or no.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::Web;
use super::surface::{NotNamed, Surface};
use crate::domain::ids::{DocumentId, EndpointId, OperationId};
use crate::workflow::Thing;

/// The id in the path, `{id}`.
pub(super) struct Id<S, T>(pub(super) T, PhantomData<fn() -> S>);

/// The yes or no in the path: its only parameter besides the id.
pub(super) struct Flag<S>(pub(super) bool, PhantomData<fn() -> S>);

/// An id and what it is of.
pub(super) trait Of: FromStr {
    /// What has such ids.
    const THING: Thing;
}

impl Of for OperationId {
    const THING: Thing = Thing::Operation;
}

impl Of for EndpointId {
    const THING: Thing = Thing::Endpoint;
}

impl Of for DocumentId {
    const THING: Thing = Thing::Evidence;
}

impl<S: Surface, T: Of> FromRequestParts<Web> for Id<S, T> {
    type Rejection = S::Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, S::Problem> {
        let named = parameters(parts, web).await;
        let id = named.get("id").and_then(|text| text.parse().ok());
        Ok(Self(id.ok_or(NotNamed::Id(T::THING))?, PhantomData))
    }
}

impl<S: Surface> FromRequestParts<Web> for Flag<S> {
    type Rejection = S::Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, S::Problem> {
        let named = parameters(parts, web).await;
        let (name, text) = named.into_iter().find(|(name, _)| name != "id").unwrap_or_default();
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Self(true, PhantomData)),
            "false" => Ok(Self(false, PhantomData)),
            _ => Err(NotNamed::Flag(name).into()),
        }
    }
}

/// The parameters of the path; none when they are not UTF-8.
async fn parameters(parts: &mut Parts, web: &Web) -> HashMap<String, String> {
    let named = Path::<HashMap<String, String>>::from_request_parts(parts, web).await;
    named.map(|Path(named)| named).unwrap_or_default()
}

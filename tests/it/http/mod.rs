//! The service over HTTP, as an integrator meets it.

mod bad_documents;
mod bad_requests;
mod clocks;
mod corpus;
mod credentials;
mod database;
mod dialects;
mod earlier;
mod ending;
mod exactly_once;
mod forms;
mod healing;
mod limits;
mod lint;
mod log;
mod lookup;
mod oauth;
mod pdf;
mod postgres;
mod profiles;
mod siblings;
mod sign;
mod stopping;
mod visible;
mod wire;

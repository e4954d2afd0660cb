//! The receiver's page: its look, judged by a browser.

mod browser;
mod files;
mod invoices;
mod languages;
mod links;
pub(crate) mod page;
mod rate;
mod reports;
mod slow;

//! The receiver's page: its look, judged by a browser.

mod browser;
mod links;
pub(crate) mod page;
mod slow;

//! The receiver's page: what a link in a notification opens.

pub mod page;

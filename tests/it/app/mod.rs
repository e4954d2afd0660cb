//! What the house shares out among those that come: room, tries, processor time.

mod fair;
mod logins;
mod patience;
mod priority;

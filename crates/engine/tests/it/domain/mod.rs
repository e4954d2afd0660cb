//! The words of the field: how they are read, written and counted.

mod company;
mod delivery;
mod instant;
mod listing;
mod usage;
mod webhook;

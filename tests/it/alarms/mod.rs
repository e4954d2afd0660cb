//! Alarms: every step told once, by however many services, and cleared when it is over.

mod check;
mod commands;
mod looks;
mod rules;
mod store;

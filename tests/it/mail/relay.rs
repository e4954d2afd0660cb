//! A real relay.

//! What receivers read: templates are checked and bounded, six languages say the right thing.

pub(crate) mod defaults;
mod stored;
mod template;

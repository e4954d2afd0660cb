//! What receivers read: templates are checked and bounded, six languages say the right thing.

mod defaults;
mod locale;
mod template;

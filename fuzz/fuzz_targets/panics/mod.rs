//! What panics while a target runs, and what does not end it.

/// The engine, and the judge here, catch what readers of others panic at. libFuzzer's hook would end the
/// process before anybody can; it is asked only where the engine or a body panics. What nobody catches ends
/// the process all the same.
pub(crate) fn let_others_panic() {
    let end = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let ours = panic.location().is_none_or(|place| place.file().contains("crates/engine/"));
        if ours {
            end(panic);
        } else {
            eprintln!("{panic}");
        }
    }));
}

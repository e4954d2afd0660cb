//! Threads that calculate give way to those that answer.

use chancery::app::priority::{NICER, lower};

#[test]
fn this_thread_is_lowered_once_and_no_other_is() {
    let priority = || rustix::process::getpriority_process(None).unwrap();
    let before = priority();
    let lowered = std::thread::spawn(move || {
        lower();
        lower();
        priority()
    });
    assert_eq!(lowered.join().unwrap(), (before + NICER).min(19));
    assert_eq!(priority(), before);
}

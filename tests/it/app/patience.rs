//! Processor time of a document, whichever threads work on it.

use std::thread;
use std::time::Duration;

use chancery::app::patience::{of_document, stopwatch};

fn works(duration: Duration) {
    let spent = stopwatch();
    while spent() < duration {}
}

const LONG: Duration = Duration::from_millis(300);
const SHORT: Duration = Duration::from_millis(50);

/// The plan of a timestamp goes to another thread when its token comes: one that has been working for hours.
#[test]
fn what_another_thread_did_before_is_not_counted() {
    let (spent, patience) = (stopwatch(), of_document(200));
    let worn = thread::spawn(move || {
        works(LONG);
        let first = spent();
        let patient = patience.check();
        works(SHORT);
        (first, patient, spent())
    });
    let (first, patient, later) = worn.join().unwrap();
    assert!(first < SHORT, "{first:?}");
    assert!(patient.is_ok());
    assert!(later >= SHORT && later < LONG, "{later:?}");
}

#[test]
fn what_each_thread_did_is_counted_together() {
    let spent = stopwatch();
    works(LONG);
    let mine = spent();
    let other = thread::spawn(move || {
        let begun = spent();
        works(SHORT);
        (begun, spent())
    });
    let (begun, both) = other.join().unwrap();
    assert!(mine >= LONG && begun >= mine, "{mine:?}, {begun:?}");
    assert!(both >= LONG + SHORT, "{both:?}");
}

//! Parts of what a company has subscribed to.

use chancery_engine::domain::usage::percent;

#[test]
fn percents_are_whole_and_never_fail() {
    assert_eq!((percent(799, 1000), percent(800, 1000)), (79, 80));
    assert_eq!((percent(0, 0), percent(3, 2)), (100, 150));
    assert_eq!(percent(u64::MAX, 1), u64::MAX);
}

//! Contents that are put down ahead of what refers to them.

use std::sync::Arc;

use chancery::contents::ahead::{PORTION_CONTENTS, PORTION_OCTETS, Portion, portions};

#[test]
fn a_portion_is_no_larger_than_it_may_be_and_nothing_is_left_out() {
    let lengths = [1, PORTION_OCTETS, 3 * PORTION_OCTETS + 1, 7, PORTION_OCTETS / 2];
    let mut contents: Vec<Arc<Vec<u8>>> =
        lengths.iter().zip(0_u8..).map(|(length, at)| Arc::new(vec![at; *length])).collect();
    contents.extend((0..2 * PORTION_CONTENTS).map(|_| Arc::new(vec![9; 100])));
    let portions: Vec<Portion<'_>> = portions(&contents).collect();
    for portion in &portions {
        assert!(portion.len() <= PORTION_CONTENTS);
        assert!(portion.iter().map(|piece| piece.len()).sum::<usize>() <= PORTION_OCTETS);
    }
    let whole: Vec<u8> = contents.iter().flat_map(|bytes| bytes.to_vec()).collect();
    assert!(portions.concat().concat() == whole);
    assert_eq!(portions.len(), 1 + 1 + 3 + 1 + 2);
}

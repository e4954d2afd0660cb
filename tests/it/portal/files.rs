//! The names of files that receivers get.

use std::collections::HashSet;

use chancery::workflow::files::{NAME_LIMIT, TakenNames, file_name};

#[test]
fn names_are_names_of_files() {
    for (given, wanted) in [
        ("invoice.xml", "invoice.xml"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b:c\r\n.pdf", "a_b_c__.pdf"),
        ("...", "document"),
        ("fac\u{202e}fdp.exe", "fac_fdp.exe"),
    ] {
        assert_eq!(file_name(given), wanted);
    }
    let long = file_name(&format!("{}.pdf", "é".repeat(400)));
    assert!(long.chars().count() == NAME_LIMIT && long.ends_with("é.pdf"));
    let mut taken = TakenNames::default();
    let names = ["a.xml", "A.xml", "a (3).xml", "a.xml", "b"];
    let names = names.map(|name| taken.free(name));
    assert_eq!(names, ["a.xml", "A (2).xml", "a (3).xml", "a (4).xml", "b"]);
}

#[test]
fn many_files_of_one_name_get_a_name_each() {
    let mut taken = TakenNames::default();
    let names: HashSet<String> = (0..2500).map(|_| taken.free("invoice.xml")).collect();
    assert_eq!(names.len(), 2500);
    assert!(names.contains("invoice.xml") && names.contains("invoice (2500).xml"));
    // Each name was looked for once, not from 2 on.
    assert_eq!(taken.last_number("invoice.xml"), Some(2500));
}

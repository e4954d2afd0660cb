//! As much of URIs as canonicalization needs.

use chancery_engine::seal::xml::uri::{is_absolute, join};

#[test]
fn namespace_names() {
    for uri in ["urn:x", "http://a/b", "tag:a,2020:x", "x-y+z.1:"] {
        assert!(is_absolute(uri), "{uri}");
    }
    for uri in ["", "a", "a/b:c", "../x", ":x", "1a:b", "http://a b", "urn:ü", "urn:{"] {
        assert!(!is_absolute(uri), "{uri}");
    }
}

#[test]
fn bases_join() {
    assert_eq!(join("http://h/a/b", "c"), "http://h/a/c");
    assert_eq!(join("http://h/a/b/", "../c"), "http://h/a/c");
    assert_eq!(join("foo/bar", ".."), "");
    assert_eq!(join("foo/bar/", ".."), "foo/");
    assert_eq!(join("..", ".."), "../../");
    assert_eq!(join("../a", "b"), "../b");
    assert_eq!(join("http://h", "x"), "http://h/x");
    assert_eq!(join("http://h/a", "//g/b"), "http://g/b");
    assert_eq!(join("http://h/a", "urn:b"), "urn:b");
    assert_eq!(join("/a/b", "/c"), "/c");
    assert_eq!(join("a/b", ""), "a/b");
}

//! Tables for people, objects for programs.

use chancery::cli::shown::{Column, Table, column};
use serde_json::json;

const COLUMNS: &[Column] = &[
    column("alias", "ALIAS"),
    column("sealed", "SEALED"),
    column("profile", "PROFILE").none("default"),
    column("", "SHARE"),
    column("sha1", "SHA-1").answers("allowed", "refused"),
];

#[test]
fn columns_are_as_wide_as_what_is_in_them_and_show_no_escapes() {
    let mut table = Table::new(COLUMNS);
    table.row([json!("a\u{1b}[31m"), json!(7), json!(null), json!("1 %"), json!(true)]);
    table.row([json!("äö"), json!(12_345), json!("x"), json!(""), json!(false)]);
    let lines = table.lines();
    assert_eq!(lines[0], "ALIAS   SEALED  PROFILE  SHARE  SHA-1");
    assert_eq!(lines[1], "a\u{fffd}[31m       7  default  1 %    allowed");
    assert_eq!(lines[2], "äö       12345  x               refused");
    let objects = table.objects();
    assert_eq!(objects[1], json!({"alias": "äö", "sealed": 12_345, "profile": "x", "sha1": false}));
}

//! Values as people and spreadsheets read them.

use chancery::cli::values::csv;

#[test]
fn fields_of_csv_are_one_field_and_no_formula() {
    for (text, field) in [
        ("ACME", "ACME"),
        ("A=B-1", "A=B-1"),
        ("ACME, Lda", "\"ACME, Lda\""),
        ("\"A\"", "\"\"\"A\"\"\""),
        ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
    ] {
        assert_eq!(csv(text), field);
    }
}

//! Values as people and spreadsheets read them.

use chancery::domain::csv;

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
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("\r\n=1", "\"'\r\n=1\""),
        ("＝1", "'＝1"),
        ("a;=1", "\"a;=1\""),
        ("a\r\n=1", "\"a\r\n=1\""),
        ("", ""),
    ] {
        assert_eq!(csv::field(text), field);
    }
}

#[test]
fn lines_of_csv_end_as_they_should() {
    assert_eq!(csv::line(["a", "", "b,c", "=1"]), "a,,\"b,c\",'=1\r\n");
}

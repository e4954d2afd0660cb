//! Addresses with more slashes than they need.

use chancery::web::paths::tidy;

#[test]
fn drops_slashes_outside_of_references() {
    for (given, wanted) in [
        ("/api/v0/document/sign/base64///", "/api/v0/document/sign/base64"),
        ("//api//v0/x/?a=b//c", "/api/v0/x?a=b//c"),
        ("/", "/"),
        ("/oauth2/token", "/oauth2/token"),
        (
            "/a//b/withDocumentExternalReference/FT//2021/",
            "/a/b/withDocumentExternalReference/FT//2021/",
        ),
    ] {
        assert_eq!(tidy(given.parse().unwrap()).to_string(), wanted);
    }
}

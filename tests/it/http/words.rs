//! Refusals in the words of the client.

use chancery::web::integration::words::about_document;

#[test]
fn sentences_name_what_the_client_sent() {
    for (reason, detail, told) in [
        (
            "setting-invalid",
            "visible.area: must be larger",
            "signatureInfo.advancedSignatureInfo.visible.area: must be larger",
        ),
        (
            "setting-invalid",
            "the settings: say less",
            "signatureInfo.advancedSignatureInfo: say less",
        ),
        (
            "setting-conflict",
            "ids cannot be used like this: they are taken",
            "signatureInfo.advancedSignatureInfo.ids cannot be used like this: they are taken",
        ),
        (
            "setting-invalid",
            "signatureInfo.advancedSignatureInfo.ids: stored by an earlier release",
            "signatureInfo.advancedSignatureInfo.ids: stored by an earlier release",
        ),
        (
            "base64-invalid",
            "the content is not base64 (RFC 4648): x",
            "documentRequest.base64Content is not base64 (RFC 4648): x",
        ),
        ("xml-malformed", "the content is no XML", "the content is no XML"),
    ] {
        assert_eq!(about_document(reason, detail), told);
    }
}

//! What a company says of itself is taken or refused.

use chancery_engine::domain::company::country_code;

#[test]
fn countries_have_three_letters() {
    assert_eq!(country_code("prt").ok().as_deref(), Some("PRT"));
    assert_eq!(country_code(" ESP ").ok().as_deref(), Some("ESP"));
    for odd in ["", "PT", "PORT", "P1T", "ÉSP"] {
        assert!(country_code(odd).is_err_and(|refusal| refusal.to_string().contains("PRT")));
    }
}

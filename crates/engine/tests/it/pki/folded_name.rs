//! Names that mean the same are equal, others are not.

use chancery_engine::pki::folded_name::{FoldedName, fold};
use chancery_engine::pki::name::parse;

fn folded(text: &str) -> FoldedName {
    FoldedName::of(&parse(text).unwrap_or_default())
}

#[test]
fn what_does_not_count_is_gone() {
    assert_eq!(folded("CN=Acme  Seal ,O=ACME"), folded("CN=ACME SEAL,O=Acme"));
    assert_eq!(folded("CN=a+OU=b"), folded("OU=B+CN=A"));
    assert_eq!(fold("  Ｅmissão\u{a0}LDA "), fold("emissa\u{303}o lda"));
    assert_ne!(folded("CN=Acme,O=Seal"), folded("O=Seal,CN=Acme"));
    assert_ne!(folded("CN=a,O=b"), folded("CN=a+O=b"));
    assert_ne!(folded("CN=ab"), folded("CN=a b"));
}

#[test]
fn a_name_is_under_those_it_begins_with() {
    let (name, tree) = (folded("CN=Seal,O=ACME,C=PT"), folded("O=acme,C=PT"));
    assert!(name.is_under(&tree) && name.is_under(&name) && !tree.is_under(&name));
    assert!(name.is_under(&FoldedName::default()));
    assert!(!folded("CN=Seal,O=ACMEX,C=PT").is_under(&tree));
}

//! The language that a page speaks.

use chancery::domain::language::Language;
use chancery::workflow::portal::language_wished;

#[test]
fn the_browser_names_its_languages_in_order() {
    assert_eq!(language_wished("nl, pt-BR;q=0.8, en;q=0.5"), Some(Language::Pt));
    assert_eq!(language_wished("nl"), None);
}

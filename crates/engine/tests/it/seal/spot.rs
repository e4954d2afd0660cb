//! Where something is inserted in the text of a document.

use chancery_engine::domain::xades::Position::{After, FirstChild, LastChild};
use chancery_engine::seal::xades::spot::Spot;
use roxmltree::Document;

#[test]
fn finds_every_position() {
    let text = "<r><a b='>' c=\"/>\"> <d/> </a ></r>";
    let tree = Document::parse(text).unwrap_or_else(|_| unreachable!());
    let a = tree.root_element().first_element_child().unwrap_or_else(|| unreachable!());
    let rest = |position| text.get(Spot::at(a, position).range.start..).unwrap_or_default();
    assert_eq!(rest(FirstChild), " <d/> </a ></r>");
    assert_eq!(rest(LastChild), "</a ></r>");
    assert_eq!(rest(After), "</r>");
    let d = a.first_element_child().unwrap_or_else(|| unreachable!());
    assert_eq!(text.get(Spot::at(d, FirstChild).range), Some("/>"));
    assert_eq!(text.get(Spot::at(d, LastChild).range), Some("/>"));
    assert_eq!(text.get(Spot::content(d).range), Some("/>"));
    assert_eq!(text.get(Spot::content(a).range), Some(" <d/> "));
}

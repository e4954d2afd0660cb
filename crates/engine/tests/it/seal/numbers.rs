//! Numbers of XPath to text and back.

use chancery_engine::seal::xml::nodes::NodeKey;
use chancery_engine::seal::xml::xpath::{Budget, Evaluation, Expression};
use roxmltree::Document;

/// What an expression gives as text.
fn said(expression: &str) -> String {
    let document = Document::parse("<a/>").unwrap();
    let expression = Expression::parse(expression, &[]).unwrap();
    let budget = Budget::default();
    let evaluation = Evaluation::new(&expression, &document, None, &budget);
    let value = evaluation.at(NodeKey::of(document.root_element())).unwrap();
    evaluation.text(value).unwrap()
}

#[test]
fn numbers_are_written_without_exponent() {
    assert_eq!(said("1000000000000000000000"), "1000000000000000000000");
    assert_eq!(said("-0"), "0");
    assert_eq!(said("0.1 + 0.2"), "0.30000000000000004");
    assert_eq!(said("-1.5"), "-1.5");
}

#[test]
fn texts_are_numbers_only_in_the_plain_form() {
    assert_eq!(said("number(' -.5 ')"), "-0.5");
    assert_eq!(said("number('5.')"), "5");
    for text in ["+1", "1e3", "", "-", ".", "1 2", "0x1", "inf", "--1", "1.2.3"] {
        assert_eq!(said(&format!("number('{text}')")), "NaN", "{text}");
    }
}

#[test]
fn half_is_rounded_up() {
    assert_eq!(said("round(2.5)"), "3");
    assert_eq!(said("round(-2.5)"), "-2");
    assert_eq!(said("round(0.49999999999999994)"), "0");
    assert_eq!(said("1 div round(-0.2)"), "-Infinity");
}

//! Templates: what they may say, what they are told when they say more, and how far they can go.

use chancery_engine::domain::language::Language;
use chancery_engine::letters::{
    self, Failure, LetterPart, ListedDocument, Notification, TemplateSource, Values,
};
use chancery_testing::cost;

/// A source with this text and nothing interesting beside it.
fn source(text: &str) -> TemplateSource {
    TemplateSource { subject: "News".into(), text: text.into(), html: "<p>News</p>".into() }
}

/// What is said about a text, as line, column and sentence.
fn said(text: &str) -> Vec<(usize, usize, String)> {
    match letters::check(&source(text)) {
        Ok(()) => Vec::new(),
        Err(problems) => problems
            .into_iter()
            .map(|problem| {
                assert_eq!(problem.part, LetterPart::Text);
                (problem.line, problem.column, problem.message)
            })
            .collect(),
    }
}

/// Sample values with so many documents.
fn many(count: usize) -> Values {
    let mut facts = letters::sample(Language::En);
    let one = facts.documents[0].clone();
    facts.documents = (0..count)
        .map(|n| ListedDocument { name: format!("invoice-{n}.pdf"), ..one.clone() })
        .collect();
    Values::of(&facts)
}

#[test]
fn names_conditions_lists_and_comments_are_taken() {
    for text in [
        "no tags, { braces } and 50 %",
        "{{ issuer.name }}{{issuer.name}}{{- link -}}",
        "{% if link %}a{% else %}b{% endif %}{% if not attached %}c{% endif %}",
        "{%- for d in documents -%}{{ d.name }}{% if d.sealed %}!{% endif %}{%- endfor -%}",
        "{# any {{ thing }} {% here %} #}x",
        "{% if documents %}{% for a in documents %}{% for b in documents %}{{ a.name }}{{ b.size }}{% endfor %}{% endfor %}{% endif %}",
    ] {
        assert_eq!(said(text), [], "{text}");
        letters::render(&source(text), &many(3)).unwrap();
    }
}

#[test]
fn everything_else_is_refused_with_its_place_and_what_to_do() {
    for (text, line, column, part) in [
        ("a\nb {{ issuer.nam }}", 2, 3, "did you mean `issuer.name`?"),
        ("{{ secret }}", 1, 1, "use one of the documented names"),
        ("{{ issuer }}", 1, 1, "name one of issuer.name, issuer.vat_number"),
        ("{{ documents }}", 1, 1, "{% for document in documents %}"),
        ("{{ attached }}", 1, 1, "{% if attached %}"),
        ("{{ document.name }}", 1, 1, "there is no `document.name`"),
        ("{{ link|upper }}", 1, 1, "no filters"),
        ("{{ link }}{{ 7*7 }}", 1, 11, "no filters, functions or calculations"),
        ("{{ range(9) }}", 1, 1, "no filters"),
        ("{{ \"}}\" }}", 1, 1, "no filters"),
        ("{{ issuer['name'] }}", 1, 1, "no filters"),
        ("{{ issuer.__class__ }}", 1, 1, "one name"),
        ("{{ loop.index }}", 1, 1, "there is no `loop.index`"),
        ("{{}}", 1, 1, "one name"),
        ("{% set x = 1 %}", 1, 1, "a template knows only"),
        ("{% include 'x' %}", 1, 1, "a template knows only"),
        ("{% raw %}{% endraw %}", 1, 1, "a template knows only"),
        ("{% macro f() %}{% endmacro %}", 1, 1, "a template knows only"),
        ("{% if link == 'x' %}{% endif %}", 1, 1, "a template knows only"),
        ("{% if link and attached %}{% endif %}", 1, 1, "a template knows only"),
        ("{% if link %}{% elif attached %}{% endif %}", 1, 14, "a template knows only"),
        ("{% for d in documents recursive %}{% endfor %}", 1, 1, "a template knows only"),
        ("{% for d in issuer %}{% endfor %}", 1, 1, "only `documents` is a list"),
        ("{% for link in documents %}{% endfor %}", 1, 1, "use another word"),
        ("{% for d in documents %}{{ d }}{% endfor %}", 1, 25, "name a part of it, as `d.name`"),
        ("{% for d in documents %}{{ d.nam }}{% endfor %}", 1, 25, "there is no `d.nam`"),
        ("é {% if link %}", 1, 3, "add `{% endif %}`"),
        ("{% endif %}", 1, 1, "closes no `{% if %}`"),
        ("{% if link %}{% endfor %}{% endif %}", 1, 14, "closes no `{% for %}`"),
        ("{% else %}", 1, 1, "belongs once into an `{% if %}`"),
        ("{{ link", 1, 1, "add `}}`"),
        ("{# open", 1, 1, "add `#}`"),
        ("   \n", 1, 1, "this part is empty"),
    ] {
        let said = said(text);
        let hit = said.iter().any(|(l, c, m)| (*l, *c) == (line, column) && m.contains(part));
        assert!(hit, "expected {line}:{column} …{part}… for {text:?}, got {said:?}");
    }
    assert_eq!(said(&"{{ x }}".repeat(1000)).len(), 20);
    assert!(said(&"{% if link %}".repeat(40))[0].2.contains("nested deeper"));
    assert!(said(&"a".repeat(200_000))[0].2.contains("shorten it"));
}

#[test]
fn values_are_escaped_in_html_and_nowhere_else() {
    let mut facts = letters::sample(Language::En);
    facts.issuer.name = "A & B <script>\"'{{ link }}".into();
    let source = TemplateSource {
        subject: "{{ issuer.name }}".into(),
        text: "{{ issuer.name }}".into(),
        html: "<a title=\"{{ issuer.name }}\" href=\"{{ link }}\">x</a>".into(),
    };
    let letter = letters::render(&source, &Values::of(&facts)).unwrap();
    assert_eq!(letter.subject, "A & B <script>\"'{{ link }}");
    assert_eq!(letter.text, "A & B <script>\"'{{ link }}\n");
    assert_eq!(
        letter.html,
        "<a title=\"A &amp; B &lt;script&gt;&quot;&#39;{{ link }}\" \
         href=\"https://seals.example/r/sample\">x</a>"
    );
}

#[test]
fn a_subject_is_one_plain_line() {
    let mut facts = letters::sample(Language::En);
    facts.operation.description = "a\r\nBcc: x@y.example\u{0}\u{202e}\u{2028}b ".into();
    let mut source = source("x");
    source.subject = " {{ operation.description }}\n\tend ".into();
    let subject = |source: &TemplateSource, facts: &Notification| {
        letters::render(source, &Values::of(facts)).unwrap().subject
    };
    // A space without width keeps what a client says from being a link.
    assert_eq!(subject(&source, &facts), "a Bcc: x@\u{200b}y.\u{200b}example b end");
    facts.operation.description = "é".repeat(5000);
    let long = subject(&source, &facts);
    assert_eq!((long.chars().count(), long.chars().last()), (200, Some('…')));
    source.subject = "{{ operation.description }}".into();
    facts.operation.description = String::new();
    assert_eq!(subject(&source, &facts), "Sample Trading Ltd");
}

#[test]
fn lines_that_hold_only_a_tag_leave_no_line() {
    let text = "a\n  {% if link %}\nb\n{% endif %}\n{# c #}\n{% if attached %}\nd\n{% endif %}\ne {% if link %}f{% endif %}\ng";
    let letter = letters::render(&source(text), &many(1)).unwrap();
    assert_eq!(letter.text, "a\nb\ne f\ng\n");
}

#[test]
fn nested_lists_end_at_a_limit() {
    let nested = |depth: usize| {
        let mut text = "{{ issuer.name }} is here. ".to_owned();
        for level in 0..depth {
            text = format!("{{% for d{level} in documents %}}{text}{{% endfor %}}");
        }
        text
    };
    letters::render(&source(&nested(1)), &many(10_000)).unwrap();
    letters::render(&source(&nested(2)), &many(10_000)).unwrap();
    for depth in 3..10 {
        let render = || letters::render(&source(&nested(depth)), &many(10_000)).unwrap_err();
        let failure = cost::at_most(1000, "nested lists", render);
        assert!(matches!(failure, Failure::TooLong(LetterPart::Text)), "{failure}");
    }
    // The longest value repeated as far as a source can.
    let mut facts = letters::sample(Language::En);
    facts.issuer.name = "x".repeat(100_000);
    let wide = source(&"{{issuer.name}}".repeat(8000));
    let values = Values::of(&facts);
    let failure =
        cost::at_most(1000, "a long value", || letters::render(&wide, &values).unwrap_err());
    assert!(matches!(failure, Failure::TooLong(LetterPart::Text)), "{failure}");
}

#[test]
fn a_template_that_was_never_checked_is_not_rendered() {
    let failure = letters::render(&source("{{ 7 * 7 }}"), &many(1)).unwrap_err();
    assert!(matches!(failure, Failure::Refused(_)));
    assert!(failure.to_string().contains("text:1:1"), "{failure}");
}

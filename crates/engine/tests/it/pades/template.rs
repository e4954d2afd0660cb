//! What the template language says, and what it refuses.

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::domain::visible::DEFAULT_TEMPLATE;
use chancery_engine::pki::certificate::Certificate;
use chancery_engine::pki::path;
use chancery_engine::seal::pades::template::{Template, TemplateValues};
use chancery_testing::judges::repository;

fn certificate() -> Certificate {
    let path = repository().join("samples/pki/chain.pem");
    path::of_file(&std::fs::read(path).unwrap(), Instant::from_unix_ms(0))
        .unwrap()
        .signing()
        .clone()
}

fn filled(template: &str) -> String {
    let certificate = certificate();
    let values = TemplateValues {
        certificate: &certificate,
        reason: Some("It costs $date and #set"),
        location: Some("Lisboa"),
        contact: None,
        name: None,
        // 2026-12-01T12:34:56Z
        signing_time: Instant::from_unix_ms(1_796_128_496_000),
    };
    Template::parse(template).unwrap().fill(&values).unwrap()
}

fn refused(template: &str) -> String {
    match Template::parse(template) {
        Err(PdfRefusal::TemplateInvalid { reason }) => reason,
        other => panic!("{template}: {other:?}"),
    }
}

#[test]
fn every_way_to_name_a_variable_says_the_same() {
    let name = "Samples Seal";
    for way in [
        "$certificate.getCommonName()",
        "$certificate.commonName",
        "${certificate.getCommonName()}",
        "$!{certificate.commonName}",
        "$!certificate.getCommonName()",
        "$certificate.getCommonName( )",
        "$name",
    ] {
        assert_eq!(filled(&format!("By {way}.")), format!("By {name}."), "{way}");
    }
    assert_eq!(
        filled(DEFAULT_TEMPLATE),
        format!("Digitally signed by {name}\n2026-12-01 12:34:56 UTC")
    );
}

#[test]
fn a_certificate_says_what_is_in_it() {
    let certificate = certificate();
    assert_eq!(filled("$certificate.getSubject()"), certificate.subject());
    assert_eq!(filled("$certificate.getIssuer()"), certificate.issuer());
    assert_eq!(filled("$certificate.getSerialNumber()"), certificate.serial_decimal());
    assert!(certificate.subject().contains(&format!("O={}", filled("$certificate.organization"))));
    assert!(certificate.subject().contains(&format!("C={}", filled("$certificate.country"))));
    assert!(
        certificate.issuer().contains(&format!("CN={}", filled("$certificate.issuerCommonName")))
    );
    assert_eq!(filled("[$certificate.getOrganizationalUnit()$contact]"), "[]");
    let from = filled("$certificate.getValidFrom()");
    assert_eq!(from.get(..10), certificate.not_before().to_xs_date_time().get(..10));
}

#[test]
fn dates_follow_their_pattern() {
    assert_eq!(filled("$date.format(\"dd/MM/yyyy HH:mm\")"), "01/12/2026 12:34");
    assert_eq!(filled("${signingDate.format('dd.MM.yyyy')}!"), "01.12.2026!");
    assert_eq!(filled("$date.format(\"HH 'o''clock' ss\")"), "12 o'clock 56");
    assert!(refused("$date.format(\"d MMM yy\")").contains("not d"));
    assert!(refused("$date.format(\"'\")").contains("not closed"));
    assert!(refused("$date.format(\"yyyy\"").contains("not closed"));
}

#[test]
fn what_is_no_reference_stays() {
    for text in ["$5", "5 $", "$ x", "$", "#1", "a#b", "# if", "100 % #", "$.x", "\\n", "\\"] {
        assert_eq!(filled(text), text);
    }
    assert_eq!(filled("\\$date \\#set"), "$date #set");
    assert_eq!(filled("a ## a comment\nb"), "a b");
}

#[test]
fn values_are_never_read_again() {
    assert_eq!(filled("$reason in $location"), "It costs $date and #set in Lisboa");
}

#[test]
fn the_unknown_is_refused_with_what_is_known() {
    for template in [
        "$user",
        "$certificate",
        "$certificate.getClass()",
        "$certificate.getCommonName().length()x",
        "$certificate.getClass().forName(\"java.lang.Runtime\")",
        "$reason.length()",
        "$!{unknown}",
        "$certificate.commonName(\"x\")",
    ] {
        if template.contains(".length()x") {
            // The name is what the variable says; what follows is text.
            assert!(filled(template).ends_with(".length()x"));
            continue;
        }
        let reason = refused(template);
        assert!(reason.contains("getOrganizationalUnit()"), "{template}: {reason}");
    }
    assert!(refused("${date").contains("closing brace"));
}

#[test]
fn directives_are_refused_by_name() {
    for (template, name) in [
        ("#set($x = 1)", "#set"),
        ("#if($a) b #end", "#if"),
        ("#foreach($i in [1..999999999])x#end", "#foreach"),
        ("#{include}(\"/etc/passwd\")", "#include"),
        ("#evaluate($reason)", "#evaluate"),
        ("#* x *#", "#*"),
        ("#[[ x ]]#", "#["),
    ] {
        assert!(refused(template).contains(name), "{template}");
    }
}

#[test]
fn templates_have_an_end() {
    assert!(refused(&"x".repeat(2_001)).contains("2000"));
    let long = Template::parse(&"$reason".repeat(200)).unwrap();
    let certificate = certificate();
    let values = TemplateValues {
        certificate: &certificate,
        reason: Some("a reason of some length for a signature"),
        location: None,
        contact: None,
        name: None,
        signing_time: Instant::from_unix_ms(0),
    };
    assert!(matches!(long.fill(&values), Err(PdfRefusal::TemplateInvalid { .. })));
}

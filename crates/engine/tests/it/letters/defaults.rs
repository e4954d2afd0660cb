//! The system's own letters: whole in every language, for one document and for many.

use chancery_engine::domain::alarm::Alarm;
use chancery_engine::domain::language::Language;
use chancery_engine::letters::{self, Rendered, TestMail, Values};
use chancery_testing::alarms::{AT, alarms};

/// What holds for every letter of ours.
fn is_whole(language: Language, letter: &Rendered) {
    let all = [&letter.subject, &letter.text, &letter.html];
    for part in all {
        assert!(!part.trim().is_empty());
        for left in ["[[", "]]", "{{", "{%", "undefined", "  \n", "\n\n\n"] {
            assert!(!part.contains(left), "{left:?} in {part}");
        }
    }
    assert!(!letter.subject.contains('\n'));
    let html = &letter.html;
    assert!(html.contains(&format!("<html lang=\"{}\" dir=\"ltr\">", language.as_str())), "{html}");
    for wanted in ["<title>", "color-scheme\" content=\"light dark\"", "prefers-color-scheme: dark"]
    {
        assert!(html.contains(wanted), "{wanted}");
    }
    for unwanted in ["<img", "<script", "<link", "url(", "@import", "src="] {
        assert!(!html.contains(unwanted), "{unwanted}");
    }
    let parsed = roxmltree::Document::parse(&xml_of(html)).map(drop);
    assert!(parsed.is_ok(), "{parsed:?}: {html}");
}

/// HTML with its void elements closed.
fn xml_of(html: &str) -> String {
    let mut text = html.replace("<!doctype html>", "").replace("<br>", "<br/>");
    for line in html.lines().filter(|line| line.starts_with("<meta ")) {
        text = text.replace(line, &line.replace('>', "/>"));
    }
    text
}

#[test]
fn notifications_say_it_in_every_language_for_one_and_for_several() {
    for language in Language::ALL {
        let source = letters::notification(language);
        assert_eq!(letters::check(&source), Ok(()), "{language:?}");
        let mut facts = letters::sample(language);
        let several = letters::render(&source, &Values::of(&facts)).unwrap();
        is_whole(language, &several);
        assert!(several.subject.starts_with("2 "), "{}", several.subject);
        for part in [&several.text, &several.html] {
            for document in &facts.documents {
                assert!(part.contains(&document.name), "{part}");
                assert!(part.contains(&document.sealed.as_ref().unwrap().by), "{part}");
            }
            assert!(part.contains("https://seals.example/r/sample"), "{part}");
            assert!(part.contains("10:19"), "{part}");
        }
        facts.documents.truncate(1);
        facts.document_count = 1;
        facts.link = None;
        facts.attached = true;
        let one = letters::render(&source, &Values::of(&facts)).unwrap();
        is_whole(language, &one);
        assert!(!one.subject.contains(['1', '2']), "{}", one.subject);
        assert!(!one.html.contains("<a "), "{}", one.html);
        facts.document_count = 4321;
        facts.too_large = true;
        let many = letters::render(&source, &Values::of(&facts)).unwrap();
        is_whole(language, &many);
        assert!(many.text.len() > one.text.len());
    }
}

#[test]
fn a_text_reads_well() {
    let facts = letters::sample(Language::En);
    let letter =
        letters::render(&letters::notification(Language::En), &Values::of(&facts)).unwrap();
    assert_eq!(
        letter.text.replace('\u{a0}', " "),
        "Sample Trading Ltd has made 2 sealed documents available to you.\n\
         \n\
         Reference: 2026-11-0042\n\
         The sender's words: “Invoices of November”\n\
         \n\
         Documents:\n\
         - invoice-2026-0042.pdf (184.3 kB), sealed by Sample Trading Ltd e-Seal on 22 November 2026 at 10:19 UTC\n\
         - invoice-2026-0042.xml (12.5 kB), sealed by Sample Trading Ltd e-Seal on 22 November 2026 at 10:19 UTC\n\
         \n\
         View and download the documents:\n\
         https://seals.example/r/sample\n\
         \n\
         The link is meant for you alone and is valid until 22 December 2026 at 10:19 UTC.\n\
         \n\
         -- \n\
         This message was sent automatically to receiver@customer.example on behalf of Sample Trading Ltd.\n"
    );
}

/// Whoever may have documents sealed could send anybody anywhere in the name of the service otherwise.
#[test]
fn what_a_client_says_is_cut_and_makes_no_link() {
    let links =
        "http://evil.test/a www.evil.test evil.test boss@evil.test HTTPS:\\\\evil.test evil。test";
    let plain = "invoice.pdf, 1.234,56 at 10:30, ver. 2.0. A/B: c";
    for language in Language::ALL {
        let mut facts = letters::sample(language);
        facts.operation.description = format!("{links} {plain}");
        facts.operation.reference = links.to_owned();
        facts.documents[0].name = "www.evil.test.pdf".to_owned();
        let letter =
            letters::render(&letters::notification(language), &Values::of(&facts)).unwrap();
        is_whole(language, &letter);
        for part in [&letter.text, &letter.html] {
            for link in
                ["evil.test", "http://evil", "HTTPS:\\", "www.evil", "boss@evil", "evil。test"]
            {
                assert!(!part.contains(link), "{link} in {part}");
            }
            assert!(part.contains(&format!("{plain}”")), "{part}");
            assert!(part.contains("evil.\u{200b}test.pdf"), "{part}");
            assert!(part.contains("https://seals.example/r/sample"), "{part}");
        }
        facts.operation.description = "☃".repeat(2000);
        let letter =
            letters::render(&letters::notification(language), &Values::of(&facts)).unwrap();
        assert_eq!(letter.text.matches('☃').count(), 499);
    }
}

#[test]
fn test_mails_and_alarms_name_what_they_are_about() {
    for language in Language::ALL {
        let test = TestMail { account: "shop <1>".into(), sent: AT };
        let letter = letters::test_mail(language, &test);
        is_whole(language, &letter);
        assert!(letter.text.contains("shop <1>") && letter.html.contains("shop &lt;1&gt;"));
        let mut subjects = Vec::new();
        for alarm in alarms() {
            let letter = letters::alarm(language, &alarm);
            is_whole(language, &letter);
            let facts: &[&str] = match &alarm {
                Alarm::CredentialExpiring { .. } | Alarm::CredentialExpired { .. } => {
                    &["seal <1>", "CN=Sample e-Seal", "10:19"]
                }
                Alarm::AlgorithmEnding { .. } | Alarm::AlgorithmEnded { .. } => {
                    &["seal <1>", "RSA-2048", "ETSI TS 119 312", "2026"]
                }
                Alarm::GrantEnding { .. } | Alarm::GrantEnded { .. } => &["seal <1>", "2026"],
                Alarm::GrantUsed { .. } => &["seal <1>", "91"],
                Alarm::UsageNear { .. } | Alarm::UsageEnded { .. } => {
                    &["Sample & Sons", "4", "5", "2026"]
                }
                Alarm::PeriodNear { .. } => &["Sample & Sons", "4", "5", "2026"],
                Alarm::UsageExceeded { .. } => &["Sample & Sons", "001", "5", "2026"],
                Alarm::MailsAtLimit { .. } => &["shop <1>", "@customer.example", "5", "10:19"],
                Alarm::LoginsFailing { .. } => &["shop <1>", "5", "10:19", "2001:db8::"],
                Alarm::SignInsFailing { .. } => {
                    &["ana <1>", "5", "10:19", "2001:db8::", "chancery person reset"]
                }
                Alarm::SealsWithheld { .. } => {
                    &["seal <1>", "cover {user}", "10:19", "seal-check-failed"]
                }
                Alarm::MailClosed { .. } => &["system", "535 5.7.8 no  such {user}", "10:19"],
                Alarm::AuthorityAway { .. } => {
                    &["second <1>", "HTTP 503", "10:19", "chancery check"]
                }
                Alarm::EvidenceOverdue { .. } | Alarm::RenewalOverdue { .. } => {
                    &["10:19", "chancery check"]
                }
                Alarm::SourceAway { .. } => {
                    &["http://ocsp.example/<1>", "HTTP 503", "10:19", "chancery check"]
                }
                Alarm::CredentialRevoked { .. } => {
                    &["seal <1>", "CN=Seal {user} was", "10:19", "chancery credential enable"]
                }
                Alarm::TestAuthority { .. } => &["credential seal <1>", "chancery check"],
                Alarm::KeyQuarantined { .. } => &["10:19", "chancery keys release --credential"],
                Alarm::QueueOld { .. } | Alarm::OperationsOld { .. } => &["12", "345", "10:19"],
                Alarm::ClockWrong { .. } => &["12", "345"],
                Alarm::OperationsCrash { .. } => &["12", "345", "chancery operation end"],
            };
            for fact in facts {
                assert!(letter.text.contains(fact), "{fact} in {}", letter.text);
            }
            subjects.push(letter.subject);
        }
        subjects.sort();
        subjects.dedup();
        assert_eq!(subjects.len(), alarms().len(), "{subjects:?}");
    }
}

/// The letter about the time speaks of time, and letters that companies get too do not speak of them.
#[test]
fn usage_letters_speak_to_operators_and_companies() {
    let letter = |language, wanted: fn(&Alarm) -> bool| {
        letters::alarm(language, &alarms().into_iter().find(wanted).unwrap())
    };
    let near = letter(Language::En, |alarm| matches!(alarm, Alarm::PeriodNear { .. }));
    assert_eq!(near.subject, "81% of the period of Sample & Sons is over");
    assert_eq!(
        near.text,
        "The period of Sample & Sons ends on 22 November 2026. So far 4,000 of 5,000 documents are sealed.\n\n\
         Agree on the next one in time.\n\n\
         -- \n\
         Sent automatically by Chancery.\n"
    );
    for language in Language::ALL {
        let near = letter(language, |alarm| matches!(alarm, Alarm::PeriodNear { .. }));
        assert!(near.subject.contains("81"), "{}", near.subject);
    }
    // a limit of nothing is used up, as the commands say
    let mut nothing =
        alarms().into_iter().find(|alarm| matches!(alarm, Alarm::UsageNear { .. })).unwrap();
    let Alarm::UsageNear { used, limit, .. } = &mut nothing else { unreachable!() };
    (*used, *limit) = (7, 0);
    let nothing = letters::alarm(Language::En, &nothing);
    assert!(nothing.subject.contains("100%"), "{}", nothing.subject);
    let exceeded = letter(Language::En, |alarm| matches!(alarm, Alarm::UsageExceeded { .. }));
    assert!(exceeded.text.contains("\n\nAgree on a higher limit.\n\n"), "{}", exceeded.text);
}

#[test]
fn french_keeps_a_space_before_a_colon() {
    let facts = letters::sample(Language::Fr);
    let letter =
        letters::render(&letters::notification(Language::Fr), &Values::of(&facts)).unwrap();
    for part in [&letter.text, &letter.html] {
        assert!(part.contains("Référence\u{a0}: "), "{part}");
        assert!(!part.contains("Référence:"), "{part}");
    }
    assert!(letter.text.contains("\nDocuments\u{a0}:\n"), "{}", letter.text);
}

/// "and 1 more" is wrong in most languages: the last one is listed instead.
#[test]
fn a_rest_of_one_is_listed() {
    let mut facts = letters::sample(Language::De);
    let source = letters::notification(Language::De);
    let mut told = |count: usize| {
        let document = facts.documents[0].clone();
        facts.documents = vec![document; count];
        facts.document_count = count;
        let text = letters::render(&source, &Values::of(&facts)).unwrap().text;
        (text.matches("- rechnung-").count(), text.contains(" weitere"))
    };
    assert_eq!(told(100), (100, false));
    assert_eq!(told(101), (101, false));
    assert_eq!(told(102), (100, true));
}

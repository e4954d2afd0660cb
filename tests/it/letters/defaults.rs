//! The system's own letters: whole in every language, for one document and for many.

use chancery::domain::instant::Instant;
use chancery::domain::language::Language;
use chancery::letters::{self, Alarm, Rendered, TestMail, Values};

const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);

/// Every alarm.
pub(crate) fn alarms() -> Vec<Alarm> {
    let (alias, subject) = ("seal <1>".to_owned(), "CN=Sample e-Seal".to_owned());
    let company = "Sample & Sons".to_owned();
    let expiring = |days| Alarm::CredentialExpiring {
        alias: alias.clone(),
        subject: subject.clone(),
        not_after: AT,
        days,
    };
    vec![
        expiring(0),
        expiring(1),
        expiring(30),
        Alarm::CredentialExpired { alias: alias.clone(), subject, not_after: AT },
        Alarm::GrantEnding { alias: alias.clone(), ends: AT },
        Alarm::GrantUsed { alias, percent: 91 },
        Alarm::UsageNear { company: company.clone(), used: 4000, limit: 5000, period_end: AT },
        Alarm::UsageExceeded { company, used: 5001, limit: 5000, period_end: AT },
        Alarm::MailClosed {
            account: "system".into(),
            since: AT,
            last_words: "535 5.7.8 no\r\nsuch {user}".into(),
        },
        Alarm::QueueOld { oldest: AT, waiting: 12_345 },
    ]
}

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
    roxmltree::Document::parse(&xml_of(html)).unwrap_or_else(|error| panic!("{error}: {html}"));
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
            assert!(part.contains("10:19 UTC"), "{part}");
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
         Description: Invoices of November\n\
         \n\
         Documents:\n\
         - invoice-2026-0042.pdf (184.3 kB), sealed by Sample Trading Ltd e-Seal on 22 November 2026, 10:19 UTC\n\
         - invoice-2026-0042.xml (12.5 kB), sealed by Sample Trading Ltd e-Seal on 22 November 2026, 10:19 UTC\n\
         \n\
         View and download the documents:\n\
         https://seals.example/r/sample\n\
         \n\
         The link is meant for you alone and is valid until 22 December 2026, 10:19 UTC.\n\
         \n\
         -- \n\
         This message was sent automatically to receiver@customer.example on behalf of Sample Trading Ltd.\n"
    );
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
                    &["seal <1>", "CN=Sample e-Seal", "10:19 UTC"]
                }
                Alarm::GrantEnding { .. } => &["seal <1>", "2026"],
                Alarm::GrantUsed { .. } => &["seal <1>", "91"],
                Alarm::UsageNear { .. } => &["Sample & Sons", "4", "5", "2026"],
                Alarm::UsageExceeded { .. } => &["Sample & Sons", "001", "5", "2026"],
                Alarm::MailClosed { .. } => &["system", "535 5.7.8 no  such {user}", "10:19 UTC"],
                Alarm::QueueOld { .. } => &["12", "345", "10:19 UTC"],
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

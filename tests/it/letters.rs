//! Letters of client services: which one counts, and that every version is kept.

use std::process::{Command, Output};

use chancery::domain::language::Language;
use chancery::letters::{self, Values};
use chancery::workflow::templates::{
    self, Changes, LetterOrigin, Refused, TemplateKind, WhichLetter,
};

use crate::support::service::on_shared;

const KIND: TemplateKind = TemplateKind::Notification;

fn subject(text: &str) -> Changes {
    Changes { subject: Some(text.to_owned()), ..Changes::default() }
}

#[test]
fn the_nearest_letter_counts_and_every_version_is_kept() {
    on_shared(async |service| {
        let app = &service.app;
        let alias = service.client().await.alias;
        let found = app.reader.client_service_by_alias(&alias).await.unwrap().unwrap();
        let of = |language| WhichLetter { client_service: found.id, kind: KIND, language };
        let resolved = async |language| {
            let (source, origin) = templates::resolve(app, found.id, KIND, language).await.unwrap();
            (source.subject, origin)
        };
        assert_eq!(resolved(Language::Pt).await.1, LetterOrigin::System);

        templates::set(app, of(None), subject("For all"), "first").await.unwrap();
        let pt = of(Some(Language::Pt));
        assert_eq!(templates::set(app, pt, subject("Um"), "").await.unwrap(), 1);
        assert_eq!(templates::set(app, pt, subject("Dois"), "").await.unwrap(), 2);
        assert_eq!(resolved(Language::Pt).await, ("Dois".into(), LetterOrigin::Language(2)));
        assert_eq!(
            resolved(Language::De).await,
            ("For all".into(), LetterOrigin::EveryLanguage(1))
        );
        // What was not given came from the letter that counted.
        let (source, _) = templates::resolve(app, found.id, KIND, Language::Pt).await.unwrap();
        assert_eq!(source.html, letters::notification(Language::default()).html);

        let refused = templates::set(app, pt, subject("{{ nobody }}"), "").await.unwrap_err();
        assert!(matches!(refused, Refused::Problems(problems) if problems.len() == 1));
        let empty = templates::set(app, pt, Changes::default(), "").await.unwrap_err();
        assert!(matches!(empty, Refused::Empty));

        assert_eq!(templates::restore(app, pt, 1).await.unwrap(), 3);
        assert_eq!(resolved(Language::Pt).await, ("Um".into(), LetterOrigin::Language(3)));
        templates::take_back(app, pt, "no more").await.unwrap();
        assert_eq!(resolved(Language::Pt).await.1, LetterOrigin::EveryLanguage(1));
        let none = templates::restore(app, pt, 4).await.unwrap_err();
        assert!(matches!(none, Refused::NoVersion(4)));
        let history = templates::history(app, pt).await.unwrap();
        let numbers: Vec<u32> = history.iter().map(|version| version.number).collect();
        assert_eq!(numbers, [4, 3, 2, 1]);
        assert_eq!(templates::list(app, found.id).await.unwrap().len(), 2);

        // Another client service is not touched.
        let other = service.client().await.alias;
        let other = app.reader.client_service_by_alias(&other).await.unwrap().unwrap();
        let (_, origin) = templates::resolve(app, other.id, KIND, Language::Pt).await.unwrap();
        assert_eq!(origin, LetterOrigin::System);
    });
}

#[test]
fn a_preview_shows_what_is_not_set_and_says_what_is_wrong() {
    on_shared(async |service| {
        let app = &service.app;
        let alias = service.client().await.alias;
        let found = app.reader.client_service_by_alias(&alias).await.unwrap().unwrap();
        let of = |language| WhichLetter { client_service: found.id, kind: KIND, language };
        let pt = of(Some(Language::Pt));
        let greeting = subject("Olá {{ issuer.name }}");
        let letter = templates::preview(app, pt, greeting).await.unwrap();
        assert_eq!(letter.subject, "Olá Exemplo Comércio, Lda.");
        assert!(letter.html.starts_with("<!doctype html>"), "{}", letter.html);
        assert!(templates::history(app, pt).await.unwrap().is_empty());

        // The letter for every language is its own, and never that of one language.
        templates::set(app, pt, subject("Um"), "").await.unwrap();
        let (source, origin) = templates::counting(app, of(None)).await.unwrap();
        assert_eq!((source, origin), (templates::system(KIND, Language::En), LetterOrigin::System));
        templates::set(app, of(None), subject("For all"), "").await.unwrap();
        let everyone = templates::preview(app, of(None), Changes::default()).await.unwrap();
        assert_eq!(everyone.subject, "For all");
        assert_eq!(templates::preview(app, pt, Changes::default()).await.unwrap().subject, "Um");

        let wrong = templates::preview(app, pt, subject("{{ nobody }}")).await.unwrap_err();
        assert!(matches!(wrong, Refused::Problems(problems) if problems.len() == 1));
        let mut text = "x".repeat(20_000);
        for level in 0..5 {
            text = format!("{{% for d{level} in documents %}}{text}{{% endfor %}}");
        }
        let wide = Changes { html: Some(text), ..Changes::default() };
        let long = templates::preview(app, pt, wide).await.unwrap_err();
        assert!(long.to_string().contains("becomes too long; shorten the template"), "{long}");
    });
}

#[test]
fn a_letter_that_becomes_too_long_is_replaced_by_the_systems() {
    on_shared(async |service| {
        let app = &service.app;
        let alias = service.client().await.alias;
        let found = app.reader.client_service_by_alias(&alias).await.unwrap().unwrap();
        let which = WhichLetter { client_service: found.id, kind: KIND, language: None };
        let deep = "{% for a in documents %}{% for b in documents %}{% for c in documents %}\
                    {{ a.name }}{% endfor %}{% endfor %}{% endfor %}";
        let changes = Changes { text: Some(deep.to_owned()), ..subject("Own") };
        templates::set(app, which, changes, "").await.unwrap();
        let mut facts = letters::sample(Language::En);
        let write = async |facts: &letters::Notification| {
            let values = Values::of(facts);
            templates::write(app, found.id, KIND, Language::En, &values).await.unwrap().subject
        };
        assert_eq!(write(&facts).await, "Own");
        facts.documents = vec![facts.documents[0].clone(); 100];
        assert_eq!(write(&facts).await, "100 new sealed documents from Sample Trading Ltd");
    });
}

#[test]
fn the_commands_set_look_and_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display();
    let file = folder.path().join("chancery.toml");
    let config = format!(
        "[store]\nurl = \"sqlite://{place}/c.db\"\n[oauth]\nsigning_key_file = \"{place}/key.pem\"\n\
         [secrets]\nkey_file = \"{place}/s.key\"\n"
    );
    std::fs::write(&file, config).unwrap();
    let run = |arguments: &[&str]| -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        let Output { status, stdout, stderr } =
            command.arg("--config").arg(&file).args(arguments).output().unwrap();
        (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
    };
    let good = |arguments: &[&str]| {
        let (success, said) = run(arguments);
        assert!(success, "{arguments:?}: {said}");
        said
    };
    good(&[
        "client-service",
        "create",
        "--alias",
        "shop-A",
        "--issuer-name",
        "ACME",
        "--issuer-vat",
        "505767457",
        "--issuer-country",
        "PRT",
    ]);
    let of = |command: &'static str, rest: &[&'static str]| {
        let mut arguments =
            vec!["template", command, "--client-service", "shop-A", "--language", "pt"];
        arguments.extend(rest);
        arguments
    };
    assert!(good(&of("show", &["--part", "html"])).starts_with("<!doctype html>"));
    let subject = folder.path().join("subject.txt");
    let set = |text: &str| {
        std::fs::write(&subject, text).unwrap();
        let mut arguments = of("set", &["--note", "a try", "--subject-file"]);
        let path = subject.display().to_string();
        arguments.push(&path);
        run(&arguments)
    };
    let (success, said) = set("Olá {{ issuer.nome }}\n");
    assert!(!success && said.contains("subject:1:5: ") && said.contains("issuer.name"), "{said}");
    assert!(set("Olá {{ issuer.name }}\n").0 && set("Bom dia\n").0);
    assert!(good(&of("preview", &[])).contains("Subject: Bom dia\n\nExemplo Comércio, Lda."));
    good(&of("restore", &["--version", "1"]));
    assert!(good(&of("preview", &[])).starts_with("Subject: Olá Exemplo Comércio, Lda."));
    let history = good(&of("history", &[]));
    assert!(history.contains("a try") && history.contains("version 1 again"), "{history}");
    assert!(good(&["template", "list", "--client-service", "shop-A"]).contains("notification  pt"));
    assert!(good(&of("remove", &[])).contains("the system's letter"));
    assert!(!run(&["template", "list", "--client-service", "B"]).0);
}

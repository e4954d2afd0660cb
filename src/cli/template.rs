//! `template`: list, show, set, preview, history, restore, remove. Which names a template may use:
//! docs/templates.md.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::shown::{Column, Shown, Table, column, say_json};
use super::{Failure, Outcome, client_service, house};
use crate::app::App;
use crate::config::Config;
use crate::domain::language::Language;
use crate::letters::{Rendered, TemplateSource};
use crate::workflow::templates::{self, Changes, LetterOrigin, Refused, TemplateKind, WhichLetter};

/// Largest file that is read.
const FILE_LIMIT: u64 = 1024 * 1024;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists the letters that a client service has of its own.
    List {
        /// Alias of the client service.
        #[arg(long, value_name = "ALIAS")]
        client_service: String,
        #[command(flatten)]
        shown: Shown,
    },
    /// Shows the template that a language is written with, the system's where there is no other.
    ///
    /// Example: chancery template show --client-service A --language pt --part html > mail.html
    Show {
        #[command(flatten)]
        letter: LetterName,
        /// Only this part, and nothing else.
        #[arg(long, value_enum)]
        part: Option<PartName>,
        /// This version instead of the one that counts.
        #[arg(long)]
        version: Option<u32>,
        #[command(flatten)]
        shown: Shown,
    },
    /// Sets a letter; parts that are not given stay as they are.
    ///
    /// Example: chancery template set --client-service A --language pt --html-file mail.html
    Set {
        #[command(flatten)]
        letter: LetterName,
        #[command(flatten)]
        files: LetterFiles,
        /// Why, for the history.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Writes a letter with sample data, from files that need not be set yet.
    ///
    /// Example: chancery template preview --client-service A --language de --output preview
    Preview {
        #[command(flatten)]
        letter: LetterName,
        #[command(flatten)]
        files: LetterFiles,
        /// Folder for subject.txt, text.txt and mail.html; without it subject and text are printed.
        #[arg(long, value_name = "FOLDER", conflicts_with = "json")]
        output: Option<PathBuf>,
        #[command(flatten)]
        shown: Shown,
    },
    /// Lists every version of a letter.
    History {
        #[command(flatten)]
        letter: LetterName,
        #[command(flatten)]
        shown: Shown,
    },
    /// Makes an old version the one that counts.
    Restore {
        #[command(flatten)]
        letter: LetterName,
        /// Its number in the history.
        #[arg(long)]
        version: u32,
    },
    /// Takes a letter back, so that the next one in line counts again; its versions are kept.
    Remove(LetterName),
}

/// Which letter.
#[derive(Args)]
pub(super) struct LetterName {
    /// Alias of the client service.
    #[arg(long, value_name = "ALIAS")]
    client_service: String,
    /// What the letter is for.
    #[arg(long, default_value = "notification", value_parser = kind)]
    kind: TemplateKind,
    /// pt, en, es, fr, de or it; without it the letter for every language that has none of its own.
    #[arg(long, value_parser = language)]
    language: Option<Language>,
}

/// Files with the parts of a letter; - is standard input.
#[derive(Args)]
pub(super) struct LetterFiles {
    /// File with the subject.
    #[arg(long, value_name = "FILE")]
    subject_file: Option<PathBuf>,
    /// File with the plain text.
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// File with the HTML.
    #[arg(long, value_name = "FILE")]
    html_file: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PartName {
    Subject,
    Text,
    Html,
}

fn kind(text: &str) -> Result<TemplateKind, String> {
    TemplateKind::parse(text).ok_or_else(|| "the only kind is notification".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| "one of pt, en, es, fr, de, it".to_owned())
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = match &command {
        Command::List { shown, .. } | Command::History { shown, .. } => {
            house::app_to_look(&config, *shown).await?
        }
        // What they print goes into files: no line about where it comes from.
        Command::Show { .. } | Command::Preview { .. } => {
            house::app_to_look(&config, Shown { json: true }).await?
        }
        _ => house::app_without_keys(&config).await?,
    };
    match command {
        Command::List { client_service, shown } => list(&app, &client_service, shown).await?,
        Command::Show { letter, part, version, shown } => {
            show(&app, &letter, part, version, shown).await?;
        }
        Command::Set { letter, files, note } => {
            let which = which(&app, &letter).await?;
            let set = templates::set(&app, which, files.read()?, &note).await;
            let version = set.map_err(refused)?;
            say!("Version {version} counts from now on.");
        }
        Command::Preview { letter, files, output, shown } => {
            preview(&app, &letter, &files, output.as_deref(), shown).await?;
        }
        Command::History { letter, shown } => history(&app, &letter, shown).await?,
        Command::Restore { letter, version } => {
            let which = which(&app, &letter).await?;
            let number = templates::restore(&app, which, version).await.map_err(refused)?;
            say!("Version {version} counts again, as version {number}.");
        }
        Command::Remove(letter) => {
            let which = which(&app, &letter).await?;
            templates::take_back(&app, which, "taken back").await?;
            let language = letter.language.unwrap_or_default();
            let next = templates::resolve(&app, which.client_service, which.kind, language).await?;
            say!("Taken back; what counts now: {}.", origin(next.1));
        }
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App, alias: &str, shown: Shown) -> Result<(), Failure> {
    const COLUMNS: &[Column] = &[
        column("kind", "KIND"),
        column("language", "LANGUAGE").none("every"),
        column("version", "VERSION"),
        column("set", "SET"),
        column("note", "NOTE"),
    ];
    let service = client_service::named(app, alias).await?;
    let letters = templates::list(app, service.id).await?;
    let mut table = Table::new(COLUMNS);
    for letter in letters.iter().filter(|letter| letter.parts.is_some()) {
        table.row([
            json!(letter.kind.to_lowercase()),
            json!(letter.language.map(Language::as_str)),
            json!(letter.number),
            json!(letter.created.to_xs_date_time()),
            json!(letter.note),
        ]);
    }
    let empty = format!("{alias} has no letters of its own; see: chancery template set --help");
    table.show(shown, &empty);
    Ok(())
}

async fn show(
    app: &App,
    letter: &LetterName,
    part: Option<PartName>,
    version: Option<u32>,
    shown: Shown,
) -> Result<(), Failure> {
    let which = which(app, letter).await?;
    let (source, origin) = match version {
        None => {
            let (source, from) = templates::counting(app, which).await?;
            (source, origin(from))
        }
        Some(number) => {
            let versions = templates::history(app, which).await?;
            let found = versions.into_iter().find(|version| version.number == number);
            let parts = found.and_then(|version| version.parts);
            let parts = parts.ok_or_else(|| format!("there is no version {number} with a text"))?;
            let source =
                TemplateSource { subject: parts.subject, text: parts.text, html: parts.html };
            (source, format!("version {number}"))
        }
    };
    if shown.json {
        let part = |name: PartName, text: &str| match part {
            Some(only) if only != name => Value::Null,
            _ => json!(text),
        };
        say_json(&json!({
            "origin": origin,
            "subject": part(PartName::Subject, &source.subject),
            "text": part(PartName::Text, &source.text),
            "html": part(PartName::Html, &source.html),
        }));
        return Ok(());
    }
    match part {
        Some(PartName::Subject) => say!("{}", source.subject),
        Some(PartName::Text) => say!("{}", source.text.trim_end()),
        Some(PartName::Html) => say!("{}", source.html.trim_end()),
        None => {
            say!("== {origin}\n== subject\n{}", source.subject);
            say!("== text\n{}\n== html\n{}", source.text.trim_end(), source.html.trim_end());
        }
    }
    Ok(())
}

async fn preview(
    app: &App,
    letter: &LetterName,
    files: &LetterFiles,
    output: Option<&Path>,
    shown: Shown,
) -> Result<(), Failure> {
    let which = which(app, letter).await?;
    let written = templates::preview(app, which, files.read()?).await.map_err(refused)?;
    let Rendered { subject, text, html } = written;
    if shown.json {
        say_json(&json!({ "subject": subject, "text": text, "html": html }));
        return Ok(());
    }
    let Some(folder) = output else {
        say!("Subject: {subject}\n\n{}", text.trim_end());
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    for (name, content) in [("subject.txt", subject), ("text.txt", text), ("mail.html", html)] {
        let file = folder.join(name);
        std::fs::write(&file, content)
            .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    }
    say!("Written to {}.", folder.display());
    Ok(())
}

async fn history(app: &App, letter: &LetterName, shown: Shown) -> Result<(), Failure> {
    const COLUMNS: &[Column] = &[
        column("version", "VERSION"),
        column("set", "SET"),
        column("takenBack", "").answers("taken back", ""),
        column("", "STATE"),
        column("note", "NOTE"),
    ];
    let mut table = Table::new(COLUMNS);
    for version in templates::history(app, which(app, letter).await?).await? {
        let taken_back = version.parts.is_none();
        table.row([
            json!(version.number),
            json!(version.created.to_xs_date_time()),
            json!(taken_back),
            json!(if taken_back { "taken back" } else { "set" }),
            json!(version.note),
        ]);
    }
    table.show(shown, "Never set: the system's letter counts.");
    Ok(())
}

fn origin(origin: LetterOrigin) -> String {
    match origin {
        LetterOrigin::Language(number) => {
            format!("version {number} of the letter in this language")
        }
        LetterOrigin::EveryLanguage(number) => {
            format!("version {number} of the letter for every language")
        }
        LetterOrigin::System => "the system's letter".to_owned(),
    }
}

impl LetterFiles {
    fn read(&self) -> Result<Changes, Failure> {
        let read = |file: &Option<PathBuf>| file.as_deref().map(read).transpose();
        Ok(Changes {
            subject: read(&self.subject_file)?.map(|subject| subject.trim().to_owned()),
            text: read(&self.text_file)?,
            html: read(&self.html_file)?,
        })
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().take(FILE_LIMIT).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(FILE_LIMIT).read_to_string(&mut text))
    };
    read.map_err(|error| format!("{} cannot be read as UTF-8: {error}", file.display()))?;
    Ok(text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text))
}

async fn which(app: &App, letter: &LetterName) -> Result<WhichLetter, Failure> {
    let service = client_service::named(app, &letter.client_service).await?;
    Ok(WhichLetter { client_service: service.id, kind: letter.kind, language: letter.language })
}

/// Every problem on a line of its own.
fn refused(refused: Refused) -> Failure {
    match refused {
        Refused::Problems(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            format!("the template was not set:\n  {}", lines.join("\n  ")).into()
        }
        other => other.into(),
    }
}

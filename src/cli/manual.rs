//! The manual page: every command and option, from the definitions that parse them. `deploy/chancery.1`
//! is this page; a test compares.

use std::fmt::Write as _;

use clap::{Arg, Command};

/// What the definitions do not say.
const FILES: &str = r".SH CONFIGURATION
The defaults, then a file, then the environment. The file is the one of
.B \-\-config
or
.BR CHANCERY_CONFIG ,
else
.I ./chancery.toml
or
.I /etc/chancery/chancery.toml
when there is one.
.B chancery config
prints every setting with its default and what it means.
.SH ENVIRONMENT
.TP
.B CHANCERY_CONFIG
The configuration file.
.TP
.B CHANCERY_SECTION__SETTING
A setting: two underscores stand between section and setting, commas between the parts of a list.
.TP
.B NO_COLOR
No colours at a terminal. In files and pipes there are none anyway.
.SH FILES
Made at the first start, in the working directory unless the configuration says otherwise:
.TP
.I chancery.db
The database.
.TP
.I secrets.key
The key of secrets in the database. Keep a copy with the database.
.TP
.I token\-signing\-key.pem
The key that signs access tokens.
.SH EXIT STATUS
.TP
.B 0
It was done;
.BR check :
everything needed is there;
.BR sign :
every file is sealed;
.BR verify :
every signature passes.
.TP
.B 1
It was not, and standard error says why;
.BR verify :
a signature does not hold.
.TP
.B 2
The command line was not understood.
.TP
.B 3
.BR verify :
no signature fails, and what is there does not suffice to say that every one holds.
";

/// The page in the language of man(7).
pub(super) fn page(mut command: Command) -> String {
    command.build();
    let mut page = String::new();
    let version = command.get_version().unwrap_or_default();
    line(&mut page, &format!(".TH CHANCERY 1 \"\" \"Chancery {version}\" \"User Commands\""));
    line(&mut page, ".SH NAME");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    line(&mut page, &format!("chancery \\- {}", escaped(&about)));
    line(&mut page, ".SH SYNOPSIS");
    line(&mut page, ".B chancery\n[\\fB\\-\\-config\\fR \\fIFILE\\fR] \\fICOMMAND\\fR");
    line(&mut page, ".SH OPTIONS");
    options(&mut page, &command, true);
    line(&mut page, ".SH COMMANDS");
    commands(&mut page, &command, "chancery");
    page.push_str(FILES);
    page
}

/// Every command that does something, under its whole name.
fn commands(page: &mut String, command: &Command, path: &str) {
    for each in command.get_subcommands().filter(|each| !each.is_hide_set()) {
        if each.get_name() == "help" {
            continue;
        }
        let name = format!("{path} {}", each.get_name());
        if each.has_subcommands() {
            commands(page, each, &name);
            continue;
        }
        line(page, &format!(".SS {}", escaped(&synopsis(each, &name))));
        let about = each.get_long_about().or_else(|| each.get_about());
        let about = about.map(ToString::to_string).unwrap_or_default();
        paragraphs(page, &sentence(&about), ".PP");
        options(page, each, false);
    }
}

fn synopsis(command: &Command, name: &str) -> String {
    let mut words = vec![name.to_owned()];
    if shown(command, false).any(|argument| !argument.is_positional()) {
        words.push("[OPTIONS]".to_owned());
    }
    for argument in shown(command, false).filter(|argument| argument.is_positional()) {
        words.push(argument.to_string());
    }
    words.join(" ")
}

/// The arguments of a command; those that every command has once only.
fn shown(command: &Command, global: bool) -> impl Iterator<Item = &Arg> {
    let usual = |argument: &&Arg| matches!(argument.get_id().as_str(), "help" | "version");
    command
        .get_arguments()
        .filter(move |argument| !argument.is_hide_set() && argument.is_global_set() == global)
        .filter(move |argument| !usual(argument))
}

fn options(page: &mut String, command: &Command, global: bool) {
    for argument in shown(command, global) {
        line(page, ".TP");
        line(page, &format!(".B {}", escaped(&argument.to_string())));
        let help = argument.get_long_help().or_else(|| argument.get_help());
        let mut words = sentence(&help.map(ToString::to_string).unwrap_or_default());
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| value.get_name().to_owned())
            .collect();
        if !values.is_empty() && argument.get_action().takes_values() {
            let _ = write!(words, " One of {}.", values.join(", "));
        }
        let defaults: Vec<_> =
            argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if argument.get_action().takes_values() && defaults.iter().any(|value| !value.is_empty()) {
            let _ = write!(words, " Default: {}.", defaults.join(", "));
        }
        paragraphs(page, &words, ".IP");
    }
}

/// With the full stop that help on one line goes without.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let stop = if text.is_empty() || text.ends_with(['.', ')', ';']) { "" } else { "." };
    format!("{text}{stop}")
}

/// Paragraphs, each but the first after a request that begins one.
fn paragraphs(page: &mut String, text: &str, begin: &str) {
    for (at, paragraph) in text.split("\n\n").enumerate() {
        if at > 0 {
            line(page, begin);
        }
        line(page, &escaped(paragraph.trim()));
    }
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

/// Text that troff shows as it is.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let lines = text.lines().map(|line| match line.chars().next() {
        Some('.' | '\'') => format!("\\&{line}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

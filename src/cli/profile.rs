//! `profile`: list the seal profiles, show one.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Map, json};

use super::shown::{Column, Shown, Table, column, say_json};
use super::{Failure, Outcome, house};
use crate::config::Config;
use crate::domain::profile::{Format, Profile};
use crate::seal::catalogue::{Catalogue, NamedProfile, Root};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists the seal profiles: those that come with Chancery and those of profiles.folder.
    List(Shown),
    /// Shows one: what it is for, where its facts come from, and every setting as JSON.
    ///
    /// Example: chancery profile show facturae-3.2
    Show {
        /// Name of the profile.
        name: String,
        #[command(flatten)]
        shown: Shown,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Outcome {
    let profiles = house::profiles(config)?;
    match command {
        Command::List(shown) => list(&profiles, shown),
        Command::Show { name, shown } => show(&profiles, &name, shown)?,
    }
    Ok(ExitCode::SUCCESS)
}

const COLUMNS: &[Column] = &[
    column("name", "NAME"),
    column("formats", "FORMATS"),
    column("levels", "LEVELS").none("any"),
    column("sha1", "SHA-1").answers("yes", ""),
    column("title", "TITLE"),
];

fn list(profiles: &Catalogue, shown: Shown) {
    let mut table = Table::new(COLUMNS);
    for (name, profile) in profiles.entries() {
        let formats = if shown.json {
            json!(profile.formats().map(Format::as_str).collect::<Vec<_>>())
        } else {
            json!(formats(profile))
        };
        let levels = match levels(profile) {
            levels if shown.json => json!(levels),
            levels if levels.is_empty() => json!(null),
            levels => json!(levels.join(" ")),
        };
        table.row([json!(name), formats, levels, json!(profile.sha1), json!(profile.title)]);
    }
    table.show(shown, "No profiles.");
}

fn levels(profile: &NamedProfile) -> Vec<&'static str> {
    profile.levels.iter().map(|level| level.as_str()).collect()
}

fn formats(profile: &NamedProfile) -> String {
    profile.formats().map(Format::as_str).collect::<Vec<_>>().join(" ")
}

fn show(profiles: &Catalogue, name: &str, shown: Shown) -> Result<(), Failure> {
    let profile = profiles.entry(name)?;
    let mut settings = Map::new();
    for format in profile.formats() {
        let resolved = match profiles.profile(format, Some(name), &Map::new())? {
            Profile::Xades(settings) => serde_json::to_value(&settings)?,
            Profile::Pades(settings) => serde_json::to_value(&settings)?,
            Profile::Cades(settings) => serde_json::to_value(&settings)?,
        };
        settings.insert(format.as_str().to_owned(), resolved);
    }
    if shown.json {
        let roots = profile
            .roots
            .iter()
            .map(|Root { name, namespace }| json!({ "name": name, "namespace": namespace }));
        say_json(&json!({
            "name": name,
            "title": profile.title,
            "sources": profile.sources,
            "roots": roots.collect::<Vec<_>>(),
            "rules": profile.rules,
            "levels": levels(profile),
            "sha1": profile.sha1,
            "settings": settings,
        }));
        return Ok(());
    }
    say!("{name}: {}", profile.title);
    for source in &profile.sources {
        say!("Source: {source}");
    }
    for Root { name, namespace } in &profile.roots {
        let namespace = if namespace.is_empty() { "(no namespace)" } else { namespace };
        say!("For: {name} {namespace}");
    }
    if !profile.rules.is_empty() {
        say!("Checked before sealing: {}", profile.rules.join(", "));
    }
    if !profile.levels.is_empty() {
        say!("Levels: {}", levels(profile).join(", "));
    }
    if profile.sha1 {
        say!("Uses SHA-1: the client service needs --allow-sha1.");
    }
    for (format, resolved) in settings {
        say!("{format}:");
        say!("{resolved:#}");
    }
    Ok(())
}

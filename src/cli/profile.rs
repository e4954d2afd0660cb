//! `profile`: list the seal profiles, show one.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Map;

use super::{Failure, Outcome, house};
use crate::config::Config;
use crate::domain::profile::{Format, Profile};
use crate::seal::catalogue::{Catalogue, Entry, Root};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists the seal profiles: those that come with Chancery and those of profiles.folder.
    List,
    /// Shows one: what it is for, where its facts come from, and every setting as JSON.
    ///
    /// Example: chancery profile show facturae-3.2
    Show {
        /// Name of the profile.
        name: String,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Outcome {
    let profiles = house::profiles(config)?;
    match command {
        Command::List => list(&profiles),
        Command::Show { name } => show(&profiles, &name)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(profiles: &Catalogue) {
    say!("{:<22} {:<20} {:<6} TITLE", "NAME", "FORMATS", "SHA-1");
    for (name, profile) in profiles.entries() {
        let sha1 = if profile.sha1 { "yes" } else { "" };
        say!("{name:<22} {:<20} {sha1:<6} {}", formats(profile), profile.title);
    }
}

fn formats(profile: &Entry) -> String {
    profile.formats().map(Format::as_str).collect::<Vec<_>>().join(" ")
}

fn show(profiles: &Catalogue, name: &str) -> Result<(), Failure> {
    let profile = profiles.entry(name)?;
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
    if profile.sha1 {
        say!("Uses SHA-1: the client service needs --allow-sha1.");
    }
    for format in profile.formats() {
        say!("{}:", format.as_str());
        say!(
            "{}",
            match profiles.profile(format, Some(name), &Map::new())? {
                Profile::Xades(settings) => serde_json::to_string_pretty(&settings)?,
                Profile::Pades(settings) => serde_json::to_string_pretty(&settings)?,
                Profile::Cades(settings) => serde_json::to_string_pretty(&settings)?,
            }
        );
    }
    Ok(())
}

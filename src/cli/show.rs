//! `show`: a local file as a page that people read. Reads the file and nothing else; whether its seal holds is said by
//! `verify`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::verify::{named, read};
use super::{Outcome, values};
use crate::domain::language::Language;
use crate::domain::sources::sources;
use crate::invoice::{self, InvoiceWish};
use crate::seal::Limits;
use crate::web::invoice::page;
use crate::workflow::readable_invoice::ReadableInvoice;

#[derive(Args)]
pub(super) struct InvoiceArguments {
    /// An invoice in UBL, UN/CEFACT CII or FatturaPA, or a PDF, a CMS signature or a container that holds one.
    file: PathBuf,
    /// The language of the page: de, en, es, fr, it or pt.
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language, default_value = "en")]
    language: Language,
    /// Which invoice of a file with several.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    invoice: usize,
    /// The first of its lines that are shown.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    line: usize,
    /// How many of its lines are shown.
    #[arg(long, value_name = "NUMBER", default_value_t = invoice::LINES)]
    lines: usize,
}

/// Writes the page to the standard output.
pub(super) fn run(arguments: &InvoiceArguments) -> Outcome {
    let octets = read(&arguments.file)?;
    let InvoiceArguments { invoice, line: first_line, lines, .. } = *arguments;
    let wish = InvoiceWish { invoice, first_line, lines };
    let read = invoice::read(&octets, wish, &Limits::default());
    let read = read.map_err(|error| named(&arguments.file, &sources(&error)))?;
    let page = page(&ReadableInvoice::of(&read, arguments.language));
    let mut out = std::io::stdout().lock();
    let written = out.write_all(page.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| format!("the page cannot be written: {error}"))?;
    Ok(ExitCode::SUCCESS)
}

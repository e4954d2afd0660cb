//! The command line: one file per command. What a command may do it does through a workflow.

/// A line for the person at the terminal. Unlike `println!` it does not panic when nobody reads any
/// more (`chancery keys list | head -1`).
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::write_line(std::io::stdout(), format_args!($($words)*)) };
}

/// The same, on standard error.
macro_rules! say_wrong {
    ($($words:tt)*) => { $crate::cli::write_line(std::io::stderr(), format_args!($($words)*)) };
}

mod alarm;
mod audit;
mod authority;
pub mod check;
mod client_service;
mod company;
mod credential;
mod demo;
mod ending;
mod evidence;
mod extend;
pub mod house;
mod keys;
mod mail;
mod manual;
mod notification;
mod operation;
mod person;
mod profile;
pub mod schemas;
mod serve;
mod show;
pub mod shown;
pub mod sign;
mod template;
pub mod values;
mod verify;
mod webhook;

use std::error::Error as StdError;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::config::Config;
use crate::domain::sources::sources;

/// Any error, on its way to the person at the terminal.
type Failure = Box<dyn StdError + Send + Sync>;
type Outcome = Result<ExitCode, Failure>;

/// Chancery seals invoices in bulk: XML with XAdES, PDF with PAdES, anything with CAdES; keys in an HSM,
/// every operation exactly once.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Arguments {
    /// Configuration file. Without it: ./chancery.toml, then /etc/chancery/chancery.toml, then the
    /// defaults alone. Every key and its default: chancery config.
    #[arg(long, global = true, env = "CHANCERY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the service until SIGTERM or Ctrl-C.
    ///
    /// Example: chancery --config /etc/chancery/chancery.toml serve
    Serve,
    /// Seals the sample batch from nothing: token, certificates, client service, HTTP, verification.
    Demo(demo::DemoArguments),
    /// Looks at everything that the service would use (configuration, address, database, keys,
    /// certificates, mail servers, clock, disk) and says what to do. Makes, changes and sends nothing.
    Check(shown::Shown),
    /// Seals local files through the same workflow as the service.
    ///
    /// Examples: chancery sign --client-service acme invoices/ --output sealed;
    /// produce-invoice | chancery sign - > sealed.xml
    Sign(sign::SignArguments),
    /// Verifies the signatures of local files, strictly, and says what exactly is signed.
    ///
    /// Examples: chancery verify invoice.xml --trust root.pem --revocation issuing.crl;
    /// chancery verify seal.xml --detached invoice.xml --trust root.pem --no-revocation --json
    Verify(verify::VerifyArguments),
    /// Writes an invoice as a page that people read: UBL, UN/CEFACT CII or FatturaPA, sealed or not, as HTML on the
    /// standard output. Nothing is calculated; whether a seal holds is said by `verify`.
    ///
    /// Example: chancery show invoice.sealed.xml --language de > invoice.html
    Show(show::InvoiceArguments),
    /// Raises the level of sealed XML, PDF or CMS, with validation data and timestamps in files.
    ///
    /// Example: chancery extend invoice.sealed.pdf --to lt --trust roots.pem --revocation ca.crl tsa.crl
    Extend(extend::ExtendArguments),
    /// Evidence records (RFC 4998): one timestamp proves that many files were there, each for itself.
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// A test authority on this machine: TSA, OCSP responder, revocation lists, sealing certificates for trials.
    #[command(subcommand)]
    Authority(authority::Command),
    /// Machines that may call the service.
    #[command(subcommand)]
    ClientService(client_service::Command),
    /// Companies whose documents are sealed.
    #[command(subcommand)]
    Company(company::Command),
    /// Keys in the back-ends.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Certificates with their keys.
    #[command(subcommand)]
    Credential(credential::Command),
    /// Mail servers of client services, and a test mail.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Settings of seals, by name.
    #[command(subcommand)]
    Profile(profile::Command),
    /// Mails about operations: to whom, how it went, again, and their links.
    #[command(subcommand)]
    Notification(notification::Command),
    /// Operations that do not end by themselves.
    #[command(subcommand)]
    Operation(operation::Command),
    /// People who may sign in to the back office.
    #[command(subcommand)]
    Person(person::Command),
    /// What people did: whether the record of it is whole.
    #[command(subcommand)]
    Audit(audit::Command),
    /// What operators were told.
    #[command(subcommand)]
    Alarm(alarm::Command),
    /// Where client services are told what happened.
    Webhook(webhook::WebhookArguments),
    /// Letters to receivers, by client service.
    #[command(subcommand)]
    Template(template::Command),
    /// Makes the database and its tables, or brings them up to date; the service and commands that change
    /// something do it themselves.
    Migrate,
    /// Prints the commented default configuration.
    Config,
    /// Prints what a shell needs to complete commands and options.
    ///
    /// Examples: chancery completions bash > /etc/bash_completion.d/chancery;
    /// chancery completions zsh > "${fpath[1]}/_chancery"
    #[expect(rustdoc::broken_intra_doc_links, reason = "it is shown as help, as it is typed")]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Prints the manual page, for man.
    ///
    /// Example: chancery manual | man -l -
    Manual,
}

/// Runs a command and says on standard error what went wrong.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    match arguments.command {
        Command::Config => say!("{}", crate::config::DEFAULTS.trim_end()),
        Command::Completions { shell } => say!("{}", completions(shell).trim_end()),
        Command::Manual => say!("{}", manual::page(Arguments::command()).trim_end()),
        _ => return run_asynchronously(arguments),
    }
    ExitCode::SUCCESS
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "chancery", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

fn run_asynchronously(arguments: Arguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let code = match runtime.block_on(dispatch(arguments)) {
        Ok(code) => code,
        Err(error) => fail(&*error),
    };
    // A PKCS#11 module that hangs must not keep the process from ending.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    code
}

fn write_line(mut to: impl std::io::Write, words: std::fmt::Arguments<'_>) {
    // Nobody reads any more: then there is nobody to tell either.
    let _ = writeln!(to, "{words}");
}

fn fail(error: &dyn StdError) -> ExitCode {
    say_wrong!("chancery: {}", sources(error));
    ExitCode::FAILURE
}

/// Whether something of that name exists already.
fn is_taken(error: &crate::workflow::Error) -> bool {
    let crate::workflow::Error::Internal(source) = error else { return false };
    let source = source.downcast_ref::<crate::store::Error>();
    matches!(source, Some(crate::store::Error::Exists { .. }))
}

async fn dispatch(arguments: Arguments) -> Outcome {
    if let Command::Demo(demo) = arguments.command {
        return demo::run(demo).await;
    }
    let config = match (Config::load(arguments.config.as_deref()), &arguments.command) {
        (Ok(config), _) => config,
        (Err(error), Command::Check(shown)) => return Ok(check::no_configuration(&error, *shown)),
        (Err(error), _) => return Err(error.into()),
    };
    match arguments.command {
        Command::Serve => {
            crate::telemetry::start(&config.log);
            for stray in &config.origin.strays {
                tracing::warn!("{}", crate::config::Origin::words(stray));
            }
            serve::run(config).await
        }
        Command::Check(shown) => check::run(config, shown).await,
        Command::Sign(arguments) => {
            quiet(&config);
            sign::run(config, arguments).await
        }
        Command::Verify(arguments) => verify::run(&config, &arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::ClientService(command) => {
            quiet(&config);
            client_service::run(config, command).await
        }
        Command::Extend(arguments) => extend::run(&config, &arguments),
        Command::Evidence(command) => {
            quiet(&config);
            evidence::run(&config, command).await
        }
        Command::Authority(command) => {
            quiet(&config);
            authority::run(config, command).await
        }
        Command::Mail(command) => {
            quiet(&config);
            mail::run(config, command).await
        }
        Command::Company(command) => {
            quiet(&config);
            company::run(config, command).await
        }
        Command::Keys(command) => {
            quiet(&config);
            keys::run(config, command).await
        }
        Command::Credential(command) => {
            quiet(&config);
            credential::run(config, command).await
        }
        Command::Template(command) => {
            quiet(&config);
            template::run(config, command).await
        }
        Command::Profile(command) => profile::run(&config, command),
        Command::Notification(command) => {
            quiet(&config);
            notification::run(config, command).await
        }
        Command::Operation(command) => {
            quiet(&config);
            operation::run(config, command).await
        }
        Command::Person(command) => {
            quiet(&config);
            person::run(config, command).await
        }
        Command::Audit(command) => {
            quiet(&config);
            audit::run(config, command).await
        }
        Command::Alarm(command) => {
            quiet(&config);
            alarm::run(config, command).await
        }
        Command::Webhook(arguments) => {
            quiet(&config);
            webhook::run(config, arguments).await
        }
        Command::Migrate => {
            let store = house::store(&config).await?;
            say!("The {} database is up to date.", store.engine_name());
            store.close().await;
            Ok(ExitCode::SUCCESS)
        }
        Command::Config | Command::Demo(_) | Command::Completions { .. } | Command::Manual => {
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Commands for people log only what is wrong.
fn quiet(config: &Config) {
    let mut log = config.log.clone();
    if log.filter == "info" {
        "warn".clone_into(&mut log.filter);
    }
    crate::telemetry::start(&log);
}

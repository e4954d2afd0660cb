//! The first import of a credential: certificates for a key that is there, proposed by one person, confirmed by another.

use super::ChangingPerson;
use super::credentials::{ChainFacts, RenewalProblem, chain_of};
use crate::app::App;
use crate::domain::audit::{AuditAction, AuditEntry, AuditSubject};
use crate::domain::client_service::Alias;
use crate::domain::first_import::CredentialImport;
use crate::domain::ids::CredentialId;
use crate::domain::renewal::RenewalState;
use crate::domain::sources::sources;
use crate::pki::path;
use crate::store;
use crate::workflow::acts::Acted;
use crate::workflow::{Error, Thing, credentials};

/// Entries of the audit record that a sheet has.
const ENTRIES: u32 = 20;

/// One proposal, as a whole.
pub struct ImportSheet {
    pub import: CredentialImport,
    pub facts: Option<ChainFacts>,
    /// What the calendar of algorithms has against it, in English.
    pub calendar: Vec<String>,
    /// The newest first.
    pub entries: Vec<AuditEntry>,
}

/// The proposals that wait, by name.
///
/// # Errors
/// From the database.
pub async fn open(app: &App) -> Result<Vec<CredentialImport>, Error> {
    Ok(app.reader.open_imports().await?)
}

/// One proposal, as a whole.
///
/// # Errors
/// [`Error::NotFound`]; from the database.
pub async fn sheet(app: &App, id: CredentialId) -> Result<ImportSheet, Error> {
    let import = find(app, id).await?;
    let chain = chain_of(&import.chain_der);
    let calendar = chain.as_ref().map(|chain| {
        credentials::bewares(&app.calendar, chain, chain.signing().default_signature())
    });
    Ok(ImportSheet {
        facts: chain.as_ref().map(ChainFacts::of),
        calendar: calendar.unwrap_or_default(),
        entries: app.reader.audit_about(AuditSubject::Credential(id), ENTRIES).await?,
        import,
    })
}

async fn find(app: &App, id: CredentialId) -> Result<CredentialImport, Error> {
    app.reader.import(id).await?.ok_or(Error::NotFound(Thing::Credential))
}

/// Proposes certificates under a name, for a key of a back-end, which signs a trial. Nothing seals with them until
/// somebody else confirms it.
///
/// # Errors
/// [`RenewalProblem`].
pub async fn propose(
    app: &App,
    doer: ChangingPerson<'_>,
    back_end: &str,
    (alias, file): (&str, &[u8]),
) -> Result<Acted<CredentialId>, RenewalProblem> {
    let alias = Alias::parse(alias.trim()).map_err(|_| RenewalProblem::Alias)?;
    let chain = path::of_file(file, app.now());
    let chain = chain.map_err(|error| RenewalProblem::Unreadable(sources(&error)))?;
    if app.reader.credential_by_alias(alias.as_str()).await?.is_some() {
        return Err(RenewalProblem::Alias);
    }
    credentials::check_new(app, back_end, &chain).await?;
    let import = CredentialImport {
        id: CredentialId::from_i64(app.next_id()),
        alias: alias.as_str().to_owned(),
        backend: back_end.to_owned(),
        chain_der: chain.certificates().map(|it| it.der().to_vec()).collect(),
        state: RenewalState::Open,
        proposed_by: doer.person,
        proposed: app.now(),
        decided_by: None,
        decided: None,
    };
    let detail = format!("{} ({back_end}): {}", import.alias, chain.signing().subject());
    let about = AuditSubject::Credential(import.id);
    let entry = doer.entry(app, AuditAction::ImportProposed, about, detail);
    match app.store.propose_import(&import, &entry).await {
        Ok(true) => Ok(Acted::Done(import.id)),
        Ok(false) => Ok(Acted::Before),
        Err(store::Error::Exists { .. }) => Err(RenewalProblem::Waiting),
        Err(error) => Err(error.into()),
    }
}

/// Confirms what somebody else proposed: it becomes a credential, with which nothing seals until a client service is given
/// it.
///
/// # Errors
/// [`RenewalProblem`].
pub async fn confirm(
    app: &App,
    doer: ChangingPerson<'_>,
    id: CredentialId,
) -> Result<Acted<String>, RenewalProblem> {
    let import = find(app, id).await?;
    if import.proposed_by == doer.person {
        return Err(RenewalProblem::Own);
    }
    if import.state != RenewalState::Open {
        // A form that comes twice says what it said; another one comes too late.
        let before = app.reader.is_recorded(doer.number.as_i64()).await?;
        return if before { Ok(Acted::Before) } else { Err(RenewalProblem::Over) };
    }
    let chain = chain_of(&import.chain_der).ok_or(Error::NotFound(Thing::Credential))?;
    // What held when it was proposed may not any more.
    credentials::check_new(app, &import.backend, &chain).await?;
    let entry = entry(app, doer, AuditAction::ImportConfirmed, &import);
    match app.store.confirm_import(&import, (doer.person, app.now()), &entry).await {
        Ok(Some(true)) => Ok(Acted::Done(import.alias)),
        Ok(Some(false)) => Err(RenewalProblem::Over),
        Ok(None) => Ok(Acted::Before),
        Err(store::Error::Exists { .. }) => Err(RenewalProblem::Alias),
        Err(error) => Err(error.into()),
    }
}

/// Refuses what somebody proposed, or takes back what one proposed oneself.
///
/// # Errors
/// [`RenewalProblem`].
pub async fn refuse(
    app: &App,
    doer: ChangingPerson<'_>,
    id: CredentialId,
) -> Result<Acted<()>, RenewalProblem> {
    let import = find(app, id).await?;
    let entry = entry(app, doer, AuditAction::ImportRefused, &import);
    match app.store.refuse_import(&import, (doer.person, app.now()), &entry).await? {
        Some(true) => Ok(Acted::Done(())),
        Some(false) => Err(RenewalProblem::Over),
        None => Ok(Acted::Before),
    }
}

fn entry(
    app: &App,
    doer: ChangingPerson<'_>,
    action: AuditAction,
    import: &CredentialImport,
) -> AuditEntry {
    let detail = format!("{} ({})", import.alias, import.backend);
    doer.entry(app, action, AuditSubject::Credential(import.id), detail)
}

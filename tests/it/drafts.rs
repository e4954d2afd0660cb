//! Operations that are recorded in portions: nobody sees one before it is whole, its references are taken
//! meanwhile, and nothing is left of one that is given up. The same on both databases.

use std::sync::Arc;

use chancery::domain::document::SigningError;
use chancery::domain::ids::{DocumentId, ExternalReference, OperationId, ProcessId};
use chancery::domain::scope::Scope;
use chancery::store::contents::{Bytes, ContentChange};
use chancery::store::leases::Lease;
use chancery::store::operations::{NewOperation, Opened};
use chancery::store::{Error, Store};

use crate::plans::{AT, LATER, companies_and_services, operation};
use crate::store::sqlite;
use crate::support::postgres::Postgres;

const PROCESS: ProcessId = ProcessId::from_i64(1);

/// More than are deleted at once.
const DOCUMENTS: i64 = 250;

async fn store(url: String) -> Store {
    let store = crate::store::store(url).await;
    crate::store::company(&store, &crate::store::issuer(1)).await;
    companies_and_services(&store).await;
    store
}

fn received(new: &NewOperation, portion: std::ops::Range<usize>) -> Vec<ContentChange> {
    let bytes = Bytes::Here(Arc::new(b"<a/>".to_vec()));
    let change = |document| ContentChange::Received { document, bytes: bytes.clone() };
    new.documents[portion].iter().map(|new| change(new.document.id)).collect()
}

/// An operation with many documents, and how a portion of it is recorded.
fn large(number: i64) -> NewOperation {
    let mut new = operation(number, DOCUMENTS);
    for (document, id) in new.documents.iter_mut().zip(number * 1000..) {
        document.document.id = DocumentId::from_i64(id);
    }
    new
}

async fn add(
    store: &Store,
    new: &NewOperation,
    portion: std::ops::Range<usize>,
) -> Result<Opened, Error> {
    let contents = received(new, portion.clone());
    store.add_to_draft(new, portion, &contents, LATER).await
}

fn reference(text: &str) -> ExternalReference {
    ExternalReference::parse(text).unwrap()
}

/// Which operation is found under a reference of a request and under one of a document, and by its id.
async fn seen(store: &Store, number: i64) -> Vec<OperationId> {
    let reader = store.reader();
    let (whole, part) = (reference(&number.to_string()), reference(&format!("{number}/0")));
    let mut seen = Vec::new();
    for scope in [Scope::Installation, Scope::ClientService(large(number).operation.client_service)]
    {
        seen.extend(reader.operation_by_reference(scope, &whole).await.unwrap());
        seen.extend(reader.operation_of_document(scope, &part).await.unwrap());
        let found = reader.operation(scope, OperationId::from_i64(number)).await.unwrap();
        seen.extend(found.map(|found| found.id));
    }
    let service = large(number).operation.client_service;
    seen.extend(reader.fingerprint(service, &whole).await.unwrap().map(|(id, _)| id));
    seen
}

async fn leased(store: &Store) -> Vec<OperationId> {
    let due = store.lease_due(PROCESS, (LATER, LATER), LATER, (10, (&[], &[]))).await.unwrap();
    due.into_iter().map(|(lease, _)| lease.operation).collect()
}

async fn nobody_sees_a_draft_before_it_is_whole(url: String) {
    let store = store(url).await;
    let new = large(1);
    assert_eq!(store.begin_draft(&new).await.unwrap(), Opened::New);
    for portion in [0..100, 100..200, 200..250] {
        assert_eq!(add(&store, &new, portion).await.unwrap(), Opened::New);
        assert_eq!(seen(&store, 1).await, []);
        assert_eq!(leased(&store).await, []);
        assert_eq!(store.take_over(new.operation.id, LATER).await.unwrap(), None);
    }
    // Its references are taken, and nobody is told by whom: whoever asks has to ask again.
    let mut same_request = operation(1, 1);
    same_request.operation.id = OperationId::from_i64(2);
    let mut same_document = operation(3, 1);
    same_document.documents[0].document.external_reference = reference("1/249");
    for other in [&same_request, &same_document] {
        let opened = store.open_operation(other, &received(other, 0..1)).await;
        assert!(matches!(opened, Err(Error::Exists { .. })), "{opened:?}");
        assert!(!matches!(store.begin_draft(other).await, Ok(Opened::Taken { .. })));
    }
    let contents = received(&new, 0..250);
    assert_eq!(store.complete_draft(&new, &contents, AT).await.unwrap(), Opened::New);
    assert_eq!(seen(&store, 1).await, [new.operation.id; 7]);
    assert_eq!(store.reader().documents(new.operation.id).await.unwrap().len(), 250);
    assert_eq!(store.reader().original_contents(new.operation.id).await.unwrap().len(), 250);
    assert_eq!(store.reader().mails_of(new.operation.id).await.unwrap().len(), 1);
    // Nothing makes it a draft again, and whoever comes now hears of it.
    assert!(!store.give_up_draft(new.operation.id, None).await.unwrap());
    let taken = Opened::Taken { operation: new.operation.id, fingerprint: [0; 32] };
    assert_eq!(store.open_operation(&same_request, &[]).await.unwrap(), taken);
    assert_eq!(leased(&store).await, [new.operation.id]);
    store.close().await;
}

async fn nothing_is_left_of_a_draft_that_is_given_up(url: String) {
    let store = store(url).await;
    let new = large(1);
    store.begin_draft(&new).await.unwrap();
    add(&store, &new, 0..250).await.unwrap();
    let reader = store.reader();
    // As long as its lease lasts it is left alone.
    assert_eq!(reader.overdue_drafts(AT).await.unwrap(), []);
    assert!(!store.give_up_draft(new.operation.id, Some(AT)).await.unwrap());
    let lease = Lease { operation: new.operation.id, attempt: 1 };
    store.renew_lease(lease, LATER).await.unwrap();

    assert_eq!(reader.overdue_drafts(LATER).await.unwrap(), [new.operation.id]);
    assert!(store.give_up_draft(new.operation.id, Some(LATER)).await.unwrap(), "there is more");
    let late = add(&store, &new, 0..1).await;
    assert!(matches!(late, Err(Error::LeaseLost)), "{late:?}");
    let late = store.complete_draft(&new, &[], LATER).await;
    assert!(matches!(late, Err(Error::LeaseLost)), "{late:?}");
    // Another one goes on with it.
    let mut calls = 1;
    while store.give_up_draft(new.operation.id, Some(LATER)).await.unwrap() {
        calls += 1;
    }
    assert_eq!(calls, 2, "some at a time");
    assert_eq!(reader.overdue_drafts(LATER).await.unwrap(), []);
    assert_eq!(reader.documents(new.operation.id).await.unwrap().len(), 0);
    assert_eq!(reader.original_contents(new.operation.id).await.unwrap().len(), 0);
    assert_eq!(seen(&store, 1).await, []);

    // The same references again, by an operation of another kind.
    let mut again = operation(1, 3);
    again.operation.id = OperationId::from_i64(2);
    for document in &mut again.documents {
        document.document.operation = again.operation.id;
    }
    let opened = store.open_operation(&again, &received(&again, 0..3)).await.unwrap();
    assert_eq!(opened, Opened::New);
    // One that would take a document's reference is told by whom it is taken, as it is no draft.
    let mut late = large(4);
    late.documents[150].document.external_reference = reference("1/2");
    store.begin_draft(&late).await.unwrap();
    assert_eq!(add(&store, &late, 0..100).await.unwrap(), Opened::New);
    let (held, operation) = ("1/2".to_owned(), again.operation.id);
    let reused = Opened::DocumentReferenceReused { reference: held, operation };
    assert_eq!(add(&store, &late, 100..200).await.unwrap(), reused);
    while store.give_up_draft(late.operation.id, None).await.unwrap() {}
    assert_eq!(reader.documents(late.operation.id).await.unwrap().len(), 0);
    store.close().await;
}

/// One of which no document can be sealed is finished as soon as it is whole.
async fn a_hopeless_one_ends_with_its_last_portion(url: String) {
    use chancery::domain::document::DocumentState;
    use chancery::domain::operation::OperationState;
    let store = store(url).await;
    let mut new = large(1);
    new.operation.state = OperationState::ExecutionFailed;
    new.operation.finished = Some(AT);
    for document in &mut new.documents {
        document.document.state = DocumentState::Failed {
            error: SigningError::Configuration,
            reason: String::new(),
            detail: String::new(),
        };
    }
    store.begin_draft(&new).await.unwrap();
    store.add_to_draft(&new, 0..250, &[], LATER).await.unwrap();
    store.complete_draft(&new, &[], LATER).await.unwrap();
    let found = store.reader().operation(Scope::Installation, new.operation.id).await.unwrap();
    let found = found.unwrap();
    assert_eq!((found.state, found.finished), (OperationState::ExecutionFailed, Some(AT)));
    let mut again = operation(1, 1);
    again.operation.id = OperationId::from_i64(2);
    again.messages.clear();
    again.documents[0].document.operation = again.operation.id;
    let opened = store.open_operation(&again, &received(&again, 0..1)).await.unwrap();
    assert_eq!(opened, Opened::New, "its references are free");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let (_folder, url) = sqlite();
    nobody_sees_a_draft_before_it_is_whole(url).await;
    let (_folder, url) = sqlite();
    nothing_is_left_of_a_draft_that_is_given_up(url).await;
    let (_folder, url) = sqlite();
    a_hopeless_one_ends_with_its_last_portion(url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let server = Postgres::start();
    nobody_sees_a_draft_before_it_is_whole(server.url()).await;
    let server = Postgres::start();
    nothing_is_left_of_a_draft_that_is_given_up(server.url()).await;
    let server = Postgres::start();
    a_hopeless_one_ends_with_its_last_portion(server.url()).await;
}

//! Who holds an operation, and what is counted against it: attempts in which a process ended, and nothing
//! else. The same on both databases.

use chancery::domain::ids::{ClientServiceId, OperationId, ProcessId};
use chancery::domain::instant::Instant;
use chancery::store::Store;
use chancery::store::leases::Lease;

use crate::plans::{AT, LATER, companies_and_services, operation, received};
use crate::store::sqlite;
use crate::support::postgres::Postgres;

const FIRST: ProcessId = ProcessId::from_i64(1);
const OTHER: ProcessId = ProcessId::from_i64(2);
const EVERYTHING: (&[ClientServiceId], &[OperationId]) = (&[], &[]);

/// A database in which a client service may seal.
async fn store(url: String) -> Store {
    let store = crate::store::store(url).await;
    crate::store::company(&store, &crate::store::issuer(1)).await;
    companies_and_services(&store).await;
    store
}

/// Takes up the operation that is due, as a process whose lease is over at once.
async fn take_up(store: &Store, process: ProcessId) -> Lease {
    let due = store.lease_due(process, (AT, LATER), AT, (10, EVERYTHING)).await.unwrap();
    assert_eq!(due.len(), 1);
    due[0].0
}

/// Attempts that count as begun and not ended, and tries of the first document.
async fn counted(store: &Store, lease: Lease) -> (u32, u32) {
    let reader = store.reader();
    let scope = chancery::domain::scope::Scope::Installation;
    let operation = reader.operation(scope, lease.operation).await.unwrap().unwrap();
    let tries = reader.tries(lease.operation).await.unwrap();
    (operation.begun, tries.values().copied().max().unwrap_or_default())
}

async fn only_the_end_of_a_process_counts(store: Store) {
    let new = operation(1, 2);
    store.open_operation(&new, &received(&new)).await.unwrap();
    let document = new.documents[0].document.id;
    let opened = Lease { operation: new.operation.id, attempt: 1 };
    assert_eq!(counted(&store, opened).await, (1, 0));

    // It ended, and so did the next one, with the document tried alone.
    let second = take_up(&store, OTHER).await;
    assert_eq!(store.begin_try(second, AT, document).await.unwrap(), 1);
    assert_eq!(counted(&store, second).await, (2, 1));
    let third = take_up(&store, FIRST).await;
    assert_eq!(store.begin_try(third, AT, document).await.unwrap(), 2);
    assert_eq!(counted(&store, third).await, (3, 2));

    // One that takes up its own again lives: its lease ran out because the database was slow.
    let fourth = take_up(&store, FIRST).await;
    assert_eq!(fourth.attempt, third.attempt + 1);
    assert_eq!(counted(&store, fourth).await, (1, 0));

    // The same of one that gives back what another has taken up meanwhile; the other's attempt counts.
    let fifth = take_up(&store, OTHER).await;
    store.begin_try(fifth, AT, document).await.unwrap();
    assert_eq!(counted(&store, fifth).await, (2, 1));
    store.give_back(fourth, AT, "the database did not answer").await.unwrap();
    assert_eq!(counted(&store, fifth).await, (1, 0));
    store.renew_lease(fifth, AT).await.unwrap();
    store.close().await;
}

/// What is given back after a fault waits, says until when, and counts as a failure.
async fn what_is_given_back_waits(store: Store) {
    let new = operation(1, 1);
    store.open_operation(&new, &received(&new)).await.unwrap();
    let lease = take_up(&store, FIRST).await;
    let then = AT.plus_ms(5000);
    store.give_back(lease, then, "a fault").await.unwrap();
    let scope = chancery::domain::scope::Scope::Installation;
    let found = store.reader().operation(scope, lease.operation).await.unwrap().unwrap();
    assert_eq!((found.next_try, found.failures, found.begun), (Some(then), 1, 0));
    // Its client asks again: of two at once one gets it.
    let again = async || store.lease_waiting(FIRST, lease.operation, AT, LATER).await.unwrap();
    let (one, two) = tokio::join!(again(), again());
    assert!(one.is_some() != two.is_some());
    store.close().await;
}

/// What one client service has waiting keeps no other's from its turn.
async fn those_that_have_enough_are_left(store: Store) {
    let new = operation(1, 1);
    store.open_operation(&new, &received(&new)).await.unwrap();
    let party = new.operation.client_service;
    let lease = async |parties: &[ClientServiceId], in_work: &[OperationId]| {
        let now: (Instant, Instant) = (AT, LATER);
        store.lease_due(FIRST, now, AT, (10, (parties, in_work))).await.unwrap().len()
    };
    let (other, others) = (ClientServiceId::from_i64(9), OperationId::from_i64(9));
    assert_eq!(lease(&[party], &[]).await, 0);
    assert_eq!(lease(&[], &[new.operation.id]).await, 0, "what is in work here goes on");
    assert_eq!(lease(&[other], &[others]).await, 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let (_folder, url) = sqlite();
    only_the_end_of_a_process_counts(store(url).await).await;
    let (_folder, url) = sqlite();
    what_is_given_back_waits(store(url).await).await;
    let (_folder, url) = sqlite();
    those_that_have_enough_are_left(store(url).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let server = Postgres::start();
    only_the_end_of_a_process_counts(store(server.url()).await).await;
    let server = Postgres::start();
    what_is_given_back_waits(store(server.url()).await).await;
    let server = Postgres::start();
    those_that_have_enough_are_left(store(server.url()).await).await;
}

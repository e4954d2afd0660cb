//! Bytes that are put down ahead of the transaction that refers to them: there from then on, whole, and gone
//! when nobody refers to them, whatever became of who put them down. The same on both databases.

use std::sync::Arc;

use chancery::contents::ahead::PORTION_OCTETS;
use chancery::contents::{Ahead, Contents};
use chancery::domain::document::DocumentState;
use chancery::domain::ids::{DocumentId, ExternalReference, OperationId, ParcelId};
use chancery::domain::scope::Scope;
use chancery::store::contents::{Bytes, ContentChange};
use chancery::store::leases::Lease;
use chancery::store::operations::{Ending, NewOperation, Opened, Outcome};
use chancery::store::pieces::Span;
use chancery::store::{Error, Store};
use sqlx::Row as _;
use sqlx::any::AnyPoolOptions;

use crate::plans::{AT, LATER, companies_and_services, operation};
use crate::store::sqlite;
use crate::support::postgres::Postgres;

/// More than a transaction takes of one, and beside it what is small and what is nothing.
const LENGTHS: [usize; 4] = [PORTION_OCTETS * 11 / 4, 0, 3, PORTION_OCTETS * 5 / 4];

async fn store(url: String) -> Store {
    let store = crate::store::store(url).await;
    crate::store::company(&store, &crate::store::issuer(1)).await;
    companies_and_services(&store).await;
    store
}

fn bytes(salt: usize) -> Vec<Arc<Vec<u8>>> {
    let each = |length: usize| (0..length).map(|at| u8::try_from((at + salt) % 251).unwrap());
    LENGTHS.iter().map(|length| Arc::new(each(*length).collect())).collect()
}

/// An operation with these documents.
fn opened(number: i64) -> (NewOperation, Vec<Arc<Vec<u8>>>) {
    let bytes = bytes(0);
    let mut new = operation(number, i64::try_from(bytes.len()).unwrap());
    for (new, bytes) in new.documents.iter_mut().zip(&bytes) {
        new.document.content_length = bytes.len() as u64;
    }
    (new, bytes)
}

async fn put(store: &Store, changes: Vec<ContentChange>, parcel: i64) -> Vec<ContentChange> {
    let contents = Contents::Database(store.reader().clone());
    assert!(contents.are_many(&changes));
    let place = Ahead { parcel: ParcelId::from_i64(parcel), until: LATER };
    contents.put_ahead(store, changes, place, || async {}).await.unwrap()
}

fn received(new: &NewOperation, bytes: &[Arc<Vec<u8>>]) -> Vec<ContentChange> {
    let documents = new.documents.iter().zip(bytes);
    let change = |document, bytes: &Arc<Vec<u8>>| ContentChange::Received {
        document,
        bytes: Bytes::Here(Arc::clone(bytes)),
    };
    documents.map(|(new, bytes)| change(new.document.id, bytes)).collect()
}

/// Sweeps until nothing is left to sweep.
async fn sweep(store: &Store) {
    while let Some(loose) = store.reader().loose_pieces().await.unwrap() {
        store.sweep(&loose).await.unwrap();
    }
}

/// How many rows there are in the tables of pieces.
async fn rows(url: &str) -> (i64, i64) {
    let pool = AnyPoolOptions::new().max_connections(1).connect(url).await.unwrap();
    let pieces = sqlx::query_scalar("SELECT COUNT(*) FROM piece").fetch_one(&pool).await.unwrap();
    let loose = sqlx::query_scalar("SELECT COUNT(*) FROM loose").fetch_one(&pool).await.unwrap();
    pool.close().await;
    (pieces, loose)
}

/// What was put down is the original, then what was sealed is; what was replaced goes.
async fn contents_are_whole_and_what_they_replace_goes(url: String) {
    let store = store(url.clone()).await;
    let reader = store.reader();
    let (new, originals) = opened(1);
    let changes = put(&store, received(&new, &originals), 7).await;
    assert_eq!(store.open_operation(&new, &changes).await.unwrap(), Opened::New);
    let id = new.operation.id;
    let documents: Vec<DocumentId> = new.documents.iter().map(|new| new.document.id).collect();
    let found = reader.original_contents(id).await.unwrap();
    let lengths = reader.original_lengths(id).await.unwrap();
    for (document, original) in documents.iter().zip(&originals) {
        assert!(found[document] == *original);
        assert!(reader.original_content(*document).await.unwrap().as_ref() == Some(&**original));
        assert_eq!(lengths[document], original.len());
    }
    assert_eq!(rows(&url).await, (3 + 1 + 2, 0), "pieces; what is empty has none");

    // The first stays beside its seal, the third fails, the others are replaced.
    let sealed = bytes(1);
    let seal = |at: usize, beside_original| ContentChange::Sealed {
        document: documents[at],
        bytes: Bytes::Here(Arc::clone(&sealed[at])),
        beside_original,
    };
    let dropped = ContentChange::Dropped { document: documents[2] };
    let changes = vec![seal(0, true), seal(1, false), dropped, seal(3, false)];
    let changes = put(&store, changes, 8).await;
    let state = DocumentState::Sealed { signing_time: AT, sha256: [0; 32], length: 1 };
    let outcome = |document: &DocumentId| Outcome {
        document: *document,
        state: state.clone(),
        settings: None,
        archive: None,
    };
    let outcomes: Vec<Outcome> = documents.iter().map(outcome).collect();
    let ending = Ending { outcomes: &outcomes, contents: &changes, end: None, event_ids: &[] };
    let lease = Lease { operation: id, attempt: 1 };
    store.record_outcomes(lease, LATER, &ending, AT).await.unwrap();
    assert_eq!(rows(&url).await, (6 + 5, 2), "nothing is deleted there and then");
    sweep(&store).await;
    assert_eq!(rows(&url).await, (3 + 5, 0), "the first original, and what was sealed");
    let found = reader.sealed_contents(id).await.unwrap();
    assert_eq!(found.len(), 3);
    for at in [0, 1, 3] {
        assert!(found[&documents[at]] == sealed[at]);
        let one = reader.sealed_content(documents[at]).await.unwrap();
        assert!(one.as_ref() == Some(&*sealed[at]));
    }
    let left = reader.original_contents(id).await.unwrap();
    assert!(left.len() == 1 && left[&documents[0]] == originals[0]);
    store.close().await;
}

/// Who refers too late to what was put down writes nothing, and what nobody refers to goes.
async fn what_nobody_refers_to_in_time_goes(url: String) {
    let store = store(url.clone()).await;
    let (new, originals) = opened(1);
    let changes = put(&store, received(&new, &originals), 7).await;
    assert!(!store.reader().overdue_pieces(AT).await.unwrap());
    store.give_up_overdue_pieces(AT).await.unwrap();
    sweep(&store).await;
    assert_eq!(rows(&url).await, (6, 1), "its time is not over");

    assert!(store.reader().overdue_pieces(LATER).await.unwrap());
    store.give_up_overdue_pieces(LATER).await.unwrap();
    let late = store.put_pieces(ParcelId::from_i64(7), 7, &[b"more"], LATER).await;
    assert!(matches!(late, Err(Error::Swept)), "{late:?}");
    let late = store.open_operation(&new, &changes).await;
    assert!(matches!(late, Err(Error::Swept)), "{late:?}");
    let reference = ExternalReference::parse("1").unwrap();
    let found = store.reader().operation_by_reference(Scope::Installation, &reference).await;
    assert_eq!(found.unwrap(), None::<OperationId>);
    sweep(&store).await;
    assert_eq!(rows(&url).await, (0, 0));

    // Given up by who put it down; which changes nothing once somebody refers to it.
    let changes = put(&store, received(&new, &originals), 8).await;
    store.open_operation(&new, &changes).await.unwrap();
    store.give_up_pieces(ParcelId::from_i64(8)).await.unwrap();
    let (other, _) = opened(2);
    put(&store, received(&other, &originals), 9).await;
    store.give_up_pieces(ParcelId::from_i64(9)).await.unwrap();
    sweep(&store).await;
    assert_eq!(rows(&url).await, (6, 0));
    assert!(store.reader().original_contents(new.operation.id).await.unwrap().len() == 4);
    store.close().await;
}

/// A piece that is missing is said to be, and never left out of a document.
async fn what_is_not_whole_is_not_given_away(url: String) {
    let store = store(url).await;
    let (new, _) = opened(1);
    let parcel = ParcelId::from_i64(7);
    store.put_pieces(parcel, 1, &[b"one"], LATER).await.unwrap();
    let document = new.documents[0].document.id;
    let bytes = Bytes::Ahead(Span { parcel, first: 1, last: 2 });
    let change = ContentChange::Received { document, bytes };
    store.open_operation(&new, &[change]).await.unwrap();
    let read = store.reader().original_content(document).await;
    assert!(matches!(read, Err(Error::Corrupt { column: "piece.bytes" })), "{read:?}");
    store.close().await;
}

/// SQLite's log goes back into the file when it has grown, and does not grow without end when nobody sees to it.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_written_back() {
    let (folder, url) = sqlite();
    let store = store(url.clone()).await;
    let portion = vec![7; 512 << 10];
    let mut number = 1;
    let mut put = async |count: u32| {
        for _ in 0..count {
            store.put_pieces(ParcelId::from_i64(7), number, &[&portion], LATER).await.unwrap();
            number += 1;
        }
    };
    let looker = AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let unwritten = async || {
        let look = sqlx::query("PRAGMA wal_checkpoint(NOOP)").fetch_one(&looker).await.unwrap();
        look.get::<i64, _>(1) - look.get::<i64, _>(2)
    };
    put(10).await;
    assert!(unwritten().await > 1000);
    store.checkpoint().await.unwrap();
    assert_eq!(unwritten().await, 0);
    put(1).await;
    let little = unwritten().await;
    store.checkpoint().await.unwrap();
    assert_eq!(unwritten().await, little, "a little stays where it is");

    put(200).await;
    let log = std::fs::metadata(folder.path().join("chancery.db-wal")).unwrap().len();
    assert!(log < (64 + 2) << 20, "{log} octets");
    looker.close().await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let (_folder, url) = sqlite();
    contents_are_whole_and_what_they_replace_goes(url).await;
    let (_folder, url) = sqlite();
    what_nobody_refers_to_in_time_goes(url).await;
    let (_folder, url) = sqlite();
    what_is_not_whole_is_not_given_away(url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let server = Postgres::start();
    contents_are_whole_and_what_they_replace_goes(server.url()).await;
    let server = Postgres::start();
    what_nobody_refers_to_in_time_goes(server.url()).await;
    let server = Postgres::start();
    what_is_not_whole_is_not_given_away(server.url()).await;
}

//! Large answers on their way to the receiver.

use std::io;
use std::time::Duration;

use chancery::web::download::body_within;
use chancery::web::room::OctetRoom;

/// Nobody waits that long for a place that gets free.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn an_answer_keeps_its_place_until_it_is_read_or_given_up() -> Result<(), io::Error> {
    let room = OctetRoom::new(8 << 20, SOON);
    let place = async || room.place('a', 4 << 20).await.ok_or(io::ErrorKind::Other);
    let free = async || {
        while room.spare() < 8 << 20 {
            tokio::task::yield_now().await;
        }
    };
    let all = async || tokio::time::timeout(SOON, free()).await.is_ok();
    let bytes = vec![7; 1 << 20];

    let read = body_within(bytes.clone(), place().await?, SOON);
    assert_eq!(room.spare(), 7 << 20, "what the archive was made from is gone");
    let whole = axum::body::to_bytes(read, usize::MAX).await.map_err(io::Error::other)?;
    assert_eq!(whole, bytes);
    assert!(all().await);

    drop(body_within(bytes.clone(), place().await?, SOON));
    assert!(all().await, "the receiver went away");

    let slow = body_within(bytes, place().await?, Duration::from_millis(20));
    assert!(all().await, "given up");
    assert!(axum::body::to_bytes(slow, usize::MAX).await.is_err(), "not mistaken for the whole");
    Ok(())
}

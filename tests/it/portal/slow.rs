//! Receivers that read slowly.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use super::links::{get, link, sealed_for};
use crate::support::client::{large_document, sealed, small};
use crate::support::service::{Setup, run, unique};

/// What is being downloaded has a place in memory until it is read; others are told to come back
/// when there is no more, and sealing goes on.
#[test]
fn a_slow_receiver_keeps_out_receivers_and_nobody_else() {
    run(async {
        let mut setup = Setup::new();
        // Downloads have a quarter of it: room for one of these documents, not for two.
        setup.config.web.bytes_in_flight = 32 << 20;
        let service = setup.start().await;
        let client = service.client().await;
        let receiver = json!({ "email": "ap@customer.example" });
        let documents = vec![large_document(&unique("large"), 6 << 20)];
        let (answer, mail) = sealed_for(&service, &client, receiver, documents).await;
        let url = format!("{}/documents/1", link(&service, &mail));

        let host = service.base.strip_prefix("http://").unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 << 10).unwrap();
        let mut slow = socket.connect(host.parse().unwrap()).await.unwrap();
        let path = url.strip_prefix(&service.base).unwrap();
        let ask = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        slow.write_all(ask.as_bytes()).await.unwrap();
        let mut read = vec![0; 1024];
        slow.read_exact(&mut read).await.unwrap();
        assert!(read.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&read));

        let busy = get(&url).await;
        assert_eq!((busy.status, busy.header("retry-after")), (429, "10"));
        let other = client.sign(&small(&unique("meanwhile"))).await.good();
        assert_eq!(other["status"], "EXECUTED");

        slow.read_to_end(&mut read).await.unwrap();
        let wanted = sealed(&answer, 0);
        assert!(read.ends_with(&wanted), "{} octets", read.len());
        let after = get(&url).await;
        assert_eq!((after.status, after.body == wanted), (200, true));
        service.stop().await;
    });
}

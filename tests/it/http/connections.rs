//! Connections of clients that mean no good: they end, or make place, and others are answered.

use std::time::Duration;

use chancery::web::connections::ConnectionsConfig;
use chancery_testing::hostile_clients::{self as hostile, last_words};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::client::{Answer, HTTP, PATIENCE, large_document, request, small};
use crate::support::service::{Service, Setup, run, unique};

fn address(service: &Service) -> &str {
    service.base.strip_prefix("http://").unwrap()
}

/// Asks over a connection that is kept, and reads the answer.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with("\r\n\r\nok") {
        let mut some = [0; 512];
        let read = stream.read(&mut some).await.unwrap();
        assert!(read > 0, "closed after {answer}");
        answer += std::str::from_utf8(&some[..read]).unwrap();
    }
    answer
}

/// Whether a connection is still there: nothing is said, and it is not closed.
fn is_open(stream: &TcpStream) -> bool {
    let read = stream.try_read(&mut [0; 1]);
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[test]
fn a_head_that_does_not_end_is_not_waited_for() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.connections.head_ms = 200;
        let service = setup.start().await;
        let mut streams = hostile::idle(address(&service), 1).await.unwrap();
        streams.extend(hostile::slow_headers(address(&service), 1).await.unwrap());
        // One that goes on with it, an octet at a time, on a connection that had been answered.
        let mut going_on = TcpStream::connect(address(&service)).await.unwrap();
        ask(&mut going_on).await;
        let (mut reader, mut writer) = going_on.into_split();
        let mut rest = Vec::new();
        let trickle = async {
            while writer.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            _ = reader.read_to_end(&mut rest) => {}
            () = trickle => {}
            () = tokio::time::sleep(PATIENCE) => panic!("the head is waited for"),
        }
        for mut stream in streams {
            last_words(&mut stream, PATIENCE).await.unwrap();
        }
        service.stop().await;
    });
}

#[test]
fn a_connection_that_rests_is_kept_for_a_while() {
    run(async {
        let mut setup = Setup::new();
        // Longer than a head may take: what rests is not what is slow.
        (setup.config.web.connections.head_ms, setup.config.web.connections.idle_ms) = (100, 700);
        let service = setup.start().await;
        let mut stream = TcpStream::connect(address(&service)).await.unwrap();
        ask(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(is_open(&stream));
        ask(&mut stream).await;
        assert!(last_words(&mut stream, PATIENCE).await.unwrap().is_empty());
        service.stop().await;
    });
}

#[test]
fn heads_have_a_size() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.connections.headers = 20;
        let service = setup.start().await;
        let status = async |headers: String| {
            let mut stream = TcpStream::connect(address(&service)).await.unwrap();
            let ask =
                format!("GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
            // Who is refused may hear of it before all is sent.
            let _ = stream.write_all(ask.as_bytes()).await;
            let said = last_words(&mut stream, PATIENCE).await.unwrap();
            String::from_utf8_lossy(&said).split(' ').nth(1).unwrap_or_default().to_owned()
        };
        let long = |length: usize| format!("x: {}\r\n", "x".repeat(length));
        assert_eq!(status(long(30_000)).await, "200");
        assert_eq!(status(long(33_000)).await, "431");
        assert_eq!(status("x: y\r\n".repeat(18)).await, "200");
        assert_eq!(status("x: y\r\n".repeat(19)).await, "431");
        service.stop().await;
    });
}

#[test]
fn a_body_keeps_the_pace_or_is_given_up_at_every_address() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.connections.body_grace_ms = 200;
        setup.config.web.connections.body_bytes_per_second = 100;
        let service = setup.start().await;
        let client = service.client().await;
        for (path, status) in [
            (hostile::SIGN, "400"),
            ("/api/v0/delivery/mail/resend/1/false", "400"),
            ("/api/v0/webhook/endpoint", "400"),
            ("/oauth2/token", "400"),
        ] {
            let slow = hostile::one_octet_bodies(address(&service), path, &client.token, 1, 10_000);
            let said = last_words(&mut slow.await.unwrap()[0], PATIENCE).await;
            let said = said.unwrap_or_else(|_| panic!("{path} waits"));
            let said = String::from_utf8_lossy(&said);
            assert_eq!(said.split(' ').nth(1), Some(status), "{path}: {said}");
        }

        // Longer than the grace, but at the pace, whoever else wants the processor meanwhile.
        let reference = unique("slow");
        let body = small(&reference).to_string();
        let more = format!("content-length: {}\r\nconnection: close\r\n", body.len());
        let mut stream = TcpStream::connect(address(&service)).await.unwrap();
        let head = hostile::head(hostile::SIGN, &client.token, &more);
        stream.write_all(head.as_bytes()).await.unwrap();
        for piece in body.as_bytes().chunks(60) {
            stream.write_all(piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let said = last_words(&mut stream, PATIENCE).await.unwrap();
        assert!(said.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&said));
        service.stop().await;
    });
}

#[test]
fn connections_that_rest_make_place() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.connections.most = 20;
        let service = setup.start().await;
        let client = service.client().await;
        let mut resting = hostile::idle(address(&service), 20).await.unwrap();
        resting.extend(hostile::slow_headers(address(&service), 20).await.unwrap());
        for _ in 0..3 {
            let mut stream = TcpStream::connect(address(&service)).await.unwrap();
            ask(&mut stream).await;
        }
        // Those that came first had to go.
        for stream in &mut resting[..20] {
            last_words(stream, PATIENCE).await.unwrap();
        }
        assert!(is_open(resting.last().unwrap()));
        let answer = client.sign(&small(&unique("meanwhile"))).await.good();
        assert_eq!(answer["status"], "EXECUTED");
        service.stop().await;
    });
}

#[test]
fn an_address_has_its_number_of_connections() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.connections.most_per_address = 4;
        // The address of this machine is no proxy's here.
        setup.config.web.proxies.clear();
        let service = setup.start().await;
        let client = service.client().await;
        let mut busy = Vec::new();
        let refused = async {
            loop {
                let (path, token) = (hostile::SIGN, &client.token);
                let one = hostile::one_octet_bodies(address(&service), path, token, 1, 1000);
                let mut one = one.await.unwrap();
                // Those that are not at work yet make place; then there is none.
                match last_words(&mut one[0], Duration::from_millis(100)).await {
                    Ok(said) if said.starts_with(b"HTTP/1.1 503 ") => break,
                    _ => busy.append(&mut one),
                }
            }
        };
        tokio::time::timeout(PATIENCE, refused).await.expect("one too many is refused");
        drop(busy);
        // They are gone as soon as the service has noticed.
        let served = async {
            loop {
                let answer = HTTP.get(format!("{}/livez", service.base)).send().await;
                if answer.is_ok_and(|answer| answer.status() == 200) {
                    break;
                }
            }
        };
        tokio::time::timeout(PATIENCE, served).await.expect("there is place again");
        service.stop().await;
    });
}

#[test]
fn an_answer_that_nobody_reads_is_given_up() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.connections.answer_idle_ms = 300;
        let service = setup.start().await;
        let client = service.client().await;
        let documents = [large_document(&unique("large"), 6 << 20)];
        let answer = client.sign(&request(&unique("large"), documents)).await.good();
        let path = format!("/api/v0/operation/sign/detail/{}/contentInResponse/true", answer["id"]);
        let unread = hostile::unread_answers(address(&service), &path, &client.token, 2);
        let mut unread = unread.await.unwrap();
        // One reads on, slowly; the other one does not.
        let (one, other) = unread.split_at_mut(1);
        let begin = std::time::Instant::now();
        while begin.elapsed() < Duration::from_millis(1200) {
            one[0].read_exact(&mut [0; 16 << 10]).await.expect("who reads is not given up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let rest = last_words(&mut other[0], PATIENCE).await.unwrap();
        assert!(rest.len() < 6 << 20, "{} octets", rest.len());
        service.stop().await;
    });
}

#[test]
fn who_stops_answers_what_is_in_work_and_closes_what_rests() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let mut resting = TcpStream::connect(address(&service)).await.unwrap();
        ask(&mut resting).await;
        let mut fresh = hostile::idle(address(&service), 1).await.unwrap();

        let body = small(&unique("stopping")).to_string();
        let mut busy = TcpStream::connect(address(&service)).await.unwrap();
        let more = format!("content-length: {}\r\nexpect: 100-continue\r\n", body.len());
        let head = hostile::head(hostile::SIGN, &client.token, &more);
        busy.write_all(head.as_bytes()).await.unwrap();
        // It is in work when it is told to go on.
        let mut on = [0; 25];
        busy.read_exact(&mut on).await.unwrap();
        assert_eq!(&on, b"HTTP/1.1 100 Continue\r\n\r\n");

        let address = address(&service).to_owned();
        let ending = tokio::spawn(service.end());
        assert!(last_words(&mut resting, PATIENCE).await.unwrap().is_empty());
        assert!(last_words(&mut fresh[0], PATIENCE).await.unwrap().is_empty());
        assert!(TcpStream::connect(&address).await.is_err(), "nothing is accepted any more");
        busy.write_all(body.as_bytes()).await.unwrap();
        let said = last_words(&mut busy, PATIENCE).await.unwrap();
        let said = String::from_utf8_lossy(&said);
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert!(body.contains("\"EXECUTED\"") || body.contains("\"PENDING_EXECUTION\""), "{body}");
        ending.await.unwrap();
    });
}

#[test]
fn what_does_not_end_when_the_service_stops_is_closed_after_the_time_to_drain() {
    run(async {
        let mut setup = Setup::new();
        setup.config.workflow.drain_ms = 200;
        let service = setup.start().await;
        let client = service.client().await;
        let path = hostile::SIGN;
        let mut slow = hostile::one_octet_bodies(address(&service), path, &client.token, 1, 1000)
            .await
            .unwrap();
        // Answered, so the other one has been seen.
        let _ = Answer::of(HTTP.get(format!("{}/livez", service.base))).await;
        tokio::time::timeout(PATIENCE, service.end()).await.expect("the service ends");
        last_words(&mut slow[0], PATIENCE).await.unwrap();
    });
}

/// A frame (RFC 9113, 4.1).
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// The begin of a connection of HTTP/2 with so much room for each answer, and a request.
fn asked_over_http_2(room: u32, path: &str) -> Vec<u8> {
    // SETTINGS_INITIAL_WINDOW_SIZE (6.5.2).
    let settings = [&[0, 4][..], &room.to_be_bytes()].concat();
    // Without a table (RFC 7541, 6.1, 6.2.2): GET, http, a host and the path.
    let length = u8::try_from(path.len()).unwrap();
    let head = [&[0x82, 0x86, 0x01, 1, b'x', 0x04, length], path.as_bytes()].concat();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    [&preface[..], &frame(4, 0, 0, &settings), &frame(1, 5, 1, &head)].concat()
}

#[test]
fn a_shared_connection_ends_when_its_answers_are_not_taken_whatever_else_is_said_on_it() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.http2 = true;
        setup.config.web.connections.idle_ms = 300;
        setup.config.web.connections.answer_idle_ms = 300;
        let service = setup.start().await;
        // Nothing of an answer is taken, some of it, and all of it.
        for (room, path, taken) in
            [(0, "/livez", ""), (1, "/openapi.json", "{"), (65_535, "/livez", "ok")]
        {
            let stream = TcpStream::connect(address(&service)).await.unwrap();
            let (mut reader, mut writer) = stream.into_split();
            writer.write_all(&asked_over_http_2(room, path)).await.unwrap();
            let pings = async {
                while writer.write_all(&frame(6, 0, 0, &[0; 8])).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let mut said = Vec::new();
            let over = tokio::time::timeout(PATIENCE, async {
                // A reset is an end too.
                tokio::select! {
                    _ = reader.read_to_end(&mut said) => {}
                    () = pings => {}
                }
            });
            assert!(over.await.is_ok(), "{path} with room for {room} is kept for ever");
            let octets = frame(0, u8::from(room > 1), 1, taken.as_bytes());
            let found = said.windows(octets.len()).any(|window| window == octets);
            assert_eq!(found, !taken.is_empty(), "{path} with room for {room}");
        }
        service.stop().await;
    });
}

#[test]
fn http_2_in_clear_text_is_spoken_when_it_is_asked_for() {
    /// The connection preface and empty settings (RFC 9113, 3.4).
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    run(async {
        for http2 in [false, true] {
            let mut setup = Setup::new();
            setup.config.web.http2 = http2;
            setup.config.web.connections.head_ms = 500;
            let service = setup.start().await;
            let mut stream = TcpStream::connect(address(&service)).await.unwrap();
            stream.write_all(PREFACE).await.unwrap();
            let said = last_words(&mut stream, PATIENCE).await.unwrap();
            // Its settings are the first thing that such a server says.
            let settings = said.get(3) == Some(&4) && !said.starts_with(b"HTTP");
            assert_eq!(settings, http2, "{}", String::from_utf8_lossy(&said));
            let mut other = TcpStream::connect(address(&service)).await.unwrap();
            ask(&mut other).await;
            service.stop().await;
        }
    });
}

#[test]
fn connections_leave_files_to_others() {
    let config = ConnectionsConfig {
        most: 1000,
        most_per_address: 10,
        descriptors_reserved: 256,
        head_ms: 1,
        head_bytes: 1,
        headers: 1,
        idle_ms: 1,
        body_grace_ms: 1,
        body_bytes_per_second: 1,
        answer_idle_ms: 1,
    };
    assert_eq!(config.room(None), Ok(1000));
    assert_eq!(config.room(Some(65_536)), Ok(1000));
    assert_eq!(config.room(Some(1024)), Ok(768));
    assert!(config.room(Some(260)).unwrap_err().contains("LimitNOFILE"));
}

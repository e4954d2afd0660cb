//! Ports for services that are processes of their own and are told where to listen.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which Linux takes ports for whoever does not care (`ip_local_port_range`): what is free
/// stays free while other tests connect and listen.
const FIRST: u16 = 10_000;
const LAST: u16 = 30_000;

/// An address of this machine where nobody listens. Each is given once by a process.
///
/// # Panics
/// When none is free.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let range = LAST - FIRST;
    // Processes that run at the same time begin at different ones.
    let begin = u16::try_from(std::process::id() * 101 % u32::from(range)).unwrap();
    for _ in 0..range {
        let port = FIRST + (begin + NEXT.fetch_add(1, Ordering::Relaxed) % range) % range;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("every port is taken");
}

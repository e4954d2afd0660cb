//! What the service bears: everything that the tests have against it, done to a process of its own over
//! loopback by one client service, while another seals invoices.
//!
//! Without arguments a table: of each attack the octets that were sent, the processor time and the memory
//! that they cost, and what became of the other client's p99; with words, only the attacks in whose name
//! one of them is. With `soak SECONDS`: all of them in random order for so long; no invoice of the other
//! fails, its p99 stays below three times the quiet one, the memory ends where it began. Ends with 1 when
//! a bound does not hold.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]
#![expect(clippy::unwrap_used, reason = "an attack that cannot go on stops")]
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

mod attacks;
mod client;
#[path = "../process/mod.rs"]
mod process;
#[path = "../../crates/engine/tests/it/seal/hostile/samples.rs"]
mod refused;
mod soak;
mod table;

use std::process::ExitCode;

use client::{Honest, Hostile};
use process::{Folder, Service};
use tokio::runtime::{Builder, Runtime};

/// Of nice(1).
const LEAST_PRIORITY: i32 = 19;

/// How much longer than in quiet the other client's p99 may be.
const SLOWER: f64 = 3.0;

fn main() -> ExitCode {
    let scene = Scene::new();
    let runtime = Runtime::new().unwrap();
    // cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let held = runtime.block_on(async {
        match words.as_slice() {
            [soak, seconds] if soak == "soak" => soak::run(&scene, seconds.parse().unwrap()).await,
            words => table::run(&scene, words).await,
        }
    });
    // Not in it: a runtime waits for its threads when it is dropped.
    scene.attackers.shutdown_background();
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Where attackers run. They would have machines of their own, so that here they get the processor time
/// that service and honest client leave to them.
fn attackers() -> Runtime {
    let mut threads = Builder::new_multi_thread();
    let threads = threads.worker_threads(2).enable_all();
    // The priority of this thread alone (setpriority(2), of Linux).
    threads.on_thread_start(|| rustix::process::setpriority_process(None, LEAST_PRIORITY).unwrap());
    threads.build().unwrap()
}

/// The folder of the service and the secrets of its two clients.
struct Scene {
    attackers: Runtime,
    folder: Folder,
    base: String,
    honest: String,
    hostile: String,
}

const HONEST: &str = "demo-rsa";
const HOSTILE: &str = "demo-ec";

impl Scene {
    fn new() -> Self {
        let folder = Folder::made("attack");
        let (honest, hostile) = (folder.secret(HONEST), folder.secret(HOSTILE));
        let attackers = attackers();
        Self { attackers, base: folder.address(), folder, honest, hostile }
    }

    /// A service that has just begun, and its clients; each has sealed once.
    async fn begin(&self) -> (Service, Honest, Hostile) {
        let service = self.folder.serve();
        let honest = Honest::new(&self.base, HONEST, &self.honest).await;
        let hostile = Hostile::new(&self.base, HOSTILE, &self.hostile).await;
        honest.seal().await.unwrap();
        (service, honest, hostile)
    }
}

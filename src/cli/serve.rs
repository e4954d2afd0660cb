//! `serve`: the service in the foreground, and its clean stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::ending::LastResort;
use super::{Failure, Outcome, house};
use crate::app::App;
use crate::config::Config;
use crate::web::connections::descriptors;
use crate::web::{self, Web};
use crate::workflow::background::{Loops, start_loops};
use crate::workflow::{secrets, trusted_lists};

/// How long a process that cannot write is still listened to.
const LAST_WORDS: Duration = Duration::from_secs(2);

pub(super) async fn run(config: Config) -> Outcome {
    config.web.connections.room(descriptors())?;
    let listener = TcpListener::bind(&config.web.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.web.listen))?;
    let app = house::app(&config).await?;
    for (place, error) in secrets::look(&app).await?.closed {
        tracing::warn!("{}", secrets::words(&place, error));
    }
    tracing::info!(address = %listener.local_addr()?, public = %app.issuer,
        database = app.store.engine_name(), version = env!("CARGO_PKG_VERSION"), "serving");
    let mut signals = StopSignals::listen()?;
    trusted_lists::load(&app).await;
    let service = start(Arc::clone(&app), config.web, listener);
    tokio::select! {
        () = signals.next() => {
            app.stopping.leave();
            let last_resort = LastResort::at(app.stopping.end().into_std());
            service.leave(&mut signals).await;
            let stopped = service.stop().await;
            if stopped.is_ok() {
                last_resort.note_all_is_well();
            }
            stopped
        }
        () = app.store.untrusted() => {
            LastResort::at((Instant::now() + 2 * LAST_WORDS).into_std());
            service.give_up().await
        }
    }
}

/// The service at work.
pub(super) struct Service {
    app: Arc<App>,
    loops: Loops,
    server: JoinHandle<std::io::Result<()>>,
}

/// Starts the service on a bound socket.
pub(super) fn start(app: Arc<App>, config: web::Config, listener: TcpListener) -> Service {
    let loops = start_loops(&app, &[]);
    let web = Web::new(Arc::clone(&app), config);
    let server = tokio::spawn(web::server::serve(web, listener, loops.stopped()));
    Service { app, loops, server }
}

impl Service {
    /// Ends after a commit that did not reach the disk, without writing anything more: whoever starts the
    /// process again opens the file anew, and finds what really is in it.
    async fn give_up(self) -> Outcome {
        self.loops.tell_to_stop();
        // Those who wait are told that it failed.
        let _ = tokio::time::timeout(LAST_WORDS, self.server).await;
        Err("a commit did not reach the disk (fsync failed): look at the disk under store.url; what was \
             recorded is found when the service starts again"
            .into())
    }

    /// Says that it is not ready, and goes on until load balancers have heard of it, or until it is told to
    /// stop once more.
    async fn leave(&self, signals: &mut StopSignals) {
        tracing::info!("leaving: not ready any more");
        let stopping = &self.app.stopping;
        stopping.leave();
        let heard = Duration::from_millis(self.app.execution.leave_ms);
        let until = (Instant::now() + heard).min(stopping.work_until());
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = signals.next() => {}
        }
    }

    /// Takes no more requests, ends operations in work or gives them back, answers who waits, closes the
    /// database.
    pub(super) async fn stop(self) -> Outcome {
        tracing::info!("stopping");
        let until = self.app.stopping.until();
        let left = self.loops.stop(&self.app).await?;
        if let Ok(served) = tokio::time::timeout_at(until, self.server).await {
            served??;
        } else {
            tracing::warn!("some connections did not end in time");
        }
        if tokio::time::timeout_at(until, self.app.store.close()).await.is_err() {
            tracing::warn!("the database was still in use");
        }
        if left > 0 {
            tracing::warn!(left, "operations are left; the next start takes them up");
        }
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// SIGTERM and SIGINT. One that comes while nobody waits for it is heard later.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Takes them from now on; until then they end the process at once.
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns at the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

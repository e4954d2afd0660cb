//! `serve`: the service in the foreground, and its clean stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::{Failure, Outcome, house};
use crate::app::App;
use crate::config::Config;
use crate::web::{self, Web};
use crate::workflow::background::{Loops, start_loops};
use crate::workflow::secrets;

/// How long a process that cannot write is still listened to.
const LAST_WORDS: Duration = Duration::from_secs(2);

pub(super) async fn run(config: Config) -> Outcome {
    let listener = TcpListener::bind(&config.web.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.web.listen))?;
    let app = house::app(&config).await?;
    for (place, error) in secrets::look(&app).await?.closed {
        tracing::warn!("{}", secrets::words(&place, error));
    }
    tracing::info!(address = %listener.local_addr()?, public = %app.issuer,
        database = app.store.engine_name(), version = env!("CARGO_PKG_VERSION"), "serving");
    let service = start(Arc::clone(&app), config.web, listener);
    tokio::select! {
        stopped = stop_signal() => {
            stopped?;
            service.stop().await
        }
        () = app.store.untrusted() => service.give_up().await,
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

    /// Takes no more requests, answers those in work, ends operations in work, closes the database.
    pub(super) async fn stop(self) -> Outcome {
        tracing::info!("stopping");
        let left = self.loops.stop(&self.app).await?;
        let patience = Duration::from_millis(self.app.execution.drain_ms);
        if let Ok(served) = tokio::time::timeout(patience, self.server).await {
            served??;
        } else {
            tracing::warn!("some connections did not end in time");
        }
        self.app.store.close().await;
        if left > 0 {
            tracing::warn!(left, "operations are left; the next start takes them up");
        }
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns at SIGTERM or SIGINT.
pub(super) async fn stop_signal() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

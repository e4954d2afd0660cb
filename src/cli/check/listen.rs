//! Whether the service could listen where it is told to, and to how many.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpListener;

use super::Findings;
use crate::web::connections::ConnectionsConfig;

/// How long whoever holds the address may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// Fewer connections at once than this are named, unless they were asked for.
const FEW_CONNECTIONS: usize = 512;

/// The private networks that are believed without another setting.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// Listens for a moment; asks who is there when somebody is.
pub(super) async fn look(findings: &mut Findings, address: &str) {
    match TcpListener::bind(address).await {
        Ok(_) => findings.ok("listen", &format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            if is_ours(address).await {
                findings.ok("listen", &format!("a service answers at {address} already"));
            } else {
                let text = format!(
                    "another program listens on {address}; stop it, or choose with web.listen"
                );
                findings.bad("listen", &text);
            }
        }
        Err(error) => {
            let text = format!("cannot listen on {address}: {error}; look at web.listen");
            findings.bad("listen", &text);
        }
    }
}

/// Whether the process may open as many files as there may be connections.
pub(super) fn room(findings: &mut Findings, limits: &ConnectionsConfig, descriptors: Option<u64>) {
    match limits.room(descriptors) {
        Ok(room) if room < limits.most.min(FEW_CONNECTIONS) => findings.warn(
            "connections",
            &format!(
                "{room} at once instead of {} (web.connections.most): this process may open {} \
                 files; raise the limit (LimitNOFILE= of the unit, ulimit -n), or lower most",
                limits.most,
                descriptors.unwrap_or_default()
            ),
        ),
        Ok(room) => findings.ok("connections", &format!("{room} at once")),
        Err(error) => findings.bad("connections", &error),
    }
}

/// Who is believed about addresses. Behind a proxy whole private networks are more than that proxy.
pub(super) fn proxies(findings: &mut Findings, web: &crate::web::Config) {
    let private: Vec<String> = web
        .proxies
        .iter()
        .map(ToString::to_string)
        .filter(|network| PRIVATE.contains(&network.as_str()))
        .collect();
    if web.public_url.is_empty() || private.is_empty() {
        return;
    }
    let text = format!(
        "whoever connects from {} is believed in X-Forwarded-For: it chooses the address that log-ins and \
         visits are counted by; name the proxy alone in web.proxies",
        private.join(", ")
    );
    findings.warn("proxies", &text);
}

/// Whether a Chancery answers there: its `/readyz` says how database and keys are.
async fn is_ours(address: &str) -> bool {
    let Ok(client) = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build() else {
        return false;
    };
    let Ok(answer) = client.get(format!("http://{address}/readyz")).send().await else {
        return false;
    };
    let body = answer.json::<serde_json::Value>().await;
    body.is_ok_and(|body| {
        ["status", "database", "keys"].iter().all(|member| body.get(member).is_some())
    })
}

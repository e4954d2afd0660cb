//! The end that an operator wants: SIGTERM in the midst of an operation, whatever the token does.

use std::time::Instant;

use chancery::domain::text::hex;
use chancery::pki::digest::sha256;

use super::service::Installation;
use super::{request_of, until};
use crate::support::shim::{Shim, TRIAL};

/// First it is not ready any more, and goes on. Then who waits is told that the operation goes on without it,
/// the lease is given back, and the process ends in its time and says that all is well, although a call of its
/// token never returns, nor any that would end a session or the module, nor what the module does when it is
/// unloaded. The next one ends the operation.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_gives_back_what_is_in_work_although_the_token_hangs() {
    let shim = Shim::new("sigterm");
    let installation = Installation::over(&shim.module()).await;
    // Not ready until it is told once more; and what is not given back is not taken up while this lasts.
    for (setting, value) in [("lease_ms", 600_000), ("leave_ms", 600_000), ("drain_ms", 5000)] {
        installation.set(setting, value);
    }
    let wish = request_of("sigterm", 5);
    let trial = hex(&sha256(TRIAL));
    let asked = || shim.calls("C_Sign").into_iter().filter(|it| !it.ends_with(&trial)).count();
    let service = installation.start("sigterm").await;
    until(async || service.status_of("/readyz").await == 200).await;
    shim.say(&format!(
        "C_Sign hang after 2 unless {trial}\nC_CloseSession hang\nC_CloseAllSessions hang\nC_Finalize hang\n\
         unload hang"
    ));
    let told = async {
        until(async || asked() == 3).await;
        let begin = Instant::now();
        service.terminate();
        until(async || service.status_of("/readyz").await == 503).await;
        assert_eq!(service.status_of("/livez").await, 200);
        service.terminate();
        begin
    };
    let (answer, begin) = tokio::join!(service.sign(&wish), told);
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "PENDING_EXECUTION", "{answer}");
    assert!(service.ends(&installation).await, "{}", installation.said());
    println!("ended after {} ms", begin.elapsed().as_millis());
    let said = installation.said();
    assert!(said.contains("operations are left"), "{said}");
    let accepted =
        said.lines().find(|line| line.contains("accepted")).unwrap_or_else(|| panic!("{said}"));
    let whose = format!("client_service={:?} documents=5", installation.client_service());
    assert!(accepted.contains(&whose), "{accepted}");

    shim.say("");
    let service = installation.start("sigterm").await;
    service.finishes(answer["id"].as_i64().unwrap()).await;
    let repeated = service.sign(&wish).await.unwrap();
    assert_eq!(repeated["status"], "EXECUTED", "{repeated}");
    assert_eq!(repeated["replayed"], true, "{repeated}");
    let mut digests = shim.calls("C_Sign");
    digests.retain(|it| !it.ends_with(&trial));
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 5, "one digest of each document");
    service.kill().await;
}

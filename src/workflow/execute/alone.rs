//! Documents tried alone, after a process ended while it executed their operation: one of them may be
//! why. Each try is counted before it begins; the one at which the process ends too often is put aside.
//! In the good case nothing of this is ever written.

use super::document::{Ended, failed, put_aside};
use super::work::PendingDocument;
use super::{Error, lease_end};
use crate::app::App;
use crate::store::leases::Lease;

/// Begins a try of documents; those that had their tries have ended.
pub(super) async fn begin(
    app: &App,
    lease: Lease,
    chunk: Vec<PendingDocument>,
) -> Result<(Vec<PendingDocument>, Vec<Ended>), Error> {
    let (mut tried, mut aside) = (Vec::new(), Vec::new());
    for document in chunk {
        // With the one among others this is the number of tries that ended the process.
        let ended = app.store.begin_try(lease, lease_end(app), document.id).await?;
        if ended < app.execution.document_tries {
            tried.push(document);
            continue;
        }
        tracing::error!(operation = %lease.operation, document = %document.id, tries = ended,
            "put aside: the service ended every time it was tried");
        aside.push(failed(&app.contents, document.id, put_aside(ended)));
    }
    Ok((tried, aside))
}

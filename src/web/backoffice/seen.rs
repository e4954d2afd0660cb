//! What of the house whoever asks may see, and how spans of time are written.

use super::signed_in::SignedIn;
use crate::app::App;
use crate::domain::person::Sight;
use crate::domain::scope::ServiceSet;
use crate::workflow::{Error, lists};

impl SignedIn {
    /// The client services whose operations the person sees, as they are at this moment.
    pub(super) async fn seen(&self, app: &App) -> Result<ServiceSet, Error> {
        match &self.stay.person.sight {
            Sight::Everything => Ok(ServiceSet::All),
            Sight::Of { companies, client_services } => {
                lists::services_of(app, companies, client_services).await
            }
        }
    }
}

/// Milliseconds in the largest unit of which there is one: `340 ms`, `1.2 s`, `7 min`, `26 h`, `3 d`.
pub(super) fn span(ms: i64) -> String {
    const UNITS: [(i64, i64, &str); 3] =
        [(60_000, 3_600_000, "min"), (3_600_000, 172_800_000, "h"), (86_400_000, i64::MAX, "d")];
    let ms = ms.max(0);
    if ms < 1000 {
        return format!("{ms}\u{a0}ms");
    }
    if ms < 60_000 {
        return format!("{}.{}\u{a0}s", ms / 1000, ms % 1000 / 100);
    }
    let unit = UNITS.iter().find(|(_, until, _)| ms < *until).unwrap_or(&UNITS[2]);
    format!("{}\u{a0}{}", ms / unit.0, unit.2)
}

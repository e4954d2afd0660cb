//! Whose mails are tried next: the rule alone, from who has something due and what is on its way.

use std::collections::HashMap;

use crate::domain::ids::ClientServiceId;
use crate::domain::outbox::Way;
use crate::store::outbox::DueMailer;

/// What is given away, and what was.
pub struct MailRoom<'a> {
    /// Senders in all.
    pub senders: usize,
    /// Those of them that are free.
    pub free: usize,
    /// How many mails each client service has on each way.
    pub on: &'a HashMap<(Way, Option<ClientServiceId>), usize>,
    /// When each had its last turn, by a number that rises.
    pub turns: &'a HashMap<Option<ClientServiceId>, u64>,
}

/// Shares free senders out, one at a time: to the client service with the fewest mails on its way over the same
/// server, of several to the one whose last turn is longest ago. The installation's own mails come first; they are
/// alarms. A way that holds as many as `most` allows gets none, nor does one that holds as many as are left free, so
/// that servers that are slow never take all; the last sender is never for a client service's own server, unless it
/// is the only one there is.
#[must_use]
pub fn share_out(
    room: &MailRoom<'_>,
    most: impl Fn(Way) -> usize,
    due: &[DueMailer],
) -> Vec<(DueMailer, u32)> {
    let mut free = room.free;
    let mut on_ways: HashMap<Way, usize> = HashMap::new();
    for ((way, _), on) in room.on {
        *on_ways.entry(*way).or_default() += on;
    }
    let mut turn = room.turns.values().copied().max().unwrap_or_default();
    let mut all: Vec<Sharer> = due
        .iter()
        .map(|mailer| Sharer {
            mailer: *mailer,
            on: room.on.get(&(mailer.way, mailer.client_service)).copied().unwrap_or_default(),
            turn: room.turns.get(&mailer.client_service).copied().unwrap_or(turn),
            given: 0,
        })
        .collect();
    while free > 0 {
        let takes = |way: Way| {
            let on = on_ways.get(&way).copied().unwrap_or_default();
            let last = free == 1 && room.senders > 1;
            on < most(way) && (on == 0 || on < free) && !(last && matches!(way, Way::Mail(Some(_))))
        };
        let next = all.iter_mut().filter(|it| takes(it.mailer.way)).min_by_key(|it| it.order());
        let Some(next) = next else { break };
        turn += 1;
        next.on += 1;
        next.given += 1;
        next.turn = turn;
        *on_ways.entry(next.mailer.way).or_default() += 1;
        free -= 1;
    }
    all.iter().filter(|it| it.given > 0).map(|it| (it.mailer, it.given)).collect()
}

/// A client service among those that have something due.
struct Sharer {
    mailer: DueMailer,
    on: usize,
    turn: u64,
    given: u32,
}

impl Sharer {
    /// Who has least of this comes first.
    const fn order(&self) -> (bool, usize, u64) {
        (self.mailer.client_service.is_some(), self.on, self.turn)
    }
}

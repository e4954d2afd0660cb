//! Whose mails are tried next: the rule alone, from who has something due and what is on its way.

use std::collections::HashMap;

use crate::domain::ids::ClientServiceId;
use crate::domain::outbox::Way;
use crate::store::outbox::DueMailer;

/// What is given away, and what was.
pub(super) struct MailRoom<'a> {
    /// Senders in all, and those of them that are free.
    pub(super) senders: usize,
    pub(super) free: usize,
    /// How many mails each client service has on each way.
    pub(super) on: &'a HashMap<(Way, Option<ClientServiceId>), usize>,
    /// When each had its last turn, by a number that rises.
    pub(super) turns: &'a HashMap<Option<ClientServiceId>, u64>,
}

/// Shares free senders out, one at a time: to the client service with the fewest mails on its way over the same
/// server, of several to the one whose last turn is longest ago. The installation's own mails come first; they are
/// alarms. A way that holds as many as `most` allows gets none, nor does one that holds as many as are left free, so
/// that servers that are slow never take all; the last sender is never for a client service's own server, unless it
/// is the only one there is.
pub(super) fn share_out(
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

#[cfg(test)]
mod tests {
    use super::*;

    const SHARED: Way = Way::Mail(None);

    fn service(number: i64) -> Option<ClientServiceId> {
        (number > 0).then(|| ClientServiceId::from_i64(number))
    }

    fn over(way: Way, services: impl IntoIterator<Item = i64>) -> Vec<DueMailer> {
        let due = |number| DueMailer { client_service: service(number), way };
        services.into_iter().map(due).collect()
    }

    fn own(number: i64) -> Vec<DueMailer> {
        over(Way::Mail(service(number)), [number])
    }

    /// Given places by client service, 0 for the installation; `on` and `turns` by client service too.
    fn given(
        free: usize,
        due: &[DueMailer],
        on: &[(i64, usize)],
        turns: &[(i64, u64)],
    ) -> Vec<(i64, u32)> {
        let way =
            |number| due.iter().find(|it| it.client_service == number).map_or(SHARED, |it| it.way);
        let on = on
            .iter()
            .map(|(number, on)| ((way(service(*number)), service(*number)), *on))
            .collect();
        let turns = turns.iter().map(|(number, turn)| (service(*number), *turn)).collect();
        let room = MailRoom { senders: 16, free, on: &on, turns: &turns };
        let shares = share_out(&room, |_| 4, due);
        let number = |it: &DueMailer| it.client_service.map_or(0, ClientServiceId::as_i64);
        shares.iter().map(|(mailer, count)| (number(mailer), *count)).collect()
    }

    #[test]
    fn one_server_is_shared_by_who_has_fewest_on_it() {
        assert_eq!(given(16, &over(SHARED, [1]), &[], &[]), [(1, 4)]);
        assert_eq!(given(16, &over(SHARED, [1, 2]), &[], &[]), [(1, 2), (2, 2)]);
        assert_eq!(given(13, &over(SHARED, [1, 2]), &[(1, 3)], &[]), [(2, 1)]);
        assert_eq!(given(12, &over(SHARED, [1, 2]), &[(1, 4)], &[]), [], "it is full");
        // Whose turn is longest ago, and who comes anew is no older than those that wait.
        let turns = [(1, 7), (2, 5), (3, 6)];
        assert_eq!(given(13, &over(SHARED, [1, 2, 3]), &[(9, 3)], &turns), [(2, 1)]);
        assert_eq!(given(13, &over(SHARED, [4, 1, 3]), &[(9, 3)], &turns), [(3, 1)]);
        assert_eq!(given(14, &over(SHARED, [1, 2, 3]), &[(9, 2)], &turns), [(2, 1), (3, 1)]);
    }

    #[test]
    fn alarms_come_first() {
        assert_eq!(given(13, &over(SHARED, [1, 0]), &[(0, 2), (9, 1)], &[(0, 9)]), [(0, 1)]);
    }

    #[test]
    fn no_server_takes_what_others_need() {
        let slow = [own(1), own(2), own(3), own(4), over(SHARED, [5])].concat();
        let shares = given(16, &slow, &[], &[]);
        assert!(shares.iter().any(|(number, count)| *number == 5 && *count > 0), "{shares:?}");
        // They are all as full as they may be, and the last sender is for the installation's server.
        let on = [(1, 4), (2, 4), (3, 4), (4, 2)];
        assert_eq!(given(2, &slow[..4], &on, &[]), []);
        assert_eq!(given(2, &slow, &on, &[]), [(5, 1)]);
        let many: Vec<DueMailer> = (1..=30).flat_map(own).collect();
        let all: u32 = given(16, &many, &[], &[]).iter().map(|(_, count)| count).sum();
        assert_eq!(all, 15);
        assert_eq!(given(1, &over(SHARED, [31]), &[], &[]), [(31, 1)]);
    }
}

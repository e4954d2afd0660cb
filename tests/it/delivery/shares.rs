//! Whose mails are tried next.

use chancery::domain::ids::ClientServiceId;
use chancery::domain::outbox::Way;
use chancery::store::outbox::DueMailer;
use chancery::workflow::delivery::shares::{MailRoom, share_out};

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
    let on =
        on.iter().map(|(number, on)| ((way(service(*number)), service(*number)), *on)).collect();
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

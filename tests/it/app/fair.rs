//! Room that parties share: who gets what is free, and who waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chancery::app::{Crowded, Fair, Rules, Share};

const SOON: Duration = Duration::from_secs(20);
const NOW: Duration = Duration::from_millis(20);

fn fair(whole: usize, part_left: usize) -> Fair<char> {
    Fair::new(Rules { whole, part_left, waiting: 100 })
}

async fn now(fair: &Fair<char>, party: char, units: usize) -> Option<Share<char>> {
    fair.take_within(party, units, NOW).await
}

/// Asks in a task of its own; the wish waits when this returns.
async fn ask(fair: &Fair<char>, party: char, units: usize) -> tokio::task::JoinHandle<Share<char>> {
    let before = fair.waiting();
    let own = fair.clone();
    let task = tokio::spawn(async move { own.take(party, units).await.unwrap() });
    while fair.waiting() == before {
        tokio::task::yield_now().await;
    }
    task
}

#[tokio::test]
async fn one_party_leaves_room_for_the_next_and_that_one_for_the_one_after() {
    let fair = fair(16, 4);
    let mut all = Vec::new();
    for (party, its) in [('a', 12), ('b', 3), ('c', 1)] {
        for _ in 0..its {
            all.push(now(&fair, party, 1).await.unwrap());
        }
        assert!(now(&fair, party, 1).await.is_none(), "{party} has its share");
    }
    assert!(now(&fair, 'd', 1).await.is_none(), "nothing is free");
    all.clear();
    assert_eq!((fair.free(), fair.parties()), (16, 0));
}

/// Room of which a party has two units at most beside others.
fn shared() -> Fair<char> {
    Fair::with_most_beside_others(Rules { whole: 4, part_left: 0, waiting: 100 }, 2)
}

/// Alone a party may have all; beside another one that is there, or was a moment ago, it has less.
#[tokio::test]
async fn beside_others_a_party_has_less() {
    let fair = shared();
    drop(now(&fair, 'a', 4).await.unwrap());
    assert!(!fair.has_others('a'), "a was there alone");
    let one = now(&fair, 'b', 1).await.unwrap();
    assert!(fair.has_others('a') && fair.has_others('b'));
    let mut held = vec![now(&fair, 'a', 1).await.unwrap(), now(&fair, 'a', 1).await.unwrap()];
    assert!(now(&fair, 'a', 1).await.is_none(), "b is there");
    drop(one);
    assert!(now(&fair, 'a', 1).await.is_none(), "b was there a moment ago");
    let begin = std::time::Instant::now();
    while held.len() < 4 {
        held.extend(now(&fair, 'a', 1).await);
        assert!(begin.elapsed() < SOON, "b is not there any more");
    }
}

/// Others are those who are in the room next door, too.
#[tokio::test]
async fn beside_others_next_door_a_party_has_less() {
    let (next_door, rules) = (fair(4, 0), Rules { whole: 4, part_left: 0, waiting: 100 });
    let fair = Fair::with_most_beside_others_in(rules, 1, &next_door);
    drop(now(&fair, 'a', 4).await.unwrap());
    let _other = now(&next_door, 'b', 1).await.unwrap();
    let _one = now(&fair, 'a', 1).await.unwrap();
    assert!(now(&fair, 'a', 1).await.is_none(), "b is next door");
    assert!(now(&fair, 'b', 1).await.is_some(), "and has a place here");
}

/// One wish is met whatever it is, or a party would never be served.
#[tokio::test]
async fn beside_others_one_wish_is_met() {
    let fair = shared();
    let _one = now(&fair, 'b', 1).await.unwrap();
    let three = now(&fair, 'a', 3).await.unwrap();
    assert!(now(&fair, 'a', 1).await.is_none());
    drop(three);
    assert_eq!(fair.free(), 3);
}

#[tokio::test]
async fn what_gets_free_goes_to_who_has_least() {
    let fair = fair(4, 0);
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(now(&fair, 'a', 1).await.unwrap());
    }
    let more = ask(&fair, 'a', 1).await;
    let (b, again) = (ask(&fair, 'b', 1).await, ask(&fair, 'b', 1).await);
    let c = ask(&fair, 'c', 1).await;
    held.pop();
    let b = b.await.unwrap();
    held.pop();
    let c = c.await.unwrap();
    held.pop();
    // One each: whose turn is longest ago.
    let more = more.await.unwrap();
    assert!(!again.is_finished());
    drop((b, c, more, held));
    drop(again.await.unwrap());
    assert_eq!(fair.free(), 4);
}

#[tokio::test]
async fn many_waiting_of_one_party_hold_nobody_else_up() {
    let fair = Fair::new(Rules { whole: 1, part_left: 0, waiting: 50 });
    let first = now(&fair, 'a', 1).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..50 {
        waiting.push(ask(&fair, 'a', 1).await);
    }
    assert_eq!(fair.take('a', 1).await.err(), Some(Crowded));
    let other = ask(&fair, 'b', 1).await;
    drop(first);
    drop(other.await.unwrap());
    assert!(waiting.iter().all(|task| !task.is_finished()), "it was the other's turn");
    for task in waiting {
        drop(task.await.unwrap());
    }
    assert_eq!(fair.free(), 1);
}

#[tokio::test]
async fn a_large_wish_is_met_although_small_ones_of_who_has_much_keep_coming() {
    let fair = fair(16, 4);
    let much = now(&fair, 'a', 10).await.unwrap();
    let large = ask(&fair, 'b', 8).await;
    assert!(now(&fair, 'a', 1).await.is_none(), "it would have more");
    assert!(now(&fair, 'c', 2).await.is_some(), "it has less");
    drop(much);
    drop(large.await.unwrap());
    assert_eq!(fair.free(), 16);
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_nothing_behind() {
    let fair = fair(4, 0);
    let held = now(&fair, 'a', 3).await.unwrap();
    assert!(now(&fair, 'b', 4).await.is_none());
    assert!(now(&fair, 'c', 1).await.is_some(), "nobody is in its way");
    let waiting = ask(&fair, 'b', 4).await;
    waiting.abort();
    assert!(waiting.await.is_err());
    drop(held);
    assert_eq!((fair.free(), fair.parties()), (4, 0));
}

/// Grows several at once, a unit at a time, and gives back what each has when it has all; who got it.
async fn grown(parties: &[char], units: usize) -> Vec<bool> {
    let fair = fair(16, 4);
    let mut shares = Vec::new();
    for party in parties {
        shares.push(now(&fair, *party, 1).await.unwrap());
    }
    let mut tasks = Vec::new();
    for mut share in shares {
        tasks.push(tokio::spawn(async move {
            for units in 2..=units {
                tokio::task::yield_now().await;
                share.grow(units, NOW).await?;
            }
            Ok::<_, Crowded>(())
        }));
    }
    let mut done = Vec::new();
    for task in tasks {
        let ended = tokio::time::timeout(SOON, task).await.expect("none waits for ever");
        done.push(ended.unwrap().is_ok());
    }
    assert_eq!(fair.free(), 16);
    done
}

#[tokio::test]
async fn of_those_that_grow_one_gives_way_when_all_wait() {
    // Five want more than there is together; each of seven wants all that one may have.
    let done = grown(&['a'; 5], 4).await;
    assert_eq!(done, [true, true, true, true, false], "the youngest gives way, no other");
    let done = grown(&['a', 'a', 'a', 'a', 'a', 'b', 'b'], 12).await;
    assert!(done.contains(&true), "{done:?}");
}

#[tokio::test]
async fn more_than_there_is_is_all_that_one_may_have() {
    let fair = fair(8, 4);
    let mut share = now(&fair, 'a', 100).await.unwrap();
    assert_eq!((share.units(), fair.free()), (6, 2));
    assert_eq!(share.grow(200, NOW).await, Ok(()));
    share.shrink(1);
    assert_eq!(fair.free(), 7);
}

/// Each takes a unit, keeps it for some steps, and wishes for the next one at once; `m` thrice.
#[tokio::test]
async fn who_always_wants_more_gets_its_turns_although_others_come_and_go() {
    let fair = fair(3, 3);
    let parties = ['m', 'm', 'm', 'a', 'b', 'c', 'd'];
    let counts = Arc::new(Mutex::new(HashMap::new()));
    let begin = Arc::new(tokio::sync::Barrier::new(parties.len()));
    let mut tasks = tokio::task::JoinSet::new();
    for party in parties {
        let (fair, counts) = (fair.clone(), Arc::clone(&counts));
        let begin = Arc::clone(&begin);
        tasks.spawn(async move {
            begin.wait().await;
            loop {
                let share = fair.take(party, 1).await.unwrap();
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
                let turns = {
                    let mut counts = counts.lock().unwrap();
                    let turns: &mut usize = counts.entry(party).or_default();
                    *turns += 1;
                    counts.values().sum::<usize>()
                };
                drop(share);
                if turns >= 5000 {
                    return;
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let counts = counts.lock().unwrap();
    let least = counts.values().min().unwrap();
    assert!(counts.len() == 5 && least * 3 > 5000 / 5, "{counts:?}");
}

#[tokio::test]
async fn who_wants_it_quiet_waits_for_everything() {
    let fair = fair(4, 0);
    let held = now(&fair, 'a', 1).await.unwrap();
    let quiet = fair.clone();
    let quiet = tokio::spawn(async move { quiet.quiet().await });
    // Who asks before it is heard of may still be faster.
    let none = async {
        while now(&fair, 'b', 1).await.is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, none).await.expect("nothing is given out");
    assert!(!quiet.is_finished());
    drop(held);
    tokio::time::timeout(SOON, quiet).await.unwrap().unwrap();
    assert!(now(&fair, 'b', 1).await.is_some());
}

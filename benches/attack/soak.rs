//! All attacks in random order, for long.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::attacks;
use crate::client::{Hostile, p99};
use crate::{SLOWER, Scene};

/// How long the quiet p99 is taken, before and after; and how long the memory has to come to rest.
const QUIET: Duration = Duration::from_secs(30);

/// Attackers at once.
const AT_ONCE: usize = 4;

/// By how much the memory may differ in the end.
const GROWN: f64 = 1.1;

/// Attacks of a first time, after which a service has what it keeps: the caches of its connections, the
/// threads of its engines and of the token. What grows from there on grows for ever.
const FIRST: Duration = Duration::from_mins(1);

/// Attacks for so many seconds; whether every bound held.
pub(crate) async fn run(scene: &Scene, seconds: u64) -> bool {
    let (service, honest, hostile) = scene.begin().await;
    let hostile = Arc::new(hostile);
    let seed = RandomState::new().hash_one(AT_ONCE);
    let (_, failed) = honest.seal_for(1, QUIET).await;
    assert!(failed.is_empty(), "in quiet: {failed:?}");
    let fresh = service.resident();
    let first = Attackers::begin(scene, &hostile, seed, FIRST);
    let (_, mut all_failed) = honest.seal_for(1, FIRST).await;
    first.end().await;
    let (took, failed) = honest.seal_for(1, QUIET).await;
    all_failed.extend(failed);
    let (quiet, before) = (p99(&took), service.resident());
    println!(
        "In quiet: {} invoices, p99 {:.1} ms, {} MiB resident ({} before the first attacks). Order by seed {seed}.",
        took.len(),
        quiet.as_secs_f64() * 1000.0,
        before >> 20,
        fresh >> 20,
    );
    service.forget_peak();
    let attackers = Attackers::begin(scene, &hostile, !seed, Duration::from_secs(seconds));
    let (took, failed) = honest.seal_for(1, Duration::from_secs(seconds)).await;
    all_failed.extend(failed);
    let done = attackers.end().await;
    drop(hostile);
    let (worst, times) = (p99(&took), p99(&took).as_secs_f64() / quiet.as_secs_f64());
    println!(
        "In {seconds} s of {done} attacks: {} invoices, p99 {:.1} ms ({times:.1} times), {} MiB at most.",
        took.len(),
        worst.as_secs_f64() * 1000.0,
        service.peak() >> 20,
    );
    let (after_took, after_failed) = honest.seal_for(1, QUIET).await;
    all_failed.extend(after_failed);
    let after = service.resident();
    let grown = after as f64 / before as f64;
    println!(
        "In quiet again: {} invoices, p99 {:.1} ms, {} MiB ({grown:.2} times).",
        after_took.len(),
        p99(&after_took).as_secs_f64() * 1000.0,
        after >> 20,
    );
    let mut held = true;
    let mut bound = |holds: bool, what: String| {
        if !holds {
            println!("ABOVE: {what}");
            held = false;
        }
    };
    let (count, one) = (all_failed.len(), all_failed.first());
    bound(count == 0, format!("{count} invoices failed, the first: {one:?}"));
    bound(times <= SLOWER, format!("p99 of the other client {times:.1} times"));
    bound(grown <= GROWN, format!("memory {grown:.2} times"));
    held
}

/// All attacks in random order, by some at once.
struct Attackers(tokio::task::JoinSet<u64>);

impl Attackers {
    /// Begins the last attacks when so much time has passed.
    fn begin(scene: &Scene, hostile: &Arc<Hostile>, seed: u64, long: Duration) -> Self {
        let attacks = Arc::new(attacks::all());
        let begin = Instant::now();
        let mut attackers = tokio::task::JoinSet::new();
        for number in 0..AT_ONCE as u64 {
            let (attacks, hostile) = (Arc::clone(&attacks), Arc::clone(hostile));
            let attacker = async move {
                let mut random = Random(seed.wrapping_add(number));
                let mut done = 0_u64;
                while begin.elapsed() < long {
                    attacks[random.below(attacks.len())].run(&hostile).await;
                    done += 1;
                }
                done
            };
            attackers.spawn_on(attacker, scene.attackers.handle());
        }
        Self(attackers)
    }

    /// Waits for the last attack; how many there were.
    async fn end(mut self) -> u64 {
        let mut done = 0;
        while let Some(attacker) = self.0.join_next().await {
            done += attacker.unwrap();
        }
        done
    }
}

/// Numbers that look random, the same for a seed (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % bound as u64).unwrap()
    }
}

//! Each attack by itself.

use std::sync::Arc;
use std::time::Duration;

use crate::attacks::{self, Attack};
use crate::client::{Honest, Hostile, p99};
use crate::process::Service;
use crate::{SLOWER, Scene};

/// Processor time that a KB may cost, and everything.
const MS_PER_KB: f64 = 100.0;
const MS: f64 = 50.0;

/// Bytes of memory that an octet may cost, and everything.
const BYTES_PER_OCTET: u64 = 64;
const BYTES: u64 = 64 << 20;

/// Invoices by which the quiet p99 is told, and how many at least while an attack goes on, for how long.
const QUIET: usize = 600;
const SEALED: usize = 300;
const LEAST: Duration = Duration::from_secs(3);

/// Attackers at once while the other client seals.
const AT_ONCE: usize = 4;

/// Prints the table, or the rows of it in whose names is one of the words; whether every bound holds.
pub(crate) async fn run(scene: &Scene, words: &[String]) -> bool {
    let asked = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let attacks: Vec<Attack> = attacks::all().into_iter().filter(|it| asked(&it.name)).collect();
    assert!(!attacks.is_empty(), "no attack has one of these words in its name: {words:?}");
    let quiet = {
        let (_service, honest, _) = scene.begin().await;
        let (took, failed) = honest.seal_for(QUIET, Duration::ZERO).await;
        assert!(failed.is_empty(), "in quiet: {failed:?}");
        p99(&took)
    };
    println!("One invoice of another client service, in quiet: p99 {:.1} ms.", ms(quiet));
    println!(
        "Attacks once: octets, CPU, memory at most over that before. {AT_ONCE} of them at once: p99 of the other.\n"
    );
    println!(
        "{:>10} {:>9} {:>9} {:>9} {:>7}  attack: answer",
        "octets", "CPU ms", "MiB", "p99 ms", "times"
    );
    let mut held = true;
    for attack in attacks {
        held &= row(scene, attack, quiet).await;
    }
    held
}

async fn row(scene: &Scene, attack: Attack, quiet: Duration) -> bool {
    let (service, honest, hostile) = scene.begin().await;
    let octets = attack.octets();
    let cost = once(&service, &attack, &hostile).await;
    let name = attack.name.clone();
    let (took, failed) = meanwhile(scene, &honest, attack, hostile).await;
    honest.until_nothing_is_left().await;
    let (worst, times) = (p99(&took), p99(&took).as_secs_f64() / quiet.as_secs_f64());
    let mut broken = Vec::new();
    if cost.cpu_ms > MS + MS_PER_KB * octets as f64 / 1024.0 {
        broken.push("CPU".to_owned());
    }
    if cost.bytes > BYTES + BYTES_PER_OCTET * octets as u64 {
        broken.push("memory".to_owned());
    }
    if times > SLOWER {
        broken.push("p99".to_owned());
    }
    if let Some(first) = failed.first() {
        broken.push(format!("{} invoices of the other failed: {first}", failed.len()));
    }
    println!(
        "{octets:10} {:9.0} {:9.1} {:9.1} {times:7.1}  {name}: {}{}{}",
        cost.cpu_ms,
        cost.bytes as f64 / f64::from(1 << 20),
        ms(worst),
        cost.answer,
        if broken.is_empty() { "" } else { "  ABOVE: " },
        broken.join(", ")
    );
    broken.is_empty()
}

struct Cost {
    cpu_ms: f64,
    bytes: u64,
    answer: String,
}

/// Does it once; what it cost, until the service rests again.
async fn once(service: &Service, attack: &Attack, hostile: &Hostile) -> Cost {
    let cpu = at_rest(service).await;
    service.forget_peak();
    let before = service.resident();
    let answer = attack.run(hostile).await;
    let spent = at_rest(service).await - cpu;
    Cost { cpu_ms: spent * 1000.0, bytes: service.peak().saturating_sub(before), answer }
}

/// CPU seconds that the service has used, as soon as a fifth of a second costs none.
async fn at_rest(service: &Service) -> f64 {
    let mut used = service.cpu();
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = service.cpu();
        // A step of the count is no work.
        if now - used <= 0.011 {
            return now;
        }
        used = now;
    }
}

/// What the other client gets while the attack is repeated.
async fn meanwhile(
    scene: &Scene,
    honest: &Honest,
    attack: Attack,
    hostile: Hostile,
) -> (Vec<Duration>, Vec<String>) {
    let (attack, hostile) = (Arc::new(attack), Arc::new(hostile));
    let mut attackers = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (attack, hostile) = (Arc::clone(&attack), Arc::clone(&hostile));
        let attacker = async move {
            loop {
                attack.run(&hostile).await;
            }
        };
        attackers.spawn_on(attacker, scene.attackers.handle());
    }
    let told = honest.seal_for(SEALED, LEAST).await;
    attackers.shutdown().await;
    told
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

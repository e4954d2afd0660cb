//! Changes of inputs by chance, for tests that try many of them: the same ones on every run, or, where
//! FUZZ_SECONDS says how long it may take, others each time.

use aws_lc_rs::rand;

/// How long a test may try inputs, where it is to be longer than tests are.
pub fn fuzz_seconds() -> Option<u64> {
    std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok())
}

/// xorshift64*.
pub struct Xorshift(pub u64);

impl Xorshift {
    /// The same on every run; with FUZZ_SECONDS another one each time, whose seed is printed, and taken
    /// from FUZZ_SEED to run it again.
    pub fn of_run() -> Self {
        if fuzz_seconds().is_none() {
            return Self(1);
        }
        let given = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let mut octets = [0; 8];
            rand::fill(&mut octets).unwrap();
            u64::from_be_bytes(octets) | 1
        });
        println!("FUZZ_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below this one; 0 below 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % bound.max(1)
    }

    pub fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

/// One of the seeds with a few changes: bytes, pieces moved or repeated, pieces of another seed, words.
pub fn change(random: &mut Xorshift, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(20)).min(bytes.len());
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] = random.byte(),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let to = (from + random.below(60)).min(other.len());
                bytes.splice(at..at, other[from..to].to_vec());
            }
            4 => {
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            _ => drop(bytes.splice(at..at, words[random.below(words.len())].bytes())),
        }
    }
    bytes
}

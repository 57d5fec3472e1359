//! Nanoseconds a byte of each search of the sieve, on values like command lines, beside an automaton over the same texts.
//!
//!     cargo bench -p sigtrawl-core --features internals
//!
//! Each figure is the least of some runs over a megabyte, with verification, and each states what was found: the kernels and the
//! automaton must find the same.

#![allow(missing_docs, clippy::print_stdout, clippy::cast_precision_loss)]

use std::fmt::Write as _;
use std::time::Instant;

use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder};
use sigtrawl_core::internals::Kernel;

/// A generator that is good enough for texts.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"etaoinsrhldcumfpgwybvkxjqz";
        // Letters are not equally frequent.
        (0..length).map(|_| char::from(LETTERS[self.below(26).min(self.below(26))])).collect()
    }
}

fn main() {
    let mut dice = Dice(7);
    let words: Vec<String> = (0..600).map(|n| dice.word(3 + n % 9)).collect();
    let (mut hay, mut ends) = (String::new(), Vec::new());
    while hay.len() < 1 << 20 {
        hay.push_str("\"C:\\Program Files\\");
        for _ in 0..6 {
            hay.push_str(&words[dice.below(600).min(dice.below(600))]);
            hay.push_str([" --", " /", "\\", "=", " -"][dice.below(5)]);
        }
        write!(hay, "{:08x}-{:04x}", dice.below(1 << 30), dice.below(1 << 16)).expect("a String takes all");
        ends.push(hay.len() as u32);
        hay.push('\n');
    }
    for (length, count) in [(4, 2_500), (6, 2_500), (6, 25_000), (8, 2_500), (12, 2_500), (24, 2_500)] {
        let texts: Vec<String> = (0..count).map(|n| dice.word(length + n % 9)).collect();
        report(
            &format!("windows: {count} of {length} bytes and more"),
            &Kernel::windows(&texts, &hay),
            &texts,
            &hay,
            &ends,
        );
    }
    for (length, count) in [(2, 1), (3, 8), (4, 8), (3, 24), (4, 48), (5, 100), (5, 300)] {
        let texts: Vec<String> = (0..count).map(|_| format!(" -{}", dice.word(length - 1))).collect();
        report(
            &format!("vectors: {count} of {} bytes", length + 1),
            &Kernel::shorts(&texts, &hay),
            &texts,
            &hay,
            &ends,
        );
    }
}

fn report(what: &str, kernel: &Kernel, texts: &[String], hay: &str, ends: &[u32]) {
    let (seconds, found) = least(|| kernel.count(hay.as_bytes(), ends));
    let mut distinct = texts.to_vec();
    distinct.sort();
    distinct.dedup();
    let automaton: DoubleArrayAhoCorasick<u32> =
        DoubleArrayAhoCorasickBuilder::new().build(&distinct).expect("texts that are distinct");
    let (slow, expected) = least(|| {
        let folded = hay.to_ascii_lowercase();
        let mut pairs: Vec<(usize, u32)> = Vec::new();
        for found in automaton.find_overlapping_iter(&folded) {
            pairs.push((ends.partition_point(|end| (*end as usize) < found.end()), found.value()));
        }
        pairs.sort_unstable();
        pairs.dedup();
        Some(pairs.len())
    });
    let ns = |seconds: f64| seconds * 1e9 / hay.len() as f64;
    let reckoned = kernel.reckoned(texts).map_or(String::new(), |ns| format!(", reckoned {ns:.2}"));
    match found {
        None => println!("{what}: given up"),
        Some(found) => {
            assert_eq!(Some(found), expected, "{what}");
            println!("{what}: {:.2} ns a byte{reckoned}; automaton {:.2}; {found} found", ns(seconds), ns(slow));
        }
    }
}

/// The least time of some runs, in seconds, and what they gave.
fn least<T>(run: impl Fn() -> T) -> (f64, T) {
    let mut best = f64::INFINITY;
    let mut last = run();
    for _ in 0..15 {
        let started = Instant::now();
        last = run();
        best = best.min(started.elapsed().as_secs_f64());
    }
    (best, last)
}

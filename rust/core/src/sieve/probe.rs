//! The kernel of the filter on windows: which places of a haystack hold four bytes that may be a window.
//!
//! A window has two bits in one word of a bitmap, so that a probe is one load, and few pass by chance in a bitmap that fits
//! the nearest cache. Nothing here branches on data: a place is always written down, and counted only if it passes. Bounds are
//! checked once for 32 bytes; checked at every probe they were a third of the time (`benches/record/2026-11-30-engine.md`).

#![allow(unsafe_code)]

use super::grams::WINDOW;

/// Bits of the bitmap for each window in it, at least: one probe in sixty or more passes by chance alone.
const BITS_PER_WINDOW: usize = 16;
/// log2 of the smallest and largest bitmap, in words: 4 KiB, and 1 MiB for rule sets that nobody has yet.
const WORDS: (u32, u32) = (9, 17);
/// Places that are gathered before they are looked at closer: what lies there stays in the cache meanwhile.
pub(super) const GATHERED: usize = 1_024;
/// Bytes that are probed at once.
const CHUNK: usize = 32;

/// Two bits of one word for each window.
#[derive(Debug)]
pub(super) struct Bitmap {
    words: Box<[u64]>,
    shift: u32,
}

/// Places that passed.
#[derive(Debug)]
pub(super) struct Passed {
    places: Box<[u32; GATHERED + CHUNK]>,
    count: usize,
}

impl Default for Passed {
    fn default() -> Self {
        Self { places: Box::new([0; GATHERED + CHUNK]), count: 0 }
    }
}

impl Passed {
    /// What has been gathered, which is forgotten.
    pub(super) fn take(&mut self) -> &[u32] {
        &self.places[..std::mem::take(&mut self.count)]
    }

    /// Whether it is time to [`take`](Self::take) them.
    pub(super) fn full(&self) -> bool {
        self.count >= GATHERED
    }
}

/// A window's hash: its upper bits hang on all bits of the window.
#[inline]
fn hash(window: u32) -> u64 {
    u64::from(window).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Both bits of a window in the word that is told by the uppermost bits.
#[inline]
fn bits(hash: u64) -> (u32, u32) {
    ((hash >> 40) as u32 & 63, (hash >> 34) as u32 & 63)
}

/// The folded window at the start of `bytes`.
#[inline]
pub(super) fn window(bytes: [u8; WINDOW]) -> u32 {
    u32::from_le_bytes(bytes) | 0x2020_2020
}

impl Bitmap {
    /// A bitmap of folded windows.
    pub(super) fn new(windows: impl ExactSizeIterator<Item = u32>) -> Self {
        let bits_of_all = (windows.len() * BITS_PER_WINDOW).next_power_of_two().trailing_zeros();
        let log = bits_of_all.saturating_sub(6).clamp(WORDS.0, WORDS.1);
        let mut bitmap = Self { words: vec![0; 1 << log].into_boxed_slice(), shift: 64 - log };
        for window in windows {
            let hash = hash(window);
            let (one, other) = bits(hash);
            bitmap.words[(hash >> bitmap.shift) as usize] |= 1 << one | 1 << other;
        }
        bitmap
    }

    /// Whether a folded window may be one of those in the bitmap.
    #[inline]
    fn passes(&self, window: u32) -> bool {
        let hash = hash(window);
        let (one, other) = bits(hash);
        let word = self.words[(hash >> self.shift) as usize];
        (word >> one) & (word >> other) & 1 == 1
    }

    /// Gathers the places `at`, `at + STEP`, … at which a window passes that ends before `to`, and some behind. Gives the place to go
    /// on from; nothing is left if no window from there ends before `to`. `STEP` divides 32.
    pub(super) fn gather<const STEP: usize>(&self, hay: &[u8], at: usize, to: usize, out: &mut Passed) -> usize {
        let mut at = at;
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("bmi2") {
            // SAFETY: the processor has been asked for BMI2.
            at = unsafe { self.chunks_bmi2::<STEP>(hay, at, to, out) };
        }
        at = self.chunks::<STEP>(hay, at, to, out);
        while at + WINDOW <= to && at + CHUNK + WINDOW > hay.len() && out.count < GATHERED {
            if let Some(bytes) = hay[at..].first_chunk()
                && self.passes(window(*bytes))
            {
                out.places[out.count] = at as u32;
                out.count += 1;
            }
            at += STEP;
        }
        at
    }

    /// Shifts by a variable take one instruction with BMI2, and three without.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "bmi2")]
    fn chunks_bmi2<const STEP: usize>(&self, hay: &[u8], at: usize, to: usize, out: &mut Passed) -> usize {
        self.chunks::<STEP>(hay, at, to, out)
    }

    /// As [`gather`](Self::gather), as far as whole chunks reach.
    #[allow(clippy::inline_always)] // a call of its own would not have the instructions of its caller
    #[inline(always)]
    fn chunks<const STEP: usize>(&self, hay: &[u8], at: usize, to: usize, out: &mut Passed) -> usize {
        assert!(self.words.len() == 1 << (64 - self.shift));
        let mut at = at;
        let mut count = out.count;
        while at + WINDOW <= to && count < GATHERED {
            let Some(chunk) = hay[at..].first_chunk::<{ CHUNK + WINDOW }>() else { break };
            for offset in (0..CHUNK).step_by(STEP) {
                // SAFETY: `offset` is below CHUNK, and the chunk has WINDOW bytes more.
                let bytes = unsafe { chunk.as_ptr().add(offset).cast::<[u8; WINDOW]>().read() };
                let hash = hash(window(bytes));
                let (one, other) = bits(hash);
                // SAFETY: `shift` leaves the upper bits that number the words, as was asserted.
                let word = unsafe { *self.words.get_unchecked((hash >> self.shift) as usize) };
                // SAFETY: there are at most GATHERED places before a chunk, which adds at most CHUNK.
                unsafe { *out.places.get_unchecked_mut(count) = (at + offset) as u32 };
                count += ((word >> one) & (word >> other) & 1) as usize;
            }
            at += CHUNK;
        }
        out.count = count;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered<const STEP: usize>(bitmap: &Bitmap, hay: &[u8], from: usize, to: usize) -> Vec<u32> {
        let (mut out, mut all, mut at) = (Passed::default(), Vec::new(), from);
        while at + WINDOW <= to {
            at = bitmap.gather::<STEP>(hay, at, to, &mut out);
            all.extend_from_slice(out.take());
        }
        // What passes behind the end is not wanted.
        all.retain(|place| *place as usize + WINDOW <= to);
        all
    }

    fn every<const STEP: usize>(bitmap: &Bitmap, hay: &[u8]) -> usize {
        let mut found = 0;
        for length in (0..110).chain([hay.len()]) {
            let hay = &hay[..length];
            for (from, to) in [(0, length), (1, length), (length / 3, length), (0, length.saturating_sub(7))] {
                let slow: Vec<u32> = (from..to)
                    .step_by(STEP)
                    .filter(|at| at + WINDOW <= to && bitmap.passes(window(*hay[*at..].first_chunk().unwrap())))
                    .map(|at| at as u32)
                    .collect();
                assert_eq!(gathered::<STEP>(bitmap, hay, from, to), slow, "{from}..{to} of {length} by {STEP}");
                found += slow.len();
            }
        }
        found
    }

    #[test]
    fn chunks_find_what_single_probes_do() {
        let windows = [*b" -lv", *b"nc.e", *b"http", *b"\\tem"];
        let bitmap = Bitmap::new(windows.iter().map(|bytes| window(*bytes)));
        assert!(windows.iter().all(|bytes| bitmap.passes(window(*bytes))));
        assert!(!bitmap.passes(window(*b"zzzz")));
        let hay = b"C:\\TEMP\\nc.exe -LVP 4444 | HTTPS://example -lv x\\temp".repeat(90);
        let found = [every::<1>(&bitmap, &hay), every::<2>(&bitmap, &hay), every::<4>(&bitmap, &hay)];
        assert!(found.iter().all(|found| *found > 100), "{found:?}");
        assert!(every::<8>(&bitmap, &hay) > 0 && every::<16>(&bitmap, &hay) > 0);
    }

    /// More places than are gathered at once.
    #[test]
    fn it_goes_on_where_it_stopped() {
        let bitmap = Bitmap::new([window(*b"aaaa")].into_iter());
        let hay = vec![b'A'; 5_003];
        assert_eq!(gathered::<1>(&bitmap, &hay, 0, 5_003), (0..5_000).collect::<Vec<u32>>());
    }
}

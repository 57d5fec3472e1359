//! The kernel for short literals: at which places of a haystack up to eight sets of letters follow each other.
//!
//! This is the idea of Teddy (Hyperscan, the `aho-corasick` crate), for literals of any case. A byte is two halves of four bits;
//! a table of 16 entries for each half and place tells which of eight *buckets* accept it there, one bit each, and a vector
//! instruction looks 32 bytes up at once. What is left of a place's bits after three or four bytes are buckets of which some
//! literal may begin there. Buckets accept more than their literals (any low half with any high half), so a caller
//! compares. Letters are accepted in both cases at no cost: they share their low half, and the table of the high one holds both.
//! A crate that tells cases apart needs eight patterns for three letters, and one pass over the haystack for 64 patterns.
//!
//! [`Tables::buckets`] is the definition; the vector code is held against it by tests. This module and `probe` are the only unsafe code of this crate.

#![allow(unsafe_code)]

/// The most bytes that are looked at.
pub(super) const WIDEST: usize = 4;
/// Buckets: one for each bit of a byte.
pub(super) const BUCKETS: usize = 8;
/// Places that are gathered before they are looked at closer.
const GATHERED: usize = 1_024;
/// Bytes that are looked up at once, and what may be gathered beyond the measure before it is noticed.
const LANES: usize = 32;

/// Which buckets accept which bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    low: [[u8; 16]; WIDEST],
    high: [[u8; 16]; WIDEST],
    /// The buckets that accept every byte there: all their literals have ended.
    any: [u8; WIDEST],
    width: usize,
}

/// Places and the buckets that accept what begins there.
#[derive(Debug)]
pub(super) struct Gathered {
    places: Vec<u32>,
    buckets: Vec<u8>,
    count: usize,
}

impl Default for Gathered {
    fn default() -> Self {
        let room = GATHERED + 2 * LANES;
        Self { places: vec![0; room], buckets: vec![0; room], count: 0 }
    }
}

impl Gathered {
    /// What has been gathered, which is forgotten.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (u32, u8)> + '_ {
        let count = std::mem::take(&mut self.count);
        self.places[..count].iter().copied().zip(self.buckets[..count].iter().copied())
    }

    #[inline]
    fn push(&mut self, place: usize, buckets: u8) {
        self.places[self.count] = place as u32;
        self.buckets[self.count] = buckets;
        self.count += 1;
    }
}

impl Tables {
    /// Tables that look at `width` bytes, 1 to [`WIDEST`], and accept nothing.
    pub(super) fn new(width: usize) -> Self {
        Self { width: width.clamp(1, WIDEST), ..Self::default() }
    }

    /// Has a bucket accept a folded text, of which `width` bytes are looked at, or all if it is shorter.
    pub(super) fn accept(&mut self, bucket: usize, text: &[u8]) {
        let bit = 1 << bucket;
        for place in 0..self.width {
            let Some(byte) = text.get(place) else {
                self.any[place] |= bit;
                continue;
            };
            for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
                self.low[place][usize::from(byte & 15)] |= bit;
                self.high[place][usize::from(byte >> 4)] |= bit;
            }
        }
    }

    /// The buckets that accept what `bytes` begin with. No text has bytes from 0x80 on, so they are accepted only as any byte is,
    /// and so is what lies beyond the end.
    #[inline]
    pub(super) fn buckets(&self, bytes: &[u8]) -> u8 {
        let mut all = u8::MAX;
        for place in 0..self.width {
            let accepting = match bytes.get(place) {
                Some(byte) if byte.is_ascii() => {
                    self.low[place][usize::from(byte & 15)] & self.high[place][usize::from(byte >> 4)]
                }
                _ => 0,
            };
            all &= accepting | self.any[place];
        }
        all
    }

    /// Gathers the places from `at` on and before `to` at which a bucket accepts what `hay` holds there. Gives the place to go on
    /// from, `to` if nothing is left.
    pub(super) fn gather(&self, hay: &[u8], at: usize, to: usize, out: &mut Gathered) -> usize {
        let mut at = at;
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has been asked for AVX2.
            at = unsafe {
                match (self.width, self.any == [0; WIDEST]) {
                    (1, _) => x86::gather::<1, true>(self, hay, at, to, out),
                    (2, true) => x86::gather::<2, false>(self, hay, at, to, out),
                    (2, false) => x86::gather::<2, true>(self, hay, at, to, out),
                    (3, true) => x86::gather::<3, false>(self, hay, at, to, out),
                    (3, false) => x86::gather::<3, true>(self, hay, at, to, out),
                    (_, true) => x86::gather::<4, false>(self, hay, at, to, out),
                    (_, false) => x86::gather::<4, true>(self, hay, at, to, out),
                }
            };
        }
        while at < to && out.count < GATHERED {
            let buckets = self.buckets(&hay[at..]);
            if buckets != 0 {
                out.push(at, buckets);
            }
            at += 1;
        }
        at
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_srli_epi16, _mm256_storeu_si256,
    };

    use super::{GATHERED, Gathered, LANES, Tables, WIDEST};

    /// One table of each half in both halves of a vector, and the buckets that accept anything.
    #[derive(Clone, Copy)]
    struct Place {
        low: __m256i,
        high: __m256i,
        any: __m256i,
    }

    /// As [`Tables::gather`], as far as whole vectors reach: the last bytes of `hay` are left.
    #[target_feature(enable = "avx2")]
    pub(super) fn gather<const WIDTH: usize, const ANY: bool>(
        tables: &Tables,
        hay: &[u8],
        at: usize,
        to: usize,
        out: &mut Gathered,
    ) -> usize {
        let places: [Place; WIDEST] = std::array::from_fn(|place| Place {
            low: twice(&tables.low[place]),
            high: twice(&tables.high[place]),
            any: _mm256_set1_epi8(tables.any[place].cast_signed()),
        });
        let mut at = at;
        // The last load begins WIDTH - 1 bytes after the first and takes LANES of them.
        while at + 2 * LANES <= to && at + 2 * LANES + WIDTH <= hay.len() + 1 && out.count < GATHERED {
            let first = look_up::<WIDTH, ANY>(&places, hay, at);
            let second = look_up::<WIDTH, ANY>(&places, hay, at + LANES);
            if empty(_mm256_or_si256(first, second)) != u32::MAX {
                keep(first, at, LANES, out);
                keep(second, at + LANES, LANES, out);
            }
            at += 2 * LANES;
        }
        while at < to && at + LANES + WIDTH <= hay.len() + 1 && out.count < GATHERED {
            let found = look_up::<WIDTH, ANY>(&places, hay, at);
            let wanted = LANES.min(to - at);
            keep(found, at, wanted, out);
            at += wanted;
        }
        at
    }

    /// The buckets of the `LANES` places from `at` on.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn look_up<const WIDTH: usize, const ANY: bool>(places: &[Place; WIDEST], hay: &[u8], at: usize) -> __m256i {
        let half = _mm256_set1_epi8(15);
        let mut all = _mm256_set1_epi8(-1);
        for (offset, place) in places.iter().enumerate().take(WIDTH) {
            let bytes = load(&hay[at + offset..]);
            // From 0x80 on the low half is looked up as 0, and no text has such bytes.
            let low = _mm256_shuffle_epi8(place.low, bytes);
            let high = _mm256_shuffle_epi8(place.high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
            let mut accepting = _mm256_and_si256(low, high);
            if ANY {
                accepting = _mm256_or_si256(accepting, place.any);
            }
            all = _mm256_and_si256(all, accepting);
        }
        all
    }

    /// One bit for each lane without buckets.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn empty(found: __m256i) -> u32 {
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256())).cast_unsigned()
    }

    /// Gathers the first `wanted` of the lanes that have buckets.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn keep(found: __m256i, at: usize, wanted: usize, out: &mut Gathered) {
        let mut some = !empty(found);
        if wanted < LANES {
            some &= (1 << wanted) - 1;
        }
        if some == 0 {
            return;
        }
        let mut buckets = [0_u8; LANES];
        // SAFETY: the array has the 32 bytes that are written.
        unsafe { _mm256_storeu_si256(buckets.as_mut_ptr().cast(), found) };
        while some != 0 {
            let lane = some.trailing_zeros() as usize;
            out.push(at + lane, buckets[lane]);
            some &= some - 1;
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(bytes: &[u8]) -> __m256i {
        assert!(bytes.len() >= LANES);
        // SAFETY: 32 bytes are there, and this load needs no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn twice(table: &[u8; 16]) -> __m256i {
        // SAFETY: the array has the 16 bytes that are read, and this load needs no alignment.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(tables: &Tables, hay: &[u8], from: usize, to: usize) -> Vec<(u32, u8)> {
        let (mut out, mut all, mut at) = (Gathered::default(), Vec::new(), from);
        while at < to {
            at = tables.gather(hay, at, to, &mut out);
            all.extend(out.take());
        }
        all
    }

    /// Every width, haystacks of every length about that of vectors, every beginning and end, bytes of all kinds.
    #[test]
    fn vectors_find_what_the_definition_says() {
        let texts: [&[u8]; 9] = [b" -lv", b"^", b"ab", b"k:", b"[z`", b"nc.exe", b"@{~", b"\t \t", b"0x"];
        let alphabet = b" -LVlv^aABbkK:[Zz`{@~\t0xXnNc.\x80\xff\x00\xe9";
        let mut state = 1_u32;
        let mut next = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % below
        };
        let mut hay: Vec<u8> = Vec::new();
        while hay.len() < 400 {
            hay.extend((0..next(5)).map(|_| alphabet[next(alphabet.len())]).collect::<Vec<_>>());
            hay.extend(texts[next(texts.len())].to_ascii_uppercase());
        }
        for width in 1..=WIDEST {
            for longer in [0, 1, 3] {
                let mut tables = Tables::new(width);
                for (n, text) in texts.iter().filter(|text| text.len() > longer).enumerate() {
                    tables.accept(n % BUCKETS, text);
                }
                let mut found = 0;
                for length in (0..140).chain([399, 400]) {
                    let hay = &hay[..length];
                    for (from, to) in [(0, length), (3, length), (1, length.saturating_sub(5)), (length / 2, length)] {
                        let (from, to) = (from.min(to), to);
                        let slow: Vec<(u32, u8)> = (from..to)
                            .map(|at| (at as u32, tables.buckets(&hay[at..])))
                            .filter(|(_, buckets)| *buckets != 0)
                            .collect();
                        assert_eq!(gathered(&tables, hay, from, to), slow, "width {width}, {from}..{to} of {length}");
                        found += slow.len();
                    }
                }
                assert!(found > 0, "nothing to find for width {width}");
            }
        }
    }

    #[test]
    fn both_cases_of_letters_and_nothing_else_of_single_texts() {
        for text in [&b"k"[..], b"@", b"`", b"[", b"{", b"zZ"] {
            let mut tables = Tables::new(text.len());
            tables.accept(5, text);
            for byte in 0..=u8::MAX {
                let same = byte.eq_ignore_ascii_case(&text[0]);
                let rest = &text[1..];
                let buckets = tables.buckets(&[&[byte], rest].concat());
                assert!(!same || buckets == 32, "{text:?} {byte}");
            }
        }
    }

    /// More places than are gathered at once.
    #[test]
    fn it_goes_on_where_it_stopped() {
        let mut tables = Tables::new(1);
        tables.accept(0, b"a");
        let hay = vec![b'A'; 5_000];
        let all = gathered(&tables, &hay, 7, 4_900);
        assert_eq!(all, (7..4_900).map(|at| (at, 1)).collect::<Vec<_>>());
    }
}

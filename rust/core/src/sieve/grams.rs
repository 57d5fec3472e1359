//! The strided filter on rare four-byte windows: which of thousands of literals occur in a haystack, at several bytes a cycle.
//!
//! Of each literal four bytes are chosen that are rare in the data, case-folded, and put into a bitmap that fits the first
//! level of cache. The haystack is probed at every position, every second or every fourth; what the bitmap lets through is
//! looked up exactly, and compared. A probe costs about two cycles and has no branch; an automaton costs a dependent load a
//! byte. The figures are in `benches/record`.
//!
//! **Why stepping over positions loses nothing.** With a step of `s` the window of a literal that begins at `q` is looked at
//! only if `q + offset` is a multiple of `s`. So a literal has one window for each residue of `offset` modulo `s`, and
//! whatever `q` is, one of them is met. That takes `s + 3` bytes at least; shorter literals force a smaller step.
//!
//! **Folding.** `byte | 0x20` lower-cases letters, and confuses `@` with a backtick and the like; the same is done to
//! literals and haystack, so nothing is missed, and the comparison that follows is exact. All of this is ASCII; values
//! that are not are none of this filter's business.

use ahash::HashMap;

use super::probe::{Bitmap, Passed, window};
use crate::matcher::Kind;

/// Bytes of a window.
pub(crate) const WINDOW: usize = 4;
/// The widest step that is ever taken.
pub(crate) const WIDEST_STEP: usize = 16;
/// Comparisons and look-ups allowed for each byte before a haystack is given up as hostile (see [`Grams::find`]).
const WORK_PER_BYTE: usize = 2;
/// Finds for each value, beyond which a search is given up: a value of nothing but needles would fill the memory.
const FINDS_PER_VALUE: usize = 64;
/// Finds that are always allowed.
const FINDS_AT_LEAST: usize = 65_536;
/// Work that is always allowed, so that a short haystack is not given up for one busy value.
const WORK_AT_LEAST: usize = 4_096;

/// A literal that a value must contain, or stand to in another relation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Needle {
    pub(crate) kind: Kind,
    /// Folded text, ASCII only.
    pub(crate) text: Box<str>,
}

/// How often windows occur in the data, by a hash of the folded window.
#[derive(Debug)]
pub(crate) struct WindowCounts {
    counts: Box<[u32]>,
    /// The same of windows of one byte less, and of two and three bytes less.
    shorter: [Box<[u32]>; 3],
    /// Bytes counted.
    bytes: usize,
}

const COUNT_BITS: u32 = 16;

impl WindowCounts {
    pub(crate) fn new() -> Self {
        let none = || vec![0; 1 << COUNT_BITS].into_boxed_slice();
        Self { counts: none(), shorter: [none(), none(), none()], bytes: 0 }
    }

    /// Counts the windows of a text.
    pub(crate) fn add(&mut self, text: &[u8]) {
        for window in text.windows(WINDOW) {
            self.counts[counted_at(load(window))] += 1;
        }
        for (less, counts) in (1..).zip(&mut self.shorter) {
            for window in text.windows(WINDOW - less) {
                counts[counted_at(folded(window))] += 1;
            }
        }
        self.bytes += text.len();
    }

    /// How often the first bytes of a text, at most `width` of them and at most four, occur together.
    pub(super) fn of_first(&self, text: &[u8], width: usize) -> u32 {
        let window = &text[..text.len().min(width).min(WINDOW)];
        match window.len() {
            0 => u32::MAX,
            WINDOW => self.of(load(window)),
            length => self.shorter[WINDOW - 1 - length][counted_at(folded(window))],
        }
    }

    /// The share of bytes that are this one, folded. What was never seen still occurs.
    pub(super) fn share_of_byte(&self, byte: u8) -> f64 {
        f64::from(self.of_first(&[byte], 1) + 1) / (self.bytes + 128) as f64
    }

    fn of(&self, window: u32) -> u32 {
        self.counts[counted_at(window)]
    }
}

fn counted_at(window: u32) -> usize {
    (hash(window) >> (32 - COUNT_BITS)) as usize
}

/// A window of fewer bytes than [`WINDOW`], folded.
fn folded(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |window, byte| window << 8 | u32::from(byte | 0x20))
}

/// One value of a haystack: its bytes are `start..end`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A needle was found in a value: the place of its span, and the needle's number.
pub(crate) type Found = (u32, u32);

/// The haystack is full of what looks like needles: the search was given up, and what was found is not all.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GivenUp;

/// The filter over a set of needles.
#[derive(Debug)]
pub(crate) struct Grams {
    pub(super) step: usize,
    bitmap: Bitmap,
    /// From a folded window to its places: `first[w]..first[w] + length`.
    windows: Windows,
    places: Vec<Place>,
    needles: Vec<Needle>,
}

/// Where a window stands in a needle, and how the needle ends: most that only look alike are told apart without looking at the
/// needle, which lies far away.
#[derive(Clone, Copy, Debug)]
struct Place {
    needle: u32,
    offset: u32,
    length: u32,
    /// The last four bytes, folded like a window.
    last: u32,
}

/// An open hash table from windows to ranges of places; at most half full.
#[derive(Debug)]
struct Windows {
    slots: Box<[Slot]>,
    shift: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    window: u32,
    first: u32,
    /// 0: the slot is free.
    length: u32,
}

impl Windows {
    fn new(windows: &[(u32, u32, u32)]) -> Self {
        let bits = (windows.len() * 2).next_power_of_two().trailing_zeros().max(4);
        let mut table = Self { slots: vec![Slot::default(); 1 << bits].into_boxed_slice(), shift: 32 - bits };
        for &(window, first, length) in windows {
            let mut at = (hash(window) >> table.shift) as usize;
            while table.slots[at].length != 0 {
                at = (at + 1) & (table.slots.len() - 1);
            }
            table.slots[at] = Slot { window, first, length };
        }
        table
    }

    fn get(&self, window: u32) -> Option<std::ops::Range<usize>> {
        let mut at = (hash(window) >> self.shift) as usize;
        loop {
            let slot = self.slots[at];
            if slot.length == 0 {
                return None;
            }
            if slot.window == window {
                return Some(slot.first as usize..(slot.first + slot.length) as usize);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

fn hash(window: u32) -> u32 {
    window.wrapping_mul(0x9E37_79B1)
}

/// The folded window at the start of `bytes`.
#[inline]
fn load(bytes: &[u8]) -> u32 {
    window([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The widest step that a needle of this many bytes allows; 0 if it is too short to be one.
pub(crate) fn step_of(length: usize) -> usize {
    match length {
        0..WINDOW => 0,
        WINDOW => 1,
        5..=6 => 2,
        7..=10 => 4,
        11..=18 => 8,
        _ => WIDEST_STEP,
    }
}

impl Grams {
    /// A filter for distinct needles of at least [`WINDOW`] bytes, with the step that the shortest allows. Of each needle the
    /// windows are taken that are rarest by `counts`, and of equally rare ones those that fewest other needles have.
    pub(crate) fn new(needles: Vec<Needle>, counts: &WindowCounts) -> Self {
        let step = needles.iter().map(|needle| step_of(needle.text.len())).min().unwrap_or(WIDEST_STEP).max(1);
        let mut chosen: HashMap<u32, Vec<Place>> = HashMap::default();
        for (number, needle) in needles.iter().enumerate() {
            let text = needle.text.as_bytes();
            for residue in 0..step {
                let offsets = (residue..=text.len().saturating_sub(WINDOW)).step_by(step);
                let rarest = offsets.min_by_key(|&offset| {
                    let window = load(&text[offset..]);
                    (counts.of(window), chosen.get(&window).map_or(0, Vec::len))
                });
                if let Some(offset) = rarest {
                    let (length, last) = (text.len() as u32, load(&text[text.len() - WINDOW..]));
                    let place = Place { needle: number as u32, offset: offset as u32, length, last };
                    chosen.entry(load(&text[offset..])).or_default().push(place);
                }
            }
        }
        let mut chosen: Vec<(u32, Vec<Place>)> = chosen.into_iter().collect();
        chosen.sort_unstable_by_key(|(window, _)| *window);
        let bitmap = Bitmap::new(chosen.iter().map(|(window, _)| *window));
        let (mut ranges, mut places) = (Vec::with_capacity(chosen.len()), Vec::new());
        for (window, of) in chosen {
            ranges.push((window, places.len() as u32, of.len() as u32));
            places.extend(of);
        }
        Self { step, bitmap, windows: Windows::new(&ranges), places, needles }
    }

    /// The number of needles.
    pub(crate) fn needles(&self) -> usize {
        self.needles.len()
    }

    /// The bytes from one probe to the next.
    #[cfg(test)]
    pub(crate) fn step(&self) -> usize {
        self.step
    }

    /// Appends every needle that stands in a value of `hay` as its kind demands, in no order, some of them more than once.
    /// Spans are ascending and do not overlap; needles do not cross them.
    ///
    /// # Errors
    /// [`GivenUp`] where the haystack is so full of windows that an automaton would be faster; the work until then is
    /// bounded by its length.
    pub(crate) fn find(&self, hay: &[u8], spans: &[Span], found: &mut Vec<Found>) -> Result<(), GivenUp> {
        match self.step {
            1 => self.find_stepping::<1>(hay, spans, found),
            2 => self.find_stepping::<2>(hay, spans, found),
            4 => self.find_stepping::<4>(hay, spans, found),
            8 => self.find_stepping::<8>(hay, spans, found),
            _ => self.find_stepping::<16>(hay, spans, found),
        }
    }

    fn find_stepping<const STEP: usize>(
        &self,
        hay: &[u8],
        spans: &[Span],
        found: &mut Vec<Found>,
    ) -> Result<(), GivenUp> {
        let mut passed = Passed::default();
        let mut cursor = Cursor::new(spans);
        let mut work = Work::of(spans);
        for (from, to) in stretches(spans) {
            let mut at = from;
            // What is met behind a stretch lies in no span.
            while at + WINDOW <= to {
                at = self.bitmap.gather::<STEP>(hay, at, to, &mut passed);
                if passed.full() {
                    self.settle(hay, passed.take(), &mut cursor, found, &mut work)?;
                    compact(found, spans.len())?;
                }
            }
        }
        self.settle(hay, passed.take(), &mut cursor, found, &mut work)?;
        compact(found, spans.len())
    }

    fn settle(
        &self,
        hay: &[u8],
        survivors: &[u32],
        cursor: &mut Cursor<'_>,
        found: &mut Vec<Found>,
        work: &mut Work,
    ) -> Result<(), GivenUp> {
        for &at in survivors {
            work.spend(1)?;
            let Some(places) = self.windows.get(load(&hay[at as usize..])) else { continue };
            let Some((place, span)) = cursor.holding(at) else { continue };
            work.spend(places.len())?;
            for within in &self.places[places] {
                let Some(start) = at.checked_sub(within.offset) else { continue };
                let end = start as usize + within.length as usize;
                if end <= span.end as usize
                    && load(&hay[end - WINDOW..]) == within.last
                    && stands(hay, start, span, &self.needles[within.needle as usize])
                {
                    found.push((place, within.needle));
                }
            }
        }
        Ok(())
    }
}

/// What lies between two values is searched with them if it is no longer than this: a stretch begins and ends at some cost.
const GAP: u32 = 32;

/// Stretches of a haystack that hold all spans, and little else.
pub(super) fn stretches(spans: &[Span]) -> impl Iterator<Item = (usize, usize)> + '_ {
    spans
        .chunk_by(|one, next| next.start - one.end <= GAP)
        .map(|near| (near[0].start as usize, near[near.len() - 1].end as usize))
}

/// Drops what was found twice once there is much of it, and gives up where that is of no use.
pub(super) fn compact(found: &mut Vec<Found>, spans: usize) -> Result<(), GivenUp> {
    let most = spans.saturating_mul(FINDS_PER_VALUE) + FINDS_AT_LEAST;
    if found.len() > most {
        found.sort_unstable();
        found.dedup();
        if found.len() > most / 2 {
            return Err(GivenUp);
        }
    }
    Ok(())
}

/// Whether a needle stands at `start` in a value, as its kind demands.
pub(super) fn stands(hay: &[u8], start: u32, span: Span, needle: &Needle) -> bool {
    let end = start as usize + needle.text.len();
    if start < span.start || end > span.end as usize {
        return false;
    }
    let placed = match needle.kind {
        Kind::Contains => true,
        Kind::StartsWith => start == span.start,
        Kind::EndsWith => end == span.end as usize,
        Kind::Equals => start == span.start && end == span.end as usize,
    };
    placed && hay[start as usize..end].eq_ignore_ascii_case(needle.text.as_bytes())
}

/// The work that a haystack may cost.
pub(super) struct Work(usize);

impl Work {
    pub(super) fn of(spans: &[Span]) -> Self {
        let bytes: usize = spans.iter().map(|span| (span.end - span.start) as usize).sum();
        Self(bytes * WORK_PER_BYTE + WORK_AT_LEAST)
    }

    pub(super) fn spend(&mut self, work: usize) -> Result<(), GivenUp> {
        self.0 = self.0.checked_sub(work).ok_or(GivenUp)?;
        Ok(())
    }
}

/// The span that holds a position; positions only go forward.
pub(super) struct Cursor<'a> {
    spans: &'a [Span],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(spans: &'a [Span]) -> Self {
        Self { spans, at: 0 }
    }

    pub(super) fn holding(&mut self, position: u32) -> Option<(u32, Span)> {
        // Gallop, then search: survivors are many spans apart, or in the same one.
        let mut ahead = 1;
        while self.at + ahead < self.spans.len() && self.spans[self.at + ahead].start <= position {
            self.at += ahead;
            ahead *= 2;
        }
        let to = (self.at + ahead).min(self.spans.len());
        self.at += self.spans[self.at..to].partition_point(|span| span.start <= position).saturating_sub(1);
        let span = self.spans[self.at];
        (span.start <= position && position < span.end).then_some((self.at as u32, span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sieve::probe::GATHERED;

    fn needle(kind: Kind, text: &str) -> Needle {
        Needle { kind, text: text.into() }
    }

    /// A small generator of pseudo-random numbers: the same everywhere.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) as usize) % n
        }

        fn text(&mut self, letters: &[u8], length: usize) -> String {
            (0..length).map(|_| char::from(letters[self.below(letters.len())])).collect()
        }
    }

    /// The slow twin.
    fn slow(needles: &[Needle], values: &[String]) -> Vec<Found> {
        let mut found = Vec::new();
        for (v, value) in values.iter().enumerate() {
            let value = value.to_ascii_lowercase();
            for (n, needle) in needles.iter().enumerate() {
                if needle.kind.holds(&value, &needle.text) {
                    found.push((v as u32, n as u32));
                }
            }
        }
        found
    }

    #[test]
    fn finds_what_a_loop_finds() {
        let mut dice = Dice(7);
        for round in 0..600 {
            let letters: &[u8] = if round % 2 == 0 { b"abAB" } else { b"abcdefghijk@`[{\\/ .-ABCDEF\0\x7f" };
            // One for each step, and one between two.
            let shortest = [4, 5, 6, 7, 11, 19][round / 2 % 6];
            let kinds = [Kind::Contains, Kind::StartsWith, Kind::EndsWith, Kind::Equals];
            let mut needles: Vec<Needle> = (0..=dice.below(20))
                .map(|_| {
                    let length = shortest + dice.below(6);
                    needle(kinds[dice.below(4)], &dice.text(letters, length).to_ascii_lowercase())
                })
                .collect();
            needles.sort();
            needles.dedup();
            let mut values: Vec<String> = Vec::new();
            for _ in 0..dice.below(60) {
                let length = dice.below(40);
                let mut value = dice.text(letters, length);
                if dice.below(3) == 0 {
                    let planted = needles[dice.below(needles.len())].text.to_ascii_uppercase();
                    value.insert_str(dice.below(value.len() + 1), &planted);
                }
                values.push(value);
            }
            // Values lie apart by what is no part of any: four bytes, as in a page of plain values, or nothing.
            let gap: &[u8] = if round % 3 == 0 { b"" } else { b"abab" };
            let (mut hay, mut spans) = (Vec::new(), Vec::new());
            for value in &values {
                hay.extend_from_slice(gap);
                let start = hay.len() as u32;
                hay.extend_from_slice(value.as_bytes());
                spans.push(Span { start, end: hay.len() as u32 });
            }
            hay.extend_from_slice(gap);
            let mut counts = WindowCounts::new();
            counts.add(&hay);
            let grams = Grams::new(needles.clone(), &counts);
            assert_eq!(grams.step(), needles.iter().map(|n| step_of(n.text.len())).min().unwrap());
            let mut found = Vec::new();
            if grams.find(&hay, &spans, &mut found).is_err() {
                continue;
            }
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, slow(&needles, &values), "round {round}");
        }
    }

    #[test]
    fn a_long_haystack_is_searched_to_its_end() {
        let needles = vec![needle(Kind::Contains, "needle"), needle(Kind::EndsWith, "tail")];
        let grams = Grams::new(needles, &WindowCounts::new());
        for length in [0usize, 1, 3, 4, 31, 32, 35, 36, 4_095, 4_096, 4_097, 8_190, 20_000] {
            for at in [0, length / 2, length.saturating_sub(3)] {
                let mut value = "x".repeat(length);
                value.insert_str(at, "NeeDle");
                value.push_str("TAIL");
                let spans = [Span { start: 0, end: value.len() as u32 }];
                let mut found = Vec::new();
                grams.find(value.as_bytes(), &spans, &mut found).unwrap();
                found.sort_unstable();
                assert_eq!(found, [(0, 0), (0, 1)], "{length} {at}");
            }
        }
    }

    #[test]
    fn one_value_full_of_needles_takes_no_memory() {
        let needles = vec![needle(Kind::Contains, "needle"), needle(Kind::Contains, "eedlen")];
        let grams = Grams::new(needles, &WindowCounts::new());
        let hay = "needle".repeat(500_000);
        let (spans, mut found) = ([Span { start: 0, end: hay.len() as u32 }], Vec::new());
        grams.find(hay.as_bytes(), &spans, &mut found).unwrap();
        assert!(found.len() <= FINDS_AT_LEAST + 2 * GATHERED);
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [(0, 0), (0, 1)]);
    }

    #[test]
    fn hostile_haystacks_are_given_up() {
        let needles = (0..500).map(|n| needle(Kind::Contains, &format!("aaaa{n:03}"))).collect();
        let mut common = WindowCounts::new();
        common.add(b"0000");
        let grams = Grams::new(needles, &WindowCounts::new());
        let hay = "aaaa1aaa".repeat(100_000);
        let spans = [Span { start: 0, end: hay.len() as u32 }];
        let mut found = Vec::new();
        // Either it is searched through, or given up: never more than a bounded number of comparisons.
        let result = grams.find(hay.as_bytes(), &spans, &mut found);
        assert!(result == Err(GivenUp) || found.is_empty());
    }
}

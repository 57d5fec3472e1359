//! Short literals: too short for a window of four bytes, or for the step that the others allow.
//!
//! They are looked for as vectors ([`vectors`](super::vectors)), all of them in one to three passes over the haystack. Of each
//! needle the three or four bytes are taken that are rarest in the data. Needles share eight buckets a pass; a bucket accepts
//! any low half of its bytes with any high half, so each needle goes where it lets the least of the data through. What that
//! comes to, and with it what a search costs, is reckoned from how often bytes occur.

use super::grams::{Cursor, Found, GivenUp, Needle, Span, WindowCounts, Work, compact, stands, stretches};
use super::vectors::{BUCKETS, Gathered, Tables, WIDEST};

/// Passes over a haystack from which on windows of four bytes at every position are cheaper.
const MOST_PASSES: usize = 3;
/// Needles that are told into buckets: more would let nearly everything through.
const MOST_NEEDLES: usize = 1_024;

/// Nanoseconds: of a pass, for each byte and each byte of width; of a place that a bucket lets through; of a needle compared there.
const PASS_NS: f64 = 0.028;
const PLACE_NS: f64 = 6.0;
const NEEDLE_NS: f64 = 2.0;

/// A search for short needles.
#[derive(Debug)]
pub(crate) struct Shorts {
    passes: Vec<Pass>,
    needles: Vec<Needle>,
}

#[derive(Debug)]
struct Pass {
    tables: Tables,
    buckets: [Vec<Entry>; BUCKETS],
}

/// A needle in a bucket.
#[derive(Clone, Copy, Debug)]
struct Entry {
    needle: u32,
    /// Where in it what is looked for stands.
    offset: u32,
    /// What is looked for, as far as `mask` goes, folded like a window.
    window: u32,
    mask: u32,
}

const FOLD: u32 = 0x2020_2020;

impl Shorts {
    /// A search for these needles, which are not empty; `None` if they are too many.
    pub(crate) fn new(needles: Vec<Needle>, counts: &WindowCounts) -> Option<Self> {
        let layout = Layout::cheapest(&needles, counts)?;
        let mut passes = Vec::new();
        for buckets in layout.buckets.chunks(BUCKETS) {
            let mut pass = Pass { tables: Tables::new(layout.width), buckets: Default::default() };
            for (number, bucket) in buckets.iter().enumerate() {
                for &(needle, offset) in &bucket.needles {
                    let text = &needles[needle as usize].text.as_bytes()[offset..];
                    pass.tables.accept(number, text);
                    let (mut window, mut mask) = ([0; WIDEST], [0; WIDEST]);
                    for place in 0..layout.width.min(text.len()) {
                        (window[place], mask[place]) = (text[place], u8::MAX);
                    }
                    let (window, mask) = (u32::from_le_bytes(window), u32::from_le_bytes(mask));
                    let entry = Entry { needle, offset: offset as u32, window: (window | FOLD) & mask, mask };
                    pass.buckets[number].push(entry);
                }
            }
            passes.push(pass);
        }
        Some(Self { passes, needles })
    }

    /// Appends every needle that stands in a value of `hay`; see [`Grams::find`](super::grams::Grams::find). The numbers of
    /// the needles begin at `first`.
    pub(crate) fn find(&self, hay: &[u8], spans: &[Span], first: u32, found: &mut Vec<Found>) -> Result<(), GivenUp> {
        let mut gathered = Gathered::default();
        for pass in &self.passes {
            let mut cursor = Cursor::new(spans);
            let mut work = Work::of(spans);
            for (from, to) in stretches(spans) {
                let mut at = from;
                while at < to {
                    at = pass.tables.gather(hay, at, to, &mut gathered);
                    for (place, buckets) in gathered.take() {
                        // Each place costs about what some bytes do.
                        work.spend(4)?;
                        self.compare(pass, hay, place, buckets, &mut cursor, &mut work, first, found)?;
                    }
                    compact(found, spans.len())?;
                }
            }
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn compare(
        &self,
        pass: &Pass,
        hay: &[u8],
        place: u32,
        mut buckets: u8,
        cursor: &mut Cursor<'_>,
        work: &mut Work,
        first: u32,
        found: &mut Vec<Found>,
    ) -> Result<(), GivenUp> {
        let window = window_at(hay, place as usize) | FOLD;
        let mut holding = None;
        while buckets != 0 {
            let entries = &pass.buckets[buckets.trailing_zeros() as usize];
            buckets &= buckets - 1;
            work.spend(entries.len() / 4)?;
            for entry in entries.iter().filter(|entry| window & entry.mask == entry.window) {
                let Some((row, span)) = *holding.get_or_insert_with(|| cursor.holding(place)) else { return Ok(()) };
                let Some(start) = place.checked_sub(entry.offset) else { continue };
                if stands(hay, start, span, &self.needles[entry.needle as usize]) {
                    found.push((row, first + entry.needle));
                }
            }
        }
        Ok(())
    }
}

/// The four bytes at a place; beyond the end there are zeros.
#[inline]
fn window_at(hay: &[u8], at: usize) -> u32 {
    let rest = &hay[at..];
    match rest.first_chunk() {
        Some(window) => u32::from_le_bytes(*window),
        None => rest.iter().rev().fold(0, |window, byte| window << 8 | u32::from(*byte)),
    }
}

/// How needles are told into buckets.
#[derive(Debug)]
struct Layout {
    width: usize,
    buckets: Vec<Bucket>,
    nanoseconds: f64,
}

/// A bucket while it is filled.
#[derive(Clone, Debug, Default)]
struct Bucket {
    /// Needles, and where in them what is looked for stands.
    needles: Vec<(u32, usize)>,
    places: [Accepted; WIDEST],
}

/// The folded bytes that a bucket accepts at one place, by halves: high ones are 2, 3, 6 and 7 once bit 5 is set, and beyond ASCII.
#[derive(Clone, Copy, Debug, Default)]
struct Accepted {
    low: [bool; 16],
    high: [bool; HIGHS],
    /// By half: what accepting it would add, together with the other halves that are accepted.
    of_low: [f64; 16],
    of_high: [f64; HIGHS],
    /// The share of bytes that are accepted.
    share: f64,
}

/// High halves of folded bytes: bit 4 and bit 6 are left.
const HIGHS: usize = 4;

fn halves(byte: u8) -> (usize, usize) {
    let high = byte >> 4;
    (usize::from(byte & 15), usize::from((high & 1) | (high >> 1) & 2))
}

impl Accepted {
    /// The share of bytes that would be accepted with another one.
    fn with(&self, byte: u8, shares: &Shares) -> f64 {
        let (low, high) = halves(byte);
        let mut share = self.share;
        if !self.low[low] {
            share += self.of_low[low];
        }
        if !self.high[high] {
            share += self.of_high[high];
        }
        if !self.low[low] && !self.high[high] {
            share += shares[high][low];
        }
        share
    }

    fn add(&mut self, byte: u8, shares: &Shares) {
        let (low, high) = halves(byte);
        self.share = self.with(byte, shares);
        if !self.low[low] {
            self.low[low] = true;
            (0..HIGHS).for_each(|high| self.of_high[high] += shares[high][low]);
        }
        if !self.high[high] {
            self.high[high] = true;
            (0..16).for_each(|low| self.of_low[low] += shares[high][low]);
        }
    }
}

/// How often bytes occur, by their halves.
type Shares = [[f64; 16]; HIGHS];

impl Bucket {
    /// The share of places that this bucket would let through with one more text.
    fn with(&self, text: &[u8], width: usize, shares: &Shares) -> f64 {
        let places = self.places.iter().take(width).enumerate();
        places
            .map(|(place, accepted)| text.get(place).map_or(1.0, |byte| accepted.with(*byte, shares).min(1.0)))
            .product()
    }

    fn share(&self, width: usize) -> f64 {
        if self.needles.is_empty() {
            0.0
        } else {
            self.places.iter().take(width).map(|place| place.share.min(1.0)).product()
        }
    }

    fn add(&mut self, needle: u32, offset: usize, text: &[u8], width: usize, shares: &Shares) {
        self.needles.push((needle, offset));
        for (place, accepted) in self.places.iter_mut().enumerate().take(width) {
            match text.get(place) {
                Some(byte) => accepted.add(*byte, shares),
                None => accepted.share = 1.0,
            }
        }
    }
}

impl Layout {
    /// The cheapest way to look for needles; `None` if they are too many.
    fn cheapest(needles: &[Needle], counts: &WindowCounts) -> Option<Self> {
        if needles.len() > MOST_NEEDLES {
            return None;
        }
        let mut shares = Shares::default();
        for byte in (0..128).filter(|byte| byte & 0x20 != 0) {
            let (low, high) = halves(byte);
            shares[high][low] = counts.share_of_byte(byte);
        }
        let mut best: Option<Self> = None;
        for width in [3, 4] {
            // Where no needle is longer there is nothing more to look at.
            if width == 4 && needles.iter().all(|needle| needle.text.len() < 4) {
                continue;
            }
            for passes in 1..=MOST_PASSES {
                let made = Self::of(needles, width, passes, counts, &shares);
                if best.as_ref().is_none_or(|best| made.nanoseconds < best.nanoseconds) {
                    best = Some(made);
                }
                if needles.len() <= passes * BUCKETS {
                    break;
                }
            }
        }
        best
    }

    fn of(needles: &[Needle], width: usize, passes: usize, counts: &WindowCounts, shares: &Shares) -> Self {
        let mut buckets = vec![Bucket::default(); passes * BUCKETS];
        let mut texts: Vec<(f64, u32, usize, &[u8])> = Vec::with_capacity(needles.len());
        for (number, needle) in (0..).zip(needles) {
            let text = needle.text.as_bytes();
            let offsets = 0..=text.len().saturating_sub(width);
            let offset = offsets.min_by_key(|offset| counts.of_first(&text[*offset..], width)).unwrap_or(0);
            let text = &text[offset..text.len().min(offset + width)];
            let alone = text.iter().map(|byte| shares_of(*byte, shares)).product();
            texts.push((alone, number, offset, text));
        }
        // The most frequent first: they decide what a bucket costs, and the others find their place.
        texts.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.3.cmp(b.3)));
        for (_, needle, offset, text) in texts {
            let grows = |bucket: &Bucket| bucket.with(text, width, shares) - bucket.share(width);
            let grown: Vec<f64> = buckets.iter().map(grows).collect();
            let least = (0..buckets.len()).min_by(|a, b| grown[*a].total_cmp(&grown[*b])).unwrap_or(0);
            buckets[least].add(needle, offset, text, width, shares);
        }
        let through: f64 = buckets.iter().map(|bucket| bucket.share(width)).sum();
        let compared: f64 = buckets.iter().map(|bucket| bucket.share(width) * bucket.needles.len() as f64).sum();
        let nanoseconds = passes as f64 * width as f64 * PASS_NS + through * PLACE_NS + compared * NEEDLE_NS;
        Self { width, buckets, nanoseconds }
    }
}

fn shares_of(byte: u8, shares: &Shares) -> f64 {
    let (low, high) = halves(byte | 0x20);
    shares[high][low]
}

/// What a search for these needles takes for each byte, roughly. `None` if they are too many.
pub(crate) fn nanoseconds(needles: &[Needle], counts: &WindowCounts) -> Option<f64> {
    if needles.is_empty() {
        return Some(0.0);
    }
    Some(Layout::cheapest(needles, counts)?.nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::Kind;

    #[test]
    fn finds_overlapping_needles_of_any_case() {
        let texts = ["^^", "^|^", ";;", "`", " -p", "~1\\", "a", "aa", "ab", "x^|^", "rogra~1\\x", "aaab"];
        let kinds = [Kind::Contains, Kind::StartsWith, Kind::EndsWith, Kind::Equals];
        let mut needles: Vec<Needle> = Vec::new();
        for text in texts {
            for kind in kinds {
                needles.push(Needle { kind, text: text.into() });
            }
        }
        // What is known decides which bytes of a needle are looked for.
        let mut known = WindowCounts::new();
        for text in ["x^|x^|", "aaaaaa", "rogrogra~"] {
            known.add(text.as_bytes());
        }
        let values =
            ["", "^", "^^^", "x^|^|^", ";;;;", "C:\\PROGRA~1\\x -P", "AAab", "aa", "`", "b", "A", "~1", "\\~1\\"];
        for (gap, counts) in [("", &known), ("aa^", &known), ("", &WindowCounts::new()), ("aa^", &WindowCounts::new())]
        {
            let shorts = Shorts::new(needles.clone(), counts).unwrap();
            let (mut hay, mut spans) = (String::new(), Vec::new());
            for value in values.iter().cycle().take(26) {
                hay.push_str(gap);
                let start = hay.len() as u32;
                hay.push_str(value);
                spans.push(Span { start, end: hay.len() as u32 });
            }
            let mut found = Vec::new();
            shorts.find(hay.as_bytes(), &spans, 0, &mut found).unwrap();
            found.sort_unstable();
            found.dedup();
            let mut expected = Vec::new();
            for (v, value) in values.iter().cycle().take(26).enumerate() {
                let folded = value.to_ascii_lowercase();
                let holding = needles.iter().enumerate().filter(|(_, n)| n.kind.holds(&folded, &n.text));
                expected.extend(holding.map(|(n, _)| (v as u32, n as u32)));
            }
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn too_many_are_refused() {
        let none = WindowCounts::new();
        let needles = |count: u32| -> Vec<Needle> {
            (0..count).map(|n| Needle { kind: Kind::Contains, text: format!("{n:04}").into() }).collect()
        };
        assert!(nanoseconds(&needles(1_024), &none).is_some() && Shorts::new(needles(1_024), &none).is_some());
        assert!(nanoseconds(&needles(1_025), &none).is_none() && Shorts::new(needles(1_025), &none).is_none());
    }

    #[test]
    fn more_needles_cost_more_and_rare_ones_less() {
        let mut known = WindowCounts::new();
        known.add("powershell.exe -nop -w hidden -enc something else entirely".repeat(50).as_bytes());
        let needles = |texts: &[&str]| -> Vec<Needle> {
            texts.iter().map(|text| Needle { kind: Kind::Contains, text: (*text).into() }).collect()
        };
        let cost = |texts: &[&str]| nanoseconds(&needles(texts), &known).unwrap();
        assert!(cost(&[]) < cost(&["^^"]));
        assert!(cost(&["^^"]) < cost(&["en"]));
        assert!(cost(&["zz^"]) < cost(&["zz^", "ell", "hid", " -w", "ire"]));
    }

    /// What is reckoned of a bucket is what its tables let through.
    #[test]
    fn a_buckets_share_is_that_of_its_bytes() {
        let mut shares = Shares::default();
        (0..HIGHS).for_each(|high| (0..16).for_each(|low| shares[high][low] = (1 + high * 16 + low) as f64 / 2_080.0));
        let (mut bucket, mut tables) = (Bucket::default(), Tables::new(2));
        for (number, text) in (0..).zip([&b"ab"[..], b"qx", b" -", b"0z", b"a"]) {
            let expected = bucket.with(text, 2, &shares);
            bucket.add(number, 0, text, 2, &shares);
            tables.accept(3, text);
            assert!((bucket.share(2) - expected).abs() < 1e-12);
            // The definition, over folded bytes: both cases of a letter are one of them.
            let folded = || (0x20..0x80_u8).filter(|byte| byte & 0x20 != 0 && !byte.is_ascii_uppercase());
            let exact = |byte: u8| if byte.is_ascii_alphabetic() { byte } else { byte & !0x20 };
            let accepts = |a: u8, b: u8| {
                [a, exact(a)].iter().any(|a| [b, exact(b)].iter().any(|b| tables.buckets(&[*a, *b]) != 0))
            };
            let through: f64 = folded()
                .flat_map(|a| folded().map(move |b| (a, b)))
                .filter(|(a, b)| accepts(*a, *b))
                .map(|(a, b)| shares_of(a, &shares) * shares_of(b, &shares))
                .sum();
            assert!((bucket.share(2) - through).abs() < 1e-9, "{text:?}: {} and {through}", bucket.share(2));
        }
    }
}

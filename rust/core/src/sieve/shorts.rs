//! Short literals: too short for a window of four bytes, or for the step that the others allow.
//!
//! They are few, so they are looked for as vectors: at most 64 patterns by Teddy (of the `aho-corasick` crate), single bytes
//! by `memchr`. Teddy looks at three bytes, so of each longer needle those three are taken that are rarest in the data. It
//! reports one pattern at a place and none that overlap; here it only tells where something is, all needles are then
//! compared there, and the search goes on one byte later.

use aho_corasick::packed::{MatchKind, Searcher};

use super::grams::{Cursor, Found, GivenUp, Needle, Span, WindowCounts, Work, compact, stands};

/// Patterns that Teddy takes.
const MOST_PATTERNS: usize = 64;
/// Passes over a haystack from which on windows of four bytes at every position are cheaper.
const MOST_PASSES: usize = 6;
/// Single bytes that `memchr` takes at once.
const MOST_BYTES: usize = 3;

/// Bytes of a pattern.
const PATTERN: usize = 3;
/// Nanoseconds: of a pass that meets nothing, for each byte and what each pattern adds there; of a place where one is met.
const PASS_NS: f64 = 0.12;
const PATTERN_NS: f64 = 0.003;
const MET_NS: f64 = 30.0;

/// A search for short needles.
#[derive(Debug)]
pub(crate) struct Shorts {
    parts: Vec<Part>,
    needles: Vec<Needle>,
    /// By first folded byte of what is looked for: the needles, and where in them it stands.
    begins: Vec<Vec<(u32, u32)>>,
}

#[derive(Debug)]
enum Part {
    Packed(Searcher),
    Bytes(Vec<u8>),
}

impl Shorts {
    /// A search for these needles, which are not empty; `None` if they are too many.
    pub(crate) fn new(needles: Vec<Needle>, counts: &WindowCounts) -> Option<Self> {
        let Patterns { bytes, packed, .. } = Patterns::of(&needles, counts)?;
        let mut parts = Vec::new();
        parts.extend(bytes.chunks(MOST_BYTES).map(|bytes| Part::Bytes(bytes.to_vec())));
        for patterns in packed.iter().flat_map(|patterns| patterns.chunks(MOST_PATTERNS)) {
            let mut config = aho_corasick::packed::Config::new();
            parts.push(Part::Packed(config.match_kind(MatchKind::LeftmostFirst).builder().extend(patterns).build()?));
        }
        let mut begins = vec![Vec::new(); 256];
        for (number, needle) in needles.iter().enumerate() {
            let offset = rarest(needle.text.as_bytes(), counts);
            begins[usize::from(needle.text.as_bytes()[offset])].push((number as u32, offset as u32));
        }
        Some(Self { parts, needles, begins })
    }

    /// Appends every needle that stands in a value of `hay`; see [`Grams::find`](super::grams::Grams::find). The numbers of
    /// the needles begin at `first`.
    pub(crate) fn find(&self, hay: &[u8], spans: &[Span], first: u32, found: &mut Vec<Found>) -> Result<(), GivenUp> {
        let (Some(from), Some(to)) = (spans.first(), spans.last()) else { return Ok(()) };
        let (from, to) = (from.start as usize, to.end as usize);
        let hay = &hay[..to];
        for part in &self.parts {
            let mut cursor = Cursor::new(spans);
            let mut work = Work::of(to - from);
            let mut at = from;
            while at < to {
                let next = match part {
                    Part::Packed(searcher) => {
                        searcher.find_in(hay, aho_corasick::Span { start: at, end: to }).map(|found| found.start())
                    }
                    Part::Bytes(bytes) => match bytes.as_slice() {
                        [a] => memchr::memchr(*a, &hay[at..]),
                        [a, b] => memchr::memchr2(*a, *b, &hay[at..]),
                        [a, b, c, ..] => memchr::memchr3(*a, *b, *c, &hay[at..]),
                        [] => None,
                    }
                    .map(|offset| at + offset),
                };
                let Some(place) = next else { break };
                at = place + 1;
                // Each place costs a call, which is worth some dozens of bytes.
                work.spend(16)?;
                let Some((row, span)) = cursor.holding(place as u32) else { continue };
                let begins = &self.begins[usize::from(hay[place].to_ascii_lowercase())];
                work.spend(begins.len())?;
                for &(number, offset) in begins {
                    let Some(start) = (place as u32).checked_sub(offset) else { continue };
                    if stands(hay, start, span, &self.needles[number as usize]) {
                        found.push((row, first + number));
                    }
                }
                compact(found, spans.len())?;
            }
        }
        Ok(())
    }
}

/// What is looked for, as vectors see it.
struct Patterns {
    bytes: Vec<u8>,
    /// Pairs, and longer ones cut to three bytes: Teddy looks at as many bytes as the shortest pattern has, three at most.
    packed: [Vec<Vec<u8>>; 2],
    /// How often something is met, for each byte.
    met: f64,
}

impl Patterns {
    /// `None` if they are too many.
    fn of(needles: &[Needle], counts: &WindowCounts) -> Option<Self> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut parts: Vec<&[u8]> = Vec::with_capacity(needles.len());
        let mut packed = [Vec::new(), Vec::new()];
        for needle in needles {
            let text = needle.text.as_bytes();
            let offset = rarest(text, counts);
            let part = &text[offset..text.len().min(offset + PATTERN)];
            parts.push(part);
            match part {
                [byte] => bytes.extend(cases(&[*byte]).into_iter().flatten()),
                text @ [_, _] => packed[0].extend(cases(text)),
                text => packed[1].extend(cases(text)),
            }
        }
        bytes.sort_unstable();
        bytes.dedup();
        for patterns in &mut packed {
            patterns.sort_unstable();
            patterns.dedup();
        }
        parts.sort_unstable();
        parts.dedup();
        let met = parts.iter().map(|part| counts.share(part)).sum();
        let made = Self { bytes, packed, met };
        (made.passes() <= MOST_PASSES).then_some(made)
    }

    fn passes(&self) -> usize {
        let packed = self.packed.iter().map(|patterns| patterns.len().div_ceil(MOST_PATTERNS));
        self.bytes.len().div_ceil(MOST_BYTES) + packed.sum::<usize>()
    }
}

/// What a search for these needles takes for each byte, roughly. `None` if they are too many.
pub(crate) fn nanoseconds(needles: &[Needle], counts: &WindowCounts) -> Option<f64> {
    let patterns = Patterns::of(needles, counts)?;
    let count: usize = patterns.packed.iter().map(Vec::len).sum();
    Some(patterns.passes() as f64 * PASS_NS + count as f64 * PATTERN_NS + patterns.met * MET_NS)
}

/// Where the bytes of a text stand that are looked for.
fn rarest(text: &[u8], counts: &WindowCounts) -> usize {
    let offsets = 0..=text.len().saturating_sub(PATTERN);
    offsets.min_by_key(|&offset| counts.of_three(&text[offset..])).unwrap_or(0)
}

/// A folded text in all of its cases.
fn cases(text: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for &byte in text {
        let upper = byte.to_ascii_uppercase();
        let both = if upper == byte { vec![byte] } else { vec![byte, upper] };
        all = all.iter().flat_map(|start| both.iter().map(|b| [start.as_slice(), &[*b]].concat())).collect();
    }
    all
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
        // Where nothing is known the first bytes are looked for, else those that are rare: not the first of `x^|^` and `aaab`.
        let mut known = WindowCounts::new();
        for text in ["x^|x^|", "aaaaaa", "rogrogra~"] {
            known.add(text.as_bytes());
        }
        assert_eq!((rarest(b"x^|^", &known), rarest(b"aaab", &known), rarest(b"rogra~1\\x", &known)), (1, 1, 4));
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
        let needle = |n: u32| Needle { kind: Kind::Contains, text: format!("{n:02}").into() };
        assert!(Shorts::new((0..100).map(needle).collect(), &none).is_some());
        let needle = |n: u32| Needle { kind: Kind::Contains, text: format!("{n:03}").into() };
        assert!(Shorts::new((0..384).map(needle).collect(), &none).is_some());
        assert!(nanoseconds(&(0..64).map(needle).collect::<Vec<_>>(), &none).is_some());
        assert!(nanoseconds(&(0..385).map(needle).collect::<Vec<_>>(), &none).is_none());
        assert!(Shorts::new((0..385).map(needle).collect(), &none).is_none());
    }
}

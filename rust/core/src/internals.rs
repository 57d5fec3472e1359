//! What micro-benchmarks measure: parts of the engine by themselves. No part of the interface; only there with the feature
//! `internals`.

use crate::matcher::Kind;
use crate::sieve::bench::{Grams, Needle, Shorts, Span, WindowCounts};

/// A search for texts by one of the kernels.
#[derive(Debug)]
pub struct Kernel {
    search: Search,
    counts: WindowCounts,
}

#[derive(Debug)]
enum Search {
    Windows(Grams),
    Shorts(Option<Shorts>),
}

fn needles(texts: &[String]) -> Vec<Needle> {
    let mut texts: Vec<&String> = texts.iter().collect();
    texts.sort();
    texts.dedup();
    texts.into_iter().map(|text| Needle { kind: Kind::Contains, text: text.as_str().into() }).collect()
}

fn counted(sample: &str) -> WindowCounts {
    let mut counts = WindowCounts::new();
    counts.add(sample.as_bytes());
    counts
}

impl Kernel {
    /// The filter on windows of four bytes, for folded ASCII texts of at least as many; `sample` is like what is searched.
    pub fn windows(texts: &[String], sample: &str) -> Self {
        let counts = counted(sample);
        Self { search: Search::Windows(Grams::new(needles(texts), &counts)), counts }
    }

    /// The kernel of short texts.
    pub fn shorts(texts: &[String], sample: &str) -> Self {
        let counts = counted(sample);
        Self { search: Search::Shorts(Shorts::new(needles(texts), &counts)), counts }
    }

    /// What the planner reckons that a byte takes, in nanoseconds; `None` where it reckons by the step alone.
    pub fn reckoned(&self, texts: &[String]) -> Option<f64> {
        match &self.search {
            Search::Windows(_) => None,
            Search::Shorts(_) => crate::sieve::bench::nanoseconds(&needles(texts), &self.counts),
        }
    }

    /// How often texts stand in values that lie one behind the other in `hay` and end at `ends`; `None` if the search gave up.
    pub fn count(&self, hay: &[u8], ends: &[u32]) -> Option<usize> {
        let starts = std::iter::once(0).chain(ends.iter().map(|end| end + 1));
        let spans: Vec<Span> = starts.zip(ends).map(|(start, end)| Span { start, end: *end }).collect();
        let mut found = Vec::new();
        let done = match &self.search {
            Search::Windows(grams) => grams.find(hay, &spans, &mut found),
            Search::Shorts(Some(shorts)) => shorts.find(hay, &spans, 0, &mut found),
            Search::Shorts(None) => return None,
        };
        done.ok()?;
        found.sort_unstable();
        found.dedup();
        Some(found.len())
    }
}

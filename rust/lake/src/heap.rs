//! How the memory of pages is kept between pages.
//!
//! A page of a megabyte is decompressed, looked at and freed, and then the next one. glibc's allocator at first maps such a block
//! by itself and gives it back at once, and later cuts what is free at the end of its heap: each page is then a few hundred page
//! faults, which cost more than reading it (`benches/record/2026-11-24-page-reader.md`). It learns from the blocks that it
//! maps: once one of some size was freed, blocks of that size come from the heap, and twice as much free memory stays there.
//! So one large block is mapped and freed, without being touched, before the first page. Other allocators do not mind.

use std::hint::black_box;
use std::sync::Once;

/// The largest blocks that come from the heap: pages are of a megabyte or less, with few exceptions. Each thread may keep
/// twice as much that is free.
const LARGEST: usize = 16 << 20;

/// Lets the allocator keep what a page leaves for the next one.
pub(crate) fn keep_pages() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(black_box(Vec::<u8>::with_capacity(LARGEST))));
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    /// Page faults of this thread so far.
    fn faults() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        // The tenth field; the second is a name in brackets that may hold anything.
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(7).unwrap().parse().unwrap()
    }

    #[test]
    fn a_page_gets_the_memory_of_the_one_before() {
        keep_pages();
        let page = || black_box(vec![1_u8; 3 << 20]);
        drop((page(), page(), page()));
        let before = faults();
        for _ in 0..20 {
            drop((page(), page(), page()));
        }
        let taken = faults() - before;
        assert!(taken < 3_000, "{taken} faults, where 20 times three pages have 46,080");
    }
}

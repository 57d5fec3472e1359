//! PLAIN pages of text: a length of four bytes, then that many bytes, one value behind the other.
//!
//! A page is not copied: its values become views into it. An Arrow view is 16 bytes, the length and then either the whole
//! value, if it has at most 12 bytes, or its first four bytes, the number of a buffer and an offset into it. A page holds a
//! value's length right in front of it, so the 16 bytes at a value's place in the page *are* its view, up to what lies
//! beyond the value or is to be overwritten by buffer and offset: one load a value.
//!
//! Whether values are ASCII is told without looking at them one by one: the bytes from 0x80 on are counted over the whole
//! stretch, lengths included, and those of the lengths are taken off again. Counting goes ahead of the walk, block by block: it
//! reads straight on, which a processor foresees, where each step of the walk would wait for memory.

/// What there is in a view of a value of so many bytes, if it lies in the view whole.
const INLINE: [u128; 13] = {
    let mut masks = [u128::MAX; 13];
    let mut length = 0;
    while length < 12 {
        masks[length] = (1 << (32 + 8 * length)) - 1;
        length += 1;
    }
    masks
};

/// Bytes of a length.
pub(super) const LENGTH: usize = 4;

/// Bytes that are counted at once, ahead of the walk: they are in the nearest cache when it comes by.
const BLOCK: usize = 8 << 10;

/// A walk over some values of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walk {
    /// Where the next value begins.
    pub(super) end: usize,
    /// Whether all values are text.
    pub(super) text: bool,
}

/// Appends views into `page` (as buffer 0) of the `count` values from `start` on.
pub(super) fn views(page: &[u8], start: usize, count: usize, out: &mut Vec<u128>) -> Result<Walk, String> {
    // A value takes its length at least: no page makes us reserve more than four times its bytes.
    if count > page.len().saturating_sub(start) / LENGTH {
        return Err(ends(count));
    }
    out.reserve(count);
    let mut at = start;
    let (mut high, mut counted_high, mut counted) = (0_u64, 0_u64, start);
    for _ in 0..count {
        if at >= counted {
            let to = (at + BLOCK).min(page.len());
            counted_high += high_bytes(page.get(counted..to).unwrap_or_default());
            counted = to;
        }
        let word = word_at(page, at);
        let length = word as u32;
        // Only the last loads may see less than a length, and then a zero: `at` is checked as the next place below.
        let room = page.len().checked_sub(at + LENGTH).ok_or_else(|| ends(count))?;
        if length as usize > room {
            return Err(format!("a value of {length} bytes, where {room} are left"));
        }
        // The sum of the four high bits.
        high += u64::from(((length >> 7) & 0x0101_0101).wrapping_mul(0x0101_0101) >> 24);
        out.push(match INLINE.get(length as usize) {
            Some(mask) => word & mask,
            None => (word & u128::from(u64::MAX)) | ((at + LENGTH) as u128) << 96,
        });
        at += LENGTH + length as usize;
    }
    let ascii = if at <= counted {
        counted_high - high_bytes(&page[at..counted]) == high
    } else {
        counted_high + high_bytes(&page[counted..at]) == high
    };
    let text = ascii || is_text(page, start, count);
    Ok(Walk { end: at, text })
}

/// Where the value behind the `count` values from `start` on begins.
pub(super) fn skip(page: &[u8], start: usize, count: usize) -> Result<usize, String> {
    let mut at = start;
    for _ in 0..count {
        at = value_at(page, at).ok_or_else(|| ends(count))?.1;
    }
    Ok(at)
}

/// The value at `at`, and where the next one begins.
pub(super) fn value_at(page: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let (length, rest) = page.get(at..)?.split_first_chunk::<LENGTH>()?;
    let length = u32::from_le_bytes(*length) as usize;
    Some((rest.get(..length)?, at + LENGTH + length))
}

fn ends(count: usize) -> String {
    format!("it ends before the last of {count} values")
}

/// The 16 bytes at `at`; what is beyond the page is zero.
#[inline]
fn word_at(page: &[u8], at: usize) -> u128 {
    let rest = page.get(at..).unwrap_or_default();
    if let Some(word) = rest.first_chunk() {
        return u128::from_le_bytes(*word);
    }
    let mut word = [0; 16];
    word[..rest.len()].copy_from_slice(rest);
    u128::from_le_bytes(word)
}

/// How many bytes are no ASCII.
fn high_bytes(bytes: &[u8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut count = rest.iter().filter(|byte| !byte.is_ascii()).count() as u64;
    // One count a byte of a word, which has room for 255 of them.
    for words in words.chunks(255) {
        let lanes = words.iter().fold(0, |lanes, word| lanes + ((u64::from_le_bytes(*word) >> 7) & ONES));
        count += lanes.to_le_bytes().into_iter().map(u64::from).sum::<u64>();
    }
    count
}

/// Whether each of the values is text, looked at one by one.
fn is_text(page: &[u8], start: usize, count: usize) -> bool {
    let mut at = start;
    (0..count).all(|_| match value_at(page, at) {
        Some((value, next)) => {
            at = next;
            std::str::from_utf8(value).is_ok()
        }
        None => false,
    })
}

#[cfg(test)]
mod tests;

//! The hybrid of runs and packed bits in which Parquet writes dictionary indices and definition levels.
//!
//! A sequence of runs, each behind a varint: an even one, `2 n`, is one value repeated `n` times; an odd one, `2 g + 1`, is
//! `g` groups of eight values of `width` bits each, low bits first. Runs are followed as runs: a repeated value is written at
//! once, packed values are unpacked eight at a time by code for their width. Everything here comes from foreign files: a
//! count is believed only as far as there are bytes, and an index only below the limit that the caller gives.

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::{BooleanBuffer, Buffer};

/// The widest values that there are.
const WIDEST: usize = 32;

/// A decoder; it keeps its place, so that values can be read in pieces of any size.
#[derive(Debug)]
pub(super) struct Hybrid {
    bytes: Buffer,
    at: usize,
    width: usize,
    run: Run,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    Repeated { value: u32, left: usize },
    Packed { start: usize, next: usize, count: usize },
}

impl Run {
    fn left(self) -> usize {
        match self {
            Self::Repeated { left, .. } => left,
            Self::Packed { next, count, .. } => count - next,
        }
    }

    fn pass(&mut self, values: usize) {
        match self {
            Self::Repeated { left, .. } => *left -= values,
            Self::Packed { next, .. } => *next += values,
        }
    }
}

impl Hybrid {
    /// A decoder of values of `width` bits.
    pub(super) fn new(bytes: Buffer, width: u8) -> Result<Self, String> {
        let width = usize::from(width);
        if width > WIDEST {
            return Err(format!("values of {width} bits, where {WIDEST} are the most"));
        }
        Ok(Self { bytes, at: 0, width, run: Run::Repeated { value: 0, left: 0 } })
    }

    /// Appends the next `count` values, each of them below `limit`, which is at most `i32::MAX`.
    pub(super) fn read(&mut self, mut count: usize, limit: u32, out: &mut Vec<i32>) -> Result<(), String> {
        out.reserve(count);
        while count > 0 {
            let take = self.at_hand(count)?;
            let largest = match self.run {
                Run::Repeated { value, .. } => {
                    out.resize(out.len() + take, value.cast_signed());
                    value
                }
                Run::Packed { start, next, .. } => unpack(&self.bytes[start..], self.width, next, take, out),
            };
            if largest >= limit {
                return Err(format!("an index {largest} into a dictionary of {limit} values"));
            }
            self.run.pass(take);
            count -= take;
        }
        Ok(())
    }

    /// Passes over `count` values.
    pub(super) fn skip(&mut self, mut count: usize) -> Result<(), String> {
        while count > 0 {
            let take = self.at_hand(count)?;
            self.run.pass(take);
            count -= take;
        }
        Ok(())
    }

    /// How many of the next `count` values are in the run at hand, at least one.
    fn at_hand(&mut self, count: usize) -> Result<usize, String> {
        while self.run.left() == 0 {
            self.next_run()?;
        }
        Ok(count.min(self.run.left()))
    }

    fn next_run(&mut self) -> Result<(), String> {
        let header = self.varint()?;
        let rest = self.bytes.len() - self.at;
        if header & 1 == 0 {
            let bytes = self.width.div_ceil(8);
            if bytes > rest {
                return Err(ENDS.to_owned());
            }
            let mut value = [0; 4];
            value[..bytes].copy_from_slice(&self.bytes[self.at..self.at + bytes]);
            self.at += bytes;
            self.run = Run::Repeated { value: u32::from_le_bytes(value), left: (header >> 1) as usize };
        } else {
            let groups = (header >> 1) as usize;
            // Some writers leave out the unused end of the last group.
            let bytes = groups.saturating_mul(self.width).min(rest);
            let count = groups.saturating_mul(8);
            let count = (bytes * 8).checked_div(self.width).map_or(count, |there| there.min(count));
            self.run = Run::Packed { start: self.at, next: 0, count };
            self.at += bytes;
        }
        Ok(())
    }

    fn varint(&mut self) -> Result<u32, String> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(ENDS)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).map_err(|_| LONG_RUN.to_owned());
            }
        }
        Err(LONG_RUN.to_owned())
    }
}

const ENDS: &str = "its runs end before its last value";
const LONG_RUN: &str = "a run of more values than there can be";

/// Definition levels of a flat column: whether each row holds a value.
#[derive(Debug)]
pub(super) struct Levels(Hybrid);

impl Levels {
    pub(super) fn new(bytes: Buffer) -> Result<Self, String> {
        Hybrid::new(bytes, 1).map(Self)
    }

    /// Which of the next `rows` rows hold a value; `None` if all of them do.
    pub(super) fn take(&mut self, rows: usize) -> Result<Option<BooleanBuffer>, String> {
        if rows == 0 {
            return Ok(None);
        }
        if self.0.at_hand(rows)? == rows && matches!(self.0.run, Run::Repeated { value: 1, .. }) {
            self.0.run.pass(rows);
            return Ok(None);
        }
        let mut present = BooleanBufferBuilder::new(0);
        let mut left = rows;
        while left > 0 {
            let take = self.0.at_hand(left)?;
            match self.0.run {
                Run::Repeated { value, .. } => present.append_n(take, is_present(value)?),
                Run::Packed { start, next, .. } => {
                    present.append_packed_range(next..next + take, &self.0.bytes[start..]);
                }
            }
            self.0.run.pass(take);
            left -= take;
        }
        Ok(Some(present.finish()))
    }

    /// Passes over `rows` rows, and says how many values they hold.
    pub(super) fn skip(&mut self, rows: usize) -> Result<usize, String> {
        let (mut left, mut values) = (rows, 0);
        while left > 0 {
            let take = self.0.at_hand(left)?;
            values += match self.0.run {
                Run::Repeated { value, .. } => usize::from(is_present(value)?) * take,
                Run::Packed { start, next, .. } => {
                    BooleanBuffer::new(self.0.bytes.slice(start), next, take).count_set_bits()
                }
            };
            self.0.run.pass(take);
            left -= take;
        }
        Ok(values)
    }
}

fn is_present(level: u32) -> Result<bool, String> {
    match level {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(format!("a definition level of {other}, where 1 is the highest")),
    }
}

/// Appends `take` values of a packed run from number `next` on; gives the largest of them.
fn unpack(run: &[u8], width: usize, mut next: usize, mut take: usize, out: &mut Vec<i32>) -> u32 {
    let mut largest = 0;
    // The rest of a group that was begun before.
    let begun = next % 8;
    if begun > 0 {
        let here = take.min(8 - begun);
        let group = group_at(run, width, next / 8);
        largest = append(&group[begun..begun + here], out);
        next += here;
        take -= here;
    }
    let (first, whole) = (next / 8, take / 8);
    let quick = whole.min(roomy(run.len(), width).saturating_sub(first));
    largest = largest.max(unpack_groups(run, width, first, quick, out));
    for group in first + quick..first + whole {
        largest = largest.max(append(&group_at(run, width, group), out));
    }
    let rest = take % 8;
    if rest > 0 {
        largest = largest.max(append(&group_at(run, width, first + whole)[..rest], out));
    }
    largest
}

/// How many groups have a word's length of bytes behind them.
fn roomy(bytes: usize, width: usize) -> usize {
    bytes.saturating_sub(8) / width.max(1)
}

fn append(values: &[u32], out: &mut Vec<i32>) -> u32 {
    out.extend(values.iter().map(|value| value.cast_signed()));
    values.iter().copied().max().unwrap_or(0)
}

/// One group, wherever it lies; what is beyond the end of the bytes is zero.
fn group_at(run: &[u8], width: usize, group: usize) -> [u32; 8] {
    let mut bytes = [0; WIDEST + 8];
    let start = (group * width).min(run.len());
    let here = width.min(run.len() - start);
    bytes[..here].copy_from_slice(&run[start..start + here]);
    std::array::from_fn(|place| value_at(&bytes, width, place))
}

/// One value of the group that `bytes` begins with; there are eight bytes behind it.
#[inline]
fn value_at(bytes: &[u8], width: usize, place: usize) -> u32 {
    let bit = place * width;
    let word = bytes[bit / 8..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    ((word >> (bit % 8)) & ((1_u64 << width) - 1)) as u32
}

/// Appends whole groups that have eight bytes behind them; gives the largest value.
fn unpack_groups(run: &[u8], width: usize, first: usize, groups: usize, out: &mut Vec<i32>) -> u32 {
    macro_rules! by_width {
        ($($known:literal)*) => {
            match width {
                0 => { out.resize(out.len() + groups * 8, 0); 0 }
                $($known => unpack_width::<$known>(run, first, groups, out),)*
                _ => unreachable!("wider values were refused"),
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32)
}

fn unpack_width<const WIDTH: usize>(run: &[u8], first: usize, groups: usize, out: &mut Vec<i32>) -> u32 {
    let start = out.len();
    out.resize(start + groups * 8, 0);
    let mut largest = [0_u32; 8];
    for (group, values) in out[start..].as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let bytes = &run[(first + group) * WIDTH..][..WIDTH + 8];
        for place in 0..8 {
            let value = value_at(bytes, WIDTH, place);
            largest[place] = largest[place].max(value);
            values[place] = value.cast_signed();
        }
    }
    largest.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests;

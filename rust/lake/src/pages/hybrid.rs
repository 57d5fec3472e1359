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
mod tests {
    use super::*;

    /// What a run is made of, for the encoder below.
    enum Piece {
        Run(u32, usize),
        Packed(Vec<u32>),
    }

    fn varint(mut value: usize, out: &mut Vec<u8>) {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    /// An encoder as plain as the format's own description.
    fn encode(pieces: &[Piece], width: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Run(value, count) => {
                    varint(count << 1, &mut out);
                    out.extend(&value.to_le_bytes()[..width.div_ceil(8)]);
                }
                Piece::Packed(values) => {
                    varint((values.len() / 8) << 1 | 1, &mut out);
                    let mut bits = vec![0_u8; values.len() * width / 8];
                    for (at, value) in values.iter().enumerate() {
                        for bit in 0..width {
                            let place = at * width + bit;
                            bits[place / 8] |= ((value >> bit & 1) as u8) << (place % 8);
                        }
                    }
                    out.extend(bits);
                }
            }
        }
        out
    }

    /// Numbers without a pattern, the same each time.
    fn mixed(seed: u32) -> impl FnMut() -> u32 {
        let mut state = seed | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        }
    }

    fn sample(width: usize, seed: u32) -> (Vec<u32>, Vec<u8>) {
        let mut next = mixed(seed);
        // Values are places in a dictionary, so below `i32::MAX`.
        let mask = ((1_u64 << width.min(30)) - 1) as u32;
        let pieces: Vec<Piece> = (0..6)
            .map(|_| match next() % 3 {
                0 => Piece::Run(next() & mask, next() as usize % 40),
                _ => {
                    let values = next() as usize % 5 * 8;
                    Piece::Packed((0..values).map(|_| next() & mask).collect())
                }
            })
            .collect();
        let values = pieces.iter().flat_map(|piece| match piece {
            Piece::Run(value, count) => vec![*value; *count],
            Piece::Packed(values) => values.clone(),
        });
        (values.collect(), encode(&pieces, width))
    }

    #[test]
    fn every_width_is_read_in_pieces_of_any_size() {
        for width in 0..=32_u8 {
            for seed in 1..40 {
                let (values, bytes) = sample(width.into(), seed);
                for step in [1, 3, 8, 11, 1_000] {
                    let mut decoder = Hybrid::new(bytes.clone().into(), width).unwrap();
                    let mut seen = Vec::new();
                    for start in (0..values.len()).step_by(step) {
                        let count = step.min(values.len() - start);
                        if start % 2 == 1 && seed % 3 == 0 {
                            decoder.skip(count).unwrap();
                            seen.extend(values[start..start + count].iter().map(|value| value.cast_signed()));
                        } else {
                            decoder.read(count, i32::MAX.cast_unsigned(), &mut seen).unwrap();
                        }
                    }
                    let expected: Vec<i32> = values.iter().map(|value| value.cast_signed()).collect();
                    assert_eq!(seen, expected, "width {width}, seed {seed}, step {step}");
                    if width > 0 {
                        assert!(decoder.read(9, i32::MAX.cast_unsigned(), &mut Vec::new()).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn levels_are_bits_or_nothing_where_all_are_there() {
        let pieces = [Piece::Run(1, 20), Piece::Packed([[1, 0, 0, 1, 1, 1, 0, 1]; 2].concat()), Piece::Run(0, 5)];
        let expected: Vec<bool> = [vec![true; 20], [[true, false, false, true, true, true, false, true]; 2].concat()]
            .concat()
            .into_iter()
            .chain([false; 5])
            .collect();
        let bytes = Buffer::from(encode(&pieces, 1));
        for step in 1..=expected.len() {
            let (mut read, mut skipped) = (Levels::new(bytes.clone()).unwrap(), Levels::new(bytes.clone()).unwrap());
            for rows in expected.chunks(step) {
                let taken = read.take(rows.len()).unwrap();
                let present: Vec<bool> = taken.map_or(vec![true; rows.len()], |taken| taken.iter().collect());
                assert_eq!(present, rows);
                assert_eq!(skipped.skip(rows.len()).unwrap(), rows.iter().filter(|row| **row).count());
            }
            assert!(read.take(1).is_err());
        }
        assert!(Levels::new(bytes).unwrap().take(20).unwrap().is_none());
    }

    #[test]
    fn what_is_no_encoding_is_refused() {
        let read = |bytes: &[u8], width, count, limit| {
            Hybrid::new(bytes.to_vec().into(), width).and_then(|mut it| it.read(count, limit, &mut Vec::new()))
        };
        assert!(read(&[], 33, 1, 10).unwrap_err().contains("33 bits"));
        assert!(read(&[], 3, 1, 10).unwrap_err().contains("end before"));
        assert!(read(&[2 << 1], 9, 1, 10).unwrap_err().contains("end before"));
        assert!(read(&[0x80, 0x80, 0x80, 0x80, 0x7f], 3, 1, 10).unwrap_err().contains("more values"));
        assert!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 3, 1, 10).unwrap_err().contains("more values"));
        assert!(read(&[0xff, 0xff, 0xff, 0xff, 0x0f], 3, 1, 10).unwrap_err().contains("end before"));
        assert!(read(&[1 << 1, 7], 3, 1, 7).unwrap_err().contains("index 7 into a dictionary of 7"));
        assert!(read(&[1 << 1 | 1, 0xff, 0xff, 0xff], 3, 8, 7).unwrap_err().contains("index 7"));
        assert!(read(&[1 << 1, 0xff, 0xff, 0xff, 0xff], 32, 1, 5).unwrap_err().contains("dictionary of 5"));
        assert!(read(&[1 << 1], 0, 1, 0).unwrap_err().contains("dictionary of 0"));
        assert!(Levels::new(vec![3_u8 << 1, 2].into()).unwrap().take(3).unwrap_err().contains("level of 2"));
    }

    #[test]
    fn the_unused_end_of_the_last_group_may_be_missing() {
        let mut bytes = encode(&[Piece::Packed(vec![5; 16])], 3);
        bytes.truncate(1 + 4);
        let mut seen = Vec::new();
        let mut decoder = Hybrid::new(bytes.into(), 3).unwrap();
        decoder.read(10, 6, &mut seen).unwrap();
        assert_eq!(seen, [5; 10]);
        assert!(decoder.read(1, 6, &mut seen).is_err());
    }
}

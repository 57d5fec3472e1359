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

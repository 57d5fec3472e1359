//! Exact comparison of decimal numbers in text form.
//!
//! Columns are asked through their text form, so a number is a text here too: no value passes through a float, and
//! 9007199254740993 stays apart from its neighbour. Digits are compared where they stand; nothing is allocated.

use std::cmp::Ordering;

/// A decimal number: sign, significant digits without zeros at either end, and the place of the decimal point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal<'a> {
    negative: bool,
    /// Digits before and after the point as written, leading and trailing zeros included.
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Decimal<'a> {
    /// Reads `-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?`, the whole text; anything else is no number.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, rest) = match bytes.first()? {
            b'-' => (true, &bytes[1..]),
            _ => (false, bytes),
        };
        let (whole, rest) = digits(rest)?;
        let (fraction, rest): (&[u8], _) = match rest.first() {
            Some(b'.') => digits(&rest[1..])?,
            _ => (&[], rest),
        };
        let exponent = match rest.first() {
            None => 0,
            Some(b'e' | b'E') => {
                let (sign, rest) = match rest.get(1)? {
                    b'-' => (-1, &rest[2..]),
                    b'+' => (1, &rest[2..]),
                    _ => (1, &rest[1..]),
                };
                let (power, rest) = digits(rest)?;
                if !rest.is_empty() {
                    return None;
                }
                // An exponent beyond i32 only says "huge" or "tiny"; the order among such is by the capped power.
                let power = power.iter().fold(0i64, |p, d| (p * 10 + i64::from(d - b'0')).min(i64::from(i32::MAX)));
                sign * power
            }
            Some(_) => return None,
        };
        Some(Self { negative, whole, fraction, exponent })
    }

    /// This number times a power of ten, down to the next integer; `None` if that has more than thirty digits.
    pub(crate) fn floor(&self, power: i64) -> Option<i128> {
        let Some((first, point)) = self.leading() else { return Some(0) };
        let kept = usize::try_from((point + power).max(0)).ok().filter(|&kept| kept <= 30)?;
        let digits = (first..first + kept).map(|i| i128::from(self.digit(i) - b'0'));
        let whole = digits.fold(0i128, |sum, digit| sum * 10 + digit);
        // What lies beyond a point left of the first digit is a fraction as a whole.
        let rest = (first + kept..self.digit_count()).any(|i| self.digit(i) != b'0');
        Some(if self.negative { -whole - i128::from(rest) } else { whole })
    }

    fn digit_count(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    fn digit(&self, i: usize) -> u8 {
        if i < self.whole.len() {
            self.whole[i]
        } else {
            self.fraction.get(i - self.whole.len()).copied().unwrap_or(b'0')
        }
    }

    /// Index of the first digit that is not zero, and the power of ten just above it; `None` for zero.
    fn leading(&self) -> Option<(usize, i64)> {
        let first = (0..self.digit_count()).find(|&i| self.digit(i) != b'0')?;
        Some((first, self.whole.len().cast_signed() as i64 - first.cast_signed() as i64 + self.exponent))
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = match (self.leading(), other.leading()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return if other.negative { Ordering::Greater } else { Ordering::Less },
            (Some(_), None) => return if self.negative { Ordering::Less } else { Ordering::Greater },
            (Some(a), Some(b)) => (a, b),
        };
        match (self.negative, other.negative) {
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            _ => {}
        }
        let count = (self.digit_count() - a.0).max(other.digit_count() - b.0);
        let magnitude = a.1.cmp(&b.1).then_with(|| {
            (0..count)
                .map(|i| self.digit(a.0 + i).cmp(&other.digit(b.0 + i)))
                .find(|o| o.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        if self.negative { magnitude.reverse() } else { magnitude }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal<'_> {}

/// The decimal text of a whole number that is written as `0x…`, of at most sixteen digits behind leading zeros: what
/// programs write so are numbers of 64 bits.
pub(crate) fn from_hex(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    // `from_str_radix` also takes a sign.
    let number = if digits.starts_with('+') { None } else { u64::from_str_radix(digits, 16).ok() };
    number.map(|number| number.to_string())
}

fn digits(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let count = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    (count > 0).then(|| bytes.split_at(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cmp(a: &str, b: &str) -> Ordering {
        Decimal::parse(a).expect(a).cmp(&Decimal::parse(b).expect(b))
    }

    #[test]
    fn compares_exactly() {
        for (small, big) in [
            ("5", "10"),
            ("9007199254740992", "9007199254740993"),
            ("-10", "-5"),
            ("-1", "0"),
            ("0", "0.0001"),
            ("1.5", "1.50001"),
            ("99e1", "1e3"),
            ("1e-400", "1e-399"),
            ("-0.5", "-0.25"),
        ] {
            assert_eq!(cmp(small, big), Ordering::Less, "{small} < {big}");
            assert_eq!(cmp(big, small), Ordering::Greater, "{big} > {small}");
        }
        for (a, b) in [("0", "-0"), ("1.50", "1.5"), ("1e3", "1000"), ("0005", "5"), ("0e9", "0.000"), ("12e-1", "1.2")]
        {
            assert_eq!(cmp(a, b), Ordering::Equal, "{a} = {b}");
        }
    }

    #[test]
    fn reads_hexadecimal() {
        let said = |text: &str| Some(text.to_owned());
        for (text, number) in [("0x0", "0"), ("0x3e7", "999"), ("0X3E7", "999"), ("0x00000000000000000001", "1")] {
            assert_eq!(from_hex(text), said(number), "{text}");
        }
        assert_eq!(from_hex("0xffffffffffffffff"), said("18446744073709551615"));
        for text in ["", "0x", "3e7", "0x+1", "0x-1", "-0x1", "0x1.0", "0x1 ", "x1", "0xg", "0x10000000000000000"] {
            assert_eq!(from_hex(text), None, "{text:?}");
        }
    }

    #[test]
    fn goes_down_to_an_integer() {
        for (text, power, floor) in [
            ("1.5", 0, 1),
            ("1.5", 1, 15),
            ("-1.5", 0, -2),
            ("-15", -1, -2),
            ("-10", -1, -1),
            ("0.001", 0, 0),
            ("-0.001", 0, -1),
            ("12e3", -3, 12),
            ("1e-5", 6, 10),
            ("-0.0", 3, 0),
        ] {
            assert_eq!(Decimal::parse(text).expect(text).floor(power), Some(floor), "{text} {power}");
        }
        assert_eq!(Decimal::parse("1e31").expect("a number").floor(0), None);
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "-", "+5", "0x10", "5 ", " 5", "1.", ".5", "1e", "1e+", "NaN", "inf", "1_000", "१"] {
            assert!(Decimal::parse(text).is_none(), "{text:?}");
        }
    }
}

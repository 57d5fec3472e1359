//! Times: reading ISO 8601 text, and the parts that rules ask for.
//!
//! Text is `YYYY-MM-DD`, then a `T` or a blank, `HH:MM`, optional `:SS` with an optional fraction of up to nine digits (more are cut off)
//! and an optional zone; UTC where none is stated. A date alone is its midnight.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::decimal::Decimal;
use crate::plan::TimePart;

/// Reads a time, or `None` if the text is none.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let bytes = text.as_bytes();
    if !text.is_ascii() || bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let date =
        NaiveDate::from_ymd_opt(number(&bytes[..4])?.cast_signed(), number(&bytes[5..7])?, number(&bytes[8..10])?)?;
    if bytes.len() == 10 {
        return (date.year() != 0).then(|| date.and_time(NaiveTime::MIN).and_utc());
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') || bytes.len() < 16 || bytes[13] != b':' {
        return None;
    }
    let (hour, minute) = (number(&bytes[11..13])?, number(&bytes[14..16])?);
    let mut rest = &bytes[16..];
    let (mut second, mut nanos) = (0, 0);
    let seconds = rest.first() == Some(&b':');
    if seconds {
        second = number(rest.get(1..3)?)?;
        rest = &rest[3..];
    }
    if let (true, Some((b'.' | b',', fraction))) = (seconds, rest.split_first()) {
        let count = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            return None;
        }
        let places = fraction[..count].iter().map(|digit| u32::from(digit - b'0')).chain(std::iter::repeat(0));
        nanos = places.take(9).fold(0, |sum, digit| sum * 10 + digit);
        rest = &fraction[count..];
    }
    // A leap second is the last nanosecond of its minute's 60th second, as chrono keeps it; a zone never moves seconds.
    let leap = if second == 60 { 1_000_000_000 } else { 0 };
    let local: NaiveDateTime = date.and_hms_opt(hour, minute, if leap > 0 { 59 } else { second })?;
    let time = (local - zone(rest)?).with_nanosecond(nanos + leap)?.and_utc();
    (1..=9999).contains(&time.year()).then_some(time)
}

/// Reads a number of units since 1970 as microseconds, `power` being the power of ten that makes one of them so. `None` if
/// the text is no number or the time is not one that can be written.
pub(crate) fn since_epoch(text: &str, power: i64) -> Option<i64> {
    let micros = i64::try_from(Decimal::parse(text)?.floor(power)?).ok()?;
    let time = DateTime::from_timestamp_micros(micros)?;
    (1..=9999).contains(&time.year()).then_some(micros)
}

fn zone(text: &[u8]) -> Option<TimeDelta> {
    let (sign, digits) = match text {
        [] | [b'Z' | b'z'] => return Some(TimeDelta::zero()),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (number(digits)?, 0),
        4 => (number(&digits[..2])?, number(&digits[2..])?),
        5 if digits[2] == b':' => (number(&digits[..2])?, number(&digits[3..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| TimeDelta::minutes(sign * i64::from(hours * 60 + minutes)))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |n, d| d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0')))
}

/// The part of a time in UTC; weeks are ISO weeks.
pub(crate) fn part(time: DateTime<Utc>, part: TimePart) -> i64 {
    match part {
        TimePart::Minute => i64::from(time.minute()),
        TimePart::Hour => i64::from(time.hour()),
        TimePart::Day => i64::from(time.day()),
        TimePart::Week => i64::from(time.iso_week().week()),
        TimePart::Month => i64::from(time.month()),
        TimePart::Year => i64::from(time.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_iso_text() {
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01 00:00:01", 1_000_000),
            ("1970-01-01T00:00:00.123456789Z", 123_456),
            ("1970-01-01T02:00:00+02:00", 0),
            ("1970-01-01T00:00:00-0130", 5_400_000_000),
            ("1970-01-02", 86_400_000_000),
            ("1970-01-01T00:01Z", 60_000_000),
            ("1970-01-01 01:00+01:00", 0),
            ("2021-04-22 09:51:03.135", 1_619_085_063_135_000),
        ] {
            assert_eq!(parse(text).map(|t| t.timestamp_micros()), Some(micros), "{text}");
        }
        for text in [
            "",
            "2021",
            "2021-13-01",
            "2021-04-22T",
            "2021-04-22T25:00:00Z",
            "2021-04-22 09:51:03 pm",
            "2021-04-22T09:51:03.Z",
            "2021-04-22T09:51.5Z",
            "2021-04-22T09:51:",
            "2021-04-22T09",
        ] {
            assert!(parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn weeks_are_iso_weeks() {
        let time = parse("2021-01-01T05:06:07Z").expect("a time");
        assert_eq!(part(time, TimePart::Week), 53);
        assert_eq!(part(time, TimePart::Hour), 5);
    }

    #[test]
    fn a_leap_second_is_in_its_minute_in_every_zone() {
        let time = parse("2017-01-01T00:59:60.5+01:00").expect("a time");
        assert_eq!((part(time, TimePart::Minute), part(time, TimePart::Day)), (59, 31));
        assert!(parse("0000-12-31").is_none() && parse("0001-01-01T00:30:00+01").is_none());
    }
}

use super::*;
use crate::pages::unchecked;
use arrow::array::{Array, AsArray};

fn page(values: &[&[u8]]) -> Vec<u8> {
    let mut page = Vec::new();
    for value in values {
        page.extend((value.len() as u32).to_le_bytes());
        page.extend(*value);
    }
    page
}

#[test]
fn values_of_every_length_are_the_views_that_arrow_would_make() {
    let long = "x".repeat(300);
    let values: Vec<&[u8]> =
        (0..40).chain([127, 128, 129, 255, 256, 300]).map(|n| &long.as_bytes()[..n]).chain([&b""[..]]).collect();
    let page = page(&values);
    for first in 0..values.len() {
        let start = skip(&page, 0, first).unwrap();
        let mut views = Vec::new();
        let walk = super::views(&page, start, values.len() - first, &mut views).unwrap();
        assert_eq!(walk, Walk { end: page.len(), text: true });
        let array = unchecked::text_views(views, page.clone().into(), None);
        arrow::array::StringViewArray::try_new(
            array.as_string_view().views().clone(),
            array.as_string_view().data_buffers().to_vec(),
            None,
        )
        .unwrap();
        let seen: Vec<&[u8]> = array.as_string_view().iter().flatten().map(str::as_bytes).collect();
        assert_eq!(seen, values[first..]);
    }
}

#[test]
fn text_is_told_from_other_bytes_whatever_the_lengths_are() {
    // A length of 128 and more has bytes that are no ASCII of its own.
    for filler in [0, 11, 12, 13, 127, 128, 200, 255, 256, 40_000] {
        let filler = vec![b'a'; filler];
        let text = |value: &[u8]| {
            let page = page(&[&filler, value, &filler]);
            let walk = views(&page, 0, 3, &mut Vec::new()).unwrap();
            let binary =
                views(&page, 0, 3, &mut Vec::new()).map(|_| unchecked::binary_views(vec![0], page.into(), None));
            assert_eq!(binary.unwrap().len(), 1);
            walk.text
        };
        assert!(text(b""));
        assert!(text("Zürich, 東京, \u{1f600}".as_bytes()));
        assert!(!text(b"Z\xfcrich"));
        assert!(!text(&"ü".as_bytes()[..1]));
    }
    // Half a character in each of two values is no text, though the bytes would be.
    let halves = page(&[&"ü".as_bytes()[..1], &"ü".as_bytes()[1..]]);
    assert!(!views(&halves, 0, 2, &mut Vec::new()).unwrap().text);
}

#[test]
fn a_page_that_ends_early_or_lies_is_refused() {
    let sound = page(&[b"one", b"a value of twenty-one", b"three"]);
    for end in 0..sound.len() {
        let cut = &sound[..end];
        assert!(views(cut, 0, 3, &mut Vec::new()).is_err(), "{end}");
        assert!(skip(cut, 0, 3).is_err(), "{end}");
    }
    assert!(views(&sound, 0, 4, &mut Vec::new()).is_err());
    assert!(views(&sound, sound.len() + 7, 1, &mut Vec::new()).is_err());
    assert!(views(&sound, 0, usize::MAX, &mut Vec::new()).is_err());
    let mut lying = sound.clone();
    lying[7..11].fill(0xff);
    let reason = views(&lying, 0, 3, &mut Vec::new()).unwrap_err();
    assert!(reason.contains("4294967295 bytes"), "{reason}");
    assert!(skip(&lying, 0, 3).is_err());
    assert_eq!(views(&[], 0, 0, &mut Vec::new()), Ok(Walk { end: 0, text: true }));
}

#[test]
fn bytes_that_are_no_ascii_are_counted_in_any_place() {
    for length in [0, 1, 7, 8, 9, 255 * 8, 255 * 8 + 3, 10_000] {
        let mut bytes = vec![0x7f; length];
        assert_eq!(high_bytes(&bytes), 0);
        for at in (0..length).step_by(13) {
            bytes[at] = 0x80;
        }
        assert_eq!(high_bytes(&bytes), length.div_ceil(13) as u64);
        bytes.fill(0xff);
        assert_eq!(high_bytes(&bytes), length as u64);
    }
}

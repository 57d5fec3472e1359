use arrow::array::Array;
use bytes::Bytes;

use super::*;
use crate::pages::parts::Parts;

/// Three rows, the second null: levels of the first kind, then the values.
fn first(values: &[u8], encoding: Encoding) -> Page {
    let levels = [2, 0, 0, 0, 1 << 1 | 1, 0b101];
    v1([&levels, values].concat(), 3, encoding)
}

fn v1(bytes: Vec<u8>, num_values: u32, encoding: Encoding) -> Page {
    Page::DataPage {
        buf: Bytes::from(bytes),
        num_values,
        encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    }
}

fn v2(bytes: Vec<u8>, rows: u32, values: u32, levels: (u32, u32)) -> Page {
    Page::DataPageV2 {
        buf: Bytes::from(bytes),
        num_values: values,
        encoding: Encoding::PLAIN,
        num_nulls: 1,
        num_rows: rows,
        def_levels_byte_len: levels.1,
        rep_levels_byte_len: levels.0,
        is_compressed: false,
        statistics: None,
    }
}

fn read(page: &Page, kind: &Kind, dictionary: &Dictionary) -> Result<usize, Stop> {
    let mut page = DataPage::new(page, true)?;
    let rows = page.rows;
    let mut parts = Parts::new();
    parts.append(&mut page, rows, kind, dictionary)?;
    Ok(parts.finish(dictionary).iter().map(Array::len).sum())
}

fn damage(page: &Page, kind: &Kind, dictionary: &Dictionary) -> String {
    match read(page, kind, dictionary) {
        Err(Stop::Damaged(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn number() -> Kind {
    Kind::Number { wide: true, target: DataType::Int64 }
}

fn texts(page: &[u8], count: u32) -> Result<Dictionary, Stop> {
    Dictionary::read(&Kind::Text, page.to_vec().into(), count, Encoding::PLAIN)
}

#[test]
fn sound_pages_have_all_their_rows() {
    let dictionary = texts(b"\x02\0\0\0nc\0\0\0\0", 2).unwrap();
    assert_eq!(dictionary.len(), 2);
    assert_eq!(read(&first(&[1, 2 << 1, 1], Encoding::RLE_DICTIONARY), &Kind::Text, &dictionary), Ok(3));
    let plain = b"\x02\0\0\0nc\x03\0\0\0\xff\xff\xff";
    assert_eq!(read(&first(plain, Encoding::PLAIN), &Kind::Text, &dictionary), Ok(3));
    assert_eq!(read(&first(&[7; 16], Encoding::PLAIN), &number(), &Dictionary::empty(&number())), Ok(3));
    let second = v2([&[1 << 1 | 1, 0b101], &plain[..]].concat(), 3, 3, (0, 2));
    assert_eq!(read(&second, &Kind::Text, &dictionary), Ok(3));
    // All rows null, and neither dictionary nor values.
    let nulls = v1(vec![2, 0, 0, 0, 5 << 1, 0], 5, Encoding::RLE_DICTIONARY);
    assert_eq!(read(&nulls, &Kind::Text, &Dictionary::empty(&Kind::Text)), Ok(5));
}

#[test]
fn other_encodings_are_left_to_others() {
    let dictionary = Dictionary::empty(&Kind::Text);
    let delta = first(&[0; 20], Encoding::DELTA_BYTE_ARRAY);
    assert_eq!(read(&delta, &Kind::Text, &dictionary), Err(Stop::Unsupported));
    let mut old = first(&[0; 20], Encoding::PLAIN);
    if let Page::DataPage { def_level_encoding, .. } = &mut old {
        #[allow(deprecated)]
        let bits = Encoding::BIT_PACKED;
        *def_level_encoding = bits;
    }
    assert_eq!(read(&old, &Kind::Text, &dictionary), Err(Stop::Unsupported));
    let read = Dictionary::read(&Kind::Text, Buffer::from(&[0_u8; 4]), 1, Encoding::DELTA_BYTE_ARRAY);
    assert_eq!(read.err(), Some(Stop::Unsupported));
}

#[test]
fn counts_and_lengths_are_believed_as_far_as_there_are_bytes() {
    let empty = Dictionary::empty(&Kind::Text);
    let dictionary = texts(b"\x02\0\0\0nc\0\0\0\0", 2).unwrap();
    let text = |page: &Page| damage(page, &Kind::Text, &dictionary);
    assert!(text(&v1(vec![2, 0], 3, Encoding::PLAIN)).contains("definition levels"));
    assert!(text(&v1(vec![9, 0, 0, 0, 3, 5], 3, Encoding::PLAIN)).contains("9 bytes of definition levels"));
    assert!(text(&v1(vec![0, 0, 0, 0], 3, Encoding::PLAIN)).contains("end before"));
    assert!(text(&v1(vec![2, 0, 0, 0, 3, 5], u32::MAX, Encoding::PLAIN)).contains("end before"));
    assert!(text(&first(b"\x02\0\0\0nc", Encoding::PLAIN)).contains("it ends"));
    assert!(text(&first(b"\x02\0\0\0nc\xff\xff\xff\x7f", Encoding::PLAIN)).contains("2147483647 bytes"));
    assert!(text(&first(&[], Encoding::RLE_DICTIONARY)).contains("end before"));
    assert!(text(&first(&[33, 4, 0], Encoding::RLE_DICTIONARY)).contains("33 bits"));
    assert!(text(&first(&[2, 2 << 1, 2], Encoding::RLE_DICTIONARY)).contains("index 2 into a dictionary of 2"));
    assert!(damage(&first(&[1, 2 << 1, 0], Encoding::RLE_DICTIONARY), &Kind::Text, &empty).contains("dictionary of 0"));
    assert!(damage(&first(&[7; 15], Encoding::PLAIN), &number(), &empty).contains("it ends"));
    assert!(text(&v2(vec![3, 5], 2, 3, (0, 2))).contains("3 values in 2 rows"));
    assert!(text(&v2(vec![3, 5], 3, 3, (u32::MAX, 2))).contains("bytes of levels"));
    assert!(text(&v2(vec![3, 5], 3, 3, (0, 3))).contains("3 bytes of levels in a page of 2"));
    let page = Page::DictionaryPage { buf: Bytes::new(), num_values: 0, encoding: Encoding::PLAIN, is_sorted: false };
    assert!(text(&page).contains("in the place of data"));
}

#[test]
fn a_dictionary_page_that_lies_is_refused() {
    let reason =
        |page: &[u8], count, kind: &Kind| match Dictionary::read(kind, page.to_vec().into(), count, Encoding::PLAIN) {
            Err(Stop::Damaged(reason)) => reason,
            other => panic!("{other:?}"),
        };
    let sound = b"\x02\0\0\0nc\0\0\0\0";
    assert!(reason(sound, 3, &Kind::Text).contains("it ends"));
    assert!(reason(sound, u32::MAX, &Kind::Text).contains("it ends"));
    assert!(reason(b"\x03\0\0\0nc", 1, &Kind::Text).contains("3 bytes"));
    assert!(reason(&[0; 15], 2, &number()).contains("it ends"));
    assert!(reason(&[0; 15], u32::MAX, &number()).contains("it ends"));
    assert!(matches!(texts(b"\x01\0\0\0\xff", 1), Ok(Dictionary::Views { .. })));
}

#[test]
fn what_is_passed_over_is_not_looked_at() {
    let mut page = DataPage::new(&first(b"\x02\0\0\0nc\x01\0\0\0x", Encoding::PLAIN), true).unwrap();
    page.skip(2, &Kind::Text).unwrap();
    let mut parts = Parts::new();
    let dictionary = Dictionary::empty(&Kind::Text);
    parts.append(&mut page, 1, &Kind::Text, &dictionary).unwrap();
    let parts = parts.finish(&dictionary);
    assert_eq!(arrow::array::AsArray::as_string_view(&parts[0]).value(0), "x");
    let mut page = DataPage::new(&first(b"", Encoding::PLAIN), true).unwrap();
    assert!(page.skip(2, &Kind::Text).is_err());
    let mut page = DataPage::new(&first(b"", Encoding::PLAIN), true).unwrap();
    assert!(page.skip(3, &Kind::Text).is_ok());
}

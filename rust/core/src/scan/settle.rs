//! Settling regexes: a signature only says that a value may match, and the regex is asked here.
//!
//! Most rules with a regex have a rarer part, so few rows come this far; asking every value in advance took a quarter of a
//! scan. A dictionary's value is asked once per question, whatever the number of its rows.

use arrow::array::{AnyDictionaryArray, Array, AsArray};
use arrow::datatypes::DataType;
use regex::Regex;

use super::bitmap::Bitmap;
use crate::column::{Leaves, formatter};

/// Narrows `within` to the rows where any value of the column matches.
pub(super) fn narrow(regex: &Regex, leaves: &Leaves, within: &mut Bitmap) {
    if within.is_empty() {
        return;
    }
    let Some(format) = formatter(leaves.values.as_ref()) else {
        within.retain(|_| false);
        return;
    };
    let nulls = leaves.values.logical_nulls();
    let keys = match leaves.values.data_type() {
        // Where a dictionary holds nothing, every key is null, and no value is looked at.
        DataType::Dictionary(..) => Some(leaves.values.as_any_dictionary())
            .filter(|dictionary| !dictionary.values().is_empty())
            .map(AnyDictionaryArray::normalized_keys),
        _ => None,
    };
    let distinct = keys.as_ref().map_or(0, |_| leaves.values.as_any_dictionary().values().len());
    let mut known: Vec<Option<bool>> = vec![None; distinct];
    let mut text = String::new();
    within.retain(|row| {
        leaves.range(row).any(|i| {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(i)) {
                return false;
            }
            if let Some(answer) = keys.as_ref().and_then(|keys| known[keys[i]]) {
                return answer;
            }
            text.clear();
            let answer = format(i, &mut text) && regex.is_match(&text);
            if let Some(keys) = &keys {
                known[keys[i]] = Some(answer);
            }
            answer
        })
    });
}

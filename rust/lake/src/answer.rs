//! One value a row instead of one row a match: what an expression of a query engine gives.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, ListBuilder, StringArray, StringBuilder, UInt32Array,
};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;

use crate::error::Error;

/// What is told of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Whether some rule matches it: a truth value.
    Any,
    /// How many rules do: an unsigned number of 32 bits.
    Count,
    /// Which do: a list of text, empty where none does, in the order of the rule set. A rule is named by its id, and by its file or
    /// its title where it has none.
    Rules,
}

impl FromStr for Answer {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "any" => Ok(Self::Any),
            "count" => Ok(Self::Count),
            "rules" => Ok(Self::Rules),
            other => Err(Error::usage(format!("there is no answer {other:?}; ask for any, count or rules"))),
        }
    }
}

impl Answer {
    /// The type of its column; no value is null.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Any => DataType::Boolean,
            Self::Count => DataType::UInt32,
            Self::Rules => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        }
    }

    /// Its column, of pairs of a row and a rule in the order of the rows.
    pub(crate) fn column(
        self,
        rows: usize,
        pairs: impl Iterator<Item = (usize, usize)>,
        names: &StringArray,
    ) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Any => {
                let mut set = BooleanBufferBuilder::new(rows);
                set.append_n(rows, false);
                pairs.for_each(|(row, _)| set.set_bit(row, true));
                Ok(Arc::new(BooleanArray::new(set.finish(), None)))
            }
            Self::Count => {
                let mut counts = vec![0_u32; rows];
                pairs.for_each(|(row, _)| counts[row] += 1);
                Ok(Arc::new(UInt32Array::from(counts)))
            }
            Self::Rules => {
                let mut lists = ListBuilder::with_capacity(StringBuilder::new(), rows);
                let mut begun = 0;
                for (row, rule) in pairs {
                    while begun < row {
                        lists.append(true);
                        begun += 1;
                    }
                    // A list's offsets are of 32 bits, and so are those of its text; a batch that needs more is refused, not cut.
                    let text = names.value(rule);
                    if lists.values().values_slice().len() + text.len() > i32::MAX as usize {
                        return Err(ArrowError::InvalidArgumentError(
                            "the names of the rules are more than 2 GiB in one batch; ask with smaller batches"
                                .to_owned(),
                        ));
                    }
                    lists.values().append_value(text);
                }
                while begun < rows {
                    lists.append(true);
                    begun += 1;
                }
                Ok(Arc::new(lists.finish()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::UInt32Type;

    use super::*;

    const PAIRS: [(usize, usize); 4] = [(1, 0), (1, 2), (3, 1), (4, 2)];

    fn column(answer: Answer) -> ArrayRef {
        let names = StringArray::from(vec!["a", "b", "c"]);
        let made = answer.column(6, PAIRS.into_iter(), &names).unwrap();
        assert_eq!((made.len(), made.null_count(), made.data_type()), (6, 0, &answer.data_type()));
        made
    }

    #[test]
    fn a_row_without_a_match_has_an_answer_too() {
        let any = column(Answer::Any);
        assert_eq!(any.as_boolean().values().iter().collect::<Vec<_>>(), [false, true, false, true, true, false]);
        assert_eq!(column(Answer::Count).as_primitive::<UInt32Type>().values(), &[0, 2, 0, 1, 1, 0]);
        let rules = column(Answer::Rules);
        let lists: Vec<Vec<String>> = (0..6)
            .map(|row| {
                let list = rules.as_list::<i32>().value(row);
                list.as_string::<i32>().iter().flatten().map(ToOwned::to_owned).collect()
            })
            .collect();
        assert_eq!(lists, [vec![], vec!["a", "c"], vec![], vec!["b"], vec!["c"], vec![]]);
    }

    #[test]
    fn without_rows_there_is_an_empty_column() {
        let names = StringArray::from(Vec::<&str>::new());
        for answer in ["any", "count", "rules"].map(|name| name.parse::<Answer>().unwrap()) {
            let made = answer.column(0, std::iter::empty(), &names).unwrap();
            assert_eq!((made.len(), made.data_type()), (0, &answer.data_type()));
        }
        assert!("all".parse::<Answer>().unwrap_err().to_string().contains("any, count or rules"));
    }
}

//! Predicates on columns of every shape, through the public API: a Plan in, matching rows out.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Decimal128Array, DictionaryArray, Float64Array, Int64Array, LargeStringArray,
    ListArray, MapBuilder, RecordBatch, StringArray, StringBuilder, StringViewArray, StructArray,
    Time64MicrosecondArray, TimestampMillisecondArray, UInt64Array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Int8Type, Int32Type};
use serde_json::{Value, json};
use sigtrawl_core::{BindOptions, Binding, RuleSet, Scanner};

/// The rows that one condition matches, columns being Sigma fields.
fn rows(predicates: &Value, condition: &Value, batch: &RecordBatch) -> Vec<u32> {
    let (binding, mut scanner) = bind(predicates, condition, batch);
    let positions = binding.columns().to_vec();
    let found = scanner.scan(&batch.project(&positions).expect("columns exist")).expect("a scan");
    found.into_iter().map(|(row, _)| row).collect()
}

fn bind(predicates: &Value, condition: &Value, batch: &RecordBatch) -> (Arc<Binding>, Scanner) {
    let plan = json!({"format": "sigtrawl-plan", "version": 1, "predicates": predicates,
        "rules": [{"title": "test", "condition": condition}]});
    let rules = RuleSet::from_json(plan.to_string().as_bytes()).expect("a plan");
    let options = BindOptions { schema: Some("none".into()), ..BindOptions::default() };
    let binding = Arc::new(Binding::new(&rules, &batch.schema(), &options).expect("a binding"));
    let scanner = Scanner::new(Arc::clone(&binding));
    (binding, scanner)
}

fn one(predicate: &Value, column: ArrayRef) -> Vec<u32> {
    rows(&json!([predicate]), &json!(0), &RecordBatch::try_from_iter([("f", column)]).expect("a batch"))
}

fn text(op: &str, value: &str) -> Value {
    json!({"field": "f", "op": op, "value": value})
}

fn number(cmp: &str, value: &str) -> Value {
    json!({"field": "f", "op": "number", "cmp": cmp, "value": value})
}

const TEXTS: [Option<&str>; 6] =
    [Some(r"C:\Tools\NC.EXE"), None, Some(""), Some("\u{212A}ill"), Some("nc.exe\n"), Some("x nc.exe")];

/// Every encoding of text gives the same rows.
#[test]
fn text_in_every_encoding() {
    let encodings: [ArrayRef; 5] = [
        Arc::new(StringArray::from(TEXTS.to_vec())),
        Arc::new(LargeStringArray::from(TEXTS.to_vec())),
        Arc::new(StringViewArray::from(TEXTS.to_vec())),
        Arc::new(TEXTS.into_iter().collect::<DictionaryArray<Int8Type>>()),
        Arc::new(BinaryArray::from(TEXTS.map(|t| t.map(str::as_bytes)).to_vec())),
    ];
    for column in encodings {
        for (predicate, expected) in [
            (text("endswith", r"\nc.exe"), vec![0]),
            (text("equals", "KILL"), vec![3]),
            (text("contains", "nc.exe"), vec![0, 4, 5]),
            (text("startswith", "NC"), vec![4]),
            (text("like", "*nc.exe?"), vec![4]),
            (json!({"field": "f", "op": "contains", "value": "nc.exe", "cased": true}), vec![4, 5]),
            (json!({"field": "f", "op": "regex", "value": "exe$"}), vec![5]),
            (json!({"field": "f", "op": "regex", "value": "EXE$", "flags": "im"}), vec![0, 4, 5]),
            (text("equals", ""), vec![2]),
            (json!({"field": "f", "op": "null"}), vec![1]),
            (json!({"field": "f", "op": "exists"}), vec![0, 2, 3, 4, 5]),
        ] {
            assert_eq!(one(&predicate, Arc::clone(&column)), expected, "{predicate} on {}", column.data_type());
            let sliced = column.slice(1, 5);
            let expected: Vec<u32> = expected.iter().filter(|row| **row > 0).map(|row| row - 1).collect();
            assert_eq!(one(&predicate, sliced), expected, "{predicate} on a slice");
        }
    }
}

#[test]
fn numbers_are_exact_in_every_type() {
    let big = 9_007_199_254_740_993;
    let ints: ArrayRef = Arc::new(Int64Array::from(vec![Some(big), Some(big - 1), None, Some(-5), Some(0)]));
    assert_eq!(one(&number("eq", "9007199254740993"), Arc::clone(&ints)), [0]);
    assert_eq!(one(&number("gte", "9007199254740993"), Arc::clone(&ints)), [0]);
    assert_eq!(one(&number("lt", "0"), Arc::clone(&ints)), [3]);
    assert_eq!(one(&text("contains", "07199"), ints), [0, 1]);
    let unsigned: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, u64::MAX - 1]));
    assert_eq!(one(&number("gt", "18446744073709551614"), unsigned), [0]);
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![5.0, 0.1, f64::NAN, -0.0, 1e300]));
    assert_eq!(one(&number("eq", "5"), Arc::clone(&floats)), [0]);
    assert_eq!(one(&number("eq", "0.1"), Arc::clone(&floats)), [1]);
    assert_eq!(one(&text("equals", "0"), Arc::clone(&floats)), [3]);
    assert_eq!(one(&number("gt", "5"), floats), [4]);
    let decimals: ArrayRef =
        Arc::new(Decimal128Array::from(vec![150, 500]).with_precision_and_scale(10, 2).expect("fits"));
    assert_eq!(one(&number("eq", "5"), Arc::clone(&decimals)), [1]);
    assert_eq!(one(&text("equals", "1.50"), decimals), [0]);
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["10", "05", "5", "5.0", "0x5", "1e1"]));
    assert_eq!(one(&number("eq", "5"), Arc::clone(&texts)), [2]);
    assert_eq!(one(&number("gt", "5"), texts), [0, 5]);
}

#[test]
fn truth_values_times_and_types_without_text() {
    let truths: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]));
    assert_eq!(one(&json!({"field": "f", "op": "boolean", "value": true}), Arc::clone(&truths)), [0]);
    assert_eq!(one(&number("eq", "1"), truths), [] as [u32; 0]);
    let zoned = TimestampMillisecondArray::from(vec![1_619_085_063_135, 0]).with_timezone("UTC");
    assert_eq!(one(&text("equals", "2021-04-22T09:51:03.135Z"), Arc::new(zoned.clone())), [0]);
    let hour = json!({"field": "f", "op": "timepart", "part": "hour", "cmp": "gte", "value": 9});
    assert_eq!(one(&hour, Arc::new(zoned)), [0]);

    let clock: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![Some(1), None]));
    let batch = RecordBatch::try_from_iter([("f", clock)]).expect("a batch");
    let (_, mut scanner) = bind(&json!([text("contains", "1")]), &json!(0), &batch);
    assert_eq!(scanner.scan(&batch).expect("a scan"), []);
    assert_eq!(scanner.not_evaluable().get("f"), Some(&1));
}

#[test]
fn lists_structs_and_maps() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), Some(2)]),
        Some(vec![]),
        None,
        Some(vec![None, Some(2)]),
    ]);
    let lists: ArrayRef = Arc::new(lists);
    assert_eq!(one(&number("eq", "2"), Arc::clone(&lists)), [0, 3]);
    assert_eq!(one(&json!({"field": "f", "op": "exists"}), Arc::clone(&lists)), [0, 1, 3]);
    assert_eq!(rows(&json!([number("eq", "2")]), &json!({"not": 0}), &table("f", lists)), [1, 2]);

    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("evil"), Some("good"), Some("evil")]));
    let fields = Fields::from(vec![Field::new("name", DataType::Utf8, true)]);
    let nested: ArrayRef =
        Arc::new(StructArray::new(fields, vec![names], Some(NullBuffer::from(vec![true, true, false]))));
    let member = json!([{"field": "f.name", "op": "equals", "value": "EVIL"}]);
    assert_eq!(rows(&member, &json!(0), &table("f", Arc::clone(&nested))), [0]);
    let keyword = json!([{"field": null, "op": "contains", "value": "vil"}]);
    assert_eq!(rows(&keyword, &json!(0), &table("f", nested)), [0]);

    let mut maps = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    maps.keys().append_value("name");
    maps.values().append_value("evil");
    maps.append(true).expect("a row");
    maps.keys().append_value("evil");
    maps.values().append_value("name");
    maps.append(true).expect("a row");
    let maps: ArrayRef = Arc::new(maps.finish());
    assert_eq!(rows(&member, &json!(0), &table("f", Arc::clone(&maps))), [0]);
    assert_eq!(rows(&keyword, &json!(0), &table("f", maps)), [0], "keys of a map are names, not values");
}

#[test]
fn keywords_stay_inside_one_value_and_off_provenance() {
    let column = |texts: [&str; 2]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![4688, 14688]));
    let batch = RecordBatch::try_from_iter([
        ("a", column(["ev", "x EVIL x"])),
        ("b", column(["il", "4688"])),
        ("_source", column(["evil", "bad"])),
        ("n", numbers),
    ])
    .expect("a batch");
    let word = |value: &str| json!({"field": null, "op": "contains", "value": value});
    assert_eq!(rows(&json!([word("evil")]), &json!(0), &batch), [1]);
    assert_eq!(rows(&json!([word("bad")]), &json!(0), &batch), [] as [u32; 0]);
    assert_eq!(rows(&json!([word("evil"), word("4688")]), &json!({"and": [0, 1]}), &batch), [1]);
    let number = json!({"field": null, "op": "number", "cmp": "eq", "value": "4688"});
    assert_eq!(rows(&json!([number]), &json!(0), &batch), [0, 1]);
}

/// NOT is the plain complement: a missing column or a null never turns a negation into "unknown".
#[test]
fn logic_has_two_values() {
    let a: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("a"), None]));
    let b: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None, None]));
    let batch = RecordBatch::try_from_iter([("f", a), ("g", b)]).expect("a batch");
    let predicates = json!([text("equals", "a"), {"field": "g", "op": "contains", "value": "x"},
        {"field": "gone", "op": "equals", "value": "x"}, {"field": "f", "op": "fieldref", "value": "g", "how": "equals"}]);
    assert_eq!(rows(&predicates, &json!({"and": [0, {"not": 1}]}), &batch), [1]);
    assert_eq!(rows(&predicates, &json!({"and": [0, {"not": 2}]}), &batch), [0, 1]);
    assert_eq!(rows(&predicates, &json!({"not": {"or": [0, 1]}}), &batch), [2]);
    assert_eq!(rows(&predicates, &json!({"not": 3}), &batch), [0, 1, 2]);
    assert_eq!(rows(&predicates, &json!({"and": []}), &batch), [0, 1, 2]);
    assert_eq!(rows(&predicates, &json!({"or": []}), &batch), [] as [u32; 0]);
}

/// Batches of one row and of many, and a scanner used again and again, give the same answer.
#[test]
fn batches_do_not_matter() {
    let texts: Vec<String> =
        (0..5_000).map(|i| format!("cmd {} /c {}", i % 97, if i % 13 == 0 { "evil" } else { "x" })).collect();
    let column: ArrayRef = Arc::new(StringArray::from(texts));
    let batch = table("f", column);
    let predicates = json!([text("contains", "evil"), text("startswith", "cmd 1"), text("endswith", "x")]);
    let condition = json!({"or": [{"and": [0, 1]}, {"not": {"or": [0, 2]}}]});
    let whole = rows(&predicates, &condition, &batch);
    assert!(!whole.is_empty());
    for size in [1, 63, 64, 65, 1_000] {
        let (_, mut scanner) = bind(&predicates, &condition, &batch);
        let mut found = Vec::new();
        for start in (0..batch.num_rows()).step_by(size) {
            let part = batch.slice(start, size.min(batch.num_rows() - start));
            found.extend(scanner.scan(&part).expect("a scan").into_iter().map(|(row, _)| row + start as u32));
        }
        assert_eq!(found, whole, "batches of {size}");
    }
}

fn table(name: &str, column: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter([(name, column)]).expect("a batch")
}

//! What a schema mapping may say: joins, prefixes, choices among the elements of lists, needs, times, recognition.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, FixedSizeListArray, Int64Array, LargeListArray, LargeListViewArray, ListArray,
    ListViewArray, RecordBatch, StringArray, StructArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use serde_json::{Value, json};
use sigtrawl_core::{BindOptions, Binding, ErrorKind, RuleSet, State, has_column};

fn text(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .expect("a batch")
}

/// A mapping of one field over one route.
fn mapping(answer: &Value, route: &Value) -> Value {
    let mut route = route.clone();
    route["logsource"] = json!({"category": "a"});
    json!({"name": "own", "recognise": {"all": ["key"]}, "fields": {"f": answer}, "routes": [route]})
}

fn bind(mapping: &Value, predicate: &Value, schema: &Schema) -> Arc<Binding> {
    let plan = json!({"format": "sigtrawl-plan", "version": 1, "predicates": [predicate],
        "rules": [{"title": "t", "logsource": {"category": "a"}, "condition": 0}]});
    let rules = RuleSet::from_json(plan.to_string().as_bytes()).expect("a plan");
    let options: BindOptions =
        serde_json::from_value(json!({"mappings": [mapping], "schema": "own"})).expect("options");
    Arc::new(Binding::new(&rules, schema, &options).expect("a binding"))
}

/// The rows that match, and how many values had no text form.
fn matches(batch: &RecordBatch, answer: &Value, op: &str, value: &Value) -> (Vec<u32>, u64) {
    let predicate = json!({"field": "f", "op": op, "value": value});
    let bound = bind(&mapping(answer, &json!({})), &predicate, &batch.schema());
    let mut scanner = bound.scanner();
    let found = scanner.scan(&batch.project(bound.columns()).expect("columns")).expect("a scan");
    (found.into_iter().map(|(row, _)| row).collect(), scanner.not_evaluable().values().sum())
}

fn rows(batch: &RecordBatch, answer: &Value, op: &str, value: &str) -> Vec<u32> {
    matches(batch, answer, op, &json!(value)).0
}

fn registry() -> RecordBatch {
    let raw: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"\xff"[..]), Some(b"raw"), None, None]));
    batch(vec![
        ("key", text(&[Some(r"HKLM\Soft"), Some(r"\REGISTRY\MACHINE\Soft"), Some(""), None])),
        ("name", text(&[Some("Run"), None, Some("Run"), Some("Run")])),
        ("number", Arc::new(Int64Array::from(vec![Some(16), None, Some(0), Some(1)])) as ArrayRef),
        ("raw", raw),
    ])
}

#[test]
fn joined_columns_are_one_value() {
    let events = registry();
    let join = json!({"join": ["key", "name"], "with": "\\"});
    assert_eq!(rows(&events, &join, "equals", r"hklm\soft\run"), [0]);
    assert_eq!(rows(&events, &join, "equals", r"\registry\machine\soft"), [1], "a null part is left out");
    assert_eq!(rows(&events, &join, "equals", r"\Run"), Vec::<u32>::new(), "an empty text is as null");
    assert_eq!(rows(&events, &join, "regex", r"\\Run$"), [0]);
    assert_eq!(rows(&events, &join, "like", r"HKLM\\*R?n"), [0]);
    assert_eq!(matches(&events, &join, "null", &Value::Null).0, [2, 3], "nothing without the first part");
    assert_eq!(matches(&events, &join, "exists", &Value::Null).0, [0, 1]);
    let three = json!({"join": ["key", "absent", "number"], "with": ":"});
    assert_eq!(rows(&events, &three, "equals", r"HKLM\Soft:16"), [0], "a missing column is left out");
    let nothing = json!({"join": ["absent", "key"], "with": ":"});
    let predicate = json!({"field": "f", "op": "contains", "value": ""});
    let bound = bind(&mapping(&nothing, &json!({})), &predicate, &events.schema());
    assert_eq!((bound.states()[0].state, bound.states()[0].missing.clone()), (State::Inert, vec!["f".to_owned()]));
}

#[test]
fn an_empty_part_of_a_join_is_left_out() {
    let events = batch(vec![
        ("key", text(&[Some("a"), Some("a"), Some("a"), Some("")])),
        ("name", text(&[Some("b"), Some(""), None, Some("b")])),
        ("more", text(&[Some("c"), Some("c"), Some(""), Some("c")])),
    ]);
    let join = json!({"join": ["key", "name", "more"], "with": ":"});
    for (value, expected) in [("a:b:c", vec![0]), ("a:c", vec![1]), ("a", vec![2])] {
        assert_eq!(rows(&events, &join, "equals", value), expected, "{value}");
    }
    assert_eq!(matches(&events, &join, "null", &Value::Null).0, [3]);
}

#[test]
fn a_join_says_what_it_needs() {
    let events = registry();
    let join = json!({"join": ["key", "name"], "with": "\\", "needs": ["name"]});
    assert_eq!(rows(&events, &join, "equals", r"hklm\soft\run"), [0]);
    assert_eq!(rows(&events, &join, "equals", "Run"), [2, 3], "the first part may be missing");
    assert_eq!(matches(&events, &join, "null", &Value::Null).0, [1], "the needed one may not");
    let both = json!({"join": ["key", "name"], "with": "\\", "needs": ["name", "key"]});
    assert_eq!(matches(&events, &both, "exists", &Value::Null).0, [0]);
    let without_first = json!({"join": ["absent", "name"], "with": "\\", "needs": ["name"]});
    assert_eq!(rows(&events, &without_first, "equals", "Run"), [0, 2, 3]);
    // What is needed is read first, and nothing more where it is not there.
    let needs_raw = json!({"join": ["number", "raw"], "with": ":", "needs": ["raw"]});
    assert_eq!(matches(&events, &needs_raw, "endswith", &json!("raw")), (vec![1], 1));
    let needs_name = json!({"join": ["raw", "name"], "with": ":", "needs": ["name"]});
    assert_eq!(matches(&events, &needs_name, "equals", &json!("Run")), (vec![0, 2, 3], 1));
    let needs_nothing_here = json!({"join": ["raw", "absent"], "with": ":", "needs": ["absent"]});
    let predicate = json!({"field": "f", "op": "contains", "value": ""});
    let bound = bind(&mapping(&needs_nothing_here, &json!({})), &predicate, &events.schema());
    assert_eq!(bound.states()[0].state, State::Inert);
}

#[test]
fn numbers_in_hexadecimal_are_compared() {
    let big = Some("0xffffffffffffffff");
    let events = batch(vec![(
        "key",
        text(&[
            Some("0x1f4"),
            Some("0X1F5"),
            Some("500"),
            Some("0x"),
            Some("1f4"),
            big,
            Some("0x1ffffffffffffffff"),
            None,
        ]),
    )]);
    let compare = |answer: Value, cmp: &str, value: &str| {
        let predicate = json!({"field": "f", "op": "number", "cmp": cmp, "value": value});
        let bound = bind(&mapping(&answer, &json!({})), &predicate, &events.schema());
        let found = bound.scanner().scan(&events.project(bound.columns()).expect("columns")).expect("a scan");
        found.into_iter().map(|(row, _)| row).collect::<Vec<u32>>()
    };
    let hex = || json!({"columns": ["key"], "hex": true});
    assert_eq!(compare(hex(), "gt", "500"), [1, 5]);
    assert_eq!(compare(hex(), "gte", "500"), [0, 1, 2, 5]);
    assert_eq!(compare(hex(), "lt", "500.5"), [0, 2]);
    assert_eq!(compare(hex(), "lte", "-1"), Vec::<u32>::new());
    assert_eq!(compare(hex(), "eq", "500"), [0, 2]);
    assert_eq!(compare(hex(), "gte", "18446744073709551615"), [5]);
    assert_eq!(compare(json!("key"), "gte", "500"), [2]);
}

#[test]
fn a_part_without_a_text_form_is_left_out_and_counted() {
    let events = registry();
    let ends = |join: &Value, value: &str| matches(&events, join, "endswith", &json!(value));
    assert_eq!(ends(&json!({"join": ["key", "raw"], "with": "-"}), "Soft"), (vec![0], 1));
    assert_eq!(ends(&json!({"join": ["key", "raw"], "with": "-"}), "-raw"), (vec![1], 1));
    assert_eq!(ends(&json!({"join": ["raw", "name"], "with": "-"}), "Run"), (vec![], 1), "the first part decides");
    let join = json!({"join": ["key", "raw"], "with": "-"});
    assert_eq!(matches(&events, &join, "exists", &Value::Null), (vec![0, 1], 0), "no rule asks for its text");
}

#[test]
fn joins_are_compared_with_each_other() {
    let events = registry();
    let mut own = mapping(&json!({"join": ["key", "name"], "with": "\\"}), &json!({}));
    own["fields"]["g"] = json!({"join": ["key", "name"], "with": ""});
    own["fields"]["h"] = json!(["name", "key"]);
    for (how, other, expected) in [("equals", "g", vec![1]), ("endswith", "h", vec![0, 1]), ("equals", "f", vec![0, 1])]
    {
        let predicate = json!({"field": "f", "op": "fieldref", "value": other, "how": how});
        let bound = bind(&own, &predicate, &events.schema());
        let found = bound.scanner().scan(&events.project(bound.columns()).expect("columns")).expect("a scan");
        assert_eq!(found.into_iter().map(|(row, _)| row).collect::<Vec<u32>>(), expected, "{how} {other}");
    }
}

#[test]
fn prefixes_and_values_are_read_on_joins_too() {
    let events = registry();
    let join = json!({"join": ["key", "name"], "with": "\\", "prefixes": {"HKLM\\": ["\\REGISTRY\\MACHINE\\"]},
        "values": {"16": ["HKLM\\Soft\\Run"]}});
    assert_eq!(rows(&events, &join, "startswith", r"hklm\"), [0, 1]);
    assert_eq!(rows(&events, &join, "startswith", "hklm"), [0]);
    assert_eq!(rows(&events, &join, "startswith", r"\registry\machine"), [1], "prefixes only add");
    assert_eq!(rows(&events, &join, "like", r"HKLM\\S?ft*"), [0, 1]);
    let number = json!({"field": "f", "op": "number", "cmp": "eq", "value": "16"});
    let bound = bind(&mapping(&join, &json!({})), &number, &events.schema());
    let found = bound.scanner().scan(&events.project(bound.columns()).expect("columns")).expect("a scan");
    assert_eq!(found, [(0, 0)], "a number is looked up by its text");
}

#[test]
fn a_dictionary_without_values_is_null_everywhere() {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let events = batch(vec![("key", text(&[Some("a"), None])), ("empty", new_null_array(&dictionary, 2))]);
    assert_eq!(rows(&events, &json!({"join": ["key", "empty"], "with": ":"}), "equals", "a"), [0]);
    assert_eq!(rows(&events, &json!(["empty", "key"]), "regex", "a"), [0]);
    let mut own = mapping(&json!("key"), &json!({}));
    own["fields"]["g"] = json!("empty");
    let bound = bind(&own, &json!({"field": "f", "op": "fieldref", "value": "g", "how": "contains"}), &events.schema());
    let found = bound.scanner().scan(&events.project(bound.columns()).expect("columns")).expect("a scan");
    assert_eq!(found, []);
}

/// Four rows of hashes: two elements; a null algorithm; an empty list; null.
fn hashes() -> ListArray {
    let algorithm = text(&[Some("md5"), Some("SHA-1"), None, Some("MD5")]);
    let value = text(&[Some("aa"), Some("bb"), Some("aa"), None]);
    let field = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
    let elements = StructArray::from(vec![(field("algorithm"), algorithm), (field("value"), value)]);
    let item = Arc::new(Field::new("item", elements.data_type().clone(), true));
    let nulls = NullBuffer::from(vec![true, true, true, false]);
    ListArray::new(item, OffsetBuffer::from_lengths([2, 2, 0, 0]), Arc::new(elements), Some(nulls))
}

#[test]
fn elements_of_every_kind_of_list_are_chosen() {
    let list = hashes();
    let DataType::List(item) = list.data_type().clone() else { panic!("a list") };
    let kinds = [
        DataType::List(item.clone()),
        DataType::LargeList(item.clone()),
        DataType::ListView(item.clone()),
        DataType::LargeListView(item.clone()),
    ];
    for kind in kinds {
        let column = cast(&list, &kind).expect("a list");
        assert!(match kind {
            DataType::List(_) => column.as_any().is::<ListArray>(),
            DataType::LargeList(_) => column.as_any().is::<LargeListArray>(),
            DataType::ListView(_) => column.as_any().is::<ListViewArray>(),
            _ => column.as_any().is::<LargeListViewArray>(),
        });
        chosen(&batch(vec![("key", text(&[Some("x"); 4])), ("hashes", column)]), &kind);
    }
    let pairs = FixedSizeListArray::new(item, 2, Arc::clone(list.values()), None);
    let pairs = arrow::compute::concat(&[&pairs, &new_null_array(pairs.data_type(), 2)]).expect("an array");
    let kind = pairs.data_type().clone();
    chosen(&batch(vec![("key", text(&[Some("x"); 4])), ("hashes", pairs)]), &kind);
}

fn chosen(events: &RecordBatch, kind: &DataType) {
    let md5 = json!("hashes[algorithm=MD5].value");
    assert_eq!(rows(events, &md5, "equals", "aa"), [0], "{kind}: one without an algorithm is not chosen");
    assert_eq!(rows(events, &json!("hashes.value"), "equals", "aa"), [0, 1], "{kind}");
    assert_eq!(rows(events, &json!("hashes[algorithm=sha-1|MD5].value"), "equals", "bb"), [0], "{kind}");
    assert_eq!(matches(events, &md5, "exists", &Value::Null).0, [0], "{kind}");
    assert_eq!(matches(events, &md5, "null", &Value::Null).0, [1, 2, 3], "{kind}: a null value is none");
    assert_eq!(matches(events, &json!("hashes[algorithm=MD5]"), "exists", &Value::Null).0, [0, 1], "{kind}");
    let split = json!({"hashes": {"MD5": "hashes[algorithm=MD5].value", "SHA1": "hashes[algorithm=SHA-1].value"}});
    assert_eq!(rows(events, &split, "contains", "md5=AA"), [0], "{kind}");
    assert_eq!(rows(events, &split, "contains", "SHA1=AA"), [] as [u32; 0], "{kind}");
    assert_eq!(rows(events, &split, "contains", "bb"), [0], "{kind}");
    let join = json!({"join": ["key", "hashes[algorithm=SHA-1].value"], "with": "="});
    assert_eq!(rows(events, &join, "equals", "x=bb"), [0], "{kind}");
}

#[test]
fn a_route_needs_its_columns() {
    let events = registry();
    let predicate = json!({"field": "f", "op": "null"});
    let state = |route: &Value| bind(&mapping(&json!("absent"), route), &predicate, &events.schema()).states()[0].state;
    assert_eq!(state(&json!({"needs": ["key"]})), State::Partial);
    assert_eq!(state(&json!({"needs": ["key", "absent.column"]})), State::NoLogSource);
    assert_eq!(state(&json!({"needs": ["absent"], "when": {"absent": [null]}})), State::NoLogSource);
}

#[test]
fn the_mapping_of_which_most_is_there_is_recognised() {
    let known = |name: &str, recognise: &Value| json!({"name": name, "recognise": recognise, "routes": []});
    let recognise = |mappings: &[Value]| {
        let plan = json!({"format": "sigtrawl-plan", "version": 1, "predicates": [], "rules": []});
        let rules = RuleSet::from_json(plan.to_string().as_bytes()).expect("a plan");
        let options: BindOptions = serde_json::from_value(json!({"mappings": mappings})).expect("options");
        Binding::new(&rules, &registry().schema(), &options)
            .map(|bound| (bound.schema_name().unwrap_or_default().to_owned(), bound.schema_reason().to_owned()))
    };
    let few = known("b", &json!({"all": ["key"]}));
    let found = recognise(&[few.clone(), known("c", &json!({"any": ["name", "x", "number"]}))]).expect("a schema");
    assert_eq!(found, ("c".to_owned(), "has the columns name, number".to_owned()));
    let found = recognise(&[few.clone(), known("a", &json!({"any": ["name"]}))]).expect("a schema");
    assert_eq!(found.0, "a", "of equal ones the first by name");
    let found = recognise(&[few, known("a", &json!({"all": ["key", "name"], "none": ["raw"]}))]).expect("a schema");
    assert_eq!(found.0, "b");
    let error = recognise(&[known("a", &json!({"all": ["x", "name"], "none": ["raw"]}))]).expect_err("none fits");
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.to_string().contains("; a lacks x and is ruled out by raw;"), "{error}");
    let events = batch(vec![("hashes", Arc::new(hashes()) as ArrayRef)]);
    assert!(has_column(&events.schema(), "hashes[algorithm=MD5].value"));
    assert!(!has_column(&events.schema(), "hashes[kind=MD5].value"));
}

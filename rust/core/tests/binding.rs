//! Bindings: states, routes, views and value readings, from schema mappings as the front end hands them over.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use serde_json::{Value, json};
use sigtrawl_core::{BindOptions, Binding, ErrorKind, Lost, RuleSet, State};

fn mapping() -> Value {
    json!({"name": "demo", "recognise": {"all": ["Channel", "EventID"]}, "own_names": true, "fields": {},
        "views": {"security": {"Image": "NewProcessName", "User": [], "ProcessId": {"columns": ["NewProcessId"], "hex": true},
            "Level": {"columns": ["Label"], "values": {"High": ["S-1"]}}}},
        "routes": [
            {"when": {"Channel": ["Sysmon"], "EventID": [1]},
             "logsource": {"product": "windows", "category": "process_creation", "service": "sysmon"}},
            {"when": {"Channel": ["Security"], "EventID": [4688]},
             "logsource": {"product": "windows", "category": "process_creation", "service": "security"}, "view": "security"},
            {"when": {"Channel": ["Security"]}, "logsource": {"product": "windows", "service": "security"}},
            {"logsource": {"product": "windows"}}]})
}

fn events() -> RecordBatch {
    let text = |values: [Option<&str>; 3]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    RecordBatch::try_from_iter([
        ("Channel", text([Some("sysmon"), Some("SECURITY"), None])),
        ("EventID", Arc::new(Int64Array::from(vec![Some(1), Some(4688), None])) as ArrayRef),
        ("Image", text([Some("nc.exe"), None, Some("nc.exe")])),
        ("NewProcessName", text([None, Some("nc.exe"), None])),
        ("NewProcessId", text([None, Some("0x1a4"), None])),
        ("Label", text([None, Some("S-1"), None])),
    ])
    .expect("a batch")
}

fn binding(rules: &Value, predicates: &Value, options: Value) -> Result<Arc<Binding>, sigtrawl_core::Error> {
    let plan = json!({"format": "sigtrawl-plan", "version": 1, "predicates": predicates, "rules": rules});
    let rules = RuleSet::from_json(plan.to_string().as_bytes()).expect("a plan");
    let options: BindOptions = serde_json::from_value(options).expect("options");
    Binding::new(&rules, &events().schema(), &options).map(Arc::new)
}

fn matches(logsource: &Value, predicate: &Value, options: Value) -> Vec<u32> {
    let rules = json!([{"title": "test", "logsource": logsource, "condition": 0}]);
    let binding = binding(&rules, &json!([predicate]), options).expect("a binding");
    let batch = events().project(binding.columns()).expect("columns");
    binding.scanner().scan(&batch).expect("a scan").into_iter().map(|(row, _)| row).collect()
}

fn routed() -> Value {
    json!({"mappings": [mapping()]})
}

#[test]
fn a_rule_reads_each_log_source_through_its_view() {
    let image = json!({"field": "Image", "op": "equals", "value": "nc.exe"});
    let process = json!({"category": "process_creation", "product": "windows"});
    assert_eq!(matches(&process, &image, routed()), [0, 1]);
    assert_eq!(matches(&json!({"product": "windows"}), &image, routed()), [0, 2], "no category stated: own names");
    assert_eq!(matches(&json!({"service": "security"}), &image, routed()), [] as [u32; 0]);
    assert_eq!(matches(&json!({"service": "sysmon"}), &image, routed()), [0]);
    let new_name = json!({"field": "NewProcessName", "op": "equals", "value": "nc.exe"});
    assert_eq!(matches(&json!({"service": "security"}), &new_name, routed()), [1]);
}

#[test]
fn values_have_further_readings() {
    let process = json!({"category": "process_creation"});
    let id = json!({"field": "ProcessId", "op": "number", "cmp": "eq", "value": "420"});
    assert_eq!(matches(&process, &id, routed()), [1]);
    let level = json!({"field": "Level", "op": "equals", "value": "HIGH"});
    assert_eq!(matches(&process, &level, routed()), [1]);
    let sid = json!({"field": "Level", "op": "equals", "value": "s-1"});
    assert_eq!(matches(&process, &sid, routed()), [1]);
}

#[test]
fn an_asserted_log_source_replaces_the_routes() {
    let image = json!({"field": "Image", "op": "equals", "value": "nc.exe"});
    let options = json!({"mappings": [mapping()], "logsource": {"category": "process_creation", "product": "windows"}});
    assert_eq!(matches(&json!({"category": "process_creation"}), &image, options.clone()), [0, 1, 2]);
    let rules = json!([{"title": "test", "logsource": {"service": "sysmon"}, "condition": 0}]);
    let bound = binding(&rules, &json!([image]), options).expect("a binding");
    assert_eq!(bound.states()[0].state, State::NoLogSource);
}

#[test]
fn states_say_what_is_lost() {
    let predicates =
        json!([{"field": "Image", "op": "equals", "value": "a"}, {"field": "Gone", "op": "equals", "value": "b"}]);
    let process = json!({"category": "process_creation", "service": "sysmon"});
    let rules: Vec<Value> = [
        (json!(0), process.clone()),
        (json!({"or": [0, 1]}), process.clone()),
        (json!({"and": [0, {"not": 1}]}), process.clone()),
        (json!({"and": [0, 1]}), process),
        (json!(0), json!({"category": "dns_query"})),
    ]
    .into_iter()
    .map(|(condition, logsource)| json!({"title": "t", "condition": condition, "logsource": logsource}))
    .collect();
    let bound = binding(&json!(rules), &predicates, routed()).expect("a binding");
    let states: Vec<(State, Vec<Lost>)> = bound.states().iter().map(|b| (b.state, b.lost.clone())).collect();
    assert_eq!(
        states,
        [
            (State::Runs, vec![]),
            (State::Partial, vec![Lost::Branches]),
            (State::Partial, vec![Lost::Filters]),
            (State::Inert, vec![]),
            (State::NoLogSource, vec![]),
        ]
    );
    assert_eq!(bound.states()[3].missing, ["Gone"]);
}

#[test]
fn a_column_in_another_case_is_told_and_not_used() {
    let predicates = json!([{"field": "image", "op": "equals", "value": "nc.exe"},
        {"field": "Image", "op": "fieldref", "value": "eventid", "how": "equals"},
        {"field": "Gone", "op": "exists"}]);
    let source = json!({"category": "process_creation", "service": "sysmon"});
    let rules: Vec<Value> = (0..3).map(|rule| json!({"title": "t", "condition": rule, "logsource": source})).collect();
    let bound = binding(&json!(rules), &predicates, routed()).expect("a binding");
    let near = |rule: usize| json!(bound.states()[rule].near);
    assert_eq!(near(0), json!({"image": "Image"}));
    assert_eq!(near(1), json!({"eventid": "EventID"}));
    assert_eq!(near(2), json!({}));
    assert!(bound.states().iter().all(|rule| rule.state == State::Inert));
}

#[test]
fn rules_of_rows_that_do_not_tell_their_product_say_so() {
    let mut open = mapping();
    open["routes"] = json!([{"logsource": {"product": "*", "category": "process_creation"}},
        {"logsource": {"product": "windows", "service": "security"}}]);
    let image = json!([{"field": "Image", "op": "equals", "value": "nc.exe"}]);
    let rule = |logsource: Value| json!({"title": "t", "condition": 0, "logsource": logsource});
    let rules = json!([
        rule(json!({"product": "linux", "category": "process_creation"})),
        rule(json!({"category": "process_creation"})),
        rule(json!({"product": "windows", "service": "security"})),
        rule(json!({"product": "linux"})),
        rule(json!({"product": "linux", "category": "other"})),
    ]);
    let bound = binding(&rules, &image, json!({"mappings": [open]})).expect("a binding");
    let told: Vec<bool> = bound.states().iter().map(|rule| rule.any_product).collect();
    assert_eq!(told, [true, false, false, true, false]);
}

#[test]
fn an_unknown_table_is_an_error_that_names_the_ways_out() {
    let mut other = mapping();
    other["recognise"] = json!({"all": ["Nowhere"]});
    let error = binding(&json!([]), &json!([]), json!({"mappings": [other]})).expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::Schema);
    for part in ["demo lacks Nowhere", "--schema", "--logsource"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    let error =
        binding(&json!([]), &json!([]), json!({"mappings": [mapping()], "schema": "dmo"})).expect_err("unknown");
    assert!(error.to_string().contains("demo"), "{error}");
}

#[test]
fn foreign_and_newer_plans_are_refused() {
    for (bytes, part) in [
        (&b"{"[..], "no valid JSON"),
        (br#"{"version": 1}"#, "no plan"),
        (br#"{"format": "sigtrawl-plan", "version": 99, "predicates": [], "rules": []}"#, "version 99"),
        (br#"{"format": "sigtrawl-plan", "version": 1, "predicates": [], "rules": [{"title": "t", "condition": 7}]}"#, "predicate 7"),
    ] {
        let error = RuleSet::from_json(bytes).expect_err(part);
        assert_eq!(error.kind(), ErrorKind::Plan);
        assert!(error.to_string().contains(part), "{error}");
    }
}

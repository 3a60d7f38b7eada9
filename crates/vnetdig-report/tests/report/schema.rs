//! The documents agree with their schemas, and the schemas with the files in `docs/schema`.

use std::sync::Arc;

use crate::fixture::{branch, network, resolution};
use serde_json::Value;
use vnetdig_engine::{CheckResult, Failure, LimitKind, Mismatch, Missing, Outcome, ScenarioRun, Stage, Trace, World};
use vnetdig_model::scenario::{Check, Demand, Expectation, SimTime};
use vnetdig_model::{Origin, SourceMap};
use vnetdig_report::{TestedFile, json, view};

fn assert_valid(schema: &str, document: &str) {
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let document: Value = serde_json::from_str(document).expect("the document is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn traces_agree_with_their_schema() {
    let network = network();
    let mut resolution = resolution(vec![branch(network.chain(), &[], network.resolved())]);
    let resolved = view::trace(&network.topology, &network.sources, &network.query(), &resolution);
    assert_valid(&json::schema(), &json::trace(&resolved));

    let missing = Outcome::missing(Missing::Limit(LimitKind::Depth));
    resolution.branches = [branch(missing, &[], Trace::default())].into_iter().collect();
    resolution.cut_by = Some(LimitKind::Depth);
    let cut = view::trace(&network.topology, &network.sources, &network.query(), &resolution);
    assert_valid(&json::schema(), &json::traces(&[resolved, cut]));
}

#[test]
fn what_is_reached_agrees_with_its_schema() {
    let shown = crate::reach::every_kind();
    assert_valid(&json::reach_schema(), &json::reaches(&shown));
    for view in &shown {
        assert_valid(&json::reach_schema(), &json::reach(view));
    }
    let (trace, _) = crate::reach::traced();
    assert_valid(&json::schema(), &json::trace(&trace));
}

#[test]
fn tests_agree_with_their_schema() {
    let network = network();
    let query = network.query();
    let check = Check {
        from: vec![query.from],
        question: query.question,
        demand: Demand::All(Expectation::default()),
        forbidden: Vec::new(),
        diagnosis: None,
        because: None,
        origin: Origin::Built,
    };
    let resolution = resolution(vec![branch(network.chain(), &[], network.resolved())]);
    let mismatches = vec![Mismatch { key: "ttl", expected: "30".to_owned(), actual: "10".to_owned(), block: None }];
    let failures = vec![Failure::Outcome { outcome: 0, mismatches }, Failure::Count { expected: 2, actual: 1 }];
    let result = CheckResult { check, asker: query.from, world: World::cold(SimTime::default()), resolution, failures };
    let stage =
        Stage { at: None, topology: Arc::new(network.topology), results: vec![result], diagnostics: Vec::new() };
    let run = ScenarioRun { stages: vec![stage] };
    let sources = SourceMap::default();
    let file = TestedFile { name: "a".to_owned(), sources: &sources, run: Some(&run), diagnostics: &[] };
    assert_valid(&json::test_schema(), &json::tests(&view::tests(&[file])));
}

#[test]
fn a_document_of_another_version_does_not_agree() {
    let schema: Value = serde_json::from_str(&json::schema()).expect("the schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    assert!(!validator.is_valid(&serde_json::json!({ "schema": "vnetdig/traces/2", "traces": [] })));
    assert!(validator.is_valid(&serde_json::json!({ "schema": "vnetdig/traces/1", "traces": [] })));
}

#[test]
fn the_schemas_in_docs_are_those_of_the_code() {
    for (file, committed, current) in [
        ("trace", include_str!("../../../../docs/schema/trace.schema.json"), json::schema()),
        ("reach", include_str!("../../../../docs/schema/reach.schema.json"), json::reach_schema()),
        ("matrix", include_str!("../../../../docs/schema/matrix.schema.json"), json::matrix_schema()),
        ("gaps", include_str!("../../../../docs/schema/gaps.schema.json"), json::gaps_schema()),
        ("observed", include_str!("../../../../docs/schema/observed.schema.json"), json::observed_schema()),
        ("test", include_str!("../../../../docs/schema/test.schema.json"), json::test_schema()),
    ] {
        let hint = format!("`vnetdig schema {file} > docs/schema/{file}.schema.json` writes it anew");
        assert!(committed == current, "docs/schema/{file}.schema.json is out of date: {hint}");
    }
}

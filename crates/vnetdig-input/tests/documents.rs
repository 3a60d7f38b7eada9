//! The scenario language as documented: every example is valid, and the committed schema is the grammar's.
#![expect(clippy::disallowed_methods, reason = "this test reads the repository")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use vnetdig_input::Limits;
use vnetdig_input::scenario::{parse, schema};
use vnetdig_input::tree::{Node, Value};
use vnetdig_model::SourceMap;

const LANGUAGE: &str = include_str!("../../../docs/scenario.md");
const COMMITTED: &str = include_str!("../../../docs/schema/scenario.schema.json");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The fenced blocks of a page whose info string satisfies `wanted`, each with its line.
fn blocks(page: &str, wanted: impl Fn(&str) -> bool) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String, bool)> = None;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((index + 2, String::new(), wanted(info.trim()))),
            (Some(_), Some(_)) => {
                if let Some((line, text, true)) = open.take() {
                    found.push((line, text));
                }
            }
            (Some((_, text, _)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// All files below a folder whose name ends in `ending`, in order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every scenario in the repository by the name of its place.
fn scenarios() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (line, text) in blocks(LANGUAGE, |info| info == "yaml") {
        all.push((format!("docs/scenario.md:{line}"), format!("vnetdig: 1\n{text}")));
    }
    for page in files(&repository().join("docs"), ".md") {
        let text = fs::read_to_string(&page).expect("the page can be read");
        for (line, text) in blocks(&text, |info| info == "yaml scenario") {
            all.push((format!("{}:{line}", page.display()), text));
        }
    }
    for file in files(&repository().join("scenarios"), ".vnetdig.yaml") {
        all.push((file.display().to_string(), fs::read_to_string(&file).expect("the file can be read")));
    }
    all
}

/// What a JSON Schema validator in an editor sees.
fn json(node: Node<'_>) -> Json {
    match node.value() {
        Value::Scalar(scalar) if scalar.is_quoted => Json::from(scalar.text),
        Value::Scalar(scalar) if scalar.is_null() => Json::Null,
        Value::Scalar(scalar) => match scalar.text {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            text => text.parse::<i64>().map_or_else(|_| Json::from(text), Json::from),
        },
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => map.iter().map(|entry| (entry.key.text.to_owned(), json(entry.value))).collect(),
    }
}

#[test]
fn every_scenario_in_the_repository_is_valid() {
    let schema = jsonschema::draft202012::new(&schema()).expect("the schema is a schema");
    let mut wrong = Vec::new();
    let scenarios = scenarios();
    assert!(scenarios.len() > 50, "only {} scenarios were found", scenarios.len());
    for (place, text) in scenarios {
        let mut sources = SourceMap::default();
        let id = sources.add(place.as_str(), text);
        let parsed = parse(&sources, id, &Limits::default());
        for one in &parsed.diagnostics {
            let at = one.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
            wrong.push(format!("{at}: {}: {} ({})", one.code, one.message, one.help.as_deref().unwrap_or_default()));
        }
        if parsed.diagnostics.is_empty() {
            let value = json(parsed.value.tree().root());
            wrong.extend(
                schema.iter_errors(&value).map(|error| format!("{place}: schema: {} {error}", error.instance_path())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_committed_schema_is_fresh() {
    let committed: Json = serde_json::from_str(COMMITTED).expect("the committed schema is JSON");
    let hint = "run `cargo run -p vnetdig-input --example scenario-schema > docs/schema/scenario.schema.json`";
    assert!(committed == schema(), "docs/schema/scenario.schema.json is not what the grammar says: {hint}");
    assert_eq!(COMMITTED.trim_end(), format!("{:#}", schema()), "the order of the keys differs: {hint}");
}

#[test]
fn the_schema_refuses_what_the_check_refuses() {
    let schema = jsonschema::draft202012::new(&schema()).expect("the schema is a schema");
    for text in [
        "{}",
        "vnetdig: 2",
        "{ vnetdig: 1, foo: 1 }",
        "{ vnetdig: 1, topology: { cloud: Publik } }",
        "{ vnetdig: 1, topology: { vnets: { hub: { dns-servers: [x] } } } }",
        "{ vnetdig: 1, topology: { vnets: { hub: { subnets: { a: {} } } } } }",
        "{ vnetdig: 1, topology: { vnets: { hub: { subnets: { a: { prefix: 10.0.0.0/8, prefixes: [] } } } } } }",
        "{ vnetdig: 1, topology: { firewalls: { fw: { address: 10.0.0.4 } } } }",
        "{ vnetdig: 1, topology: { clients: { c: { vm: { subnet: a/b }, internet: {} } } } }",
        "{ vnetdig: 1, topology: { peerings: [{ state: Connected }] } }",
        "{ vnetdig: 1, checks: [{ from: a, query: b }] }",
        "{ vnetdig: 1, checks: [{ from: a, query: b, expect: { path: [a] } }] }",
        "{ vnetdig: 1, checks: [{ from: a, query: b, expect: { reachable: 5432/sctp } }] }",
        "{ vnetdig: 1, checks: [{ from: a, query: b, expect: { unreachable: { port: 5432, cause: rain } } }] }",
        "{ vnetdig: 1, topology: { load-balancers: { l: { subnet: a/b } } } }",
        "{ vnetdig: 1, timeline: [{ at: 60 }] }",
    ] {
        // Flow mappings with plain keys are YAML; the white space in front keeps them from being read as JSON.
        let mut sources = SourceMap::default();
        let id = sources.add("test", format!("---\n{text}\n"));
        let parsed = parse(&sources, id, &Limits::default());
        assert!(!parsed.is_usable(), "the check takes {text}");
        assert!(!schema.is_valid(&json(parsed.value.tree().root())), "the schema takes {text}");
    }
}

//! What the command writes by itself: a starter scenario, schemas, completions, manual pages.

use std::path::Path;

use crate::Folder;

#[test]
fn the_starter_passes_its_own_checks() {
    let folder = Folder::new();
    folder.expect("init", 0).says("vnetdig test scenario.vnetdig.yaml").answers_nothing();
    let tested = folder.expect("test scenario.vnetdig.yaml", 0);
    assert_eq!(tested.stderr, "", "not even a warning");
    let suggested = "trace -s scenario.vnetdig.yaml --from web-1 orders.postgres.database.azure.com +short";
    folder.expect(suggested, 0).answers("10.0.1.5");
    let printed = folder.expect("init -", 0).stdout;
    assert_eq!(printed, folder.read("scenario.vnetdig.yaml"));
    let files: Vec<_> = std::fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["scenario.vnetdig.yaml"], "nothing is left beside it");
}

#[test]
fn init_overwrites_nothing() {
    let folder = Folder::new().with("mine.vnetdig.yaml", "precious");
    folder.expect("init mine.vnetdig.yaml", 2).says("exists");
    assert_eq!(folder.read("mine.vnetdig.yaml"), "precious");
    folder.expect("init notes.txt", 2).says(".vnetdig.yaml");
    folder.expect("init absent/a.vnetdig.yaml", 74).says("no such folder");
}

#[test]
fn completions_and_manual_pages_are_there() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        folder.expect(&format!("completions {shell}"), 0).answers("vnetdig").answers("scenario");
    }
    folder.expect("completions tcsh", 2);
    folder.expect("man", 0).answers(".TH vnetdig 1").answers("trace");
    folder.expect("man trace", 0).answers("from");
    folder.expect("man trcae", 2).says("did you mean `trace`?");
    folder.expect("man panic", 2);
}

#[test]
fn schemas_are_schemas_and_the_starter_follows_its_own() {
    let folder = Folder::new();
    for of in ["scenario", "trace", "lint", "test"] {
        let schema = folder.expect(&format!("schema {of}"), 0).json();
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{of}: {error}"));
        assert!(schema["title"].is_string() && schema["$schema"].is_string(), "{of}");
    }
    folder.expect("schema scenari", 2).says("scenario");
}

/// The schema that the first line of each scenario points to, for editors.
#[test]
fn the_committed_schema_is_the_one_the_command_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/scenario.schema.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let printed = Folder::new().expect("schema scenario", 0).stdout;
    assert!(committed == printed, "run: cargo run -p vnetdig -- schema scenario > docs/schema/scenario.schema.json");
}

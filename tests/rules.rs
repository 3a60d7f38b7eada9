//! The rules of the workspace: what no single file can show and no compiler checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file in lines; beyond it a file has more than one subject.
const LONGEST: usize = 700;

/// Crates that read no clock, file, environment or network. Their `clippy.toml` forbids the calls.
const PURE: [&str; 5] = ["vnetdig-model", "vnetdig-input", "vnetdig-engine", "vnetdig-analysis", "vnetdig-report"];

/// Dependencies that would bring what a pure crate must not do: a terminal, threads, logs, chance, async, sockets.
const IMPURE: [&str; 14] = [
    "anstream",
    "async-std",
    "clap",
    "crossterm",
    "getrandom",
    "hickory-client",
    "hickory-resolver",
    "hickory-server",
    "log",
    "rand",
    "rayon",
    "tokio",
    "tracing",
    "tracing-subscriber",
];

/// What else one crate must not depend on, whatever the page says of our own crates.
const FORBIDDEN: [(&str, &[&str]); 3] = [
    // A serialized form is a promise; views and syntax trees make it.
    ("vnetdig-model", &["serde", "serde_json", "schemars", "miette"]),
    ("vnetdig-engine", &["serde", "serde_json", "schemars", "miette"]),
    ("vnetdig-analysis", &["serde", "serde_json", "schemars", "miette"]),
];

/// Fixtures are scenarios, so tests of these may read scenarios; nothing else may look sideways.
const TESTS_MAY_USE: [(&str, &str); 3] =
    [("vnetdig-engine", "vnetdig-input"), ("vnetdig-analysis", "vnetdig-input"), ("vnetdig-report", "vnetdig-input")];

/// Names that say nothing about what a module holds.
const EMPTY_NAMES: [&str; 10] =
    ["common", "commons", "helper", "helpers", "misc", "shared", "stuff", "util", "utilities", "utils"];

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace is where its crates are")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manifest(path: &Path) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The crates by name, each with its folder.
fn crates() -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(root().join("crates")).expect("there are crates");
    let folders = entries.map(|entry| entry.expect("an entry can be read").path()).filter(|path| path.is_dir());
    folders.map(|path| (name_of(&path), path)).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("a path below the root has a name").to_string_lossy().into_owned()
}

/// The names in a table of dependencies, those of single platforms included.
fn dependencies(manifest: &toml::Table, kind: &str) -> BTreeSet<String> {
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let tables = platforms.into_iter().flat_map(|platforms| platforms.values().filter_map(toml::Value::as_table));
    let tables = std::iter::once(manifest).chain(tables).filter_map(|table| table.get(kind)?.as_table());
    tables.flat_map(|table| table.iter()).map(|(key, value)| package(key, value)).collect()
}

/// The package behind a key: `package = "…"` gives it another name.
fn package(key: &str, value: &toml::Value) -> String {
    value.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned()
}

fn files_below(folder: &Path, takes: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
            if path.is_dir() {
                if name_of(&path) != "target" {
                    folders.push(path);
                }
            } else if takes(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// The code map of the architecture page: each crate with our crates it may use.
fn code_map() -> BTreeMap<String, BTreeSet<String>> {
    let page = read(&root().join("docs/architecture.md"));
    let rows: Vec<Vec<String>> = page.lines().filter(|line| line.starts_with("| `vnetdig")).map(cells).collect();
    let names: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    let uses = |may_use: &str| -> BTreeSet<String> {
        let every = may_use.contains("all of them");
        let words: BTreeSet<&str> = may_use.split(|letter: char| !letter.is_alphanumeric()).collect();
        let ours = names.iter().filter_map(|name| Some((name, name.strip_prefix("vnetdig-")?)));
        ours.filter(|(_, short)| every || words.contains(short)).map(|(name, _)| (*name).to_owned()).collect()
    };
    rows.iter().map(|row| (row[0].trim_matches('`').to_owned(), uses(&row[2]))).collect()
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn the_architecture_page_lists_the_crates_that_exist() {
    let listed: Vec<String> = code_map().into_keys().collect();
    let existing: Vec<String> = crates().into_keys().collect();
    assert_eq!(listed, existing, "the code map in docs/architecture.md against the folder crates/");
}

#[test]
fn a_crate_has_the_name_of_its_folder() {
    for (folder, path) in crates() {
        let name = manifest(&path.join("Cargo.toml"))["package"]["name"].as_str().map(str::to_owned);
        assert_eq!(name, Some(folder));
    }
}

#[test]
fn crates_depend_one_way() {
    let map = code_map();
    let ours: BTreeSet<String> = crates().into_keys().collect();
    for (name, path) in crates() {
        let manifest = manifest(&path.join("Cargo.toml"));
        let allowed = &map[&name];
        for kind in ["dependencies", "build-dependencies"] {
            let used: Vec<String> = dependencies(&manifest, kind).intersection(&ours).cloned().collect();
            for other in used {
                assert!(allowed.contains(&other), "{name} may not use {other}; see docs/architecture.md");
            }
        }
        for other in dependencies(&manifest, "dev-dependencies").intersection(&ours) {
            let is_fixture = TESTS_MAY_USE.contains(&(name.as_str(), other.as_str()));
            assert!(is_fixture || allowed.contains(other), "the tests of {name} may not use {other}");
        }
    }
}

#[test]
fn the_code_map_itself_has_no_circle() {
    let mut map = code_map();
    while !map.is_empty() {
        let free: Vec<String> = map.iter().filter(|(_, uses)| uses.is_empty()).map(|(name, _)| name.clone()).collect();
        assert!(!free.is_empty(), "these use one another: {map:?}");
        for name in free {
            map.remove(&name);
            for uses in map.values_mut() {
                uses.remove(&name);
            }
        }
    }
}

#[test]
fn the_core_is_pure() {
    let crates = crates();
    for name in PURE {
        let path = &crates[name];
        let used = dependencies(&manifest(&path.join("Cargo.toml")), "dependencies");
        for other in IMPURE {
            assert!(!used.contains(other), "{name} is pure and may not use {other}");
        }
        let lints = manifest(&path.join("clippy.toml"));
        for (key, must_forbid) in [
            ("disallowed-methods", &["std::time::SystemTime::now", "std::env::var", "std::fs::read"][..]),
            ("disallowed-types", &["std::collections::HashMap", "std::collections::HashSet"]),
        ] {
            let entries = lints.get(key).and_then(toml::Value::as_array);
            let entries = entries.unwrap_or_else(|| panic!("{name}/clippy.toml lacks {key}"));
            let paths: Vec<&str> = entries.iter().filter_map(|entry| entry.get("path")?.as_str()).collect();
            for path in must_forbid {
                assert!(paths.contains(path), "{name}/clippy.toml does not forbid {path}");
            }
        }
    }
    let impure: Vec<&String> = crates.keys().filter(|name| !PURE.contains(&name.as_str())).collect();
    assert_eq!(impure, ["vnetdig"], "a new crate is pure, or this test and docs/architecture.md say why not");
}

#[test]
fn some_crates_stay_clear_of_serialization_and_rendering() {
    let crates = crates();
    for (name, forbidden) in FORBIDDEN {
        let used = dependencies(&manifest(&crates[name].join("Cargo.toml")), "dependencies");
        for other in forbidden {
            assert!(!used.contains(*other), "{name} may not use {other}");
        }
    }
}

#[test]
fn versions_and_lints_are_said_once() {
    for (name, path) in crates() {
        let manifest = manifest(&path.join("Cargo.toml"));
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{name} has the lints of the workspace");
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(kind).and_then(toml::Value::as_table);
            for (key, value) in table.into_iter().flatten() {
                let is_inherited = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                assert!(is_inherited, "{name}: the version of {key} belongs into the workspace");
            }
        }
    }
}

#[test]
fn every_scenario_points_to_its_schema() {
    let scenarios = files_below(&root().join("scenarios"), &|path| name_of(path).contains(".vnetdig.y"));
    assert!(!scenarios.is_empty(), "there are scenarios");
    let schema = root().join("docs/schema/scenario.schema.json");
    for path in scenarios {
        let text = read(&path);
        let first = text.lines().next().unwrap_or_default();
        let target = first.strip_prefix("# yaml-language-server: $schema=");
        let target = target.unwrap_or_else(|| panic!("{} does not start with the modeline", path.display()));
        let folder = path.parent().expect("a file lies in a folder");
        let depth = folder.strip_prefix(root()).expect("it is below the root").components().count();
        let expected = format!("{}docs/schema/scenario.schema.json", "../".repeat(depth));
        assert_eq!(target, expected, "{} should point to {}", path.display(), schema.display());
    }
}

#[test]
fn no_source_file_is_too_long() {
    for path in files_below(&root().join("crates"), &is_rust) {
        let lines = read(&path).lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines, more than {LONGEST}: split it", path.display());
    }
}

#[test]
fn every_module_has_a_name_that_says_what_it_holds() {
    let root = root();
    let sources = ["crates", "tests"].map(|folder| files_below(&root.join(folder), &is_rust));
    for path in sources.concat() {
        let path = path.strip_prefix(&root).expect("it is below the root");
        for part in path.with_extension("").components() {
            let part = part.as_os_str().to_string_lossy().to_lowercase();
            assert!(!EMPTY_NAMES.contains(&part.as_str()), "{}: `{part}` says nothing", path.display());
        }
    }
}

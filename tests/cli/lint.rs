//! `vnetdig lint`.

use std::path::Path;

use crate::Folder;

/// A network with a note, a warning of the rules, a warning of the reader, and a comment.
const FAULTY: &str = r#"vnetdig: 1
topology:
  vnets:
    app: { region: westeurope, address-space: [10.1.0.0/16], subnets: { web: 10.1.0.0/24 } }
  nsgs:
    spare: { rules: {} }
  private-zones:
    corp: { name: corp.example, records: [ "www A 10.1.0.80" ] }
    lab: { name: lab.example, records: [ "www A 10.1.0.81" ] }   # vnetdig: ignore[zone-not-linked] linked next week
    www: { name: www.example, links: [ { vnet: app, resolution-policy: NxDomainRedirect } ], records: [ "@ A 10.1.0.80" ] }
"#;

fn faulty() -> Folder {
    Folder::new().with("net/a.vnetdig.yaml", FAULTY)
}

#[test]
fn a_finding_is_told_with_its_lines_and_what_to_do() {
    faulty()
        .expect("lint -s net", 1)
        .answers("lint/zone-not-linked")
        .answers("zone `corp.example` is linked to no virtual network")
        .answers("a.vnetdig.yaml:8:5")
        .answers("topology/ineffective-fallback")
        .answers("2 warnings")
        .answers("not listed: 1 below the severity asked for (--min-severity note), 1 ignored by a comment");
    let ran = faulty().expect("lint -s net", 1);
    assert_eq!(ran.stderr, "", "{ran}");
}

#[test]
fn the_least_severity_and_the_levels_of_rules_decide_what_counts() {
    for (options, status, answer) in [
        ("--min-severity note", 1, "security group `spare` stands nowhere"),
        ("--min-severity error", 0, "nothing found"),
        ("--min-severity error --level zone-not-linked=error", 1, "1 error"),
        ("--level lint/zone-not-linked=off --level topology/ineffective-fallback=note", 0, "nothing found"),
        ("--level unused-security-group=warning", 1, "3 warnings"),
        ("--level zone-not-linked=off --level zone-not-linked=warning", 1, "2 warnings"),
    ] {
        faulty().expect(&format!("lint -s net {options}"), status).answers(answer);
    }
}

#[test]
fn a_comment_that_ignores_nothing_or_cannot_be_read_is_told() {
    for (was, is, answer) in [
        (
            "links: [ {",
            "links: [ app ] } # vnetdig: ignore[zone-not-linked] why\n    w2: { name: w2.example, links: [ {",
            "lint/unused-ignore",
        ),
        ("[zone-not-linked] linked", "[zone-not-linkd] linked", "did you mean `zone-not-linked`?"),
        ("] linked next week", "]", "nothing says why `zone-not-linked` is ignored"),
        ("ignore[zone-not-linked]", "ignore zone-not-linked", "the comment cannot be read"),
    ] {
        let text = FAULTY.replacen(was, is, 1);
        Folder::new().with("a.vnetdig.yaml", text).expect("lint -s a.vnetdig.yaml", 1).answers(answer);
    }
}

#[test]
fn what_the_baseline_lists_is_known_wherever_it_moves() {
    let folder = faulty();
    folder.expect("lint -s net --write-baseline known.json", 0).answers("2 findings written to known.json");
    let moved = FAULTY.replace("  nsgs:", "\n\n  nsgs:");
    let folder = folder.with("net/a.vnetdig.yaml", moved);
    folder.expect("lint -s net --baseline known.json", 0).answers("nothing found").answers("2 known from the baseline");
    let more = FAULTY.replace("    lab:", "    new: { name: new.example, records: [ \"www A 10.1.0.80\" ] }\n    lab:");
    let folder = folder.with("net/a.vnetdig.yaml", more);
    folder.expect("lint -s net --baseline known.json", 1).answers("new.example").answers("1 warning");
    // Writing again replaces the file, and leaves nothing else behind.
    folder.expect("lint -s net --write-baseline known.json", 0).answers("3 findings");
    let mut names: Vec<String> = std::fs::read_dir(folder.path(""))
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["known.json", "net"]);
}

#[test]
fn the_documents_agree_with_their_schemas() {
    let folder = faulty();
    let schema = folder.expect("schema lint", 0).json();
    let document = folder.expect("lint -s net --min-severity note -o json", 1).json();
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(document["findings"].as_array().map(Vec::len), Some(3));
    assert_eq!(document["unlisted"]["ignored"], 1);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/lint.schema.json");
    let committed = std::fs::read_to_string(&committed).expect("docs/schema/lint.schema.json is there");
    assert_eq!(committed, folder.expect("schema lint", 0).stdout, "vnetdig schema lint > docs/schema/lint.schema.json");
}

/// What the schema of the standard has against a document. The schema is the one of OASIS as the crate `serde-sarif`
/// carries it; nothing of ours is compared with it but this.
fn sarif_errors(document: &serde_json::Value) -> Vec<String> {
    let metadata = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let carrier = packages.iter().find(|package| package["name"] == "serde-sarif").expect("it is a dependency");
    let manifest = Path::new(carrier["manifest_path"].as_str().expect("it has a manifest"));
    let text = std::fs::read_to_string(manifest.with_file_name("src/schema.json")).expect("it carries the schema");
    let mut schema: serde_json::Value = serde_json::from_str(&text).expect("the schema is JSON");
    // One pattern in it has a bracket too many, which only lenient readers of regular expressions pass over. We write
    // no `language`.
    for of in ["run", "toolComponent"] {
        let language = schema["definitions"][of]["properties"]["language"].as_object_mut();
        language.expect("the schema knows languages").remove("pattern").expect("the pattern is still there");
    }
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    schema.iter_errors(document).map(|error| error.to_string()).collect()
}

#[test]
fn the_schema_of_sarif_refuses_what_is_not_sarif() {
    assert_ne!(sarif_errors(&serde_json::json!({ "version": "2.1.0", "runs": [{}] })), Vec::<String>::new());
}

#[test]
fn sarif_holds_what_the_standard_demands() {
    let folder =
        faulty().with("net/b #1.vnetdig.yaml", "vnetdig: 1\ntopology:\n  private-zones:\n    é: { name: e.example }\n");
    let document = folder.expect("lint -s net --min-severity note -o sarif", 1).json();
    assert_eq!(sarif_errors(&document), Vec::<String>::new());
    let run = &document["runs"][0];
    let results = run["results"].as_array().expect("there are results");
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("a small one");
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"], "{result}");
    }
    let uris: Vec<&str> = results
        .iter()
        .filter_map(|one| one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str())
        .collect();
    assert!(uris.contains(&"net/b%20%231.vnetdig.yaml"), "{uris:?}");
    let broken = serde_json::json!({ "version": "2.1.0", "runs": [ { "tool": {}, "columns": "x" } ] });
    assert!(!sarif_errors(&broken).is_empty());
}

#[test]
fn annotations_are_one_line_a_finding() {
    let folder = faulty();
    let github = folder.expect("lint -s net -o github", 1);
    assert_eq!(github.stdout.lines().count(), 2, "{github}");
    assert!(github.stdout.lines().all(|line| line.starts_with("::warning file=net/a.vnetdig.yaml,line=")), "{github}");
    folder
        .expect("lint -s net -o azure-devops", 1)
        .answers("##vso[task.logissue type=warning;sourcepath=net/a.vnetdig.yaml;linenumber=8;columnnumber=5;code=lint/zone-not-linked]");
    folder.expect("lint -s net -o github --min-severity error", 0).answers_nothing();
}

#[test]
fn rules_are_listed_and_explained_without_a_scenario() {
    let folder = Folder::new();
    let list = folder.expect("lint --list", 0);
    assert!(list.stdout.lines().count() >= 45, "{list}");
    list.answers("lint/zone-not-linked").answers("a private zone is linked to no virtual network");
    folder.expect("lint --explain zone-not-linked", 0).answers("# lint/zone-not-linked\n").answers("## Fix");
    folder.expect("lint --explain lint/unused-ignore", 0).answers("# lint/unused-ignore\n");
    folder.expect("lint --explain zone-not-linkd", 2).says("did you mean `zone-not-linked`?").answers_nothing();
    folder.expect("lint --explain topology/long-txt", 2).says("has no page").answers_nothing();
}

#[test]
fn bad_input_is_told_and_writes_nothing() {
    let folder = faulty()
        .with("broken.vnetdig.yaml", "vnetdig: 1\ntopology: { vnets: { app: { subnets: 7 } } }\n")
        .with("text.json", "not a baseline")
        .with("other.json", r#"{"schema": "vnetdig/lint/1", "findings": []}"#);
    for (line, status, said) in [
        ("lint", 2, "--scenario"),
        ("lint -s gone", 5, "cannot read `gone`"),
        ("lint -s broken.vnetdig.yaml", 5, "error"),
        ("lint -s broken.vnetdig.yaml --write-baseline out.json", 5, "error"),
        ("lint -s net --baseline gone.json", 5, "cannot read the baseline `gone.json`"),
        ("lint -s net --baseline net", 5, "cannot read the baseline `net`"),
        ("lint -s net --baseline text.json", 5, "it is not JSON"),
        ("lint -s net --baseline other.json", 5, "it is no baseline"),
        ("lint -s net --write-baseline gone/out.json", 74, "cannot write `gone/out.json`"),
        ("lint -s net --baseline a --write-baseline b", 2, "cannot be used with"),
        ("lint -s net --level zone-not-linkd=off", 2, "did you mean `zone-not-linked`?"),
        ("lint -s net --level zone-not-linked=loud", 2, "unknown level"),
        ("lint -s net --level zone-not-linked", 2, "expected RULE=LEVEL"),
        ("lint -s net --min-severity loud", 2, "loud"),
        ("lint -s net -o xml", 2, "xml"),
        ("lint -s net --list", 2, "cannot be used with"),
    ] {
        folder.expect(line, status).answers_nothing().says(said);
    }
    assert!(!folder.path("out.json").exists());
}

#[test]
fn standard_input_is_a_scenario_too() {
    let ran = Folder::new().run_with(&["lint", "-s", "-", "-o", "github"], FAULTY, &[]);
    assert_eq!(ran.status, 1, "{ran}");
    ran.answers("::warning file=-,line=8,col=5");
}

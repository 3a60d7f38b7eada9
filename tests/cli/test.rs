//! `vnetdig test`: which files, which checks, in which form.

use crate::{FAILING, Folder, SMALL};

fn failing() -> String {
    format!("{}{FAILING}", SMALL.trim_end())
}

fn topology_only() -> String {
    SMALL.split("checks:").next().expect("there is a topology").to_owned()
}

#[test]
fn the_status_says_whether_the_checks_hold() {
    let folder = Folder::small()
        .with("fails.vnetdig.yaml", failing())
        .with("silent.vnetdig.yaml", topology_only())
        .with("broken.vnetdig.yaml", "vnetdig: 1\nchekcs: []\n");
    folder.expect("test small.vnetdig.yaml", 0);
    folder.expect("test fails.vnetdig.yaml", 1);
    folder.expect("test silent.vnetdig.yaml", 3).says("no check");
    folder.expect("test silent.vnetdig.yaml small.vnetdig.yaml", 0);
    folder.expect("test broken.vnetdig.yaml", 5).says("did you mean `checks`");
    folder.expect("test broken.vnetdig.yaml fails.vnetdig.yaml", 5);
    folder.expect("test absent.vnetdig.yaml", 5).says("no such file");
    folder.expect("test", 2);
}

#[test]
fn a_failing_check_shows_its_place_its_reason_and_both_values() {
    let folder = Folder::new().with("fails.vnetdig.yaml", failing());
    let line = failing().lines().position(|line| line.contains("10.9.9.9")).expect("it is there") - 1;
    folder
        .expect("test fails.vnetdig.yaml", 1)
        .answers("10.9.9.9")
        .answers("10.1.0.80")
        .answers("somebody moved the server")
        .answers(&format!("fails.vnetdig.yaml:{line}:"));
}

#[test]
fn folders_are_searched_at_any_depth_in_the_order_of_names() {
    let folder = Folder::new()
        .with("all/b/deep/two.vnetdig.yml", SMALL)
        .with("all/a.vnetdig.yaml", failing())
        .with("all/.hidden/x.vnetdig.yaml", failing())
        .with("all/other.yaml", "not: ours");
    let listed = folder.expect("test --list all", 0).stdout;
    let files: Vec<&str> = listed.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(files.iter().filter(|file| file.ends_with("a.vnetdig.yaml")).count(), 3, "{listed}");
    assert_eq!(files.iter().filter(|file| file.ends_with("two.vnetdig.yml")).count(), 2, "{listed}");
    assert_eq!(files.len(), 5, "{listed}");
    assert!(files.is_sorted(), "{listed}");
    let twice = folder.expect("test --list all all/a.vnetdig.yaml", 0).stdout;
    assert_eq!(twice, listed, "a file named twice counts once");
    let ran = folder.expect("test all", 1);
    for _ in 0..3 {
        assert_eq!(folder.expect("test all", 1).stdout, ran.stdout, "the order does not depend on threads");
    }
}

#[test]
fn an_empty_folder_is_nothing_to_do() {
    let folder = Folder::new().with("empty/readme.txt", "");
    folder.expect("test empty", 3).says("no check");
}

#[test]
fn a_filter_looks_at_files_clients_questions_and_reasons() {
    let folder = Folder::small().with("fails.vnetdig.yaml", failing());
    for (filter, status) in [("small", 0), ("GONE.corp", 0), ("moved", 1), ("web-1", 1), ("nothing-like-it", 3)] {
        folder.expect(&format!("test . --filter {filter}"), status);
    }
}

#[test]
fn fail_fast_stops_at_the_first_failure_and_always_the_same() {
    let folder =
        Folder::new().with("a.vnetdig.yaml", SMALL).with("b.vnetdig.yaml", failing()).with("c.vnetdig.yaml", failing());
    let fast = folder.expect("test . --fail-fast", 1);
    assert!(!fast.stdout.contains("c.vnetdig.yaml"), "{fast}");
    for _ in 0..3 {
        assert_eq!(folder.expect("test . --fail-fast", 1).stdout, fast.stdout);
    }
}

#[test]
fn json_follows_its_schema() {
    let folder = Folder::small().with("fails.vnetdig.yaml", failing()).with("broken.vnetdig.yaml", "vnetdig: 2\n");
    let schema = folder.expect("schema test", 0).json();
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let view = folder.expect("test . -o json", 5).json();
    let errors: Vec<String> = validator.iter_errors(&view).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{view:#}");
}

#[test]
fn junit_goes_to_a_file_and_the_text_still_to_the_terminal() {
    let folder = Folder::small().with("fails.vnetdig.yaml", failing());
    let plain = folder.expect("test .", 1);
    let ran = folder.expect("test . -o junit=report.xml", 1);
    assert_eq!(ran.stdout, plain.stdout);
    let report = folder.read("report.xml");
    assert!(report.starts_with("<?xml") && report.contains("<failure"), "{report}");
    assert_eq!(report.matches("<testcase").count(), 5, "{report}");
    folder.expect("test . -o json -o junit=report.xml", 1).json();
    folder.expect("test . -o junit=report.xml -o text=report.txt -o json", 1);
    assert_eq!(folder.read("report.txt"), plain.stdout);
    folder.expect("test . -o json -o text", 2).says("standard output");
    folder.expect("test . -o junit=absent/report.xml", 74).says("cannot write");
    folder.expect("test . -o junit=one -o json=one", 2).says("two forms cannot go to one file");
    folder.expect("test . -o jnuit=report.xml", 2).says("did you mean `junit`?");
}

#[test]
fn time_passes_in_a_timeline() {
    let timeline = format!(
        "{}{}",
        topology_only(),
        r"
timeline:
  - at: 0s
    checks:
      - { from: web-1, query: new.corp.example. A, expect: { rcode: NXDOMAIN } }
  - at: 1h
    events:
      - set-record: { zone: corp, record: new A 10.1.0.90 }
    checks:
      - { from: web-1, query: new.corp.example. A, expect: { answer: [10.1.0.90] } }
"
    );
    let folder = Folder::new().with("later.vnetdig.yaml", timeline);
    folder.expect("test later.vnetdig.yaml", 0);
    let listed = folder.expect("test later.vnetdig.yaml --list", 0);
    assert_eq!(listed.stdout.lines().count(), 2, "{listed}");
}

#[test]
fn a_file_without_checks_does_not_pass() {
    let folder = Folder::new().with("empty.vnetdig.yaml", "vnetdig: 1\n");
    let ran = folder
        .expect("test empty.vnetdig.yaml", 3)
        .says("there is no check")
        .answers("NONE  empty.vnetdig.yaml   no check");
    assert!(!ran.stdout.contains("PASS"), "{ran}");
}

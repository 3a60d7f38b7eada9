//! Tests as text and JUnit.

use std::sync::Arc;

use vnetdig_engine::{CheckResult, Failure, Mismatch, ScenarioRun, Stage, World};
use vnetdig_model::scenario::{Check, Demand, Expectation, SimTime};
use vnetdig_model::{Diagnostic, Origin};
use vnetdig_report::{TestView, TestedFile, TextOptions, junit, text, view};

use crate::fixture::{Network, branch, network, resolution, span};

fn result(network: &Network, failures: Vec<Failure>) -> CheckResult {
    let query = network.query();
    let check = Check {
        from: vec![query.from],
        question: query.question,
        demand: Demand::All(Expectation::default()),
        forbidden: Vec::new(),
        diagnosis: None,
        because: Some("no public path to production data".into()),
        origin: Origin::Declared(span(&network.sources, "{ from: web-1")),
    };
    let resolution = resolution(vec![branch(network.chain(), &[], network.resolved())]);
    CheckResult { check, asker: query.from, world: World::cold(SimTime::default()), resolution, failures }
}

fn tested() -> TestView {
    let network = network();
    let stage =
        |at, results| Stage { at, topology: Arc::new(network.topology.clone()), results, diagnostics: Vec::new() };
    let mismatches = vec![Mismatch {
        key: "answer",
        expected: "[10.2.0.6]".to_owned(),
        actual: "[10.2.0.5]".to_owned(),
        block: None,
    }];
    let later = Some(SimTime(std::time::Duration::from_secs(60)));
    let passing = ScenarioRun { stages: vec![stage(None, vec![result(&network, Vec::new())])] };
    let failing = ScenarioRun {
        stages: vec![
            stage(None, vec![result(&network, vec![Failure::Outcome { outcome: 0, mismatches }])]),
            stage(later, vec![result(&network, vec![Failure::Forbidden { outcome: 0, expectation: 0 }])]),
        ],
    };
    let unknown = Diagnostic::error("scenario/unknown-key", "unknown key `hbu`")
        .at(span(&network.sources, "hub: {}"))
        .suggest("hbu", ["hub"]);
    let file = |name: &str, run, diagnostics| TestedFile {
        name: name.to_owned(),
        sources: &network.sources,
        run,
        diagnostics,
    };
    view::tests(&[
        file("field/dual-region", Some(&passing), &[]),
        file("orders.vnetdig.yaml", Some(&failing), &[]),
        file("broken.vnetdig.yaml", None, &[unknown]),
    ])
}

#[test]
fn scenarios_are_listed_with_what_failed_and_a_count() {
    insta::assert_snapshot!(text::tests(&tested(), TextOptions::default()), @r"
    PASS  field/dual-region     1 check
    FAIL  orders.vnetdig.yaml  web-1 asks orders.postgres.database.azure.com. A  because: no public path to production data
      --> orders.vnetdig.yaml:15:5
       expected  answer: [10.2.0.6]
       actual    [10.2.0.5]
    FAIL  orders.vnetdig.yaml  web-1 asks orders.postgres.database.azure.com. A at 1m  because: no public path to production data
      --> orders.vnetdig.yaml:15:5
       expected  not: expectation 1 never holds
       actual    NOERROR orders.privatelink.postgres.database.azure.com., 10.2.0.5
    ERROR broken.vnetdig.yaml   1 error
      --> orders.vnetdig.yaml:4:5: error[scenario/unknown-key]: unknown key `hbu`
          help: did you mean `hub`?
    3 scenarios, 3 checks: 1 passed, 2 failed, 1 scenario with errors
    ");
}

#[test]
fn junit_has_a_suite_a_scenario_and_a_case_a_check() {
    insta::assert_snapshot!(junit::tests(&tested()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="vnetdig" tests="4" skipped="0" failures="2" errors="1">
        <testsuite name="field/dual-region" tests="1" skipped="0" errors="0" failures="0">
            <testcase name="web-1 asks orders.postgres.database.azure.com. A" classname="field/dual-region"/>
        </testsuite>
        <testsuite name="orders.vnetdig.yaml" tests="2" skipped="0" errors="0" failures="2">
            <testcase name="web-1 asks orders.postgres.database.azure.com. A" classname="orders.vnetdig.yaml">
                <failure message="answer: expected [10.2.0.6], actual [10.2.0.5]">orders.vnetdig.yaml:15:5
    because: no public path to production data
    expected answer: [10.2.0.6]
    actual [10.2.0.5]</failure>
            </testcase>
            <testcase name="web-1 asks orders.postgres.database.azure.com. A at 1m" classname="orders.vnetdig.yaml">
                <failure message="not: expected expectation 1 never holds, actual NOERROR orders.privatelink.postgres.database.azure.com., 10.2.0.5">orders.vnetdig.yaml:15:5
    because: no public path to production data
    expected not: expectation 1 never holds
    actual NOERROR orders.privatelink.postgres.database.azure.com., 10.2.0.5</failure>
            </testcase>
        </testsuite>
        <testsuite name="broken.vnetdig.yaml" tests="1" skipped="0" errors="1" failures="0">
            <testcase name="the scenario can be used" classname="broken.vnetdig.yaml">
                <error message="orders.vnetdig.yaml:4:5: error[scenario/unknown-key]: unknown key `hbu`">orders.vnetdig.yaml:4:5: error[scenario/unknown-key]: unknown key `hbu`</error>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn no_scenario_is_no_failure() {
    let view = view::tests(&[]);
    assert_eq!(text::tests(&view, TextOptions::default()), " 0 scenarios, 0 checks: 0 passed, 0 failed\n");
}

#[test]
fn a_connection_that_is_not_opened_says_what_blocks_it_and_where() {
    let scenario = crate::reach::scenario();
    let run = vnetdig_engine::run(&scenario.1, &vnetdig_engine::Limits::default());
    let file =
        TestedFile { name: "orders.vnetdig.yaml".to_owned(), sources: &scenario.0, run: Some(&run), diagnostics: &[] };
    insta::assert_snapshot!(text::tests(&view::tests(&[file]), TextOptions::default()), @r"
    FAIL  orders.vnetdig.yaml  cron-1 asks orders.postgres.database.azure.com A
      --> orders.vnetdig.yaml:32:5
       expected  reachable: 5432
       actual    10.2.0.5: blocked by peering-not-transitive: app and data are each peered with hub; peering is not transitive   orders.vnetdig.yaml:9:13
    FAIL  orders.vnetdig.yaml  web-1 connects to 10.2.0.5
      --> orders.vnetdig.yaml:35:5
       expected  reachable: 22
       actual    10.2.0.5: blocked by security-rule: rule no-ssh (200) of NSG web denies it outbound   orders.vnetdig.yaml:14:9
       expected  reachable: 443
       actual    10.2.0.5: blocked by appliance-denies: no rule of appliance nva allows it   orders.vnetdig.yaml:20:5
    1 scenario, 2 checks: 0 passed, 2 failed
    ");
}

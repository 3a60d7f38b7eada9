//! The result of tests as JUnit XML. Nothing in it depends on when it was written.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::view::{CheckView, FileView, Status, TestView};

/// A suite for each scenario, a case for each check; a scenario that cannot be used is one case in error.
#[must_use]
pub fn tests(view: &TestView) -> String {
    let mut report = Report::new("vnetdig");
    report.add_test_suites(view.scenarios.iter().map(suite));
    report.to_string().expect("writing XML to a string does not fail")
}

fn suite(file: &FileView) -> TestSuite {
    let mut suite = TestSuite::new(file.name.as_str());
    if file.status == Status::Error {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let lines = file.diagnostics.iter().map(|problem| {
            let place = problem.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            format!("{place}{}[{}]: {}", problem.severity, problem.code, problem.message)
        });
        let lines: Vec<String> = lines.collect();
        status.set_message(lines.first().map_or("the scenario cannot be used", String::as_str));
        status.set_description(lines.join("\n"));
        let mut case = TestCase::new("the scenario can be used", status);
        case.set_classname(file.name.as_str());
        suite.add_test_case(case);
    }
    suite.add_test_cases(file.checks.iter().map(|check| case(file, check)));
    suite
}

fn case(file: &FileView, check: &CheckView) -> TestCase {
    let status = if check.status == Status::Pass { TestCaseStatus::success() } else { failure(check) };
    let at = check.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    let mut case = TestCase::new(format!("{}{at}", check.text), status);
    case.set_classname(file.name.as_str());
    case
}

fn failure(check: &CheckView) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let mut lines: Vec<String> = check.place.iter().cloned().collect();
    lines.extend(check.because.iter().map(|because| format!("because: {because}")));
    for failure in &check.failures {
        lines.extend(failure.when.iter().map(|when| format!("when {when}")));
        for mismatch in &failure.mismatches {
            lines.push(format!("expected {}: {}", mismatch.key, mismatch.expected));
            lines.push(format!("actual {}", mismatch.actual));
        }
    }
    let first = check.failures.iter().flat_map(|failure| &failure.mismatches).next();
    status.set_message(first.map_or_else(
        || "the check does not hold".to_owned(),
        |mismatch| format!("{}: expected {}, actual {}", mismatch.key, mismatch.expected, mismatch.actual),
    ));
    status.set_description(lines.join("\n"));
    status
}

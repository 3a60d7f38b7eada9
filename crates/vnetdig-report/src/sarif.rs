//! Findings as SARIF 2.1.0, for code scanning. Nothing in it depends on when or where it was written.

use serde::Serialize;

use crate::view::{FindingView, LintView, PlaceView};

/// A rule as SARIF lists it.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// Its code.
    pub code: &'static str,
    /// `note`, `warning` or `error`: the three levels of SARIF.
    pub severity: &'static str,
    /// What it finds, in one line.
    pub title: &'static str,
}

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    results: Vec<SarifResult<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_description: Option<Message<'a>>,
    default_configuration: Configuration<'a>,
}

#[derive(Serialize)]
struct Configuration<'a> {
    level: &'a str,
}

#[derive(Serialize)]
struct Message<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct OwnedMessage {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: OwnedMessage,
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: Fingerprints<'a>,
}

#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "vnetdigFinding/v1")]
    finding: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// The findings, and the rules: those given, and behind them every other code that was found.
#[must_use]
pub fn lint(view: &LintView, rules: &[RuleInfo]) -> String {
    let mut listed: Vec<Rule<'_>> = rules.iter().map(rule).collect();
    let mut results = Vec::with_capacity(view.findings.len());
    for finding in &view.findings {
        let known = listed.iter().position(|rule| rule.id == finding.code);
        let rule_index = known.unwrap_or_else(|| {
            let default_configuration = Configuration { level: finding.severity };
            listed.push(Rule { id: finding.code, short_description: None, default_configuration });
            listed.len() - 1
        });
        results.push(result(finding, rule_index));
    }
    let driver = Driver {
        name: "vnetdig",
        version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: listed,
    };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    let mut text = serde_json::to_string_pretty(&log).expect("SARIF holds nothing that JSON cannot hold");
    text.push('\n');
    text
}

fn rule(info: &RuleInfo) -> Rule<'static> {
    Rule {
        id: info.code,
        short_description: Some(Message { text: info.title }),
        default_configuration: Configuration { level: info.severity },
    }
}

fn result(finding: &FindingView, rule_index: usize) -> SarifResult<'_> {
    let help = finding.help.as_ref().map(|help| format!(". {help}")).unwrap_or_default();
    SarifResult {
        rule_id: finding.code,
        rule_index,
        level: finding.severity,
        message: OwnedMessage { text: format!("{}{help}", finding.message) },
        locations: finding.at.iter().map(|at| location(at, None)).collect(),
        related_locations: finding.related.iter().map(|one| location(&one.at, Some(&one.text))).collect(),
        partial_fingerprints: Fingerprints { finding: &finding.fingerprint },
    }
}

fn location<'a>(at: &PlaceView, text: Option<&'a str>) -> Location<'a> {
    let region =
        Region { start_line: at.line, start_column: at.column, end_line: at.end_line, end_column: at.end_column };
    Location {
        physical_location: PhysicalLocation { artifact_location: ArtifactLocation { uri: uri(&at.file) }, region },
        message: text.filter(|text| !text.is_empty()).map(|text| Message { text }),
    }
}

/// A path as a relative reference (RFC 3986, section 4.2): separators are slashes, and what cannot stand is escaped.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in path.bytes() {
        match byte {
            b'\\' => text.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'~' | b'-' => text.push(char::from(byte)),
            _ => write!(text, "%{byte:02X}").expect("writing to a string"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        for (path, expected) in [
            ("prod/a.vnetdig.yaml", "prod/a.vnetdig.yaml"),
            ("a b#1.yaml", "a%20b%231.yaml"),
            (r"prod\a.yaml", "prod/a.yaml"),
            ("C:/ü.yaml", "C%3A/%C3%BC.yaml"),
        ] {
            assert_eq!(uri(path), expected, "{path}");
        }
    }
}

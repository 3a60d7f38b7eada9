//! Findings as commands to the log of a build, which shows them at the lines of a change.

use std::fmt::Write as _;

use crate::view::LintView;

/// GitHub Actions: `::warning file=…,line=…,col=…,title=…::message` ("Workflow commands").
#[must_use]
pub fn github(view: &LintView) -> String {
    let mut text = String::new();
    for finding in &view.findings {
        let command = if finding.severity == "note" { "notice" } else { finding.severity };
        let mut properties = Vec::new();
        if let Some(at) = &finding.at {
            properties.push(format!("file={}", github_property(&at.file)));
            properties.push(format!("line={}", at.line));
            properties.push(format!("col={}", at.column));
            if at.end_line == at.line {
                properties.push(format!("endColumn={}", at.end_column));
            } else {
                properties.push(format!("endLine={}", at.end_line));
            }
        }
        properties.push(format!("title={}", github_property(finding.code)));
        let message = github_data(&sentence(&finding.message, finding.help.as_deref()));
        writeln!(text, "::{command} {}::{message}", properties.join(",")).expect("writing to a string");
    }
    text
}

/// Azure Pipelines: `##vso[task.logissue type=…;sourcepath=…;linenumber=…;columnnumber=…;code=…]message` ("Logging
/// commands"). It knows warnings and errors; a note is a warning there.
#[must_use]
pub fn azure_devops(view: &LintView) -> String {
    let mut text = String::new();
    for finding in &view.findings {
        let kind = if finding.severity == "error" { "error" } else { "warning" };
        let mut properties = format!("type={kind}");
        if let Some(at) = &finding.at {
            let file = azure_property(&at.file);
            write!(properties, ";sourcepath={file};linenumber={};columnnumber={}", at.line, at.column)
                .expect("writing to a string");
        }
        let message = azure_data(&sentence(&finding.message, finding.help.as_deref()));
        writeln!(text, "##vso[task.logissue {properties};code={}]{message}", azure_property(finding.code))
            .expect("writing to a string");
    }
    text
}

fn sentence(message: &str, help: Option<&str>) -> String {
    help.map_or_else(|| message.to_owned(), |help| format!("{message}. {help}"))
}

fn escaped(text: &str, table: &[(char, &str)]) -> String {
    let mut written = String::new();
    for letter in text.chars() {
        match table.iter().find(|(wanted, _)| *wanted == letter) {
            Some((_, escape)) => written.push_str(escape),
            None => written.push(letter),
        }
    }
    written
}

fn github_data(text: &str) -> String {
    escaped(text, &[('%', "%25"), ('\r', "%0D"), ('\n', "%0A")])
}

fn github_property(text: &str) -> String {
    escaped(text, &[('%', "%25"), ('\r', "%0D"), ('\n', "%0A"), (':', "%3A"), (',', "%2C")])
}

fn azure_data(text: &str) -> String {
    escaped(text, &[('%', "%AZP25"), ('\r', "%0D"), ('\n', "%0A")])
}

fn azure_property(text: &str) -> String {
    escaped(text, &[('%', "%AZP25"), ('\r', "%0D"), ('\n', "%0A"), (';', "%3B"), (']', "%5D")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{FindingView, LINT_SCHEMA, PlaceView, UnlistedView};

    fn view(file: &str, message: &str, severity: &'static str) -> LintView {
        let at = PlaceView { file: file.to_owned(), line: 3, column: 5, end_line: 3, end_column: 9 };
        let finding = FindingView {
            code: "lint/zone-not-linked",
            severity,
            message: message.to_owned(),
            at: Some(at),
            related: Vec::new(),
            help: Some("link it".to_owned()),
            fingerprint: String::new(),
        };
        LintView {
            schema: LINT_SCHEMA,
            findings: vec![finding],
            errors: 0,
            warnings: 0,
            notes: 0,
            unlisted: UnlistedView::default(),
        }
    }

    #[test]
    fn what_would_end_a_command_or_begin_another_is_escaped() {
        let hostile = view("a:b,c;d].yaml", "50 %\n::error::x\r##vso[x]", "note");
        assert_eq!(
            github(&hostile),
            "::notice file=a%3Ab%2Cc;d].yaml,line=3,col=5,endColumn=9,title=lint/zone-not-linked::\
             50 %25%0A::error::x%0D##vso[x]. link it\n"
        );
        assert_eq!(
            azure_devops(&hostile),
            "##vso[task.logissue type=warning;sourcepath=a:b,c%3Bd%5D.yaml;linenumber=3;columnnumber=5;\
             code=lint/zone-not-linked]50 %AZP25%0A::error::x%0D##vso[x]. link it\n"
        );
    }

    #[test]
    fn a_severity_becomes_the_nearest_one_there_is() {
        for (severity, on_github, on_azure) in [
            ("error", "::error ", "type=error"),
            ("warning", "::warning ", "type=warning"),
            ("note", "::notice ", "type=warning"),
        ] {
            let view = view("a.yaml", "x", severity);
            assert!(github(&view).starts_with(on_github), "{severity}");
            assert!(azure_devops(&view).contains(on_azure), "{severity}");
        }
    }
}

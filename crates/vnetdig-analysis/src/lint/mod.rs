//! What looks wrong with a topology before anybody asks anything.
//!
//! [`lint`] runs every [`Lint`] over a topology. One file per subject, and in it one constant and one small function
//! per rule; a rule's sentence stands beside it. What Azure refuses, and the limits of its products, are the checks
//! of `vnetdig_model::validate` and are not repeated here: a lint is about something Azure accepts.
//!
//! A lint says what is declared and never what would be answered; it must not fire on a network that works as its
//! owner wants. A fix is told in words, as the help of the finding.
//!
//! Everything is linear in the number of facts, up to the number of kinds of networks where a rule compares zones
//! with rules.

mod clients;
mod endpoints;
mod filters;
mod forwarders;
mod loops;
mod names;
mod peerings;
mod postgres;
mod records;
mod references;
mod routes;
mod rulesets;
mod servers;
mod survey;
mod zones;

use vnetdig_model::{Diagnostic, Severity, Topology};

use self::survey::Survey;

/// A rule about topologies.
#[derive(Debug)]
pub struct Lint {
    /// Stable code that names the bad pattern, such as `lint/zone-not-linked`. It has a page in `docs/lints`.
    pub code: &'static str,
    /// How bad it is, unless somebody says otherwise.
    pub severity: Severity,
    /// What it finds, in one line.
    pub title: &'static str,
    check: fn(&Survey<'_>, &mut Found),
}

/// The files, each a subject.
const SUBJECTS: [&[Lint]; 13] = [
    zones::LINTS,
    names::LINTS,
    records::LINTS,
    endpoints::LINTS,
    rulesets::LINTS,
    references::LINTS,
    servers::LINTS,
    forwarders::LINTS,
    loops::LINTS,
    peerings::LINTS,
    filters::LINTS,
    routes::LINTS,
    postgres::LINTS,
];

/// All rules, by subject.
pub fn lints() -> impl Iterator<Item = &'static Lint> {
    SUBJECTS.into_iter().chain([clients::LINTS]).flatten()
}

/// What was found, each under the code of the rule that found it.
struct Found {
    lint: &'static Lint,
    diagnostics: Vec<Diagnostic>,
}

impl Found {
    /// Takes what [`finding`] began.
    fn push(&mut self, diagnostic: Diagnostic) {
        let (code, severity) = (self.lint.code, self.lint.severity);
        self.diagnostics.push(Diagnostic { code, severity, ..diagnostic });
    }
}

/// A finding of the rule that pushes it.
fn finding(message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning("", message)
}

/// Everything that looks wrong, in the order of the text; what has no place in a text comes first.
#[must_use]
pub fn lint(topology: &Topology) -> Vec<Diagnostic> {
    let survey = Survey::of(topology);
    let mut diagnostics = Vec::new();
    for lint in lints() {
        let mut found = Found { lint, diagnostics };
        (lint.check)(&survey, &mut found);
        diagnostics = found.diagnostics;
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| (label.span.source, label.span.start)));
    diagnostics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_name_a_bad_pattern_in_kebab_case() {
        let mut codes: Vec<&str> = lints().map(|lint| lint.code).collect();
        assert!(codes.len() >= 45, "there are {} rules", codes.len());
        for code in &codes {
            let word = code.strip_prefix("lint/").expect(code);
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
        }
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "{codes:?}");
    }

    #[test]
    fn an_empty_topology_is_silent() {
        assert!(lint(&vnetdig_model::TopologyBuilder::new().build().value).is_empty());
    }
}

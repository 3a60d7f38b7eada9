//! Known findings: a file that lists what is not to be told again.
//!
//! A finding is known by its code and its message, which names what it is about, and by nothing that moves when lines
//! do. The file lists a finding as often as it is known; one more of the same is new.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};
use vnetdig_model::Diagnostic;

use crate::Stop;
use crate::exit::Exit;
use crate::load::reason;

/// The version of the file.
const SCHEMA: &str = "vnetdig/lint-baseline/1";
/// Largest file that is read: far more findings than anybody keeps.
const MOST_BYTES: u64 = 64 << 20;

/// Findings that are known, each with how often it is.
#[derive(Debug)]
pub(super) struct Baseline(BTreeMap<(String, String), usize>);

impl Baseline {
    pub(super) fn read(path: &Path) -> Result<Self, Stop> {
        let stop = |problem: &str| {
            Stop::new(Exit::InvalidInput, format!("cannot read the baseline `{}`: {problem}", path.display()))
        };
        let mut text = String::new();
        let opened = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text));
        opened.map_err(|error| stop(&reason(&error)))?;
        if text.len() as u64 > MOST_BYTES {
            return Err(stop("it is too large"));
        }
        Self::parsed(&text).map_err(|problem| stop(&problem))
    }

    fn parsed(text: &str) -> Result<Self, String> {
        let document: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        if document["schema"] != SCHEMA {
            return Err(format!("it is no baseline: its `schema` is not `{SCHEMA}`"));
        }
        let findings = document["findings"].as_array().ok_or("its `findings` are no list")?;
        let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (index, finding) in findings.iter().enumerate() {
            let text = |key: &str| finding[key].as_str().map(str::to_owned);
            let pair = text("code").zip(text("message"));
            let pair = pair.ok_or_else(|| format!("finding {} lacks its `code` or `message`", index + 1))?;
            *known.entry(pair).or_default() += 1;
        }
        Ok(Self(known))
    }

    /// Whether a finding is known; each known one is taken once.
    pub(super) fn takes(&mut self, found: &Diagnostic) -> bool {
        let Some(left) = self.0.get_mut(&(found.code.to_owned(), found.message.clone())) else { return false };
        let is_known = *left > 0;
        *left = left.saturating_sub(1);
        is_known
    }

    /// The file for what was found, in an order that no line decides.
    pub(super) fn written(found: &[Diagnostic]) -> String {
        let mut pairs: Vec<(&str, &str)> = found.iter().map(|one| (one.code, one.message.as_str())).collect();
        pairs.sort_unstable();
        let findings: Vec<Value> =
            pairs.into_iter().map(|(code, message)| json!({ "code": code, "message": message })).collect();
        format!("{:#}\n", json!({ "schema": SCHEMA, "findings": findings }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_known_as_often_as_it_is_listed() {
        let found = Diagnostic::warning("lint/zone-not-linked", "zone `a` is linked to nothing");
        let mut known = Baseline::parsed(&Baseline::written(std::slice::from_ref(&found))).expect("it was written");
        assert_eq!([known.takes(&found), known.takes(&found)], [true, false]);
        assert!(!known.takes(&Diagnostic::warning("lint/zone-not-linked", "another")));
    }

    #[test]
    fn what_is_no_baseline_is_told() {
        for (text, problem) in [
            ("", "it is not JSON"),
            ("[]", "it is no baseline"),
            (r#"{"schema": "vnetdig/lint-baseline/2", "findings": []}"#, "it is no baseline"),
            (r#"{"schema": "vnetdig/lint-baseline/1"}"#, "its `findings` are no list"),
            (r#"{"schema": "vnetdig/lint-baseline/1", "findings": [{"code": 1}]}"#, "finding 1 lacks"),
        ] {
            let told = Baseline::parsed(text).expect_err(text);
            assert!(told.starts_with(problem), "{text}: {told}");
        }
    }
}

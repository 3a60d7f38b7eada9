//! A fix as a patch of the files that the scenario was read from.

use std::fmt::Write as _;

use similar::TextDiff;
use vnetdig_analysis::diagnose::{Action, Fix};
use vnetdig_input::scenario::{Document, patch};
use vnetdig_model::edit::{Edit, apply};
use vnetdig_model::{Scenario, SourceId, SourceMap};

/// New texts in place of those a scenario was read from.
pub(crate) struct Patched {
    /// Those that change, in the order of reading.
    pub(crate) texts: Vec<(SourceId, String)>,
}

impl Patched {
    /// The texts after a fix, or why they cannot say it.
    pub(crate) fn by(
        fix: &Fix,
        sources: &SourceMap,
        documents: &[Document],
        scenario: &Scenario,
    ) -> Result<Self, String> {
        let mut builder = scenario.topology.edit();
        for edit in edits(fix) {
            apply(edit, &mut builder);
        }
        let after = Scenario { topology: builder.build().value, ..scenario.clone() };
        let patch = patch(sources, documents, scenario, &after).map_err(|refused| refused.to_string())?;
        let all = sources.iter().map(|(id, source)| (id, source.text(), patch.apply(sources, id)));
        let changed = all.filter(|(_, before, after)| before != after).map(|(id, _, after)| (id, after));
        Ok(Self { texts: changed.collect() })
    }

    /// The changes as a unified diff.
    pub(crate) fn diff(&self, sources: &SourceMap) -> String {
        let mut text = String::new();
        for (source, after) in &self.texts {
            let before = sources.source(*source);
            let diff = TextDiff::from_lines(before.text(), after.as_str());
            let mut unified = diff.unified_diff();
            write!(text, "{}", unified.header(before.name(), before.name())).expect("writing to a string");
        }
        text
    }
}

/// What a fix changes in the topology.
pub(crate) fn edits(fix: &Fix) -> impl Iterator<Item = &Edit> {
    fix.actions.iter().filter_map(|action| match action {
        Action::Edit(edit) => Some(edit),
        Action::Ask(_) | Action::AskOwnServers | Action::FlushCaches => None,
    })
}

//! Why something fails: causes that are proven by taking them away.
//!
//! A [`Goal`] says what should come of a question. [`diagnose`] plays it; where it fails, it suspects facts the trace
//! and the ways point at, mends each on a copy and plays again. A suspicion whose mend does not lead further is
//! dropped; one that does is a cause, and the play goes on from the mended copy, until the goal holds. So all
//! blockers come in one run, and none is invented. At the end every cause that turns out not to be needed is left out.
//!
//! Analysis sees what the user can see, topology, outcome and trace, and decides nothing about DNS or packets.

mod assess;
mod blame;
mod checks;
mod effects;
mod fixes;
mod goal;
mod play;
mod suspects;

use std::sync::Arc;

use vnetdig_engine::{Basis, Missing, Vantage};
use vnetdig_model::diagnosis::Code;
use vnetdig_model::edit::Edit;
use vnetdig_model::scenario::TypedName;
use vnetdig_model::{Fqdn, Topology};

pub use assess::{Assessment, Possible, Stage, Standing, State, assess};
pub use blame::Blamed;
pub use checks::{examine_diagnoses, situation_of};
pub use effects::{CellChange, SideEffects, effects_of};
pub use fixes::{Fix, fixes};
pub use goal::{Goal, Want};
pub use play::{Situation, diagnose};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Change a declared fact.
    Edit(Edit),
    /// Use another name.
    Ask(TypedName),
    /// Ask through the client's own servers instead of one named by hand.
    AskOwnServers,
    /// Empty the caches on the way, or wait until they have forgotten.
    FlushCaches,
}

/// One way to take a cause away: all of these, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What to do; empty where the cause is known and nothing declared can be changed about it.
    pub actions: Vec<Action>,
}

impl Remedy {
    /// A remedy of edits.
    #[must_use]
    pub fn edits(edits: impl IntoIterator<Item = Edit>) -> Self {
        Self { actions: edits.into_iter().map(Action::Edit).collect() }
    }
}

/// Why the goal is missed: one of the sets of facts that must change.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The bad pattern.
    pub code: Code,
    /// The topology it was found in: as declared, or with earlier causes taken away. Ids of the facts are its.
    pub topology: Arc<Topology>,
    /// The facts to blame, the first one foremost.
    pub facts: Vec<Blamed>,
    /// The name it is about, where it is about one: the query name, or an alias target.
    pub name: Option<Fqdn>,
    /// The point of view of Azure-provided DNS, where that matters.
    pub vantage: Option<Vantage>,
    /// The behaviors it rests on, in the order they came up.
    pub bases: Vec<Basis>,
    /// Ways to take it away that were tried on a copy and led further, the plainest first; empty where the goal
    /// cannot be reached by changing a declared fact.
    pub remedies: Vec<Remedy>,
}

impl Cause {
    /// The behaviors it rests on that nothing observed or documented carries.
    pub fn unconfirmed(&self) -> impl Iterator<Item = Basis> {
        self.bases.iter().copied().filter(|basis| basis.is_unconfirmed())
    }
}

/// What was found out about a goal.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The goal.
    pub goal: Goal,
    /// How things stand, before anything is mended.
    pub standing: Standing,
    /// The causes in rank order: the one met first by the question on its way comes first.
    pub causes: Vec<Cause>,
    /// Whether the goal holds once all causes are taken away by their first remedies.
    pub is_sufficient: bool,
    /// What the topology does not say and the goal depends on, once the causes are taken away.
    pub missing: Vec<Missing>,
}

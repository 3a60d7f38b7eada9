//! All wording: how names, data, decisions and outcomes are said in English.
//!
//! Facts stay in the model and decisions in the trace; here is only how they are put. Machine-readable tags that
//! stand beside the words in JSON are here too, so that both change together.

mod action;
mod block;
mod carrier;
mod cause;
mod choice;
mod data;
mod decide;
mod edit;
mod gap;
mod missing;
mod names;
mod network;
mod observed;
mod opening;
mod rejection;
mod step;
mod tag;
mod verdict;
mod way;

pub(crate) use action::{action, action_tag};
pub(crate) use carrier::carrier;
pub(crate) use cause::{area_tag, blamed, blamed_tag, cause, cell, label};
pub(crate) use choice::{open, taken};
pub(crate) use data::{absolute, datum, duration, mnemonic, silence, silence_tag, source_of, typed};
pub use decide::{Decide, ScenarioLine, decide};
pub use edit::edit;
pub(crate) use gap::{change_tag, need_tag, remedy_tag};
pub(crate) use missing::{CUT_SHORT, limit, limit_tag, missing, missing_tag, subject};
pub(crate) use names::Names;
pub(crate) use observed::{asked_server, confirming, difference, difference_tag, part, part_tag, seen, tool};
pub(crate) use opening::{accepted, opening, resolves_and_reaches};
pub(crate) use rejection::{rejection, rejection_tag};
pub(crate) use step::{Told, is_shown, sentence, source_words_of};
pub(crate) use tag::{failure_tag, party_tag, step_tag};
pub(crate) use verdict::{failure_of, verdict_line, verdict_over};
pub(crate) use way::{direction_of, station_tag, way_rejection, way_rejection_tag, way_step_tag};

/// Words joined as in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// A number with its noun: `1 check`, `2 checks`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_as_in_a_sentence() {
        let words = ["a", "b", "c"].map(str::to_owned);
        for (count, joined) in [(0, ""), (1, "a"), (2, "a and b"), (3, "a, b and c")] {
            assert_eq!(listed(&words[..count]), joined);
        }
    }
}

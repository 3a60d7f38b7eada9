//! What a fix does, in words.

use vnetdig_analysis::diagnose::Action;
use vnetdig_model::Topology;

use super::data::typed;
use super::edit;

/// The tag of an action: the kind of change in `kebab-case`.
pub(crate) fn action_tag(action: &Action) -> String {
    match action {
        // The name of the variant is the tag, so that no second list of edits must be kept.
        Action::Edit(edit) => {
            let shown = format!("{edit:?}");
            let variant = shown.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let mut tag = String::new();
            for c in variant.chars() {
                if c.is_ascii_uppercase() && !tag.is_empty() {
                    tag.push('-');
                }
                tag.push(c.to_ascii_lowercase());
            }
            tag
        }
        Action::Ask(_) => "ask".to_owned(),
        Action::AskOwnServers => "ask-own-servers".to_owned(),
        Action::FlushCaches => "flush-caches".to_owned(),
    }
}

/// What an action does to a topology, without a period.
pub(crate) fn action(topology: &Topology, action: &Action) -> String {
    match action {
        Action::Edit(known) => edit(topology, known),
        Action::Ask(name) => format!("ask for {}", typed(name)),
        Action::AskOwnServers => "ask without naming a server, as programs do".to_owned(),
        Action::FlushCaches => "empty the caches on the way, or wait until they have forgotten".to_owned(),
    }
}

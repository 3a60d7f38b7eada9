//! From checked documents to a [`Scenario`]: references become ids, short forms become facts.
//!
//! The check has already said what is wrong with the form of a document, and a reader returns nothing for what
//! is wrong; the builder says later what cannot be. What is said here is what lies between: two files that
//! disagree, and names that lead nowhere. A resource that could not be made is still known by name, so that what
//! refers to it causes no further words.

mod appliances;
mod checks;
mod clients;
mod dns;
mod filters;
mod names;
mod networks;
mod reach;
mod servers;
mod services;
mod timeline;

use indexmap::IndexMap;
use vnetdig_model::diagnostic::nearest;
use vnetdig_model::dns::Lock;
use vnetdig_model::network::ResourceScope;
use vnetdig_model::service::Cloud;
use vnetdig_model::switches::SWITCHES;
use vnetdig_model::{Diagnostic, Origin, Parsed, Scenario, Severity, Span, Switches, TopologyBuilder};

use super::items::Items;
use super::{Document, Fields, Named, Spanned};
use names::Names;

/// Merges documents into one scenario; `switches` are set last, over those of the documents.
///
/// Every mistake is found in one run, in the order of the text.
pub fn lower(documents: &[Document], switches: &[(String, String)]) -> Parsed<Scenario> {
    lowered(Lowering::new(documents), documents, switches).0
}

/// The same, and the items of the documents where several of them make one fact.
pub(super) fn lower_with_items(documents: &[Document]) -> (Parsed<Scenario>, Items) {
    let mut lowering = Lowering::new(documents);
    lowering.items = Some(Items::default());
    let (scenario, items) = lowered(lowering, documents, &[]);
    (scenario, items.unwrap_or_default())
}

fn lowered(
    mut lowering: Lowering<'_>,
    documents: &[Document],
    switches: &[(String, String)],
) -> (Parsed<Scenario>, Option<Items>) {
    lowering.switches(switches);
    lowering.topology();
    let checks = lowering.checks();
    let timeline = lowering.timeline();
    let title = lowering.agreed("title").map(Box::from);
    let description = lowering.documents.iter().find_map(|document| document.text("description"));
    let description = description.map(|text| Box::from(text.value));
    let Lowering { builder, mut found, items, .. } = lowering;
    let Parsed { value: topology, diagnostics } = builder.build();
    // Where something was left out, a warning about what remains would often be a consequence.
    let is_whole = documents.iter().all(Document::is_sound)
        && found.iter().all(|diagnostic| diagnostic.severity < Severity::Error);
    found.extend(diagnostics.into_iter().filter(|diagnostic| is_whole || diagnostic.severity == Severity::Error));
    found.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| (label.span.source, label.span.start)));
    (Parsed { value: Scenario { title, description, topology, checks, timeline }, diagnostics: found }, items)
}

/// The sections of `topology` whose entries can be referred to.
const SECTIONS: [&str; 21] = [
    "vnets",
    "nsgs",
    "application-security-groups",
    "route-tables",
    "nat-gateways",
    "virtual-network-gateways",
    "private-zones",
    "private-resolvers",
    "forwarding-rulesets",
    "dns-servers",
    "firewalls",
    "appliances",
    "load-balancers",
    "virtual-hubs",
    "dns-security-policies",
    "sites",
    "postgres-servers",
    "virtual-endpoints",
    "private-link-services",
    "clients",
    "topology",
];

struct Lowering<'t> {
    /// The documents in the order they were read.
    documents: Vec<Fields<'t>>,
    /// Their topologies.
    topologies: Vec<Fields<'t>>,
    builder: TopologyBuilder,
    names: Names,
    found: Vec<Diagnostic>,
    /// The items of lists, if they are asked for.
    items: Option<Items>,
}

impl<'t> Lowering<'t> {
    fn new(documents: &'t [Document]) -> Self {
        let unread = unread_sections(documents);
        let documents: Vec<_> = documents.iter().map(Document::fields).collect();
        let topologies = documents.iter().filter_map(|document| document.fields("topology")).collect();
        let names = Names::new(&|section| unread.contains(&"topology") || unread.contains(&section));
        Self { documents, topologies, builder: TopologyBuilder::new(), names, found: Vec::new(), items: None }
    }

    fn topology(&mut self) {
        self.builder.facts_mut().cloud = match self.agreed_in_topology("cloud") {
            Some("UsGovernment") => Cloud::UsGovernment,
            Some("China") => Cloud::China,
            _ => Cloud::Public,
        };
        self.filters();
        self.networks();
        self.admin_rules();
        self.dns();
        self.servers();
        self.appliances();
        self.services();
        self.clients();
    }

    /// The entries of a section of all topologies. Two files must not declare one name.
    fn entries(&mut self, section: &str) -> Vec<Named<'t>> {
        let mut firsts: IndexMap<&'t str, Span> = IndexMap::new();
        let mut all = Vec::new();
        for entry in self.topologies.iter().flat_map(|topology| topology.entries(section)) {
            match firsts.entry(entry.name.value) {
                indexmap::map::Entry::Vacant(vacant) => {
                    vacant.insert(entry.name.span);
                    all.push(entry);
                }
                // Within one file the tree has said so.
                indexmap::map::Entry::Occupied(first) if first.get().source == entry.name.span.source => {}
                indexmap::map::Entry::Occupied(first) => {
                    let message = format!("`{}` is declared twice in `{section}`", entry.name.value);
                    self.found.push(
                        Diagnostic::error("scenario/conflict", message)
                            .label(entry.name.span, "declared again here")
                            .label(*first.get(), "first declared here")
                            .help("keep one of the two, or give them different names"),
                    );
                }
            }
        }
        all
    }

    /// The text of a key at the top, which may be given twice only if it is the same.
    fn agreed(&mut self, key: &str) -> Option<&'t str> {
        let given: Vec<_> = self.documents.iter().filter_map(|document| document.text(key)).collect();
        self.agree(key, &given)
    }

    /// The word of a key of `topology`, likewise.
    fn agreed_in_topology(&mut self, key: &str) -> Option<&'static str> {
        let given: Vec<_> = self.topologies.iter().filter_map(|topology| topology.word(key)).collect();
        self.agree(key, &given)
    }

    fn agree<'w>(&mut self, key: &str, given: &[Spanned<&'w str>]) -> Option<&'w str> {
        let (first, others) = given.split_first()?;
        for other in others.iter().filter(|other| other.value != first.value) {
            let message = format!("`{key}` is given twice, and differs");
            self.found.push(
                Diagnostic::error("scenario/conflict", message)
                    .label(other.span, "given again here")
                    .label(first.span, "first given here")
                    .help("keep one of the two"),
            );
        }
        Some(first.value)
    }

    fn switches(&mut self, overrides: &[(String, String)]) {
        let mut switches = Switches::default();
        let sections: Vec<_> = self.documents.iter().filter_map(|document| document.fields("switches")).collect();
        for info in SWITCHES {
            let mut first: Option<(String, Span)> = None;
            for section in sections.iter().filter(|section| section.has(info.name)) {
                let Some(node) = section.get(info.name).map(super::Field::node) else { continue };
                let words: Vec<&str> = match node.list() {
                    Some(list) => list.iter().filter_map(crate::tree::Node::scalar).map(|scalar| scalar.text).collect(),
                    None => node.scalar().map(|scalar| scalar.text).into_iter().collect(),
                };
                let value = words.join(",");
                let span = section.get(info.name).map_or_else(|| section.place(), super::Field::place);
                match &first {
                    Some((before, place)) if *before != value => {
                        let message = format!("switch `{}` is set twice, and differs", info.name);
                        self.found.push(
                            Diagnostic::error("scenario/conflict", message)
                                .label(span, "set again here")
                                .label(*place, "first set here")
                                .help("keep one of the two"),
                        );
                    }
                    Some(_) => {}
                    None => {
                        // What the check refused was reported there.
                        let _ = switches.set(info.name, &value);
                        first = Some((value, span));
                    }
                }
            }
        }
        for (name, value) in overrides {
            self.found.extend(set_switch(&mut switches, name, value));
        }
        self.builder.facts_mut().switches = switches;
    }
}

/// Sets a switch by the words of the command line.
fn set_switch(switches: &mut Switches, name: &str, value: &str) -> Option<Diagnostic> {
    let error = switches.set(name, value).err()?;
    let known = SWITCHES.iter().find(|info| info.name == name);
    Some(match known {
        None => Diagnostic::error("scenario/unknown-switch", error.to_string())
            .suggest(name, SWITCHES.iter().map(|info| info.name)),
        Some(info) => Diagnostic::error("scenario/bad-switch-value", format!("{error}, not `{value}`"))
            .suggest(value, info.values.iter().copied()),
    })
}

/// Sections that stand there but cannot be read: whether a name is declared in them is unknown.
fn unread_sections(documents: &[Document]) -> Vec<&'static str> {
    let mut unread = Vec::new();
    for document in documents {
        let Some(root) = document.tree().root().map() else { continue };
        for entry in root.iter() {
            let is_topology = entry.key.text == "topology";
            match (is_topology, entry.value.map()) {
                (true, Some(topology)) => {
                    for entry in topology.iter() {
                        let section = SECTIONS.iter().find(|section| **section == entry.key.text).copied();
                        match section {
                            Some(section) if entry.value.map().is_none() => unread.push(section),
                            Some(_) => {}
                            None => unread.extend(nearest(entry.key.text, SECTIONS)),
                        }
                    }
                }
                (true, None) => unread.push("topology"),
                (false, _) => unread.extend(nearest(entry.key.text, ["topology"])),
            }
        }
    }
    unread
}

/// The origin of a fact that stands at this place.
fn declared(span: Span) -> Origin {
    Origin::Declared(span)
}

fn boxed(text: Option<Spanned<&str>>) -> Option<Box<str>> {
    text.map(|text| text.value.into())
}

/// The values without their places.
fn values<T>(spanned: Vec<Spanned<T>>) -> Vec<T> {
    spanned.into_iter().map(|one| one.value).collect()
}

fn is_set(fields: Fields<'_>, key: &str) -> bool {
    fields.flag(key).is_some_and(|flag| flag.value)
}

fn lock(fields: Fields<'_>) -> Option<Lock> {
    Some(match fields.word("lock")?.value {
        "ReadOnly" => Lock::ReadOnly,
        _ => Lock::CanNotDelete,
    })
}

/// A region as Azure's APIs write it: `West Europe` is `westeurope`.
fn region(fields: Fields<'_>) -> Option<Box<str>> {
    let text = fields.text("region")?.value;
    Some(text.chars().filter(|c| *c != ' ').flat_map(char::to_lowercase).collect::<String>().into())
}

/// What a resource says of its place in the tenant, where it can say all of it.
fn scope(fields: Fields<'_>) -> ResourceScope {
    ResourceScope {
        subscription: boxed(fields.text("subscription")),
        resource_group: boxed(fields.text("resource-group")),
        arm_id: boxed(fields.text("id")),
    }
}

/// The scope of a resource that says only its ARM id.
fn scope_by_id(fields: Fields<'_>) -> ResourceScope {
    ResourceScope { arm_id: boxed(fields.text("id")), ..ResourceScope::default() }
}

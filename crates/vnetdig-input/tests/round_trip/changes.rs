//! Changes of a topology, as fixes make them.

use std::fmt::Write as _;

use vnetdig_model::dns::ResolutionPolicy;
use vnetdig_model::{Address, Origin, RecordData, RecordSet, RecordType, TopologyBuilder, Ttl};

/// A change.
pub(crate) type Change = fn(&mut TopologyBuilder);

/// Changes that a fix may make, each of which can be made to any scenario that has what it is about.
pub(crate) const CHANGES: [(&str, Change); 9] = [
    ("a record more", |builder| {
        let Some(zone) = builder.facts().private_zones.values().map(|zone| zone.data).next_back() else { return };
        let owner = builder.facts().zone_data[zone].apex.child("patched").expect("a good label");
        builder.facts_mut().record_sets.push(RecordSet {
            zone,
            owner,
            record_type: RecordType::A,
            ttl: Ttl(60),
            data: [RecordData::Address(Address::Known([10, 9, 9, 9].into()))].into_iter().collect(),
            auto_registered: false,
            origin: Origin::Built,
        });
    }),
    ("a link fewer", |builder| {
        let links: Vec<_> = builder.facts().zone_links.values().skip(1).cloned().collect();
        builder.facts_mut().zone_links = links.into_iter().collect();
    }),
    ("another policy of a link", |builder| {
        if let Some(link) = builder.facts_mut().zone_links.values_mut().next() {
            link.resolution_policy = ResolutionPolicy::NxDomainRedirect;
        }
    }),
    ("other DNS servers of a network", |builder| {
        if let Some(vnet) = builder.facts_mut().vnets.values_mut().next_back() {
            vnet.dns_servers.push([10, 9, 9, 9].into());
            vnet.dns_servers_origin = Some(Origin::Built);
        }
    }),
    ("a half of a peering fewer", |builder| {
        let halves: Vec<_> = builder.facts().peerings.values().skip(1).cloned().collect();
        builder.facts_mut().peerings = halves.into_iter().collect();
    }),
    ("a half of a peering with forwarded traffic", |builder| {
        if let Some(half) = builder.facts_mut().peerings.values_mut().next() {
            half.allow_forwarded_traffic = !half.allow_forwarded_traffic;
        }
    }),
    ("a rule of a security group with another access", |builder| {
        if let Some(rule) = builder.facts_mut().nsgs.values_mut().flat_map(|nsg| &mut nsg.rules).next() {
            rule.priority = 4000;
        }
    }),
    ("targets of a forwarding rule", |builder| {
        if let Some(rule) = builder.facts_mut().forwarding_rules.values_mut().next() {
            rule.targets.push(([10, 9, 9, 9], 53).into());
        }
    }),
    ("a client at another address", |builder| {
        if let Some(client) = builder.facts_mut().clients.values_mut().next_back() {
            client.addresses = vec![[10, 9, 9, 9].into()];
        }
    }),
];

/// A text with a comment of its own above each line and beside it, where it can carry one.
pub(crate) fn planted(text: &str) -> String {
    let mut new = String::new();
    // How deep the key of a block scalar stands, while its lines last.
    let mut block: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let depth = line.len() - line.trim_start().len();
        if block.is_some_and(|key| line.is_empty() || depth > key) {
            new.extend([line, "\n"]);
            continue;
        }
        block = line.ends_with(['|', '>', '-']).then_some(depth).filter(|_| line.contains([':', '-']));
        let beside = if block.is_some() { String::new() } else { format!(" # beside {number}.") };
        writeln!(new, "{:depth$}# above {number}.\n{line}{beside}", "").expect("a string takes all");
    }
    new
}

/// The comments of a planted text that are not in a new one and did not go with their own line.
pub(crate) fn lost<'t>(planted: &'t str, new: &str) -> Vec<&'t str> {
    let comment = |line: &'t str| line.find("# above ").or_else(|| line.find("# beside ")).map(|at| line.split_at(at));
    let bare = |text: &str, line: &str| text.lines().filter(|other| other.trim_end() == line.trim_end()).count();
    let is_lost = |(line, comment): &(&str, &str)| {
        // Beside something that is no longer there it may go, too.
        let went = comment.starts_with("# beside") && bare(new, line) <= bare(planted, line);
        !(new.contains(comment) || went)
    };
    planted.lines().filter_map(comment).filter(is_lost).map(|(_, comment)| comment).collect()
}

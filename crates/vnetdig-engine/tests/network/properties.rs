//! What must hold of any network.

use proptest::prelude::*;
use vnetdig_engine::way_names;

use crate::plan::{End, Half, Plan, Prefix, Rule, plans};
use crate::{attempt, brute, scenario, word};

const PORT: u16 = 5432;

/// The verdict for each pair of clients, in the order of their numbers, and what the packets pass.
fn verdicts(plan: &Plan, turn: bool) -> Vec<(usize, usize, &'static str, Vec<String>)> {
    let scenario = scenario(&plan.text(turn));
    let topology = &scenario.topology;
    let count = plan.networks.len();
    let pairs = (0..count).flat_map(|from| (0..count).map(move |to| (from, to))).filter(|(from, to)| from != to);
    let judged = pairs.map(|(from, to)| {
        let found = attempt(topology, &format!("c{from}"), &plan.address(to, "a"), PORT);
        let asker =
            vnetdig_model::scenario::Asker::Client(topology.client_by_name(&format!("c{from}")).expect("it is"));
        (from, to, word(&found), way_names(topology, asker, &found))
    });
    judged.collect()
}

fn open(plan: &Plan) -> Vec<(usize, usize)> {
    let all = verdicts(plan, false).into_iter();
    all.filter(|(.., word, _)| *word == "open").map(|(from, to, ..)| (from, to)).collect()
}

#[test]
fn plans_come_in_all_kinds() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut kinds: std::collections::BTreeSet<(&str, bool)> = std::collections::BTreeSet::new();
    for _ in 0..150 {
        let plan = plans().new_tree(&mut runner).expect("a plan").current();
        for (.., word, names) in verdicts(&plan, false) {
            kinds.insert((word, names.iter().any(|name| name.starts_with('n'))));
        }
    }
    for kind in [
        ("open", false),
        ("open", true),
        ("asymmetric-path", true),
        ("appliance-denies", false),
        ("appliance-not-forwarding", false),
        ("appliance-unreachable", false),
        ("forwarded-traffic-denied", true),
        ("network-access-denied", false),
        ("no-route", false),
        ("peering-not-connected", false),
        ("peering-not-transitive", false),
        ("route-drops", false),
        ("routing-loop", true),
        ("security-rule", false),
        ("undetermined", false),
    ] {
        assert!(kinds.contains(&kind), "no plan ends with {kind:?}: {kinds:?}");
    }
}

proptest! {
    #[test]
    fn the_plane_agrees_with_a_brute_force_walk(plan in plans()) {
        for (from, to, word, names) in verdicts(&plan, false) {
            if let Some(passed) = brute::walk(&plan, from, to, PORT) {
                prop_assert_eq!(word, "open", "c{} to c{}", from, to);
                prop_assert_eq!(&names[..names.len() - 1], &passed[..], "c{} to c{}", from, to);
            } else {
                prop_assert_ne!(word, "open", "c{} to c{}", from, to);
            }
        }
    }

    #[test]
    fn everything_is_known_where_everything_is_declared(plan in plans()) {
        // A next hop where nothing stands is the one thing plans leave open.
        for (from, to, word, _) in verdicts(&plan, false) {
            let has_gap = plan.networks.iter().any(|network| network.appliance.is_none());
            prop_assert!(word != "undetermined" || has_gap, "c{} to c{}", from, to);
        }
    }

    #[test]
    fn a_deny_opens_no_path(
        plan in plans(),
        at in 0_usize..5,
        inbound in any::<bool>(),
        prefix in prop_oneof![Just(Prefix::All), (0_usize..5).prop_map(Prefix::Network)],
        first in any::<bool>(),
    ) {
        let mut denied = plan.clone();
        let count = plan.networks.len();
        let prefix = match prefix {
            Prefix::Network(network) => Prefix::Network(network % count),
            other => other,
        };
        // Where there is no group yet, a deny brings the default rules with it; they open nothing either.
        let (source, destination) = (End::Prefix(Prefix::All), End::Prefix(prefix));
        let rule = Rule { inbound, allow: false, source, destination, port: None };
        let rules = &mut denied.networks[at % count].rules;
        rules.insert(if first { 0 } else { rules.len() }, rule);
        let before = open(&plan);
        for pair in open(&denied) {
            prop_assert!(before.contains(&pair), "{pair:?} is open after a deny only");
        }
    }

    /// The exceptions, each shown by a table: a route at least as long as the peer's prefix on one side only makes
    /// the way lopsided past a device that keeps state; a rule that denies `VirtualNetwork` takes the peer in. Devices
    /// that translate sources are left out: they hide a source from a rule about it, which a peering shows again.
    #[test]
    fn a_healthy_peering_closes_no_path_between_its_ends(plan in plans(), one in 0_usize..5, other in 0_usize..5) {
        let count = plan.networks.len();
        let (one, other) = (one % count, other % count);
        prop_assume!(one != other);
        let mut plain = plan;
        for network in &mut plain.networks {
            if let Some(appliance) = &mut network.appliance {
                appliance.translates = false;
            }
            network.routes.retain(|route| route.prefix == Prefix::All);
            network.rules.retain(|rule| rule.source != End::VirtualNetwork && rule.destination != End::VirtualNetwork);
        }
        let mut peered = plain.clone();
        peered.halves.retain(|half| ![(one, other), (other, one)].contains(&(half.local, half.remote)));
        for (local, remote) in [(one, other), (other, one)] {
            peered.halves.push(Half { local, remote, connected: true, access: true, forwarded: true });
        }
        let after = open(&peered);
        for pair in open(&plain) {
            let is_between = pair == (one, other) || pair == (other, one);
            prop_assert!(!is_between || after.contains(&pair), "{pair:?} was open without the peering");
        }
    }

    #[test]
    fn the_order_of_declaration_does_not_matter(plan in plans()) {
        prop_assert_eq!(verdicts(&plan, false), verdicts(&plan, true));
    }

    #[test]
    fn the_longest_prefix_is_that_of_a_plain_scan(
        prefixes in proptest::collection::vec((any::<u32>(), 0_u8..=32), 0..40),
        address in any::<u32>(),
        near in any::<bool>(),
    ) {
        use ipnet::{IpNet, Ipv4Net};
        use vnetdig_model::prefixes::Prefixes;
        let mut table = Prefixes::default();
        // Half of the time the address is near one of the prefixes, or nothing but defaults would be found.
        let near = if near { prefixes.first().map(|(bits, _)| bits ^ (address & 0xff)) } else { None };
        let address = std::net::IpAddr::V4(near.unwrap_or(address).into());
        let all: Vec<IpNet> = prefixes
            .iter()
            .map(|(bits, length)| IpNet::V4(Ipv4Net::new((*bits).into(), *length).expect("a length").trunc()))
            .collect();
        for prefix in &all {
            table.add(*prefix, prefix.prefix_len());
        }
        let scanned = all.iter().filter(|prefix| prefix.contains(&address)).map(IpNet::prefix_len).max();
        prop_assert_eq!(table.longest(address).map(|(_, length)| *length), scanned);
    }
}

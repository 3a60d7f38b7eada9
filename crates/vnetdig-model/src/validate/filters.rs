//! Route tables, security groups and the rules of firewalls: what Azure refuses in them.

use crate::client::Client;
use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::filter::{AdminRules, AsgId, Nsg, RuleEnd, SecurityRule, TrafficMatch};
use crate::id::Id as _;
use crate::network::{NextHop, Place, RouteDestination, VnetId};
use crate::service::{Admission, Connectivity};
use crate::source::Origin;

use super::{Map, clashes, over_limit};

/// Rules a security group can have (S-420).
const MAX_SECURITY_RULES: usize = 1000;
/// Application security groups that one rule can name (S-422).
const MAX_ASGS: usize = 10;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    repeated_route_prefixes(facts, found);
    for nsg in facts.nsgs.values() {
        repeated_priorities(nsg, found);
        rule_count(nsg, found);
    }
    asgs(facts, found);
    firewall_rules(facts, found);
    for rules in facts.admin_rules.values() {
        admin_rules(rules, found);
    }
    device_priorities(facts, found);
    next_hop_versions(facts, found);
}

/// A route table holds one route for a prefix (S-432).
fn repeated_route_prefixes(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for table in facts.route_tables.values() {
        let routes = table.routes.iter().map(|route| (&route.destination, route));
        clashes(routes, |destination, first, second| {
            let destination = match destination {
                RouteDestination::Prefix(prefix) => prefix.to_string(),
                RouteDestination::Tag(tag) => tag.to_string(),
            };
            let message = format!("route table `{}` has two routes for `{destination}`", table.name);
            found.push(
                Diagnostic::error("topology/repeated-route-prefix", message)
                    .at(second.origin.span())
                    .label(first.origin.span(), "the first route")
                    .help("leave out one of the routes; a route table holds one for a prefix"),
            );
        });
    }
}

/// No two rules of one direction have the same priority (S-420).
fn repeated_priorities(nsg: &Nsg, found: &mut Vec<Diagnostic>) {
    let rules = nsg.rules.iter().map(|rule| ((rule.direction, rule.priority), rule));
    clashes(rules, |(_, priority), first, second| {
        let (one, other) = (&first.name, &second.name);
        let message = format!("rules `{one}` and `{other}` of one direction both have priority {priority}");
        let help = "give one of them another priority; within a direction each is used once";
        found.push(repeated_priority(message, second.origin, first.origin).help(help));
    });
}

/// No two rules of one collection and direction have the same priority, and a collection is applied to networks
/// (S-420).
fn admin_rules(collection: &AdminRules, found: &mut Vec<Diagnostic>) {
    let rules = collection.rules.iter().map(|rule| ((rule.direction, rule.priority), rule));
    clashes(rules, |(_, priority), first, second| {
        let (one, other) = (&first.name, &second.name);
        let message = format!("admin rules `{one}` and `{other}` of one direction both have priority {priority}");
        let help = "give one of them another priority; within a direction each is used once";
        found.push(repeated_priority(message, second.origin, first.origin).help(help));
    });
    if collection.vnets.is_empty() {
        let message = format!("admin rules `{}` are applied to no virtual network", collection.name);
        let diagnostic = Diagnostic::warning("topology/unapplied-admin-rules", message).at(collection.origin.span());
        found.push(diagnostic.help("name the networks under `vnets`; without any the rules do nothing"));
    }
}

/// Rules of one priority that say different things: which one wins is nobody's to know.
fn device_priorities(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let firewalls = facts.firewalls.values().map(|firewall| (&firewall.name, &firewall.rules));
    let appliances = facts.appliances.values().map(|appliance| (&appliance.name, &appliance.rules));
    for (device, rules) in firewalls.chain(appliances) {
        let mut told: Map<u16, ()> = Map::default();
        clashes(rules.iter().flatten().map(|rule| (rule.priority, rule)), |priority, first, second| {
            if first.access == second.access || told.insert(*priority, ()).is_some() {
                return;
            }
            let (one, other) = (&first.name, &second.name);
            let message = format!(
                "rules `{one}` and `{other}` of `{device}` both have priority {priority}, and one of them denies"
            );
            let help = "give one of them another priority, low ones first; it is 100 unless given";
            found.push(repeated_priority(message, second.origin, first.origin).help(help));
        });
    }
}

fn repeated_priority(message: String, second: Origin, first: Origin) -> Diagnostic {
    Diagnostic::error("topology/repeated-rule-priority", message)
        .at(second.span())
        .label(first.span(), "the other rule")
}

/// An appliance takes packets of the IP version of its address.
fn next_hop_versions(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for route in facts.route_tables.values().flat_map(|table| &table.routes) {
        let (RouteDestination::Prefix(prefix), NextHop::VirtualAppliance(hop)) = (&route.destination, route.next_hop)
        else {
            continue;
        };
        if prefix.addr().is_ipv4() != hop.is_ipv4() {
            let message =
                format!("route `{}` for `{prefix}` has the next hop `{hop}` of the other IP version", route.name);
            let diagnostic = Diagnostic::error("topology/next-hop-version", message).at(route.origin.span());
            found.push(diagnostic.help("give an address of the appliance that is of the IP version of the prefix"));
        }
    }
}

fn rule_count(nsg: &Nsg, found: &mut Vec<Diagnostic>) {
    let count = nsg.rules.len();
    if count > MAX_SECURITY_RULES {
        let what = format!("network security group `{}`", nsg.name);
        found.push(over_limit(
            "topology/too-many-security-rules",
            &what,
            count,
            "rules",
            MAX_SECURITY_RULES,
            nsg.origin,
        ));
    }
}

/// The members of an application security group stand in one network, and so do those of all groups that one rule
/// names (S-422).
fn asgs(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let homes = homes(facts, found);
    let security = facts.nsgs.values().flat_map(|nsg| &nsg.rules);
    for SecurityRule { name, traffic, origin, .. } in security {
        asgs_of_rule(facts, &homes, name, traffic, *origin, found);
    }
    for rule in facts.admin_rules.values().flat_map(|rules| &rules.rules) {
        asgs_of_rule(facts, &homes, &rule.name, &rule.traffic, rule.origin, found);
    }
}

/// The network in which the members of each group stand: that of the first one, where others differ.
fn homes<'a>(facts: &'a Facts, found: &mut Vec<Diagnostic>) -> Map<AsgId, (VnetId, &'a Client)> {
    let mut homes: Map<AsgId, (VnetId, &Client)> = Map::default();
    let mut told = vec![false; facts.asgs.len()];
    for client in facts.clients.values() {
        let Place::Vnet(vnet) = client.place else { continue };
        for asg in &client.asgs {
            let (home, first) = *homes.entry(*asg).or_insert((vnet, client));
            if home == vnet || std::mem::replace(&mut told[asg.index()], true) {
                continue;
            }
            let (group, one, other) = (&facts.asgs[*asg].name, &first.name, &client.name);
            let message = format!("members `{one}` and `{other}` of group `{group}` stand in different networks");
            let diagnostic = Diagnostic::error("topology/asg-across-networks", message).at(client.origin.span());
            found.push(
                diagnostic
                    .label(first.origin.span(), "the first member")
                    .help("an application security group holds machines of one virtual network; make one for each"),
            );
        }
    }
    homes
}

fn asgs_of_rule(
    facts: &Facts,
    homes: &Map<AsgId, (VnetId, &Client)>,
    rule: &str,
    traffic: &TrafficMatch,
    origin: Origin,
    found: &mut Vec<Diagnostic>,
) {
    let ends = traffic.sources.iter().chain(&traffic.destinations);
    let asgs: Vec<AsgId> = ends.filter_map(|end| if let RuleEnd::Asg(asg) = end { Some(*asg) } else { None }).collect();
    if asgs.len() > MAX_ASGS {
        let what = format!("rule `{rule}`");
        let of = "application security groups";
        found.push(over_limit("topology/too-many-asgs", &what, asgs.len(), of, MAX_ASGS, origin));
    }
    let mut placed = asgs.iter().filter_map(|asg| Some((*asg, homes.get(asg)?.0)));
    let Some((first, home)) = placed.next() else { return };
    if let Some((other, _)) = placed.find(|(_, vnet)| *vnet != home) {
        let [one, other] = [first, other].map(|asg| &facts.asgs[asg]);
        let (near, far) = (&one.name, &other.name);
        let message = format!("rule `{rule}` names the groups `{near}` and `{far}` of different networks");
        found.push(
            Diagnostic::error("topology/asg-across-networks", message)
                .at(origin.span())
                .label(one.origin.span(), "one group")
                .label(other.origin.span(), "the other group")
                .help("the members of all groups in a rule stand in one virtual network; use prefixes instead"),
        );
    }
}

/// A range of addresses goes upwards.
fn firewall_rules(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let servers = facts.postgres_servers.values().filter_map(|server| match &server.connectivity {
        Connectivity::Public { admission, .. } => Some(admission),
        Connectivity::VnetIntegrated { .. } => None,
    });
    let services = facts.private_link_services.values().map(|service| &service.admission);
    let rules = servers.chain(services).flat_map(|Admission { firewall_rules, .. }| firewall_rules).flatten();
    for rule in rules.filter(|rule| rule.first > rule.last) {
        let message = format!("firewall rule `{}` ends before it begins: `{}-{}`", rule.name, rule.first, rule.last);
        let diagnostic = Diagnostic::error("topology/backward-firewall-rule", message).at(rule.origin.span());
        found.push(diagnostic.help(format!("write `{}-{}`", rule.last, rule.first)));
    }
}

#[cfg(test)]
mod tests {
    use crate::appliance::ApplianceRule;
    use crate::filter::{Access, AdminAccess, AdminRule, AdminRules, AsgId, Direction, RuleEnd, TrafficMatch};
    use crate::network::{NextHop, Place, VnetId};
    use crate::service::{Admission, Connectivity, FirewallRule};
    use crate::validate::fixture::{Case, Fixture, assert_fires, assert_silent};

    #[test]
    fn rules_are_what_azure_accepts() {
        let cases: &[Case] = &[
            ("topology/repeated-route-prefix", |f| f.route_table(&["10.9.0.0/16", "0.0.0.0/0", "10.9.0.0/16"])),
            ("topology/repeated-rule-priority", |f| {
                let nsg = f.nsg([all(), all()]);
                f.builder.facts_mut().nsgs[nsg].rules[1].priority = 100;
            }),
            ("topology/too-many-security-rules", |f| {
                f.nsg((0..1001).map(|_| all()));
            }),
            ("topology/asg-across-networks", |f| {
                let asg = f.asg("web");
                join(f, asg);
                let client = f.client("far", f.servers, "10.0.20.99");
                f.builder.facts_mut().clients[client].asgs = vec![asg];
            }),
            ("topology/asg-across-networks", |f| {
                let (web, far) = (f.asg("web"), f.asg("far"));
                join(f, web);
                let client = f.client("far", f.servers, "10.0.20.99");
                f.builder.facts_mut().clients[client].asgs = vec![far];
                f.nsg([between(&[web], &[far])]);
            }),
            ("topology/too-many-asgs", |f| {
                let asgs: Vec<AsgId> = (0..11).map(|index| f.asg(&format!("asg-{index}"))).collect();
                f.nsg([between(&asgs, &[])]);
            }),
            ("topology/repeated-rule-priority", |f| {
                let firewall = f.firewall("new", Place::Vnet(f.data), "10.2.0.200");
                let rules = device_rules(f, &[Access::Allow, Access::Allow, Access::Deny]);
                f.builder.facts_mut().firewalls[firewall].rules = Some(rules);
            }),
            ("topology/repeated-rule-priority", |f| {
                let appliance = f.appliance("nva", f.servers, "10.0.20.20");
                let rules = device_rules(f, &[Access::Deny, Access::Allow, Access::Allow]);
                f.builder.facts_mut().appliances[appliance].rules = Some(rules);
            }),
            ("topology/repeated-rule-priority", |f| admin(f, &[f.app], &[Direction::Inbound, Direction::Inbound])),
            ("topology/unapplied-admin-rules", |f| admin(f, &[], &[Direction::Inbound])),
            ("topology/next-hop-version", |f| {
                f.route_table(&["fd00:9::/48"]);
                through(f, "10.0.20.20");
            }),
            ("topology/next-hop-version", |f| {
                f.route_table(&["10.9.0.0/16"]);
                through(f, "fd00::20");
            }),
            ("topology/backward-firewall-rule", |f| admit(f, "203.0.113.9", "203.0.113.0")),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("routes for prefixes that lie in each other", |f| f.route_table(&["10.9.0.0/16", "10.9.0.0/24"])),
            ("one priority in both directions", |f| {
                let nsg = f.nsg([all(), all()]);
                let rule = &mut f.builder.facts_mut().nsgs[nsg].rules[1];
                (rule.priority, rule.direction) = (100, Direction::Inbound);
            }),
            ("a thousand rules", |f| {
                f.nsg((0..1000).map(|_| all()));
            }),
            ("groups of one network, and one without members", |f| {
                let (web, db, empty) = (f.asg("web"), f.asg("db"), f.asg("empty"));
                join(f, web);
                join(f, db);
                f.nsg([between(&[web], &[db, empty])]);
            }),
            ("ten groups", |f| {
                let asgs: Vec<AsgId> = (0..10).map(|index| f.asg(&format!("asg-{index}"))).collect();
                f.nsg([between(&asgs[..5], &asgs[5..])]);
            }),
            ("rules of a device that have one priority and say the same", |f| {
                let appliance = f.appliance("nva", f.servers, "10.0.20.20");
                let mut rules = device_rules(f, &[Access::Deny, Access::Allow, Access::Allow]);
                rules[0].priority = 99;
                f.builder.facts_mut().appliances[appliance].rules = Some(rules);
            }),
            ("admin rules of one priority in both directions", |f| {
                admin(f, &[f.app], &[Direction::Inbound, Direction::Outbound]);
            }),
            ("next hops of the version of the prefix", |f| {
                f.route_table(&["10.9.0.0/16"]);
                through(f, "10.0.20.20");
            }),
            ("a range of one address", |f| admit(f, "203.0.113.9", "203.0.113.9")),
        ];
        assert_silent(cases);
    }

    fn all() -> (Access, TrafficMatch) {
        (Access::Allow, TrafficMatch::default())
    }

    fn between(sources: &[AsgId], destinations: &[AsgId]) -> (Access, TrafficMatch) {
        let ends = |asgs: &[AsgId]| asgs.iter().copied().map(RuleEnd::Asg).collect();
        let (sources, destinations) = (ends(sources), ends(destinations));
        (Access::Allow, TrafficMatch { sources, destinations, ..TrafficMatch::default() })
    }

    /// Rules of an appliance or firewall, all of one priority.
    fn device_rules(fixture: &Fixture, access: &[Access]) -> Vec<ApplianceRule> {
        let origin = fixture.builder.facts().vnets[fixture.hub].origin;
        let rule = |(index, access): (usize, &Access)| ApplianceRule {
            name: format!("rule-{index}").into(),
            priority: 100,
            access: *access,
            traffic: TrafficMatch::default(),
            origin,
        };
        access.iter().enumerate().map(rule).collect()
    }

    /// A collection of admin rules, all of one priority.
    fn admin(fixture: &mut Fixture, vnets: &[VnetId], directions: &[Direction]) {
        let origin = fixture.builder.facts().vnets[fixture.hub].origin;
        let rule = |(index, direction): (usize, &Direction)| AdminRule {
            name: format!("rule-{index}").into(),
            priority: 1,
            direction: *direction,
            access: AdminAccess::Deny,
            traffic: TrafficMatch::default(),
            origin,
        };
        let rules = directions.iter().enumerate().map(rule).collect();
        fixture.builder.add_admin_rules(AdminRules { name: "base".into(), vnets: vnets.to_vec(), rules, origin });
    }

    /// Leads the routes of the last table to an appliance.
    fn through(fixture: &mut Fixture, hop: &str) {
        let table = fixture.builder.facts_mut().route_tables.values_mut().last().expect("a route table");
        table.routes[0].next_hop = NextHop::VirtualAppliance(hop.parse().expect(hop));
    }

    /// Puts the machine of the fixture into a group.
    fn join(fixture: &mut Fixture, asg: AsgId) {
        fixture.builder.facts_mut().clients.values_mut().next().expect("a client").asgs.push(asg);
    }

    fn admit(fixture: &mut Fixture, first: &str, last: &str) {
        let server = fixture.public_server("open");
        let server = &mut fixture.builder.facts_mut().postgres_servers[server];
        let rule = FirewallRule {
            name: "office".into(),
            first: first.parse().expect(first),
            last: last.parse().expect(last),
            origin: server.origin,
        };
        let Connectivity::Public { admission, .. } = &mut server.connectivity else { panic!("a public server") };
        *admission = Admission { firewall_rules: Some(vec![rule]), ..Admission::default() };
    }
}

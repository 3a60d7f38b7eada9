//! Private zones, resolvers, rulesets, security policies, public data.

use vnetdig_model::dns::{
    ForwardingRule, InboundEndpoint, LinkState, OutboundEndpoint, PolicyAction, PolicyRule, PrivateResolver,
    PrivateZone, Ruleset, SecurityPolicy, ZoneLink,
};
use vnetdig_model::facts::{BrokenZone, PublicFacts};
use vnetdig_model::network::{SubnetId, VnetId};
use vnetdig_model::record::Soa;
use vnetdig_model::{Fqdn, Origin, RecordSet};

use super::topology::{Children, named, policy, scope};
use super::yaml::{Entries, Node};
use super::{Declared, absolute};

impl Declared<'_> {
    pub(super) fn private_zones(self, records: &Children<'_, RecordSet>) -> Node {
        let facts = self.facts;
        let links = Children::of(&facts.private_zones, facts.zone_links.values(), |link| link.zone);
        named(facts.private_zones.iter().map(|(id, zone)| {
            let PrivateZone { key, scope: in_tenant, data, lock, origin: _ } = zone;
            let mut entries = Entries::default();
            entries.put("name", facts.zone_name(id));
            scope(&mut entries, in_tenant);
            let links: Vec<Node> = links.at(id).map(|link| self.zone_link(link)).collect();
            let are_short = links.iter().all(|link| matches!(link, Node::Text(_)));
            entries.filled("links", if are_short { Node::list(links) } else { Node::lines(links) });
            entries.filled("records", self.records(*data, records));
            if let Some(soa) = facts.zone_data[*data].soa.as_ref().filter(|_| !self.has_soa_item(*data)) {
                entries.filled("soa", own_soa(soa));
            }
            super::lock(&mut entries, *lock);
            (key.to_string(), entries.compact())
        }))
    }

    fn zone_link(self, link: &ZoneLink) -> Node {
        let ZoneLink { zone: _, vnet, registration_enabled, resolution_policy, state, origin: _ } = link;
        let mut entries = Entries::default();
        policy(&mut entries, *resolution_policy);
        entries.unless("registration", false, *registration_enabled);
        entries.maybe("state", (*state == LinkState::InProgress).then_some("InProgress"));
        if entries.is_empty() {
            return self.vnet(*vnet).into();
        }
        entries.put_first("vnet", self.vnet(*vnet));
        entries.compact()
    }

    pub(super) fn private_resolvers(self) -> Node {
        let facts = self.facts;
        let inbound = Children::of(&facts.private_resolvers, facts.inbound_endpoints.values(), |one| one.resolver);
        let outbound = Children::of(&facts.private_resolvers, facts.outbound_endpoints.values(), |one| one.resolver);
        named(facts.private_resolvers.iter().map(|(id, resolver)| {
            let PrivateResolver { name, vnet, origin: _ } = resolver;
            let mut entries = Entries::default();
            entries.put("vnet", self.vnet(*vnet));
            let inbound = inbound.at(id).map(|endpoint| (endpoint.name.to_string(), self.inbound(endpoint, *vnet)));
            entries.filled("inbound-endpoints", named(inbound));
            let outbound = outbound.at(id).map(|endpoint| (endpoint.name.to_string(), self.outbound(endpoint, *vnet)));
            entries.filled("outbound-endpoints", named(outbound));
            (name.to_string(), entries.compact())
        }))
    }

    fn inbound(self, endpoint: &InboundEndpoint, vnet: VnetId) -> Node {
        let InboundEndpoint { resolver: _, name: _, subnet, address, is_static, origin: _ } = endpoint;
        let mut entries = Entries::default();
        entries.maybe("subnet", subnet.map(|subnet| self.subnet_within(subnet, vnet)));
        entries.maybe("address", *address);
        entries.maybe("allocation", is_static.then_some("Static"));
        entries.compact()
    }

    fn outbound(self, endpoint: &OutboundEndpoint, vnet: VnetId) -> Node {
        let subnet = endpoint.subnet.map(|subnet| self.subnet_within(subnet, vnet));
        subnet.map_or_else(|| Entries::default().compact(), Node::from)
    }

    /// A subnet by its name alone if it lies in this network.
    fn subnet_within(self, subnet: SubnetId, vnet: VnetId) -> String {
        let found = &self.facts.subnets[subnet];
        if found.vnet == vnet { found.name.to_string() } else { self.subnet(subnet) }
    }

    pub(super) fn rulesets(self) -> Node {
        let facts = self.facts;
        let links = Children::of(&facts.rulesets, facts.ruleset_links.values(), |link| link.ruleset);
        let rules = Children::of(&facts.rulesets, facts.forwarding_rules.values(), |rule| rule.ruleset);
        named(facts.rulesets.iter().map(|(id, ruleset)| {
            let Ruleset { name, outbound_endpoints, origin: _ } = ruleset;
            let mut entries = Entries::default();
            let endpoints = outbound_endpoints.iter().map(|id| {
                let endpoint = &facts.outbound_endpoints[*id];
                format!("{}/{}", facts.private_resolvers[endpoint.resolver].name, endpoint.name)
            });
            entries.filled("outbound-endpoints", Node::list(endpoints));
            entries.filled("links", Node::list(links.at(id).map(|link| self.vnet(link.vnet))));
            // Azure writes the domain of a rule with its final dot.
            let rules = rules.at(id).map(|rule| (absolute(&rule.domain), forwarding_rule(rule)));
            entries.filled("rules", named(rules));
            (name.to_string(), entries.compact())
        }))
    }

    pub(super) fn security_policies(self) -> Node {
        named(self.facts.security_policies.values().map(|policy| {
            let SecurityPolicy { name, region, vnets, rules, origin: _ } = policy;
            let mut entries = Entries::default();
            entries.maybe("region", region.as_ref());
            entries.filled("links", self.vnets(vnets));
            entries.filled("rules", named(rules.iter().map(|rule| (rule.name.to_string(), policy_rule(rule)))));
            (name.to_string(), entries.compact())
        }))
    }

    pub(super) fn public_dns(self, records: &Children<'_, RecordSet>) -> Node {
        let PublicFacts { complete_zones, broken_zones, signed_zones } = &self.facts.public;
        let names = |zones: &[(Fqdn, Origin)]| Node::list(zones.iter().map(|(name, _)| name));
        let mut entries = Entries::default();
        entries.filled("records", self.records(self.facts.public_data(), records));
        entries.filled("zones", names(complete_zones));
        let broken = broken_zones.iter().map(|BrokenZone { zone, types, origin: _ }| {
            let mut entries = Entries::default();
            entries.put("zone", zone);
            entries.filled("types", Node::list(types.iter().map(ToString::to_string)));
            entries.compact()
        });
        entries.filled("broken", Node::lines(broken));
        entries.filled("signed", names(signed_zones));
        entries.spread()
    }
}

/// What differs from the SOA that Azure makes.
fn own_soa(soa: &Soa) -> Node {
    let usual = Soa::of_private_zone();
    let mut entries = Entries::default();
    entries.unless("ttl", usual.ttl.0, soa.ttl.0);
    entries.unless("minimum", usual.minimum, soa.minimum);
    entries.unless("host", &usual.host, &soa.host);
    entries.unless("email", &usual.email, &soa.email);
    entries.unless("serial", usual.serial, soa.serial);
    entries.unless("refresh", usual.refresh, soa.refresh);
    entries.unless("retry", usual.retry, soa.retry);
    entries.unless("expire", usual.expire, soa.expire);
    entries.compact()
}

fn forwarding_rule(rule: &ForwardingRule) -> Node {
    let ForwardingRule { ruleset: _, domain: _, enabled, targets, origin: _ } = rule;
    if *enabled {
        return Node::one_or_list(targets);
    }
    let mut entries = Entries::default();
    entries.put("targets", Node::one_or_list(targets));
    entries.put("state", "Disabled");
    entries.compact()
}

fn policy_rule(rule: &PolicyRule) -> Node {
    let PolicyRule { name: _, priority, action, domains, enabled, origin: _ } = rule;
    let mut entries = Entries::default();
    entries.put("priority", *priority);
    entries.put(
        "action",
        match action {
            PolicyAction::Allow => "Allow",
            PolicyAction::Block => "Block",
            PolicyAction::Alert => "Alert",
        },
    );
    entries.put("domains", Node::list(domains));
    entries.maybe("state", (!enabled).then_some("Disabled"));
    entries.compact()
}

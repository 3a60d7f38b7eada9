//! Filters: security groups, admin rules, service tags, and the rules of firewalls and appliances.

use ipnet::IpNet;
use vnetdig_model::appliance::ApplianceRule;
use vnetdig_model::filter::{
    Access, AdminAccess, AdminRule, AdminRules, Direction, Nsg, NsgId, PortRange, Protocol, RuleEnd, SecurityRule,
    ServiceTag, TrafficMatch,
};

use super::Declared;
use super::topology::named;
use super::yaml::{Entries, Node};

impl Declared<'_> {
    /// The sections about filters.
    pub(super) fn filters(self, sections: &mut Entries) {
        let facts = self.facts;
        let groups = facts.nsgs.values().map(|nsg| (nsg.name.to_string(), self.security_group(nsg)));
        sections.filled("nsgs", named(groups));
        let groups = facts.asgs.values().map(|group| (group.name.to_string(), Entries::default().compact()));
        sections.filled("application-security-groups", named(groups));
        let rules = facts.admin_rules.values().map(|rules| (rules.name.to_string(), self.admin_rules(rules)));
        sections.filled("security-admin-rules", named(rules));
        let tags = facts
            .service_tags
            .iter()
            .map(|ServiceTag { name, prefixes, origin: _ }| (name.to_string(), Node::list(prefixes)));
        sections.filled("service-tags", named(tags));
    }

    /// The security group on a NIC.
    pub(super) fn nic_nsg(self, entries: &mut Entries, nsg: Option<NsgId>) {
        entries.maybe("nic-nsg", nsg.map(|nsg| &self.facts.nsgs[nsg].name));
    }

    fn security_group(self, group: &Nsg) -> Node {
        let mut entries = Entries::default();
        let rules = group.rules.iter().map(|rule| (rule.name.to_string(), self.security_rule(rule)));
        entries.filled("rules", named(rules));
        entries.compact()
    }

    fn security_rule(self, rule: &SecurityRule) -> Node {
        let SecurityRule { name: _, priority, direction, access, traffic, origin: _ } = rule;
        let mut entries = Entries::default();
        entries.put("priority", *priority);
        entries.put("direction", direction_word(*direction));
        entries.put("access", access_word(*access));
        self.traffic(&mut entries, traffic);
        entries.compact()
    }

    fn admin_rules(self, rules: &AdminRules) -> Node {
        let AdminRules { name: _, vnets, rules, origin: _ } = rules;
        let mut entries = Entries::default();
        entries.filled("vnets", self.vnets(vnets));
        let rules = rules.iter().map(|rule| (rule.name.to_string(), self.admin_rule(rule)));
        entries.filled("rules", named(rules));
        entries.compact()
    }

    fn admin_rule(self, rule: &AdminRule) -> Node {
        let AdminRule { name: _, priority, direction, access, traffic, origin: _ } = rule;
        let mut entries = Entries::default();
        entries.put("priority", *priority);
        entries.put("direction", direction_word(*direction));
        entries.put(
            "access",
            match access {
                AdminAccess::Allow => "Allow",
                AdminAccess::AlwaysAllow => "AlwaysAllow",
                AdminAccess::Deny => "Deny",
            },
        );
        self.traffic(&mut entries, traffic);
        entries.compact()
    }

    /// The rules of a firewall or appliance. That there is none says something, too.
    pub(super) fn appliance_rules(self, entries: &mut Entries, rules: Option<&[ApplianceRule]>) {
        let rules =
            rules.map(|rules| named(rules.iter().map(|rule| (rule.name.to_string(), self.appliance_rule(rule)))));
        entries.maybe("rules", rules);
    }

    fn appliance_rule(self, rule: &ApplianceRule) -> Node {
        let ApplianceRule { name: _, priority, access, traffic, origin: _ } = rule;
        let mut entries = Entries::default();
        entries.unless("priority", 100, *priority);
        entries.maybe("access", (*access == Access::Deny).then_some("Deny"));
        self.traffic(&mut entries, traffic);
        entries.compact()
    }

    fn traffic(self, entries: &mut Entries, traffic: &TrafficMatch) {
        let TrafficMatch { protocol, sources, source_ports, destinations, ports } = traffic;
        entries.maybe("protocol", (*protocol != Protocol::Any).then(|| protocol.word()));
        self.ends(entries, ["source", "source-asgs"], sources);
        port_ranges(entries, "source-ports", source_ports);
        self.ends(entries, ["destination", "destination-asgs"], destinations);
        port_ranges(entries, "ports", ports);
    }

    /// Prefixes and tags under one key, groups under another.
    fn ends(self, entries: &mut Entries, [key, groups]: [&str; 2], ends: &[RuleEnd]) {
        let (mut texts, mut asgs) = (Vec::new(), Vec::new());
        for end in ends {
            match end {
                RuleEnd::Any => texts.push("*".to_owned()),
                RuleEnd::Prefix(prefix) => texts.push(prefix_or_address(prefix)),
                RuleEnd::Tag(tag) => texts.push(tag.to_string()),
                RuleEnd::Asg(asg) => asgs.push(&self.facts.asgs[*asg].name),
            }
        }
        if !texts.is_empty() && ends != [RuleEnd::Any] {
            entries.put(key, Node::one_or_list(texts));
        }
        if !asgs.is_empty() {
            entries.put(groups, Node::one_or_list(asgs));
        }
    }
}

/// A prefix of a single address as that address.
fn prefix_or_address(prefix: &IpNet) -> String {
    if prefix.prefix_len() == prefix.max_prefix_len() { prefix.addr().to_string() } else { prefix.to_string() }
}

fn port_ranges(entries: &mut Entries, key: &str, ports: &[PortRange]) {
    if *ports != [PortRange::ALL] {
        entries.put(key, Node::one_or_list(ports.iter().map(|range| port_range(*range))));
    }
}

/// A port stands there as a number, a range as a text.
fn port_range(range: PortRange) -> Node {
    if range.first == range.last { range.first.into() } else { range.to_string().into() }
}

fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    }
}

fn access_word(access: Access) -> &'static str {
    match access {
        Access::Allow => "Allow",
        Access::Deny => "Deny",
    }
}

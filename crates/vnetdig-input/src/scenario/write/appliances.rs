//! What packets pass on their way: firewalls, network virtual appliances, load balancers.

use vnetdig_model::appliance::{Appliance, LoadBalancer, LoadBalancerSku, SourceNat};
use vnetdig_model::server::Firewall;

use super::Declared;
use super::servers::own_addresses;
use super::topology::named;
use super::yaml::{Entries, Node};

impl Declared<'_> {
    /// The sections about what forwards packets.
    pub(super) fn appliances(self, sections: &mut Entries) {
        let facts = self.facts;
        let firewalls = facts.firewalls.values().map(|firewall| (firewall.name.to_string(), self.firewall(firewall)));
        sections.filled("firewalls", named(firewalls));
        let appliances = facts.appliances.values();
        let appliances = appliances.map(|appliance| (appliance.name.to_string(), self.appliance(appliance)));
        sections.filled("appliances", named(appliances));
        let balancers = facts.load_balancers.values();
        let balancers = balancers.map(|balancer| (balancer.name.to_string(), self.load_balancer(balancer)));
        sections.filled("load-balancers", named(balancers));
    }

    fn firewall(self, firewall: &Firewall) -> Node {
        let Firewall { name: _, place, address, dns_proxy, dns_servers, source_nat, rules, public_address, origin: _ } =
            firewall;
        let mut entries = Entries::default();
        self.place_of(&mut entries, *place, None);
        entries.put("address", *address);
        entries.maybe("public-address", *public_address);
        entries.unless("dns-proxy", false, *dns_proxy);
        entries.filled("dns-servers", Node::list(dns_servers));
        entries.maybe("source-nat", (*source_nat != SourceNat::Internet).then(|| source_nat_word(*source_nat)));
        self.appliance_rules(&mut entries, rules.as_deref());
        entries.compact()
    }

    fn appliance(self, appliance: &Appliance) -> Node {
        let Appliance {
            name: _,
            subnet,
            addresses,
            ip_forwarding,
            source_nat,
            stateful,
            rules,
            nic_nsg,
            public_address,
            origin: _,
        } = appliance;
        let mut entries = Entries::default();
        entries.put("subnet", self.subnet(*subnet));
        own_addresses(&mut entries, addresses);
        entries.maybe("public-address", *public_address);
        entries.unless("ip-forwarding", true, *ip_forwarding);
        entries.maybe("source-nat", source_nat.map(source_nat_word));
        entries.maybe("stateful", *stateful);
        self.nic_nsg(&mut entries, *nic_nsg);
        self.appliance_rules(&mut entries, rules.as_deref());
        entries.compact()
    }

    fn load_balancer(self, balancer: &LoadBalancer) -> Node {
        let LoadBalancer { name: _, subnet, address, sku, appliances, origin: _ } = balancer;
        let mut entries = Entries::default();
        entries.put("subnet", self.subnet(*subnet));
        entries.put("address", *address);
        entries.maybe("sku", (*sku == LoadBalancerSku::Basic).then_some("Basic"));
        let appliances = appliances.iter().map(|appliance| &self.facts.appliances[*appliance].name);
        entries.filled("appliances", Node::list(appliances));
        entries.compact()
    }
}

fn source_nat_word(source_nat: SourceNat) -> &'static str {
    match source_nat {
        SourceNat::Never => "Never",
        SourceNat::Internet => "Internet",
        SourceNat::Always => "Always",
    }
}

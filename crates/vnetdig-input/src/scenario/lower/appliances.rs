//! What packets pass on their way: firewalls, network virtual appliances, load balancers.

use vnetdig_model::appliance::{Appliance, LoadBalancer, LoadBalancerSku, SourceNat};
use vnetdig_model::network::{Place, VirtualHubId};
use vnetdig_model::server::Firewall;

use super::filters::appliance_rules;
use super::{Lowering, declared, is_set, scope_by_id, values};
use crate::scenario::{Fields, Named};

impl<'t> Lowering<'t> {
    pub(super) fn appliances(&mut self) {
        for entry in self.entries("firewalls") {
            let fields = entry.value.fields();
            let firewall = fields.and_then(|fields| self.firewall(entry, fields));
            let id = firewall.map(|firewall| self.builder.add_firewall(firewall));
            let scope = fields.map(scope_by_id).unwrap_or_default();
            self.names.firewalls.declare_in(entry.name.value, entry.name.value, id, &scope);
        }
        for entry in self.entries("appliances") {
            let appliance = entry.value.fields().and_then(|fields| self.appliance(entry, fields));
            let id = appliance.map(|appliance| self.builder.add_appliance(appliance));
            self.names.appliances.declare(entry.name.value, id);
        }
        for entry in self.entries("load-balancers") {
            let fields = entry.value.fields();
            let balancer = fields.and_then(|fields| self.load_balancer(entry, fields));
            let id = balancer.map(|balancer| self.builder.add_load_balancer(balancer));
            let scope = fields.map(scope_by_id).unwrap_or_default();
            self.names.load_balancers.declare_in(entry.name.value, entry.name.value, id, &scope);
        }
        for entry in self.entries("virtual-hubs") {
            if let Some(Ok(hub)) = self.names.virtual_hubs.look(entry.name.value) {
                self.routing_intent(hub, entry);
            }
        }
    }

    fn firewall(&mut self, entry: Named<'t>, fields: Fields<'t>) -> Option<Firewall> {
        let vnet = fields.text("vnet").map(|text| self.names.vnet(text, &mut self.found).map(Place::Vnet));
        let hub = fields
            .text("virtual-hub")
            .map(|text| self.names.virtual_hubs.resolve(text, &mut self.found).map(Place::VirtualHub));
        Some(Firewall {
            name: entry.name.value.into(),
            place: vnet.or(hub)??,
            address: fields.address("address")?.value,
            dns_proxy: is_set(fields, "dns-proxy"),
            dns_servers: values(fields.addresses("dns-servers")),
            source_nat: source_nat(fields).unwrap_or(SourceNat::Internet),
            rules: appliance_rules(fields),
            public_address: fields.address("public-address").map(|address| address.value),
            origin: declared(entry.name.span),
        })
    }

    fn appliance(&mut self, entry: Named<'t>, fields: Fields<'t>) -> Option<Appliance> {
        let nic_nsg = self.nic_nsg(fields);
        let subnet = self.names.subnet(fields.text("subnet")?, &mut self.found)?;
        let addresses = values(fields.addresses("addresses"));
        // What could not be read was reported.
        (addresses.len() == fields.list("addresses").count() && fields.has("addresses")).then(|| Appliance {
            name: entry.name.value.into(),
            subnet,
            addresses,
            ip_forwarding: fields.flag("ip-forwarding").is_none_or(|flag| flag.value),
            source_nat: source_nat(fields),
            stateful: fields.flag("stateful").map(|flag| flag.value),
            rules: appliance_rules(fields),
            nic_nsg,
            public_address: fields.address("public-address").map(|address| address.value),
            origin: declared(entry.name.span),
        })
    }

    fn load_balancer(&mut self, entry: Named<'t>, fields: Fields<'t>) -> Option<LoadBalancer> {
        let appliances = self.names.appliances.resolve_all(&fields.texts("appliances"), &mut self.found);
        Some(LoadBalancer {
            name: entry.name.value.into(),
            subnet: self.names.subnet(fields.text("subnet")?, &mut self.found)?,
            address: fields.address("address")?.value,
            sku: match fields.word("sku").map(|sku| sku.value) {
                Some("Basic") => LoadBalancerSku::Basic,
                _ => LoadBalancerSku::Standard,
            },
            appliances,
            origin: declared(entry.name.span),
        })
    }

    /// The firewalls of a hub, which refer to the hub themselves.
    fn routing_intent(&mut self, hub: VirtualHubId, entry: Named<'t>) {
        let Some(intent) = entry.value.fields().and_then(|fields| fields.fields("routing-intent")) else { return };
        let [private, internet] = ["private", "internet"].map(|key| {
            let text = intent.text(key)?;
            self.names.firewalls.resolve(text, &mut self.found)
        });
        let hub = &mut self.builder.facts_mut().virtual_hubs[hub];
        (hub.private_traffic, hub.internet_traffic) = (private, internet);
    }
}

fn source_nat(fields: Fields<'_>) -> Option<SourceNat> {
    Some(match fields.word("source-nat")?.value {
        "Never" => SourceNat::Never,
        "Always" => SourceNat::Always,
        _ => SourceNat::Internet,
    })
}

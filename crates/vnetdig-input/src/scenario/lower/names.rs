//! What is declared under which name, and what a reference leads to.

use indexmap::IndexMap;
use vnetdig_model::appliance::{ApplianceId, LoadBalancerId};
use vnetdig_model::client::ClientId;
use vnetdig_model::dns::{InboundEndpointId, OutboundEndpointId, PrivateResolverId, PrivateZoneId, RulesetId};
use vnetdig_model::filter::{AsgId, NsgId};
use vnetdig_model::network::{
    GatewayId, NatGatewayId, ResourceScope, RouteTableId, SiteId, SubnetId, VirtualHubId, VnetId,
};
use vnetdig_model::server::{DnsServerId, FirewallId};
use vnetdig_model::service::{PostgresServerId, VirtualEndpointId};
use vnetdig_model::{Diagnostic, nearest};

use super::super::{Reference, Spanned};

/// Most names of a kind that are listed where one of them was meant.
const MOST_LISTED: usize = 8;

/// All kinds of things that can be referred to.
pub(super) struct Names {
    pub(super) vnets: Kind<VnetId>,
    pub(super) subnets: Kind<SubnetId>,
    pub(super) nsgs: Kind<NsgId>,
    pub(super) asgs: Kind<AsgId>,
    pub(super) route_tables: Kind<RouteTableId>,
    pub(super) nat_gateways: Kind<NatGatewayId>,
    pub(super) gateways: Kind<GatewayId>,
    pub(super) sites: Kind<SiteId>,
    pub(super) virtual_hubs: Kind<VirtualHubId>,
    pub(super) private_zones: Kind<PrivateZoneId>,
    pub(super) private_resolvers: Kind<PrivateResolverId>,
    pub(super) inbound_endpoints: Kind<InboundEndpointId>,
    pub(super) outbound_endpoints: Kind<OutboundEndpointId>,
    pub(super) rulesets: Kind<RulesetId>,
    pub(super) dns_servers: Kind<DnsServerId>,
    pub(super) firewalls: Kind<FirewallId>,
    pub(super) appliances: Kind<ApplianceId>,
    pub(super) load_balancers: Kind<LoadBalancerId>,
    pub(super) postgres_servers: Kind<PostgresServerId>,
    pub(super) virtual_endpoints: Kind<VirtualEndpointId>,
    /// Removed by name, so the name is all there is to know.
    pub(super) private_endpoints: Kind<()>,
    pub(super) clients: Kind<ClientId>,
}

impl Names {
    /// No names; `is_unread` says of which sections it is unknown what they declare.
    pub(super) fn new(is_unread: &dyn Fn(&str) -> bool) -> Self {
        fn kind<I>(noun: &'static str, is_partial: bool) -> Kind<I> {
            let (declared, arm_ids, arm_names) = (IndexMap::new(), IndexMap::new(), IndexMap::new());
            Kind { noun, is_partial, declared, arm_ids, arm_names }
        }
        let resolvers = is_unread("private-resolvers");
        Self {
            vnets: kind("virtual network", is_unread("vnets")),
            subnets: kind("subnet", is_unread("vnets")),
            nsgs: kind("network security group", is_unread("nsgs")),
            asgs: kind("application security group", is_unread("application-security-groups")),
            nat_gateways: kind("NAT gateway", is_unread("nat-gateways")),
            gateways: kind("virtual network gateway", is_unread("virtual-network-gateways")),
            route_tables: kind("route table", is_unread("route-tables")),
            sites: kind("site", is_unread("sites")),
            virtual_hubs: kind("virtual hub", is_unread("virtual-hubs")),
            private_zones: kind("private zone", is_unread("private-zones")),
            private_resolvers: kind("private resolver", resolvers),
            inbound_endpoints: kind("inbound endpoint", resolvers),
            outbound_endpoints: kind("outbound endpoint", resolvers),
            rulesets: kind("forwarding ruleset", is_unread("forwarding-rulesets")),
            dns_servers: kind("DNS server", is_unread("dns-servers")),
            appliances: kind("appliance", is_unread("appliances")),
            load_balancers: kind("load balancer", is_unread("load-balancers")),
            firewalls: kind("firewall", is_unread("firewalls")),
            postgres_servers: kind("PostgreSQL server", is_unread("postgres-servers")),
            virtual_endpoints: kind("virtual endpoints", is_unread("virtual-endpoints")),
            private_endpoints: kind(
                "private endpoint",
                is_unread("postgres-servers") || is_unread("private-link-services"),
            ),
            clients: kind("client", is_unread("clients")),
        }
    }

    /// The virtual network of this name or ARM id.
    pub(super) fn vnet(&self, text: Spanned<&str>, found: &mut Vec<Diagnostic>) -> Option<VnetId> {
        let before = found.len();
        let vnet = self.vnets.resolve(text, found);
        if let Some(error) = found.get_mut(before) {
            if self.virtual_hubs.look(text.value).is_some() {
                let help = "this is a virtual hub, whose network Microsoft manages; a virtual network is needed here";
                error.help = Some(help.to_owned());
            } else if let Reference::Within(vnet, _) = Reference::of(text.value)
                && self.vnets.look(vnet).is_some()
            {
                error.help = Some(format!("no subnet can stand here: write `{vnet}`"));
            }
        }
        vnet
    }

    /// The virtual networks of these names; those that lead nowhere are left out.
    pub(super) fn vnets(&self, texts: &[Spanned<&str>], found: &mut Vec<Diagnostic>) -> Vec<VnetId> {
        texts.iter().filter_map(|text| self.vnet(*text, found)).collect()
    }

    /// The subnet that `vnet/subnet` or an ARM id names.
    pub(super) fn subnet(&self, text: Spanned<&str>, found: &mut Vec<Diagnostic>) -> Option<SubnetId> {
        self.subnets.within(&self.vnets, "subnets", text, found)
    }

    /// The subnet of a network whose name may be left out.
    pub(super) fn subnet_of(&self, vnet: &str, text: Spanned<&str>, found: &mut Vec<Diagnostic>) -> Option<SubnetId> {
        match Reference::of(text.value) {
            Reference::Name(name) => self.subnets.child(vnet, self.vnets.noun, text.map(|_| name), found),
            Reference::ArmId(_) | Reference::Within(..) => self.subnet(text, found),
        }
    }

    /// The outbound endpoint that `resolver/endpoint` or an ARM id names.
    pub(super) fn outbound(&self, text: Spanned<&str>, found: &mut Vec<Diagnostic>) -> Option<OutboundEndpointId> {
        self.outbound_endpoints.within(&self.private_resolvers, "outboundEndpoints", text, found)
    }

    /// The name of a network as it is declared.
    pub(super) fn vnet_key(&self, text: &str) -> Option<&str> {
        self.vnets.key(text)
    }
}

/// Everything declared of one kind.
pub(super) struct Kind<I> {
    noun: &'static str,
    /// Declarations of this kind could not all be read, so a name may be unknown for no fault of its own.
    is_partial: bool,
    declared: IndexMap<Box<str>, Declared<I>>,
    /// Positions by full ARM id, in lower case.
    arm_ids: IndexMap<String, usize>,
    /// Positions by the name at the end of an ARM id, in lower case, of what gives no ARM id.
    arm_names: IndexMap<String, Vec<usize>>,
}

/// Something was declared but could not be made, of which something was said then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken;

struct Declared<I> {
    /// None when it is [`Broken`].
    id: Option<I>,
    subscription: Option<Box<str>>,
    resource_group: Option<Box<str>>,
}

impl<I: Copy> Kind<I> {
    /// Enters a name; without an id for what could not be made.
    pub(super) fn declare(&mut self, name: &str, id: Option<I>) {
        self.declare_in(name, name, id, &ResourceScope::default());
    }

    /// Enters a name with its place in the tenant; `arm_name` is what ends its ARM id.
    pub(super) fn declare_in(&mut self, name: &str, arm_name: &str, id: Option<I>, scope: &ResourceScope) {
        let position = self.declared.len();
        let ResourceScope { subscription, resource_group, arm_id } = scope;
        if let Some(arm_id) = arm_id {
            self.arm_ids.entry(folded(arm_id)).or_insert(position);
        } else if subscription.is_some() || resource_group.is_some() {
            self.arm_names.entry(folded(arm_name)).or_default().push(position);
        }
        let (subscription, resource_group) = (subscription.clone(), resource_group.clone());
        self.declared.entry(name.into()).or_insert(Declared { id, subscription, resource_group });
    }

    /// Enters a child of something: a subnet of a network, an endpoint of a resolver.
    pub(super) fn declare_child(&mut self, parent: &str, name: &str, id: Option<I>) {
        self.declare(&format!("{parent}/{name}"), id);
    }

    /// From now on an unknown name is no fault.
    pub(super) fn is_partly_unread(&mut self) {
        self.is_partial = true;
    }

    /// What a name leads to, if it is declared.
    pub(super) fn look(&self, text: &str) -> Option<Result<I, Broken>> {
        let (_, declared) = self.declared.get_index(self.position(text)?)?;
        Some(declared.id.ok_or(Broken))
    }

    /// What a reference leads to. If to nothing that was declared, it says so.
    pub(super) fn resolve(&self, text: Spanned<&str>, found: &mut Vec<Diagnostic>) -> Option<I> {
        let declared = self.look(text.value);
        if declared.is_none() && !self.is_partial {
            found.push(unknown(self.noun, text, self.names()));
        }
        declared?.ok()
    }

    /// What the references lead to; those that lead nowhere are left out.
    pub(super) fn resolve_all(&self, texts: &[Spanned<&str>], found: &mut Vec<Diagnostic>) -> Vec<I> {
        texts.iter().filter_map(|text| self.resolve(*text, found)).collect()
    }

    /// All names in the order of their declaration.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().map(|name| &**name)
    }

    /// All that could be made.
    pub(super) fn ids(&self) -> impl Iterator<Item = I> {
        self.declared.values().filter_map(|declared| declared.id)
    }

    /// Whether an unknown name may be no fault.
    pub(super) fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// The name as it is declared.
    pub(super) fn key(&self, text: &str) -> Option<&str> {
        self.declared.get_index(self.position(text)?).map(|(name, _)| &**name)
    }

    fn position(&self, text: &str) -> Option<usize> {
        match Reference::of(text) {
            Reference::ArmId(id) => self.by_arm_id(id),
            Reference::Name(_) | Reference::Within(..) => self.declared.get_index_of(text),
        }
    }

    fn by_arm_id(&self, id: &str) -> Option<usize> {
        let id = folded(id);
        if let Some(position) = self.arm_ids.get(&id) {
            return Some(*position);
        }
        let parts: Vec<&str> = id.trim_matches('/').split('/').collect();
        let ["subscriptions", subscription, "resourcegroups", resource_group, "providers", _, _, name] = parts[..]
        else {
            return None;
        };
        let agrees = |given: &Option<Box<str>>, part: &str| given.as_ref().is_none_or(|given| folded(given) == part);
        let mut fitting = self.arm_names.get(name)?.iter().copied().filter(|position| {
            let declared = &self.declared[*position];
            agrees(&declared.subscription, subscription) && agrees(&declared.resource_group, resource_group)
        });
        let only = fitting.next();
        only.filter(|_| fitting.next().is_none())
    }

    /// What `parent/child`, or the ARM id of a child, leads to. `segment` is what stands before its name there.
    fn within<P: Copy>(
        &self,
        parents: &Kind<P>,
        segment: &str,
        text: Spanned<&str>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<I> {
        let (parent, child) = match Reference::of(text.value) {
            Reference::Within(parent, child) => (parent, child),
            Reference::ArmId(id) => split_arm_id(id, segment).unwrap_or((id, "")),
            Reference::Name(name) => (name, ""),
        };
        let declared = parents.position(parent).and_then(|position| parents.declared.get_index(position));
        match declared {
            Some((_, Declared { id: None, .. })) => None,
            Some((key, _)) => self.child(key, parents.noun, text.map(|_| child), found),
            None if parents.is_partial => None,
            None => {
                let mut error = unknown(parents.noun, text.map(|_| parent), parents.names());
                if let Some(near) = nearest(parent, parents.names()).filter(|_| !parent.starts_with('/')) {
                    error.help = Some(format!("did you mean `{near}/{child}`?"));
                }
                found.push(error);
                None
            }
        }
    }

    fn child(&self, parent: &str, parent_noun: &str, name: Spanned<&str>, found: &mut Vec<Diagnostic>) -> Option<I> {
        let key = format!("{parent}/{}", name.value);
        if let Some(declared) = self.declared.get(key.as_str()) {
            return declared.id;
        }
        let siblings = || {
            let prefixed = self.declared.iter().filter_map(|(key, declared)| Some((key.split_once('/')?, declared)));
            prefixed.filter(|((of, _), _)| *of == parent).map(|((_, name), declared)| (name, declared))
        };
        if let Some((_, declared)) = siblings().find(|(sibling, _)| sibling.eq_ignore_ascii_case(name.value)) {
            return declared.id;
        }
        if !self.is_partial {
            let error = unknown(self.noun, name, siblings().map(|(name, _)| name));
            found.push(Diagnostic { message: format!("{} in {parent_noun} `{parent}`", error.message), ..error });
        }
        None
    }
}

/// Says that a name leads nowhere, and which names there are.
pub(super) fn unknown<'a>(noun: &str, text: Spanned<&str>, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let error = Diagnostic::error("scenario/unknown-reference", format!("unknown {noun} `{}`", text.value));
    let error = error.at(text.span);
    if let Reference::ArmId(_) = Reference::of(text.value) {
        return error.help("give the resource this `id` where it is declared, or refer to it by its name there");
    }
    let error = match known.as_slice() {
        [] => error.help("none is declared"),
        names if names.len() <= MOST_LISTED => error.help(format!("declared: `{}`", names.join("`, `"))),
        _ => error,
    };
    error.suggest(text.value, known)
}

/// The id of the parent and the name of the child.
pub(super) fn split_arm_id<'a>(id: &'a str, segment: &str) -> Option<(&'a str, &'a str)> {
    let (parent, name) = id.trim_end_matches('/').rsplit_once('/')?;
    let (parent, kind) = parent.rsplit_once('/')?;
    kind.eq_ignore_ascii_case(segment).then_some((parent, name))
}

fn folded(text: &str) -> String {
    text.trim_end_matches('/').to_lowercase()
}

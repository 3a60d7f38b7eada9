//! Azure resources as commands name them: group, subscription, id, and placeholders for what nobody declared.
//!
//! A placeholder stands in angle brackets, such as `<resource-group-of-hub>`; the same one is the same thing.

use vnetdig_model::Topology;
use vnetdig_model::dns::PrivateZoneId;
use vnetdig_model::network::{ResourceScope, SubnetId, VnetId};

use super::bash::Az;
use super::block::bicep_text;

/// A resource in Azure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// Its type, such as `Microsoft.Network/virtualNetworks`.
    kind: &'static str,
    /// Its name in Azure.
    pub(super) name: String,
    /// Subscription, or its placeholder.
    subscription: String,
    /// Whether the subscription was declared.
    is_placed: bool,
    /// Resource group, or its placeholder.
    pub(super) group: String,
    /// What placeholders call it.
    key: String,
}

impl Resource {
    /// A resource of which only the name is known.
    pub(crate) fn new(kind: &'static str, name: &str) -> Self {
        Self::within(kind, name, name, &ResourceScope::default())
    }

    /// A resource in a scope; `key` is its name in the scenario, and the name in its id goes before `name`.
    fn within(kind: &'static str, name: &str, key: &str, scope: &ResourceScope) -> Self {
        let parts: Vec<&str> = scope.arm_id.as_deref().unwrap_or_default().split('/').collect();
        let part = |wanted: &str| {
            let at = parts.iter().position(|part| part.eq_ignore_ascii_case(wanted))?;
            parts.get(at + 1).filter(|part| !part.is_empty()).map(|part| (*part).to_owned())
        };
        let subscription = part("subscriptions").or_else(|| scope.subscription.as_deref().map(str::to_owned));
        let group = part("resourceGroups").or_else(|| scope.resource_group.as_deref().map(str::to_owned));
        let last = parts.last().filter(|last| !last.is_empty()).map(|last| (*last).to_owned());
        Self {
            kind,
            name: last.unwrap_or_else(|| name.to_owned()),
            is_placed: subscription.is_some(),
            subscription: subscription.unwrap_or_else(|| format!("<subscription-of-{key}>")),
            group: group.unwrap_or_else(|| format!("<resource-group-of-{key}>")),
            key: key.to_owned(),
        }
    }

    /// A virtual network.
    pub(crate) fn vnet(topology: &Topology, vnet: VnetId) -> Self {
        let vnet = &topology.facts().vnets[vnet];
        Self::within("Microsoft.Network/virtualNetworks", &vnet.name, &vnet.name, &vnet.scope)
    }

    /// A private zone.
    pub(crate) fn zone(topology: &Topology, zone: PrivateZoneId) -> Self {
        let facts = topology.facts();
        let name = facts.zone_name(zone).to_string();
        let zone = &facts.private_zones[zone];
        Self::within("Microsoft.Network/privateDnsZones", &name, &zone.key, &zone.scope)
    }

    /// The network of a subnet, and the subnet's name.
    pub(crate) fn subnet(topology: &Topology, subnet: SubnetId) -> (Self, &str) {
        let subnet = &topology.facts().subnets[subnet];
        (Self::vnet(topology, subnet.vnet), &subnet.name)
    }

    /// A resource that is not there yet, known by a key.
    pub(crate) fn to_make(kind: &'static str, name: &str, key: &str) -> Self {
        Self::within(kind, name, key, &ResourceScope::default())
    }

    /// Whether it is of this type and name.
    pub(crate) fn is(&self, kind: &str, name: &str) -> bool {
        self.kind == kind && self.name == name
    }

    /// The same place with another resource in it.
    pub(crate) fn beside(&self, kind: &'static str, name: &str) -> Self {
        Self { kind, name: name.to_owned(), key: name.to_owned(), ..self.clone() }
    }

    /// Its name in Azure.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its resource group, or the placeholder of it.
    pub(crate) fn group(&self) -> &str {
        &self.group
    }

    /// What placeholders call it.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether an id made of what is declared needs no placeholder.
    pub(crate) fn is_placed(&self) -> bool {
        self.is_placed
    }

    /// Its full id.
    pub(crate) fn id(&self) -> String {
        let Self { kind, name, subscription, group, .. } = self;
        format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}")
    }

    /// The id of something in it, such as `subnets`, `web`.
    pub(crate) fn child_id(&self, kind: &str, name: &str) -> String {
        format!("{}/{kind}/{name}", self.id())
    }

    /// `-g` and, where it is declared, `--subscription`.
    pub(crate) fn place(&self, az: Az) -> Az {
        let az = az.flag("-g", &self.group);
        az.when(self.is_placed, |az| az.flag("--subscription", &self.subscription))
    }

    /// Its id as an expression of Bicep.
    pub(crate) fn bicep_id(&self) -> String {
        self.bicep_child_id("", &[])
    }

    /// The id of something in it as an expression of Bicep; `kind` begins with a slash.
    pub(crate) fn bicep_child_id(&self, kind: &str, names: &[&str]) -> String {
        let kind = format!("{}{kind}", self.kind);
        let subscription = self.is_placed.then_some(self.subscription.as_str());
        let words = subscription.into_iter().chain([self.group.as_str(), &kind, &self.name]);
        let words: Vec<String> = words.chain(names.iter().copied()).map(bicep_text).collect();
        format!("resourceId({})", words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_of_a_resource_takes_the_place_of_placeholders() {
        let id = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet-hub";
        let scope = |arm_id: Option<&str>, group: Option<&str>| ResourceScope {
            subscription: None,
            resource_group: group.map(Into::into),
            arm_id: arm_id.map(Into::into),
        };
        let kind = "Microsoft.Network/virtualNetworks";
        for (scope, name, expected) in [
            (
                scope(None, None),
                "hub",
                "/subscriptions/<subscription-of-hub>/resourceGroups/<resource-group-of-hub>/providers/Microsoft.Network/virtualNetworks/hub",
            ),
            (
                scope(None, Some("rg-hub")),
                "hub",
                "/subscriptions/<subscription-of-hub>/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/hub",
            ),
            (scope(Some(id), None), "vnet-hub", id),
        ] {
            let resource = Resource::within(kind, "hub", "hub", &scope);
            assert_eq!((resource.name.as_str(), resource.id().as_str()), (name, expected), "{scope:?}");
        }
    }
}

//! A synthetic estate of any size: hubs, spokes, one wide privatelink zone, and servers whose public names lead
//! into it.

use vnetdig_model::dns::{LinkState, PrivateZone, ResolutionPolicy, ZoneLink};
use vnetdig_model::network::{ResourceScope, Vnet};
use vnetdig_model::record::{Soa, ZoneDataId};
use vnetdig_model::scenario::{Asker, TypedName, TypedQuestion};
use vnetdig_model::{Address, Fqdn, Origin, RecordData, RecordSet, RecordType, Topology, TopologyBuilder, Ttl};

use vnetdig_engine::Query;

/// How many private zones every network is linked to.
const ZONES: usize = 60;

/// An estate with this many records, half of them public aliases and half private addresses, and a network for
/// every hundred records (at most ten thousand).
pub(crate) fn estate(records: usize) -> Topology {
    let mut builder = TopologyBuilder::new();
    let vnets: Vec<_> = (0..(records / 100).clamp(1, 10_000))
        .map(|index| {
            builder.add_vnet(Vnet {
                name: format!("vnet-{index}").into(),
                scope: ResourceScope::default(),
                region: None,
                address_space: vec![],
                dns_servers: vec![],
                origin: Origin::Built,
                dns_servers_origin: None,
                lock: None,
            })
        })
        .collect();
    let mut data = Vec::new();
    for index in 0..ZONES {
        let apex = format!("privatelink.service{index}.azure.example");
        let apex = if index == 0 { "privatelink.postgres.database.azure.com" } else { &apex };
        let soa = Some(Soa::of_private_zone().into());
        let zone_data = builder.add_zone(apex.parse().expect("a literal name"), soa, Origin::Built);
        data.push(zone_data);
        let zone = builder.add_private_zone(PrivateZone {
            key: format!("zone-{index}").into(),
            scope: ResourceScope::default(),
            data: zone_data,
            lock: None,
            origin: Origin::Built,
        });
        for vnet in vnets.iter().take(if index == 0 { vnets.len() } else { 1_000 }) {
            builder.add_zone_link(ZoneLink {
                zone,
                vnet: *vnet,
                registration_enabled: false,
                resolution_policy: ResolutionPolicy::Default,
                state: LinkState::Completed,
                origin: Origin::Built,
            });
        }
    }
    let public = builder.facts().public_data();
    for index in 0..records / 2 {
        let target = private_name(index);
        add(&mut builder, public, public_name(index), RecordData::Cname(target.clone()));
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + u32::try_from(index).expect("a small number"));
        add(&mut builder, data[0], target, RecordData::Address(Address::Known(address.into())));
    }
    builder.build().value
}

fn add(builder: &mut TopologyBuilder, zone: ZoneDataId, owner: Fqdn, data: RecordData) {
    builder.add_record_set(RecordSet {
        zone,
        owner,
        record_type: data.record_type(),
        ttl: Ttl(30),
        data: [data].into_iter().collect(),
        auto_registered: false,
        origin: Origin::Built,
    });
}

fn public_name(index: usize) -> Fqdn {
    format!("server{index}.postgres.database.azure.com").parse().expect("a well-formed name")
}

fn private_name(index: usize) -> Fqdn {
    format!("server{index}.privatelink.postgres.database.azure.com").parse().expect("a well-formed name")
}

/// The question for one server from one network.
pub(crate) fn query(topology: &Topology, index: usize) -> Query {
    let vnet = topology.facts().vnets.ids().nth(index % topology.facts().vnets.len()).expect("a network");
    let name = TypedName { name: public_name(index), is_absolute: true, address: None };
    Query { from: Asker::Vnet(vnet), question: TypedQuestion { name, record_type: RecordType::A, server: None } }
}

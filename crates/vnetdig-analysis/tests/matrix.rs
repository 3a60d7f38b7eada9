//! Every cell of the matrix, computed by class, is what each client of the class gets by itself.

#[expect(dead_code, reason = "the generator serves several tests")]
mod generator;

use proptest::prelude::*;
use vnetdig_analysis::{Matrix, cell, client_classes, matrix};
use vnetdig_engine::Limits;
use vnetdig_model::Topology;
use vnetdig_model::network::PeeringState;

use generator::{Built, Order, PeeringPlan, Plan, build, plan};

/// Networks around a hub that are much alike, each with the same clients.
fn spokes() -> impl Strategy<Value = Plan> {
    (plan(), any::<bool>(), any::<u8>(), 4_usize..9).prop_map(|(mut plan, is_sound, kinds, count)| {
        let kinds = usize::from(kinds % 2) + 1;
        let spokes: Vec<_> = plan.vnets.clone();
        plan.vnets = (0..count).map(|index| spokes[index % kinds.min(spokes.len())].clone()).collect();
        let sound = PeeringPlan {
            ends: (0, 0),
            states: (PeeringState::Connected, PeeringState::Connected),
            gateway: false,
            flags: [true; 4],
            out_of_sync: None,
        };
        let given = plan.peerings.first().filter(|_| !is_sound).cloned().unwrap_or(sound);
        plan.peerings = (1..count)
            .map(|spoke| PeeringPlan { ends: (0, u8::try_from(spoke).expect("few")), ..given.clone() })
            .collect();
        // Zones are linked to every network, or to the hub alone.
        let links = std::mem::take(&mut plan.links);
        plan.links = links
            .iter()
            .flat_map(|link| {
                let all = if link.vnet % 2 == 0 { count } else { 1 };
                (0..all).map(|vnet| {
                    let mut link = link.clone();
                    link.vnet = u8::try_from(vnet).expect("few");
                    link.registers = false;
                    link
                })
            })
            .collect();
        if is_sound {
            // Everything but clients stands in the hub.
            plan.resolvers.truncate(1);
            plan.resolvers.iter_mut().for_each(|vnet| *vnet = 0);
            plan.servers.iter_mut().for_each(|server| server.vnet = 0);
            plan.appliances.iter_mut().for_each(|appliance| appliance.vnet = 0);
            plan.postgres.iter_mut().for_each(|server| server.vnet = 0);
            plan.connected.iter_mut().for_each(|(vnet, _)| *vnet = 0);
            plan.firewall.iter_mut().for_each(|(vnet, ..)| *vnet = 0);
            for vnet in &mut plan.vnets {
                vnet.routes.iter_mut().for_each(|route| route.to = u8::try_from(count).expect("few"));
            }
        }
        let clients = plan.clients.clone();
        plan.clients = (0..count)
            .flat_map(|vnet| {
                clients.iter().take(2).map(move |client| {
                    let mut client = client.clone();
                    client.vnet = u8::try_from(vnet).expect("few");
                    client
                })
            })
            .collect();
        plan
    })
}

fn network(plan: &Plan) -> Option<Built> {
    build(plan, Order::default(), |_| {})
}

/// Cells that differ from what a client gets by itself.
fn differing(topology: &Topology, matrix: &Matrix) -> Vec<String> {
    let mut found = Vec::new();
    for (index, class) in matrix.classes.iter().enumerate() {
        for client in &class.clients {
            for (column, name) in matrix.names.iter().enumerate() {
                let by_itself = cell(topology, &Limits::default(), *client, name);
                let mut by_class = matrix.cell(index, column).clone();
                by_class.missing = matrix.missing_for(topology, index, column, *client).map(Box::new);
                if by_class != by_itself {
                    let client = &topology.facts().clients[*client].name;
                    found.push(format!("{client} {}: {by_class:?} by class, {by_itself:?} by itself", name.name));
                }
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 65_536, ..ProptestConfig::default() })]

    #[test]
    fn every_cell_is_what_the_client_gets_by_itself(plan in prop_oneof![plan(), spokes()]) {
        let built = network(&plan);
        prop_assume!(built.is_some());
        let built = built.expect("it was just looked at");
        let matrix = matrix(&built.topology, &Limits::default(), None);
        prop_assert_eq!(differing(&built.topology, &matrix), Vec::<String>::new());
        let listed: usize = matrix.classes.iter().map(|class| class.clients.len()).sum();
        prop_assert_eq!(listed, built.topology.facts().clients.len());
    }
}

#[test]
fn clients_of_networks_that_are_alike_are_one_class() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut clients, mut classes, mut across) = (0, 0, 0);
    for _ in 0..300 {
        let plan = spokes().new_tree(&mut runner).expect("a plan can always be drawn").current();
        let Some(built) = network(&plan) else { continue };
        let found = client_classes(&built.topology);
        clients += built.topology.facts().clients.len();
        classes += found.len();
        let places = |client: &vnetdig_model::ClientId| built.topology.facts().clients[*client].place;
        across += found
            .iter()
            .filter(|class| class.clients.iter().any(|client| places(client) != places(&class.clients[0])))
            .count();
    }
    assert!(across > 50 && classes < clients, "{clients} clients in {classes} classes, {across} across networks");
}

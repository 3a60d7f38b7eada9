//! `vnetdig gaps`.

use crate::Folder;
use crate::matrix::{ESTATE, estate};

#[test]
fn a_gap_names_the_two_places_the_cause_and_ways_out() {
    estate()
        .expect("gaps -s estate.vnetdig.yaml", 1)
        .answers("app (westeurope) → data (northeurope)  peering-not-transitive")
        .answers("web-1 uses orders")
        .answers("1  peer app with data")
        .answers("route through appliance nva in hub: in app add a route to 10.2.0.0/16 by VirtualAppliance 10.0.0.4")
        .answers("set allowForwardedTraffic on the half app → hub")
        .answers("1 gap, 0 undetermined; 0 pairs are connected");
}

#[test]
fn what_is_connected_is_listed_when_asked_for() {
    let quiet = estate().expect("gaps -s estate.vnetdig.yaml", 1);
    assert!(!quiet.stdout.contains("probe uses"), "{quiet}");
    let text = ESTATE.replace("links: [app]", "links: [app, data]");
    let folder = Folder::new().with("estate.vnetdig.yaml", text);
    folder.expect("gaps -s estate.vnetdig.yaml -v", 1).answers("connected\n").answers("probe uses orders");
}

#[test]
fn no_gap_holds_and_an_unknown_fact_is_undetermined() {
    let peered = ESTATE.replace("between: [hub, data]", "between: [hub, data]\n    - between: [app, data]");
    Folder::new().with("a.vnetdig.yaml", &peered).expect("gaps -s a.vnetdig.yaml", 0).answers("0 gaps");
    let routed = peered
        .replace("web: 10.1.0.0/24", "web: { prefix: 10.1.0.0/24, route-table: out }")
        .replace("  clients:", "  route-tables:\n    out: { routes: { all: { prefix: 10.2.0.5/32, next-hop: VirtualAppliance, address: 10.0.0.9 } } }\n  clients:");
    Folder::new()
        .with("a.vnetdig.yaml", routed)
        .expect("gaps -s a.vnetdig.yaml", 4)
        .answers("undetermined")
        .answers("one way to close the gap");
}

#[test]
fn a_name_that_does_not_resolve_is_not_passed_over() {
    let empty = ESTATE.replace(", zone-group: [pg]", "");
    assert_ne!(empty, ESTATE);
    let folder = Folder::new().with("a.vnetdig.yaml", empty);
    let document = folder.expect("gaps -s a.vnetdig.yaml -o json", 1).json();
    assert_eq!(document["gaps"].as_array().map(Vec::len), Some(0), "{document}");
    let name = "orders.postgres.database.azure.com.";
    assert_eq!(document["unresolved"][0], serde_json::json!({ "client": "web-1", "name": name }));
    folder.expect("gaps -s a.vnetdig.yaml", 1).answers("web-1 does not resolve orders.postgres.database.azure.com\n");
    folder.expect("matrix -s a.vnetdig.yaml", 0).answers("2 not resolved, 4 not known");
}

#[test]
fn json_agrees_with_its_schema() {
    let folder = estate();
    let document = folder.expect("gaps -s estate.vnetdig.yaml -o json", 1).json();
    let gap = &document["gaps"][0];
    assert_eq!(gap["cause"], "peering-not-transitive");
    assert_eq!(gap["shared"][0], "hub");
    assert_eq!(gap["remedies"][0]["kind"], "peer-directly");
    assert!(gap["paragraph"].as_str().is_some_and(|text| text.contains("ways to close the gap")));
    let schema = folder.expect("schema gaps", 0).json();
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    assert!(validator.is_valid(&document));
}

#[test]
fn there_is_nothing_to_do_where_nothing_needs_anything() {
    let alone = "vnetdig: 1\ntopology:\n  vnets:\n    app: { address-space: [10.1.0.0/16] }\n";
    Folder::new().with("a.vnetdig.yaml", alone).expect("gaps -s a.vnetdig.yaml", 3).answers_nothing().says("nothing");
}

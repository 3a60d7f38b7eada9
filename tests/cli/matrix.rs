//! `vnetdig matrix`.

use crate::Folder;

/// A hub with two spokes: clients in one, an endpoint in the other, one name without a port, one public.
pub(crate) const ESTATE: &str = r"
vnetdig: 1
topology:
  vnets:
    hub: { region: westeurope, address-space: [10.0.0.0/16], subnets: { nva: 10.0.0.0/24 } }
    app: { region: westeurope, address-space: [10.1.0.0/16], subnets: { web: 10.1.0.0/24 } }
    data: { region: northeurope, address-space: [10.2.0.0/16], subnets: { endpoints: 10.2.0.0/24 } }
  peerings:
    - between: [hub, app]
    - between: [hub, data]
  private-zones:
    pg: { name: privatelink.postgres.database.azure.com, links: [app] }
  postgres-servers:
    orders:
      public-access:
        private-endpoints:
          orders-pe: { subnet: data/endpoints, address: 10.2.0.5, zone-group: [pg] }
  private-link-services:
    files:
      public-name: files.blob.core.windows.net
      private-link-name: files.privatelink.blob.core.windows.net
      public-address: 203.0.113.7
  appliances:
    nva: { subnet: hub/nva, address: 10.0.0.4, source-nat: Never, stateful: true, rules: { all: {} } }
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
    web-2: { subnet: app/web, address: 10.1.0.5 }
    probe: { subnet: data/endpoints, address: 10.2.0.9 }
";

pub(crate) fn estate() -> Folder {
    Folder::new().with("estate.vnetdig.yaml", ESTATE)
}

#[test]
fn clients_that_behave_alike_stand_together() {
    estate()
        .expect("matrix -s estate.vnetdig.yaml", 0)
        .answers("web-1, web-2   2 clients alike")
        .answers("5432 blocked: peering-not-transitive")
        .answers("not judged");
}

#[test]
fn json_has_a_cell_for_every_client_and_name_and_agrees_with_its_schema() {
    let folder = estate();
    let ran = folder.expect("matrix -s estate.vnetdig.yaml -o json", 0);
    let document = ran.json();
    let cells = document["cells"].as_array().expect("there are cells");
    assert_eq!(cells.len(), 6);
    assert_eq!(cells[0]["client"], "web-1");
    assert_eq!(cells[0]["name"], "orders.postgres.database.azure.com.");
    assert_eq!(cells[0]["verdict"], "private");
    assert_eq!(cells[0]["reachable"], false);
    assert_eq!(cells[0]["cause"], "peering-not-transitive");
    assert_eq!(cells[1]["reachable"], serde_json::Value::Null);
    let schema = folder.expect("schema matrix", 0).json();
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    assert!(validator.is_valid(&document));
}

#[test]
fn a_port_is_judged_at_every_name() {
    let ran = estate().expect("matrix -s estate.vnetdig.yaml -o json --port 443", 0);
    let document = ran.json();
    let cells = document["cells"].as_array().expect("there are cells");
    assert!(cells.iter().all(|cell| cell["service"] == "443"));
    estate().expect("matrix -s estate.vnetdig.yaml --port x", 2).says("expected a port");
}

#[test]
fn csv_and_markdown_keep_hostile_names_in_their_fields() {
    let text = ESTATE.replace("    web-1:", "    \"=web,\\\"1\\\"|<b>\":");
    let folder = Folder::new().with("estate.vnetdig.yaml", text);
    let csv = folder.expect("matrix -s estate.vnetdig.yaml -o csv", 0);
    let first = csv.stdout.split("\r\n").nth(1).expect("there is a line");
    assert!(first.starts_with("\"'=web,\"\"1\"\"|<b>\",orders.postgres.database.azure.com.,private,"), "{first}");
    assert!(csv.stdout.split("\r\n").all(|line| !line.contains('\n')), "{csv}");
    let markdown = folder.expect("matrix -s estate.vnetdig.yaml -o markdown", 0);
    assert!(markdown.stdout.contains("| =web,\"1\"\\|\\<b\\> |"), "{markdown}");
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    let widths: Vec<usize> = markdown.stdout.lines().map(columns).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{markdown}");
}

#[test]
fn there_is_nothing_to_do_without_clients_or_names() {
    let no_client = "vnetdig: 1\ntopology:\n  vnets:\n    app: { address-space: [10.1.0.0/16] }\n";
    Folder::new()
        .with("a.vnetdig.yaml", no_client)
        .expect("matrix -s a.vnetdig.yaml", 3)
        .answers_nothing()
        .says("client");
    Folder::small().expect("matrix -s small.vnetdig.yaml", 3).answers_nothing().says("no name");
    Folder::small().expect("matrix -s gone.vnetdig.yaml", 5).answers_nothing();
}

//! `vnetdig explain`: causes, what to change, and pages.

use crate::Folder;

/// Two networks that are peered; the zone is linked to the other one.
const UNLINKED: &str = r"
vnetdig: 1
topology:
  vnets:
    hub: { address-space: [10.0.0.0/16] }
    app: { address-space: [10.1.0.0/16], subnets: { web: 10.1.0.0/24, endpoints: 10.1.1.0/24 } }
  peerings:
    - between: [hub, app]
  private-zones:
    # kept by the platform team
    pg: { name: privatelink.postgres.database.azure.com, links: [hub] }
  postgres-servers:
    orders:
      public-access:
        private-endpoints:
          orders-pe: { subnet: app/endpoints, address: 10.1.1.5, zone-group: [pg] }
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
    web-2: { subnet: app/web, address: 10.1.0.5 }
";

const ORDERS: &str = "orders.postgres.database.azure.com";

fn folder() -> Folder {
    Folder::new()
        .with("net.vnetdig.yaml", UNLINKED)
        .with("mended.vnetdig.yaml", UNLINKED.replace("[hub] }\n  post", "[hub, app] }\n  post"))
}

#[test]
fn the_status_says_whether_the_goal_holds() {
    let folder = folder();
    for (line, status) in [
        (format!("-s net.vnetdig.yaml --from web-1 {ORDERS}"), 1),
        (format!("-s mended.vnetdig.yaml --from web-1 {ORDERS}"), 0),
        (format!("-s mended.vnetdig.yaml --from all {ORDERS}"), 0),
        (format!("-s mended.vnetdig.yaml --from web-1 {ORDERS} --port 6432"), 1),
        (format!("-s mended.vnetdig.yaml --from web-1 {ORDERS} --expect 10.1.1.5"), 0),
        (format!("-s net.vnetdig.yaml --from web-1 {ORDERS} --port none --expect public"), 0),
        ("-s net.vnetdig.yaml --from web-1 www.example.com".to_owned(), 4),
        (format!("-s net.vnetdig.yaml --from web-9 {ORDERS}"), 2),
        (format!("-s net.vnetdig.yaml {ORDERS}"), 2),
        (format!("-s gone.vnetdig.yaml --from web-1 {ORDERS}"), 5),
        ("-s net.vnetdig.yaml --from web-1".to_owned(), 2),
        (format!("--from web-1 {ORDERS}"), 2),
        (format!("-s net.vnetdig.yaml --from web-1 {ORDERS} --expect privat"), 2),
        (format!("-s net.vnetdig.yaml --from web-1 {ORDERS} --at 5"), 2),
        (format!("-s net.vnetdig.yaml --from web-1 {ORDERS} +short"), 2),
        ("-s net.vnetdig.yaml --from web-1 postgres://user:s3cret@orders/db".to_owned(), 2),
        ("--code zone-not-linked".to_owned(), 0),
        ("--codes".to_owned(), 0),
        (format!("--code zone-not-linked {ORDERS}"), 2),
    ] {
        folder.expect(&format!("explain {line}"), status);
    }
}

#[test]
fn a_cause_is_told_with_its_lines_and_the_last_line_is_the_verdict() {
    let ran = folder().expect(&format!("explain -s net.vnetdig.yaml --from web-1 {ORDERS}"), 1);
    let ran = ran
        .answers("diagnosis/zone-not-linked")
        .answers("zone pg is not linked to app, for which Azure-provided DNS answers")
        .answers("net.vnetdig.yaml:11:5")
        .answers("zone pg has no link to app")
        .answers("= path: fine")
        .answers("link zone pg to network app")
        .answers("goal holds")
        .answers("az network private-dns link vnet create");
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("verdict  the goal is missed: "), "{last}");
}

#[test]
fn when_the_goal_holds_there_is_nothing_but_the_question_and_the_verdict() {
    let ran = folder().expect(&format!("explain -s mended.vnetdig.yaml --from web-1 {ORDERS}"), 0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{ran}");
    assert!(lines[2].starts_with("verdict  the goal holds: "), "{ran}");
}

#[test]
fn fixes_come_in_the_form_that_was_asked_for() {
    let folder = folder();
    for (form, part) in [
        ("az", "az network private-dns link vnet create"),
        ("terraform", "azurerm_private_dns_zone_virtual_network_link"),
        ("bicep", "Microsoft.Network/privateDnsZones/virtualNetworkLinks"),
        ("patch", "+    pg: { name: privatelink.postgres.database.azure.com, links: [hub, app] }"),
    ] {
        folder.expect(&format!("explain -s net.vnetdig.yaml --from web-1 {ORDERS} --fixes {form}"), 1).answers(part);
    }
    let none = folder.expect(&format!("explain -s net.vnetdig.yaml --from web-1 {ORDERS} --fixes none"), 1);
    assert!(!none.stdout.contains("goal holds"), "{none}");
}

#[test]
fn what_is_unconfirmed_says_which_switch_decides() {
    let network = r"
vnetdig: 1
topology:
  vnets:
    app: { address-space: [10.1.0.0/16], subnets: { web: 10.1.0.0/24, dns-out: 10.1.3.0/28, vm: 10.1.4.0/24 } }
  private-zones:
    corp: { name: corp.example, links: [app] }
  private-resolvers:
    res: { vnet: app, outbound-endpoints: { out: { subnet: dns-out } } }
  forwarding-rulesets:
    onprem: { outbound-endpoints: [res/out], links: [app], rules: { eu.corp.example.: 10.1.4.10 } }
  dns-servers:
    dc-1: { product: bind, subnet: app/vm, address: 10.1.4.10, zones: { eu.corp.example: [ db A 10.1.0.9 ] } }
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
";
    let folder = Folder::new().with("net.vnetdig.yaml", network);
    folder
        .expect("explain -s net.vnetdig.yaml --from web-1 db.eu.corp.example", 1)
        .answers("diagnosis/zone-shadows-rule")
        .answers("(S-108)")
        .answers("--switch zone-rule-precedence=zone-first|longest-wins decides");
    folder.expect("explain -s net.vnetdig.yaml --switch zone-rule-precedence=longest-wins db.eu.corp.example", 0);
}

#[test]
fn undetermined_ends_with_what_would_decide() {
    folder()
        .expect("explain -s net.vnetdig.yaml --from web-1 www.example.com", 4)
        .answers("what decides is not declared")
        .answers("$ dig +noall +answer www.example.com. A")
        .answers("public-dns");
}

#[test]
fn a_question_can_be_asked_later_in_the_timeline() {
    let scenario = format!(
        "{}timeline:\n  - at: 1m\n    events:\n      - remove-link: {{ zone: pg, vnet: app }}\n",
        UNLINKED.replace("links: [hub]", "links: [hub, app]")
    );
    let folder = Folder::new().with("net.vnetdig.yaml", scenario);
    folder.expect(&format!("explain -s net.vnetdig.yaml --from web-1 {ORDERS}"), 0);
    folder.expect(&format!("explain -s net.vnetdig.yaml --from web-1 {ORDERS} --at 59s"), 0);
    folder
        .expect(&format!("explain -s net.vnetdig.yaml --from web-1 {ORDERS} --at 1m"), 1)
        .answers("diagnosis/zone-not-linked");
}

#[test]
fn json_follows_its_schema() {
    let folder = folder();
    let schema = folder.expect("schema explain", 0).json();
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    for (line, status) in [
        (format!("-s net.vnetdig.yaml --from web-1 {ORDERS} --fixes patch"), 1),
        (format!("-s mended.vnetdig.yaml --from web-1 {ORDERS}"), 0),
        (format!("-s net.vnetdig.yaml --from all {ORDERS}"), 1),
        ("-s net.vnetdig.yaml --from web-1 www.example.com".to_owned(), 4),
    ] {
        let document = folder.expect(&format!("explain {line} -o json"), status).json();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:#?}");
    }
    let one = folder.expect(&format!("explain -s net.vnetdig.yaml --from web-1 {ORDERS} -o json"), 1).json();
    assert_eq!(one["schema"], "vnetdig/explain/1");
    assert_eq!(one["causes"][0]["code"], "diagnosis/zone-not-linked");
    assert_eq!(one["causes"][0]["facts"][0]["place"]["file"], "net.vnetdig.yaml");
    assert_eq!(one["causes"][0]["facts"][0]["place"]["line"], 11);
    assert_eq!(one["standing"]["goal"], "fails");
    assert_eq!(one["fixes"][0]["actions"][0]["kind"], "link-zone");
    let all = folder.expect(&format!("explain -s net.vnetdig.yaml --from all {ORDERS} -o json"), 1).json();
    assert_eq!(all["explanations"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_committed_schema_is_the_one_the_command_prints() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/explain.schema.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let printed = Folder::new().expect("schema explain", 0).stdout;
    assert!(committed == printed, "run: cargo run -p vnetdig -- schema explain > docs/schema/explain.schema.json");
}

#[test]
fn every_diagnosis_has_a_page_that_is_read_without_a_network() {
    let folder = Folder::new();
    let list = folder.expect("explain --codes", 0);
    for word in list.stdout.lines().filter_map(|line| line.split_whitespace().next()) {
        folder.expect(&format!("explain --code {word}"), 0).answers(&format!("# diagnosis/{word}\n"));
    }
    folder.expect("explain --code diagnosis/zone-not-linked", 0).answers("## Fires");
    folder.expect("explain --code zone-not-linkd", 2).says("did you mean `zone-not-linked`?").answers_nothing();
    folder.expect("explain --code wombat", 2).says("--codes").answers_nothing();
}

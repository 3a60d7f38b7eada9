//! Tables of routes and rules, one line a case.

use crate::{attempt, scenario, word};

/// A hub with an appliance between two networks; what stands in braces is put in by the table.
fn hub_and_spokes(one: &str, other: &str, peerings: &str, nva: &str) -> String {
    format!(
        "
topology:
  vnets:
    hub: {{ address-space: [10.0.0.0/16], subnets: {{ nva: 10.0.1.0/24 }} }}
    one: {{ address-space: [10.1.0.0/16], subnets: {{ a: {{ prefix: 10.1.0.0/24, route-table: one }} }} }}
    other: {{ address-space: [10.2.0.0/16], subnets: {{ a: {{ prefix: 10.2.0.0/24, route-table: other }} }} }}
  route-tables:
    one: {{ routes: {{ {one} }} }}
    other: {{ routes: {{ {other} }} }}
  peerings: {peerings}
  appliances:
    nva: {{ subnet: hub/nva, address: 10.0.1.4, {nva} }}
  clients:
    c1: {{ subnet: one/a, address: 10.1.0.4 }}
    c2: {{ subnet: other/a, address: 10.2.0.4 }}
"
    )
}

const TO_NVA: &str = "all: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.1.4 }";
const BOTH: &str =
    "[{ between: [hub, one], forwarded-traffic: true }, { between: [hub, other], forwarded-traffic: true }]";
const OPEN: &str = "source-nat: Never, stateful: true, rules: { all: {} }";

#[test]
fn spokes_meet_through_an_appliance_when_everything_is_there() {
    let strict = "[{ between: [hub, one] }, { between: [hub, other] }]";
    let only_spokes = "[{ half: hub -> one }, { half: one -> hub, allow-forwarded-traffic: true }, \
                       { half: hub -> other }, { half: other -> hub, allow-forwarded-traffic: true }]";
    let direct = "[{ between: [hub, one], forwarded-traffic: true }, { between: [hub, other], forwarded-traffic: true }, \
                  { between: [one, other] }]";
    let tenth = "ten: { prefix: 10.2.0.0/16, next-hop: None }";
    let host = "host: { prefix: 10.2.0.4/32, next-hop: VirtualAppliance, address: 10.0.1.4 }";
    let gone = "all: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.7.1.4 }";
    let empty = "all: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.1.5 }";
    for (what, one, other, peerings, nva, expected) in [
        ("both default routes", TO_NVA, TO_NVA, BOTH, OPEN, "open"),
        ("forwarded traffic on the spokes' halves is enough", TO_NVA, TO_NVA, only_spokes, OPEN, "open"),
        ("no route there", "", TO_NVA, BOTH, OPEN, "peering-not-transitive"),
        ("no route back", TO_NVA, "", BOTH, OPEN, "peering-not-transitive"),
        ("no forwarded traffic", TO_NVA, TO_NVA, strict, OPEN, "forwarded-traffic-denied"),
        ("a direct peering beats default routes", TO_NVA, TO_NVA, direct, OPEN, "open"),
        ("a route of equal length beats the peering", tenth, TO_NVA, direct, OPEN, "route-drops"),
        ("there through the appliance, back directly", host, "", direct, OPEN, "asymmetric-path"),
        (
            "the same past an appliance without state",
            host,
            "",
            direct,
            "source-nat: Never, stateful: false, rules: { all: {} }",
            "open",
        ),
        (
            "the same with source translation",
            host,
            "",
            direct,
            "source-nat: Always, stateful: true, rules: { all: {} }",
            "open",
        ),
        ("the same when nobody said", host, "", direct, "source-nat: Never, rules: { all: {} }", "undetermined"),
        (
            "no IP forwarding",
            TO_NVA,
            TO_NVA,
            BOTH,
            "ip-forwarding: false, rules: { all: {} }",
            "appliance-not-forwarding",
        ),
        (
            "no rule of the appliance",
            TO_NVA,
            TO_NVA,
            BOTH,
            "source-nat: Never, stateful: true, rules: {}",
            "appliance-denies",
        ),
        ("rules nobody declared", TO_NVA, TO_NVA, BOTH, "source-nat: Never, stateful: true", "undetermined"),
        (
            "translation nobody declared, and no matter",
            TO_NVA,
            TO_NVA,
            BOTH,
            "stateful: true, rules: { all: {} }",
            "open",
        ),
        ("a next hop two peerings away", gone, TO_NVA, BOTH, OPEN, "appliance-unreachable"),
        ("a next hop where nothing stands", empty, TO_NVA, BOTH, OPEN, "undetermined"),
    ] {
        let scenario = scenario(&hub_and_spokes(one, other, peerings, nva));
        assert_eq!(word(&attempt(&scenario.topology, "c1", "10.2.0.4", 5432)), expected, "{what}");
    }
}

#[test]
fn security_rules_decide_by_priority_and_direction_and_symmetrically() {
    // The rules stand once on the client's subnet and once, mirrored, on the server's.
    for (what, rules, expected) in [
        ("no rule of one's own", "", "open"),
        ("a deny", "a: { priority: 200, direction: DIR, access: Deny, PORTS }", "security-rule"),
        (
            "an allow before it",
            "a: { priority: 200, direction: DIR, access: Deny, PORTS }, b: { priority: 100, direction: DIR, access: Allow, PORTS }",
            "open",
        ),
        (
            "an allow behind it",
            "a: { priority: 200, direction: DIR, access: Deny, PORTS }, b: { priority: 300, direction: DIR, access: Allow, PORTS }",
            "security-rule",
        ),
        ("another port", "a: { priority: 200, direction: DIR, access: Deny, ports: 5433 }", "open"),
        ("a range of ports", "a: { priority: 200, direction: DIR, access: Deny, ports: 5000-6000 }", "security-rule"),
        ("another protocol", "a: { priority: 200, direction: DIR, access: Deny, protocol: Udp }", "open"),
        ("the other direction", "a: { priority: 200, direction: RID, access: Deny, PORTS }", "open"),
        (
            "a prefix that holds the far end",
            "a: { priority: 200, direction: DIR, access: Deny, FAR: 10.0.0.0/8 }",
            "security-rule",
        ),
        ("a prefix that does not", "a: { priority: 200, direction: DIR, access: Deny, FAR: 10.9.0.0/16 }", "open"),
        (
            "one of several prefixes",
            "a: { priority: 200, direction: DIR, access: Deny, FAR: [192.0.2.0/24, 10.0.0.0/8] }",
            "security-rule",
        ),
        (
            "the tag of the virtual network",
            "a: { priority: 200, direction: DIR, access: Deny, FAR: VirtualNetwork }",
            "security-rule",
        ),
        ("the tag of the internet", "a: { priority: 200, direction: DIR, access: Deny, FAR: Internet }", "open"),
        ("a tag of public prefixes", "a: { priority: 200, direction: DIR, access: Deny, FAR: Storage }", "open"),
        ("a tag nobody knows", "a: { priority: 200, direction: DIR, access: Deny, FAR: ContosoTag }", "undetermined"),
        (
            "a tag nobody knows, behind an allow",
            "a: { priority: 200, direction: DIR, access: Deny, FAR: ContosoTag }, b: { priority: 100, direction: DIR, access: Allow }",
            "open",
        ),
        (
            "a tag nobody knows that would allow",
            "a: { priority: 200, direction: DIR, access: Allow, FAR: ContosoTag }",
            "open",
        ),
        (
            "a source port below those of clients",
            "a: { priority: 200, direction: DIR, access: Deny, source-ports: 1-1023 }",
            "open",
        ),
        (
            "a source port of clients",
            "a: { priority: 200, direction: DIR, access: Deny, source-ports: 50000 }",
            "undetermined",
        ),
    ] {
        for (client, server) in [(true, false), (false, true)] {
            let fill = |direction: &str, other: &str, far: &str| {
                let rules = rules.replace("DIR", direction).replace("RID", other).replace("FAR", far);
                rules.replace("PORTS", "ports: 5432")
            };
            let [out, into] = [fill("Outbound", "Inbound", "destination"), fill("Inbound", "Outbound", "source")];
            let (out, into) = (if client { &*out } else { "" }, if server { &*into } else { "" });
            let text = format!(
                "
topology:
  vnets:
    app: {{ address-space: [10.1.0.0/16], subnets: {{ a: {{ prefix: 10.1.0.0/24, nsg: out }} }} }}
    data: {{ address-space: [10.2.0.0/16], subnets: {{ a: {{ prefix: 10.2.0.0/24, nsg: into }} }} }}
  peerings: [{{ between: [app, data] }}]
  nsgs: {{ out: {{ rules: {{ {out} }} }}, into: {{ rules: {{ {into} }} }} }}
  clients:
    c1: {{ subnet: app/a, address: 10.1.0.4 }}
    c2: {{ subnet: data/a, address: 10.2.0.4 }}
"
            );
            let found = attempt(&scenario(&text).topology, "c1", "10.2.0.4", 5432);
            assert_eq!(word(&found), expected, "{what}, at the client: {client}, at the server: {server}");
        }
    }
}

#[test]
fn a_peering_that_is_added_can_close_a_path_where_a_route_of_one_side_is_longer() {
    let with = |peerings: &str| {
        format!(
            "
topology:
  vnets:
    hub: {{ address-space: [10.0.0.0/16], subnets: {{ nva: 10.0.1.0/24 }} }}
    app: {{ address-space: [10.1.0.0/16], subnets: {{ a: {{ prefix: 10.1.0.0/24, route-table: t }} }} }}
    data: {{ address-space: [10.2.0.0/16], subnets: {{ a: {{ prefix: 10.2.0.0/24, nsg: n, route-table: host }} }} }}
  route-tables:
    t: {{ routes: {{ all: {{ prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.1.4 }} }} }}
    host: {{ routes: {{ one: {{ prefix: 10.1.0.4/32, next-hop: VirtualAppliance, address: 10.0.1.4 }} }} }}
  nsgs:
    n: {{ rules: {{ b: {{ priority: 200, direction: Inbound, access: Allow, source: 10.1.0.0/16 }} }} }}
  peerings: {peerings}
  appliances:
    nva: {{ subnet: hub/nva, address: 10.0.1.4, source-nat: Never, stateful: true, rules: {{ all: {{}} }} }}
  clients: {{ c1: {{ subnet: app/a, address: 10.1.0.4 }}, c2: {{ subnet: data/a, address: 10.2.0.4 }} }}
"
        )
    };
    let apart = "[{ between: [hub, app], forwarded-traffic: true }, { between: [hub, data], forwarded-traffic: true }]";
    let peered = "[{ between: [hub, app], forwarded-traffic: true }, { between: [hub, data], forwarded-traffic: true }, \
                  { between: [app, data] }]";
    let judge = |text: &str| word(&attempt(&scenario(text).topology, "c1", "10.2.0.4", 5432));
    assert_eq!(judge(&with(apart)), "open");
    assert_eq!(judge(&with(peered)), "asymmetric-path", "a host route on one side only");
}

#[test]
fn a_peering_that_is_mended_can_close_a_path_where_a_rule_denies_the_virtual_network() {
    let judge = |access: bool| {
        let text = format!(
            "
topology:
  vnets:
    app: {{ address-space: [10.1.0.0/16], subnets: {{ a: 10.1.0.0/24 }} }}
    data: {{ address-space: [10.2.0.0/16], subnets: {{ a: {{ prefix: 10.2.0.0/24, nsg: n }} }} }}
  nsgs:
    n:
      rules:
        no-peers: {{ priority: 100, direction: Inbound, access: Deny, source: VirtualNetwork }}
        app: {{ priority: 200, direction: Inbound, access: Allow, source: 10.1.0.0/16 }}
  peerings:
    - {{ half: app -> data }}
    - {{ half: data -> app, allow-virtual-network-access: {access} }}
  clients: {{ c1: {{ subnet: app/a, address: 10.1.0.4 }}, c2: {{ subnet: data/a, address: 10.2.0.4 }} }}
"
        );
        word(&attempt(&scenario(&text).topology, "c1", "10.2.0.4", 5432))
    };
    assert_eq!(judge(false), "open", "app is outside VirtualNetwork, and a rule of its own lets it in");
    assert_eq!(judge(true), "security-rule", "app is inside VirtualNetwork");
}

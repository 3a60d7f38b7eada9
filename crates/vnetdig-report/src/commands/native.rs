//! Edits of servers that people run, in the language of the product they run.

use std::net::SocketAddr;

use vnetdig_model::Fqdn;
use vnetdig_model::edit::Edit;
use vnetdig_model::record::{RecordSet, RecordType};
use vnetdig_model::server::{DefaultRoute, DnsServer, DnsServerId, PrivateAnswerFilter, Product};

use super::clients::named;
use super::sheet::Sheet;
use crate::words::datum;

/// Where the settings of a product stand.
fn file(product: Product) -> &'static str {
    match product {
        Product::Bind => "named.conf",
        Product::Unbound => "unbound.conf",
        Product::Windows => "PowerShell",
        Product::Dnsmasq => "dnsmasq.conf",
        Product::CoreDns => "Corefile (in AKS: ConfigMap coredns-custom in kube-system)",
        Product::PowerDnsRecursor => "recursor.yml",
        Product::KnotResolver => "config.yaml",
        Product::Hickory => "named.toml",
        Product::Technitium => "its web console or HTTP API",
        Product::Unknown => "product not declared",
    }
}

fn place(server: &DnsServer) -> String {
    format!("DNS server {} ({}), {}", server.name, server.product.word(), file(server.product))
}

/// The sign of a comment in the language of a product.
fn comment(product: Product, words: &str) -> String {
    let sign = match product {
        Product::Bind => "//",
        _ => "#",
    };
    format!("{sign} {words}")
}

pub(super) fn server(sheet: &mut Sheet<'_>, id: DnsServerId, edit: &Edit) {
    let found = &sheet.facts().dns_servers[id];
    let product = found.product;
    let mut lines = match edit {
        Edit::SetForwarders { servers, .. } => forwarders(product, servers),
        Edit::SetConditionalForwarder { domain, servers, .. } => {
            let is_known = found.conditional_forwarders.iter().any(|known| known.domain == *domain);
            conditional(product, domain, servers, is_known)
        }
        Edit::RemoveConditionalForwarder { domain, .. } => without(product, domain, "the conditional forwarder"),
        Edit::RemoveOwnZone { zone, .. } => without(product, sheet.topology().apex(*zone), "the zone and its records"),
        Edit::DisableValidation(_) => no_validation(product),
        Edit::ExemptDomain { domain, .. } => exempt(product, domain, found.private_answer_filter.as_ref()),
        Edit::RaiseAliasLimit { limit, .. } => alias_limit(product, *limit),
        Edit::StopRootHints(_) => no_root_hints(product, found),
        Edit::StartServer(_) => start(product),
        _ => return,
    };
    if lines.first().is_some_and(|line| line.starts_with("options {")) {
        lines.insert(0, comment(product, "in the options block that is there:"));
    }
    if !matches!(edit, Edit::StartServer(_)) {
        lines.extend(reload(product));
    }
    sheet.native(place(found), lines);
}

fn addresses(servers: &[SocketAddr], port_sign: &str, separator: &str) -> String {
    let one = |server: &SocketAddr| {
        if server.port() == 53 {
            server.ip().to_string()
        } else {
            format!("{}{port_sign}{}", server.ip(), server.port())
        }
    };
    servers.iter().map(one).collect::<Vec<_>>().join(separator)
}

/// As URLs and lists of TOML or YAML want them: `"10.0.0.4:53"`.
fn sockets(servers: &[SocketAddr]) -> String {
    servers.iter().map(|server| format!("\"{server}\"")).collect::<Vec<_>>().join(", ")
}

fn bind_list(servers: &[SocketAddr]) -> String {
    servers
        .iter()
        .map(|server| {
            if server.port() == 53 {
                format!("{}; ", server.ip())
            } else {
                format!("{} port {}; ", server.ip(), server.port())
            }
        })
        .collect()
}

fn forwarders(product: Product, servers: &[SocketAddr]) -> Vec<String> {
    match product {
        Product::Bind => vec![format!("options {{ forwarders {{ {}}}; forward only; }};", bind_list(servers))],
        Product::Unbound => unbound_zone(&Fqdn::root(), servers),
        Product::Windows => {
            vec![format!("Set-DnsServerForwarder -IPAddress {} -UseRootHint $false", addresses(servers, ":", ","))]
        }
        Product::Dnsmasq => {
            let line = |server: &SocketAddr| format!("server={}", addresses(&[*server], "#", ""));
            std::iter::once("no-resolv".to_owned()).chain(servers.iter().map(line)).collect()
        }
        Product::CoreDns => {
            vec![".:53 {".to_owned(), format!("    forward . {}", addresses(servers, ":", " ")), "}".to_owned()]
        }
        Product::PowerDnsRecursor => recursor_zone(".", servers),
        Product::KnotResolver => knot_zone(".", servers),
        Product::Hickory => hickory_zone(".", servers),
        Product::Technitium | Product::Unknown => {
            vec![format!("# forwarders: {}; no recursion from the root", addresses(servers, ":", ", "))]
        }
    }
}

fn unbound_zone(domain: &Fqdn, servers: &[SocketAddr]) -> Vec<String> {
    let mut lines = vec!["forward-zone:".to_owned(), format!("    name: \"{}\"", named(domain))];
    lines.extend(servers.iter().map(|server| format!("    forward-addr: {}", addresses(&[*server], "@", ""))));
    lines.push("    forward-first: no".to_owned());
    lines
}

fn recursor_zone(domain: &str, servers: &[SocketAddr]) -> Vec<String> {
    vec![
        "recursor:".to_owned(),
        "  forward_zones_recurse:".to_owned(),
        format!("    - zone: \"{domain}\""),
        format!("      forwarders: [{}]", sockets(servers)),
    ]
}

fn knot_zone(domain: &str, servers: &[SocketAddr]) -> Vec<String> {
    let servers: Vec<String> = servers.iter().map(|server| format!("\"{}\"", addresses(&[*server], "@", ""))).collect();
    vec!["forward:".to_owned(), format!("  - subtree: \"{domain}\""), format!("    servers: [{}]", servers.join(", "))]
}

fn hickory_zone(domain: &str, servers: &[SocketAddr]) -> Vec<String> {
    let servers: Vec<String> = servers
        .iter()
        .flat_map(|server| {
            ["udp", "tcp"].map(|protocol| format!("{{ socket_addr = \"{server}\", protocol = \"{protocol}\" }}"))
        })
        .collect();
    vec![
        "[[zones]]".to_owned(),
        format!("zone = \"{domain}\""),
        "zone_type = \"External\"".to_owned(),
        format!("stores = {{ type = \"forward\", name_servers = [{}] }}", servers.join(", ")),
    ]
}

fn conditional(product: Product, domain: &Fqdn, servers: &[SocketAddr], is_known: bool) -> Vec<String> {
    let name = named(domain);
    let bare = name.trim_end_matches('.');
    match product {
        Product::Bind => {
            vec![format!("zone \"{bare}\" {{ type forward; forward only; forwarders {{ {}}}; }};", bind_list(servers))]
        }
        Product::Unbound => unbound_zone(domain, servers),
        Product::Windows => {
            let verb = if is_known { "Set" } else { "Add" };
            vec![format!(
                "{verb}-DnsServerConditionalForwarderZone -Name '{bare}' -MasterServers {}",
                addresses(servers, ":", ",")
            )]
        }
        Product::Dnsmasq => {
            servers.iter().map(|server| format!("server=/{bare}/{}", addresses(&[*server], "#", ""))).collect()
        }
        Product::CoreDns => {
            vec![format!("{bare}:53 {{"), format!("    forward . {}", addresses(servers, ":", " ")), "}".to_owned()]
        }
        Product::PowerDnsRecursor => recursor_zone(bare, servers),
        Product::KnotResolver => knot_zone(bare, servers),
        Product::Hickory => hickory_zone(bare, servers),
        Product::Technitium | Product::Unknown => {
            vec![format!("# conditional forwarder zone {bare}: {}", addresses(servers, ":", ", "))]
        }
    }
}

/// Taking the block of a domain out.
fn without(product: Product, domain: &Fqdn, what: &str) -> Vec<String> {
    let name = named(domain);
    let bare = name.trim_end_matches('.');
    let destroys = comment(product, &format!("destroys {what} {name}"));
    let line = match product {
        Product::Bind => comment(product, &format!("take out the block: zone \"{bare}\" {{ … }};")),
        Product::Unbound => comment(
            product,
            &format!("take out the forward-zone, stub-zone, auth-zone or local-zone with the name \"{name}\""),
        ),
        Product::Windows => format!("Remove-DnsServerZone -Name '{bare}' -Force"),
        Product::Dnsmasq => comment(product, &format!("take out the lines server=/{bare}/… and local=/{bare}/")),
        Product::CoreDns => comment(product, &format!("take out the block {bare}:53 {{ … }}")),
        Product::PowerDnsRecursor
        | Product::KnotResolver
        | Product::Hickory
        | Product::Technitium
        | Product::Unknown => comment(product, &format!("take out what is configured for {bare}")),
    };
    vec![destroys, line]
}

fn no_validation(product: Product) -> Vec<String> {
    let line = match product {
        Product::Bind => "options { dnssec-validation no; };",
        Product::Unbound => "server: module-config: \"iterator\"",
        Product::Windows => "dnscmd /Config /EnableDnsSec 0",
        Product::Dnsmasq => "# take out the line dnssec",
        Product::CoreDns => "# CoreDNS's forward plugin does not validate: it is a server behind it that does",
        Product::PowerDnsRecursor => "dnssec: { validation: process-no-validate }",
        Product::KnotResolver => "dnssec: false",
        Product::Hickory => "# dnssec_policy = \"ValidationDisabled\" in the forwarding or recursive store",
        Product::Technitium => "# settings, general: DNSSEC validation off",
        Product::Unknown => "# DNSSEC validation off",
    };
    vec![line.to_owned()]
}

/// The exempt names that were there stay.
fn exempt(product: Product, domain: &Fqdn, filter: Option<&PrivateAnswerFilter>) -> Vec<String> {
    let name = named(domain);
    let bare = name.trim_end_matches('.');
    match product {
        Product::Bind => {
            let known = filter.map(|filter| filter.except.as_slice()).unwrap_or_default();
            let all: Vec<String> = known.iter().chain([domain]).map(|name| format!("\"{name}\"; ")).collect();
            let all = all.concat();
            vec![
                comment(product, "in options, behind the addresses that deny-answer-addresses names:"),
                format!("deny-answer-addresses {{ /* as they are */ }} except-from {{ {all}}};"),
            ]
        }
        Product::Unbound => vec![format!("server: private-domain: \"{name}\"")],
        Product::Dnsmasq => vec![format!("rebind-domain-ok=/{bare}/")],
        Product::PowerDnsRecursor => vec![
            "# in the Lua script that filters answers, let these pass:".to_owned(),
            format!("# if dq.qname:isPartOf(newDN(\"{name}\")) then return false end"),
        ],
        Product::KnotResolver => {
            vec!["# take policies of rebinding protection off for the subtree:".to_owned(), format!("# {bare}")]
        }
        Product::Windows | Product::CoreDns | Product::Hickory | Product::Technitium | Product::Unknown => {
            vec![format!("# let answers with private addresses pass for {bare}")]
        }
    }
}

fn alias_limit(product: Product, limit: u8) -> Vec<String> {
    match product {
        Product::Bind => vec![format!("options {{ max-query-restarts {limit}; }};")],
        Product::Unbound => vec![format!("server: max-query-restarts: {limit}")],
        Product::PowerDnsRecursor => vec![format!("recursor: {{ max_cnames_followed: {limit} }}")],
        Product::Windows
        | Product::Dnsmasq
        | Product::CoreDns
        | Product::KnotResolver
        | Product::Hickory
        | Product::Technitium
        | Product::Unknown => {
            vec![format!("# follow chains of up to {limit} aliases: a newer version, or a shorter chain")]
        }
    }
}

/// Only forwarders are asked, with the time they need.
fn no_root_hints(product: Product, server: &DnsServer) -> Vec<String> {
    let DefaultRoute::Forwarders { servers, .. } = &server.default_route else {
        return vec![comment(product, "ask forwarders only")];
    };
    match product {
        Product::Windows => vec!["Set-DnsServerForwarder -UseRootHint $false -Timeout 5".to_owned()],
        other => forwarders(other, servers),
    }
}

fn start(product: Product) -> Vec<String> {
    let line = match product {
        Product::Bind => "sudo systemctl start named",
        Product::Unbound => "sudo systemctl start unbound",
        Product::Windows => "Start-Service DNS",
        Product::Dnsmasq => "sudo systemctl start dnsmasq",
        Product::CoreDns => "sudo systemctl start coredns",
        Product::PowerDnsRecursor => "sudo systemctl start pdns-recursor",
        Product::KnotResolver => "sudo systemctl start knot-resolver",
        Product::Hickory => "sudo systemctl start hickory-dns",
        Product::Technitium => "sudo systemctl start dns",
        Product::Unknown => "# start the DNS service, and the machine it runs on",
    };
    vec![line.to_owned()]
}

/// What makes a product read its settings anew.
fn reload(product: Product) -> Option<String> {
    let line = match product {
        Product::Bind => "// then: sudo rndc reconfig",
        Product::Unbound => "# then: sudo unbound-control reload",
        Product::Dnsmasq => "# then: sudo systemctl restart dnsmasq",
        Product::CoreDns => "# then, in AKS: kubectl -n kube-system rollout restart deployment coredns",
        Product::PowerDnsRecursor => "# then: sudo systemctl restart pdns-recursor",
        Product::KnotResolver => "# then: sudo kresctl reload",
        Product::Hickory => "# then: sudo systemctl restart hickory-dns",
        Product::Windows | Product::Technitium | Product::Unknown => return None,
    };
    Some(line.to_owned())
}

/// A record set in a zone or in the local data of a server.
pub(super) fn record(sheet: &mut Sheet<'_>, id: DnsServerId, set: &RecordSet) {
    let (topology, server) = (sheet.topology(), &sheet.facts().dns_servers[id]);
    let owner = named(&set.owner);
    let line = |data: &str| {
        let record = format!("{owner} {} IN {} {data}", set.ttl, set.record_type);
        match server.product {
            Product::Unbound if server.local_data == set.zone => format!("server: local-data: '{record}'"),
            Product::Dnsmasq if set.record_type == RecordType::A || set.record_type == RecordType::AAAA => {
                format!("host-record={},{data}", owner.trim_end_matches('.'))
            }
            Product::Windows => {
                let apex = named(topology.apex(set.zone));
                let relative = set.owner.relative_to(topology.apex(set.zone)).unwrap_or_else(|| "@".to_owned());
                let zone = if apex == "." { owner.trim_end_matches('.') } else { apex.trim_end_matches('.') };
                format!("dnscmd /RecordAdd '{zone}' '{relative}' {} {} {data}", set.ttl, set.record_type)
            }
            _ => record,
        }
    };
    let mut lines: Vec<String> = set.data.iter().map(|data| line(&datum(topology, data))).collect();
    lines.extend(reload(server.product));
    sheet.native(place(server), lines);
}

pub(super) fn remove_record(sheet: &mut Sheet<'_>, id: DnsServerId, owner: &Fqdn, record_type: RecordType) {
    let server = &sheet.facts().dns_servers[id];
    let product = server.product;
    let owner = named(owner);
    let mut lines =
        vec![comment(product, &format!("destroys the {record_type} records of {owner}: take their lines out"))];
    lines.extend(reload(product));
    sheet.native(place(server), lines);
}

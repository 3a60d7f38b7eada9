//! From a [`Scenario`] back to a text that says the same.
//!
//! Only what somebody declared is written, in the order of its declaration, and nothing that holds anyway: what
//! Azure makes by itself and what is usual is left out. Reading the text and lowering it leads to the same
//! scenario, places in the text aside.

mod appliances;
mod checks;
mod clients;
mod dns;
mod filters;
pub(super) mod records;
mod servers;
mod services;
mod topology;
pub(super) mod yaml;

use std::time::Duration;

use vnetdig_model::client::ClientId;
use vnetdig_model::dns::{Lock, PrivateZoneId};
use vnetdig_model::network::{SiteId, SubnetId, VirtualHubId, VnetId};
use vnetdig_model::record::Soa;
use vnetdig_model::server::DnsServerId;
use vnetdig_model::service::{PostgresServerId, VirtualEndpointId};
use vnetdig_model::switches::SWITCHES;
use vnetdig_model::{Address, Facts, Fqdn, RecordData, RecordSet, ResponseCode, Scenario, Switches, Ttl};
use yaml::{Entries, Node};

use super::items::Items;

/// TTL of a record that gives none (S-022).
const DEFAULT_TTL: Ttl = Ttl(3600);

/// The text of a scenario, in YAML.
///
/// What the scenario language cannot say is not written: what events did to a topology, and ARM ids of
/// resources whose id the model does not keep.
#[must_use]
pub fn write(scenario: &Scenario) -> String {
    yaml::document(&tree(scenario))
}

/// What [`write`] puts on the page, before it is laid out.
pub(super) fn tree(scenario: &Scenario) -> Node {
    written(scenario, None)
}

/// The same, but with the items that a text has: its records, and halves of peerings that make one item there.
pub(super) fn tree_by_item(scenario: &Scenario, items: &Items) -> Node {
    written(scenario, Some(items))
}

fn written(scenario: &Scenario, items: Option<&Items>) -> Node {
    let Scenario { title, description, topology, checks, timeline } = scenario;
    let declared = Declared { facts: topology.facts(), items };
    let mut root = Entries::default();
    root.put("vnetdig", 1_u8);
    root.maybe("title", prose(title.as_deref()));
    root.maybe("description", prose(description.as_deref()));
    root.filled("switches", switches(&declared.facts.switches));
    root.filled("topology", declared.topology(topology));
    root.filled("checks", declared.checks(checks));
    root.filled("timeline", Node::lines(timeline.iter().map(|moment| declared.moment(moment))));
    root.sections()
}

/// The facts, with the names that others refer to them by.
#[derive(Clone, Copy)]
struct Declared<'s> {
    facts: &'s Facts,
    /// The items of a text that are to be kept.
    items: Option<&'s Items>,
}

impl<'s> Declared<'s> {
    fn vnet(self, id: VnetId) -> &'s str {
        &self.facts.vnets[id].name
    }

    fn vnets(self, ids: &[VnetId]) -> Node {
        Node::list(ids.iter().map(|id| self.vnet(*id)))
    }

    fn subnet(self, id: SubnetId) -> String {
        let subnet = &self.facts.subnets[id];
        format!("{}/{}", self.vnet(subnet.vnet), subnet.name)
    }

    fn virtual_hub_name(self, id: VirtualHubId) -> &'s str {
        &self.facts.virtual_hubs[id].name
    }

    fn site(self, id: SiteId) -> &'s str {
        &self.facts.sites[id].name
    }

    fn zone(self, id: PrivateZoneId) -> &'s str {
        &self.facts.private_zones[id].key
    }

    fn dns_server(self, id: DnsServerId) -> &'s str {
        &self.facts.dns_servers[id].name
    }

    fn postgres_server(self, id: PostgresServerId) -> &'s str {
        &self.facts.postgres_servers[id].name
    }

    fn virtual_endpoint(self, id: VirtualEndpointId) -> &'s str {
        &self.facts.virtual_endpoints[id].name
    }

    fn client(self, id: ClientId) -> &'s str {
        &self.facts.clients[id].name
    }

    /// A record set: one record as `NAME [TTL] TYPE DATA`, several as a mapping.
    fn record_set(self, set: &RecordSet) -> Node {
        let apex = &self.facts.zone_data[set.zone].apex;
        let owner = owner(&set.owner, apex);
        let ttl = (set.ttl != DEFAULT_TTL).then_some(set.ttl.0);
        let record_type = set.record_type.to_string();
        if let [only] = set.data.as_slice() {
            let ttl = ttl.map(|ttl| format!("{ttl} ")).unwrap_or_default();
            return format!("{owner} {ttl}{record_type} {}", self.data(only, apex)).into();
        }
        let mut record = Entries::default();
        record.put("name", owner);
        record.put("type", record_type);
        record.maybe("ttl", ttl);
        record.put("data", Node::list(set.data.iter().map(|data| self.data(data, apex))));
        record.compact()
    }

    /// The data of a record in presentation format.
    fn data(self, data: &RecordData, apex: &Fqdn) -> String {
        match data {
            RecordData::Address(Address::Known(address)) => address.to_string(),
            RecordData::Address(Address::Symbol(id)) => format!("<{}>", self.facts.symbols[*id].name),
            RecordData::Cname(name) | RecordData::Ptr(name) | RecordData::Ns(name) => target(name, apex),
            RecordData::Mx { preference, exchange } => format!("{preference} {}", target(exchange, apex)),
            RecordData::Srv { priority, weight, port, target: host } => {
                format!("{priority} {weight} {port} {}", target(host, apex))
            }
            RecordData::Txt(strings) => {
                let quoted =
                    strings.iter().map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
                quoted.collect::<Vec<_>>().join(" ")
            }
            RecordData::Soa(soa) => soa_data(soa, apex),
        }
    }
}

fn soa_data(soa: &Soa, apex: &Fqdn) -> String {
    let Soa { host, email, serial, refresh, retry, expire, minimum, ttl: _ } = soa;
    let (host, email) = (target(host, apex), target(email, apex));
    format!("{host} {email} {serial} {refresh} {retry} {expire} {minimum}")
}

/// The owner of a record, relative to the zone if it lies there.
fn owner(name: &Fqdn, apex: &Fqdn) -> String {
    name.relative_to(apex).unwrap_or_else(|| absolute(name))
}

/// A name in the data of a record: absolute, since only a single label is read as relative to the zone.
fn target(name: &Fqdn, apex: &Fqdn) -> String {
    let relative = name.relative_to(apex).filter(|text| text != "@" && !text.contains('.'));
    relative.unwrap_or_else(|| absolute(name))
}

/// A name with its final dot.
fn absolute(name: &Fqdn) -> String {
    if name.is_root() { ".".to_owned() } else { format!("{name}.") }
}

fn lock(entries: &mut Entries, lock: Option<Lock>) {
    entries.maybe(
        "lock",
        lock.map(|lock| match lock {
            Lock::ReadOnly => "ReadOnly",
            Lock::CanNotDelete => "CanNotDelete",
        }),
    );
}

fn prose(text: Option<&str>) -> Option<Node> {
    text.map(|text| Node::Prose(text.to_owned()))
}

/// A duration in the largest unit that says all of it.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match duration.subsec_millis() {
        0 if seconds > 0 && seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        0 if seconds > 0 && seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        0 => format!("{seconds}s"),
        _ => format!("{}ms", duration.as_millis()),
    }
}

/// The word of a response code.
fn response_code(code: ResponseCode) -> String {
    let word = match code {
        ResponseCode::NoError => "NOERROR",
        ResponseCode::NXDomain => "NXDOMAIN",
        ResponseCode::ServFail => "SERVFAIL",
        ResponseCode::Refused => "REFUSED",
        ResponseCode::FormErr => "FORMERR",
        ResponseCode::NotImp => "NOTIMP",
        ResponseCode::NotAuth => "NOTAUTH",
        other => return other.to_str().to_ascii_uppercase(),
    };
    word.to_owned()
}

/// The switches that are not as usual.
fn switches(switches: &Switches) -> Node {
    let usual = Switches::default();
    let Switches {
        dangling_cname_is_nxdomain,
        longest_of_zone_and_rule_wins,
        chase_forwarded_partial,
        redirect_reentry,
        reserved_suffixes,
        dead_targets_time_out,
        empty_non_terminal_is_nxdomain,
        azure_ttl_cap,
        single_ptr,
        zone_group_flips_cname,
        dns_layout,
        app_dns_mode,
        small_edns_drops_last_record,
        azure_parent_signed,
        public_privatelink_answer,
        endpoints_merge_records,
        endpoint_failover_changes_dns,
        lock_blocks_dns_update,
        global_gateway_transit_denied,
        ha_dns_update_at,
        public_negative_ttl,
    } = switches;
    // The place of a value among the words of its switch; the values that are no words follow.
    let words = [
        ("dangling-cname-rcode", usize::from(*dangling_cname_is_nxdomain)),
        ("zone-rule-precedence", usize::from(*longest_of_zone_and_rule_wins)),
        ("chase-forwarded-partial", usize::from(*chase_forwarded_partial)),
        ("redirect-reentry", usize::from(*redirect_reentry)),
        ("dead-targets", usize::from(*dead_targets_time_out)),
        ("ent-semantics", usize::from(*empty_non_terminal_is_nxdomain)),
        ("ptr-count", usize::from(*single_ptr)),
        ("pe-cname-flip", usize::from(*zone_group_flips_cname)),
        ("dns-layout", *dns_layout as usize),
        ("app-dns-mode", *app_dns_mode as usize),
        ("small-edns", usize::from(*small_edns_drops_last_record)),
        ("azure-parent-signed", usize::from(*azure_parent_signed)),
        ("public-privatelink-answer", *public_privatelink_answer as usize),
        ("multi-pe-same-zone", usize::from(*endpoints_merge_records)),
        ("pe-failover-dns", usize::from(*endpoint_failover_changes_dns)),
        ("lock-blocks-dns-update", *lock_blocks_dns_update as usize),
        ("global-gateway-transit", usize::from(*global_gateway_transit_denied)),
    ];
    let mut entries = Entries::default();
    for info in SWITCHES {
        let word = words.iter().find(|(name, _)| *name == info.name);
        match info.name {
            name if word.is_some() => entries.maybe(
                name,
                word.filter(|(_, place)| *place > 0).and_then(|(_, place)| info.values.get(*place)).copied(),
            ),
            "reserved-suffixes" if *reserved_suffixes != usual.reserved_suffixes => {
                entries.put(info.name, Node::list(reserved_suffixes));
            }
            "azure-ttl-cap" if *azure_ttl_cap != usual.azure_ttl_cap => {
                entries.put(info.name, azure_ttl_cap.map_or(Node::from("none"), |cap| cap.0.into()));
            }
            "ha-dns-update-at" if *ha_dns_update_at != usual.ha_dns_update_at => {
                entries.put(info.name, duration(*ha_dns_update_at));
            }
            "public-negative-ttl" if *public_negative_ttl != usual.public_negative_ttl => {
                entries.put(info.name, public_negative_ttl.0);
            }
            _ => {}
        }
    }
    entries.spread()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Fqdn {
        text.parse().expect(text)
    }

    #[test]
    fn names_in_a_record_are_as_short_as_they_may_be() {
        let apex = name("corp.example");
        for (text, as_owner, as_target) in [
            ("corp.example", "@", "corp.example."),
            ("www.corp.example", "www", "www"),
            ("a.b.corp.example", "a.b", "a.b.corp.example."),
            ("\\@.corp.example", "\\@", "\\@"),
            ("a\\.b.corp.example", "a\\.b", "a\\.b.corp.example."),
            ("www.other.example", "www.other.example.", "www.other.example."),
            (".", ".", "."),
        ] {
            assert_eq!((owner(&name(text), &apex), target(&name(text), &apex)), (as_owner.into(), as_target.into()));
        }
        assert_eq!(owner(&name("www.example"), &Fqdn::root()), "www.example");
        assert_eq!(target(&name("www.example"), &Fqdn::root()), "www.example.");
    }

    #[test]
    fn durations_have_the_largest_unit_that_says_all() {
        for text in ["0s", "1s", "90s", "1m", "59m", "1h", "25h", "250ms", "1500ms"] {
            let read = vnetdig_model::switches::parse_duration(text).expect(text);
            assert_eq!(duration(read), text);
        }
    }

    #[test]
    fn every_word_of_every_switch_is_written_unless_it_is_the_usual_one() {
        for info in SWITCHES {
            for (place, word) in info.values.iter().enumerate() {
                let word = match *word {
                    "<names>" => "b.example,a.example",
                    "<seconds>" => "7",
                    "<duration>" => "90s",
                    word => word,
                };
                let mut set = Switches::default();
                set.set(info.name, word).expect(info.name);
                let is_usual = place == 0 && !word.contains(',');
                let value = match word {
                    "yes" => "\"yes\"".to_owned(),
                    _ if word.contains(',') => format!("[{}]", word.replace(',', ", ")),
                    _ => word.to_owned(),
                };
                let expected = if is_usual { "{}\n".to_owned() } else { format!("{}: {value}\n", info.name) };
                assert_eq!(yaml::document(&switches(&set)), expected, "{} {word}", info.name);
            }
        }
    }
}

//! Switches: which reading of an unsettled behavior to take.

use std::time::Duration;

use crate::client::AppDnsMode;
use crate::fqdn::Fqdn;
use crate::record::Ttl;
use crate::rule::Rule;
use crate::service::DnsLayout;

/// One reading of each unsettled behavior. The default is the one `docs/behavior.md` argues for.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, independent of the others")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    /// `dangling-cname-rcode`: NXDOMAIN instead of NOERROR when the target of an alias is missing in a linked zone (S-012).
    pub dangling_cname_is_nxdomain: bool,
    /// `zone-rule-precedence`: a rule longer than a linked zone wins over it (S-108).
    pub longest_of_zone_and_rule_wins: bool,
    /// `chase-forwarded-partial`: a partial chain from a rule's target is followed (S-110).
    pub chase_forwarded_partial: bool,
    /// `redirect-reentry`: aliases met after a redirect are looked up in linked zones again (S-029).
    pub redirect_reentry: bool,
    /// `reserved-suffixes`: names the rule `.` does not cover (S-112).
    pub reserved_suffixes: Vec<Fqdn>,
    /// `dead-targets`: a rule whose targets are all dead ends in silence instead of SERVFAIL (S-115).
    pub dead_targets_time_out: bool,
    /// `ent-semantics`: an empty non-terminal does not exist (S-008).
    pub empty_non_terminal_is_nxdomain: bool,
    /// `azure-ttl-cap` (S-026).
    pub azure_ttl_cap: Option<Ttl>,
    /// `ptr-count`: only one PTR for a registered machine (S-034).
    pub single_ptr: bool,
    /// `pe-cname-flip`: a zone group is needed for the public alias to change (S-322).
    pub zone_group_flips_cname: bool,
    /// `dns-layout` of servers that do not say (S-323).
    pub dns_layout: DnsLayout,
    /// `app-dns-mode` of apps that do not say (S-223).
    pub app_dns_mode: AppDnsMode,
    /// `small-edns`: the last record is left out without a sign instead of setting TC (S-042).
    pub small_edns_drops_last_record: bool,
    /// `azure-parent-signed`: Azure's public suffixes are DNSSEC-signed (S-215).
    pub azure_parent_signed: bool,
    /// `public-privatelink-answer` (S-324).
    pub public_privatelink_answer: PublicPrivatelinkAnswer,
    /// `multi-pe-same-zone`: endpoints that write one record set are merged instead of the last one winning (S-328).
    pub endpoints_merge_records: bool,
    /// `pe-failover-dns`: the records of a server with private endpoints change at failover (S-342).
    pub endpoint_failover_changes_dns: bool,
    /// `lock-blocks-dns-update` (S-317).
    pub lock_blocks_dns_update: LockBlocksDnsUpdate,
    /// `global-gateway-transit`: denied across global peering (S-403).
    pub global_gateway_transit_denied: bool,
    /// `ha-dns-update-at`: when a failover changes the record (S-341).
    pub ha_dns_update_at: Duration,
    /// `public-negative-ttl` of public zones whose SOA nobody declared (S-500).
    pub public_negative_ttl: Ttl,
}

/// What public DNS says of a privatelink name whose server has a private endpoint (S-324).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PublicPrivatelinkAnswer {
    /// An alias to the `rs-` name.
    #[default]
    CnameRs,
    /// The public address.
    PublicAddress,
    /// It does not exist.
    Nxdomain,
}

/// Which locks keep the service from changing a record (S-317).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LockBlocksDnsUpdate {
    /// Any lock.
    #[default]
    AnyLock,
    /// Only ReadOnly.
    ReadOnlyOnly,
    /// None.
    Never,
}

impl Default for Switches {
    fn default() -> Self {
        let reserved = ["windows.net", "azure.com", "azure.net", "windowsazure.us", "core.windows.net"];
        Self {
            dangling_cname_is_nxdomain: false,
            longest_of_zone_and_rule_wins: false,
            chase_forwarded_partial: false,
            redirect_reentry: false,
            reserved_suffixes: reserved.iter().map(|name| name.parse().expect("a literal name")).collect(),
            dead_targets_time_out: false,
            empty_non_terminal_is_nxdomain: false,
            azure_ttl_cap: Some(Ttl(1800)),
            single_ptr: false,
            zone_group_flips_cname: false,
            dns_layout: DnsLayout::Current,
            app_dns_mode: AppDnsMode::Vnet,
            small_edns_drops_last_record: false,
            azure_parent_signed: false,
            public_privatelink_answer: PublicPrivatelinkAnswer::CnameRs,
            endpoints_merge_records: false,
            endpoint_failover_changes_dns: false,
            lock_blocks_dns_update: LockBlocksDnsUpdate::AnyLock,
            global_gateway_transit_denied: false,
            ha_dns_update_at: Duration::from_secs(60),
            public_negative_ttl: Ttl(300),
        }
    }
}

/// A switch as it is written: name, values with the default first, rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchInfo {
    /// Its name in files and on the command line.
    pub name: &'static str,
    /// The words it takes, the default first; a word in angle brackets stands for any value of that form.
    pub values: &'static [&'static str],
    /// The rule it decides.
    pub rule: Rule,
}

/// Why a switch could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchError {
    /// No such switch.
    #[error("unknown switch `{0}`")]
    UnknownName(String),
    /// It does not take this value.
    #[error("switch `{}` takes {}", .0.name, .0.values.join(", "))]
    BadValue(SwitchInfo),
}

const fn info(name: &'static str, values: &'static [&'static str], rule: u16) -> SwitchInfo {
    SwitchInfo { name, values, rule: Rule(rule) }
}

/// All switches.
pub const SWITCHES: [SwitchInfo; 21] = [
    info("dangling-cname-rcode", &["noerror-cname-only", "nxdomain"], 12),
    info("zone-rule-precedence", &["zone-first", "longest-wins"], 108),
    info("chase-forwarded-partial", &["no", "yes"], 110),
    info("redirect-reentry", &["no", "yes"], 29),
    info("reserved-suffixes", &["<names>"], 112),
    info("dead-targets", &["servfail", "timeout"], 115),
    info("ent-semantics", &["rfc", "nxdomain"], 8),
    info("azure-ttl-cap", &["1800", "none", "<seconds>"], 26),
    info("ptr-count", &["two", "one"], 34),
    info("pe-cname-flip", &["approved-connection", "zone-group"], 322),
    info("dns-layout", &["current", "always-privatelink", "legacy-a"], 323),
    info("app-dns-mode", &["vnet", "platform-public"], 223),
    info("small-edns", &["truncate", "drop-last-record"], 42),
    info("azure-parent-signed", &["no", "yes"], 215),
    info("public-privatelink-answer", &["cname-rs", "a-public", "nxdomain"], 324),
    info("multi-pe-same-zone", &["last-wins", "merge"], 328),
    info("pe-failover-dns", &["unchanged", "changes"], 342),
    info("lock-blocks-dns-update", &["any-lock", "readonly-only", "never"], 317),
    info("global-gateway-transit", &["allowed", "denied"], 403),
    info("ha-dns-update-at", &["60s", "<duration>"], 341),
    info("public-negative-ttl", &["300", "<seconds>"], 500),
];

impl Switches {
    /// Sets a switch from its words; a list has its words separated by commas or white space.
    ///
    /// # Errors
    /// When there is no such switch or it does not take the value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SwitchError> {
        let found = SWITCHES.iter().find(|info| info.name == name);
        let info = *found.ok_or_else(|| SwitchError::UnknownName(name.to_owned()))?;
        let bad = || SwitchError::BadValue(info);
        let choice = info.values.iter().position(|word| word.eq_ignore_ascii_case(value));
        let second = || choice.map(|index| index == 1).ok_or_else(bad);
        match name {
            "dangling-cname-rcode" => self.dangling_cname_is_nxdomain = second()?,
            "zone-rule-precedence" => self.longest_of_zone_and_rule_wins = second()?,
            "chase-forwarded-partial" => self.chase_forwarded_partial = second()?,
            "redirect-reentry" => self.redirect_reentry = second()?,
            "reserved-suffixes" => {
                let words = value.split([',', ' ']).filter(|word| !word.is_empty());
                let names: Result<_, _> = words.map(str::parse).collect();
                self.reserved_suffixes = names.map_err(|_| bad())?;
            }
            "dead-targets" => self.dead_targets_time_out = second()?,
            "ent-semantics" => self.empty_non_terminal_is_nxdomain = second()?,
            "azure-ttl-cap" if value.eq_ignore_ascii_case("none") => self.azure_ttl_cap = None,
            "azure-ttl-cap" => self.azure_ttl_cap = Some(Ttl(value.parse().map_err(|_| bad())?)),
            "ptr-count" => self.single_ptr = second()?,
            "pe-cname-flip" => self.zone_group_flips_cname = second()?,
            "dns-layout" => {
                let layouts = [DnsLayout::Current, DnsLayout::AlwaysPrivatelink, DnsLayout::LegacyA];
                self.dns_layout = layouts[choice.ok_or_else(bad)?];
            }
            "app-dns-mode" => {
                self.app_dns_mode = [AppDnsMode::Vnet, AppDnsMode::PlatformPublic][choice.ok_or_else(bad)?];
            }
            "small-edns" => self.small_edns_drops_last_record = second()?,
            "azure-parent-signed" => self.azure_parent_signed = second()?,
            "public-privatelink-answer" => {
                use PublicPrivatelinkAnswer::{CnameRs, Nxdomain, PublicAddress};
                self.public_privatelink_answer = [CnameRs, PublicAddress, Nxdomain][choice.ok_or_else(bad)?];
            }
            "multi-pe-same-zone" => self.endpoints_merge_records = second()?,
            "pe-failover-dns" => self.endpoint_failover_changes_dns = second()?,
            "lock-blocks-dns-update" => {
                use LockBlocksDnsUpdate::{AnyLock, Never, ReadOnlyOnly};
                self.lock_blocks_dns_update = [AnyLock, ReadOnlyOnly, Never][choice.ok_or_else(bad)?];
            }
            "global-gateway-transit" => self.global_gateway_transit_denied = second()?,
            "ha-dns-update-at" => self.ha_dns_update_at = parse_duration(value).ok_or_else(bad)?,
            "public-negative-ttl" => self.public_negative_ttl = Ttl(value.parse().map_err(|_| bad())?),
            _ => return Err(SwitchError::UnknownName(name.to_owned())),
        }
        Ok(())
    }
}

/// Reads a duration such as `30s`, `5m`, `2h`, `250ms`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..split].parse().ok()?;
    let seconds = match &text[split..] {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => number,
        "m" => number.checked_mul(60)?,
        "h" => number.checked_mul(3600)?,
        "d" => number.checked_mul(86_400)?,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_takes_each_of_its_words_and_the_first_is_the_default() {
        for info in SWITCHES {
            let mut switches = Switches::default();
            for word in info.values.iter().rev().filter(|word| !word.starts_with('<')) {
                switches.set(info.name, word).unwrap_or_else(|error| panic!("{}: {error}", info.name));
            }
            assert_eq!(switches, Switches::default(), "{}: the first word is the default", info.name);
            assert!(switches.set(info.name, "no..such..value").is_err(), "{}", info.name);
        }
    }

    #[test]
    fn the_second_word_of_a_switch_changes_something() {
        for info in SWITCHES.iter().filter(|info| info.values.len() > 1) {
            let word = info.values[1];
            let word = if word.starts_with('<') { "7" } else { word };
            let mut switches = Switches::default();
            let word = if info.name == "ha-dns-update-at" { "90s" } else { word };
            switches.set(info.name, word).expect(info.name);
            assert_ne!(switches, Switches::default(), "{}", info.name);
        }
    }

    #[test]
    fn durations_have_a_unit() {
        for (text, seconds) in [("30s", Some(30)), ("2h", Some(7200)), ("30", None), ("s", None), ("-1s", None)] {
            assert_eq!(parse_duration(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}

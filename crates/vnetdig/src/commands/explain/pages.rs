//! The pages of diagnoses, to be read without a network.

use std::fmt::Write as _;

use vnetdig_model::diagnosis::{Area, Code};

/// The pages with these words, built in.
macro_rules! pages {
    ($($word:literal)*) => {
        &[$(($word, include_str!(concat!("../../../../../docs/diagnoses/", $word, ".md")))),*]
    };
}

/// Every page in `docs/diagnoses`, by its word.
const PAGES: &[(&str, &str)] = pages![
    "alias-chain-too-long"
    "alias-target-routed-elsewhere"
    "app-uses-public-dns"
    "appliance-denies"
    "appliance-not-forwarding"
    "appliance-unreachable"
    "asymmetric-path"
    "basic-load-balancer"
    "blocked-by-dns-policy"
    "captured-prefix"
    "client-ignores-vnet-dns"
    "client-outside-network"
    "client-route-missing"
    "connection-down"
    "dns-proxy-off"
    "dns-server-address-unheld"
    "dns-server-down"
    "dns-server-refuses"
    "dns-servers-differ"
    "dnssec-validation"
    "endpoint-not-approved"
    "endpoint-without-zone-group"
    "environment-suffix-captures"
    "firewall-rule-missing"
    "forwarded-traffic-denied"
    "forwarder-on-privatelink-only"
    "forwarder-skips-azure"
    "forwarding-loop"
    "gateway-not-shared"
    "hosts-file-overrides"
    "ip-version"
    "link-in-progress"
    "local-name-not-sent"
    "name-not-in-certificate"
    "name-not-published"
    "network-access-denied"
    "no-private-zone"
    "no-route"
    "own-data-hides-name"
    "peering-lacks-prefix"
    "peering-not-connected"
    "peering-not-transitive"
    "platform-address"
    "platform-address-from-outside"
    "platform-dns-denied"
    "port-53-denied"
    "port-not-open"
    "protocol-not-translated"
    "public-access-disabled"
    "public-zone-broken"
    "rebinding-protection"
    "record-missing"
    "record-overwritten"
    "record-stale"
    "record-withdrawn"
    "reserved-suffix"
    "conditional-forwarder-missing"
    "root-hint-fallback"
    "route-drops"
    "routing-loop"
    "rule-bypasses-zone"
    "rule-disabled"
    "ruleset-not-linked"
    "search-list-captures"
    "security-rule"
    "server-down"
    "small-edns-size"
    "stale-cache"
    "stale-lease"
    "stale-vpn-profile"
    "stub-fails-on-error"
    "tool-asks-elsewhere"
    "virtual-hub-vantage"
    "vpn-without-dns"
    "wrong-zone-linked"
    "zone-equals-server-name"
    "zone-group-wrong-zone"
    "zone-hides-foreign-endpoint"
    "zone-hides-public-name"
    "zone-locked"
    "zone-not-linked"
    "zone-shadows-rule"
    "zone-shadows-zone"
];

/// The words of all diagnoses.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    Code::all().map(Code::word)
}

/// The page of a diagnosis.
pub(super) fn page(word: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == word).map(|(_, page)| *page)
}

/// One line for each diagnosis.
pub(super) fn list() -> String {
    let widest = words().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for code in Code::all() {
        writeln!(text, "{:widest$}  {:6}  {}", code.word(), area(code), code.statement()).expect("writing to a string");
    }
    text
}

fn area(code: Code) -> &'static str {
    match code.area() {
        Area::Client => "client",
        Area::Dns => "dns",
        Area::Path => "path",
        Area::Server => "server",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_page_in_the_folder_is_in_the_table_and_the_other_way_round() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diagnoses");
        let entries = std::fs::read_dir(folder).expect("there are pages");
        let names = entries.map(|entry| entry.expect("an entry can be read").file_name().into_string());
        let written: BTreeSet<String> =
            names.map(|name| name.expect("a page's name is text").trim_end_matches(".md").to_owned()).collect();
        let listed: BTreeSet<String> = PAGES.iter().map(|(word, _)| (*word).to_owned()).collect();
        assert_eq!(written, listed);
    }
}

//! The pages of the rules, part of the program so that they can be read anywhere.

/// The pages by the words behind `lint/`, in the order of the alphabet.
macro_rules! pages {
    ($($word:literal,)*) => {
        &[$(($word, include_str!(concat!("../../../../../docs/lints/", $word, ".md"))),)*]
    };
}

const PAGES: &[(&str, &str)] = pages![
    "app-resolves-publicly",
    "application-group-at-server-subnet",
    "azure-dns-beside-custom",
    "azure-dns-blocked",
    "azure-dns-denied-by-address",
    "azure-dns-from-outside",
    "azure-dns-misspelled",
    "azure-services-allowed",
    "default-route-at-server-subnet",
    "dns-proxy-off",
    "dns-server-nobody-holds",
    "dynamic-inbound-endpoint",
    "empty-linked-zone",
    "empty-privatelink-zone",
    "endpoint-not-approved",
    "endpoint-not-seen-by-peer",
    "endpoint-without-record",
    "endpoints-share-record",
    "fallback-hides-missing-record",
    "forwarder-for-one-server",
    "forwarding-loop",
    "gateway-not-lent",
    "hosts-file-hides-service",
    "hub-firewall-asks-azure-dns",
    "ignore-without-reason",
    "link-unseen-by-dns-server",
    "local-suffix",
    "lock-with-high-availability",
    "long-negative-ttl",
    "misspelled-privatelink-name",
    "misspelled-region",
    "next-hop-does-not-forward",
    "next-hop-nobody-holds",
    "no-dns-server-there",
    "other-zone-of-the-name-linked",
    "peering-not-connected",
    "peering-out-of-sync",
    "peering-without-access",
    "policy-blocks-service",
    "privatelink-only-forwarder",
    "public-address-in-privatelink-zone",
    "public-dns-beside-private",
    "public-forwarder",
    "public-forwarder-beside-azure",
    "reader-is-primary",
    "rebinding-filter",
    "record-at-dead-address",
    "record-at-wrong-endpoint",
    "record-nobody-maintains",
    "registration-in-service-zone",
    "replica-not-seen",
    "reverse-zone-hides-machines",
    "root-hints-behind-forwarder",
    "rule-bypasses-zone",
    "rule-repeats-shorter-rule",
    "ruleset-link-without-effect",
    "ruleset-not-linked",
    "security-group-without-effect",
    "security-rule-never-reached",
    "server-needs-blocked",
    "server-without-way-in",
    "serves-expired-answers",
    "service-missing-in-zone",
    "short-forward-timeout",
    "small-edns-size",
    "stale-lease",
    "stale-vpn-profile",
    "unknown-ignore",
    "unused-application-group",
    "unused-ignore",
    "unused-inbound-endpoint",
    "unused-outbound-endpoint",
    "unused-route-table",
    "unused-security-group",
    "validation-of-private-names",
    "vpn-without-dns",
    "wide-firewall-rule",
    "wildcard-in-privatelink-zone",
    "zone-hides-rule",
    "zone-hides-zone",
    "zone-link-in-progress",
    "zone-named-like-server",
    "zone-not-linked",
    "zone-of-public-suffix",
];

/// The page of a rule by its code.
pub(super) fn page(code: &str) -> Option<&'static str> {
    let word = code.strip_prefix("lint/")?;
    PAGES.iter().find(|(known, _)| *known == word).map(|(_, page)| *page)
}

/// How many pages there are.
#[cfg(test)]
pub(super) fn count() -> usize {
    PAGES.len()
}

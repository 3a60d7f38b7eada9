//! `switches`: readings of unsettled behavior. A test compares them with the model's table.

use super::super::shape::{Key, Object, Shape, Words, key};
use super::{ANY_NUMBER, DOMAINS, DURATION, NONE};

/// A switch between words, each with its meaning.
macro_rules! switch {
    ($name:literal, $doc:literal, [$(($word:literal, $meaning:literal)),+ $(,)?]) => {
        key($name, Shape::Word(&Words { id: concat!("switch-", $name), doc: $doc, all: &[$(($word, $meaning)),+] }), $doc)
    };
}

pub(super) static SWITCHES: Object =
    Object { id: "switches", doc: "Readings of unsettled behavior.", keys: &KEYS, rules: &[] };

static KEYS: [Key; 21] = [
    switch!(
        "dangling-cname-rcode",
        "What an alias in a linked zone answers when its target is missing there (S-012).",
        [("noerror-cname-only", "NOERROR with the alias alone."), ("nxdomain", "NXDOMAIN."),]
    ),
    switch!(
        "zone-rule-precedence",
        "Whether a linked zone or a forwarding rule wins (S-108).",
        [("zone-first", "The zone."), ("longest-wins", "The longer name."),]
    ),
    switch!(
        "chase-forwarded-partial",
        "Whether a partial chain from a rule's target is followed (S-110).",
        [("no", "No."), ("yes", "Yes."),]
    ),
    switch!(
        "redirect-reentry",
        "Whether aliases met after a redirect are looked up in linked zones again (S-029).",
        [("no", "No."), ("yes", "Yes."),]
    ),
    key("reserved-suffixes", DOMAINS, "Names that the rule `.` does not cover (S-112)."),
    switch!(
        "dead-targets",
        "What comes when all targets of a rule are dead (S-115).",
        [("servfail", "SERVFAIL."), ("timeout", "Silence."),]
    ),
    switch!(
        "ent-semantics",
        "What an empty non-terminal answers (S-008).",
        [("rfc", "NOERROR without data."), ("nxdomain", "NXDOMAIN."),]
    ),
    key(
        "azure-ttl-cap",
        Shape::Either(&[ANY_NUMBER, Shape::Word(&NONE)]),
        "The longest TTL Azure-provided DNS gives, in seconds (S-026).",
    ),
    switch!("ptr-count", "How many PTR records a registered machine has (S-034).", [("two", "Two."), ("one", "One."),]),
    switch!(
        "pe-cname-flip",
        "What makes the public alias lead to the privatelink name (S-322).",
        [("approved-connection", "An approved private endpoint."), ("zone-group", "A zone group."),]
    ),
    switch!(
        "dns-layout",
        "How the names of servers are laid out that do not say (S-323).",
        [
            ("current", "A public label without private endpoints, the privatelink name with one."),
            ("always-privatelink", "Always the privatelink name."),
            ("legacy-a", "A public address at the server's name."),
        ]
    ),
    switch!(
        "app-dns-mode",
        "Where apps resolve that do not say (S-223).",
        [
            ("vnet", "With the integrated network's servers."),
            ("platform-public", "With the platform's public resolver."),
        ]
    ),
    switch!(
        "small-edns",
        "What happens to an answer too long for the client's buffer (S-042).",
        [
            ("truncate", "It is marked as truncated."),
            ("drop-last-record", "The last record is left out without a sign."),
        ]
    ),
    switch!(
        "azure-parent-signed",
        "Whether Azure's public suffixes are DNSSEC-signed (S-215).",
        [("no", "No."), ("yes", "Yes."),]
    ),
    switch!(
        "public-privatelink-answer",
        "What public DNS says of a privatelink name with a private endpoint (S-324).",
        [
            ("cname-rs", "An alias to the public label."),
            ("a-public", "The public address."),
            ("nxdomain", "It does not exist."),
        ]
    ),
    switch!(
        "multi-pe-same-zone",
        "What several endpoints that write one record set do (S-328).",
        [("last-wins", "The last one wins."), ("merge", "They are merged."),]
    ),
    switch!(
        "pe-failover-dns",
        "Whether a failover changes the records of a server with private endpoints (S-342).",
        [("unchanged", "No."), ("changes", "Yes."),]
    ),
    switch!(
        "lock-blocks-dns-update",
        "Which locks keep the service from changing a record (S-317).",
        [("any-lock", "Any lock."), ("readonly-only", "Only ReadOnly."), ("never", "None."),]
    ),
    switch!(
        "global-gateway-transit",
        "Whether gateway transit works across global peering (S-403).",
        [("allowed", "Yes."), ("denied", "No."),]
    ),
    key("ha-dns-update-at", DURATION, "How long after a failover the record changes (S-341)."),
    key(
        "public-negative-ttl",
        ANY_NUMBER,
        "Negative TTL of public zones whose SOA nobody declared, in seconds (S-500).",
    ),
];

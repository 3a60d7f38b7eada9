//! What each product does, as rows of a table. Measured rows come from loopback runs of the products named in
//! `docs/behavior/clients-and-forwarders.md`.

use std::time::Duration;

use vnetdig_model::Ttl;
use vnetdig_model::server::{DefaultRoute, DnsServer, Product};

use crate::basis::Basis;
use crate::world::Keep;

/// What a resolver does with an alias in an upstream's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnAlias {
    /// It looks the target up through its own rules.
    Requery,
    /// It passes the chain on.
    PassThrough,
    /// Nobody knows.
    Unknown,
}

/// Which of several upstreams is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The first listed.
    InOrder,
    /// The one that answered last time, the first listed to begin with.
    Sticky,
    /// The last listed (dnsmasq with `strict-order`, as measured).
    LastFirst,
    /// Any of them: hidden state or chance decides.
    Any,
}

/// What a failure (SERVFAIL, REFUSED) of one upstream leads to while others are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// The next one is asked.
    Next,
    /// The failure is passed on.
    Final,
    /// Nobody knows which of the two.
    Unknown,
}

/// One row: how a product behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) on_alias: OnAlias,
    pub(crate) on_alias_basis: Basis,
    pub(crate) selection: Selection,
    pub(crate) on_servfail: OnFailure,
    pub(crate) on_refused: OnFailure,
    /// How long it waits for an upstream that is silent.
    pub(crate) patience: Duration,
    /// The longest chain it follows; who passes chains on counts nothing.
    pub(crate) max_aliases: Option<u8>,
    pub(crate) keep: Keep,
}

const DAY: u32 = 86_400;
const HOUR: u32 = 3_600;

/// The row of a server.
pub(crate) fn row(server: &DnsServer) -> Row {
    let iterates = matches!(server.default_route, DefaultRoute::RootHints { .. });
    let base = Row {
        on_alias: OnAlias::PassThrough,
        on_alias_basis: Basis::PassesThrough,
        selection: Selection::Any,
        on_servfail: OnFailure::Next,
        on_refused: OnFailure::Next,
        patience: Duration::from_secs(2),
        max_aliases: None,
        keep: Keep::up_to(DAY, HOUR),
    };
    let requery = Row { on_alias: OnAlias::Requery, on_alias_basis: Basis::RequeriesTargets, ..base };
    let mut row = match server.product {
        // Measured with BIND 9.18; limits from its manual (S-503), 16 aliases (S-231).
        Product::Bind => Row {
            patience: Duration::from_millis(1200),
            max_aliases: Some(16),
            keep: Keep { soa_ttl_alone: true, ..Keep::up_to(7 * DAY, 3 * HOUR) },
            ..requery
        },
        // Measured with Unbound 1.17.1; 11 aliases (S-231).
        Product::Unbound => Row { patience: Duration::from_millis(750), max_aliases: Some(11), ..requery },
        // Measured with PowerDNS Recursor 4.8; 11 aliases (S-231).
        Product::PowerDnsRecursor => Row {
            patience: Duration::from_millis(1500),
            max_aliases: Some(11),
            keep: Keep { soa_ttl_alone: true, ..Keep::up_to(DAY, HOUR) },
            ..requery
        },
        // By reports: passes through when it forwards, looks targets up again when it iterates (S-210).
        Product::Windows => Row {
            on_alias: if iterates { OnAlias::Requery } else { OnAlias::PassThrough },
            on_alias_basis: if iterates { Basis::ReportedRequery } else { Basis::ReportedPassThrough },
            selection: Selection::InOrder,
            patience: Duration::from_secs(3),
            keep: Keep::up_to(DAY, 900),
            ..base
        },
        // Measured with dnsmasq 2.90.
        Product::Dnsmasq => {
            Row { selection: if server.strict_order { Selection::LastFirst } else { Selection::Any }, ..base }
        }
        // Its tracker says pass-through; random choice observed (S-221, S-229).
        Product::CoreDns => Row {
            on_alias_basis: Basis::ReportedPassThrough,
            on_servfail: OnFailure::Final,
            on_refused: OnFailure::Final,
            keep: Keep::up_to(HOUR, 1800),
            ..base
        },
        // Measured with Knot Resolver 5.6: SERVFAIL and REFUSED were passed on as often as not; floor of 5 s.
        Product::KnotResolver => Row {
            on_servfail: OnFailure::Final,
            on_refused: OnFailure::Final,
            keep: Keep { floor: Ttl(5), ..Keep::up_to(DAY, HOUR) },
            ..base
        },
        // Measured with hickory-dns 0.26.3: one SERVFAIL in 24 was passed on.
        Product::Hickory => Row { on_servfail: OnFailure::Final, ..base },
        // Nothing is published about what it does with alias targets.
        Product::Technitium => Row { on_alias: OnAlias::Unknown, on_alias_basis: Basis::RequeriesOrPasses, ..base },
        Product::Unknown => Row {
            on_alias: OnAlias::Unknown,
            on_alias_basis: Basis::RequeriesOrPasses,
            on_servfail: OnFailure::Unknown,
            on_refused: OnFailure::Unknown,
            ..base
        },
    };
    if let Some(patience) = server.forward_timeout {
        row.patience = patience;
    }
    if let Some(limit) = server.max_aliases {
        row.max_aliases = Some(limit);
    }
    row.keep = settings(row.keep, &server.cache);
    row
}

/// A product's habit with what was declared differently.
pub(crate) fn settings(keep: Keep, declared: &vnetdig_model::server::CacheSettings) -> Keep {
    let seconds = |duration: Duration| Ttl(u32::try_from(duration.as_secs()).unwrap_or(u32::MAX));
    let floor = declared.min_ttl.map_or(keep.floor, seconds);
    Keep {
        on: keep.on && !declared.off,
        floor,
        // What is kept for a while at least is not cut by a product's habit, only by a setting.
        max: declared.max_ttl.map_or(keep.max.max(floor), seconds),
        max_negative: declared.max_negative_ttl.map_or(keep.max_negative, seconds),
        stale: declared.serve_stale.unwrap_or(keep.stale),
        ..keep
    }
}

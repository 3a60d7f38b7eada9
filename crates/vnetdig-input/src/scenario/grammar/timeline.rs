//! `timeline`: what happens over time.

use super::super::format::Format;
use super::super::shape::{Object, Shape, Variants, key};
use super::{ADDRESSES, DURATION, POSTGRES_SERVER, PRIVATE_ZONE, RECORDS, VNET, checks, dns, reference};

pub(super) static MOMENT: Object = Object {
    id: "moment",
    doc: "A moment: things change, then checks are made.",
    keys: &[
        key("at", DURATION, "When, counted from the start.").required(),
        key("events", Shape::List(&Shape::Variants(&EVENT)), "What changes."),
        key("checks", Shape::List(&Shape::Object(&checks::CHECK)), "What should hold then."),
    ],
    rules: &[],
};

static EVENT: Variants = Variants {
    id: "event",
    doc: "Something that changes.",
    keys: &[
        key("set-record", Shape::Object(&SET_RECORD), "A record set of a private zone is added or replaced."),
        key("remove-record", Shape::Object(&REMOVE_RECORD), "A record set of a private zone is removed."),
        key("add-link", Shape::Object(&ADD_LINK), "A private zone is linked, or its link changes."),
        key("remove-link", Shape::Object(&REMOVE_LINK), "A link of a private zone is removed."),
        key(
            "set-dns-servers",
            Shape::Object(&SET_DNS_SERVERS),
            "The DNS servers of a network change; running clients keep their lease.",
        ),
        key("renew-lease", reference("the name of a client"), "A client takes the configured servers."),
        key("fail-over", POSTGRES_SERVER, "The record of an injected server changes to the standby."),
        key("switch-over", reference("the name of virtual endpoints"), "Writer and reader swap."),
        key("remove-private-endpoint", reference("the name of a private endpoint"), "A private endpoint is removed."),
        key("set-server-state", Shape::Object(&SET_SERVER_STATE), "A DNS server stops or starts answering."),
        key("flush-cache", reference("the name of a client or DNS server, or `all`"), "A cache is emptied."),
    ],
    default: None,
};

static SET_RECORD: Object = Object {
    id: "set-record",
    doc: "A record set of a private zone is added or replaced.",
    keys: &[
        key("zone", PRIVATE_ZONE, "The zone.").required(),
        key("records", RECORDS, "The records.").or("record").required(),
    ],
    rules: &[],
};

static REMOVE_RECORD: Object = Object {
    id: "remove-record",
    doc: "A record set of a private zone is removed.",
    keys: &[
        key("zone", PRIVATE_ZONE, "The zone.").required(),
        key("name", Shape::Text(Format::Owner), "Its name, relative to the zone.").required(),
        key("type", Shape::Text(Format::RecordType), "Its type.").required(),
    ],
    rules: &[],
};

static ADD_LINK: Object = Object {
    id: "add-link",
    doc: "A private zone is linked, or its link changes.",
    keys: &[
        key("zone", PRIVATE_ZONE, "The zone.").required(),
        key("vnet", VNET, "The virtual network.").required(),
        key("resolution-policy", Shape::Word(&dns::RESOLUTION_POLICY), "What a miss leads to."),
        key("registration", Shape::Flag, "Whether virtual machines are registered in the zone."),
    ],
    rules: &[],
};

static REMOVE_LINK: Object = Object {
    id: "remove-link",
    doc: "A link of a private zone is removed.",
    keys: &[key("zone", PRIVATE_ZONE, "The zone.").required(), key("vnet", VNET, "The virtual network.").required()],
    rules: &[],
};

static SET_DNS_SERVERS: Object = Object {
    id: "set-dns-servers",
    doc: "The DNS servers of a network change.",
    keys: &[
        key("vnet", VNET, "The virtual network.").required(),
        key("servers", ADDRESSES, "The servers; empty: Azure-provided DNS.").required(),
    ],
    rules: &[],
};

static SET_SERVER_STATE: Object = Object {
    id: "set-server-state",
    doc: "A DNS server stops or starts answering.",
    keys: &[
        key("server", reference("the name of a DNS server"), "The server.").required(),
        key("state", Shape::Word(&dns::SERVER_STATE), "Whether it answers from now on.").required(),
    ],
    rules: &[],
};

//! The scenario language, as one table: every key with what it means and what may stand there.
//!
//! `docs/scenario.md` shows the same language by example; a test holds the two together.
//! What a reference refers to is not checked here: that needs the whole topology.

mod appliances;
pub(super) mod checks;
mod clients;
pub(super) mod diagnosis;
mod dns;
mod filters;
mod networks;
mod services;
mod switches;
mod timeline;
mod topology;

use super::format::Format;
use super::shape::{Key, Named, Object, Shape, Words, key};

/// A whole scenario file.
pub(crate) static SCENARIO: Object = Object {
    id: "scenario",
    doc: "What exists, what should hold, and what happens over time.",
    keys: &[
        key("vnetdig", Shape::Number { min: 1, max: 1 }, "The version of the language.").required(),
        key("title", WORDS, "A title, in words."),
        key("description", WORDS, "What this scenario is about, in words."),
        key("include", Shape::List(&WORDS), "Other scenario files, relative to this one, merged into it."),
        key("switches", Shape::Object(&switches::SWITCHES), "Readings of unsettled behavior."),
        key("topology", Shape::Object(&topology::TOPOLOGY), "What exists."),
        key(
            "checks",
            Shape::List(&Shape::Object(&checks::CHECK)),
            "What should hold on the cold network, with no cache filled yet.",
        ),
        key(
            "timeline",
            Shape::List(&Shape::Object(&timeline::MOMENT)),
            "Moments in order: time passes, things change, caches keep what they learned.",
        ),
    ],
    rules: &[],
};

const WORDS: Shape = Shape::Text(Format::Words);
const DOMAIN: Shape = Shape::Text(Format::Domain);
const DOMAINS: Shape = Shape::List(&DOMAIN);
const ADDRESS: Shape = Shape::Text(Format::Address);
const ADDRESSES: Shape = Shape::List(&ADDRESS);
const PREFIX: Shape = Shape::Text(Format::Prefix);
const PREFIXES: Shape = Shape::List(&PREFIX);
const SOCKETS: Shape = Shape::List(&Shape::Text(Format::Socket));
const DURATION: Shape = Shape::Text(Format::Duration);
const SUBNET: Shape = Shape::Text(Format::Subnet);
const VNET: Shape = reference("the name of a virtual network");
const VNETS: Shape = Shape::List(&VNET);
const PRIVATE_ZONE: Shape = reference("the name of a private zone");
const SITE: Shape = reference("the name of a site");
const POSTGRES_SERVER: Shape = reference("the name of a PostgreSQL server");
const ANY_NUMBER: Shape = Shape::Number { min: 0, max: u32::MAX };
const TTL: Shape = Shape::Number { min: 0, max: 2_147_483_647 };
const RECORDS: Shape = Shape::List(&Shape::Either(&[Shape::Text(Format::Record), Shape::Object(&dns::RECORD)]));

/// A reference to a resource of the kind that `noun` says.
const fn reference(noun: &'static str) -> Shape {
    Shape::Text(Format::Reference(noun))
}

/// A mapping from chosen names to values.
const fn named(value: Shape) -> Named {
    Named { key: Format::Name, value }
}

/// A mapping from domain names to values.
const fn by_domain(value: Shape) -> Named {
    Named { key: Format::Domain, value }
}

/// Where in the tenant a resource lives.
const ID: Key = key("id", WORDS, "Its full ARM id.");
const SUBSCRIPTION: Key = key("subscription", WORDS, "Name or id of its subscription.");
const RESOURCE_GROUP: Key = key("resource-group", WORDS, "Its resource group.");
const REGION: Key = key("region", WORDS, "Its Azure region.");

const LOCK: Key = key("lock", Shape::Word(&LOCKS), "A management lock on it.");

static LOCKS: Words = Words {
    id: "lock",
    doc: "A management lock.",
    all: &[("ReadOnly", "Every change is refused."), ("CanNotDelete", "Deleting is refused.")],
};

/// Only a word for "off", beside a richer form.
static OFF: Words = Words { id: "off", doc: "Not at all.", all: &[("off", "Not at all.")] };
/// Only a word for "none", beside a richer form.
static NONE: Words = Words { id: "none", doc: "There is none.", all: &[("none", "There is none.")] };

/// Response codes (RFC 6895, section 2.3).
static RCODES: Words = Words {
    id: "response-code",
    doc: "A response code.",
    all: &[
        ("NOERROR", "No error."),
        ("NXDOMAIN", "The name does not exist."),
        ("SERVFAIL", "The server failed."),
        ("REFUSED", "The server refused."),
        ("FORMERR", "The query was malformed."),
        ("NOTIMP", "The server does not implement this."),
        ("NOTAUTH", "The server is not authoritative."),
    ],
};

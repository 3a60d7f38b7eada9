//! `checks`: what should hold.

use super::super::format::Format;
use super::super::shape::{Object, Rule, Shape, Words, key};
use super::{ANY_NUMBER, DOMAIN, DOMAINS, NONE, TTL, WORDS, reference};

pub(super) static CHECK: Object = Object {
    id: "check",
    doc: "A question from some clients, and what must come of it. It holds only if every possible outcome satisfies it.",
    keys: &[
        key(
            "from",
            Shape::List(&reference("a client, a virtual network, a subnet or `all`")),
            "Who asks: clients, virtual networks, subnets, or `all`.",
        )
        .required(),
        key(
            "query",
            Shape::Text(Format::Query),
            "The name and, unless it is A, the type. Without a final dot the client's search list applies.",
        )
        .required(),
        key(
            "server",
            reference("an IP address, or the name of a DNS server, inbound endpoint or firewall"),
            "A server to ask directly: its address or its name.",
        ),
        key("expect", Shape::Object(&EXPECTATION), "What every possible outcome must look like."),
        key(
            "any-of",
            Shape::List(&Shape::Object(&EXPECTATION)),
            "Every possible outcome must satisfy one of these, and each must occur.",
        ),
        key("not", Shape::List(&Shape::Object(&EXPECTATION)), "What no possible outcome may look like."),
        key("because", WORDS, "The reason, in words."),
    ],
    rules: &[Rule::AtMostOne(&["expect", "any-of"]), Rule::AtLeastOne(&["expect", "any-of", "not"])],
};

const DATA: Shape = Shape::List(&WORDS);
const HOPS: Shape = Shape::List(&reference("a hop"));

static EXPECTATION: Object = Object {
    id: "expectation",
    doc: "What an outcome must look like; what is not given is not looked at.",
    keys: &[
        key("rcode", Shape::Word(&OUTCOME_CODE), "The response code."),
        key("answer", DATA, "Exactly these data at the end of the chain, in any order; empty for none."),
        key("includes", DATA, "At least these data."),
        key("excludes", DATA, "None of these data, anywhere in the answer."),
        key("chain", DOMAINS, "The targets of the aliases, in order."),
        key("ttl", TTL, "TTL of the last record set."),
        key(
            "soa",
            Shape::Either(&[Shape::Word(&NONE), DOMAIN]),
            "MNAME of the SOA in the authority section; `none` for no SOA.",
        ),
        key("verdict", Shape::Word(&VERDICT), "The verdict."),
        key("via", HOPS, "Hops that answered, in order; others may stand between."),
        key("not-via", HOPS, "Hops that were never asked."),
        key("rules", Shape::List(&Shape::Text(Format::RuleId)), "Rules the trace must rest on."),
        key("missing", WORDS, "With `rcode: Indeterminate`: a text found in what is missing."),
        key("possible-outcomes", ANY_NUMBER, "How many different outcomes there are."),
    ],
    rules: &[],
};

static OUTCOME_CODE: Words = Words {
    id: "expected-code",
    doc: "A response code, or what comes instead of a response.",
    all: &[
        ("NOERROR", "No error."),
        ("NXDOMAIN", "The name does not exist."),
        ("SERVFAIL", "The server failed."),
        ("REFUSED", "The server refused."),
        ("FORMERR", "The query was malformed."),
        ("NOTIMP", "The server does not implement this."),
        ("NOTAUTH", "The server is not authoritative."),
        ("Silence", "No response came."),
        ("Indeterminate", "The scenario does not say."),
    ],
};

static VERDICT: Words = Words {
    id: "verdict",
    doc: "The verdict over one question.",
    all: &[
        ("private", "Addresses came, all of them private."),
        ("public", "Addresses came, not all of them private."),
        ("answered", "Records of another type came."),
        ("failed", "The records asked for did not come."),
        ("undetermined", "The scenario does not say."),
    ],
};

//! `checks`: what should hold.

use super::super::format::Format;
use super::super::shape::{Key, Object, Rule, Shape, Words, key};
use super::diagnosis::DIAGNOSIS;
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
            "The name and, unless it is A, the type. Without a final dot the client's search list applies. \
             An address in place of a name: nobody is asked.",
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
        key(
            "diagnosis",
            Shape::List(&Shape::Word(&DIAGNOSIS)),
            "The causes `explain` finds, all of them and in rank order; `[]` when nothing is wrong.",
        ),
        key("because", WORDS, "The reason, in words."),
    ],
    rules: &[Rule::AtMostOne(&["expect", "any-of"]), Rule::AtLeastOne(&["expect", "any-of", "not", "diagnosis"])],
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
        key(
            "reachable",
            Shape::List(&SERVICE),
            "What a connection can be opened to, at every address of the answer: `5432`, `53/udp`, `icmp`.",
        ),
        key(
            "unreachable",
            Shape::List(&Shape::Short(&UNREACHABLE, "port")),
            "What no connection can be opened to, at any address of the answer.",
        ),
        key(
            "reach-undetermined",
            Shape::List(&Shape::Short(&REACH_UNDETERMINED, "port")),
            "What the scenario does not say whether a connection can be opened to.",
        ),
        key(
            "path",
            Shape::List(&reference("the name of a network or of a device on the way")),
            "Networks and devices the packets of the first of these connections pass, in order; others may stand between.",
        ),
    ],
    rules: &[
        Rule::AtLeastOne(&[
            "rcode",
            "answer",
            "includes",
            "excludes",
            "chain",
            "ttl",
            "soa",
            "verdict",
            "via",
            "not-via",
            "rules",
            "missing",
            "possible-outcomes",
            "reachable",
            "unreachable",
            "reach-undetermined",
            // Alone it lacks a connection, which is said below.
            "path",
        ]),
        Rule::Needs("path", &["reachable", "unreachable", "reach-undetermined"]),
    ],
};

const SERVICE: Shape = Shape::Text(Format::Service);
const PORT: Key = key("port", SERVICE, "The port, `53/udp` or `icmp`.").required();

static UNREACHABLE: Object = Object {
    id: "unreachable-service",
    doc: "A connection that cannot be opened; its port may stand alone.",
    keys: &[PORT, key("cause", Shape::Word(&BLOCK_CAUSE), "Why; any cause unless given.")],
    rules: &[],
};

static REACH_UNDETERMINED: Object = Object {
    id: "undetermined-service",
    doc: "A connection of which the scenario does not say whether it can be opened; its port may stand alone.",
    keys: &[PORT, key("missing", WORDS, "A text found in what is missing.")],
    rules: &[],
};

/// A test compares the words with the model's.
pub(crate) static BLOCK_CAUSE: Words = Words {
    id: "block-cause",
    doc: "Why a connection cannot be opened.",
    all: &[
        ("no-route", "No route leads to the address."),
        ("peering-not-transitive", "Both networks are peered with a third one only."),
        ("peering-not-connected", "A peering is not Connected on both sides."),
        ("peering-lacks-prefix", "The peering does not know the prefix."),
        ("network-access-denied", "`allowVirtualNetworkAccess` is false."),
        ("forwarded-traffic-denied", "`allowForwardedTraffic` is false where forwarded packets come in."),
        ("gateway-not-shared", "The gateway is not lent, or not used, across the peering."),
        ("connection-down", "A connection between the networks is down."),
        ("route-drops", "A user-defined route drops the packets."),
        ("appliance-unreachable", "The next hop of a route cannot be reached, or is no appliance."),
        ("appliance-not-forwarding", "The NIC of the appliance does not forward."),
        ("appliance-denies", "The appliance or firewall does not let the packets pass."),
        ("security-rule", "A security group or admin rule drops the packets."),
        ("asymmetric-path", "Replies come back another way than a device needs."),
        ("routing-loop", "The packets go in circles."),
        ("client-route-missing", "The client has no route to the address."),
        ("captured-prefix", "The address lies in a range that never leaves the client."),
        ("basic-load-balancer", "A basic load balancer is not reachable across global peering."),
        ("platform-address", "168.63.129.16 exists only inside virtual networks."),
        ("ip-version", "One end has no address of this IP version, or the way does not carry it."),
        ("protocol-not-translated", "What translates addresses on the way to the internet does not know the protocol."),
        ("endpoint-not-approved", "The connection of the private endpoint is not approved."),
        ("public-access-disabled", "Public network access is disabled."),
        ("firewall-rule-missing", "No firewall rule of the server lets the client in."),
        ("port-not-open", "Nothing listens on the port."),
        ("server-down", "The server is down."),
    ],
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

//! The formats of single texts: addresses, prefixes, names, durations, records.
//!
//! Checking and reading use the same functions, so a text that passes the check can be read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use ipnet::IpNet;
use vnetdig_model::filter::PortRange;
use vnetdig_model::scenario::Service;
use vnetdig_model::secret::{SECRET_CODE, SECRET_SENTENCE, may_hold_secret};
use vnetdig_model::switches::parse_duration;
use vnetdig_model::{Fqdn, RecordType, nearest};

/// The format of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Any words.
    Words,
    /// The name of a resource, chosen by the writer.
    Name,
    /// A reference to a resource of this kind, by name or ARM id.
    Reference(&'static str),
    /// A reference to a subnet, `vnet/subnet` or ARM id.
    Subnet,
    /// A reference to an endpoint of a Private Resolver, `resolver/endpoint` or ARM id.
    Endpoint,
    /// One half of a peering, `vnet -> vnet`.
    Half,
    /// A domain name.
    Domain,
    /// An IP address.
    Address,
    /// An IP prefix.
    Prefix,
    /// An IP address, with a port unless it is 53.
    Socket,
    /// A duration.
    Duration,
    /// A record: name, TTL if given, type, data.
    Record,
    /// A question: name, type if given.
    Query,
    /// A record type.
    RecordType,
    /// The name of a record, relative to its zone.
    Owner,
    /// The number of a rule, `S-101`.
    RuleId,
    /// A port, a range of ports, or `*`.
    Ports,
    /// What a connection is opened to: `5432`, `53/udp`, `icmp`.
    Service,
    /// One end of the packets a rule is about: a prefix, an address, a service tag, or `*`.
    RuleEnd,
    /// An IPv4 address, a prefix, or a range of addresses.
    AddressRange,
}

/// Why a text is not in its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// The part of the text that is wrong, when it is not the whole.
    pub(crate) part: Option<Range<usize>>,
}

impl Problem {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, part: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    fn within(self, text: &str, part: &str) -> Self {
        Self { part: part_of(text, part), ..self }
    }
}

/// Where `part`, a slice of `text`, stands in it.
fn part_of(text: &str, part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (start + part.len() <= text.len()).then_some(start..start + part.len())
}

/// Bounds of a text's parts, for reading them with their places.
pub(crate) fn range_in(text: &str, part: &str) -> Range<usize> {
    part_of(text, part).unwrap_or(0..text.len())
}

impl Format {
    /// One of these, in words.
    pub(crate) fn noun(self) -> &'static str {
        self.words().0
    }

    /// Several of these, in words.
    pub(crate) fn plural(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Words => ("a text", "texts"),
            Self::Name => ("a name", "names"),
            Self::Reference(kind) => (kind, "names"),
            Self::Subnet => ("a subnet as `vnet/subnet`", "subnets as `vnet/subnet`"),
            Self::Endpoint => ("an endpoint as `resolver/endpoint`", "endpoints as `resolver/endpoint`"),
            Self::Half => ("one half of a peering as `vnet -> vnet`", "halves of peerings as `vnet -> vnet`"),
            Self::Domain => ("a domain name", "domain names"),
            Self::Address => ("an IP address", "IP addresses"),
            Self::Prefix => ("an IP prefix such as `10.0.0.0/16`", "IP prefixes"),
            Self::Socket => ("an IP address with or without a port", "IP addresses with or without a port"),
            Self::Duration => ("a duration such as `30s`", "durations"),
            Self::Record => ("a record as `NAME [TTL] TYPE DATA`", "records as `NAME [TTL] TYPE DATA`"),
            Self::Query => ("a question as `NAME [TYPE]`, or an address", "questions as `NAME [TYPE]`"),
            Self::RecordType => ("a record type", "record types"),
            Self::Owner => ("the name of a record", "names of records"),
            Self::RuleId => ("the number of a rule such as `S-101`", "numbers of rules"),
            Self::Service => ("a port such as `5432` or `53/udp`, or `icmp`", "ports"),
            Self::RuleEnd => ("a prefix, an address, a service tag, or `*`", "prefixes or service tags"),
            Self::AddressRange => {
                ("an IPv4 address or a range such as `203.0.113.0-203.0.113.9`", "ranges of addresses")
            }
            Self::Ports => ("a port, a range such as `1024-2047`, or `*`", "ports"),
        }
    }

    /// A pattern (ECMA-262) that every text in this format matches.
    pub(crate) fn pattern(self) -> &'static str {
        match self {
            Self::Words | Self::Name | Self::Reference(_) | Self::Owner => r"\S",
            Self::Subnet | Self::Endpoint => r"^[^/\s][^/]*/[^/]*[^/\s]$|^/subscriptions/",
            Self::Half => r"\S\s*->\s*\S",
            Self::Domain => r"^\S+$",
            Self::Address => r"^[0-9.]+$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$",
            Self::Prefix => r"^[0-9A-Fa-f:.]+/[0-9]{1,3}$",
            Self::Socket => {
                r"^[0-9.]+(:[0-9]{1,5})?$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$"
            }
            Self::Duration => r"^[0-9]+(ms|s|m|h|d)$",
            Self::Record => r"^\s*\S+\s+([0-9]+\s+)?[A-Za-z]+\s+\S",
            Self::Query => r"^\s*\S+(\s+[A-Za-z0-9]+)?\s*$",
            Self::RecordType => r"^[A-Za-z][A-Za-z0-9]*$",
            Self::RuleId => r"^S-[0-9]{3}$",
            Self::Service => r"^([0-9]{1,5}(/([Tt][Cc][Pp]|[Uu][Dd][Pp]))?|[Ii][Cc][Mm][Pp])$",
            Self::RuleEnd => r"^(\*|[0-9A-Fa-f.:]+(/[0-9]{1,3})?|[A-Za-z][A-Za-z0-9._-]*)$",
            Self::AddressRange => r"^[0-9.]+(/[0-9]{1,2}|\s*-\s*[0-9.]+)?$",
            Self::Ports => r"^(\*|[0-9]{1,5}(-[0-9]{1,5})?)$",
        }
    }

    /// Whether a text is in this format.
    pub(crate) fn check(self, text: &str) -> Result<(), Problem> {
        match self {
            _ if text.trim().is_empty() => {
                Err(Problem::new("scenario/empty-text", format!("expected {}, found an empty text", self.noun())))
            }
            Self::Words | Self::Reference(_) => Ok(()),
            Self::Name => name(text),
            Self::Subnet | Self::Endpoint => pair(text, self.noun()).map(drop),
            Self::Half => half(text).map(drop),
            Self::Domain => domain(text).map(drop),
            Self::Owner => owner(text),
            Self::Address => address(text).map(drop),
            Self::Prefix => prefix(text).map(drop),
            Self::Socket => socket(text).map(drop),
            Self::Duration => duration(text).map(drop),
            Self::Record => record(text).map(drop),
            Self::Query => query(text).map(drop),
            Self::RecordType => record_type(text).map(drop),
            Self::RuleId => rule_id(text).map(drop),
            Self::Ports => ports(text).map(drop),
            Self::Service => service(text).map(drop),
            Self::RuleEnd => rule_end(text).map(drop),
            Self::AddressRange => address_range(text).map(drop),
        }
    }
}

fn name(text: &str) -> Result<(), Problem> {
    if text.contains('/') {
        let problem = Problem::new("scenario/bad-resource-name", format!("the name `{text}` contains `/`"));
        return Err(problem.help("`/` joins two names where a resource is referred to; use another character"));
    }
    Ok(())
}

/// Reads `first/second`; both are empty for an ARM id.
pub(crate) fn pair<'a>(text: &'a str, expected: &str) -> Result<(&'a str, &'a str), Problem> {
    if is_arm_id(text) {
        return Ok(("", ""));
    }
    match text.split_once('/') {
        Some((first, second)) if !first.is_empty() && !second.is_empty() && !second.contains('/') => {
            Ok((first, second))
        }
        _ => Err(Problem::new("scenario/bad-reference", format!("expected {expected}, found `{text}`"))),
    }
}

/// Whether a reference is an ARM id.
pub(crate) fn is_arm_id(text: &str) -> bool {
    text.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/"))
}

/// Reads `vnet -> vnet`.
pub(crate) fn half(text: &str) -> Result<(&str, &str), Problem> {
    match text.split_once("->").map(|(local, remote)| (local.trim(), remote.trim())) {
        Some((local, remote)) if !local.is_empty() && !remote.is_empty() => Ok((local, remote)),
        _ => Err(Problem::new(
            "scenario/bad-reference",
            format!("expected one half of a peering as `vnet -> vnet`, found `{text}`"),
        )),
    }
}

/// Reads a domain name.
pub(crate) fn domain(text: &str) -> Result<Fqdn, Problem> {
    text.parse().map_err(|error| Problem::new("scenario/bad-name", format!("`{text}` is not a domain name: {error}")))
}

fn owner(text: &str) -> Result<(), Problem> {
    if text == "@" {
        return Ok(());
    }
    Fqdn::check(text)
        .map_err(|error| Problem::new("scenario/bad-name", format!("`{text}` is not the name of a record: {error}")))
}

/// Reads an address.
pub(crate) fn address(text: &str) -> Result<IpAddr, Problem> {
    unmapped(parsed_address(text)?, text)
}

/// An address that is one of IPv6. IPv4 written as IPv6 (RFC 4291, section 2.5.5.2) never stands on the wire, and
/// would be another address than the IPv4 one everywhere.
fn unmapped(address: IpAddr, text: &str) -> Result<IpAddr, Problem> {
    if let IpAddr::V6(mapped) = address
        && let Some(plain) = mapped.to_ipv4_mapped()
    {
        let message = format!("`{text}` is an IPv4 address written as IPv6");
        return Err(Problem::new("scenario/bad-address", message).help(format!("write `{plain}`")));
    }
    Ok(address)
}

fn parsed_address(text: &str) -> Result<IpAddr, Problem> {
    text.parse().map_err(|_| {
        let problem = Problem::new("scenario/bad-address", format!("`{text}` is not an IP address"));
        match text.rsplit_once('/') {
            Some((address, _)) if address.parse::<IpAddr>().is_ok() => {
                problem.help(format!("an address has no prefix length: write `{address}`"))
            }
            _ => match text.rsplit_once(':') {
                Some((address, _)) if address.parse::<Ipv4Addr>().is_ok() => {
                    problem.help(format!("no port can stand here: write `{address}`"))
                }
                _ => problem,
            },
        }
    })
}

/// Reads a prefix; bits beyond the prefix length must be zero.
pub(crate) fn prefix(text: &str) -> Result<IpNet, Problem> {
    // The prefix parser takes `010` for 10; others take it for 8.
    let is_plain = text.split_once('/').is_some_and(|(address, _)| address.parse::<IpAddr>().is_ok());
    let Some(net) = text.parse::<IpNet>().ok().filter(|_| is_plain) else {
        let problem = Problem::new("scenario/bad-prefix", format!("`{text}` is not an IP prefix"));
        return Err(match text.parse::<IpAddr>() {
            Ok(address) => problem.help(format!("for this one address write `{}`", IpNet::from(address))),
            Err(_) => problem.help("write the network address and the prefix length, such as `10.0.0.0/16`"),
        });
    };
    if net.addr() != net.network() {
        let message = format!("`{text}` has bits set beyond its prefix length");
        let help = format!("the network of that address is `{}`", net.trunc());
        return Err(Problem::new("scenario/host-bits", message).help(help));
    }
    if let IpAddr::V6(mapped) = net.addr()
        && let Some(plain) = mapped.to_ipv4_mapped()
    {
        let message = format!("`{text}` is an IPv4 prefix written as IPv6");
        let length = net.prefix_len().saturating_sub(96);
        return Err(Problem::new("scenario/bad-prefix", message).help(format!("write `{plain}/{length}`")));
    }
    Ok(net)
}

/// Reads an address with or without a port; 53 if without.
pub(crate) fn socket(text: &str) -> Result<SocketAddr, Problem> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(SocketAddr::new(unmapped(address, text)?, 53));
    }
    let Some((host, port)) = text.rsplit_once(':') else { return Err(address(text).err().unwrap_or_else(no_address)) };
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_address = bare.map_or_else(|| host.parse::<Ipv4Addr>().is_ok(), |host| host.parse::<Ipv6Addr>().is_ok());
    if !is_address {
        return Err(Problem::new("scenario/bad-address", format!("`{text}` is not an IP address")));
    }
    let socket = text.parse::<SocketAddr>().ok().filter(|_| self::port(port).is_some());
    socket.ok_or_else(|| {
        let problem = Problem::new("scenario/bad-port", format!("`{port}` is not a port"));
        problem.help("ports are whole numbers from 1 to 65535").within(text, port)
    })
}

fn no_address() -> Problem {
    Problem::new("scenario/bad-address", "this is not an IP address")
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

/// Reads a port, a range of ports, or `*`.
pub(crate) fn ports(text: &str) -> Result<PortRange, Problem> {
    let is_plain = text == "*" || text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| is_plain).ok_or_else(|| {
        let problem = Problem::new("scenario/bad-port", format!("`{text}` is neither a port nor a range of ports"));
        problem.help("write `53`, `1024-2047` or `*`")
    })
}

/// Reads what a connection is opened to.
pub(crate) fn service(text: &str) -> Result<Service, Problem> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
    text.parse().ok().filter(|_| is_plain).ok_or_else(|| {
        let message = format!("`{text}` is nothing a connection can be opened to");
        let problem = Problem::new("scenario/bad-service", message);
        match text.split_once('/') {
            Some((transport @ ("tcp" | "udp"), digits)) if port(digits).is_some() => {
                problem.help(format!("write `{digits}/{transport}`"))
            }
            _ => problem.help("write a port from 1 to 65535 such as `5432` or `53/udp`, or `icmp`"),
        }
    })
}

/// One end of the packets a rule is about, its groups aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndParts<'a> {
    /// Everything.
    Any,
    /// A prefix.
    Prefix(IpNet),
    /// A service tag.
    Tag(&'a str),
}

/// Reads a prefix, an address, a service tag, or `*`.
pub(crate) fn rule_end(text: &str) -> Result<EndParts<'_>, Problem> {
    if text == "*" || text.eq_ignore_ascii_case("any") {
        return Ok(EndParts::Any);
    }
    let is_tag = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        && text.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_tag {
        return Ok(EndParts::Tag(text));
    }
    if text.contains('/') {
        return prefix(text).map(EndParts::Prefix);
    }
    match address(text) {
        Ok(address) => Ok(EndParts::Prefix(IpNet::from(address))),
        Err(problem) if text.parse::<IpAddr>().is_ok() => Err(problem),
        Err(_) => {
            let message = format!("`{text}` is neither a prefix nor a service tag");
            let problem = Problem::new("scenario/bad-rule-end", message);
            Err(problem
                .help("write a prefix such as `10.0.0.0/16`, an address, a tag such as `VirtualNetwork`, or `*`"))
        }
    }
}

/// Reads an IPv4 address, a prefix, or a range; the range may go backwards.
pub(crate) fn address_range(text: &str) -> Result<(Ipv4Addr, Ipv4Addr), Problem> {
    let bad = || {
        let problem = Problem::new("scenario/bad-range", format!("`{text}` is not a range of IPv4 addresses"));
        problem.help("write one address, or a range such as `203.0.113.0-203.0.113.9`")
    };
    let range = if text.contains('/') {
        match prefix(text)? {
            IpNet::V4(net) => (net.network(), net.broadcast()),
            IpNet::V6(_) => return Err(bad()),
        }
    } else {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let end = |text: &str| text.trim().parse().map_err(|_| bad());
        (end(first)?, end(last)?)
    };
    if range == (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED) {
        let message = format!("`{text}` stands for all services of Azure and not for an address");
        return Err(Problem::new("scenario/bad-range", message).help("write `allow-azure-services: true` instead"));
    }
    Ok(range)
}

/// Reads a duration.
pub(crate) fn duration(text: &str) -> Result<Duration, Problem> {
    parse_duration(text).ok_or_else(|| {
        let problem = Problem::new("scenario/bad-duration", format!("`{text}` is not a duration"));
        match text.parse::<u64>() {
            Ok(number) => problem.help(format!("a duration has a unit: `{number}s`, `{number}m` or `{number}h`")),
            Err(_) => problem.help("write a whole number and a unit, such as `30s`, `5m` or `2h`"),
        }
    })
}

/// Reads a rule number.
pub(crate) fn rule_id(text: &str) -> Result<u16, Problem> {
    let digits = text.strip_prefix("S-").filter(|digits| digits.len() == 3);
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        Problem::new("scenario/bad-rule", format!("`{text}` is not the number of a rule"))
            .help("rules are written `S-101`")
    })
}

/// Types a record in a scenario can have.
const RECORD_TYPES: [&str; 9] = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"];

/// Reads a record type.
pub(crate) fn record_type(text: &str) -> Result<RecordType, Problem> {
    // Nearly all records are of these types; the library's reader wants a text of its own.
    match text {
        "A" => return Ok(RecordType::A),
        "AAAA" => return Ok(RecordType::AAAA),
        "CNAME" => return Ok(RecordType::CNAME),
        _ => {}
    }
    text.to_ascii_uppercase().parse().map_err(|_| {
        let problem = Problem::new("scenario/bad-record-type", format!("unknown record type `{text}`"));
        match nearest(text, RECORD_TYPES) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        }
    })
}

/// The parts of a record, data still as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordParts<'a> {
    pub(crate) name: &'a str,
    pub(crate) ttl: Option<(&'a str, u32)>,
    pub(crate) record_type: (&'a str, RecordType),
    pub(crate) data: &'a str,
}

/// Reads `NAME [TTL] TYPE DATA`.
pub(crate) fn record(text: &str) -> Result<RecordParts<'_>, Problem> {
    let incomplete = || {
        let problem = Problem::new("scenario/bad-record", format!("`{text}` is not a record"));
        problem.help("write `NAME [TTL] TYPE DATA`, such as `www 300 A 10.2.0.5`")
    };
    let (name, mut rest) = word(text).ok_or_else(incomplete)?;
    owner(name).map_err(|problem| problem.within(text, name))?;
    let mut ttl = None;
    let (mut kind, mut data) = word(rest).ok_or_else(incomplete)?;
    if kind.bytes().all(|byte| byte.is_ascii_digit()) {
        let too_large = || Problem::new("scenario/bad-ttl", format!("`{kind}` is too large for a TTL"));
        ttl = Some((kind, kind.parse().map_err(|_| too_large().within(text, kind))?));
        rest = data;
        (kind, data) = word(rest).ok_or_else(incomplete)?;
    }
    let record_type = record_type(kind).map_err(|problem| problem.within(text, kind))?;
    let data = data.trim();
    if data.is_empty() {
        return Err(incomplete());
    }
    record_data(record_type, data).map_err(|problem| problem.within(text, data))?;
    Ok(RecordParts { name, ttl, record_type: (kind, record_type), data })
}

/// The first word of a text, and the rest.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// The data of an SOA have seven words; an eighth is one too many whatever it says.
pub(crate) const MOST_WORDS: usize = 8;

/// The first words of a text.
pub(crate) fn words<'t, 'w>(text: &'t str, words: &'w mut [&'t str; MOST_WORDS]) -> &'w [&'t str] {
    let mut count = 0;
    for (place, word) in words.iter_mut().zip(text.split_whitespace()) {
        *place = word;
        count += 1;
    }
    &words[..count]
}

/// Checks the data of a record of this type.
pub(crate) fn record_data(record_type: RecordType, data: &str) -> Result<(), Problem> {
    let mut words = [""; MOST_WORDS];
    let words = self::words(data, &mut words);
    let number = |text: &&str| text.parse::<u16>().is_ok();
    let bad = |expected: &str| {
        let message = format!("`{data}` is not the data of a record of type {record_type}");
        Err(Problem::new("scenario/bad-record-data", message).help(format!("expected {expected}")))
    };
    match (record_type, words) {
        (RecordType::A, [one]) if one.parse::<Ipv4Addr>().is_ok() => Ok(()),
        (RecordType::A, _) => bad("an IPv4 address"),
        (RecordType::AAAA, [one]) if one.parse::<Ipv6Addr>().is_ok() => Ok(()),
        (RecordType::AAAA, _) => bad("an IPv6 address"),
        (RecordType::CNAME | RecordType::PTR | RecordType::NS, [name]) => owner(name),
        (RecordType::CNAME | RecordType::PTR | RecordType::NS, _) => bad("a domain name"),
        (RecordType::MX, [preference, name]) if number(preference) => owner(name),
        (RecordType::MX, _) => bad("a preference and a domain name, such as `10 mail`"),
        (RecordType::SRV, [numbers @ .., name]) if numbers.len() == 3 && numbers.iter().all(number) => owner(name),
        (RecordType::SRV, _) => bad("priority, weight, port and a domain name"),
        (RecordType::SOA, [host, email, numbers @ ..])
            if numbers.len() == 5 && numbers.iter().all(|text| text.parse::<u32>().is_ok()) =>
        {
            owner(host).and_then(|()| owner(email))
        }
        (RecordType::SOA, _) => bad("two domain names and five numbers"),
        (RecordType::TXT, _) => Ok(()),
        _ => {
            let message = format!("records of type {record_type} cannot be declared");
            Err(Problem::new("scenario/bad-record-type", message).help(format!("types: {}", RECORD_TYPES.join(", "))))
        }
    }
}

/// A question, its name still as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueryParts<'a> {
    pub(crate) name: &'a str,
    pub(crate) record_type: RecordType,
    /// The address, where one stands in place of the name.
    pub(crate) address: Option<IpAddr>,
}

/// Reads `NAME [TYPE]`, A if the type is left out; or an address, whose type is that of its records.
pub(crate) fn query(text: &str) -> Result<QueryParts<'_>, Problem> {
    if may_hold_secret(text) {
        return Err(
            Problem::new(SECRET_CODE, SECRET_SENTENCE).help("a check asks for a name, such as `www.example.com A`")
        );
    }
    let incomplete = || {
        let problem = Problem::new("scenario/bad-query", format!("`{text}` is not a question"));
        problem.help("write `NAME [TYPE]`, such as `www.example.com A`")
    };
    let (name, rest) = word(text).ok_or_else(incomplete)?;
    if name.parse::<IpAddr>().is_ok() {
        let address = address(name).map_err(|problem| problem.within(text, name))?;
        if !rest.trim().is_empty() {
            let problem = Problem::new("scenario/bad-query", format!("`{name}` is an address, which is of no type"));
            let help = format!("write `{name}` alone; `{name}.` with a final dot is a domain name");
            return Err(problem.help(help).within(text, rest.trim()));
        }
        let record_type = if address.is_ipv4() { RecordType::A } else { RecordType::AAAA };
        return Ok(QueryParts { name, record_type, address: Some(address) });
    }
    domain(name).map_err(|problem| problem.within(text, name))?;
    let Some((kind, rest)) = word(rest) else {
        return Ok(QueryParts { name, record_type: RecordType::A, address: None });
    };
    if !rest.trim().is_empty() {
        return Err(incomplete());
    }
    let record_type = record_type(kind).map_err(|problem| problem.within(text, kind))?;
    Ok(QueryParts { name, record_type, address: None })
}

//! What somebody saw: one question to DNS or one attempt to connect, as a program printed it.
//!
//! An observation holds what the text says and nothing more. Many programs print one sentence for several
//! responses (S-012); then the observation holds the set of responses that fit. Nothing here knows which
//! program prints what, and nothing here says why it came so.

use std::net::IpAddr;

use crate::fqdn::Fqdn;
use crate::record::{RecordType, ResponseCode, Ttl};
use crate::source::Span;

/// One thing seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What printed it.
    pub tool: Tool,
    /// What was asked for.
    pub asked: Asked,
    /// The DNS server that was asked, if the text says so.
    pub server: Option<AskedServer>,
    /// What came of it.
    pub seen: Seen,
    /// The lines it was read from.
    pub span: Span,
}

/// The program or library that printed a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// `nslookup` of Windows or of BIND.
    Nslookup,
    /// `dig` of BIND.
    Dig,
    /// `kdig` of Knot DNS.
    Kdig,
    /// `host` of BIND.
    Host,
    /// PowerShell's `Resolve-DnsName`.
    ResolveDnsName,
    /// `resolvectl query`, or `systemd-resolve`.
    Resolvectl,
    /// `getent hosts` or `getent ahosts`.
    Getent,
    /// `ping`.
    Ping,
    /// `doggo`.
    Doggo,
    /// `q`.
    Q,
    /// `zdns`.
    Zdns,
    /// PowerShell's `Test-NetConnection`.
    TestNetConnection,
    /// `curl`.
    Curl,
    /// `nc`.
    Netcat,
    /// libpq and what is built on it, such as `psql` and psycopg.
    Libpq,
    /// Java and its database drivers.
    Java,
    /// .NET, Npgsql among it.
    DotNet,
    /// Go.
    Go,
    /// Python.
    Python,
    /// Node.js.
    Node,
    /// A database's own words, whichever program showed them.
    Database,
    /// A TLS library whose words do not tell the program.
    Tls,
    /// A C library whose words do not tell the program.
    System,
}

/// What was asked for. Every part may be missing from the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The name as it was typed; never a text that may hold a password.
    pub typed: Option<Box<str>>,
    /// The name that was asked for, if the typed one is a domain name or the text tells the QNAME.
    pub name: Option<Fqdn>,
    /// QTYPE, if the text tells it.
    pub record_type: Option<RecordType>,
    /// Where the name stands.
    pub span: Option<Span>,
}

/// A DNS server as a text names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedServer {
    /// Its address.
    pub address: Option<IpAddr>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// Where it stands.
    pub span: Span,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A response was printed.
    Answered(Answer),
    /// The program says that there is no such name. The text does not tell which of these responses came
    /// (S-012): NXDOMAIN, or NOERROR without an address.
    NoSuchName {
        /// The RCODEs that fit.
        rcodes: Vec<ResponseCode>,
    },
    /// The name is there and has no record of the type asked for, or its chain of aliases ends without one.
    NoAddress,
    /// No DNS server answered in time.
    Timeout,
    /// DNS failed.
    ServerFailure {
        /// The RCODEs that fit.
        rcodes: Vec<ResponseCode>,
        /// Whether the text fits silence of the servers as well, as `Temporary failure in name resolution` does.
        or_silence: bool,
    },
    /// A connection was tried.
    Connection(Connection),
}

/// A response, as far as it was printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// RCODE, if the text tells it.
    pub rcode: Option<ResponseCode>,
    /// The answer section in the order of the chain of aliases.
    pub chain: Vec<SeenRecord>,
    /// Owner of the SOA in the authority section.
    pub authority: Option<Fqdn>,
    /// Header flags in lower case, such as `aa` and `tc`.
    pub flags: Vec<Box<str>>,
    /// The UDP payload size that EDNS told, in bytes.
    pub udp_size: Option<u16>,
}

/// One record that was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRecord {
    /// Its owner, if the text tells it.
    pub owner: Option<Fqdn>,
    /// Its TTL, if the text tells it.
    pub ttl: Option<Ttl>,
    /// Its data.
    pub data: SeenData,
    /// Where it stands.
    pub span: Span,
}

/// Data of a record that was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenData {
    /// A or AAAA.
    Address(IpAddr),
    /// An address whose value somebody masked before pasting.
    MaskedAddress,
    /// CNAME.
    Alias(Fqdn),
    /// Any other type, as it was written.
    Other {
        /// The type.
        record_type: RecordType,
        /// The data.
        text: Box<str>,
    },
}

/// An attempt to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The address, if the text tells it.
    pub address: Option<IpAddr>,
    /// The port, if the text tells it.
    pub port: Option<u16>,
    /// What came of it.
    pub result: ConnectionResult,
}

/// What came of an attempt to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionResult {
    /// It was opened.
    Opened,
    /// It was not opened; the text does not say how it failed.
    Failed,
    /// It was refused.
    Refused,
    /// Nothing came back in time.
    TimedOut,
    /// It was reset.
    Reset,
    /// The client has no route, or a router said that there is none.
    Unreachable,
    /// The certificate is for other names.
    TlsName {
        /// The names in the certificate, as far as the text tells them.
        presented: Vec<Box<str>>,
    },
    /// The server was reached and turned the client away.
    Rejected(Rejection),
}

/// Why a server that was reached turned the client away, in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rejection {
    /// PostgreSQL has no `pg_hba.conf` entry for the client: its address is not let in.
    NoHbaEntry,
    /// Public network access is disabled (error 47073 of Azure SQL Database).
    PublicAccessDenied,
    /// The server's firewall does not let the client's address in (error 40615 of Azure SQL Database).
    Firewall,
    /// User name or password is wrong.
    Credentials,
    /// Other words.
    Other,
}

impl Observation {
    /// The RCODEs that fit what was seen; empty if nothing is known of the response, or if there was none.
    #[must_use]
    pub fn rcodes(&self) -> Vec<ResponseCode> {
        match &self.seen {
            Seen::Answered(answer) => answer.rcode.into_iter().collect(),
            Seen::NoSuchName { rcodes } | Seen::ServerFailure { rcodes, .. } => rcodes.clone(),
            Seen::NoAddress => vec![ResponseCode::NoError],
            Seen::Timeout | Seen::Connection(_) => Vec::new(),
        }
    }

    /// The addresses that were seen: those of the answer, or the one a connection was tried to.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let (chain, tried) = match &self.seen {
            Seen::Answered(answer) => (answer.chain.as_slice(), None),
            Seen::Connection(connection) => (&[][..], connection.address),
            Seen::NoSuchName { .. } | Seen::NoAddress | Seen::Timeout | Seen::ServerFailure { .. } => (&[][..], None),
        };
        let seen = chain.iter().filter_map(|record| match record.data {
            SeenData::Address(address) => Some(address),
            SeenData::MaskedAddress | SeenData::Alias(_) | SeenData::Other { .. } => None,
        });
        seen.chain(tried)
    }
}

//! DNS data: record sets, addresses that may be unknown, and start-of-authority data.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

pub use hickory_proto::op::ResponseCode;
pub use hickory_proto::rr::RecordType;
use smallvec::SmallVec;

use crate::fqdn::Fqdn;
use crate::id::{Table, id};
use crate::places::HolderRef;
use crate::source::Origin;

id!(
    /// A value nobody declared.
    SymbolId
);

id!(
    /// One body of DNS data: a private zone, a server's own zone or local data, public DNS, a platform zone.
    ZoneDataId
);

id!(
    /// A record set.
    RecordSetId
);

/// A time to live in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(pub u32);

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What kind of value a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SymbolKind {
    /// An address inside a private network.
    PrivateAddress,
    /// An address on the internet.
    PublicAddress,
}

/// A value nobody declared, with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name without the angle brackets, such as `public-address-of-orders`.
    pub name: Arc<str>,
    /// What kind of value it stands for.
    pub kind: SymbolKind,
    /// Who holds the address it stands for.
    pub holder: HolderRef,
    /// The fact that would have carried the value.
    pub origin: Origin,
}

/// An address, or the name of one nobody declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A declared address.
    Known(IpAddr),
    /// An address nobody declared.
    Symbol(SymbolId),
}

/// The data of one record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordData {
    /// A or AAAA, by the family of the address; a symbol is IPv4.
    Address(Address),
    /// CNAME.
    Cname(Fqdn),
    /// PTR.
    Ptr(Fqdn),
    /// NS.
    Ns(Fqdn),
    /// MX.
    Mx {
        /// Lower is tried first.
        preference: u16,
        /// The host that takes mail.
        exchange: Fqdn,
    },
    /// SRV (RFC 2782).
    Srv {
        /// Lower is tried first.
        priority: u16,
        /// Share among equal priorities.
        weight: u16,
        /// Port of the service.
        port: u16,
        /// Host of the service.
        target: Fqdn,
    },
    /// TXT: the strings of one record.
    Txt(Arc<[Box<str>]>),
    /// SOA.
    Soa(Arc<Soa>),
}

impl RecordData {
    /// The type of a record with this data.
    #[must_use]
    pub fn record_type(&self) -> RecordType {
        match self {
            Self::Address(Address::Known(IpAddr::V6(_))) => RecordType::AAAA,
            Self::Address(_) => RecordType::A,
            Self::Cname(_) => RecordType::CNAME,
            Self::Ptr(_) => RecordType::PTR,
            Self::Ns(_) => RecordType::NS,
            Self::Mx { .. } => RecordType::MX,
            Self::Srv { .. } => RecordType::SRV,
            Self::Txt(_) => RecordType::TXT,
            Self::Soa(_) => RecordType::SOA,
        }
    }
}

/// Start-of-authority data (RFC 1035, section 3.3.13).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Soa {
    /// MNAME.
    pub host: Fqdn,
    /// RNAME.
    pub email: Fqdn,
    /// SERIAL.
    pub serial: u32,
    /// REFRESH in seconds.
    pub refresh: u32,
    /// RETRY in seconds.
    pub retry: u32,
    /// EXPIRE in seconds.
    pub expire: u32,
    /// MINIMUM in seconds: with the TTL it bounds negative caching (RFC 2308).
    pub minimum: u32,
    /// The TTL of the SOA record itself.
    pub ttl: Ttl,
}

impl Soa {
    /// The SOA a private zone is created with (S-023).
    #[must_use]
    pub fn of_private_zone() -> Self {
        Self {
            host: "azureprivatedns.net".parse().expect("a literal name"),
            email: "azureprivatedns-host.microsoft.com".parse().expect("a literal name"),
            serial: 1,
            refresh: 3600,
            retry: 300,
            expire: 2_419_200,
            minimum: 10,
            ttl: Ttl(3600),
        }
    }

    /// How long a negative answer lives (RFC 2308, section 5; S-024).
    #[must_use]
    pub fn negative_ttl(&self) -> Ttl {
        Ttl(self.ttl.0.min(self.minimum))
    }
}

/// All records of one type at one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSet {
    /// The body of data it belongs to.
    pub zone: ZoneDataId,
    /// Its owner; may be a wildcard.
    pub owner: Fqdn,
    /// Its type.
    pub record_type: RecordType,
    /// Its TTL.
    pub ttl: Ttl,
    /// Its data in declaration order; never empty.
    pub data: SmallVec<[RecordData; 1]>,
    /// Whether Azure registered it for a virtual machine (`isAutoRegistered`).
    pub auto_registered: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// What kind of data a body of DNS data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZoneDataKind {
    /// A zone: owner names below the apex that are not there do not exist.
    Zone,
    /// Single names answered whatever lies behind: a name that is not there says nothing.
    LocalData,
}

/// One body of DNS data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneData {
    /// The apex; the root for local data.
    pub apex: Fqdn,
    /// Zone or local data.
    pub kind: ZoneDataKind,
    /// The SOA of negative answers, if it has one.
    pub soa: Option<Arc<Soa>>,
    /// Where it comes from.
    pub origin: Origin,
}

/// All symbols of a topology.
pub type Symbols = Table<SymbolId, Symbol>;

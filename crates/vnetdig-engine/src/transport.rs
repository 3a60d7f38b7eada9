//! The one seam that says whether a query to port 53 arrives, and at whom: the network plane, asked from where a
//! stub or server stands, and "168.63.129.16 only from inside".

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use vnetdig_model::Topology;
use vnetdig_model::network::{Place, SubnetId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::record::Address;
use vnetdig_model::scenario::Service;
use vnetdig_model::topology::ServerRef;

use crate::network::{self, Block, Fate, Path, Start, WayFootprint, is_inside_a_network, platform_block, reach_from};
use crate::outcome::{Missing, is_private};
use crate::trace::{Party, Vantage};

/// The address of Azure-provided DNS (S-001).
pub const AZURE_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

/// Where a query leaves from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// From a place, through a subnet where it is known.
    Place(Place, Option<SubnetId>),
    /// From a point-to-site client, through the gateway of this network.
    PointToSite(VnetId),
}

impl Source {
    /// The place the packets enter the network at.
    #[must_use]
    pub fn place(self) -> Place {
        match self {
            Self::Place(place, _) => place,
            Self::PointToSite(vnet) => Place::Vnet(vnet),
        }
    }
}

/// What becomes of a query sent to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It arrives.
    Delivered {
        /// At whom.
        to: Party,
        /// Where that server stands and its queries leave from.
        at: Source,
        /// The way there.
        path: Path,
    },
    /// It, or the answer, gets lost.
    Lost {
        /// Why.
        block: Block,
        /// Who listens there but cannot be reached.
        unreachable: Option<ServerRef>,
    },
    /// Whether it arrives depends on a fact nobody declared.
    Undecided(Missing),
    /// Nobody was declared to listen there.
    Unknown,
}

/// How a query is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Transport {
    /// As stubs and forwarders ask first.
    Udp,
    /// As AKS LocalDNS asks (S-222).
    Tcp,
}

/// Who asks, as far as packets are concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender<'t> {
    pub(crate) from: Source,
    /// Its addresses, as declared.
    pub(crate) addresses: &'t [IpAddr],
    /// Who it is, when it has an interface of its own.
    pub(crate) holder: Option<HolderRef>,
}

impl<'t> Sender<'t> {
    fn start(self) -> Start<'t> {
        let client = match self.holder {
            Some(HolderRef::Client(client)) => Some(client),
            _ => None,
        };
        Start { source: self.from, addresses: self.addresses, holder: self.holder, client }
    }
}

/// Whether a query arrives, and at whom.
#[must_use]
pub(crate) fn deliver<'t>(
    topology: &'t Topology,
    sender: Sender<'t>,
    to: SocketAddr,
    transport: Transport,
) -> Delivery {
    if to.ip() == AZURE_DNS {
        return deliver_to_azure(topology, sender);
    }
    let service = match transport {
        Transport::Udp => Service::Udp(to.port()),
        Transport::Tcp => Service::Tcp(to.port()),
    };
    let found = reach_from::<()>(topology, &sender.start(), network::known(topology, to.ip()), service);
    let listener = topology.places().holders(to.ip()).iter().find_map(|holder| match holder.what {
        HolderRef::Server(server) => Some(server),
        _ => None,
    });
    let is_public = !is_private(topology, Address::Known(to.ip())) && !is_inside_a_network(topology, to.ip());
    match found.fate {
        Fate::Blocked { block, .. } => match &block {
            // Rules drop a packet wherever it was going; a route that leads nowhere says nothing of an address of
            // which nothing is declared.
            Block::SecurityRule { .. } | Block::AdminRule(..) | Block::DeviceDenies { .. } => {
                Delivery::Lost { block, unreachable: listener }
            }
            _ if listener.is_some() || is_public => Delivery::Lost { block, unreachable: listener },
            _ => Delivery::Unknown,
        },
        Fate::Undetermined(_) if listener.is_none() && !is_public => Delivery::Unknown,
        Fate::Undetermined(missing) => Delivery::Undecided(missing),
        Fate::Arrives => match found.holder {
            Some(HolderRef::Server(server)) => {
                let at = Source::Place(found.place, found.subnet);
                Delivery::Delivered { to: Party::Server(server), at, path: found.path }
            }
            None if found.place == Place::Internet => {
                let at = Source::Place(Place::Internet, None);
                Delivery::Delivered { to: Party::PublicResolver(Some(to.ip())), at, path: found.path }
            }
            _ => Delivery::Unknown,
        },
    }
}

fn deliver_to_azure(topology: &Topology, sender: Sender<'_>) -> Delivery {
    let vantage = match sender.from {
        Source::Place(Place::Vnet(vnet), _) => Some(Vantage::Vnet(vnet)),
        Source::Place(Place::VirtualHub(hub), _) => Some(Vantage::VirtualHub(hub)),
        Source::Place(Place::Site(_) | Place::Internet, _) | Source::PointToSite(_) => None,
    };
    match (platform_block(topology, &sender.start()), vantage) {
        (Err(missing), _) => Delivery::Undecided(missing),
        (Ok(None), Some(vantage)) => {
            Delivery::Delivered { to: Party::AzureDns(vantage), at: sender.from, path: Path::new() }
        }
        (Ok(block), _) => Delivery::Lost { block: block.unwrap_or(Block::PlatformAddress), unreachable: None },
    }
}

/// Where a query was on its way there, and its answer on the way back. To Azure-provided DNS it does not leave the
/// network.
#[must_use]
pub(crate) fn visited(topology: &Topology, sender: Sender<'_>, to: SocketAddr, transport: Transport) -> WayFootprint {
    let service = match transport {
        Transport::Udp => Service::Udp(to.port()),
        Transport::Tcp => Service::Tcp(to.port()),
    };
    let found = reach_from::<WayFootprint>(topology, &sender.start(), network::known(topology, to.ip()), service);
    found.forward.and(found.back)
}

/// One of the servers that are asked first when iterating from the root; it stands for all.
pub(crate) const ROOT_SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 41, 0, 4));

/// Where a query to public DNS servers is on its way.
#[must_use]
pub(crate) fn visited_to_the_root(topology: &Topology, sender: Sender<'_>) -> WayFootprint {
    visited(topology, sender, SocketAddr::new(ROOT_SERVER, 53), Transport::Udp)
}

/// Whether a security rule keeps a server from asking public DNS servers when it iterates.
#[must_use]
pub(crate) fn internet_is_denied(topology: &Topology, sender: Sender<'_>) -> bool {
    let found = reach_from::<()>(topology, &sender.start(), network::known(topology, ROOT_SERVER), Service::Udp(53));
    matches!(found.fate, Fate::Blocked { block: Block::SecurityRule { .. } | Block::AdminRule(..), .. })
}

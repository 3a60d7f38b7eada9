//! What is declared: the facts of an Azure private network and the scenario around them.
//!
//! [`TopologyBuilder`] collects facts and hands out ids; [`Topology`] is the frozen, indexed result;
//! [`Scenario`] adds checks and a timeline. Every fact keeps its [`Origin`].
//!
//! This crate holds no behavior of resolvers: it says what resources say. The one thing it works out is what
//! Azure writes by itself (the records of servers, private endpoints and registered machines, in [`derive`](mod@derive)).

pub mod appliance;
pub mod client;
pub mod derive;
pub mod diagnosis;
pub mod diagnostic;
pub mod dns;
pub mod edit;
pub mod event;
pub mod facts;
pub mod filter;
pub mod fqdn;
pub mod id;
pub mod names;
pub mod network;
pub mod observation;
pub mod places;
pub mod prefixes;
pub mod record;
pub mod rule;
pub mod scenario;
pub mod secret;
pub mod server;
pub mod service;
pub mod source;
pub mod switches;
pub mod topology;
pub mod validate;

pub use client::{Client, ClientId, ClientKind, Stub};
pub use diagnostic::{Diagnostic, Label, Parsed, Severity, nearest};
pub use facts::{Facts, TopologyBuilder};
pub use fqdn::Fqdn;
pub use id::{Id, Table};
pub use record::{Address, RecordData, RecordSet, RecordType, ResponseCode, Ttl};
pub use rule::{Confidence, Rule};
pub use scenario::{Check, Expectation, Moment, Scenario, SimTime, Verdict};
pub use source::{Origin, SourceId, SourceMap, Span};
pub use switches::Switches;
pub use topology::Topology;

//! All server names from all clients, ready to be shown.

use schemars::JsonSchema;
use serde::Serialize;
use vnetdig_analysis::{AddressKind, FoundAddress, Matrix, NamedTarget, Reach, target_name};
use vnetdig_engine::asker_name;
use vnetdig_model::scenario::Asker;
use vnetdig_model::{Address, Topology};

use super::{MATRIX_SCHEMA, VerdictView};
use crate::words::{self, Names};

/// What every client gets of every server name, and whether a connection can be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Matrix")]
pub struct MatrixView {
    /// Version of this document.
    #[schemars(extend("const" = MATRIX_SCHEMA))]
    pub schema: &'static str,
    /// The names, in the order of their declaration: servers, virtual endpoints, other services.
    pub names: Vec<MatrixNameView>,
    /// The clients in the order of their declaration.
    pub clients: Vec<MatrixClientView>,
    /// One cell for each client and name, client by client.
    pub cells: Vec<MatrixCellView>,
    /// The position of the first client of each class: those that behave alike share what they get.
    #[serde(skip)]
    pub classes: Vec<Vec<usize>>,
}

/// A name clients use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "MatrixName")]
pub struct MatrixNameView {
    /// The name, with the final dot.
    pub name: String,
    /// What it belongs to: a server, `name.writer` or `name.reader` of virtual endpoints, another service.
    pub target: String,
    /// `postgres-server`, `virtual-endpoint` or `service`.
    pub kind: &'static str,
    /// What a connection is opened to, such as `5432`; null when nobody said on which port it listens.
    pub service: Option<String>,
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "MatrixClient")]
pub struct MatrixClientView {
    /// Its name.
    pub name: String,
    /// The number of its class, from 0: clients of one class get the same of every name.
    pub class: usize,
}

/// What a client gets of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "MatrixCell")]
pub struct MatrixCellView {
    /// The client.
    pub client: String,
    /// The name, with the final dot.
    pub name: String,
    /// The verdict of the resolution.
    pub verdict: VerdictView,
    /// The addresses of all possible outcomes.
    pub addresses: Vec<MatrixAddressView>,
    /// What a connection is opened to; null when nobody said on which port it listens.
    pub service: Option<String>,
    /// Whether a connection can be opened to every address; null when that is not known or not judged.
    pub reachable: Option<bool>,
    /// The first cause that keeps a connection from being opened, by its word.
    pub cause: Option<&'static str>,
    /// What the topology does not say, when that decides.
    pub missing: Option<String>,
    /// Reachability in words.
    pub text: String,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "MatrixAddress")]
pub struct MatrixAddressView {
    /// The address; one nobody declared is `<its-name>`.
    pub address: String,
    /// `private-endpoint`, `injected`, `private` or `public`.
    pub kind: &'static str,
    /// The private endpoint or server it belongs to; null for other addresses.
    pub holder: Option<String>,
}

/// The matrix as it is shown.
#[must_use]
pub fn matrix(topology: &Topology, matrix: &Matrix) -> MatrixView {
    let mut clients = Vec::new();
    let mut cells = Vec::new();
    let mut classes: Vec<Vec<usize>> = vec![Vec::new(); matrix.classes.len()];
    for (position, (client, class)) in matrix.rows().enumerate() {
        let name = asker_name(topology, Asker::Client(client));
        classes[class].push(position);
        for (column, declared) in matrix.names.iter().enumerate() {
            let cell = matrix.cell(class, column);
            let missing = matrix.missing_for(topology, class, column, client);
            let missing = missing.map(|missing| words::missing(Names { topology }, &missing).0);
            let (reachable, cause) = match cell.reach {
                Reach::NotJudged | Reach::Undetermined => (None, None),
                Reach::Open => (Some(true), None),
                Reach::Blocked(cause) => (Some(false), Some(cause.word())),
            };
            let text = match (cell.reach, cause, &missing) {
                (Reach::Open, ..) => "reachable".to_owned(),
                (Reach::Blocked(_), Some(cause), _) => format!("blocked: {cause}"),
                (Reach::Undetermined, _, Some(missing)) => format!("undetermined: {missing}"),
                (Reach::NotJudged, _, _) if cell.addresses.is_empty() => "no address".to_owned(),
                (Reach::NotJudged, ..) => "not judged".to_owned(),
                _ => "undetermined".to_owned(),
            };
            cells.push(MatrixCellView {
                client: name.clone(),
                name: words::absolute(&declared.name),
                verdict: cell.verdict.into(),
                addresses: cell.addresses.iter().map(|found| address(topology, found)).collect(),
                service: declared.service.map(|service| service.to_string()),
                reachable,
                cause,
                missing,
                text,
            });
        }
        clients.push(MatrixClientView { name, class });
    }
    let names = matrix.names.iter().map(|declared| MatrixNameView {
        name: words::absolute(&declared.name),
        target: target_name(topology, declared.target),
        kind: match declared.target {
            NamedTarget::Postgres(_) => "postgres-server",
            NamedTarget::Writer(_) | NamedTarget::Reader(_) => "virtual-endpoint",
            NamedTarget::Service(_) => "service",
        },
        service: declared.service.map(|service| service.to_string()),
    });
    MatrixView { schema: MATRIX_SCHEMA, names: names.collect(), clients, cells, classes }
}

fn address(topology: &Topology, found: &FoundAddress) -> MatrixAddressView {
    let facts = topology.facts();
    let (kind, holder) = match found.kind {
        AddressKind::PrivateEndpoint(endpoint) => {
            ("private-endpoint", Some(facts.private_endpoints[endpoint].name.to_string()))
        }
        AddressKind::Injected(server) => ("injected", Some(facts.postgres_servers[server].name.to_string())),
        AddressKind::Private => ("private", None),
        AddressKind::Public => ("public", None),
    };
    MatrixAddressView { address: address_text(topology, found.address), kind, holder }
}

/// An address as it is written; one nobody declared is `<its-name>`.
pub(super) fn address_text(topology: &Topology, address: Address) -> String {
    match address {
        Address::Known(known) => known.to_string(),
        Address::Symbol(symbol) => format!("<{}>", topology.symbols()[symbol].name),
    }
}

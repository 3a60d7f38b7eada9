//! Pairs of a network and a paste: the difference that explains what was seen best.

use super::{client, held, observations, topology};

/// A network in which all is well: an endpoint with its record, a server in a subnet of its own, a hub that answers the
/// office, and a client of each kind.
const NETWORK: &str = r"
vnetdig: 1
topology:
  vnets:
    hub:
      region: westeurope
      address-space: [10.0.0.0/16]
      subnets: { dns-in: { prefix: 10.0.0.0/28, delegation: Microsoft.Network/dnsResolvers } }
    app:
      region: westeurope
      address-space: [10.1.0.0/16]
      subnets:
        web: 10.1.0.0/24
        endpoints: 10.1.2.0/24
        pg: { prefix: 10.1.3.0/24, delegation: Microsoft.DBforPostgreSQL/flexibleServers }
  peerings:
    - { between: [hub, app], gateway-transit: hub }
  sites:
    office: { address-space: [10.9.0.0/16] }
  connections:
    - { kind: ExpressRoute, between: [hub, office] }
  private-zones:
    pg: { name: privatelink.postgres.database.azure.com, links: [hub, app] }
    own: { name: stock.private.postgres.database.azure.com, links: [hub, app] }
  private-resolvers:
    hub-resolver:
      vnet: hub
      inbound-endpoints: { in: { subnet: dns-in, address: 10.0.0.4, allocation: Static } }
  dns-servers:
    office-dns:
      product: windows
      site: office
      address: 10.9.0.4
      conditional-forwarders: { postgres.database.azure.com: 10.0.0.4 }
      root-hints: true
  postgres-servers:
    orders:
      region: westeurope
      public-access:
        address: 20.1.2.3
        private-endpoints: { orders-pe: { subnet: app/endpoints, address: 10.1.2.5, zone-group: [pg] } }
    stock:
      region: westeurope
      private-access: { subnet: app/pg, zone: own, address: 10.1.3.4, label: a1b9c61e56fd }
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
    desk: { on-premises: { site: office, address: 10.9.1.7, dns-servers: [10.9.0.4] } }
";

/// Who saw it, what was pasted, and what comes of each observation: `agrees`, or the thing they part in with the kinds
/// of explanations in rank order.
const PAIRS: &[(&str, &str, &[&str])] = &[
    // nslookup of BIND: a public address.
    (
        "web-1",
        "Server:\t\t127.0.0.53\nAddress:\t127.0.0.53#53\n\nNon-authoritative answer:\norders.postgres.database.azure.com\tcanonical name = orders.privatelink.postgres.database.azure.com.\nName:\torders.privatelink.postgres.database.azure.com\nAddress: 20.1.2.3\n",
        &["Addresses: UnlinkZone SetRecord SetClientServers"],
    ),
    // nslookup of Windows, at another server.
    (
        "desk",
        "Server:  UnKnown\nAddress:  1.1.1.1\n\n*** UnKnown can't find stock.postgres.database.azure.com: Non-existent domain\n",
        &["Rcode: @1.1.1.1 SetClientServers UnlinkZone RemoveRecord RemoveConditionalForwarder RemoveRecord"],
    ),
    // nslookup of Windows in German, where all is well.
    (
        "desk",
        "Server:  dc1.contoso.com\nAddress:  10.9.0.4\n\nNicht autorisierende Antwort:\nName:    a1b9c61e56fd.stock.private.postgres.database.azure.com\nAddress:  10.1.3.4\nAliases:  stock.postgres.database.azure.com\n",
        &["agrees"],
    ),
    // dig: the record was written anew.
    (
        "web-1",
        ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1\n;; QUESTION SECTION:\n;orders.postgres.database.azure.com. IN A\n\n;; ANSWER SECTION:\norders.postgres.database.azure.com. 60 IN CNAME orders.privatelink.postgres.database.azure.com.\norders.privatelink.postgres.database.azure.com. 10 IN A 10.1.2.9\n\n;; SERVER: 168.63.129.16#53(168.63.129.16)\n",
        &["Addresses: SetRecord"],
    ),
    // dig +short at a server named by hand.
    (
        "web-1",
        "$ dig +short orders.postgres.database.azure.com @10.0.0.4\norders.privatelink.postgres.database.azure.com.\n10.1.2.5\n",
        &["agrees"],
    ),
    // host.
    (
        "web-1",
        "Host stock.postgres.database.azure.com not found: 3(NXDOMAIN)\n",
        &["Rcode: UnlinkZone RemoveRecord SetClientServers"],
    ),
    // Resolve-DnsName.
    (
        "desk",
        "Resolve-DnsName : stock.postgres.database.azure.com : DNS name does not exist\n",
        &["Rcode: UnlinkZone RemoveRecord RemoveConditionalForwarder RemoveRecord SetClientServers"],
    ),
    // resolvectl.
    (
        "web-1",
        "stock.postgres.database.azure.com: resolve call failed: 'stock.postgres.database.azure.com' not found\n",
        &["Rcode: UnlinkZone RemoveRecord SetClientServers"],
    ),
    // getent.
    (
        "web-1",
        "$ getent hosts orders.postgres.database.azure.com\n20.1.2.3        orders.privatelink.postgres.database.azure.com orders.postgres.database.azure.com\n",
        &["Addresses: UnlinkZone SetRecord SetClientServers"],
    ),
    // ping.
    (
        "desk",
        "Ping request could not find host stock.postgres.database.azure.com. Please check the name and try again.\n",
        &["Rcode: UnlinkZone RemoveRecord RemoveConditionalForwarder RemoveRecord SetClientServers"],
    ),
    // doggo.
    (
        "web-1",
        "{\"responses\":[{\"answers\":[{\"name\":\"orders.postgres.database.azure.com.\",\"type\":\"A\",\"class\":\"IN\",\"ttl\":\"60s\",\"address\":\"20.1.2.3\",\"status\":\"NOERROR\",\"nameserver\":\"168.63.129.16:53\"}],\"questions\":[{\"name\":\"orders.postgres.database.azure.com.\",\"type\":\"A\",\"class\":\"IN\"}]}]}\n",
        &["Addresses: UnlinkZone SetRecord DisconnectEndpoint SetRecord"],
    ),
    // Test-NetConnection.
    (
        "web-1",
        "ComputerName     : stock.postgres.database.azure.com\nRemoteAddress    : 10.1.3.4\nRemotePort       : 5432\nInterfaceAlias   : Ethernet\nSourceAddress    : 10.1.0.4\nTcpTestSucceeded : True\n",
        &["agrees"],
    ),
    // curl.
    (
        "web-1",
        "curl: (6) Could not resolve host: stock.postgres.database.azure.com\n",
        &["Rcode: UnlinkZone RemoveRecord SetClientServers"],
    ),
    // nc.
    (
        "desk",
        "nc: connect to stock.postgres.database.azure.com (10.1.3.4) port 5432 (tcp) failed: Connection timed out\n",
        &["Connection: Unpeer"],
    ),
    // libpq.
    (
        "web-1",
        "could not translate host name \"stock.postgres.database.azure.com\" to address: Name or service not known\n",
        &["Rcode: UnlinkZone RemoveRecord SetClientServers"],
    ),
    // libpq, a connection.
    (
        "desk",
        "connection to server at \"stock.postgres.database.azure.com\" (10.1.3.4), port 5432 failed: Connection timed out\n",
        &["Connection: Unpeer"],
    ),
    // JDBC.
    (
        "web-1",
        "Caused by: java.net.UnknownHostException: stock.postgres.database.azure.com\n",
        &["Rcode: UnlinkZone RemoveRecord SetClientServers"],
    ),
    // Go, with the server that was asked.
    (
        "desk",
        "dial tcp: lookup stock.postgres.database.azure.com on 10.9.0.4:53: no such host\n",
        &["Rcode: UnlinkZone RemoveRecord RemoveConditionalForwarder RemoveRecord"],
    ),
    // Python.
    (
        "web-1",
        "psycopg2.OperationalError: could not translate host name \"stock.postgres.database.azure.com\" to address: Temporary failure in name resolution\n",
        &["Rcode: "],
    ),
    // Node.js.
    (
        "desk",
        "Error: getaddrinfo ENOTFOUND stock.postgres.database.azure.com\n",
        &["Rcode: UnlinkZone RemoveRecord RemoveConditionalForwarder RemoveRecord SetClientServers"],
    ),
    // .NET.
    ("web-1", "System.Net.Sockets.SocketException (11001): No such host is known.\n", &["no question"]),
];

#[test]
fn what_was_seen_is_explained_by_the_likeliest_difference() {
    let topology = topology(NETWORK);
    let mut wrong = Vec::new();
    for (index, (name, pasted, expected)) in PAIRS.iter().enumerate() {
        let from = client(&topology, name);
        let found: Vec<String> = observations(pasted).iter().map(|seen| held(&topology, from, seen)).collect();
        if found != *expected {
            wrong.push(format!("pair {index} is {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Which servers networks and clients use, and what is set on a client itself.

use std::net::IpAddr;

use ipnet::IpNet;
use vnetdig_model::Fqdn;
use vnetdig_model::client::{Client, ClientId, ClientKind, Stub, WorkerOs};
use vnetdig_model::network::{Place, VnetId};

use super::azure::Resource;
use super::bash::{Az, one_line, quoted};
use super::block::{Fields, Value, symbol, text, texts, word};
use super::filters::change_nic;
use super::sheet::Sheet;
use crate::words::absolute;

const VNET: &str = "Microsoft.Network/virtualNetworks@2025-05-01";
const SITE_SETTINGS: &str = "Microsoft.Web/sites/config@2023-12-01";
const SITE: &str = "Microsoft.Web/sites@2023-12-01";
const GATEWAY: &str = "Microsoft.Network/virtualNetworkGateways@2025-05-01";

/// Servers as a list flag takes them; `null` empties the list.
pub(super) fn listed(servers: &[IpAddr]) -> Vec<String> {
    if servers.is_empty() { vec!["null".to_owned()] } else { servers.iter().map(ToString::to_string).collect() }
}

fn client_resource(kind: &'static str, client: &Client) -> Resource {
    Resource::new(kind, &client.name)
}

pub(super) fn set_network_servers(sheet: &mut Sheet<'_>, id: VnetId, servers: &[IpAddr]) {
    change_network_servers(sheet, id, servers);
    let mut clients = Vec::new();
    for (client, found) in sheet.facts().clients.iter() {
        let uses_it = match &found.kind {
            ClientKind::PointToSite { gateway_vnet, .. } => *gateway_vnet == id,
            ClientKind::ContainerInstance { .. } => false,
            _ => found.place == Place::Vnet(id),
        };
        if uses_it {
            clients.push(client);
        }
    }
    if !clients.is_empty() {
        sheet.note("what runs keeps its servers until its lease is renewed or it starts anew");
    }
    for client in clients {
        renew(sheet, client);
    }
}

fn change_network_servers(sheet: &mut Sheet<'_>, id: VnetId, servers: &[IpAddr]) {
    let vnet = Resource::vnet(sheet.topology(), id);
    let az = vnet.place(Az::new("network vnet update")).flag("-n", &vnet.name);
    sheet.az(az.list("--dns-servers", listed(servers)));
    let network = sheet.hcl_id("azurerm_virtual_network", &vnet);
    let fields: Fields = vec![("virtual_network_id", network), ("dns_servers", texts(servers))];
    sheet.resource("azurerm_virtual_network_dns_servers", &symbol(&[vnet.key()]), &fields);
    let options = Value::Map(vec![("dnsServers", texts(servers))]);
    let fields: Fields = vec![("name", text(&vnet.name)), ("properties", Value::Map(vec![("dhcpOptions", options)]))];
    let what = format!("virtual network {}", vnet.key());
    sheet.bicep_change(&what, &symbol(&["vnet", vnet.key()]), VNET, &fields);
}

pub(super) fn set_servers(sheet: &mut Sheet<'_>, id: ClientId, servers: &[IpAddr]) {
    let client = &sheet.facts().clients[id];
    match &client.kind {
        ClientKind::VirtualMachine(machine) => {
            let resource = client_resource("Microsoft.Compute/virtualMachines", client);
            let what = format!("the NIC of {}", client.name);
            change_nic(
                sheet,
                &resource,
                &what,
                |az| az.list("--dns-servers", listed(servers)),
                &vec![("dns_servers", texts(servers))],
                vec![("dnsSettings", Value::Map(vec![("dnsServers", texts(servers))]))],
            );
            if machine.guest_dns_servers.is_some() {
                sheet.native(place(client, "in the guest"), vec![automatic_servers(client.stub)]);
            }
            renew(sheet, id);
        }
        ClientKind::AksPod(_) => {
            let mut lines = vec!["# on every node; nodes that come later take the servers of their network".to_owned()];
            lines.extend(host_servers(Stub::SystemdResolved, servers));
            lines.push("kubectl -n kube-system rollout restart deployment coredns".to_owned());
            sheet.native(place(client, "on the nodes of its cluster"), lines);
        }
        ClientKind::ContainerApp { .. } => {
            if let Place::Vnet(vnet) = client.place {
                let name = &sheet.facts().vnets[vnet].name;
                sheet.note(&format!(
                    "a container app uses the servers of its network: this changes all clients in {name}"
                ));
                change_network_servers(sheet, vnet, servers);
                renew(sheet, id);
            }
        }
        ClientKind::AppService { os, .. } => set_app_servers(sheet, client, *os, servers),
        ClientKind::ContainerInstance { .. } => set_group_servers(sheet, client, servers),
        ClientKind::PointToSite { .. } => {
            let servers: Vec<_> = servers.iter().map(|server| format!("<dnsserver>{server}</dnsserver>")).collect();
            let line = format!("<clientconfig><dnsservers>{}</dnsservers></clientconfig>", servers.concat());
            sheet.native(place(client, "in azurevpnconfig.xml of its VPN profile"), vec![line]);
        }
        ClientKind::OnPremises { .. } | ClientKind::Internet { .. } => {
            sheet.native(place(client, "on the host"), host_servers(client.stub, servers));
        }
    }
}

/// `WEBSITE_DNS_SERVER` and `WEBSITE_DNS_ALT_SERVER`: an app knows two servers.
fn set_app_servers(sheet: &mut Sheet<'_>, client: &Client, os: WorkerOs, servers: &[IpAddr]) {
    let app = client_resource("Microsoft.Web/sites", client);
    let names = ["WEBSITE_DNS_SERVER", "WEBSITE_DNS_ALT_SERVER"];
    if servers.is_empty() {
        let az = app.place(Az::new("webapp config appsettings delete")).flag("-n", &app.name);
        sheet.destroy(&format!("the DNS settings of app {}", app.key()), az.list("--setting-names", names));
        return;
    }
    let pairs: Vec<_> = names.into_iter().zip(servers).collect();
    let az = app.place(Az::new("webapp config appsettings set")).flag("-n", &app.name);
    sheet.az(az.list("--settings", pairs.iter().map(|(name, server)| format!("{name}={server}"))));
    if servers.len() > names.len() {
        sheet.note("an app takes two servers; the others are left out");
    }
    let settings = || Value::Map(pairs.iter().map(|(name, server)| (*name, text(server.to_string()))).collect());
    let kind = match os {
        WorkerOs::Linux => "azurerm_linux_web_app",
        WorkerOs::Windows => "azurerm_windows_web_app",
    };
    let what = format!("app {}", app.key());
    sheet.change(&what, kind, &symbol(&[app.key()]), &vec![("app_settings", settings())]);
    let parent = symbol(&["app", app.key()]);
    sheet.bicep_parent(&parent, SITE, &app.name);
    let fields: Fields = vec![("parent", word(parent)), ("name", text("appsettings")), ("properties", settings())];
    sheet.bicep_change(&what, &symbol(&["settings", app.key()]), SITE_SETTINGS, &fields);
}

/// `dnsConfig` is fixed when a group is created, so that it is made anew.
fn set_group_servers(sheet: &mut Sheet<'_>, client: &Client, servers: &[IpAddr]) {
    let group = client_resource("Microsoft.ContainerInstance/containerGroups", client);
    let file = format!("{}.yaml", client.name);
    let command = |verb: &str| group.place(Az::new(&format!("container {verb}")));
    sheet.az(command("export").flag("-n", &group.name).flag("-f", &file));
    let list = servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    sheet.note(&format!("in {file}, set properties.dnsConfig.nameServers to [{list}]"));
    let az = command("delete").flag("-n", &group.name).switch("--yes");
    sheet.destroy(&format!("container group {}, to be created anew by the next command", group.key()), az);
    sheet.az(command("create").flag("-f", &file));
    let what = format!("container group {}", group.key());
    let config = vec![("nameservers", texts(servers))];
    let label = symbol(&[group.key()]);
    sheet.change(&what, "azurerm_container_group", &label, &vec![("dns_config", Value::Block(config))]);
    let config = Value::Map(vec![("nameServers", texts(servers))]);
    let fields: Fields = vec![("name", text(&group.name)), ("properties", Value::Map(vec![("dnsConfig", config)]))];
    let kind = "Microsoft.ContainerInstance/containerGroups@2023-05-01";
    sheet.bicep_change(&what, &symbol(&["group", group.key()]), kind, &fields);
}

fn place(client: &Client, where_: &str) -> String {
    format!("client {}, {where_}", client.name)
}

/// Servers set on a host by hand.
fn host_servers(stub: Stub, servers: &[IpAddr]) -> Vec<String> {
    let list = |separator: &str| servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator);
    let line = match stub {
        _ if servers.is_empty() => automatic_servers(stub),
        Stub::Windows | Stub::AppService => {
            format!("Set-DnsClientServerAddress -InterfaceAlias '<interface>' -ServerAddresses {}", list(","))
        }
        Stub::SystemdResolved => format!("sudo resolvectl dns '<interface>' {}", list(" ")),
        Stub::Glibc | Stub::Musl | Stub::CoreDns => {
            let lines: Vec<String> = servers.iter().map(|server| format!("'nameserver {server}'")).collect();
            return vec![
                "# destroys what /etc/resolv.conf held".to_owned(),
                format!("printf '%s\\n' {} | sudo tee /etc/resolv.conf", lines.join(" ")),
            ];
        }
    };
    vec![line]
}

/// Servers taken from DHCP again.
fn automatic_servers(stub: Stub) -> String {
    match stub {
        Stub::Windows | Stub::AppService => {
            "Set-DnsClientServerAddress -InterfaceAlias '<interface>' -ResetServerAddresses".to_owned()
        }
        Stub::SystemdResolved => "sudo resolvectl revert '<interface>'".to_owned(),
        Stub::Glibc | Stub::Musl | Stub::CoreDns => {
            "# take the static servers out of the network configuration, then renew the lease".to_owned()
        }
    }
}

pub(super) fn renew(sheet: &mut Sheet<'_>, id: ClientId) {
    let client = &sheet.facts().clients[id];
    match &client.kind {
        ClientKind::VirtualMachine(_) | ClientKind::OnPremises { .. } | ClientKind::Internet { .. } => {
            let lines: &[&str] = match client.stub {
                Stub::Windows => &["ipconfig /release", "ipconfig /renew", "ipconfig /flushdns"],
                Stub::SystemdResolved => &["sudo networkctl renew '<interface>'", "sudo resolvectl flush-caches"],
                _ => &["sudo dhclient -r '<interface>'", "sudo dhclient '<interface>'"],
            };
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            sheet.native(place(client, "in the guest"), lines);
        }
        ClientKind::AksPod(_) => {
            let set =
                Resource::new("Microsoft.Compute/virtualMachineScaleSets", &format!("<node-pool-of-{}>", client.name));
            let group = set.beside("", &format!("<node-resource-group-of-{}>", client.name));
            sheet.note("the nodes of the cluster restart, and with them everything that runs there");
            let az = Az::new("vmss restart").flag("-g", &group.name).flag("-n", &set.name);
            sheet.az(az);
            let line = "kubectl -n kube-system rollout restart deployment coredns".to_owned();
            sheet.native(place(client, "in its cluster"), vec![line]);
        }
        ClientKind::AppService { .. } => {
            let app = client_resource("Microsoft.Web/sites", client);
            sheet.az(app.place(Az::new("webapp restart")).flag("-n", &app.name));
            sheet.remark(&format!("a restart of app {} is no property to set", app.key()));
        }
        ClientKind::ContainerApp { .. } => {
            let app = client_resource("Microsoft.App/containerApps", client);
            let revision = format!("<revision-of-{}>", app.key());
            let az = app.place(Az::new("containerapp revision restart")).flag("-n", &app.name);
            sheet.az(az.flag("--revision", revision));
            sheet.remark(&format!("a restart of container app {} is no property to set", app.key()));
        }
        ClientKind::ContainerInstance { .. } => {
            let group = client_resource("Microsoft.ContainerInstance/containerGroups", client);
            sheet.az(group.place(Az::new("container restart")).flag("-n", &group.name));
            sheet.remark(&format!("a restart of container group {} is no property to set", group.key()));
        }
        ClientKind::PointToSite { gateway_vnet, .. } => {
            let gateway = gateway_of(sheet, *gateway_vnet);
            sheet.az(gateway.place(Az::new("network vnet-gateway vpn-client generate")).flag("-n", &gateway.name));
            let line = "# install the profile from the address that the command prints, and connect anew".to_owned();
            sheet.native(place(client, "in its VPN client"), vec![line]);
        }
    }
}

/// The gateway of a network, or its placeholder.
fn gateway_of(sheet: &Sheet<'_>, vnet: VnetId) -> Resource {
    let network = Resource::vnet(sheet.topology(), vnet);
    let mut gateways = sheet.facts().gateways.values();
    let found = gateways.find(|gateway| gateway.vnet == vnet && !gateway.client_address_pools.is_empty());
    let name = found.map_or_else(|| format!("<gateway-of-{}>", network.key()), |gateway| gateway.name.to_string());
    network.beside("Microsoft.Network/virtualNetworkGateways", &name)
}

pub(super) fn remove_hosts_entry(sheet: &mut Sheet<'_>, id: ClientId, name: &Fqdn) {
    let client = &sheet.facts().clients[id];
    let pattern = name.to_string().replace('\\', "\\\\").replace('.', "\\.").replace('*', "\\*").replace('/', "\\/");
    let lines = if client.stub == Stub::Windows {
        let quoted = pattern.replace('\'', "''");
        vec![
            "# destroys every line of the hosts file that holds the name".to_owned(),
            "$hosts = \"$env:SystemRoot\\System32\\drivers\\etc\\hosts\"".to_owned(),
            format!("(Get-Content $hosts) -notmatch '\\s{quoted}(\\s|$)' | Set-Content $hosts"),
        ]
    } else {
        let program = format!("/[[:space:]]{pattern}\\([[:space:]]\\|$\\)/Id");
        vec![
            "# destroys every line of the hosts file that holds the name".to_owned(),
            format!("sudo sed -i {} /etc/hosts", quoted(&program)),
        ]
    };
    sheet.native(place(client, "in its hosts file"), lines);
}

pub(super) fn set_stub(sheet: &mut Sheet<'_>, id: ClientId, stub: Stub) {
    let client = &sheet.facts().clients[id];
    let lines: &[&str] = match stub {
        Stub::SystemdResolved => &[
            "sudo systemctl enable --now systemd-resolved",
            "# destroys what /etc/resolv.conf held",
            "sudo ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
        ],
        Stub::Glibc => &[
            "# in a container: an image that is built on glibc, such as debian in place of alpine",
            "sudo systemctl disable --now systemd-resolved    # on a host: /etc/resolv.conf then names the servers itself",
        ],
        Stub::Musl => &["# an image that is built on musl, such as alpine"],
        Stub::Windows => &["# a Windows machine or Windows container"],
        Stub::AppService => &["# an app on App Service"],
        Stub::CoreDns => &["# a pod whose dnsPolicy is ClusterFirst"],
    };
    sheet.native(place(client, "its stub resolver"), lines.iter().map(|line| (*line).to_owned()).collect());
}

pub(super) fn raise_edns_size(sheet: &mut Sheet<'_>, id: ClientId) {
    let client = &sheet.facts().clients[id];
    let line = match client.stub {
        Stub::Glibc => "echo 'options edns0' | sudo tee -a /etc/resolv.conf",
        Stub::SystemdResolved => {
            "# systemd-resolved offers it by itself: look for a library of the application that does not"
        }
        Stub::Musl => "# musl knows no EDNS: the application must resolve through another library",
        Stub::Windows => {
            "# the Windows DNS client offers it by itself: look for a library of the application that does not"
        }
        Stub::AppService | Stub::CoreDns => "# set the buffer size in the library that the application resolves with",
    };
    sheet.native(place(client, "its stub resolver"), vec![line.to_owned()]);
}

/// Routes into the network are set where a client of that kind takes them from.
pub(super) fn add_routes(sheet: &mut Sheet<'_>, id: ClientId, prefixes: &[IpNet]) {
    let client = &sheet.facts().clients[id];
    match &client.kind {
        ClientKind::PointToSite { gateway_vnet, .. } => {
            let gateway = gateway_of(sheet, *gateway_vnet);
            sheet.note(&format!("replaces the custom routes that gateway {} hands out: name those too", gateway.name));
            let az = gateway.place(Az::new("network vnet-gateway update")).flag("-n", &gateway.name);
            sheet.az(az.list("--custom-routes", prefixes));
            let what = format!("gateway {}", gateway.name);
            let routes = Value::Block(vec![("address_prefixes", texts(prefixes))]);
            let label = symbol(&[&gateway.name]);
            sheet.change(&what, "azurerm_virtual_network_gateway", &label, &vec![("custom_route", routes)]);
            let routes = Value::Map(vec![("addressPrefixes", texts(prefixes))]);
            let fields: Fields =
                vec![("name", text(&gateway.name)), ("properties", Value::Map(vec![("customRoutes", routes)]))];
            sheet.bicep_change(&what, &symbol(&["gateway", &gateway.name]), GATEWAY, &fields);
            renew(sheet, id);
        }
        ClientKind::AppService { os, .. } => {
            let app = client_resource("Microsoft.Web/sites", client);
            let az = app.place(Az::new("webapp config set")).flag("-n", &app.name);
            sheet.az(az.flag("--vnet-route-all-enabled", "true"));
            let kind = match os {
                WorkerOs::Linux => "azurerm_linux_web_app",
                WorkerOs::Windows => "azurerm_windows_web_app",
            };
            let what = format!("app {}", app.key());
            let config = Value::Block(vec![("vnet_route_all_enabled", word(true))]);
            sheet.change(&what, kind, &symbol(&[app.key()]), &vec![("site_config", config)]);
            let config = Value::Map(vec![("vnetRouteAllEnabled", word(true))]);
            let fields: Fields =
                vec![("name", text(&app.name)), ("properties", Value::Map(vec![("siteConfig", config)]))];
            sheet.bicep_change(&what, &symbol(&["app", app.key()]), SITE, &fields);
        }
        ClientKind::AksPod(_) => {
            let list = prefixes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let line = format!("# make the cluster anew with service and pod ranges that do not overlap {list}");
            sheet.native(place(client, "in its cluster"), vec![line]);
        }
        _ => {
            let line = |prefix: &IpNet| match client.stub {
                Stub::Windows => {
                    format!(
                        "New-NetRoute -DestinationPrefix '{prefix}' -InterfaceAlias '<interface>' -NextHop '<gateway>'"
                    )
                }
                _ => format!("sudo ip route add {prefix} via '<gateway>' dev '<interface>'"),
            };
            sheet.native(place(client, "in its routes"), prefixes.iter().map(line).collect());
        }
    }
}

/// Names in comments, such as those a server's configuration wants.
pub(super) fn named(name: &Fqdn) -> String {
    one_line(&absolute(name))
}

//! A handful of edits as they are shown.

use vnetdig_model::edit::Edit;
use vnetdig_model::server::{DnsServerId, Product};
use vnetdig_report::{commands, edit};

use crate::examples::{Sort, edits, find, sort, topology, word};

/// The example of a variant, counted among its examples.
fn example(wanted: &str, number: usize) -> (vnetdig_model::Topology, Edit) {
    let topology = topology();
    let found = edits(&topology).into_iter().filter(|edit| word(edit) == wanted).nth(number).expect(wanted);
    (topology, found)
}

#[test]
fn every_title_is_one_line_of_words() {
    let topology = topology();
    for example in edits(&topology) {
        let title = edit(&topology, &example);
        assert!(!title.contains('\n') && !title.contains("  ") && !title.is_empty(), "{title}");
        assert!(title.starts_with(|first: char| first.is_ascii_alphabetic()), "{title}");
    }
}

#[test]
fn a_zone_is_linked_in_three_languages() {
    let (topology, edit) = example("LinkZone", 0);
    let found = commands(&topology, &[edit]);
    insta::assert_snapshot!(found.az.join("\n"), @r"
    # link zone pg to network app
    az network private-dns link vnet create -g rg-dns -z privatelink.postgres.database.azure.com -n app -v '/subscriptions/<subscription-of-app>/resourceGroups/it'\''s ${here}/providers/Microsoft.Network/virtualNetworks/app' -e false
    ");
    insta::assert_snapshot!(found.terraform.unwrap_or_default(), @r#"
    # link zone pg to network app
    data "azurerm_virtual_network" "app" {
      name = "app"
      resource_group_name = "it's $${here}"
    }

    resource "azurerm_private_dns_zone_virtual_network_link" "pg_app" {
      name = "app"
      private_dns_zone_name = "privatelink.postgres.database.azure.com"
      resource_group_name = "rg-dns"
      virtual_network_id = data.azurerm_virtual_network.app.id
      resolution_policy = "Default"
    }
    "#);
    insta::assert_snapshot!(found.bicep.unwrap_or_default(), @r"
    // link zone pg to network app
    resource zone_pg 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
      name: 'privatelink.postgres.database.azure.com'
    }

    // deploy to resource group rg-dns
    resource link_pg_app 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
      parent: zone_pg
      name: 'app'
      location: 'global'
      properties: {
        registrationEnabled: false
        resolutionPolicy: 'Default'
        virtualNetwork: {
          id: resourceId('it\'s \${here}', 'Microsoft.Network/virtualNetworks', 'app')
        }
      }
    }
    ");
}

#[test]
fn a_zone_is_renamed_by_a_new_one_that_takes_over() {
    let (topology, edit) = example("RenameZone", 0);
    insta::assert_snapshot!(commands(&topology, &[edit]).az.join("\n"), @r"
    # replace zone pg by one that is called pg.example.
    # destroys the lock on zone pg
    az lock delete -g rg-dns --name '<lock-of-pg>' --resource privatelink.postgres.database.azure.com --resource-type Microsoft.Network/privateDnsZones
    az network private-dns zone create -g rg-dns -n pg.example
    az network private-dns record-set a create -g rg-dns -z pg.example -n orders --ttl 3600
    az network private-dns record-set a add-record -g rg-dns -z pg.example -n orders -a 10.2.0.5
    az network private-dns record-set cname create -g rg-dns -z pg.example -n www --ttl 3600
    az network private-dns record-set cname set-record -g rg-dns -z pg.example -n www -c orders.example.com
    az network private-dns record-set mx create -g rg-dns -z pg.example -n @ --ttl 3600
    az network private-dns record-set mx add-record -g rg-dns -z pg.example -n @ -e mail.example.com -p 10
    az network private-dns record-set srv create -g rg-dns -z pg.example -n _s._tcp --ttl 3600
    az network private-dns record-set srv add-record -g rg-dns -z pg.example -n _s._tcp -p 0 -w 5 -r 443 -t x.example.com
    az network private-dns record-set txt create -g rg-dns -z pg.example -n note --ttl 3600
    az network private-dns record-set txt add-record -g rg-dns -z pg.example -n note -v 'a b' 'c'\''d'
    az network private-dns record-set aaaa create -g rg-dns -z pg.example -n v6 --ttl 3600
    az network private-dns record-set aaaa add-record -g rg-dns -z pg.example -n v6 -a 2001:db8::1
    az network private-dns record-set ptr create -g rg-dns -z pg.example -n ptr --ttl 3600
    az network private-dns record-set ptr add-record -g rg-dns -z pg.example -n ptr -d x.example.com
    az network private-dns link vnet create -g rg-dns -z pg.example -n hub -v /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub -e false
    az network private-endpoint dns-zone-group add -g '<resource-group-of-orders-pe>' --endpoint-name orders-pe -n '<zone-group-of-orders-pe>' --private-dns-zone '/subscriptions/<subscription-of-pg>/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/pg.example' --zone-name pg-example
    # destroys the record of orders-pe in zone privatelink.postgres.database.azure.com
    az network private-endpoint dns-zone-group remove -g '<resource-group-of-orders-pe>' --endpoint-name orders-pe -n '<zone-group-of-orders-pe>' --zone-name '<config-of-pg-in-zone-group-of-orders-pe>'
    # destroys the link of zone privatelink.postgres.database.azure.com to network hub
    az network private-dns link vnet delete -g rg-dns -z privatelink.postgres.database.azure.com -n '<link-of-pg-to-hub>' --yes
    # destroys zone privatelink.postgres.database.azure.com with all its records
    az network private-dns zone delete -g rg-dns -n privatelink.postgres.database.azure.com --yes
    ");
}

#[test]
fn a_broken_peering_is_deleted_and_made_anew() {
    let (topology, edit) = example("Peer", 1);
    insta::assert_snapshot!(commands(&topology, &[edit]).az.join("\n"), @r"
    # peer network app with hub
    # destroys the half app -> hub of the peering
    az network vnet peering delete -g 'it'\''s ${here}' --vnet-name app -n '<peering-of-app-to-hub>'
    # destroys the half hub -> app of the peering
    az network vnet peering delete -g rg-hub --subscription 00000000-0000-0000-0000-000000000001 --vnet-name vnet-hub -n '<peering-of-hub-to-app>'
    az network vnet peering create -g 'it'\''s ${here}' --vnet-name app -n app-to-hub --remote-vnet /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub --allow-vnet-access true
    az network vnet peering create -g rg-hub --subscription 00000000-0000-0000-0000-000000000001 --vnet-name vnet-hub -n hub-to-app --remote-vnet '/subscriptions/<subscription-of-app>/resourceGroups/it'\''s ${here}/providers/Microsoft.Network/virtualNetworks/app' --allow-vnet-access true --allow-forwarded-traffic true
    ");
}

#[test]
fn a_security_rule_names_groups_by_id() {
    let (topology, edit) = example("AddSecurityRule", 1);
    let found = commands(&topology, &[edit]);
    insta::assert_snapshot!(found.az.join("\n"), @r"
    # add outbound rule allow-pg with priority 110 to NSG default
    az network nsg rule create -g '<resource-group-of-default>' --nsg-name default -n allow-pg --priority 110 --direction Outbound --access Allow --protocol Tcp --source-asgs '/subscriptions/<subscription-of-web>/resourceGroups/<resource-group-of-web>/providers/Microsoft.Network/applicationSecurityGroups/web' --source-port-ranges '*' --destination-address-prefixes Storage --destination-port-ranges 5432
    ");
    insta::assert_snapshot!(found.terraform.unwrap_or_default(), @r#"
    # add outbound rule allow-pg with priority 110 to NSG default
    data "azurerm_application_security_group" "web" {
      name = "web"
      resource_group_name = "<resource-group-of-web>"
    }

    resource "azurerm_network_security_rule" "default_allow_pg" {
      name = "allow-pg"
      resource_group_name = "<resource-group-of-default>"
      network_security_group_name = "default"
      priority = 110
      direction = "Outbound"
      access = "Allow"
      protocol = "Tcp"
      source_application_security_group_ids = [data.azurerm_application_security_group.web.id]
      source_port_range = "*"
      destination_address_prefix = "Storage"
      destination_port_range = "5432"
    }
    "#);
}

#[test]
fn a_server_outside_azure_is_told_in_its_own_language() {
    for number in 0..2 {
        let (topology, edit) = example("SetConditionalForwarder", number);
        let found = commands(&topology, &[edit]);
        let steps: Vec<String> =
            found.elsewhere.iter().map(|step| format!("{}\n{}", step.place, step.lines.join("\n"))).collect();
        let shown = format!("{}\n\n{}", steps.join("\n"), found.terraform.unwrap_or_default());
        match number {
            0 => insta::assert_snapshot!(shown, @r#"
            DNS server bind-1 (bind), named.conf
            zone "lab.example" { type forward; forward only; forwarders { 10.0.0.4; }; };
            // then: sudo rndc reconfig

            # let DNS server bind-1 forward lab.example. to 10.0.0.4
            # not in Azure: DNS server bind-1 (bind), named.conf
            "#),
            _ => insta::assert_snapshot!(shown, @r"
            DNS server win-1 (windows), PowerShell
            Add-DnsServerConditionalForwarderZone -Name 'lab.example' -MasterServers 10.0.0.4

            # let DNS server win-1 forward lab.example. to 10.0.0.4
            # not in Azure: DNS server win-1 (windows), PowerShell
            "),
        }
    }
}

#[test]
fn titles_read_aloud() {
    let topology = topology();
    let mut titles: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for example in edits(&topology) {
        if !seen.contains(&word(&example)) {
            seen.push(word(&example));
            titles.push(edit(&topology, &example));
        }
    }
    insta::assert_snapshot!(titles.join("\n"), @r"
    link zone pg to network app
    delete the link of zone pg to network hub
    set orders.privatelink.postgres.database.azure.com. A to 10.2.0.6 in private zone pg
    delete orders.privatelink.postgres.database.azure.com. A from private zone pg
    create private zone privatelink.blob.core.windows.net., link it to hub and app, and let stor1-pe and orders-pe register in it
    replace zone pg by one that is called pg.example.
    delete the lock on zone pg
    give private endpoint orders-pe a zone group with pg and corp
    approve the connection of private endpoint orders-pe
    private endpoint orders-pe is disconnected
    create private endpoint new-pe of orders in hub/nva
    enable public access to orders
    let 203.0.113.5 in at the public address of orders
    link ruleset onprem to network app
    delete the link of ruleset onprem to network hub
    let ruleset onprem send lab.example. to 10.9.0.5 and [fd00::5]:5353
    disable rule corp.example. of onprem
    let DNS security policy block-bad allow good.bad.example. before all else
    set the DNS servers of network app to 10.0.0.4, 10.0.0.5, and renew the leases in it
    delete legacy.example. from the hosts file of web-1
    let DNS server bind-1 forward to 10.0.0.4 only
    let DNS server bind-1 forward lab.example. to 10.0.0.4
    delete the conditional forwarder for lab.example. from DNS server win-1
    delete zone old.example. from DNS server bind-1
    switch DNSSEC validation off at bind-1
    exempt lab.example. from the rebinding protection of bind-1
    let DNS server bind-1 follow chains of 11 aliases
    keep DNS server win-1 from asking the root when its forwarders are slow
    start DNS server bind-1
    DNS server bind-1 is down
    switch the DNS proxy of firewall fw on
    set the DNS servers of firewall fw to 10.0.0.4
    peer network app with data
    the peering of hub and data is broken
    synchronize the peering of hub to data
    route 0.0.0.0/0 to the appliance at 10.0.2.4 from app/web
    delete the route to 0.0.0.0/0 from table to-fw
    let route table to-fw take in routes of gateways
    add outbound rule allow-pg with priority 110 to NSG default
    delete rule deny-all from NSG default
    add rule allow-pg with priority 110 to firewall fw
    switch on IP forwarding at the NIC of appliance nva
    connect network data to Virtual WAN hub vhub
    bring up the site-to-site VPN hub–hq
    set allowVirtualNetworkAccess on the peering of hub to data
    set the DNS servers of web-1 to 10.0.0.4
    let web-1 take its DNS servers anew
    let web-1 send 10.2.0.0/16 into the network
    let the stub resolver of web-1 offer the usual EDNS size
    let web-1 resolve through glibc
    ");
}

#[test]
fn every_product_is_told_every_edit_in_lines_of_its_own() {
    let topology = topology();
    let server = find(&topology.facts().dns_servers, |server| &*server.name == "bind-1");
    let of_servers: Vec<Edit> = edits(&topology)
        .into_iter()
        .filter(|edit| sort(edit) == Sort::Elsewhere && about(edit) == Some(server))
        .collect();
    assert_eq!(of_servers.len(), 7, "{of_servers:?}");
    for (word, product) in Product::ALL {
        let mut builder = topology.edit();
        builder.facts_mut().dns_servers[server].product = product;
        let changed = builder.build().value;
        for edit in &of_servers {
            let found = commands(&changed, std::slice::from_ref(edit));
            let [step] = found.elsewhere.as_slice() else { panic!("one step: {edit:?}") };
            assert!(step.place.contains(&format!("({word})")), "{}", step.place);
            assert!(!step.lines.is_empty(), "{word}: {edit:?}");
            for line in &step.lines {
                assert!(!line.is_empty() && !line.contains('\n'), "{word}: {line}");
            }
            let destroys = matches!(edit, Edit::RemoveOwnZone { .. } | Edit::RemoveConditionalForwarder { .. });
            assert_eq!(step.lines[0].contains(" destroys "), destroys, "{word}: {:?}", step.lines);
        }
    }
}

/// The server an edit is about.
fn about(edit: &Edit) -> Option<DnsServerId> {
    match edit {
        Edit::SetForwarders { server, .. }
        | Edit::SetConditionalForwarder { server, .. }
        | Edit::RemoveConditionalForwarder { server, .. }
        | Edit::RemoveOwnZone { server, .. }
        | Edit::DisableValidation(server)
        | Edit::ExemptDomain { server, .. }
        | Edit::RaiseAliasLimit { server, .. }
        | Edit::StopRootHints(server)
        | Edit::StartServer(server) => Some(*server),
        _ => None,
    }
}

#[test]
fn a_name_with_a_line_break_begins_no_command_of_its_own() {
    let topology = topology();
    let mut builder = topology.edit();
    let facts = builder.facts_mut();
    let evil: Box<str> = "x\naz group delete -n prod --yes; # ${a} '\"\\".into();
    facts.vnets.values_mut().for_each(|vnet| vnet.name = evil.clone());
    facts.private_zones.values_mut().for_each(|zone| zone.key = evil.clone());
    facts.dns_servers.values_mut().for_each(|server| server.name = evil.clone());
    facts.clients.values_mut().for_each(|client| client.name = evil.clone());
    facts.nsgs.values_mut().for_each(|nsg| nsg.name = evil.clone());
    facts.private_endpoints.values_mut().for_each(|endpoint| endpoint.name = evil.clone());
    let changed = builder.build().value;
    for edit in edits(&topology) {
        let found = commands(&changed, std::slice::from_ref(&edit));
        for line in found.az.iter().chain(found.elsewhere.iter().flat_map(|step| &step.lines)) {
            assert!(!line.contains('\n'), "{line}");
        }
        for text in found.terraform.iter().chain(&found.bicep) {
            assert!(!text.lines().any(|line| line.trim_start().starts_with("az group")), "{text}");
        }
    }
}

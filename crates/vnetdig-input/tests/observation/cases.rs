//! The raw blocks of the cases.
//!
//! They are read in place: `VNETDIG_CORPUS` names the corpus, and the cases lie beside it, in `../cases`.
//! Without that variable nothing is compared, and the test says so.

use std::path::PathBuf;

use super::summaries;

/// What each raw block holds, one line for each observation.
const SEEN: [(&str, &[&str]); 22] = [
    ("002", &["Libpq pgxxxx-001.postgres.database.azure.com: no such name (NXDomain, NoError)"]),
    ("003", &["Libpq larpmanager-db.postgres.database.azure.com: no such name (NXDomain)"]),
    ("016", &["Libpq my-pgsql-flexible-server.postgres.database.azure.com: no such name (NXDomain)"]),
    (
        "043",
        &[
            "Nslookup tls-appgw-kv.privatelink.vaultcore.azure.net: NoError 10.1.0.4",
            "Nslookup tls-appgw-kv.vaultcore.azure.net: NXDomain",
            "Nslookup tls-appgw-kv.vault.azure.net: NoError -> tls-appgw-kv.privatelink.vaultcore.azure.net 10.1.0.4",
        ],
    ),
    (
        "072",
        &[
            "Tls test12345.privatelink.mariadb.database.azure.com: TLS name, presented *.mariadb.database.azure.com *.mysql.database.azure.com *.postgres.database.azure.com",
        ],
    ),
    ("077", &["Go kv-dev-des-test-99.vault.azure.net @DNSIP: no such name (NXDomain, NoError)"]),
    ("082", &["Dig lust.e1.x.home. A @y.home.: ", "Dig lust.e1.x.home. A @x.home.: NoError 10.0.0.115"]),
    ("095", &["Go r3safeacrtest.privatelink.azurecr.io: TLS name, presented *.azurecr.io"]),
    (
        "117",
        &[
            "Libpq 10.1.1.4: 10.1.1.4 Opened",
            "Nslookup psql-core1.postgres.database.azure.com @127.0.0.53: NXDomain",
            "Nslookup psql-core1.postgres.database.azure.com: NoError -> a1b9c61e56fd.psql-core1.private.postgres.database.azure.com 10.1.1.4",
        ],
    ),
    (
        "118",
        &[
            "Nslookup psql-core1.postgres.database.azure.com: NoError -> a1b9c61e56fd.psql-core1.private.postgres.database.azure.com 10.1.1.4",
            "Nslookup psql-core1.postgres.database.azure.com: NoError -> a1b9c61e56fd.psql-core1.private.postgres.database.azure.com 10.1.1.5",
        ],
    ),
    (
        "119",
        &[
            "Nslookup psql-core1-fg.writer.postgres.database.azure.com: NoError -> psql-core1.postgres.database.azure.com -> a1b9c61e56fd.psql-core1.private.postgres.database.azure.com 10.1.1.4",
            "Nslookup psql-core1-fg.reader.postgres.database.azure.com: NoError -> psql-core1-dr.postgres.database.azure.com -> e2f2dd939144.psql-core1.private.postgres.database.azure.com 10.2.1.4",
        ],
    ),
    (
        "124",
        &[
            "Dig psql-server-tomakabe.postgres.database.azure.com @127.0.0.11: NoError -> psql-server-tomakabe.privatelink.postgres.database.azure.com 10.0.3.4 udp 1224",
        ],
    ),
    (
        "125",
        &[
            "Dig app-smartmoney-frontend-app.azurewebsites.net @168.63.129.16: NoError -> app-smartmoney-frontend-app.privatelink.azurewebsites.net 10.1.32.4 udp 1224",
        ],
    ),
    (
        "126",
        &[
            "Nslookup mysql-homepage.privatelink.mysql.database.azure.com @8.8.8.8: NoError -> cr3.koreacentral1-a.control.database.windows.net 52.231.17.13",
            "Nslookup mysql-homepage.mysql.database.azure.com: NoError -> mysql-homepage.privatelink.mysql.database.azure.com 10.0.1.5",
        ],
    ),
    ("127", &["Libpq psql-arkcloud-dev.postgres.database.azure.com: no such name (NXDomain)"]),
    ("128", &["Libpq db-psqlflex-homelab.postgres.database.azure.com: no such name (NXDomain)"]),
    (
        "131",
        &[
            "Nslookup storageaccount.blob.core.windows.net @127.0.0.53: NXDomain",
            "Nslookup storageaccount.blob.core.windows.net @168.63.129.16: NoError -> storageaccount.privatelink.blob.core.windows.net",
            "Nslookup storageaccount.privatelink.blob.core.windows.net @168.63.129.16: NXDomain",
            "Nslookup storageaccount.blob.core.windows.net @1.1.1.1: NoError -> storageaccount.privatelink.blob.core.windows.net -> blob.<publicname>.store.core.windows.net masked",
        ],
    ),
    (
        "136",
        &[
            "Dig db.sec.contoso.com @168.63.129.16: NoError -> blockpolicy.azuredns.invalid SOA blockpolicy.azuredns.invalid",
        ],
    ),
    (
        "145",
        &[
            "Go public-db.postgres.database.azure.com @10.0.0.10: no such name (NXDomain, NoError)",
            "Go public-db-mysql.mysql.database.azure.com @10.0.0.10: no such name (NXDomain, NoError)",
        ],
    ),
    (
        "153",
        &["Nslookup release.ci.jenkins.io @8.8.8.8: NoError -> private.privatek8s-sponsored.jenkins.io 10.6.0.254"],
    ),
    ("172", &["Nslookup $domain_name.openai.azure.com: NoError -> $domain_name.privatelink.openai.azure.com masked"]),
    ("179", &["Database: rejected PublicAccessDenied"]),
];

/// Raw blocks without an observation, and why.
const NOTHING: [(&str, &str); 16] = [
    ("008", "Azure refuses a deployment"),
    ("059", "Azure refuses a link"),
    ("061", "Azure refuses a link"),
    ("066", "a line of a packet capture"),
    ("081", "a log of a DNS server, not of a client"),
    ("088", "the settings of a stub resolver"),
    ("094", "the banner of dig, cut off from its response"),
    ("096", "the settings of a forwarder"),
    ("100", "Azure refuses a peering"),
    ("138", "the declaration of a zone"),
    ("147", "Azure refuses a link"),
    ("148", "Azure refuses a server"),
    ("155", "lines of a packet capture"),
    ("164", "Azure refuses a rule"),
    ("166", "Azure refuses a zone"),
    ("170", "Azure refuses a zone"),
];

/// The lines of `raw: |` in the head of a case, without their indentation.
fn raw_block(case: &str) -> Option<String> {
    let (_, behind) = case.split_once("\n  raw: |\n")?;
    let lines = behind.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    let lines: Vec<&str> = lines.map(|line| line.get(4..).unwrap_or_default()).collect();
    Some(lines.join("\n"))
}

#[test]
#[expect(clippy::print_stderr, reason = "the test says when nothing is compared")]
fn raw_blocks_of_cases_read_as_the_observations_they_hold() {
    let Some(corpus) = std::env::var_os("VNETDIG_CORPUS").map(PathBuf::from) else {
        eprintln!("VNETDIG_CORPUS is not set: nothing was compared");
        return;
    };
    let folder = corpus.with_file_name("cases");
    for entry in folder.read_dir().expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        let Some(raw) = raw_block(&std::fs::read_to_string(&path).expect("a case")) else { continue };
        let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.get(..3)).unwrap_or_default();
        let seen = SEEN.iter().find(|(case, _)| *case == number).map(|(_, seen)| seen.to_vec());
        let nothing = NOTHING.iter().find(|(case, _)| *case == number).map(|_| Vec::new());
        let expected = seen.or(nothing).unwrap_or_else(|| panic!("{} is in neither table", path.display()));
        assert_eq!(summaries(&raw), expected, "{}", path.display());
    }
}

/// What was captured from tools, how many observations it holds, and the last one.
const CAPTURED: [(&str, usize, &str); 5] = [
    (
        "kaysalawu-07-express-route-ipv6.txt",
        2,
        "Nslookup lab07spoke3sac7fc.blob.core.windows.net @127.0.0.53: NoError -> lab07spoke3sac7fc.privatelink.blob.core.windows.net 10.11.7.99",
    ),
    (
        "kaysalawu-1-hub-spoke-azfw-single-region.txt",
        2,
        "Nslookup hs11spoke3sab35b.blob.core.windows.net @127.0.0.53: NoError -> hs11spoke3sab35b.privatelink.blob.core.windows.net 10.11.7.99",
    ),
    (
        "kaysalawu-1-vwan-single-region.txt",
        2,
        "Nslookup vwan21spoke3sab17c.blob.core.windows.net @127.0.0.53: NoError -> vwan21spoke3sab17c.privatelink.blob.core.windows.net 10.11.7.99",
    ),
    (
        "kaysalawu-2-hub-spoke-azfw-dual-region.txt",
        2,
        "Nslookup hs12spoke3sa4557.blob.core.windows.net @127.0.0.53: NoError -> hs12spoke3sa4557.privatelink.blob.core.windows.net 10.11.7.99",
    ),
    (
        "resolve-dnsname-format-list.txt",
        4,
        "ResolveDnsName mysssmonitoring.westus2.afs.azure.net: NoError -> mysssmonitoring.westus2.privatelink.afs.azure.net 192.168.1.7",
    ),
];

#[test]
#[expect(clippy::print_stderr, reason = "the test says when nothing is compared")]
fn captured_outputs_read_as_observations() {
    let Some(corpus) = std::env::var_os("VNETDIG_CORPUS").map(PathBuf::from) else {
        eprintln!("VNETDIG_CORPUS is not set: nothing was compared");
        return;
    };
    for (file, count, last) in CAPTURED {
        let path = corpus.join("dns-output").join(file);
        let found = summaries(&std::fs::read_to_string(&path).expect("a capture"));
        let read = (found.len(), found.last().map_or("", String::as_str));
        assert_eq!(read, (count, last), "{file}");
    }
}

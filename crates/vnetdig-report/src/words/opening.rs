//! Whether connections are opened, in a few words.

use vnetdig_engine::{Basis, NetworkFact, Opening};

use super::names::Names;

/// The verdict over connections.
pub(crate) fn opening(opening: Opening) -> &'static str {
    match opening {
        Opening::Opened => "reachable",
        Opening::NotOpened => "not reachable",
        Opening::NotAttempted => "not attempted",
        Opening::Undetermined => "whether it can be reached is undetermined",
        Opening::Depends => "whether it can be reached depends on that",
    }
}

/// Both verdicts: `resolves privately, not reachable`. What does not resolve cannot be attempted, and that need not
/// be said.
pub(crate) fn resolves_and_reaches(resolves: &str, opening: Opening) -> String {
    match opening {
        Opening::NotAttempted => resolves.to_owned(),
        Opening::Undetermined if resolves.starts_with("undetermined") => resolves.to_owned(),
        Opening::Depends if !resolves.starts_with("depends") => {
            format!("{resolves}; whether it can be reached depends on which of them comes")
        }
        Opening::Opened | Opening::NotOpened if resolves.starts_with("depends") => {
            format!("{resolves}, {} either way", self::opening(opening))
        }
        Opening::Undetermined | Opening::Depends => format!("{resolves}; {}", self::opening(opening)),
        Opening::Opened | Opening::NotOpened => format!("{resolves}, {}", self::opening(opening)),
    }
}

/// Why a connection is taken.
pub(crate) fn accepted(names: Names<'_>, fact: NetworkFact, basis: Basis) -> String {
    let who = names.fact(fact);
    match basis {
        Basis::EndpointApproved => format!("the connection of {who} is Approved"),
        Basis::ServerPorts => format!("{who} listens there"),
        Basis::AdmittedByRules => format!("a firewall rule of {who} lets the client in"),
        Basis::AdmittedFromAzure => format!("{who} lets in what comes from Azure"),
        Basis::AdmittedSubnet => format!("{who} lets in the client's subnet by its service endpoint"),
        basis => super::sentence(basis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolving_and_reaching_are_two_things_in_one_line() {
        for (resolves, opened, line) in [
            ("resolves privately", Opening::Opened, "resolves privately, reachable"),
            ("resolves privately", Opening::NotOpened, "resolves privately, not reachable"),
            ("does not resolve: NXDOMAIN", Opening::NotAttempted, "does not resolve: NXDOMAIN"),
            ("undetermined", Opening::Undetermined, "undetermined"),
            ("depends on chance", Opening::Opened, "depends on chance, reachable either way"),
            ("depends on chance", Opening::Depends, "depends on chance; whether it can be reached depends on that"),
        ] {
            assert_eq!(resolves_and_reaches(resolves, opened), line);
        }
    }
}

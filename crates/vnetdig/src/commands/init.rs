//! `vnetdig init`: a scenario to start from.

use std::io;
use std::path::Path;

use crate::console::Console;
use crate::exit::Exit;
use crate::load::{STDIN, reason};
use crate::{Stop, files};

/// The scenario; a test of the command runs its checks.
const STARTER: &str = include_str!("starter.vnetdig.yaml");

pub(crate) fn run(file: &Path, console: Console) -> Result<Exit, Stop> {
    if file.as_os_str() == STDIN {
        return Ok(console.answer(STARTER));
    }
    let name = file.display();
    if !files::is_scenario(file) {
        return Err(Stop::usage(format!("the name of a scenario file ends in .vnetdig.yaml, unlike `{name}`")));
    }
    files::create(file, STARTER.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Stop::usage(format!("`{name}` exists, and nothing is overwritten")),
        io::ErrorKind::NotFound => {
            Stop::new(Exit::Unwritable, format!("cannot write `{name}`: there is no such folder"))
        }
        _ => Stop::new(Exit::Unwritable, format!("cannot write `{name}`: {}", reason(&error))),
    })?;
    console.note(&format!(
        "wrote {name}; now try\n  \
         vnetdig test {name}\n  \
         vnetdig trace -s {name} --from web-1 orders.postgres.database.azure.com"
    ));
    Ok(Exit::Holds)
}

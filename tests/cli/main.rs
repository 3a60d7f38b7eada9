//! Black-box tests of the command: arguments and files go in; standard output, standard error and a status come out.

mod explain;
mod fix;
mod gaps;
mod generate;
mod graph;
mod input;
mod lint;
mod manners;
mod matrix;
mod pasted;
mod reach;
mod readme;
mod test;
mod trace;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The smallest network with something to find: one zone, two clients, two checks that hold.
const SMALL: &str = r#"
vnetdig: 1
topology:
  vnets:
    app: { address-space: [10.1.0.0/16], subnets: { web: 10.1.0.0/24 } }
    far: { address-space: [10.2.0.0/16] }
  peerings:
    - between: [app, far]
  private-zones:
    corp: { name: corp.example, links: [app], records: [ "www A 10.1.0.80", "shop CNAME www" ] }
    reverse: { name: 1.10.in-addr.arpa, links: [app], records: [ "80.0 PTR www.corp.example" ] }
  dns-servers:
    own: { product: bind, subnet: app/web, address: 10.1.0.53, forwarders: [168.63.129.16] }
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
    web-2: { vm: { subnet: app/web, addresses: [10.1.0.5], search: [corp.example] } }
checks:
  - from: web-1
    query: www.corp.example A
    expect: { rcode: NOERROR, answer: [10.1.0.80] }
    because: the zone is linked
  - from: web-1
    query: gone.corp.example. A
    expect: { rcode: NXDOMAIN }
"#;

/// A check that does not hold; it is put behind a topology.
const FAILING: &str = r"
  - from: web-1
    query: www.corp.example A
    expect: { answer: [10.9.9.9] }
    because: somebody moved the server
";

/// A folder of its own for one test, in which the command runs.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    /// A folder with [`SMALL`] in `small.vnetdig.yaml`.
    fn small() -> Self {
        Self::new().with("small.vnetdig.yaml", SMALL)
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs the command with the words of a line.
    fn run(&self, line: &str) -> Ran {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.run_with(&words, "", &[])
    }

    /// Runs the command with arguments, standard input and environment variables.
    fn run_with(&self, arguments: &[&str], stdin: &str, environment: &[(&str, &str)]) -> Ran {
        let mut command = command(self.0.path());
        command.args(arguments).envs(environment.iter().copied());
        run(command, stdin)
    }

    /// Runs the command and demands a status.
    fn expect(&self, line: &str, status: i32) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.status, status, "vnetdig {line}\n{ran}");
        ran
    }
}

/// The command in a folder, with an environment that says nothing about color or logs.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vnetdig"));
    command.current_dir(folder);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "VNETDIG_LOG", "RUST_BACKTRACE", "CI"] {
        command.env_remove(variable);
    }
    command
}

fn run(mut command: Command, stdin: &str) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    // The command may end without reading everything; then the pipe is closed, and that is its right.
    let _ = child.stdin.take().expect("standard input is a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("the command ends").into()
}

/// What the command left behind.
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().expect("the command ends by itself"),
            stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("output is UTF-8"),
        }
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}\nstdout:\n{}\nstderr:\n{}", self.status, self.stdout, self.stderr)
    }
}

impl Ran {
    /// Demands a text on standard error.
    fn says(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "standard error lacks {part:?}\n{self}");
        self
    }

    /// Demands a text on standard output.
    fn answers(self, part: &str) -> Self {
        assert!(self.stdout.contains(part), "standard output lacks {part:?}\n{self}");
        self
    }

    /// Demands that standard output is empty.
    fn answers_nothing(self) -> Self {
        assert_eq!(self.stdout, "", "{self}");
        self
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

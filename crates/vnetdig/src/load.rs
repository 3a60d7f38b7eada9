//! Sources: files, folders and standard input become one scenario. The libraries open nothing; this module does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use vnetdig_input::Limits;
use vnetdig_input::scenario::{self, Document};
use vnetdig_model::secret::without_secrets;
use vnetdig_model::{Diagnostic, Parsed, Scenario, Severity, SourceId, SourceMap, Span, nearest};

use crate::files::{self, Depth};

/// Most files that one scenario may include. A large estate split by network and team stays far below.
const MAX_INCLUDES: usize = 256;

/// How the codes start that say that a text, or a part of it, was not read.
const UNREAD: [&str; 2] = ["input/", "include/"];

/// Longest pasted text in bytes. People paste pages; a log of a day is longer, and nobody means all of it.
const LONGEST_PASTE: usize = 16 << 20;

/// What standard input is called.
pub(crate) const STDIN: &str = "-";

/// A scenario with its texts and everything found wrong with them.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) sources: SourceMap,
    /// The files the texts come from; standard input is none.
    pub(crate) files: BTreeMap<SourceId, PathBuf>,
    /// What was read from the texts, in the order of reading.
    pub(crate) documents: Vec<Document>,
    /// None when the input cannot be used.
    pub(crate) scenario: Option<Scenario>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads the sources and what they include, and merges them into one scenario.
pub(crate) fn load(paths: &[PathBuf], switches: &[(String, String)]) -> Loaded {
    let mut loader = Loader::default();
    for path in paths {
        if path.as_os_str() == STDIN {
            loader.add_stdin();
        } else if path.is_dir() {
            loader.add_folder(path);
        } else {
            loader.add_file(path, None);
        }
    }
    loader.finish(switches)
}

#[derive(Default)]
struct Loader {
    sources: SourceMap,
    files: BTreeMap<SourceId, PathBuf>,
    documents: Vec<Document>,
    diagnostics: Vec<Diagnostic>,
    /// Files already read, by their one true path.
    read: BTreeSet<PathBuf>,
    /// Files whose includes are being read, the outermost first.
    open: Vec<PathBuf>,
    has_read_stdin: bool,
    includes: usize,
}

impl Loader {
    fn add_stdin(&mut self) {
        if std::mem::replace(&mut self.has_read_stdin, true) {
            return;
        }
        match read_bounded(io::stdin().lock(), Limits::default().bytes) {
            Ok(bytes) => self.add_bytes(STDIN, None, Path::new(""), bytes, None),
            Err(problem) => self.unreadable(STDIN, &problem, None),
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        match files::scenarios_in(folder, Depth::Flat) {
            Ok(found) if found.is_empty() => self.diagnostics.push(
                Diagnostic::error("input/no-scenario", format!("`{}` holds no scenario", folder.display()))
                    .help("the name of a scenario file ends in .vnetdig.yaml, .vnetdig.yml or .vnetdig.json"),
            ),
            Ok(found) => found.iter().for_each(|file| self.add_ordinary_file(file, None)),
            Err(error) => self.unreadable(&folder.display().to_string(), &Problem::Io(error), None),
        }
    }

    /// Reads a file that nobody named on the command line. A pipe or a device there would let everybody wait.
    fn add_ordinary_file(&mut self, path: &Path, place: Option<Span>) {
        if files::is_ordinary(path) {
            return self.add_file(path, place);
        }
        let error = io::Error::other(files::NOT_ORDINARY);
        self.unreadable(&path.display().to_string(), &Problem::Io(error), place);
    }

    /// Reads a file and what it includes; `place` is where it is named, unless that was the command line.
    fn add_file(&mut self, path: &Path, place: Option<Span>) {
        let name = path.display().to_string();
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => return self.unreadable_file(path, error, place),
        };
        // What a shell puts in the place of a command, `<(…)`, has no path.
        let identity = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Some(outermost) = self.open.iter().position(|open| *open == identity) {
            let ring = self.open.len() - outermost;
            let message = match ring {
                1 => format!("`{name}` includes itself"),
                _ => format!("`{name}` includes itself, by way of {} other files", ring - 1),
            };
            self.diagnostics.push(Diagnostic::error("include/cycle", message).at(place));
            return;
        }
        if !self.read.insert(identity.clone()) {
            return;
        }
        tracing::debug!(file = name, "reads");
        match read_bounded(file, Limits::default().bytes) {
            Ok(bytes) => {
                self.open.push(identity.clone());
                self.add_bytes(&name, Some(identity), path.parent().unwrap_or(Path::new("")), bytes, place);
                self.open.pop();
            }
            Err(problem) => self.unreadable(&name, &problem, place),
        }
    }

    fn add_bytes(&mut self, name: &str, file: Option<PathBuf>, folder: &Path, bytes: Vec<u8>, place: Option<Span>) {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return self.diagnostics.push(not_utf8(name, &error).at(place)),
        };
        // A byte order mark says nothing in UTF-8; without it columns are what an editor shows.
        let text = text.strip_prefix('\u{feff}').map_or(Cow::Borrowed(&*text), |rest| rest.to_owned().into());
        let source = self.sources.add(name, &*text);
        self.files.extend(file.map(|file| (source, file)));
        let Parsed { value: document, diagnostics } = scenario::parse(&self.sources, source, &Limits::default());
        let includes = document.includes();
        self.diagnostics.extend(diagnostics);
        self.documents.push(document);
        for (path, span) in includes {
            self.includes += 1;
            if self.includes > MAX_INCLUDES {
                if self.includes == MAX_INCLUDES + 1 {
                    let message = format!("more than {MAX_INCLUDES} files are included");
                    self.diagnostics.push(Diagnostic::error("include/too-many", message).at(span));
                }
                return;
            }
            self.add_ordinary_file(&folder.join(path), Some(span));
        }
    }

    fn unreadable(&mut self, name: &str, problem: &Problem, place: Option<Span>) {
        let name = if name == STDIN { "standard input".to_owned() } else { format!("`{name}`") };
        self.diagnostics.push(match problem {
            Problem::TooBig => {
                let limit = Limits::default().bytes >> 20;
                Diagnostic::error("input/too-large", format!("{name} is larger than {limit} MiB")).at(place)
            }
            Problem::Io(error) => {
                Diagnostic::error("input/unreadable", format!("cannot read {name}: {}", reason(error))).at(place)
            }
        });
    }

    fn unreadable_file(&mut self, path: &Path, error: io::Error, place: Option<Span>) {
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        self.unreadable(&path.display().to_string(), &Problem::Io(error), place);
        if let Some(near) = nearest_file(path).filter(|_| is_missing)
            && let Some(last) = self.diagnostics.last_mut()
        {
            last.help = Some(format!("did you mean `{}`?", near.display()));
        }
    }

    fn finish(mut self, switches: &[(String, String)]) -> Loaded {
        let mut scenario = None;
        // A text that could not be read lacks declarations; to complain about what refers to them would be noise.
        // One that could is understood as far as possible, so that every mistake is told in one run.
        if !has_error(self.diagnostics.iter().filter(|found| UNREAD.iter().any(|kind| found.code.starts_with(kind)))) {
            let lowered = scenario::lower(&self.documents, switches);
            self.diagnostics.extend(lowered.diagnostics);
            scenario = Some(lowered.value).filter(|_| !has_error(&self.diagnostics));
        }
        let Self { sources, files, documents, diagnostics, .. } = self;
        Loaded { sources, files, documents, scenario, diagnostics }
    }
}

fn has_error<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> bool {
    diagnostics.into_iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

enum Problem {
    TooBig,
    Io(io::Error),
}

/// Reads all there is, but never more than a text may have: a device does not end.
fn read_bounded(source: impl io::Read, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(Problem::Io)?;
    if bytes.len() > limit { Err(Problem::TooBig) } else { Ok(bytes) }
}

/// Reads what somebody pasted. Consoles write in many encodings: what is not UTF-8 or UTF-16 is read as far as it goes,
/// and what a letter was that is not ASCII matters to no format.
pub(crate) fn pasted(path: &Path) -> Result<String, String> {
    let name = if path.as_os_str() == STDIN { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    let io = |error: &io::Error| format!("cannot read {name}: {}", reason(error));
    let read = if path.as_os_str() == STDIN {
        read_bounded(io::stdin().lock(), LONGEST_PASTE)
    } else {
        read_bounded(File::open(path).map_err(|error| io(&error))?, LONGEST_PASTE)
    };
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(Problem::Io(error)) => return Err(io(&error)),
        Err(Problem::TooBig) => {
            return Err(format!("{name} is larger than the {LONGEST_PASTE} bytes allowed"));
        }
    };
    let units = |order: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes[2..].chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect()
    };
    let text = match bytes.as_slice() {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)),
        _ => {
            let text = String::from_utf8_lossy(&bytes);
            text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
        }
    };
    // Before anything else, so that no message repeats one of them.
    Ok(without_secrets(&text))
}

/// The reason in words a person uses, where the system's are not.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        _ => error.to_string(),
    }
}

fn nearest_file(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).take(1000).collect();
    names.sort();
    let wrong = path.file_name()?.to_str()?;
    let near = nearest(wrong, names.iter().map(String::as_str).filter(|name| *name != wrong))?;
    Some(path.with_file_name(near))
}

fn not_utf8(name: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let at = error.utf8_error().valid_up_to();
    let bytes = error.as_bytes();
    let name = if name == STDIN { "standard input".to_owned() } else { format!("`{name}`") };
    let message = format!("{name} is not UTF-8: byte {:#04x} at offset {at}", bytes[at]);
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let help = if is_utf16 { "it looks like UTF-16; save it as UTF-8" } else { "save it as UTF-8" };
    Diagnostic::error("input/not-utf-8", message).help(help)
}

//! Files: finding scenarios in folders, and writing without leaving halves behind.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// How the name of a scenario file ends.
const ENDINGS: [&str; 3] = [".vnetdig.yaml", ".vnetdig.yml", ".vnetdig.json"];

/// Whether a file's name says that it is a scenario.
pub(crate) fn is_scenario(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Why a pipe or a device is not read, unless somebody names it on the command line.
pub(crate) const NOT_ORDINARY: &str = "it is not an ordinary file";

/// Whether reading a path ends. What is not there, or is a folder, is an error of its own.
pub(crate) fn is_ordinary(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |found| found.is_file() || found.is_dir())
}

/// How deep a folder is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Only what lies in it.
    Flat,
    /// Every folder below it, hidden ones and symbolic links to folders aside.
    Recursive,
}

/// The scenario files of a folder, in the order of their names.
pub(crate) fn scenarios_in(folder: &Path, depth: Depth) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if entry.file_type()?.is_dir() {
                if depth == Depth::Recursive && !is_hidden {
                    folders.push(path);
                }
            } else if is_scenario(&path) && !is_hidden {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a new file in one piece; a file that exists is left alone and is an error.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let beside = write_beside(path, 0, bytes)?;
    // A hard link, unlike a renaming, refuses to replace what somebody else made in the meantime.
    let linked = fs::hard_link(&beside, path);
    let result = match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs::rename(&beside, path),
        other => other,
    };
    let _ = fs::remove_file(&beside);
    result
}

/// Writes a file in one piece, in place of the one that may be there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        // A device or a pipe cannot be replaced, and need not be.
        return fs::write(path, bytes);
    }
    let beside = write_beside(path, 0, bytes)?;
    fs::rename(&beside, path).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// A file to be written in place of what it held before.
pub(crate) struct Rewrite {
    /// The file itself, no link to it.
    pub(crate) path: PathBuf,
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

/// Writes files in place of what they held, all of them or none: what was written when one fails is put back. The file
/// that failed is named.
pub(crate) fn rewrite(files: &[Rewrite]) -> Result<(), (PathBuf, io::Error)> {
    let failed = |file: &Rewrite, error: io::Error| (file.path.clone(), error);
    let mut beside: Vec<PathBuf> = Vec::new();
    let forget = |beside: &[PathBuf]| {
        for path in beside {
            let _ = fs::remove_file(path);
        }
    };
    for (number, file) in files.iter().enumerate() {
        let prepared = unchanged(file).and_then(|permissions| {
            let path = write_beside(&file.path, number, &file.after)?;
            beside.push(path.clone());
            fs::set_permissions(path, permissions)
        });
        if let Err(error) = prepared {
            forget(&beside);
            return Err(failed(file, error));
        }
    }
    for (number, file) in files.iter().enumerate() {
        if let Err(error) = fs::rename(&beside[number], &file.path) {
            forget(&beside[number..]);
            for written in &files[..number] {
                let _ = fs::write(&written.path, &written.before);
            }
            return Err(failed(file, error));
        }
    }
    Ok(())
}

/// The permissions of a file that may be written and still holds what it did.
fn unchanged(file: &Rewrite) -> io::Result<fs::Permissions> {
    let permissions = fs::metadata(&file.path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::other("it is read-only"));
    }
    if fs::read(&file.path)? != file.before {
        return Err(io::Error::other("it was changed in the meantime"));
    }
    Ok(permissions)
}

fn write_beside(path: &Path, number: usize, bytes: &[u8]) -> io::Result<PathBuf> {
    // Not made of the name itself, which may be as long as a name can be.
    let beside = path.with_file_name(format!(".vnetdig.{}.{number}.tmp", std::process::id()));
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(beside),
        Err(error) => {
            if error.kind() != io::ErrorKind::AlreadyExists {
                let _ = fs::remove_file(&beside);
            }
            Err(error)
        }
    }
}

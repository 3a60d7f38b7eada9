//! How far the run is, for somebody who watches and waits.

use std::io::{Write as _, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::console::Console;

/// A run shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_millis(250);

/// How many files are done, of how many.
pub(super) struct Progress<'a> {
    pub(super) done: &'a AtomicUsize,
    pub(super) total: usize,
}

impl Progress<'_> {
    /// Does the work. If it takes long and standard error is a terminal, a line there counts the files.
    pub(super) fn show_during<T>(&self, work: impl FnOnce() -> T) -> T {
        if !Console::is_watched() {
            return work();
        }
        std::thread::scope(|scope| {
            let (finished, waiting) = channel::<()>();
            scope.spawn(move || {
                let mut wait = PATIENCE;
                while waiting.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    wait = EVERY;
                    let done = self.done.load(Ordering::Relaxed);
                    let _ = write!(stderr(), "\r\x1b[K{done} of {} files", self.total);
                }
                if wait == EVERY {
                    let _ = write!(stderr(), "\r\x1b[K");
                }
            });
            let result = work();
            drop(finished);
            result
        })
    }
}

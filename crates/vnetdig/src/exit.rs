//! Exit statuses: stable, and documented in the README.

use std::process::ExitCode;

/// What the command says with its exit status.
///
/// The order is the order of precedence: when several apply, the greatest one is the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Exit {
    /// It holds: the records asked for came; connections are opened; every check holds.
    Holds,
    /// There is nothing to do: no check, no client.
    NothingToDo,
    /// Undetermined, or it depends on chance.
    Undetermined,
    /// It does not hold: the records asked for did not come; a connection is not opened; some check failed.
    DoesNotHold,
    /// The arguments make no sense.
    Usage,
    /// Input is unreadable or invalid.
    InvalidInput,
    /// The answer could not be written.
    Unwritable,
    /// We are wrong.
    OurFault,
}

impl Exit {
    /// The number.
    pub(crate) const fn status(self) -> u8 {
        match self {
            Self::Holds => 0,
            Self::DoesNotHold => 1,
            Self::Usage => 2,
            Self::NothingToDo => 3,
            Self::Undetermined => 4,
            Self::InvalidInput => 5,
            // The two of sysexits.h that fit: EX_SOFTWARE and EX_IOERR.
            Self::OurFault => 70,
            Self::Unwritable => 74,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

/// The table as help shows it.
pub(crate) const TABLE: &str = "\
Exit status:
  0   it holds: the records asked for came, the connection is opened, every check holds, there is no gap,
      nothing looks wrong; explain: the goal holds; fix: it holds afterwards; matrix and graph: the answer was
      written
  1   it does not hold: the records asked for did not come, the connection is not opened, some check failed,
      there is a gap, something looks wrong; explain: causes were found; fix: none was found, or the files
      cannot say it
  2   the arguments make no sense
  3   there is nothing to do: no check, no client
  4   undetermined, or it depends on chance
  5   input is unreadable or invalid
  70  our fault
  74  the answer could not be written";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_beats_undetermined_and_invalid_input_beats_both() {
        for (left, right, worst) in [
            (Exit::Holds, Exit::Undetermined, 4),
            (Exit::DoesNotHold, Exit::Undetermined, 1),
            (Exit::DoesNotHold, Exit::InvalidInput, 5),
            (Exit::OurFault, Exit::InvalidInput, 70),
        ] {
            assert_eq!(left.max(right).status(), worst, "{left:?} and {right:?}");
        }
    }

    #[test]
    fn the_table_lists_every_status() {
        let every = [
            Exit::Holds,
            Exit::DoesNotHold,
            Exit::Usage,
            Exit::NothingToDo,
            Exit::Undetermined,
            Exit::InvalidInput,
            Exit::OurFault,
            Exit::Unwritable,
        ];
        for exit in every {
            let starts = |line: &str| line.split_whitespace().next() == Some(&exit.status().to_string());
            assert!(TABLE.lines().any(starts), "{exit:?}");
        }
    }
}

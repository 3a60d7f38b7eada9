//! The words in which C libraries, kernels and servers say why something failed.

use vnetdig_model::ResponseCode;
use vnetdig_model::observation::{ConnectionResult, Rejection, Seen};

/// What words say of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// NXDOMAIN.
    NxDomain,
    /// NXDOMAIN, or NOERROR without an address: the program prints the same for both (S-012).
    NoSuchName,
    /// NOERROR without an address.
    NoAddress,
    /// SERVFAIL, or nothing in time.
    TryAgain,
    /// The server answered with another failure.
    ServerFailure,
    /// REFUSED, FORMERR or NOTIMP.
    NoRecovery,
    /// Nothing in time.
    Timeout,
}

/// Words of `gai_strerror` and of Windows Sockets, in the languages of Windows that are known here.
const NAMES: [(&str, Reason); 27] = [
    ("Name or service not known", Reason::NxDomain), // glibc, EAI_NONAME (S-012)
    ("No address associated with hostname", Reason::NoAddress), // glibc, EAI_NODATA (S-012)
    ("Temporary failure in name resolution", Reason::TryAgain),
    ("Non-recoverable failure in name resolution", Reason::NoRecovery),
    ("Name does not resolve", Reason::NoSuchName),     // musl
    ("Name has no usable address", Reason::NoAddress), // musl
    ("Try again", Reason::TryAgain),                   // musl
    ("nodename nor servname provided, or not known", Reason::NoSuchName), // macOS
    ("No such host is known", Reason::NoSuchName),     // Windows, 11001
    ("Der angegebene Host ist unbekannt", Reason::NoSuchName),
    ("Es ist kein solcher Host bekannt", Reason::NoSuchName),
    ("Hôte inconnu", Reason::NoSuchName),
    ("te inconnu", Reason::NoSuchName),
    ("そのようなホストは不明です", Reason::NoSuchName),
    ("no data of the requested type was found", Reason::NoAddress), // Windows, 11004
    ("temporary error during hostname resolution", Reason::TryAgain), // Windows, 11002
    ("non-recoverable error occurred during a database lookup", Reason::NoRecovery), // Windows, 11003
    ("Unknown host", Reason::NoSuchName),
    ("unknown host", Reason::NoSuchName),
    ("no such host", Reason::NoSuchName),
    ("server misbehaving", Reason::ServerFailure),
    ("Temporary failure", Reason::TryAgain),
    ("EAI_AGAIN", Reason::TryAgain),
    ("getaddrinfo failed", Reason::NoSuchName), // Python on Windows, 11001
    ("i/o timeout", Reason::Timeout),
    ("timed out", Reason::Timeout),
    ("timeout", Reason::Timeout),
];

/// Words about a connection. A refusal by the server comes first: it can mention a time or a host as well.
const CONNECTIONS: [(&str, ConnectionResult); 34] = [
    ("no pg_hba.conf entry", ConnectionResult::Rejected(Rejection::NoHbaEntry)),
    ("password authentication failed", ConnectionResult::Rejected(Rejection::Credentials)),
    ("Login failed for user", ConnectionResult::Rejected(Rejection::Credentials)),
    ("Access denied for user", ConnectionResult::Rejected(Rejection::Credentials)),
    ("FATAL:", ConnectionResult::Rejected(Rejection::Other)),
    ("timeout expired", ConnectionResult::TimedOut),
    ("onnection timed out", ConnectionResult::TimedOut),
    ("peration timed out", ConnectionResult::TimedOut),
    ("i/o timeout", ConnectionResult::TimedOut),
    ("onnect timed out", ConnectionResult::TimedOut),
    ("context deadline exceeded", ConnectionResult::TimedOut),
    ("did not properly respond after a period of time", ConnectionResult::TimedOut),
    ("connection attempt failed because", ConnectionResult::TimedOut),
    ("0x0000274C/10060", ConnectionResult::TimedOut),
    ("ETIMEDOUT", ConnectionResult::TimedOut),
    ("onnection refused", ConnectionResult::Refused),
    ("actively refused", ConnectionResult::Refused),
    ("0x0000274D/10061", ConnectionResult::Refused),
    ("ECONNREFUSED", ConnectionResult::Refused),
    ("onnection reset", ConnectionResult::Reset),
    ("ECONNRESET", ConnectionResult::Reset),
    ("forcibly closed", ConnectionResult::Reset),
    ("server closed the connection unexpectedly", ConnectionResult::Reset),
    ("o route to host", ConnectionResult::Unreachable),
    ("etwork is unreachable", ConnectionResult::Unreachable),
    ("unreachable host", ConnectionResult::Unreachable),
    ("unreachable network", ConnectionResult::Unreachable),
    ("EHOSTUNREACH", ConnectionResult::Unreachable),
    ("ENETUNREACH", ConnectionResult::Unreachable),
    ("Operation timed out", ConnectionResult::TimedOut),
    ("timed out", ConnectionResult::TimedOut),
    ("timeout", ConnectionResult::TimedOut),
    ("succeeded", ConnectionResult::Opened),
    ("refused", ConnectionResult::Refused),
];

/// What the words say of a name, if they are known.
pub(super) fn of_name(words: &str) -> Option<Seen> {
    NAMES.iter().find(|(known, _)| words.contains(known)).map(|(_, reason)| seen(*reason))
}

/// What the words say of a connection; words that are not known say only that it failed.
pub(super) fn of_connection(words: &str) -> ConnectionResult {
    let known = CONNECTIONS.iter().find(|(known, _)| words.contains(known));
    known.map_or(ConnectionResult::Failed, |(_, result)| result.clone())
}

/// What came of a question, by its reason.
pub(super) fn seen(reason: Reason) -> Seen {
    let failure = |rcodes: &[ResponseCode], or_silence| Seen::ServerFailure { rcodes: rcodes.to_vec(), or_silence };
    match reason {
        Reason::NxDomain => Seen::NoSuchName { rcodes: vec![ResponseCode::NXDomain] },
        Reason::NoSuchName => Seen::NoSuchName { rcodes: vec![ResponseCode::NXDomain, ResponseCode::NoError] },
        Reason::NoAddress => Seen::NoAddress,
        Reason::TryAgain => failure(&[ResponseCode::ServFail], true),
        Reason::ServerFailure => failure(&[ResponseCode::ServFail, ResponseCode::Refused], false),
        Reason::NoRecovery => failure(&[ResponseCode::Refused, ResponseCode::FormErr, ResponseCode::NotImp], false),
        Reason::Timeout => Seen::Timeout,
    }
}

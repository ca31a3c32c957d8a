//! Ready-made ports for a laptop or a server: HTTP, SQLite, a software keystore, the system's clock and randomness.
//!
//! They run inside a tokio runtime, whose blocking threads carry the disk and the passphrase stretching.

mod http;
mod keystore;
mod memory;
mod sqlite;

pub use http::HttpNetwork;
pub use keystore::SoftwareKeystore;
pub use memory::MemoryStorage;
pub use sqlite::SqliteStorage;

use std::time::SystemTime;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use rand_core::CryptoRng;

use crate::time::Timestamp;

/// The operating system's randomness.
///
/// It panics when the system has none to give: no key may be made then.
pub fn system_rng() -> impl CryptoRng + Send + Sync {
    UnwrapErr(SysRng)
}

/// The operating system's clock, to the second.
pub fn system_now() -> Timestamp {
    let seconds = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    };
    let epoch = Timestamp::from_unix(0).expect("1970 is in range");
    epoch.plus_seconds(seconds)
}

/// Runs what blocks on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_is_past_the_day_this_was_written() {
        assert!(system_now() > "2025-11-01T00:00:00Z".parse().expect("a date"));
    }
}

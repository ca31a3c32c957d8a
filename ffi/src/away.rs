//! Calls away from the thread that asked: a phone's main thread draws its screen.

use std::panic::resume_unwind;

use tokio::task::JoinSet;

/// Runs `call` on a thread of the library's own, and drops it as soon as nobody waits for it any more.
pub(crate) async fn away<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> T {
    let mut tasks = JoinSet::new();
    tasks.spawn(call);
    let done = tasks.join_next().await.expect("one task was spawned");
    done.unwrap_or_else(|fault| resume_unwind(fault.into_panic()))
}

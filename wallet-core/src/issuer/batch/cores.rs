//! The same work on many things, on every core.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use crate::error::Result;

/// Does `work` on each of `items` with its place among them, on every core, and returns what it gave, in their order; the first
/// failure by that order is the failure of all.
///
/// The calling thread waits for the others.
pub(super) fn on_each<T: Send, U: Send>(items: Vec<T>, work: impl Fn(usize, T) -> Result<U> + Sync) -> Result<Vec<U>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(cores).max(1);
    let mut items = items.into_iter().enumerate();
    let shares = std::iter::from_fn(|| Some(items.by_ref().take(share).collect::<Vec<_>>()).filter(|share| !share.is_empty()));
    let work = &work;
    let all = |share: Vec<(usize, T)>| share.into_iter().map(|(place, item)| work(place, item)).collect::<Result<Vec<U>>>();
    thread::scope(|scope| {
        let workers: Vec<_> = shares.map(|share| scope.spawn(move || all(share))).collect();
        let done = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        Ok(done.collect::<Result<Vec<Vec<U>>>>()?.into_iter().flatten().collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::WalletError;

    #[test]
    fn answers_come_in_the_order_of_what_was_asked() {
        for count in [0, 1, 2, 3, 100] {
            let doubled = on_each((0..count).collect(), |place, item: usize| Ok((place, 2 * item)));
            assert_eq!(doubled, Ok((0..count).map(|item| (item, 2 * item)).collect()));
        }
    }

    #[test]
    fn first_failure_by_order_is_told() {
        let failed = on_each((0..50).collect(), |_, item: usize| match item {
            17 | 49 => Err(WalletError::misused(item)),
            _ => Ok(()),
        });
        assert_eq!(failed, Err(WalletError::misused(17)));
    }
}

//! How long a door waits for a node that lags, turns away or stays silent, before it says that nothing is known.

use std::future::{Future, poll_fn};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_timer::Delay;

/// How long a node that answers late, badly or not at all is asked again; whoever drops the future that waits ends the waiting.
///
/// Pauses grow twofold, and each is any part of its length (exponential back-off with full jitter), so that many who were turned
/// away at once do not come back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often one thing is asked for, the first time included.
    pub tries: u32,
    /// The longest first pause.
    pub first: Duration,
    /// The longest pause of all.
    pub longest: Duration,
    /// How long one question is followed up, with all its round trips, tries and pauses.
    pub total: Duration,
    /// A number of the app's own, which makes its pauses other than those of every other app that asks the same.
    pub seed: u64,
}

impl Default for Patience {
    /// Five tries with pauses of a quarter of a second to two seconds, half a minute in all.
    fn default() -> Self {
        let (first, longest) = (Duration::from_millis(250), Duration::from_secs(4));
        Self { tries: 5, first, longest, total: Duration::from_secs(30), seed: 0 }
    }
}

impl Patience {
    /// The pauses between the tries at one thing, told apart from those at another.
    pub(crate) fn pauses(&self, thing: &impl Hash) -> Pauses {
        let mut hasher = DefaultHasher::new();
        (self.seed, thing).hash(&mut hasher);
        Pauses { patience: *self, state: hasher.finish(), taken: 0, waited: Duration::ZERO }
    }

    /// What `task` comes to, unless that takes longer than the patience lasts.
    pub(crate) async fn within<T>(&self, task: impl Future<Output = T>) -> Option<T> {
        let mut task = pin!(task);
        let mut end = Delay::new(self.total);
        poll_fn(|context| match task.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => Pin::new(&mut end).poll(context).map(|()| None),
        })
        .await
    }
}

/// The pauses between the tries at one thing.
pub(crate) struct Pauses {
    patience: Patience,
    state: u64,
    taken: u32,
    waited: Duration,
}

impl Pauses {
    /// Waits before the next try, `at_least` so long; false when there is to be none.
    pub(crate) async fn wait(&mut self, at_least: Duration) -> bool {
        match self.next(at_least) {
            Some(pause) => {
                Delay::new(pause).await;
                true
            }
            None => false,
        }
    }

    fn next(&mut self, at_least: Duration) -> Option<Duration> {
        if self.taken + 1 >= self.patience.tries {
            return None;
        }
        let doubled = self.patience.first.saturating_mul(1 << self.taken.min(20));
        let pause = at_least + self.any_part_of(doubled.min(self.patience.longest));
        self.taken += 1;
        self.waited += pause;
        (self.waited <= self.patience.total).then_some(pause)
    }

    /// A part of `whole` by the next number of SplitMix64, which is plenty for a pause.
    fn any_part_of(&mut self, whole: Duration) -> Duration {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        whole.mul_f64((mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(patience: Patience, thing: &str) -> Vec<Duration> {
        let mut pauses = patience.pauses(&thing);
        std::iter::from_fn(|| pauses.next(Duration::ZERO)).collect()
    }

    #[test]
    fn pauses_are_parts_of_lengths_that_double_up_to_the_longest() {
        let patience = Patience { tries: 9, ..Patience::default() };
        let (mut longest, mut halves) = ([Duration::ZERO; 8], 0);
        for thing in 0..200 {
            let pauses = all(patience, &thing.to_string());
            assert_eq!(pauses.len(), 8, "one pause fewer than tries");
            for (place, (pause, limit)) in pauses.iter().zip([250, 500, 1000, 2000, 4000, 4000, 4000, 4000]).enumerate() {
                assert!(*pause <= Duration::from_millis(limit));
                longest[place] = longest[place].max(*pause);
                halves += usize::from(*pause * 2 > Duration::from_millis(limit));
            }
        }
        assert!(longest[0] > Duration::from_millis(225) && longest[7] > Duration::from_millis(3600), "{longest:?}");
        assert!((700..900).contains(&halves), "about half of 1600 are in the upper half: {halves}");
    }

    #[test]
    fn pauses_differ_by_what_is_asked_and_by_the_apps_own_number() {
        let (one, other) = (Patience::default(), Patience { seed: 1, ..Patience::default() });
        assert_eq!(all(one, "a"), all(one, "a"));
        assert_ne!(all(one, "a"), all(one, "b"));
        assert_ne!(all(one, "a"), all(other, "a"));
    }

    #[test]
    fn patience_ends_with_its_tries_or_its_time_whichever_is_first() {
        assert!(all(Patience { tries: 1, ..Patience::default() }, "a").is_empty());
        let mut pauses = Patience::default().pauses(&"a");
        assert!(pauses.next(Duration::from_secs(25)).is_some());
        assert_eq!(pauses.next(Duration::from_secs(25)), None, "half a minute is over");
    }

    #[tokio::test]
    async fn task_that_takes_too_long_is_given_up() {
        let patience = Patience { total: Duration::from_millis(20), ..Patience::default() };
        assert_eq!(patience.within(std::future::ready(7)).await, Some(7));
        assert_eq!(patience.within(std::future::pending::<u8>()).await, None);
    }
}

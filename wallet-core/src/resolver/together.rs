//! Asking several at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// A future that is not the only one of its kind.
pub(super) type Task<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Waits for all of `tasks`, which go on side by side, and returns what each gave, in their order.
pub(super) async fn all<T: Unpin>(tasks: Vec<Task<'_, T>>) -> Vec<T> {
    let mut tasks: Vec<(Task<'_, T>, Option<T>)> = tasks.into_iter().map(|task| (task, None)).collect();
    poll_fn(|context| {
        for (task, done) in tasks.iter_mut().filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(value) = task.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        if tasks.iter().all(|(_, done)| done.is_some()) {
            return Poll::Ready(tasks.iter_mut().filter_map(|(_, done)| done.take()).collect());
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn tasks_go_on_side_by_side_and_answer_in_their_order() {
        let started = Instant::now();
        let wait = |n: u64| -> Task<'_, u64> {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(200 - 50 * n)).await;
                n
            })
        };
        assert_eq!(all(vec![wait(0), wait(1), wait(2)]).await, [0, 1, 2]);
        assert!(started.elapsed() < Duration::from_millis(400));
        assert_eq!(all::<u64>(Vec::new()).await, Vec::<u64>::new());
    }
}

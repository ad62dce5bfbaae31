#![expect(clippy::disallowed_methods, reason = "callers that come before and after a flight")]

use std::sync::atomic::AtomicUsize;

use engine::{Class, Effect};

use super::*;

fn fault() -> Fault {
    Fault {
        class: Class::Throttled,
        effect: Effect::None,
        operation: "DescribeVpcs",
        code: "RequestLimitExceeded".into(),
        message: String::new(),
        request_id: None,
    }
}

/// Answers when it is let go, and counts.
async fn ask(
    asked: &AtomicUsize,
    gate: &tokio::sync::Notify,
    answer: Result<Vec<u8>, Fault>,
) -> Result<Vec<u8>, Fault> {
    asked.fetch_add(1, Ordering::SeqCst);
    gate.notified().await;
    answer
}

#[tokio::test]
async fn a_young_answer_is_shared_and_an_old_one_is_asked_again() {
    let (shared, asked, gate) = (Shared::default(), AtomicUsize::new(0), tokio::sync::Notify::new());
    let before = Instant::now();
    for expected in [1, 1] {
        gate.notify_one();
        let (started, answer) = shared.get(before, ask(&asked, &gate, Ok(vec![1]))).await;
        assert_eq!((answer.unwrap().as_ref(), asked.load(Ordering::SeqCst)), ([1].as_slice(), expected));
        assert!(started >= before);
    }
    let later = Instant::now();
    let (started, answer) = shared.get(later, ask(&asked, &gate, Ok(vec![2]))).await;
    assert_eq!((answer.unwrap().as_ref(), asked.load(Ordering::SeqCst)), ([2].as_slice(), 2));
    assert!(started >= later);
}

/// Everyone wants an answer that is younger than its own arrival: whoever arrives during a flight shares the next one.
#[tokio::test]
async fn a_crowd_costs_two_flights() {
    let (shared, asked, gate) = (Shared::default(), AtomicUsize::new(0), tokio::sync::Notify::new());
    let crowd = (0..100).map(|_| shared.get(Instant::now(), ask(&asked, &gate, Ok(vec![1]))));
    let crowd = futures::future::join_all(crowd);
    let release = async {
        for _ in 0..2 {
            tokio::task::yield_now().await;
            gate.notify_one();
        }
    };
    let (answers, ()) = tokio::join!(crowd, release);
    assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
    assert!(asked.load(Ordering::SeqCst) <= 2, "{asked:?}");
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_waited_and_asked_again_by_who_comes_later() {
    let (shared, asked, gate) = (Shared::default(), AtomicUsize::new(0), tokio::sync::Notify::new());
    let not_before = Instant::now();
    let crowd = (0..10).map(|_| shared.get(not_before, ask(&asked, &gate, Err::<Vec<u8>, _>(fault()))));
    let crowd = futures::future::join_all(crowd);
    let (answers, ()) = tokio::join!(crowd, async { gate.notify_one() });
    assert!(answers.iter().all(|(_, answer)| answer.is_err()));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(shared.answered.last(), None, "a failure is no answer");
    gate.notify_one();
    let (started, answer) = shared.get(not_before, ask(&asked, &gate, Ok(vec![1]))).await;
    assert!(answer.is_ok());
    assert_eq!(shared.answered.last(), Some(started));
}

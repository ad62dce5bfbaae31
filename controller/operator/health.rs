//! Whether this process lives, and whether it is ready: what the kubelet asks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::time::{MissedTickBehavior, interval};

use super::serve::Answer;

/// How often the main loop says that it lives.
const BEAT: Duration = Duration::from_secs(5);

/// For how long it may be silent. What drives watches, queue and lease never waits for anything else; it is stuck.
const SILENCE: Duration = Duration::from_mins(1);

/// What is known of this process.
#[derive(Debug)]
pub struct Health {
    beat: Mutex<Instant>,
    ready: AtomicBool,
}

impl Health {
    /// Of a process that lives since `now` and is not ready yet.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { beat: Mutex::new(now), ready: AtomicBool::new(false) }
    }

    /// Ready, or not any more.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    /// Beats for as long as whatever it runs beside lets it.
    pub async fn beats(&self) -> std::convert::Infallible {
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            *self.beat.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
    }

    /// The answer to a probe of `path`, at `now`.
    #[must_use]
    pub fn answer(&self, path: &str, now: Instant) -> Option<Answer> {
        let beat = *self.beat.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = now.saturating_duration_since(beat);
        let (holds, why) = match path {
            "/healthz" => (silent < SILENCE, format!("the main loop has been stuck for {} s", silent.as_secs())),
            "/readyz" => (self.ready.load(Ordering::Relaxed), "starting or stopping".to_owned()),
            _ => return None,
        };
        let status = if holds { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        Some(Answer::text(status, if holds { "ok" } else { &why }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_lives_while_its_main_loop_turns_and_is_ready_when_it_says_so() {
        let start = Instant::now();
        let health = Health::new(start);
        let status = |path: &str, later: u64| {
            health.answer(path, start + Duration::from_secs(later)).map(|answer| answer.status.as_u16())
        };
        let cases = [
            ("/healthz", 0, Some(200)),
            ("/healthz", 59, Some(200)),
            ("/healthz", 60, Some(503)),
            ("/metrics", 0, None),
        ];
        for (path, later, expected) in cases {
            assert_eq!(status(path, later), expected, "{path} after {later} s");
        }
        for (ready, expected) in [(false, 503), (true, 200), (false, 503)] {
            health.set_ready(ready);
            assert_eq!(status("/readyz", 0), Some(expected));
        }
    }
}

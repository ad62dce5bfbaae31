use super::*;

const TIMING: Timing =
    Timing { duration: Duration::from_secs(15), deadline: Duration::from_secs(10), retry: Duration::from_secs(2) };

/// The clock that decides, and a wall clock that stands still, years before what records say.
struct Bench {
    start: Instant,
    wall: Timestamp,
}

impl Bench {
    fn new() -> Self {
        Self { start: Instant::now(), wall: "2026-11-24T01:00:00Z".parse().unwrap() }
    }

    fn at(&self, seconds: u64) -> Now {
        Now { instant: self.start + Duration::from_secs(seconds), timestamp: self.wall }
    }
}

fn held(by: &str, transitions: i32) -> LeaseSpec {
    let time: Timestamp = "2031-01-01T00:00:00Z".parse().unwrap();
    LeaseSpec {
        holder_identity: Some(by.to_owned()),
        lease_duration_seconds: Some(15),
        acquire_time: Some(MicroTime(time)),
        renew_time: Some(MicroTime(time)),
        lease_transitions: Some(transitions),
        ..LeaseSpec::default()
    }
}

/// A turn in a word, with the transitions of what it writes.
fn word(turn: &Turn) -> String {
    let transitions = |spec: &LeaseSpec| {
        assert_eq!(spec.holder_identity.as_deref(), Some("me"));
        assert_eq!(spec.lease_duration_seconds, Some(15));
        spec.lease_transitions.unwrap()
    };
    match turn {
        Turn::Acquire(spec) => format!("acquire {}", transitions(spec)),
        Turn::Renew(spec) => format!("renew {}", transitions(spec)),
        Turn::Wait => "wait".to_owned(),
        Turn::Lost(Loss::Deadline) => "lost".to_owned(),
        Turn::Lost(Loss::Taken(by)) => format!("lost to {by:?}"),
    }
}

/// A candidate that led from the start of `bench` on.
fn leader(bench: &Bench) -> Candidate {
    let mut candidate = Candidate::new("me".into(), TIMING);
    candidate.written(held("me", 3), bench.at(0).instant);
    candidate
}

#[test]
fn a_candidate_acquires_what_nobody_holds_and_waits_for_the_rest() {
    let unpromised = LeaseSpec { lease_duration_seconds: None, ..held("other", 3) };
    let brief = LeaseSpec { lease_duration_seconds: Some(5), ..held("other", 3) };
    let cases = [
        ("none", None, 0, "acquire 0"),
        ("empty record", Some(LeaseSpec::default()), 0, "acquire 1"),
        ("released", Some(held("", 3)), 0, "acquire 4"),
        ("just seen, however old it says it is", Some(held("other", 3)), 0, "wait"),
        ("seen for long", Some(held("other", 3)), 14, "wait"),
        ("seen for too long", Some(held("other", 3)), 15, "acquire 4"),
        ("its own promise counts", Some(brief), 5, "acquire 4"),
        ("without a promise, ours", Some(unpromised), 14, "wait"),
        ("ours, and the answer was lost", Some(held("me", 3)), 0, "acquire 3"),
    ];
    for (name, lease, later, expected) in cases {
        let (bench, mut candidate) = (Bench::new(), Candidate::new("me".into(), TIMING));
        if later > 0 {
            assert_eq!(word(&candidate.turn(lease.as_ref(), bench.at(0))), "wait", "{name}");
        }
        assert_eq!(word(&candidate.turn(lease.as_ref(), bench.at(later))), expected, "{name}");
        assert_eq!(candidate.until(), None, "{name}: nothing was written yet");
    }
}

#[test]
fn a_renewal_that_is_seen_starts_the_wait_anew() {
    let (bench, mut candidate) = (Bench::new(), Candidate::new("me".into(), TIMING));
    let renewed = LeaseSpec { renew_time: Some(MicroTime(bench.wall)), ..held("other", 3) };
    assert_eq!(word(&candidate.turn(Some(&held("other", 3)), bench.at(0))), "wait");
    assert_eq!(word(&candidate.turn(Some(&renewed), bench.at(14))), "wait");
    assert_eq!(word(&candidate.turn(Some(&renewed), bench.at(28))), "wait");
    assert_eq!(word(&candidate.turn(Some(&renewed), bench.at(29))), "acquire 4");
}

#[test]
fn a_leader_renews_until_its_deadline_or_until_the_record_names_another() {
    let cases = [
        ("in time", Some(held("me", 3)), 9, "renew 3"),
        ("too late, although nobody else came", Some(held("me", 3)), 10, "lost"),
        ("overwritten", Some(held("other", 4)), 1, "lost to \"other\""),
        ("emptied by somebody", Some(held("", 3)), 1, "lost to \"\""),
        ("deleted", None, 1, "renew 0"),
        ("deleted, and found out too late", None, 10, "lost"),
    ];
    for (name, lease, later, expected) in cases {
        let bench = Bench::new();
        let mut leader = leader(&bench);
        let turn = leader.turn(lease.as_ref(), bench.at(later));
        assert_eq!(word(&turn), expected, "{name}");
        assert_eq!(leader.until().is_none(), matches!(turn, Turn::Lost(_)), "{name}");
    }
}

/// The deadline runs from before the request, and a renewal keeps since when it leads.
#[test]
fn a_renewal_moves_the_deadline_and_nothing_else() {
    let bench = Bench::new();
    let mut leader = leader(&bench);
    let Turn::Renew(spec) = leader.turn(Some(&held("me", 3)), bench.at(4)) else { panic!("no renewal") };
    assert_eq!(spec.acquire_time, held("me", 3).acquire_time);
    assert_eq!(spec.renew_time, Some(MicroTime(bench.wall)));
    assert_eq!(leader.until(), Some(bench.at(10).instant), "not before it is written");
    leader.written(spec, bench.at(4).instant);
    assert_eq!(leader.until(), Some(bench.at(14).instant));
}

/// Whoever lost and whoever waits never act at the same time: the one stops by its own deadline, the other begins after the whole
/// duration.
#[test]
fn no_two_act_at_the_same_time() {
    let bench = Bench::new();
    let mut leader = leader(&bench);
    let mut other = Candidate::new("other".into(), TIMING);
    let begin = (0..60).find(|second| {
        let turn = other.turn(Some(&held("me", 3)), bench.at(*second));
        matches!(turn, Turn::Acquire(_))
    });
    let end = (0..60).find(|second| matches!(leader.turn(Some(&held("me", 3)), bench.at(*second)), Turn::Lost(_)));
    assert_eq!((end, begin), (Some(10), Some(15)));
}

#[test]
fn what_is_given_up_is_ours_and_keeps_its_count() {
    let bench = Bench::new();
    let leader = leader(&bench);
    assert_eq!(leader.released(&held("other", 4), bench.wall), None);
    let released = leader.released(&held("me", 3), bench.wall).unwrap();
    assert_eq!((released.holder_identity.as_deref(), released.lease_transitions), (Some(""), Some(3)));
    assert_eq!(released.lease_duration_seconds, Some(1));
    let mut next = Candidate::new("me".into(), TIMING);
    assert_eq!(word(&next.turn(Some(&released), bench.at(0))), "acquire 4");
}

#[test]
fn intervals_that_cannot_work_are_refused() {
    let seconds = |duration, deadline, retry| Timing {
        duration: Duration::from_secs(duration),
        deadline: Duration::from_secs(deadline),
        retry: Duration::from_secs(retry),
    };
    let cases = [
        (seconds(15, 10, 2), true),
        (seconds(3, 2, 1), true),
        (seconds(10, 10, 2), false),
        (seconds(15, 2, 2), false),
        (seconds(15, 10, 0), false),
    ];
    for (timing, works) in cases {
        assert_eq!(timing.check().is_ok(), works, "{timing:?}");
    }
}

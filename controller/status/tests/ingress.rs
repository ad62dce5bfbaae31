//! Where a stack is called, and how its way in is.

use engine::{Class, Phase};

use super::bench::{Bench, fault, key, kind, network, piece};
use crate::api::spec::{Domain, ReadinessProbe};
use crate::api::status::{ConditionStatus::*, Outputs};
use crate::aws::{ENDPOINT, INACTIVE, ISSUER, TARGET, attribute};
use crate::status::{Answer, Probed};

/// A stack whose way in stands.
fn built() -> Bench {
    let mut bench = network();
    bench.declared.extend([
        piece("load-balancer/main", &[]),
        piece("vpc-link/main", &[]),
        piece("api/main", &["vpc-link/main"]),
        piece("stage/default", &["api/main"]),
    ]);
    bench.settle();
    bench
}

fn sets(bench: &mut Bench, of: &str, name: &'static str, value: &str) {
    let of = key(of);
    let live = bench.cloud.live.iter_mut().find(|live| live.key == of).unwrap();
    live.attributes.insert(name.into(), value.to_owned());
}

fn outputs(bench: &Bench) -> Outputs {
    bench.status().outputs.clone().unwrap()
}

#[test]
fn the_endpoint_is_the_apis_own_until_a_domain_leads_to_it() {
    let mut bench = built();
    sets(&mut bench, "api/main", ENDPOINT, "https://a1.execute-api.eu-west-1.amazonaws.com");
    bench.settle();
    let before = outputs(&bench);
    assert_eq!(before.api_endpoint.as_deref(), Some("https://a1.execute-api.eu-west-1.amazonaws.com"));
    assert!(before.nlb_arn.unwrap().starts_with("load-balancer-"));
    assert_eq!(before.domain_target, None);

    let domain = |name: &str| Domain { name: name.to_owned(), certificate_arn: "arn".to_owned() };
    bench.spec.as_mut().unwrap().api.domain = Some(domain("api.example.com"));
    bench.declared.push(piece("domain-name/main", &[]));
    bench.settle();
    sets(&mut bench, "domain-name/main", TARGET, "d-1.execute-api.eu-west-1.amazonaws.com");
    bench.settle();
    assert_eq!(outputs(&bench).domain_target.as_deref(), Some("d-1.execute-api.eu-west-1.amazonaws.com"));
    assert_eq!(outputs(&bench).api_endpoint, before.api_endpoint, "it does not lead there yet");

    bench.declared.push(piece("api-mapping/main", &["domain-name/main"]));
    bench.settle();
    assert_eq!(outputs(&bench).api_endpoint.as_deref(), Some("https://api.example.com"));
    bench.spec.as_mut().unwrap().api.domain = Some(domain("*.example.com"));
    bench.settle();
    assert_eq!(outputs(&bench).api_endpoint, before.api_endpoint, "a wildcard is nobody's address");
}

#[test]
fn what_cannot_be_read_keeps_its_last_word() {
    let mut bench = built();
    sets(&mut bench, "api/main", ENDPOINT, "https://a1.execute-api.eu-west-1.amazonaws.com");
    bench.settle();
    let before = outputs(&bench);
    for unread in ["api", "load-balancer"] {
        bench.unknown.insert(kind(unread), fault(Class::Denied, "AccessDeniedException"));
    }
    bench.pass();
    let after = outputs(&bench);
    assert_eq!((after.api_endpoint, after.nlb_arn), (before.api_endpoint, before.nlb_arn));
}

/// Each part of the way in flips its section and `Ready`, and both come back.
#[test]
fn ready_means_that_every_hop_stands() {
    for (part, section) in [
        ("load-balancer/main", "LoadBalancerReady"),
        ("vpc-link/main", "ApiReady"),
        ("api/main", "ApiReady"),
        ("stage/default", "ApiReady"),
    ] {
        let mut bench = built();
        assert_eq!((bench.is(section), bench.is("Ready")), ((True, "Ready"), (True, "Ready")));
        let phase = |bench: &mut Bench, phase: Phase| {
            let live = bench.cloud.live.iter_mut().find(|live| live.key == key(part)).unwrap();
            live.phase = phase;
            bench.settle();
        };
        phase(&mut bench, Phase::Broken("not deployed".into()));
        assert_eq!((bench.is(section), bench.is("Ready")), ((False, "Broken"), (False, "Broken")), "{part}");
        assert!(bench.message("Ready").contains(part), "{}", bench.message("Ready"));
        phase(&mut bench, Phase::Ready);
        assert_eq!((bench.is(section), bench.is("Ready")), ((True, "Ready"), (True, "Ready")), "{part}");
    }
}

#[test]
fn a_link_that_sleeps_is_named_and_stays_ready() {
    let mut bench = built();
    bench.spec.as_mut().unwrap().network.ecs_cidr = "100.64.0.0/16".parse().unwrap();
    bench.settle();
    assert_eq!(bench.condition("Warning"), None);
    sets(&mut bench, "vpc-link/main", INACTIVE, "true");
    bench.settle();
    assert_eq!(bench.is("Warning"), (True, "VpcLinkInactive"));
    assert!(bench.message("Warning").starts_with("vpc-link/main"), "{}", bench.message("Warning"));
    assert_eq!((bench.is("ApiReady"), bench.is("Ready")), ((True, "Ready"), (True, "Ready")));
}

/// A stack whose API is called, with a probe.
fn probing(client: Option<&str>) -> Bench {
    let mut bench = built();
    sets(&mut bench, "api/main", ENDPOINT, "https://a1.execute-api.eu-west-1.amazonaws.com");
    let probe = ReadinessProbe { path: "/healthz".to_owned(), client: client.map(str::to_owned) };
    bench.spec.as_mut().unwrap().api.readiness_probe = Some(probe);
    bench
}

#[test]
fn a_probe_is_due_when_the_api_stands() {
    let mut bench = probing(None);
    assert_eq!(bench.due, None, "not declared before");
    bench.settle();
    assert_eq!(bench.due, Some(("/healthz".to_owned(), None)));
    let live = bench.cloud.live.iter_mut().find(|live| live.key == key("stage/default")).unwrap();
    live.phase = Phase::Broken("not deployed".into());
    bench.settle();
    assert_eq!(bench.due, None);
}

/// A token is asked for when tasks may be expected to answer; what keeps them from that is told by their own condition.
#[test]
fn a_token_is_due_when_tasks_may_answer() {
    let mut bench = probing(Some("batch"));
    bench.declared.push(piece("user-pool/main", &[]));
    bench.declared.push(piece("ecs-service/main", &[]));
    bench.settle();
    let plain = Some(("/healthz".to_owned(), None));
    assert_eq!(bench.due, plain, "the issuer is not known yet");
    sets(&mut bench, "user-pool/main", ISSUER, "https://issuer.example/pool");
    let phase = |bench: &mut Bench, phase: Phase| {
        bench.cloud.live.iter_mut().find(|live| live.key == key("ecs-service/main")).unwrap().phase = phase;
        bench.settle();
        (bench.is("ServiceReady").1.to_owned(), bench.due.clone())
    };
    let token = Some(("/healthz".to_owned(), Some(("batch".to_owned(), "https://issuer.example/pool".to_owned()))));
    assert_eq!(phase(&mut bench, Phase::Ready), ("Ready".to_owned(), token.clone()));
    assert_eq!(phase(&mut bench, Phase::Pending("rolled out".into())), ("Progressing".to_owned(), plain.clone()));
    assert_eq!(phase(&mut bench, Phase::Broken("no healthy targets".into())), ("Broken".to_owned(), token));
    sets(&mut bench, "ecs-service/main", attribute::DESIRED, "0");
    assert_eq!(phase(&mut bench, Phase::Ready), ("ScaledToZero".to_owned(), plain));
}

fn without(answer: Answer) -> Probed {
    Probed { without_token: answer, with_token: None }
}

fn with(answer: Result<Answer, String>) -> Probed {
    Probed { without_token: Answer::Status(401), with_token: Some(answer) }
}

/// Each answer, and what `Ready` says of it: nothing, if it is as it should be.
#[track_caller]
fn counts(mut bench: Bench, cases: impl IntoIterator<Item = (Probed, &'static str)>) {
    for (probed, message) in cases {
        bench.probed = Some(probed.clone());
        bench.settle();
        let expected = if message.is_empty() { (True, "Ready") } else { (False, "ProbeFailed") };
        assert_eq!((bench.is("ApiReady"), bench.is("Ready")), (expected, expected), "{probed:?}");
        assert_eq!((bench.condition("Reconciling"), bench.condition("Stalled")), (None, None));
        if !message.is_empty() {
            assert_eq!(bench.message("Ready"), format!("spec.api.readinessProbe: {message}"));
            assert!(bench.rest() < super::bench::RESYNC);
        }
    }
    bench.spec.as_mut().unwrap().api.readiness_probe = None;
    bench.settle();
    assert_eq!(bench.is("Ready"), (True, "Ready"), "none is declared");
}

#[test]
fn who_has_no_token_is_refused() {
    let cases = [
        (without(Answer::Status(401)), ""),
        (without(Answer::Status(200)), "/healthz without a token was answered with 200 instead of 401"),
        (without(Answer::None("no route".into())), "/healthz without a token was not answered: no route"),
        (without(Answer::Status(401)), ""),
        (without(Answer::Status(503)), "/healthz without a token was answered with 503 instead of 401"),
    ];
    counts(probing(None), cases);
}

#[test]
fn who_has_a_token_is_served() {
    let served = |status| with(Ok(Answer::Status(status)));
    let cases = [
        (served(200), ""),
        (served(401), "/healthz with a token of client batch was answered with 401: the API does not accept it"),
        (
            served(403),
            "/healthz with a token of client batch was answered with 403: it has none of the scopes that the route asks for",
        ),
        (served(404), ""),
        (
            served(500),
            "/healthz with a token of client batch was answered with 500: the way to a task is closed, or the service fails",
        ),
        (
            served(503),
            "/healthz with a token of client batch was answered with 503: the way to a task is closed, or the service fails",
        ),
        (
            with(Ok(Answer::None("no answer within 10 seconds".into()))),
            "/healthz with a token of client batch was not answered: no answer within 10 seconds",
        ),
        (with(Err("the issuer says no".into())), "no token of client batch: the issuer says no"),
        (served(302), ""),
        (
            Probed { without_token: Answer::Status(200), ..served(200) },
            "/healthz without a token was answered with 200 instead of 401",
        ),
    ];
    counts(probing(Some("batch")), cases);
}

//! Where a stack is called, and how its way in is.

use engine::{Class, Phase};

use super::bench::{Bench, fault, key, kind, network, piece};
use crate::api::spec::{Domain, ReadinessProbe};
use crate::api::status::{ConditionStatus::*, Outputs};
use crate::aws::{ENDPOINT, INACTIVE, TARGET};
use crate::status::Probed;

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

#[test]
fn a_probe_is_sent_when_the_api_stands_and_its_answer_counts() {
    let mut bench = built();
    sets(&mut bench, "api/main", ENDPOINT, "https://a1.execute-api.eu-west-1.amazonaws.com");
    let probe = ReadinessProbe { path: "/healthz".to_owned(), client: None };
    bench.spec.as_mut().unwrap().api.readiness_probe = Some(probe);
    let refused = "spec.api.readinessProbe: /healthz without a token was";
    for (probed, expected, message) in [
        (Probed::Answered(401), (True, "Ready"), String::new()),
        (Probed::Answered(200), (False, "ProbeFailed"), format!("{refused} answered with 200 instead of 401")),
        (Probed::Unreachable("no route".into()), (False, "ProbeFailed"), format!("{refused} not answered: no route")),
        (Probed::Answered(401), (True, "Ready"), String::new()),
    ] {
        bench.probed = Some(probed.clone());
        bench.settle();
        assert_eq!((bench.is("ApiReady"), bench.is("Ready")), (expected, expected), "{probed:?}");
        assert_eq!((bench.condition("Reconciling"), bench.condition("Stalled")), (None, None));
        if !message.is_empty() {
            assert_eq!(bench.message("Ready"), message);
            assert!(bench.rest() < super::bench::RESYNC);
        }
    }
    bench.spec.as_mut().unwrap().api.readiness_probe = None;
    bench.probed = Some(Probed::Answered(200));
    bench.settle();
    assert_eq!(bench.is("Ready"), (True, "Ready"), "none is declared");
}

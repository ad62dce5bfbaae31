use aws_sdk_elasticloadbalancingv2::types::{ForwardActionConfig, TargetGroupTuple};

use super::*;
use crate::aws::sources::Detailed;
use crate::aws::wire::{Wire, ids, key, mark, request, said, stamp, tags, untagged, view};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/net/fs/1/2";
const BALANCER: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/fs/1";
const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/fs/1";

fn listener() -> Listener {
    Listener {
        name: "main",
        load_balancer: LoadBalancer::reference("main"),
        port: 80,
        target_group: TargetGroup::reference("main"),
    }
}

fn known() -> Ids {
    ids([(key::<LoadBalancer>("main"), BALANCER), (key::<TargetGroup>("main"), GROUP)])
}

fn as_declared() -> ListenerSeen {
    ListenerSeen {
        load_balancer: BALANCER.to_owned(),
        protocol: "TCP".to_owned(),
        port: 80,
        target_group: GROUP.to_owned(),
    }
}

fn listed(arn: &str, port: i32, action: Action) -> Sdk {
    Sdk::builder()
        .listener_arn(arn)
        .load_balancer_arn(BALANCER)
        .protocol(ProtocolEnum::Tcp)
        .port(port)
        .default_actions(action)
        .build()
}

fn xml() -> String {
    format!(
        "<Listeners><member><ListenerArn>{ARN}</ListenerArn><LoadBalancerArn>{BALANCER}</LoadBalancerArn>\
         <Protocol>TCP</Protocol><Port>80</Port><DefaultActions><member><Type>forward</Type>\
         <TargetGroupArn>{GROUP}</TargetGroupArn></member></DefaultActions></member></Listeners>"
    )
}

#[test]
fn fields_are_compared() {
    let cases = [
        (as_declared(), "in sync"),
        (ListenerSeen { load_balancer: "arn-2".to_owned(), ..as_declared() }, "replace loadBalancer"),
        (ListenerSeen { protocol: "UDP".to_owned(), ..as_declared() }, "update protocol"),
        (ListenerSeen { port: 81, ..as_declared() }, "update port"),
        (ListenerSeen { target_group: String::new(), ..as_declared() }, "update targetGroup"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&listener().compare(&seen, &known())), expected, "{seen:?}");
    }
    for missing in [key::<LoadBalancer>("main"), key::<TargetGroup>("main")] {
        let mut ids = known();
        ids.remove(&missing);
        assert_eq!(said(&listener().compare(&as_declared(), &ids)), format!("unknown {missing}"));
    }
}

/// What somebody else lets our load balancer listen to is not declared, so it goes.
#[test]
fn everything_that_listens_is_read() {
    let marked = stamp().tags(&key::<Listener>("main"), 1, Tags::new());
    let config = ForwardActionConfig::builder()
        .target_groups(TargetGroupTuple::builder().target_group_arn(GROUP).build())
        .build();
    let in_config = Action::builder().r#type(ActionTypeEnum::Forward).forward_config(config).build();
    let listed = vec![
        ListedListener { listener: listed(ARN, 80, in_config), tags: marked.clone() },
        ListedListener { listener: listed("arn-2", 443, forward(&Id::from(GROUP))), tags: Tags::new() },
    ];
    let detailed = Detailed { listeners: [(BALANCER, listed)].into_iter().collect(), ..Detailed::default() };
    let read = Listener::read(&View { detailed, ..view() }, &stamp().owner);
    let [ours, theirs] = read.try_into().unwrap();
    assert_eq!((ours.key, ours.attempt, ours.id.as_str()), (key::<Listener>("main"), 1, ARN));
    assert_eq!((ours.phase, ours.seen, ours.tags), (Phase::Ready, as_declared(), marked));
    assert_eq!((ours.on, ours.within), (vec![Id::from(BALANCER), Id::from(GROUP)], Some(Id::from(BALANCER))));
    assert_eq!((theirs.key, theirs.id.as_str()), (key::<Listener>("port-443"), "arn-2"));
}

#[tokio::test]
async fn a_create_carries_all_tags() {
    let wire = Wire::default().answer_query("CreateListener", &xml());
    let mark = mark(&listener());
    let made = listener().create(&wire.cloud().elb, &known(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.phase, made.seen), (ARN, Phase::Ready, as_declared()));
    assert_eq!(made.within, Some(Id::from(BALANCER)));
    let requests = wire.requests();
    let create = [
        ("LoadBalancerArn", BALANCER),
        ("Protocol", "TCP"),
        ("Port", "80"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", GROUP),
    ];
    assert_eq!(untagged(&requests[0]), request("CreateListener", &create));
    assert_eq!(tags(&requests[0]), mark.tags);
}

#[tokio::test]
async fn it_is_modified_as_a_whole() {
    let seen = ListenerSeen { port: 81, target_group: "arn-9".to_owned(), ..as_declared() };
    let live = mark(&listener()).live(ARN, Phase::Ready, seen);
    let wire = Wire::default().answer_query("ModifyListener", "");
    let after = listener().update(&wire.cloud().elb, &live, &[], &known()).await.unwrap();
    assert_eq!((after.seen, after.on), (as_declared(), vec![Id::from(BALANCER), Id::from(GROUP)]));
    let modify = [
        ("ListenerArn", ARN),
        ("Protocol", "TCP"),
        ("Port", "80"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", GROUP),
    ];
    assert_eq!(wire.requests(), [request("ModifyListener", &modify)]);
}

#[tokio::test]
async fn listeners_come_with_their_tags() {
    let tag = "<Tags><member><Key>team</Key><Value>shop</Value></member></Tags>";
    let described =
        format!("<TagDescriptions><member><ResourceArn>{ARN}</ResourceArn>{tag}</member></TagDescriptions>");
    for (subject, parameter) in [(BALANCER, "LoadBalancerArn"), (ARN, "ListenerArns.member.1")] {
        let wire = Wire::default().answer_query("DescribeListeners", &xml()).answer_query("DescribeTags", &described);
        let found = Listeners::ask(&wire.cloud().elb, &Id::from(subject)).await.unwrap().unwrap();
        assert_eq!((found.len(), found[0].tags["team"].as_str()), (1, "shop"));
        assert_eq!(wire.requests()[0], request("DescribeListeners", &[(parameter, subject)]));
    }
    for code in ["LoadBalancerNotFound", "ListenerNotFound"] {
        let wire = Wire::default().refuse_query(400, code);
        assert_eq!(Listeners::ask(&wire.cloud().elb, &Id::from(ARN)).await, Ok(None));
    }
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    let live = mark(&listener()).live(ARN, Phase::Ready, as_declared());
    let gone = Wire::default().refuse_query(400, "ListenerNotFound");
    for wire in [Wire::default().answer_query("DeleteListener", ""), gone] {
        assert_eq!(Listener::delete(&wire.cloud().elb, &live).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DeleteListener", &[("ListenerArn", ARN)])]);
    }
}

use engine::Class;

use super::*;
use crate::aws::sources::Listed;
use crate::aws::wire::{Wire, answer, key, mark, owned, request, said, sdk_tags, stamp, tags, untagged, view};

const GROUP: &str = "/fargatestack/shop/orders/flow";
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/fargatestack/shop/orders/flow-00";

fn log() -> FlowLog {
    FlowLog { vpc: Vpc::reference("main"), group: LogGroup::reference("flow"), role: Role::reference("flow") }
}

fn known() -> Ids {
    let known = |id: &str, arn: Option<&str>| engine::Known {
        id: Id::from(id),
        attributes: arn.map(|arn| (ARN.into(), arn.to_owned())).into_iter().collect(),
    };
    [
        (key::<Vpc>("main"), known("vpc-1", None)),
        (key::<LogGroup>("flow"), known(GROUP, None)),
        (key::<Role>("flow"), known("flow-00", Some(ROLE_ARN))),
    ]
    .into_iter()
    .collect()
}

fn seen() -> FlowLogSeen {
    log().declared(&known()).unwrap()
}

fn live_one() -> Live<FlowLogSeen> {
    mark(&log()).live("fl-1", Phase::Ready, seen())
}

fn shown() -> aws_sdk_ec2::types::builders::FlowLogBuilder {
    Sdk::builder()
        .flow_log_id("fl-1")
        .resource_id("vpc-1")
        .traffic_type(TrafficType::All)
        .log_group_name(GROUP)
        .deliver_logs_permission_arn(ROLE_ARN)
        .set_tags(owned::<FlowLog>("main"))
}

#[test]
fn all_of_it_is_fixed() {
    let cases = [
        (seen(), "in sync"),
        (FlowLogSeen { resource: "vpc-2".into(), ..seen() }, "replace resource"),
        (FlowLogSeen { traffic_type: "REJECT".into(), ..seen() }, "replace trafficType"),
        (FlowLogSeen { group_name: "other".into(), ..seen() }, "replace logGroup"),
        (FlowLogSeen { role_arn: "arn:other".into(), ..seen() }, "replace role"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&log().compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&log().compare(&seen(), &Ids::default())), "unknown vpc/main");
    let needs = [log().vpc.exists(), log().group.exists(), log().role.ready()];
    assert_eq!(log().needs(), needs);
}

#[test]
fn ours_is_read_with_what_it_hangs_on_and_what_is_not_delivered_is_broken() {
    let theirs = shown().set_tags(sdk_tags(&Tags::new())).build();
    let read = |log: Sdk| {
        let view = View { listed: Listed { flow_logs: answer([log, theirs.clone()]), ..Listed::default() }, ..view() };
        let [live] = FlowLog::read(&view, &stamp().owner).try_into().unwrap();
        live
    };
    let live = read(shown().deliver_logs_status("SUCCESS").build());
    assert_eq!((live.id.as_str(), live.phase, live.seen), ("fl-1", Phase::Ready, seen()));
    assert_eq!(live.on, ["vpc-1", GROUP, "flow-00"].map(Id::from));
    let failed = shown().deliver_logs_status("FAILED");
    let broken = read(failed.clone().deliver_logs_error_message("Access error").build());
    assert_eq!(broken.phase, Phase::Broken("lines are not delivered: Access error".into()));
    assert!(matches!(read(failed.build()).phase, Phase::Broken(_)));
}

#[tokio::test]
async fn a_create_watches_everything_and_carries_all_tags() {
    let wire = Wire::default().answer("CreateFlowLogs", "<flowLogIdSet><item>fl-1</item></flowLogIdSet>");
    let mark = mark(&log());
    let made = log().create(&wire.ec2(), &known(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), said(&log().compare(&made.seen, &known()))), ("fl-1", "in sync".into()));
    assert_eq!(made.on.len(), 3);
    let sent = &wire.requests()[0];
    let parameters = [
        ("ResourceId.1", "vpc-1"),
        ("ResourceType", "VPC"),
        ("TrafficType", "ALL"),
        ("LogDestinationType", "cloud-watch-logs"),
        ("LogGroupName", GROUP),
        ("DeliverLogsPermissionArn", ROLE_ARN),
    ];
    assert_eq!(untagged(sent), request("CreateFlowLogs", &parameters));
    assert_eq!(sent["TagSpecification.1.ResourceType"], "vpc-flow-log");
    assert_eq!(tags(sent), mark.tags);
}

fn unsuccessful(code: &str) -> String {
    format!("<unsuccessful><item><error><code>{code}</code><message>no</message></error></item></unsuccessful>")
}

#[tokio::test]
async fn what_a_successful_answer_refuses_is_a_fault() {
    for (code, class) in [("LogDestinationPermissionIssue", Class::Bug), ("InvalidVpcId.NotFound", Class::NotYet)] {
        let wire = Wire::default().answer("CreateFlowLogs", &unsuccessful(code));
        let fault = log().create(&wire.ec2(), &known(), &mark(&log())).await.unwrap_err();
        assert_eq!((fault.class, fault.code.as_str(), fault.operation), (class, code, "CreateFlowLogs"));
    }
    let wire = Wire::default().answer("DeleteFlowLogs", &unsuccessful("UnauthorizedOperation"));
    assert_eq!(FlowLog::delete(&wire.ec2(), &live_one()).await.unwrap_err().class, Class::Denied);
    let fault = log().create(&Wire::default().ec2(), &Ids::default(), &mark(&log())).await.unwrap_err();
    assert_eq!(fault.class, Class::NotYet);
}

/// Another flow log to the group: what a lost call of ours made is taken, what is somebody else's is named.
#[tokio::test]
async fn a_group_that_is_taken() {
    let create = async |tags: &Tags| {
        let tag = |(key, value): (&String, &String)| format!("<item><key>{key}</key><value>{value}</value></item>");
        let tags = tags.iter().map(tag).collect::<Vec<_>>().concat();
        let found = format!(
            "<flowLogSet><item><flowLogId>fl-0</flowLogId><resourceId>vpc-1</resourceId><trafficType>ALL</trafficType>\
             <logGroupName>{GROUP}</logGroupName><tagSet>{tags}</tagSet></item></flowLogSet>"
        );
        let wire = Wire::default()
            .answer("CreateFlowLogs", &unsuccessful("FlowLogAlreadyExists"))
            .answer("DescribeFlowLogs", &found);
        let made = log().create(&wire.ec2(), &known(), &mark(&log())).await;
        let filter = [("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", "vpc-1")];
        assert_eq!(wire.requests()[1], request("DescribeFlowLogs", &filter));
        made
    };
    assert_eq!(create(&mark(&log()).tags).await.unwrap().id.as_str(), "fl-0");
    let fault = create(&Tags::new()).await.unwrap_err();
    assert_eq!(fault.class, Class::Conflict);
    assert!(fault.message.starts_with("a flow log to /fargatestack/shop/orders/flow exists"), "{}", fault.message);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    let gone = [
        Wire::default().answer("DeleteFlowLogs", ""),
        Wire::default().answer("DeleteFlowLogs", &unsuccessful("InvalidFlowLogId.NotFound")),
        Wire::default().refuse(400, "InvalidFlowLogId.NotFound"),
    ];
    for wire in gone {
        assert_eq!(FlowLog::delete(&wire.ec2(), &live_one()).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DeleteFlowLogs", &[("FlowLogId.1", "fl-1")])]);
    }
}

#[tokio::test]
async fn marked_ones_are_listed_and_one_is_found_by_its_id() {
    let item = "<flowLogSet><item><flowLogId>fl-1</flowLogId></item></flowLogSet>";
    let wire = Wire::default().answer("DescribeFlowLogs", item).answer("DescribeFlowLogs", item);
    assert_eq!(FlowLogs::list(&wire.ec2()).await.unwrap().len(), 1);
    assert!(FlowLogs::find(&wire.ec2(), &Id::from("fl-1")).await.unwrap().is_some());
    let marked = [("Filter.1.Name", "tag-key"), ("Filter.1.Value.1", "fargatestack.dev/stack"), ("MaxResults", "1000")];
    let requests = [request("DescribeFlowLogs", &marked), request("DescribeFlowLogs", &[("FlowLogId.1", "fl-1")])];
    assert_eq!(wire.requests(), requests);
}

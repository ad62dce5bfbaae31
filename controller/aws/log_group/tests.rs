use engine::Class;
use serde_json::json;

use super::*;
use crate::aws::sources::{Detailed, Listed};
use crate::aws::wire::{Wire, answer, key, mark, request, said, stamp, tags, untagged, view};

const NAME: &str = "/fargatestack/shop/orders/tasks";
const GROUP_ARN: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:/fargatestack/shop/orders/tasks";

fn group() -> LogGroup {
    LogGroup { name: "tasks", group_name: NAME.to_owned(), retention_days: 30 }
}

fn seen(retention_days: Option<i32>) -> LogGroupSeen {
    LogGroupSeen { group_name: NAME.to_owned(), retention_days }
}

fn listed(name: &str) -> Sdk {
    let arn = format!("arn:aws:logs:eu-west-1:123456789012:log-group:{name}:*");
    Sdk::builder().log_group_name(name).arn(arn).retention_in_days(30).build()
}

#[test]
fn fields_are_compared() {
    let cases = [
        (seen(Some(30)), "in sync"),
        (seen(Some(7)), "update retentionDays"),
        (seen(None), "update retentionDays"),
        (LogGroupSeen { group_name: "/other".to_owned(), ..seen(Some(30)) }, "replace groupName"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&group().compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert!(group().needs().is_empty());
}

#[test]
fn ours_is_read_and_what_bears_another_mark_is_not() {
    let marked = stamp().tags(&key::<LogGroup>("tasks"), 2, Tags::new());
    let other = format!("{NAME}-of-others");
    let view = View {
        listed: Listed { log_groups: answer([listed(NAME), listed(&other)]), ..Listed::default() },
        detailed: Detailed {
            log_group_tags: [
                (GROUP_ARN.to_owned(), to_map(&marked)),
                (format!("{GROUP_ARN}-of-others"), TagMap::new()),
            ]
            .into_iter()
            .collect(),
            ..Detailed::default()
        },
        ..view()
    };
    let [live] = LogGroup::read(&view, &stamp().owner).try_into().unwrap();
    assert_eq!((live.key, live.attempt, live.id.as_str()), (key::<LogGroup>("tasks"), 2, NAME));
    assert_eq!((live.phase, live.seen, live.tags), (Phase::Ready, seen(Some(30)), marked));
    assert_eq!(live.attributes[ARN], GROUP_ARN);
}

#[test]
fn only_groups_under_the_stacks_name_are_asked_for_their_tags() {
    let names = [NAME, "/aws/vendedlogs/fargatestack/shop/orders/access", "/fargatestack/shop/orders2/tasks"];
    let listed = Listed { log_groups: answer(names.map(listed)), ..Listed::default() };
    let (view, owner, named) = (View { listed, ..view() }, stamp().owner, crate::aws::observe::Named::default());
    let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
    let subjects: Vec<_> = LogGroupTags::subjects(&look).iter().map(ToString::to_string).collect();
    let vended = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/fargatestack/shop/orders/access";
    assert_eq!(subjects, [vended, GROUP_ARN]);
}

#[tokio::test]
async fn a_create_carries_all_tags_and_sets_the_retention() {
    let wire = Wire::default().answer_json(&json!({})).answer_json(&json!({}));
    let mark = mark(&group());
    let made = group().create(&wire.cloud().logs, &Ids::default(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.phase, made.seen), (NAME, Phase::Ready, seen(Some(30))));
    let requests = wire.requests();
    assert_eq!(untagged(&requests[0]), request("CreateLogGroup", &[("logGroupName", NAME)]));
    assert_eq!(tags(&requests[0]), mark.tags);
    let retention = [("logGroupName", NAME), ("retentionInDays", "30")];
    assert_eq!(requests[1], request("PutRetentionPolicy", &retention));
}

#[tokio::test]
async fn a_group_without_its_retention_is_not_lost() {
    let wire = Wire::default().answer_json(&json!({})).refuse_json(400, "OperationAbortedException");
    let made = group().create(&wire.cloud().logs, &Ids::default(), &mark(&group())).await.unwrap();
    assert_eq!(said(&group().compare(&made.seen, &Ids::default())), "update retentionDays");
    let wire = Wire::default().answer_json(&json!({}));
    let made = group().update(&wire.cloud().logs, &made, &[], &Ids::default()).await.unwrap();
    assert_eq!(said(&group().compare(&made.seen, &Ids::default())), "in sync");
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn somebody_elses_group_of_that_name_is_a_conflict() {
    let wire = Wire::default().refuse_json(400, "ResourceAlreadyExistsException");
    let fault = group().create(&wire.cloud().logs, &Ids::default(), &mark(&group())).await.unwrap_err();
    assert_eq!((fault.class, fault.effect), (Class::Conflict, engine::Effect::None));
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    let live = mark(&group()).live(NAME, Phase::Ready, seen(Some(30)));
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(400, "ResourceNotFoundException")]
    {
        assert_eq!(LogGroup::delete(&wire.cloud().logs, &live).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DeleteLogGroup", &[("logGroupName", NAME)])]);
    }
}

#[tokio::test]
async fn a_group_that_somebody_protects_says_so() {
    let live = mark(&group()).live(NAME, Phase::Ready, seen(Some(30)));
    let described =
        |protected: bool| json!({"logGroups": [{"logGroupName": NAME, "deletionProtectionEnabled": protected}]});
    for (protected, expected) in [(true, Class::Conflict), (false, Class::Invalid)] {
        let wire = Wire::default().refuse_json(400, "ValidationException").answer_json(&described(protected));
        let fault = LogGroup::delete(&wire.cloud().logs, &live).await.unwrap_err();
        assert_eq!(fault.class, expected);
        assert_eq!(fault.message.contains("switch its deletion protection off"), protected, "{}", fault.message);
    }
    let denied = Wire::default().refuse_json(400, "AccessDeniedException");
    assert_eq!(LogGroup::delete(&denied.cloud().logs, &live).await.unwrap_err().class, Class::Denied);
}

#[tokio::test]
async fn both_prefixes_are_listed_and_an_id_is_matched_exactly() {
    let page = |names: &[&str]| {
        let groups: Vec<_> = names.iter().map(|name| json!({"logGroupName": name})).collect();
        json!({"logGroups": groups})
    };
    let wire = Wire::default().answer_json(&page(&[NAME])).answer_json(&page(&[]));
    assert_eq!(LogGroups::list(&wire.cloud().logs).await.unwrap().len(), 1);
    let prefixes = PREFIXES.map(|prefix| request("DescribeLogGroups", &[("logGroupNamePrefix", prefix)]));
    assert_eq!(wire.requests(), prefixes);
    let longer = format!("{NAME}-2");
    let wire = Wire::default().answer_json(&page(&[&longer]));
    assert_eq!(LogGroups::find(&wire.cloud().logs, &Id::from(NAME)).await, Ok(None));
}

#[tokio::test]
async fn tags_of_a_group_that_is_gone_are_none() {
    let arn = Id::from(GROUP_ARN);
    let wire = Wire::default().refuse_json(400, "ResourceNotFoundException");
    assert_eq!(LogGroupTags::ask(&wire.cloud().logs, &arn).await, Ok(None));
    let wire = Wire::default().answer_json(&json!({"tags": {"team": "shop"}}));
    let tags = LogGroupTags::ask(&wire.cloud().logs, &arn).await.unwrap().unwrap();
    assert_eq!(tags["team"], "shop");
    assert_eq!(wire.requests(), [request("ListTagsForResource", &[("resourceArn", GROUP_ARN)])]);
    let denied = Wire::default().refuse_json(400, "AccessDeniedException");
    assert_eq!(LogGroupTags::ask(&denied.cloud().logs, &arn).await.unwrap_err().class, Class::Denied);
}

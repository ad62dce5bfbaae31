use serde_json::json;

use super::*;
use crate::aws::sources::Listed;
use crate::aws::wire::{Wire, answer, ids, key, mark, request, said, stamp, tags, untagged, view};

const LINK_ARN: &str = "arn:aws:apigateway:eu-west-1::/vpclinks/l1";

fn link() -> VpcLink {
    VpcLink {
        name: "main",
        link_name: "shop/orders".to_owned(),
        subnets: ["ecs-a", "ecs-b"].map(Subnet::reference).into(),
        security_group: SecurityGroup::reference("vpc-link"),
    }
}

fn known() -> Ids {
    ids([
        (key::<Subnet>("ecs-a"), "subnet-1"),
        (key::<Subnet>("ecs-b"), "subnet-2"),
        (key::<SecurityGroup>("vpc-link"), "sg-1"),
    ])
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn as_declared() -> VpcLinkSeen {
    VpcLinkSeen {
        link_name: "shop/orders".to_owned(),
        subnets: set(&["subnet-1", "subnet-2"]),
        security_groups: set(&["sg-1"]),
    }
}

fn listed(status: VpcLinkStatus, marked: &Tags) -> Tagged<Sdk> {
    let it = Sdk::builder()
        .vpc_link_id("l1")
        .name("shop/orders")
        .subnet_ids("subnet-2")
        .subnet_ids("subnet-1")
        .security_group_ids("sg-1")
        .vpc_link_status(status)
        .vpc_link_status_message("no room")
        .set_tags(Some(to_map(marked)))
        .build();
    Tagged { arn: LINK_ARN.to_owned(), it }
}

#[test]
fn fields_are_compared() {
    let cases = [
        (as_declared(), "in sync"),
        (VpcLinkSeen { link_name: "another".to_owned(), ..as_declared() }, "update name"),
        (VpcLinkSeen { subnets: set(&["subnet-1"]), ..as_declared() }, "replace subnets"),
        (VpcLinkSeen { security_groups: set(&["sg-2"]), ..as_declared() }, "replace securityGroups"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&link().compare(&seen, &known())), expected, "{seen:?}");
    }
    for missing in [key::<Subnet>("ecs-b"), key::<SecurityGroup>("vpc-link")] {
        let mut ids = known();
        ids.remove(&missing);
        assert_eq!(said(&link().compare(&as_declared(), &ids)), format!("unknown {missing}"));
    }
    assert_eq!(link().needs().len(), 3);
}

/// An inactive link is not recreated: traffic wakes it.
#[test]
fn every_state_is_read() {
    let states = [
        (VpcLinkStatus::Available, Phase::Ready, false),
        (VpcLinkStatus::Inactive, Phase::Ready, true),
        (VpcLinkStatus::Pending, Phase::Pending("PENDING".to_owned()), false),
        (VpcLinkStatus::Failed, Phase::Failed("no room".to_owned()), false),
        (VpcLinkStatus::Deleting, Phase::Deleting, false),
        (VpcLinkStatus::from("NEW"), Phase::Pending("NEW".to_owned()), false),
    ];
    let marked = stamp().tags(&key::<VpcLink>("main"), 1, Tags::new());
    for (status, phase, inactive) in states {
        let listed = Listed { vpc_links: answer([listed(status, &marked)]), ..Listed::default() };
        let [live] = VpcLink::read(&View { listed, ..view() }, &stamp().owner).try_into().unwrap();
        assert_eq!((live.key, live.attempt, live.id.as_str()), (key::<VpcLink>("main"), 1, "l1"));
        assert_eq!((live.phase, live.seen, &live.tags), (phase, as_declared(), &marked));
        assert_eq!((live.attributes[ARN].as_str(), live.attributes.contains_key(INACTIVE)), (LINK_ARN, inactive));
        assert_eq!(live.on.iter().map(Id::as_str).collect::<Vec<_>>(), ["subnet-1", "subnet-2", "sg-1"]);
    }
    let listed = Listed { vpc_links: answer([listed(VpcLinkStatus::Available, &Tags::new())]), ..Listed::default() };
    assert!(VpcLink::read(&View { listed, ..view() }, &stamp().owner).is_empty(), "no mark");
}

#[tokio::test]
async fn a_create_carries_all_tags() {
    let wire = Wire::default().answer_json(&json!({"vpcLinkId": "l1", "vpcLinkStatus": "PENDING"}));
    let mark = mark(&link());
    let made = link().create(&wire.cloud().api, &known(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.seen, made.attributes[ARN].as_str()), ("l1", as_declared(), LINK_ARN));
    assert_eq!(made.phase, Phase::Pending("PENDING".to_owned()));
    let requests = wire.requests();
    let create = [
        ("name", "shop/orders"),
        ("subnetIds.0", "subnet-1"),
        ("subnetIds.1", "subnet-2"),
        ("securityGroupIds.0", "sg-1"),
    ];
    assert_eq!(untagged(&requests[0]), request("POST /v2/vpclinks", &create));
    assert_eq!(tags(&requests[0]), mark.tags);
}

#[tokio::test]
async fn only_its_name_is_updated() {
    let live = mark(&link()).live("l1", Phase::Ready, VpcLinkSeen { link_name: String::new(), ..as_declared() });
    let wire = Wire::default().answer_json(&json!({}));
    let after = link().update(&wire.cloud().api, &live, &[], &known()).await.unwrap();
    assert_eq!(after.seen, as_declared());
    assert_eq!(wire.requests(), [request("PATCH /v2/vpclinks/l1", &[("name", "shop/orders")])]);
}

#[tokio::test]
async fn deleting_takes_time_and_waits_for_what_refers_to_it() {
    let live = mark(&link()).live("l1", Phase::Ready, as_declared());
    let wire = Wire::default().answer_json(&json!({}));
    assert_eq!(VpcLink::delete(&wire.cloud().api, &live).await, Ok(Deletion::Going));
    assert_eq!(wire.requests(), [request("DELETE /v2/vpclinks/l1", &[])]);
    let wire = Wire::default().refuse_json(404, "NotFoundException");
    assert_eq!(VpcLink::delete(&wire.cloud().api, &live).await, Ok(Deletion::Gone));
    let wire = Wire::default().refuse_json(400, "BadRequestException");
    assert_eq!(VpcLink::delete(&wire.cloud().api, &live).await.unwrap_err().class, Class::NotYet);
}

#[tokio::test]
async fn lists_are_read_to_the_end() {
    let page = |id: &str, next: Option<&str>| json!({"items": [{"vpcLinkId": id}], "nextToken": next});
    let wire = Wire::default().answer_json(&page("l1", Some("more"))).answer_json(&page("l2", None));
    let links = VpcLinks::list(&wire.cloud().api).await.unwrap();
    let arns: Vec<_> = links.iter().map(|link| link.arn.as_str()).collect();
    assert_eq!(arns, [LINK_ARN, "arn:aws:apigateway:eu-west-1::/vpclinks/l2"]);
    let pages = ["GET /v2/vpclinks", "GET /v2/vpclinks?nextToken=more"].map(|call| request(call, &[]));
    assert_eq!(wire.requests(), pages);
}

#[tokio::test]
async fn one_is_found_by_its_id() {
    let marked = stamp().tags(&key::<VpcLink>("main"), 0, Tags::new());
    let wire = Wire::default().answer_json(&json!({
        "vpcLinkId": "l1", "name": "shop/orders", "subnetIds": ["subnet-2", "subnet-1"], "securityGroupIds": ["sg-1"],
        "vpcLinkStatus": "AVAILABLE", "vpcLinkStatusMessage": "no room", "tags": marked,
    }));
    let found = VpcLinks::find(&wire.cloud().api, &Id::from("l1")).await.unwrap().unwrap();
    assert_eq!(found, listed(VpcLinkStatus::Available, &marked));
    assert_eq!(VpcLinks::mark(&found), Some((Id::from("l1"), marked)));
    let wire = Wire::default().refuse_json(404, "NotFoundException");
    assert_eq!(VpcLinks::find(&wire.cloud().api, &Id::from("l1")).await, Ok(None));
}

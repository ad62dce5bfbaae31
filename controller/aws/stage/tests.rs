use serde_json::json;

use super::*;
use crate::aws::sources::Detailed;
use crate::aws::wire::{Wire, ids, key, mark, request, said, stamp, tags, untagged, view};

const LOG_ARN: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/fargatestack/shop/orders/access";
const STAGE_ARN: &str = "arn:aws:apigateway:eu-west-1::/apis/a1/stages/$default";

fn stage(logged: bool) -> Stage {
    Stage {
        api: HttpApi::reference("main"),
        routes: vec![ApiRoute::reference("$default")],
        rate: 1000,
        burst: 2000,
        access_log: logged.then(|| AccessLog { group: LogGroup::reference("access"), arn: LOG_ARN.to_owned() }),
    }
}

fn known() -> Ids {
    ids([(key::<HttpApi>("main"), "a1")])
}

fn standing(seen: StageSeen) -> Live<StageSeen> {
    live(key::<Stage>("default"), &Id::from("a1"), STAGE_ARN, seen)
}

fn listed(name: &str, message: Option<&str>, deployment: Option<&str>, tags: &Tags) -> Tagged<Sdk> {
    let limits = RouteSettings::builder().throttling_rate_limit(1000.0).throttling_burst_limit(2000).build();
    let log = AccessLogSettings::builder().destination_arn(format!("{LOG_ARN}:*")).format(FORMAT).build();
    let it = Sdk::builder()
        .stage_name(name)
        .auto_deploy(true)
        .default_route_settings(limits)
        .access_log_settings(log)
        .set_last_deployment_status_message(message.map(ToOwned::to_owned))
        .set_deployment_id(deployment.map(ToOwned::to_owned))
        .set_tags(Some(to_map(tags)))
        .build();
    Tagged { arn: STAGE_ARN.to_owned(), it }
}

#[test]
fn fields_are_compared() {
    let seen = || stage(true).as_declared("a1");
    let slow = (Some(999), Some(2000));
    let cases = [
        (seen(), "in sync"),
        (StageSeen { api: "a2".to_owned(), ..seen() }, "replace api"),
        (StageSeen { stage_name: "prod".to_owned(), ..seen() }, "replace stageName"),
        (StageSeen { auto_deploy: false, ..seen() }, "update autoDeploy"),
        (StageSeen { throttling: slow, ..seen() }, "update throttling"),
        (StageSeen { route_settings: ["$default".to_owned()].into(), ..seen() }, "update routeSettings"),
        (StageSeen { access_log: None, ..seen() }, "update accessLog"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&stage(true).compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&stage(true).compare(&seen(), &Ids::default())), "unknown api/main");
    assert_eq!((stage(true).needs().len(), stage(false).needs().len()), (3, 2));
}

#[test]
fn every_stage_of_the_api_is_read_with_how_its_deployment_went() {
    let marked = stamp().tags(&key::<Stage>("default"), 2, Tags::new());
    let cases = [
        (Some("Successfully deployed stage with deployment ID 'd1'"), Some("d1"), Phase::Ready),
        (None, Some("d1"), Phase::Ready),
        (None, None, Phase::Pending("not deployed yet".to_owned())),
        (
            Some("Unable to deploy: no routes"),
            Some("d0"),
            Phase::Broken("Unable to deploy: no routes; the next change of the API deploys it again".to_owned()),
        ),
    ];
    for (message, deployment, phase) in cases {
        let stages = vec![listed(DEFAULT, message, deployment, &marked), listed("prod", None, None, &Tags::new())];
        let detailed = Detailed { stages: [("a1", stages)].into_iter().collect(), ..Detailed::default() };
        let [ours, theirs] = Stage::read(&View { detailed, ..view() }, &stamp().owner).try_into().unwrap();
        assert_eq!((ours.key, ours.attempt, ours.id.as_str()), (key::<Stage>("default"), 2, "a1/$default"));
        assert_eq!((ours.phase, ours.seen), (phase, stage(true).as_declared("a1")));
        assert_eq!((&ours.tags, ours.attributes[ARN].as_str()), (&marked, STAGE_ARN));
        assert_eq!(ours.within, Some(Id::from("a1")));
        assert_eq!((theirs.key, theirs.attempt), (key::<Stage>("prod"), 0), "not declared, so it goes");
    }
}

#[tokio::test]
async fn a_create_deploys_by_itself_and_carries_all_tags() {
    let wire = Wire::default().answer_json(&json!({"stageName": "$default"}));
    let mark = mark(&stage(true));
    let made = stage(true).create(&wire.cloud().api, &known(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.seen), ("a1/$default", stage(true).as_declared("a1")));
    assert!(matches!(made.phase, Phase::Pending(_)), "deployed or not, the next look tells");
    assert_eq!((made.tags, made.attributes[ARN].as_str()), (mark.tags.clone(), STAGE_ARN));
    let requests = wire.requests();
    let create = [
        ("stageName", "$default"),
        ("autoDeploy", "true"),
        ("defaultRouteSettings.throttlingRateLimit", "1000.0"),
        ("defaultRouteSettings.throttlingBurstLimit", "2000"),
        ("accessLogSettings.destinationArn", LOG_ARN),
        ("accessLogSettings.format", FORMAT),
    ];
    assert_eq!(untagged(&requests[0]), request("POST /v2/apis/a1/stages", &create));
    assert_eq!(tags(&requests[0]), mark.tags);
}

#[tokio::test]
async fn a_stage_that_stands_is_taken_as_it_is() {
    let item = json!({"stageName": "$default", "autoDeploy": false, "deploymentId": "d1"});
    let wire = Wire::default().refuse_json(409, "ConflictException").answer_json(&json!({"items": [item]}));
    let found = stage(true).create(&wire.cloud().api, &known(), &mark(&stage(true))).await.unwrap();
    assert_eq!((found.id.as_str(), found.phase), ("a1/$default", Phase::Ready));
    assert_eq!(said(&stage(true).compare(&found.seen, &known())), "update autoDeploy, throttling, accessLog");
}

#[tokio::test]
async fn each_difference_has_its_call() {
    const PATH: &str = "/v2/apis/a1/stages/%24default";
    let update = async |declared: Stage, seen: StageSeen, calls: usize| {
        let wire = (0..calls).fold(Wire::default(), |wire, _| wire.answer_json(&json!({})));
        let changes = declared.compare(&seen, &known()).changeable().to_vec();
        let after = declared.update(&wire.cloud().api, &standing(seen), &changes, &known()).await.unwrap();
        assert_eq!(after.seen, declared.as_declared("a1"));
        wire.requests().iter().map(|request| request["Action"].clone()).collect::<Vec<_>>()
    };
    let logged = || stage(true).as_declared("a1");
    assert_eq!(update(stage(false), logged(), 1).await, [format!("DELETE {PATH}/accesslogsettings")]);
    let own_limits = StageSeen { route_settings: ["$default".to_owned()].into(), ..logged() };
    assert_eq!(update(stage(true), own_limits, 1).await, [format!("DELETE {PATH}/routesettings/%24default")]);
    let unlogged = stage(false).as_declared("a1");
    assert_eq!(update(stage(true), unlogged, 1).await, [format!("PATCH {PATH}")]);
}

/// AWS takes a thousand characters and asks for the id of the request.
#[test]
fn a_line_of_the_log_is_short_json() {
    assert!(FORMAT.len() <= 1024 && FORMAT.contains("$context.requestId"));
    let line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(FORMAT).unwrap();
    assert!(line.values().all(|value| value.as_str().unwrap().starts_with("$context.")));
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(404, "NotFoundException")] {
        let deleted = Stage::delete(&wire.cloud().api, &standing(stage(true).as_declared("a1"))).await;
        assert_eq!(deleted, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DELETE /v2/apis/a1/stages/%24default", &[])]);
    }
    let wire = Wire::default().answer_json(&json!({"stageName": "$default"}));
    assert_eq!(Stages::ask(&wire.cloud().api, &Id::from("a1/$default")).await, Ok(Some(Vec::new())));
}

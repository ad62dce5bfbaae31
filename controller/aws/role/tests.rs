use engine::{Class, Effect, Id, Tags};
use serde_json::json;

use super::*;
use crate::aws::clients::SdkTag;
use crate::aws::observe::Named;
use crate::aws::sources::{Detail, Detailed, Listed, Listing, Look};
use crate::aws::wire::{Request, Wire, answer, key, mark, request, said, stamp, tags, untagged, view};

const NAME: &str = "shop-orders-task-00";
const STACK_PATH: &str = "/fargatestack/shop/orders/";
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/fargatestack/shop/orders/shop-orders-task-00";
const MANAGED: &str = "arn:aws:iam::123456789012:policy/app";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/boundary";

fn document(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [action], "Resource": ["*"]}]})
}

fn role() -> Role {
    Role {
        name: "task",
        role_name: NAME.into(),
        path: STACK_PATH.into(),
        trust: document("sts:AssumeRole"),
        policy: Some(document("a:B")),
        managed: BTreeSet::from([MANAGED.to_owned()]),
        boundary: Some(BOUNDARY.into()),
    }
}

fn seen() -> RoleSeen {
    RoleSeen {
        role_name: NAME.into(),
        path: STACK_PATH.into(),
        trust: document("sts:AssumeRole").to_string(),
        inline: [(POLICY.to_owned(), document("a:B").to_string())].into(),
        managed: BTreeSet::from([MANAGED.to_owned()]),
        boundary: Some(BOUNDARY.into()),
    }
}

fn live(seen: RoleSeen) -> Live<RoleSeen> {
    mark(&role()).live(NAME, Phase::Ready, seen)
}

fn of_role(operation: &str, parameters: &[(&str, &str)]) -> Request {
    request(operation, &[&[("RoleName", NAME)], parameters].concat())
}

/// The role as IAM writes it, with `tags`.
fn shown(tags: &Tags) -> String {
    let tag = |(key, value): (&String, &String)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>");
    let tags = tags.iter().map(tag).collect::<Vec<_>>().concat();
    format!(
        "<Role><RoleName>{NAME}</RoleName><RoleId>AROA</RoleId><Path>{STACK_PATH}</Path><Arn>{ROLE_ARN}</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>\
         <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
         <PermissionsBoundaryArn>{BOUNDARY}</PermissionsBoundaryArn></PermissionsBoundary><Tags>{tags}</Tags></Role>",
        document("sts:AssumeRole").to_string().replace('"', "%22")
    )
}

/// Answers to the questions about one role.
fn detailed(wire: Wire, tags: &Tags) -> Wire {
    let policy = format!("<PolicyDocument>{}</PolicyDocument>", document("a:B").to_string().replace('"', "%22"));
    wire.answer_query("GetRole", &shown(tags))
        .answer_query(
            "ListAttachedRolePolicies",
            &format!("<AttachedPolicies><member><PolicyArn>{MANAGED}</PolicyArn></member></AttachedPolicies>"),
        )
        .answer_query("ListRolePolicies", &format!("<PolicyNames><member>{POLICY}</member></PolicyNames>"))
        .answer_query("GetRolePolicy", &format!("<RoleName>{NAME}</RoleName><PolicyName>{POLICY}</PolicyName>{policy}"))
}

fn done(operations: &[&str]) -> Wire {
    operations.iter().fold(Wire::default(), |wire, operation| wire.answer_query(operation, ""))
}

#[test]
fn fields_are_compared() {
    let more = |name: &str| [(name.to_owned(), document("a:B").to_string())].into_iter().chain(seen().inline).collect();
    let cases = [
        (seen(), "in sync"),
        (RoleSeen { trust: document("sts:Other").to_string(), ..seen() }, "update trust"),
        (RoleSeen { inline: BTreeMap::new(), ..seen() }, "update policy"),
        (RoleSeen { inline: more("theirs"), ..seen() }, "update policy"),
        (RoleSeen { managed: BTreeSet::new(), ..seen() }, "update managedPolicies"),
        (RoleSeen { boundary: None, ..seen() }, "update permissionsBoundary"),
        (RoleSeen { role_name: "other".into(), ..seen() }, "replace roleName"),
        (RoleSeen { path: "/".into(), ..seen() }, "replace path"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&role().compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert!(role().needs().is_empty());
}

#[test]
fn what_is_not_declared_is_drift_but_for_a_boundary() {
    let bare = Role { policy: None, managed: BTreeSet::new(), boundary: None, ..role() };
    assert_eq!(said(&bare.compare(&seen(), &Ids::default())), "update policy, managedPolicies");
    let emptied = RoleSeen { inline: BTreeMap::new(), managed: BTreeSet::new(), ..seen() };
    assert_eq!(said(&bare.compare(&emptied, &Ids::default())), "in sync");
}

#[tokio::test]
async fn ours_is_read_and_what_bears_another_mark_is_not() {
    let marked = stamp().tags(&key::<Role>("task"), 1, Tags::new());
    for (tags, expected) in [(marked.clone(), 1), (Tags::new(), 0)] {
        let wire = detailed(Wire::default(), &tags);
        let detail = RoleDetails::ask(&wire.cloud().iam, &Id::from(NAME)).await.unwrap().unwrap();
        let questions = [
            of_role("GetRole", &[]),
            of_role("ListAttachedRolePolicies", &[]),
            of_role("ListRolePolicies", &[]),
            of_role("GetRolePolicy", &[("PolicyName", POLICY)]),
        ];
        assert_eq!(wire.requests(), questions);
        let view = View {
            listed: Listed { roles: answer([detail.role.clone()]), ..Listed::default() },
            detailed: Detailed { role_details: [(NAME, detail)].into_iter().collect(), ..Detailed::default() },
            ..view()
        };
        let lives = Role::read(&view, &stamp().owner);
        assert_eq!(lives.len(), expected);
        for live in lives {
            assert_eq!((live.key, live.attempt, live.id.as_str()), (key::<Role>("task"), 1, NAME));
            assert_eq!((live.attributes[ARN].as_str(), live.tags), (ROLE_ARN, marked.clone()));
            assert_eq!(said(&role().compare(&live.seen, &Ids::default())), "in sync");
        }
    }
}

#[test]
fn only_roles_under_the_stacks_path_are_asked_about() {
    let listed = |name: &str, path: &str| {
        let time = aws_smithy_types::DateTime::from_secs(0);
        aws_sdk_iam::types::Role::builder()
            .role_name(name)
            .path(path)
            .arn(name)
            .role_id("r")
            .create_date(time)
            .build()
            .unwrap()
    };
    let roles = answer([listed("ours", STACK_PATH), listed("theirs", "/fargatestack/shop/orders2/")]);
    let view = View { listed: Listed { roles, ..Listed::default() }, ..view() };
    let (owner, named) = (stamp().owner, Named::default());
    let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
    assert_eq!(RoleDetails::subjects(&look), BTreeSet::from([Id::from("ours")]));
}

#[tokio::test]
async fn a_create_carries_all_tags_and_the_boundary_then_its_policies_follow() {
    let made = Wire::default().answer_query("CreateRole", &shown(&Tags::new()));
    let wire = made.answer_query("PutRolePolicy", "").answer_query("AttachRolePolicy", "");
    let mark = mark(&role());
    let live = role().create(&wire.cloud().iam, &Ids::default(), &mark).await.unwrap();
    assert_eq!((live.phase, live.id.as_str(), live.attributes[ARN].as_str()), (Phase::Ready, NAME, ROLE_ARN));
    assert_eq!(said(&role().compare(&live.seen, &Ids::default())), "in sync");
    let requests = wire.requests();
    let (trust, policy) = (document("sts:AssumeRole").to_string(), document("a:B").to_string());
    let parameters = [("Path", STACK_PATH), ("AssumeRolePolicyDocument", &trust), ("PermissionsBoundary", BOUNDARY)];
    assert_eq!(untagged(&requests[0]), of_role("CreateRole", &parameters));
    assert_eq!(tags(&requests[0]), mark.tags);
    assert_eq!(requests[1], of_role("PutRolePolicy", &[("PolicyName", POLICY), ("PolicyDocument", &policy)]));
    assert_eq!(requests[2], of_role("AttachRolePolicy", &[("PolicyArn", MANAGED)]));
}

#[tokio::test]
async fn a_role_without_its_policies_is_not_lost() {
    let made = Wire::default().answer_query("CreateRole", &shown(&Tags::new()));
    let wire = made.refuse_query(400, "Throttling");
    let live = role().create(&wire.cloud().iam, &Ids::default(), &mark(&role())).await.unwrap();
    assert!(matches!(live.phase, Phase::Pending(_)), "{:?}", live.phase);
    assert_eq!(said(&role().compare(&live.seen, &Ids::default())), "update policy, managedPolicies");
    let wire = done(&["PutRolePolicy", "AttachRolePolicy"]);
    let live = role().update(&wire.cloud().iam, &live, &[], &Ids::default()).await.unwrap();
    assert_eq!((live.phase, wire.requests().len()), (Phase::Ready, 2));
}

/// Found under the name: what a lost call of ours made is taken, what is somebody else's is named.
#[tokio::test]
async fn a_name_that_is_taken() {
    let mark = mark(&role());
    let create = async |tags: &Tags| {
        let wire = detailed(Wire::default().refuse_query(409, "EntityAlreadyExists"), tags);
        role().create(&wire.cloud().iam, &Ids::default(), &mark).await
    };
    assert_eq!(create(&mark.tags).await.unwrap().id.as_str(), NAME);
    let fault = create(&Tags::new()).await.unwrap_err();
    assert_eq!((fault.class, fault.effect), (Class::Conflict, Effect::None));
    assert!(fault.message.starts_with("role shop-orders-task-00 exists and is not marked"), "{}", fault.message);
}

#[tokio::test]
async fn each_difference_is_its_own_call() {
    let (trust, policy) = (document("sts:AssumeRole").to_string(), document("a:B").to_string());
    let foreign = [("theirs".to_owned(), policy.clone())].into_iter().chain(seen().inline).collect();
    let put = of_role("PutRolePolicy", &[("PolicyName", POLICY), ("PolicyDocument", &policy)]);
    let both = BTreeSet::from([MANAGED.to_owned(), "arn:theirs".to_owned()]);
    let cases = [
        (
            RoleSeen { boundary: Some("arn:other".into()), ..seen() },
            of_role("PutRolePermissionsBoundary", &[("PermissionsBoundary", BOUNDARY)]),
        ),
        (RoleSeen { trust: String::new(), ..seen() }, of_role("UpdateAssumeRolePolicy", &[("PolicyDocument", &trust)])),
        (RoleSeen { inline: foreign, ..seen() }, of_role("DeleteRolePolicy", &[("PolicyName", "theirs")])),
        (RoleSeen { inline: [(POLICY.to_owned(), "{}".to_owned())].into(), ..seen() }, put),
        (RoleSeen { managed: both, ..seen() }, of_role("DetachRolePolicy", &[("PolicyArn", "arn:theirs")])),
        (RoleSeen { managed: BTreeSet::new(), ..seen() }, of_role("AttachRolePolicy", &[("PolicyArn", MANAGED)])),
    ];
    for (seen, expected) in cases {
        let wire = done(&[expected["Action"].as_str()]);
        let after = role().update(&wire.cloud().iam, &live(seen.clone()), &[], &Ids::default()).await.unwrap();
        assert_eq!(wire.requests(), [expected]);
        assert_eq!(said(&role().compare(&after.seen, &Ids::default())), "in sync", "{seen:?}");
    }
}

#[tokio::test]
async fn a_delete_takes_the_policies_first() {
    let wire = done(&["DetachRolePolicy", "DeleteRolePolicy", "DeleteRole"]);
    assert_eq!(Role::delete(&wire.cloud().iam, &live(seen())).await, Ok(Deletion::Gone));
    let expected = [
        of_role("DetachRolePolicy", &[("PolicyArn", MANAGED)]),
        of_role("DeleteRolePolicy", &[("PolicyName", POLICY)]),
        of_role("DeleteRole", &[]),
    ];
    assert_eq!(wire.requests(), expected);
}

#[tokio::test]
async fn deleting_twice_is_no_fault_and_a_failure_is_one() {
    let gone = Wire::default().refuse_query(404, "NoSuchEntity").refuse_query(404, "NoSuchEntity");
    let gone = gone.refuse_query(404, "NoSuchEntity");
    assert_eq!(Role::delete(&gone.cloud().iam, &live(seen())).await, Ok(Deletion::Gone));
    assert_eq!(gone.requests().len(), 3);
    let used = done(&["DetachRolePolicy", "DeleteRolePolicy"]).refuse_query(409, "DeleteConflict");
    assert_eq!(Role::delete(&used.cloud().iam, &live(seen())).await.unwrap_err().class, Class::NotYet);
    let denied = Wire::default().refuse_query(403, "AccessDenied");
    assert_eq!(Role::delete(&denied.cloud().iam, &live(seen())).await.unwrap_err().class, Class::Denied);
}

#[tokio::test]
async fn a_role_that_is_gone_has_no_details() {
    let wire = Wire::default().refuse_query(404, "NoSuchEntity").refuse_query(404, "NoSuchEntity");
    let (iam, id) = (wire.cloud().iam, Id::from(NAME));
    assert_eq!(RoleDetails::ask(&iam, &id).await, Ok(None));
    assert_eq!(Roles::find(&iam, &id).await, Ok(None));
    assert_eq!(wire.requests().len(), 2);
}

#[tokio::test]
async fn roles_are_listed_by_path() {
    let wire = Wire::default().answer_query("ListRoles", "<Roles/><IsTruncated>false</IsTruncated>");
    assert_eq!(Roles::list(&wire.cloud().iam).await, Ok(Vec::new()));
    assert_eq!(wire.requests(), [request("ListRoles", &[("PathPrefix", PATH), ("MaxItems", "1000")])]);
    let tag = aws_sdk_iam::types::Tag::of("a", "b").unwrap();
    assert_eq!(tag.pair(), ("a", "b"));
}

use serde_json::{Value, json};

use super::*;
use crate::aws::observe::Named;
use crate::aws::sources::Detailed;
use crate::aws::user_pool::UserPoolDetail;
use crate::aws::wire::{Wire, ids, key, mark, request, said, stamp, view};

const POOL: &str = "eu-west-1_AbCdEf123";

fn domain() -> UserPoolDomain {
    UserPoolDomain { pool: UserPool::reference("main"), prefix: "shop".into() }
}

fn seen() -> UserPoolDomainSeen {
    UserPoolDomainSeen { pool: POOL.into(), prefix: "shop".into() }
}

fn shown(pool: &str, status: &str) -> Value {
    json!({"DomainDescription": {"UserPoolId": pool, "Domain": "shop", "Status": status}})
}

fn known() -> Ids {
    ids([(key::<UserPool>("main"), POOL)])
}

fn live() -> Live<UserPoolDomainSeen> {
    mark(&domain()).live(format!("{POOL}/shop"), Phase::Ready, seen())
}

#[test]
fn fields_are_compared() {
    let cases = [
        (seen(), "in sync"),
        (UserPoolDomainSeen { prefix: "other".into(), ..seen() }, "replace domainPrefix"),
        (UserPoolDomainSeen { pool: "other".into(), ..seen() }, "replace pool"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&domain().compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&domain().compare(&seen(), &Ids::default())), "unknown user-pool/main");
}

#[tokio::test]
async fn a_create_takes_the_prefix() {
    let wire = Wire::default().answer_json(&json!({}));
    let made = domain().create(&wire.cloud().cognito, &known(), &mark(&domain())).await.unwrap();
    assert_eq!((made.id.as_str(), made.phase), ("eu-west-1_AbCdEf123/shop", Phase::Pending("CREATING".into())));
    assert_eq!(made.attributes[URL], "https://shop.auth.eu-west-1.amazoncognito.com");
    assert_eq!(made.on, [Id::from(POOL)]);
    assert_eq!(wire.requests(), [request("CreateUserPoolDomain", &[("UserPoolId", POOL), ("Domain", "shop")])]);
}

#[tokio::test]
async fn a_prefix_that_is_taken_is_a_conflict_that_names_the_field() {
    let create = async |description: Value| {
        let wire = Wire::default().refuse_json(400, "InvalidParameterException").answer_json(&description);
        let made = domain().create(&wire.cloud().cognito, &known(), &mark(&domain())).await;
        assert_eq!(wire.requests()[1], request("DescribeUserPoolDomain", &[("Domain", "shop")]));
        made
    };
    assert_eq!(create(shown(POOL, "CREATING")).await.unwrap().id, Id::from("eu-west-1_AbCdEf123/shop"));
    for (description, holder) in [
        (json!({"DomainDescription": {}}), "nobody in this account"),
        (shown("eu-west-1_Other", "ACTIVE"), "eu-west-1_Other"),
    ] {
        let fault = create(description).await.unwrap_err();
        assert_eq!(fault.class, Class::Conflict);
        assert!(fault.message.contains(holder), "{fault}");
        assert!(fault.message.contains("spec.auth.userPool.domainPrefix"), "{fault}");
    }
}

#[tokio::test]
async fn states_are_read_and_domains_of_other_pools_are_not() {
    let tags = stamp().tags(&key::<UserPool>("main"), 0, Tags::new());
    let wire = Wire::default().answer_json(&json!({"UserPool": {"Id": POOL, "Domain": "shop", "UserPoolTags": tags}}));
    let pool = crate::aws::user_pool::describe(&wire.cloud().cognito, POOL).await.unwrap().unwrap();
    let pools = [(POOL, UserPoolDetail { pool, software_token: false })];
    let cases = [
        ("ACTIVE", Phase::Ready),
        ("UPDATING", Phase::Ready),
        ("CREATING", Phase::Pending("CREATING".into())),
        ("DELETING", Phase::Deleting),
        ("FAILED", Phase::Failed("Cognito could not set the domain up".into())),
        ("SOMETHING_NEW", Phase::Pending("SOMETHING_NEW".into())),
    ];
    for (status, expected) in cases {
        let wire = Wire::default().answer_json(&shown(POOL, status)).answer_json(&shown("eu-west-1_Other", status));
        let cognito = wire.cloud().cognito;
        let ours = Id::from(format!("{POOL}/shop"));
        let found = UserPoolDomains::ask(&cognito, &ours).await.unwrap().unwrap();
        let elsewhere = describe(&cognito, "shop").await.unwrap().unwrap();
        let detailed = Detailed {
            user_pool_details: pools.clone().into_iter().collect(),
            user_pool_domains: [(ours.to_string(), found), ("eu-west-1_Other/shop".to_owned(), elsewhere)]
                .into_iter()
                .collect(),
            ..Detailed::default()
        };
        let (view, owner, named) = (View { detailed, ..view() }, stamp().owner, Named::default());
        let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
        assert_eq!(UserPoolDomains::subjects(&look), BTreeSet::from([ours]));
        let [live] = UserPoolDomain::read(&view, &owner).try_into().unwrap();
        assert_eq!((live.phase, live.seen), (expected, seen()), "{status}");
        assert_eq!((live.on, live.within), (vec![Id::from(POOL)], None));
    }
}

#[tokio::test]
async fn a_domain_that_is_nowhere_or_elsewhere_is_not_there() {
    let id = Id::from(format!("{POOL}/shop"));
    for description in [json!({"DomainDescription": {}}), shown("eu-west-1_Other", "ACTIVE")] {
        let wire = Wire::default().answer_json(&description);
        assert!(UserPoolDomains::ask(&wire.cloud().cognito, &id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_delete_takes_time_and_one_that_is_refused_may_be_over() {
    let deleting = Wire::default().answer_json(&json!({}));
    assert_eq!(UserPoolDomain::delete(&deleting.cloud().cognito, &live()).await, Ok(Deletion::Going));
    assert_eq!(deleting.requests(), [request("DeleteUserPoolDomain", &[("UserPoolId", POOL), ("Domain", "shop")])]);
    let refused =
        |description: &Value| Wire::default().refuse_json(400, "InvalidParameterException").answer_json(description);
    let gone = refused(&json!({"DomainDescription": {}}));
    assert_eq!(UserPoolDomain::delete(&gone.cloud().cognito, &live()).await, Ok(Deletion::Gone));
    let stands = refused(&shown(POOL, "ACTIVE"));
    let fault = UserPoolDomain::delete(&stands.cloud().cognito, &live()).await.unwrap_err();
    assert_eq!(fault.class, Class::Invalid);
    let without_pool = Wire::default().refuse_json(400, "ResourceNotFoundException");
    assert_eq!(UserPoolDomain::delete(&without_pool.cloud().cognito, &live()).await, Ok(Deletion::Gone));
}

use engine::{Class, Effect};

use super::*;
use crate::aws::observe::Named;
use crate::aws::sources::{Detailed, Listed};
use crate::aws::wire::{Request, Wire, answer, key, mark, request, said, stamp, tags, untagged, view};

const NAME: &str = "shop/orders";
const REPOSITORY_ARN: &str = "arn:aws:ecr:eu-west-1:123456789012:repository/shop/orders";
const REPOSITORY_URI: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/orders";
const KMS_KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

fn repository() -> Repository {
    Repository {
        repository_name: NAME.into(),
        immutable_tags: true,
        scan_on_push: true,
        kms_key_arn: None,
        keep_images: 30,
    }
}

fn seen() -> RepositorySeen {
    RepositorySeen { lifecycle: Some(repository().lifecycle().to_string()), ..repository().seen() }
}

fn shown(name: &str) -> serde_json::Value {
    let arn = REPOSITORY_ARN.replace(NAME, name);
    json!({
        "repositoryName": name, "repositoryArn": arn, "repositoryUri": REPOSITORY_URI.replace(NAME, name), "createdAt": 7,
        "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": true},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    })
}

fn listed(name: &str) -> Sdk {
    let arn = REPOSITORY_ARN.replace(NAME, name);
    Sdk::builder().repository_name(name).repository_arn(arn).repository_uri(REPOSITORY_URI).build()
}

fn live() -> Live<RepositorySeen> {
    mark(&repository()).live(NAME, Phase::Ready, seen())
}

fn tag_list(tags: &Tags) -> serde_json::Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn put_lifecycle() -> Request {
    let text = repository().lifecycle().to_string();
    request("PutLifecyclePolicy", &[("repositoryName", NAME), ("lifecyclePolicyText", &text)])
}

#[test]
fn fields_are_compared() {
    let newest = |count: i32| Some(Repository { keep_images: count, ..repository() }.lifecycle().to_string());
    let cases = [
        (seen(), "in sync"),
        (RepositorySeen { tag_mutability: "MUTABLE".into(), ..seen() }, "update tagMutability"),
        (RepositorySeen { tag_mutability: "IMMUTABLE_WITH_EXCLUSION".into(), ..seen() }, "update tagMutability"),
        (RepositorySeen { scan_on_push: false, ..seen() }, "update scanOnPush"),
        (RepositorySeen { lifecycle: None, ..seen() }, "update lifecyclePolicy"),
        (RepositorySeen { lifecycle: newest(31), ..seen() }, "update lifecyclePolicy"),
        (RepositorySeen { repository_name: "other".into(), ..seen() }, "replace repositoryName"),
        (RepositorySeen { kms_key_arn: Some(KMS_KEY.into()), ..seen() }, "replace kmsKeyArn"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&repository().compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert!(repository().needs().is_empty());
}

#[test]
fn an_alias_is_the_key_behind_it() {
    let alias = "arn:aws:kms:eu-west-1:123456789012:alias/images";
    let declared = |key: &str| Repository { kms_key_arn: Some(key.into()), ..repository() };
    let encrypted = RepositorySeen { kms_key_arn: Some(KMS_KEY.into()), ..seen() };
    assert_eq!(said(&declared(alias).compare(&encrypted, &Ids::default())), "in sync");
    assert_eq!(said(&declared(KMS_KEY).compare(&encrypted, &Ids::default())), "in sync");
    assert_eq!(said(&declared(alias).compare(&seen(), &Ids::default())), "replace kmsKeyArn");
}

#[test]
fn ours_is_read_and_what_bears_another_mark_is_not() {
    let marked = stamp().tags(&key::<Repository>("main"), 1, Tags::new());
    let detail = |tags: Tags| RepositoryDetail { tags, lifecycle: Some("{}".into()) };
    let view = View {
        listed: Listed {
            repositories: answer([listed(NAME), listed("theirs"), listed("not-asked")]),
            ..Listed::default()
        },
        detailed: Detailed {
            repository_details: [
                (REPOSITORY_ARN.to_owned(), detail(marked.clone())),
                (REPOSITORY_ARN.replace(NAME, "theirs"), detail(Tags::new())),
            ]
            .into_iter()
            .collect(),
            ..Detailed::default()
        },
        ..view()
    };
    let [live] = Repository::read(&view, &stamp().owner).try_into().unwrap();
    assert_eq!((live.key, live.attempt, live.id.as_str()), (key::<Repository>("main"), 1, NAME));
    assert_eq!((live.attributes[ARN].as_str(), live.attributes[URI].as_str()), (REPOSITORY_ARN, REPOSITORY_URI));
    assert_eq!((live.tags, live.seen.lifecycle.as_deref()), (marked, Some("{}")));
}

#[test]
fn only_what_may_be_ours_is_asked_about() {
    use crate::aws::observe::Expected;
    let names = ["shop/orders", "chosen", "remembered", "theirs"];
    let view = View { listed: Listed { repositories: answer(names.map(listed)), ..Listed::default() }, ..view() };
    let expected = [Expected { kind: Repository::KIND, id: Id::from("remembered"), one_look_is_proof: true }];
    let named = Named { chosen: [("repository", "chosen".to_owned())].into(), ..Named::default() };
    let look = Look { view: &view, owner: &stamp().owner, expected: &expected, named: &named };
    let subjects = RepositoryDetails::subjects(&look);
    let asked = ["chosen", "remembered", NAME].map(|name| Id::from(REPOSITORY_ARN.replace(NAME, name)));
    assert_eq!(subjects, BTreeSet::from(asked));
}

#[tokio::test]
async fn a_create_carries_all_tags_and_sets_the_lifecycle() {
    let wire = Wire::default().answer_json(&json!({"repository": shown(NAME)})).answer_json(&json!({}));
    let mark = mark(&repository());
    let made = repository().create(&wire.cloud().ecr, &Ids::default(), &mark).await.unwrap();
    assert_eq!(said(&repository().compare(&made.seen, &Ids::default())), "in sync");
    assert_eq!((made.id.as_str(), made.attributes[URI].as_str()), (NAME, REPOSITORY_URI));
    let requests = wire.requests();
    let parameters = [
        ("repositoryName", NAME),
        ("imageTagMutability", "IMMUTABLE"),
        ("imageScanningConfiguration.scanOnPush", "true"),
        ("encryptionConfiguration.encryptionType", "AES256"),
    ];
    assert_eq!(untagged(&requests[0]), request("CreateRepository", &parameters));
    assert_eq!(tags(&requests[0]), mark.tags);
    assert_eq!(requests[1], put_lifecycle());
}

#[tokio::test]
async fn a_key_is_named_at_creation() {
    let encrypted = Repository { kms_key_arn: Some(KMS_KEY.into()), immutable_tags: false, ..repository() };
    let wire = Wire::default().answer_json(&json!({"repository": shown(NAME)})).answer_json(&json!({}));
    encrypted.create(&wire.cloud().ecr, &Ids::default(), &mark(&encrypted)).await.unwrap();
    let sent = &wire.requests()[0];
    assert_eq!(sent["encryptionConfiguration.encryptionType"], "KMS");
    assert_eq!(sent["encryptionConfiguration.kmsKey"], KMS_KEY);
    assert_eq!(sent["imageTagMutability"], "MUTABLE");
}

#[tokio::test]
async fn a_repository_without_its_lifecycle_is_not_lost() {
    let wire = Wire::default().answer_json(&json!({"repository": shown(NAME)})).refuse_json(500, "ServerException");
    let made = repository().create(&wire.cloud().ecr, &Ids::default(), &mark(&repository())).await.unwrap();
    assert_eq!(said(&repository().compare(&made.seen, &Ids::default())), "update lifecyclePolicy");
}

/// Found under the name: what a lost call of ours made is taken, what is somebody else's is named.
#[tokio::test]
async fn a_name_that_is_taken() {
    let mark = mark(&repository());
    let create = async |tags: Tags| {
        let wire = Wire::default()
            .refuse_json(400, "RepositoryAlreadyExistsException")
            .answer_json(&json!({"repositories": [shown(NAME)]}))
            .answer_json(&json!({"tags": tag_list(&tags)}))
            .refuse_json(400, "LifecyclePolicyNotFoundException");
        let made = repository().create(&wire.cloud().ecr, &Ids::default(), &mark).await;
        assert_eq!(wire.requests().len(), 4);
        made
    };
    let ours = create(mark.tags.clone()).await.unwrap();
    assert_eq!(
        (ours.id.as_str(), said(&repository().compare(&ours.seen, &Ids::default()))),
        (NAME, "update lifecyclePolicy".into())
    );
    let fault = create(Tags::new()).await.unwrap_err();
    assert_eq!((fault.class, fault.effect), (Class::Conflict, Effect::None));
    let expected = "repository shop/orders exists and is not marked as anybody's: choose another name, declare it as existing, or \
                    remove it";
    assert_eq!(fault.message, expected);
    let mut theirs = mark.tags.clone();
    theirs.insert(crate::aws::owner::STACK.into(), "shop/carts".into());
    let fault = create(theirs).await.unwrap_err();
    assert!(fault.message.contains("is marked as that of the stack shop/carts"), "{}", fault.message);
}

#[tokio::test]
async fn each_difference_is_its_own_call() {
    let mutability = request("PutImageTagMutability", &[("repositoryName", NAME), ("imageTagMutability", "IMMUTABLE")]);
    let scanning = [("repositoryName", NAME), ("imageScanningConfiguration.scanOnPush", "true")];
    let cases = [
        (RepositorySeen { tag_mutability: "MUTABLE".into(), ..seen() }, mutability),
        (RepositorySeen { scan_on_push: false, ..seen() }, request("PutImageScanningConfiguration", &scanning)),
        (RepositorySeen { lifecycle: Some("{}".into()), ..seen() }, put_lifecycle()),
    ];
    for (seen, expected) in cases {
        let wire = Wire::default().answer_json(&json!({}));
        let engine::Verdict::Update(changes) = repository().compare(&seen, &Ids::default()).verdict() else {
            panic!("no update: {seen:?}")
        };
        let before = Live { seen, ..live() };
        let after = repository().update(&wire.cloud().ecr, &before, &changes, &Ids::default()).await.unwrap();
        assert_eq!(wire.requests(), [expected]);
        assert_eq!(said(&repository().compare(&after.seen, &Ids::default())), "in sync");
    }
}

#[tokio::test]
async fn deleting_twice_is_no_fault_and_never_takes_images() {
    for wire in
        [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(400, "RepositoryNotFoundException")]
    {
        assert_eq!(Repository::delete(&wire.cloud().ecr, &live()).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DeleteRepository", &[("repositoryName", NAME), ("force", "false")])]);
    }
}

#[tokio::test]
async fn a_repository_with_images_says_how_many_and_what_to_do() {
    let wire = Wire::default()
        .refuse_json(400, "RepositoryNotEmptyException")
        .answer_json(&json!({"imageDetails": [{"imageDigest": "a"}, {"imageDigest": "b"}]}));
    let fault = Repository::delete(&wire.cloud().ecr, &live()).await.unwrap_err();
    assert_eq!(fault.class, Class::Conflict);
    assert_eq!(fault.message, "shop/orders holds 2 images: delete them, or keep it by spec.retain: [Repository]");
    assert_eq!(wire.requests()[1], request("DescribeImages", &[("repositoryName", NAME)]));
    assert_eq!(images(1), "1 image");
}

#[tokio::test]
async fn details_of_a_repository_that_is_gone_are_none() {
    let arn = Id::from(REPOSITORY_ARN);
    let wire = Wire::default().refuse_json(400, "RepositoryNotFoundException");
    assert_eq!(RepositoryDetails::ask(&wire.cloud().ecr, &arn).await, Ok(None));
    let wire = Wire::default()
        .answer_json(&json!({"tags": [{"Key": "team", "Value": "shop"}]}))
        .answer_json(&json!({"lifecyclePolicyText": "{}"}));
    let detail = RepositoryDetails::ask(&wire.cloud().ecr, &arn).await.unwrap().unwrap();
    assert_eq!((detail.tags["team"].as_str(), detail.lifecycle.as_deref()), ("shop", Some("{}")));
    let asked = [
        request("ListTagsForResource", &[("resourceArn", REPOSITORY_ARN)]),
        request("GetLifecyclePolicy", &[("repositoryName", NAME)]),
    ];
    assert_eq!(wire.requests(), asked);
    let denied = Wire::default().refuse_json(400, "AccessDeniedException");
    assert_eq!(RepositoryDetails::ask(&denied.cloud().ecr, &arn).await.unwrap_err().class, Class::Denied);
}

#[tokio::test]
async fn lists_are_read_to_their_end_and_one_is_found_by_name() {
    let wire = Wire::default()
        .answer_json(&json!({"repositories": [shown("a")], "nextToken": "more"}))
        .answer_json(&json!({"repositories": [shown("b")]}));
    assert_eq!(Repositories::list(&wire.cloud().ecr).await.unwrap().len(), 2);
    assert_eq!(wire.requests()[1], request("DescribeRepositories", &[("maxResults", "1000"), ("nextToken", "more")]));
    let wire = Wire::default().answer_json(&json!({"repositories": [shown(NAME)]}));
    let found = Repositories::find(&wire.cloud().ecr, &Id::from(NAME)).await.unwrap();
    assert_eq!(found.unwrap().repository_arn(), Some(REPOSITORY_ARN));
    assert_eq!(wire.requests(), [request("DescribeRepositories", &[("repositoryNames.0", NAME)])]);
}

#![expect(clippy::disallowed_methods, reason = "some time to begin with")]

use std::time::Duration;

use engine::Class;
use serde_json::json;

use super::*;
use crate::aws::wire::{Wire, request};

const URI: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders";

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

fn scope(wire: &Wire) -> Scope {
    Scope::new("111122223333".into(), "aws".into(), "eu-west-1".into(), wire.cloud())
}

fn wanted(tag: &str) -> WantedImage {
    WantedImage {
        repository: WantedRepository::Own("shop/orders".into()),
        reference: Reference::Tag(tag.into()),
        last: None,
    }
}

fn resolved(tag: &str, digest: String) -> ResolvedImage {
    ResolvedImage { repository_uri: URI.into(), reference: Reference::Tag(tag.into()), digest }
}

fn shown(digest: &str) -> serde_json::Value {
    json!({"imageDetails": [{"imageDigest": digest}]})
}

async fn image(wire: Wire, wanted: &WantedImage) -> Result<(Image, Option<Warning>), Fault> {
    let (scope, now) = (scope(&wire), Instant::now());
    let image = resolve(&scope, wanted, now, now).await;
    assert_eq!(wire.requests().len(), 1);
    image
}

#[test]
fn full_names_are_read_and_written() {
    let (tag, pinned) = (format!("{URI}:1.4.2"), format!("{URI}@{}", digest('a')));
    let image = ResolvedImage::parse(&tag, &digest('a')).unwrap();
    assert_eq!(image, resolved("1.4.2", digest('a')));
    assert_eq!((image.name(), image.pinned()), (tag, pinned.clone()));
    assert_eq!(parse(&pinned), Some((URI.into(), Reference::Digest(digest('a')))));
    assert_eq!(parse(URI), None);
    assert_eq!(repository_uri("aws", "111122223333", "eu-west-1", "shop/orders"), URI);
    let china = repository_uri("aws-cn", "1", "cn-north-1", "a");
    assert_eq!(china, "1.dkr.ecr.cn-north-1.amazonaws.com.cn/a");
}

#[tokio::test]
async fn a_tag_becomes_a_digest_and_is_asked_for_at_the_callers_pace() {
    let wire = Wire::default().answer_json(&shown(&digest('a'))).answer_json(&shown(&digest('b')));
    let (scope, start) = (scope(&wire), Instant::now());
    let soon = start + Duration::from_mins(1);
    for (not_before, now, expected) in [(start, start, 'a'), (start, soon, 'a'), (soon, soon, 'b')] {
        let image = resolve(&scope, &wanted("1"), not_before, now).await.unwrap();
        assert_eq!(image, (Image::Resolved(resolved("1", digest(expected))), None));
    }
    let asked = request(
        "DescribeImages",
        &[("registryId", "111122223333"), ("repositoryName", "shop/orders"), ("imageIds.0.imageTag", "1")],
    );
    assert_eq!(wire.requests(), [asked.clone(), asked]);
}

#[tokio::test]
async fn an_image_of_another_account_is_asked_for_there() {
    let uri = "999988887777.dkr.ecr.eu-west-1.amazonaws.com/base";
    let wanted = WantedImage {
        repository: WantedRepository::Uri(uri.into()),
        reference: Reference::Digest(digest('c')),
        last: None,
    };
    let wire = Wire::default().answer_json(&shown(&digest('c')));
    let (scope, now) = (scope(&wire), Instant::now());
    let (image, warning) = resolve(&scope, &wanted, now, now).await.unwrap();
    assert_eq!((image.to_run().unwrap().pinned(), warning), (format!("{uri}@{}", digest('c')), None));
    let digest = digest('c');
    let asked =
        [("registryId", "999988887777"), ("repositoryName", "base"), ("imageIds.0.imageDigest", digest.as_str())];
    assert_eq!(wire.requests(), [request("DescribeImages", &asked)]);
}

#[tokio::test]
async fn what_was_never_there_is_not_found_and_asked_for_again() {
    for code in ["ImageNotFoundException", "RepositoryNotFoundException"] {
        let wire = Wire::default().refuse_json(400, code).answer_json(&shown(&digest('a')));
        let (scope, now) = (scope(&wire), Instant::now());
        let (image, warning) = resolve(&scope, &wanted("1"), now, now).await.unwrap();
        let expected =
            Image::NotFound { repository_uri: URI.into(), reference: Reference::Tag("1".into()), last: None };
        assert_eq!((&image, image.to_run(), warning), (&expected, None, None));
        let (image, _) = resolve(&scope, &wanted("1"), now, now).await.unwrap();
        assert_eq!(image, Image::Resolved(resolved("1", digest('a'))), "pushed meanwhile");
        assert_eq!(wire.requests().len(), 2);
    }
}

/// A service that runs is never taken down because of what happened to its image in the repository.
#[tokio::test]
async fn what_was_there_once_stays_known() {
    let known = resolved("1", digest('a'));
    let remembering = WantedImage { last: Some(known.clone()), ..wanted("1") };
    let (gone, warning) =
        image(Wire::default().refuse_json(400, "ImageNotFoundException"), &remembering).await.unwrap();
    assert_eq!((gone, warning.unwrap().reason), (Image::Resolved(known.clone()), "ImageGone"));
    let (denied, warning) =
        image(Wire::default().refuse_json(400, "AccessDeniedException"), &remembering).await.unwrap();
    assert_eq!((denied, warning.unwrap().reason), (Image::Resolved(known.clone()), "ImageNotLookedFor"));
    let (moved, warning) = image(Wire::default().answer_json(&shown(&digest('b'))), &remembering).await.unwrap();
    assert_eq!((moved, warning), (Image::Resolved(resolved("1", digest('b'))), None));
    // Another name that is not pushed yet: what runs goes on, and the declared one is still missing.
    let renamed = WantedImage { last: Some(known.clone()), ..wanted("2") };
    let (missing, warning) = image(Wire::default().refuse_json(400, "ImageNotFoundException"), &renamed).await.unwrap();
    assert_eq!((missing.to_run(), warning), (Some(&known), None));
    assert!(matches!(missing, Image::NotFound { reference: Reference::Tag(tag), .. } if tag == "2"));
}

#[tokio::test]
async fn a_failure_is_no_answer() {
    for wanted in [wanted("1"), WantedImage { last: Some(resolved("1", digest('a'))), ..wanted("2") }] {
        let fault = image(Wire::default().refuse_json(400, "AccessDeniedException"), &wanted).await.unwrap_err();
        assert_eq!(fault.class, Class::Denied);
    }
}

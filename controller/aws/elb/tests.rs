use engine::Class;

use super::*;
use crate::aws::LoadBalancer as Kind;
use crate::aws::wire::{Wire, described_tags, key, request, stamp};

fn mark(attempt: u32) -> Mark {
    stamp().mark(key::<Kind>("main"), attempt, Tags::new())
}

#[test]
fn names_fit_and_tell_stacks_attempts_and_declarations_apart() {
    let first = name(&mark(0), &["vpc-1"]);
    assert!(first.starts_with(&prefix("shop/orders")), "{first}");
    assert!(first.len() <= 32 && first.starts_with("fs-shop-orders-"), "{first}");
    let others = [name(&mark(1), &["vpc-1"]), name(&mark(0), &["vpc-2"]), name(&mark(0), &["vpc-1", "80"])];
    assert!(others.iter().all(|other| *other != first), "{others:?}");
    assert_eq!(name(&mark(0), &["vpc-1"]), first);
    assert_ne!(prefix("shop/orders2"), prefix("shop/orders3"), "cut where they do not differ yet");
    let long = prefix("internal-some.thing/with-a-long-name");
    assert!(long.starts_with("fs-internal-so-") && long.len() == 24, "{long}");
}

#[tokio::test]
async fn what_a_create_came_upon_is_taken_only_with_our_mark() {
    const REFUSAL: (&str, &str) = ("CreateLoadBalancer", "DuplicateLoadBalancerName");
    let answer = |tags: &Tags| Wire::default().answer_query("DescribeTags", &described_tags("arn-1", tags));
    let wire = answer(&mark(3).tags);
    assert_eq!(adopted(&wire.cloud().elb, REFUSAL, "arn-1", &mark(0)).await, Ok(Phase::Ready));
    assert_eq!(wire.requests(), [request("DescribeTags", &[("ResourceArns.member.1", "arn-1")])]);

    let mut others = mark(0).tags;
    others.insert(crate::aws::owner::UID.to_owned(), "uid-2".to_owned());
    let fault = adopted(&answer(&others).cloud().elb, REFUSAL, "arn-1", &mark(0)).await.unwrap_err();
    assert_eq!((fault.class, fault.operation, fault.code.as_str()), (Class::Conflict, REFUSAL.0, REFUSAL.1));
    assert!(fault.message.contains("arn-1") && fault.message.contains("shop/orders"), "{}", fault.message);

    let silent = Wire::default().refuse_query(403, "AccessDenied");
    let phase = adopted(&silent.cloud().elb, REFUSAL, "arn-1", &mark(0)).await.unwrap();
    assert!(matches!(phase, Phase::Pending(_)), "{phase:?}");
}

#[tokio::test]
async fn tags_are_asked_for_in_pages() {
    let arns: Vec<String> = (0..21).map(|n| format!("arn-{n}")).collect();
    let wire = Wire::default()
        .answer_query("DescribeTags", &described_tags("arn-0", &Tags::new()))
        .answer_query("DescribeTags", &described_tags("arn-20", &mark(0).tags));
    let found = tags(&wire.cloud().elb, &arns).await.unwrap();
    assert_eq!((found["arn-0"].len(), &found["arn-20"]), (0, &mark(0).tags));
    let last = &wire.requests()[1];
    assert_eq!(*last, request("DescribeTags", &[("ResourceArns.member.1", "arn-20")]));
}

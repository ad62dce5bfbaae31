//! What is left of a complete stack: what is kept by default, or nothing at all.

use serde_json::Value;

use super::repository;
use crate::support::cloud::same;
use crate::support::emulator::REGION;
use crate::support::stack::Stack;

/// What stays of a stack that says every field, unless it is told otherwise: its images, its users and what they sign in to, its
/// logs.
const KEPT: [&str; 6] = [
    "cognito-idp/clients 2",
    "cognito-idp/domains 1",
    "cognito-idp/resourceServers 1",
    "cognito-idp/userPools 1",
    "ecr/repositories 1",
    "logs/logGroups 3",
];

/// Deletes `stack`, which keeps nothing: images are only its user's to delete; then the account is as it was `before`.
pub async fn leaves_nothing(stack: &Stack, before: &Value) {
    let repository = repository(&stack.get().await).unwrap();
    stack.delete().await;
    let message = stack.reason("DeletionBlocked", "DeletionBlocked").await;
    assert!(message.contains("delete them, or keep it by spec.retain: [Repository]"), "{message}");
    let ecr = stack.account.ecr();
    let images = ecr.list_images().repository_name(&repository).send().await.unwrap().image_ids;
    ecr.batch_delete_image().repository_name(repository).set_image_ids(images).send().await.unwrap();
    stack.look().await;
    stack.gone().await;
    same(&stack.account.dump(), before);
}

/// Deletes `stack`, which keeps what is kept by default: but for that, the account is as it was `before`.
pub async fn leaves_what_is_kept(stack: &Stack, before: &Value) {
    stack.delete().await;
    stack.gone().await;
    let mut after = stack.account.dump();
    let mut kept = Vec::new();
    for (service, kinds) in after["services"][REGION].as_object_mut().unwrap() {
        for (kind, items) in kinds.as_object_mut().unwrap() {
            let (items, old) = (items.as_array_mut().unwrap(), &before["services"][REGION][service][kind]);
            let (stayed, new): (Vec<_>, Vec<_>) =
                items.drain(..).partition(|item| old.as_array().unwrap().contains(item));
            *items = stayed;
            if !new.is_empty() {
                kept.push(format!("{service}/{kind} {}", new.len()));
            }
        }
    }
    assert_eq!(kept, KEPT);
    // What of it bears tags is listed once more.
    after["tagged"] = before["tagged"].clone();
    same(&after, before);
}

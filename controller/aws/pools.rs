//! What the kinds of Cognito share: which user pools are the stack's, and whose something in one is.

use aws_sdk_cognitoidentityprovider::types::UserPoolType;

use super::label::Place;
use super::owner::Owner;
use super::sources::View;
use super::{Resource as _, UserPool};

/// Page size of Cognito's lists: the largest that it allows.
pub(super) const PAGE: i32 = 60;

/// The pools in `view` that are `owner`'s.
pub(super) fn ours<'a>(view: &'a View, owner: &'a Owner) -> impl Iterator<Item = &'a UserPoolType> {
    let all = view.detailed.user_pool_details.iter().map(|(_, detail)| &detail.pool);
    all.filter(|pool| owner.mark_of(UserPool::KIND, &pool.user_pool_tags()).is_some())
}

/// Whose the pool is in which something stands.
pub(super) fn place(view: &View, owner: &Owner, pool: &str) -> Place {
    if ours(view, owner).any(|it| it.id() == Some(pool)) { Place::Ours } else { Place::Brought }
}

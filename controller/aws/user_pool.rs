//! User pool of Cognito.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools.html>

use engine::{Creation, Key, Kind, Ref};

/// The attribute of a user pool in which the issuer of its tokens stands.
pub const ISSUER: &str = "issuer";

/// Who signs in, and who signs the tokens. Attributes: `arn`, [`ISSUER`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPool {
    /// `main`.
    pub name: &'static str,
}

impl UserPool {
    /// See [`super::Resource::KIND`].
    pub const KIND: Kind =
        Kind { order: 230, name: "user-pool", creation: Creation::Intent, holds_data: true, keep: 0 };

    /// The typed reference to the pool `name`.
    #[must_use]
    pub fn reference(name: &str) -> Ref<Self> {
        Ref::to(Key::new(Self::KIND, name))
    }
}

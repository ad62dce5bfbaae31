//! App client of a user pool.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html>

use engine::{Creation, Key, Kind, Ref};

use super::user_pool::UserPool;

/// The attribute of a client in which its id in tokens stands: the id of its live resource names the pool, too.
pub const CLIENT_ID: &str = "clientId";

/// An application that obtains tokens. Its id is `<pool>/<client id>`; attribute [`CLIENT_ID`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPoolClient {
    /// Its name in the declaration.
    pub name: String,
    /// The pool, built or brought.
    pub pool: Ref<UserPool>,
}

impl UserPoolClient {
    /// See [`super::Resource::KIND`].
    pub const KIND: Kind =
        Kind { order: 260, name: "user-pool-client", creation: Creation::Intent, holds_data: true, keep: 0 };

    /// The typed reference to the client `name`.
    #[must_use]
    pub fn reference(name: &str) -> Ref<Self> {
        Ref::to(Key::new(Self::KIND, name))
    }
}

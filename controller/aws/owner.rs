//! Whose is it: the tags that mark a resource, and how they are read.

use std::sync::Arc;

use engine::{Key, Kind, Tags};
use sha2::{Digest, Sha256};

use super::clients::TagSet;
use super::resource::Mark;

/// The prefix of every tag key that the controller writes on its own behalf.
pub const PREFIX: &str = "fargatestack.dev/";
/// UID of the cluster's `kube-system` namespace.
pub const CLUSTER: &str = "fargatestack.dev/cluster";
/// UID of the stack's namespace.
pub const NAMESPACE_UID: &str = "fargatestack.dev/namespace-uid";
/// `namespace/name` of the stack.
pub const STACK: &str = "fargatestack.dev/stack";
/// UID of the stack: the incarnation.
pub const UID: &str = "fargatestack.dev/uid";
/// The logical id of the resource within its stack.
pub const KEY: &str = "fargatestack.dev/key";
/// The attempt under which it was created.
pub const ATTEMPT: &str = "fargatestack.dev/attempt";
/// On a VPC: the secondary block that is ours, since its association cannot carry a tag.
pub const SECONDARY_CIDR: &str = "fargatestack.dev/secondary-cidr";
/// On a task definition: hash of the declaration that it was made from.
pub const DEFINITION: &str = "fargatestack.dev/definition";
/// Set on what a deleted stack was asked to keep.
pub const RETAINED: &str = "fargatestack.dev/retained";

/// The identity of a stack, as written to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// UID of the cluster's `kube-system` namespace.
    pub cluster: String,
    /// UID of the stack's namespace.
    pub namespace_uid: String,
    /// `namespace/name`.
    pub stack: String,
    /// UID of the stack.
    pub uid: String,
    /// UID of an earlier incarnation whose resources the user told us to take over (`fargatestack.dev/adopt-from`).
    pub adopt_from: Option<String>,
}

/// Where a stack lives, as the marks of its resources say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// UID of the cluster's `kube-system` namespace.
    pub cluster: String,
    /// UID of the stack's namespace.
    pub namespace_uid: String,
}

impl Home {
    /// Where the incarnation `uid` of `stack` lives, if `tags` are of something that it made.
    #[must_use]
    pub fn marked(tags: &Tags, stack: &str, uid: &str) -> Option<Self> {
        let made = tags.tag(STACK) == Some(stack) && tags.tag(UID) == Some(uid);
        made.then_some(Self {
            cluster: tags.tag(CLUSTER)?.to_owned(),
            namespace_uid: tags.tag(NAMESPACE_UID)?.to_owned(),
        })
    }
}

/// What a set of tags says about a resource's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Marked as this stack's.
    Ours,
    /// Bears this stack's name, but was made by another incarnation, of this uid.
    Foreign(String),
    /// Someone else's, or unmarked.
    Other,
}

impl Owner {
    /// Reads the owner's mark.
    ///
    /// Ours: same cluster, namespace and stack, and this uid, or one that the user told us to adopt (then from any cluster or
    /// namespace UID), or any uid if the resource was retained by an earlier incarnation in the same namespace.
    #[must_use]
    pub fn claim<T: TagSet + ?Sized>(&self, tags: &T) -> Claim {
        if tags.tag(STACK) != Some(&self.stack) {
            return Claim::Other;
        }
        let uid = tags.tag(UID).unwrap_or_default();
        let home = tags.tag(CLUSTER) == Some(&self.cluster) && tags.tag(NAMESPACE_UID) == Some(&self.namespace_uid);
        if home && (uid == self.uid || tags.tag(RETAINED).is_some()) || self.adopt_from.as_deref() == Some(uid) {
            return Claim::Ours;
        }
        Claim::Foreign(uid.to_owned())
    }

    /// The key and attempt of a resource of `kind` that is ours.
    #[must_use]
    pub fn mark_of<T: TagSet + ?Sized>(&self, kind: Kind, tags: &T) -> Option<(Key, u32)> {
        if self.claim(tags) != Claim::Ours {
            return None;
        }
        let name = tags.tag(KEY)?.strip_prefix(kind.name)?.strip_prefix('/')?;
        let attempt = tags.tag(ATTEMPT).and_then(|attempt| attempt.parse().ok()).unwrap_or_default();
        Some((Key::new(kind, name), attempt))
    }
}

/// What every node of a stack is marked with: the owner, and the tags that the user declared for all resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Whose it is.
    pub owner: Owner,
    /// `spec.tags`.
    pub user_tags: Tags,
    /// Generation of the declaration. Part of client tokens: a resource that is declared again after it was not, or with other
    /// tags, must not get the answer of an earlier call.
    pub generation: i64,
}

impl Stamp {
    /// All tags of the resource `key` under `attempt`, its kind's own among them.
    #[must_use]
    pub fn tags(&self, key: &Key, attempt: u32, extra: Tags) -> Tags {
        let Owner { cluster, namespace_uid, stack, uid, adopt_from: _ } = &self.owner;
        let ours = [
            ("Name", format!("{stack} {key}")),
            (CLUSTER, cluster.clone()),
            (NAMESPACE_UID, namespace_uid.clone()),
            (STACK, stack.clone()),
            (UID, uid.clone()),
            (KEY, key.to_string()),
            (ATTEMPT, attempt.to_string()),
        ];
        let mut tags: Tags = ours.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        // A user's own `Name` wins over ours; the prefix of the others cannot be declared.
        tags.extend(self.user_tags.clone());
        tags.extend(extra);
        tags
    }

    /// The tags by which the resource `key` is known as this stack's.
    #[must_use]
    pub fn ownership(&self, key: &Key, attempt: u32) -> Tags {
        let tags = self.tags(key, attempt, Tags::new());
        tags.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect()
    }

    /// The mark for creating `key` under `attempt`.
    #[must_use]
    pub fn mark(&self, key: Key, attempt: u32, extra: Tags) -> Mark {
        Mark { tags: self.tags(&key, attempt, extra), token: self.token(&key, attempt), key, attempt }
    }

    fn token(&self, key: &Key, attempt: u32) -> String {
        hex::encode(Sha256::digest(format!("{}\n{key}\n{attempt}\n{}", self.owner.uid, self.generation)))
    }
}

/// A stamp shared by all nodes of a graph.
pub type SharedStamp = Arc<Stamp>;

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind { order: 1, name: "vpc", creation: engine::Creation::Intent, holds_data: false, keep: 0 };

    fn owner() -> Owner {
        Owner {
            cluster: "cluster-1".into(),
            namespace_uid: "namespace-1".into(),
            stack: "shop/orders".into(),
            uid: "uid-1".into(),
            adopt_from: None,
        }
    }

    fn marked() -> Tags {
        Stamp { owner: owner(), user_tags: Tags::new(), generation: 1 }.tags(&Key::new(KIND, "main"), 2, Tags::new())
    }

    #[test]
    fn a_mark_reads_back_as_key_and_attempt() {
        assert_eq!(owner().mark_of(KIND, &marked()), Some((Key::new(KIND, "main"), 2)));
    }

    #[test]
    fn who_owns_what() {
        let with = |key: &str, value: &str| {
            let mut tags = marked();
            tags.insert(key.into(), value.into());
            tags
        };
        let retained = |key: &str, value: &str| {
            let mut tags = with(key, value);
            tags.insert(RETAINED.into(), "true".into());
            tags
        };
        let adopting = Owner { adopt_from: Some("uid-0".into()), ..owner() };
        let cases = [
            ("ours", owner(), marked(), Claim::Ours),
            ("no tags", owner(), Tags::new(), Claim::Other),
            ("another stack", owner(), with(STACK, "shop/carts"), Claim::Other),
            ("another incarnation", owner(), with(UID, "uid-0"), Claim::Foreign("uid-0".into())),
            ("retained by another incarnation", owner(), retained(UID, "uid-0"), Claim::Ours),
            ("another cluster", owner(), with(CLUSTER, "cluster-0"), Claim::Foreign("uid-1".into())),
            ("retained in another cluster", owner(), retained(CLUSTER, "c"), Claim::Foreign("uid-1".into())),
            ("another tenant's namespace", owner(), with(NAMESPACE_UID, "n"), Claim::Foreign("uid-1".into())),
            ("adopted", adopting.clone(), with(UID, "uid-0"), Claim::Ours),
            ("not the adopted one", adopting, with(UID, "uid-9"), Claim::Foreign("uid-9".into())),
        ];
        for (name, owner, tags, expected) in cases {
            assert_eq!(owner.claim(&tags), expected, "{name}");
        }
    }

    #[test]
    fn a_token_is_stable_fits_and_changes_with_attempt_and_declaration() {
        let token = |attempt, generation| {
            let stamp = Stamp { owner: owner(), user_tags: Tags::new(), generation };
            stamp.mark(Key::new(KIND, "main"), attempt, Tags::new()).token
        };
        assert_eq!(token(0, 1), token(0, 1));
        assert_eq!(token(0, 1).len(), 64);
        assert_ne!(token(0, 1), token(1, 1));
        assert_ne!(token(0, 1), token(0, 2));
    }

    #[test]
    fn ownership_is_the_mark_alone() {
        let user_tags = Tags::from([("team".to_owned(), "shop".to_owned())]);
        let stamp = Stamp { owner: owner(), user_tags, generation: 1 };
        let tags = stamp.ownership(&Key::new(KIND, "main"), 2);
        assert_eq!(tags.len(), 6);
        assert_eq!(owner().mark_of(KIND, &tags), Some((Key::new(KIND, "main"), 2)));
    }

    #[test]
    fn a_declared_name_tag_wins() {
        let user_tags = Tags::from([("Name".to_owned(), "mine".to_owned())]);
        let tags = Stamp { owner: owner(), user_tags, generation: 1 }.tags(&Key::new(KIND, "main"), 0, Tags::new());
        assert_eq!(tags["Name"], "mine");
    }
}

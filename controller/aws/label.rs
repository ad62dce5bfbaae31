//! Whose something is that can carry no tags: the end of its name.

use sha2::{Digest, Sha256};

use super::owner::{CLUSTER, NAMESPACE_UID, Owner, STACK};
use super::resource::Mark;

/// Longest readable part: the stack, for people.
const READABLE: usize = 40;

/// Bytes of the hash.
const HASH_BYTES: usize = 4;

/// Where a labelled thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a parent that is the stack's by its tags: another incarnation's label is taken over with the parent.
    Ours,
    /// In a parent that the user brings, which several stacks may share.
    Brought,
}

/// The end of names: `@namespace.name-hash`, and `+attempt` from the second attempt on. The hash is of cluster, namespace UID and
/// stack; the incarnation is left out, so that one that comes back finds what was kept.
///
/// Made of characters that Cognito allows in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    stack: String,
    hash: String,
}

impl Label {
    /// The label of `owner`.
    #[must_use]
    pub fn of(owner: &Owner) -> Self {
        Self::new(&owner.cluster, &owner.namespace_uid, &owner.stack)
    }

    /// The label of the owner in `mark`.
    #[must_use]
    pub fn of_mark(mark: &Mark) -> Self {
        let tag = |name: &str| mark.tags.get(name).map(String::as_str).unwrap_or_default();
        Self::new(tag(CLUSTER), tag(NAMESPACE_UID), tag(STACK))
    }

    fn new(cluster: &str, namespace_uid: &str, stack: &str) -> Self {
        let digest = Sha256::digest(format!("{cluster}\n{namespace_uid}\n{stack}"));
        let hash = hex::encode(&digest[..HASH_BYTES]);
        let readable = stack.replacen('/', ".", 1);
        Self { stack: readable.get(..READABLE).unwrap_or(&readable).to_owned(), hash }
    }

    /// `name` with the label.
    #[must_use]
    pub fn put(&self, name: &str, attempt: u32) -> String {
        let Self { stack, hash } = self;
        if attempt == 0 { format!("{name}@{stack}-{hash}") } else { format!("{name}@{stack}-{hash}+{attempt}") }
    }

    /// The name before the label, and the attempt; `None` if it does not bear this label.
    #[must_use]
    pub fn strip(&self, labelled: &str, place: Place) -> Option<(String, u32)> {
        let (name, label) = labelled.rsplit_once('@')?;
        let (label, attempt) = match label.split_once('+') {
            Some((label, attempt)) => (label, attempt.parse().ok()?),
            None => (label, 0),
        };
        let hash = label.strip_prefix(&self.stack)?.strip_prefix('-')?;
        let ours = match place {
            Place::Ours => hash.len() == 2 * HASH_BYTES && hash.bytes().all(|digit| digit.is_ascii_hexdigit()),
            Place::Brought => hash == self.hash,
        };
        ours.then(|| (name.to_owned(), attempt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::wire::stamp;

    #[test]
    fn a_label_reads_back() {
        let label = Label::of(&stamp().owner);
        for (name, attempt) in [("web", 0), ("web", 7), ("a@b-c+d", 3), ("mobile app", 0)] {
            let labelled = label.put(name, attempt);
            assert_eq!(label.strip(&labelled, Place::Brought), Some((name.to_owned(), attempt)), "{labelled}");
        }
        let readable = label.put("web", 0);
        assert!(readable.starts_with("web@shop.orders-"), "{readable}");
    }

    #[test]
    fn what_others_made_is_not_ours() {
        let owner = stamp().owner;
        let label = Label::of(&owner);
        let elsewhere = Label::of(&Owner { cluster: "cluster-2".into(), ..owner.clone() }).put("web", 0);
        let sibling = Label::of(&Owner { stack: "shop/orders2".into(), ..owner }).put("web", 0);
        let cases = [
            ("web", Place::Ours, None),
            ("web@shop.orders", Place::Ours, None),
            ("web@shop.orders-tester12", Place::Ours, None),
            (sibling.as_str(), Place::Ours, None),
            (sibling.as_str(), Place::Brought, None),
            // In a pool that was taken over, clients are taken over; in a shared one they stay another's.
            (elsewhere.as_str(), Place::Ours, Some(("web".to_owned(), 0))),
            (elsewhere.as_str(), Place::Brought, None),
        ];
        for (name, place, expected) in cases {
            assert_eq!(label.strip(name, place), expected, "{name} {place:?}");
        }
    }

    /// 64 characters of a client's name leave room for the longest label within the 128 that Cognito allows.
    #[test]
    fn a_label_is_short() {
        let owner = Owner { stack: format!("{}/{}", "n".repeat(63), "s".repeat(190)), ..stamp().owner };
        assert!(Label::of(&owner).put(&"c".repeat(64), u32::MAX).len() <= 128);
    }
}

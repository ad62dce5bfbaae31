//! The contract of a kind of AWS resource, and the owner's mark that every one of them carries.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;

use engine::{Change, Class, Comparison, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace, Tags, Unresolved};

use super::call::Call;
use super::cloud::{Client, Service};
use super::owner::{CLUSTER, KEY, NAMESPACE_UID, Owner, STACK, UID};
use super::sources::{Question, View};

/// One kind of AWS resource: what is declared of one instance, and how it is read, made, changed and removed.
///
/// The pure half is `name` to `read`, the effect half `create` to `delete`. Effects obey the contract of [`engine::Node`]: each
/// call is safe to repeat, nothing waits for a state, a missing resource is not a fault of `delete`.
pub trait Resource: Clone + Debug + Send + Sync + 'static {
    /// What AWS shows of it that `compare` looks at.
    type Seen: Clone + Debug + Send + Sync + 'static;
    /// The service that its effects call.
    type Client: Client;

    /// The kind. `KIND.name` is written to AWS in tags: never change it.
    const KIND: Kind;
    /// In which order it is replaced.
    const REPLACE: Replace;
    /// Version of the fixed fields in `compare`; raise it when they change.
    const VERSION: u32 = 1;
    /// Whether AWS lets it carry tags; if not, it is known by its place inside an owned parent.
    const TAGGABLE: bool = true;
    /// The questions that `read` needs answered: if one fails, nothing is concluded about this kind.
    const SOURCES: &'static [Question];
    /// Every call that it is read, made, changed and removed by, with what its caller must be allowed.
    const CALLS: &'static [Call];

    /// Which one of its kind; unique within a stack, lower case, stable.
    fn name(&self) -> &str;
    /// What must be there before it.
    fn needs(&self) -> Vec<Need>;
    /// Declared against seen, field by field.
    fn compare(&self, seen: &Self::Seen, ids: &Ids) -> Comparison;
    /// Tags of this kind's own beside the owner's mark.
    fn extra_tags(&self) -> Tags {
        Tags::new()
    }
    /// Every instance in `view` that carries `owner`'s mark.
    fn read(view: &View, owner: &Owner) -> Vec<Live<Self::Seen>>;

    /// Makes it, marked in the create call itself.
    fn create(
        &self,
        service: &Service<Self::Client>,
        ids: &Ids,
        mark: &Mark,
    ) -> impl Future<Output = Result<Live<Self::Seen>, Fault>> + Send;
    /// Brings `live` to what is declared.
    fn update(
        &self,
        service: &Service<Self::Client>,
        live: &Live<Self::Seen>,
        changes: &[Change],
        ids: &Ids,
    ) -> impl Future<Output = Result<Live<Self::Seen>, Fault>> + Send;
    /// Removes it.
    fn delete(
        service: &Service<Self::Client>,
        live: &Live<Self::Seen>,
    ) -> impl Future<Output = Result<Deletion, Fault>> + Send;

    /// The typed reference to the instance `name`.
    #[must_use]
    fn reference(name: impl Into<std::sync::Arc<str>>) -> Ref<Self>
    where
        Self: Sized,
    {
        Ref::to(engine::Key::new(Self::KIND, name))
    }
}

/// The attribute that holds a resource's ARN, where its id is something else and its tags are reached by the ARN.
pub const ARN: &str = "arn";

/// Where the tags of `live` are changed: its ARN if it carries one, else its id.
pub(super) fn tag_address<S>(live: &Live<S>) -> &str {
    live.attributes.get(ARN).map_or(live.id.as_str(), String::as_str)
}

/// The ids behind `references`, in the order of ids.
pub(super) fn resolved<R>(references: &[Ref<R>], ids: &Ids) -> Result<BTreeSet<String>, Unresolved> {
    references.iter().map(|reference| ids.of(reference).map(|id| id.as_str().to_owned())).collect()
}

/// What a create call carries so that the resource is ours from its first moment.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The key under which it is created.
    pub key: engine::Key,
    /// The attempt it is created under; part of `token`.
    pub attempt: u32,
    /// All tags to create it with.
    pub tags: Tags,
    /// Client token, 64 hexadecimal digits: a hash of owner, key, attempt and generation, so that a repeated call after a crash returns the
    /// same resource, and one after a terminal failure does not.
    pub token: String,
}

impl Mark {
    /// Whether `tags` bear this mark: what a create came upon is what an earlier, lost call of the same create made.
    #[must_use]
    pub fn is_on(&self, tags: &Tags) -> bool {
        [CLUSTER, NAMESPACE_UID, STACK, UID, KEY].iter().all(|name| tags.get(*name) == self.tags.get(*name))
    }

    /// The fault when somebody else holds the name: `refusal`, telling who by the `tags` of `what` stands under it.
    #[must_use]
    pub fn held(&self, refusal: Fault, what: &str, tags: &Tags) -> Fault {
        let nobody = || "is not marked as anybody's".to_owned();
        let holder = tags.get(STACK).map_or_else(nobody, |stack| format!("is marked as that of the stack {stack}"));
        let message = format!("{what} exists and {holder}: choose another name, declare it as existing, or remove it");
        Fault { class: Class::Conflict, message, ..refusal }
    }

    /// The live resource that a create call returned.
    pub fn live<S>(&self, id: impl Into<std::sync::Arc<str>>, phase: engine::Phase, seen: S) -> Live<S> {
        Live {
            key: self.key.clone(),
            attempt: self.attempt,
            id: engine::Id::from(id),
            attributes: engine::Attributes::new(),
            phase,
            seen,
            on: Vec::new(),
            within: None,
            tags: self.tags.clone(),
            created: None,
        }
    }
}

//! The list of kinds, in creation order, and the closed sums that it generates.

use engine::{Change, Comparison, Deletion, Fault, Ids, Key, Kind, Live, Need, Replace, TagChange, Tags};

use super::call::Call;
use super::cloud::{Cloud, Service};
use super::observe::Reading;
use super::owner::{Owner, RETAINED, SharedStamp};
use super::resource::{Resource, tag_address};
use super::sources::{Question, View};

/// A declared resource with the stamp that it is to carry.
#[derive(Clone, Debug)]
pub struct Node {
    /// What is declared.
    pub body: Body,
    /// Whose it is.
    pub stamp: SharedStamp,
}

/// Generates, from the list of kinds: [`Body`], [`Seen`], [`KINDS`], [`read_all`], [`CALLS`] and the delegation of
/// [`engine::Node`]. A new kind is one line here and one file.
macro_rules! kinds {
    ($($kind:ident),+ $(,)?) => {
        /// A declared resource of any kind.
        #[derive(Clone, Debug)]
        pub enum Body { $(#[doc = concat!("See [`super::", stringify!($kind), "`].")] $kind(super::$kind)),+ }

        /// What is seen of a resource of any kind.
        #[derive(Clone, Debug)]
        pub enum Seen { $(#[doc = concat!("Of [`super::", stringify!($kind), "`].")] $kind(<super::$kind as Resource>::Seen)),+ }

        /// Every kind, in creation order.
        pub const KINDS: &[Kind] = &[$(<super::$kind as Resource>::KIND),+];

        /// The calls of each kind, by its name.
        pub const CALLS: &[(&str, &[Call])] = &[$((<super::$kind as Resource>::KIND.name, <super::$kind as Resource>::CALLS)),+];

        /// The questions that a kind is read from, the one that lists it first.
        #[must_use]
        pub fn sources_of(kind: Kind) -> &'static [Question] {
            $(if kind == <super::$kind as Resource>::KIND {
                return <super::$kind as Resource>::SOURCES;
            })+
            &[]
        }

        /// Whether resources of a kind carry tags of their own.
        #[must_use]
        pub fn taggable(kind: Kind) -> bool {
            $((kind == <super::$kind as Resource>::KIND && <super::$kind as Resource>::TAGGABLE))||+
        }

        $(impl From<super::$kind> for Body {
            fn from(body: super::$kind) -> Self {
                Self::$kind(body)
            }
        })+

        /// What `view` shows of `owner`'s resources.
        #[must_use]
        pub fn read_all(view: &View, owner: &Owner) -> Reading {
            let mut reading = Reading::default();
            $(reading.add(
                <super::$kind as Resource>::KIND,
                <super::$kind as Resource>::SOURCES.iter().find_map(|question| view.fault(*question)),
                <super::$kind as Resource>::read(view, owner).into_iter().map(|live| lift(live, Seen::$kind)),
            );)+
            reading
        }

        impl Body {
            fn key(&self) -> Key {
                match self { $(Self::$kind(body) => Key::new(<super::$kind as Resource>::KIND, body.name())),+ }
            }

            fn extra_tags(&self) -> Tags {
                match self { $(Self::$kind(body) => body.extra_tags()),+ }
            }
        }

        impl engine::Node for Node {
            type Seen = Seen;
            type Cloud = Cloud;

            fn key(&self) -> Key {
                self.body.key()
            }

            fn needs(&self) -> Vec<Need> {
                match &self.body { $(Body::$kind(body) => body.needs()),+ }
            }

            fn compare(&self, seen: &Seen, ids: &Ids) -> Comparison {
                match (&self.body, seen) {
                    $((Body::$kind(body), Seen::$kind(seen)) => body.compare(seen, ids),)+
                    // Keys carry their kind, and what is seen is looked up by key.
                    _ => Comparison::default().fixed("kind", &self.key().kind.name, &"another kind"),
                }
            }

            fn replace(&self) -> Replace {
                match &self.body { $(Body::$kind(_) => <super::$kind as Resource>::REPLACE),+ }
            }

            fn version(&self) -> u32 {
                match &self.body { $(Body::$kind(_) => <super::$kind as Resource>::VERSION),+ }
            }

            fn tags(&self, attempt: u32) -> Option<Tags> {
                let taggable = match &self.body { $(Body::$kind(_) => <super::$kind as Resource>::TAGGABLE),+ };
                taggable.then(|| self.stamp.tags(&self.key(), attempt, self.body.extra_tags()))
            }

            async fn create(&self, cloud: &Cloud, ids: &Ids, attempt: u32) -> Result<Live<Seen>, Fault> {
                let mark = self.stamp.mark(self.key(), attempt, self.body.extra_tags());
                match &self.body {
                    $(Body::$kind(body) => body.create(cloud.as_ref(), ids, &mark).await.map(|live| lift(live, Seen::$kind)),)+
                }
            }

            async fn update(
                &self,
                cloud: &Cloud,
                live: &Live<Seen>,
                changes: &[Change],
                ids: &Ids,
            ) -> Result<Live<Seen>, Fault> {
                match (&self.body, &live.seen) {
                    $((Body::$kind(body), Seen::$kind(seen)) => {
                        let live = body.update(cloud.as_ref(), &lower(live, seen.clone()), changes, ids).await?;
                        Ok(lift(live, Seen::$kind))
                    })+
                    _ => Err(super::fault::incomplete("Update", "resource of the declared kind")),
                }
            }

            async fn retag(cloud: &Cloud, live: &Live<Seen>, change: &TagChange) -> Result<(), Fault> {
                match &live.seen {
                    $(Seen::$kind(_) => {
                        let service: &Service<<super::$kind as Resource>::Client> = cloud.as_ref();
                        service.retag(tag_address(live), change).await
                    })+
                }
            }

            async fn delete(cloud: &Cloud, live: &Live<Seen>) -> Result<Deletion, Fault> {
                match &live.seen {
                    $(Seen::$kind(seen) => <super::$kind as Resource>::delete(cloud.as_ref(), &lower(live, seen.clone())).await,)+
                }
            }
        }
    };
}

kinds![
    Vpc,
    VpcCidr,
    InternetGateway,
    Subnet,
    ElasticIp,
    NatGateway,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    VpcEndpoint,
    LogGroup,
    Repository,
    Role,
    FlowLog,
    EcsCluster,
    TaskDefinition,
    LoadBalancer,
    TargetGroup,
    Listener,
    EcsService,
    ScalableTarget,
    ScalingPolicy,
    UserPool,
    UserPoolDomain,
    ResourceServer,
    UserPoolClient,
    VpcLink,
    HttpApi,
    Integration,
    Authorizer,
    ApiRoute,
    Stage,
    DomainName,
    ApiMapping,
];

/// Marks `live` as kept by a stack that goes: a later incarnation of the same stack takes it over. What can carry no tags is taken
/// over with its parent.
///
/// # Errors
/// The classified fault.
pub async fn mark_retained(cloud: &Cloud, live: &Live<Seen>) -> Result<(), Fault> {
    if !taggable(live.key.kind) {
        return Ok(());
    }
    let set = Tags::from([(RETAINED.to_owned(), "true".to_owned())]);
    <Node as engine::Node>::retag(cloud, live, &TagChange { set, ..TagChange::default() }).await
}

fn lift<S>(live: Live<S>, seen: impl FnOnce(S) -> Seen) -> Live<Seen> {
    let Live { key, attempt, id, attributes, phase, seen: inner, on, within, tags, created } = live;
    Live { key, attempt, id, attributes, phase, seen: seen(inner), on, within, tags, created }
}

fn lower<S>(live: &Live<Seen>, seen: S) -> Live<S> {
    let Live { key, attempt, id, attributes, phase, seen: _, on, within, tags, created } = live.clone();
    Live { key, attempt, id, attributes, phase, seen, on, within, tags, created }
}

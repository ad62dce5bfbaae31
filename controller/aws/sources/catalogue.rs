//! The questions of the other services: what is asked for a whole scope, what for one subject, and the list of both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Fault, Id, Kind, Tags};
use tokio::sync::Mutex;

use super::{Answer, Answered, Shared, View};
use crate::aws::cloud::{Client, Cloud, Service};
use crate::aws::observe::{Expected, Named};
use crate::aws::owner::Owner;

/// A question that is asked once for a whole scope (shallow).
pub trait Listing: 'static {
    /// Whom it is put to.
    type Client: Client;
    /// One line of the answer.
    type Item: Clone + Debug + Send + Sync + 'static;

    /// Everything in the account that may be a stack's, paged to the end.
    fn list(service: &Service<Self::Client>) -> impl Future<Output = Result<Vec<Self::Item>, Fault>> + Send;

    /// One of them by the id of its [`engine::Live`]. `None`: AWS does not know it, or shows it as ended.
    fn find(service: &Service<Self::Client>, id: &Id)
    -> impl Future<Output = Result<Option<Self::Item>, Fault>> + Send;

    /// Id and tags of an item that stands, where the list shows tags: another incarnation is recognised by them.
    fn mark(item: &Self::Item) -> Option<(Id, Tags)>;
}

/// A question that is asked about one subject, for each subject that concerns the stack that looks (deep).
pub trait Detail: 'static {
    /// Whom it is put to.
    type Client: Client;
    /// The answer.
    type Item: Debug + Send + Sync + 'static;

    /// What the stack that looks has to ask about. Details are filled in the order of the list: one may build on those before it.
    fn subjects(look: &Look<'_>) -> BTreeSet<Id>;

    /// The answer about one subject. `None`: AWS does not know it, or shows it as ended.
    fn ask(
        service: &Service<Self::Client>,
        subject: &Id,
    ) -> impl Future<Output = Result<Option<Self::Item>, Fault>> + Send;

    /// Its tags, where the answer shows them: another incarnation is recognised by them.
    fn tags(item: &Self::Item) -> Option<Tags>;
}

/// What a stack that looks knows before it asks about details.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The listings, and the details before this one.
    pub view: &'a View,
    /// Who looks.
    pub owner: &'a Owner,
    /// What memory expects.
    pub expected: &'a [Expected],
    /// What the declaration names.
    pub named: &'a Named,
}

impl Look<'_> {
    /// Ids of `kind` that memory expects.
    pub fn expected(&self, kind: Kind) -> impl Iterator<Item = Id> {
        self.expected.iter().filter(move |expected| expected.kind == kind).map(|expected| expected.id.clone())
    }
}

/// The answers to a deep question, by subject. Subjects that were not asked about are not in it.
#[derive(Clone, Debug)]
pub struct Details<T>(BTreeMap<Id, Result<Option<Arc<T>>, Fault>>);

impl<T> Default for Details<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Details<T> {
    /// What was answered about `subject`, if it stands.
    #[must_use]
    pub fn get(&self, subject: &str) -> Option<&T> {
        self.0.get(subject)?.as_ref().ok()?.as_deref()
    }

    /// Every subject that stands, with its answer.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &T)> {
        self.0.iter().filter_map(|(id, answer)| Some((id, answer.as_ref().ok()?.as_deref()?)))
    }

    /// The first failure.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        self.0.values().find_map(|answer| answer.as_ref().err())
    }

    /// Whether `subject` stands, if it was asked about.
    pub(super) fn stands(&self, subject: &Id) -> Option<Result<bool, Fault>> {
        self.0.get(subject).map(|answer| answer.as_ref().map(Option::is_some).map_err(Clone::clone))
    }

    pub(super) fn insert(&mut self, subject: Id, answer: Result<Option<Arc<T>>, Fault>) {
        self.0.insert(subject, answer);
    }
}

impl<T, I: Into<Id>> FromIterator<(I, T)> for Details<T> {
    fn from_iter<A: IntoIterator<Item = (I, T)>>(answers: A) -> Self {
        Self(answers.into_iter().map(|(id, item)| (id.into(), Ok(Some(Arc::new(item))))).collect())
    }
}

/// For how long nobody has to ask about a subject before its last answer is dropped.
const FORGOTTEN: Duration = Duration::from_hours(24);

/// When a subject was last asked about, and what came back.
type Asked<T> = (Instant, Option<Arc<T>>);

/// The last answers to a deep question.
#[derive(Debug)]
pub(super) struct Cache<T>(Mutex<BTreeMap<Id, Asked<T>>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// How fresh details must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deep {
    /// Answers asked for at this time or later will do.
    pub not_before: Instant,
    /// The caller's clock.
    pub now: Instant,
}

impl<T: Send + Sync + 'static> Cache<T> {
    /// The answers about `subjects`, those that are too old asked for again, all at the same time.
    async fn fill<D>(&self, service: &Service<D::Client>, subjects: BTreeSet<Id>, deep: Deep) -> Details<T>
    where
        D: Detail<Item = T>,
    {
        let answers = subjects.into_iter().map(|subject| async move {
            let known = self.0.lock().await.get(&subject).cloned();
            let answer = match known {
                Some((asked, item)) if asked >= deep.not_before => Ok(item),
                _ => self.ask::<D>(service, &subject, deep.now).await,
            };
            (subject, answer)
        });
        let answers = futures::future::join_all(answers).await.into_iter().collect();
        if let Some(limit) = deep.now.checked_sub(FORGOTTEN) {
            self.0.lock().await.retain(|_, (asked, _)| *asked >= limit);
        }
        Details(answers)
    }

    async fn ask<D>(&self, service: &Service<D::Client>, subject: &Id, now: Instant) -> Result<Option<Arc<T>>, Fault>
    where
        D: Detail<Item = T>,
    {
        let item = D::ask(service, subject).await?.map(Arc::new);
        self.0.lock().await.insert(subject.clone(), (now, item.clone()));
        Ok(item)
    }
}

/// Generates [`Question`], the fields of a view for the other services, and what shares and fills them. A new question is one
/// line here and one `impl`.
macro_rules! questions {
    (
        ec2 { $($(#[$doc:meta])* $ec2:ident,)+ }
        listings { $($(#[$listing_doc:meta])* $listing_field:ident: $listing:ident,)* }
        details { $($(#[$detail_doc:meta])* $detail_field:ident: $detail:ident,)* }
    ) => {
        /// What can be asked of AWS.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Question {
            $($(#[$doc])* $ec2,)+
            $($(#[$listing_doc])* $listing,)*
            $($(#[$detail_doc])* $detail,)*
        }

        /// The answers of the other services for a whole scope.
        #[derive(Clone, Debug)]
        pub struct Listed {
            $($(#[$listing_doc])* pub $listing_field: Answer<<crate::aws::$listing as Listing>::Item>,)*
        }

        impl Default for Listed {
            /// Every question answered with nothing.
            fn default() -> Self {
                Self { $($listing_field: Ok(Arc::from([])),)* }
            }
        }

        /// The answers of the other services about what concerns one stack.
        #[derive(Clone, Debug, Default)]
        pub struct Detailed {
            $($(#[$detail_doc])* pub $detail_field: Details<<crate::aws::$detail as Detail>::Item>,)*
        }

        /// The shared answers behind [`Listed`].
        #[derive(Debug, Default)]
        pub(super) struct Listings {
            $($listing_field: Shared<<crate::aws::$listing as Listing>::Item>,)*
        }

        impl Listings {
            /// When each was last answered well.
            pub(super) fn answered(&self) -> Vec<(&'static str, &Answered)> {
                vec![$((stringify!($listing), &self.$listing_field.answered),)*]
            }

            /// Answers none of which is older than `not_before`, and when the oldest was asked for.
            pub(super) async fn get(&self, cloud: &Cloud, not_before: Instant) -> (Instant, Listed) {
                $(let $listing_field = self.$listing_field.get(not_before, <crate::aws::$listing as Listing>::list(cloud.as_ref()));)*
                let ($($listing_field,)*) = tokio::join!($($listing_field,)*);
                let started = [$($listing_field.0,)*].into_iter().min().unwrap_or(not_before);
                (started, Listed { $($listing_field: $listing_field.1,)* })
            }
        }

        /// The last answers behind [`Detailed`].
        #[derive(Debug, Default)]
        pub(super) struct Caches {
            $($detail_field: Cache<<crate::aws::$detail as Detail>::Item>,)*
        }

        impl Caches {
            /// Asks about everything that concerns the stack that looks and is not known well enough.
            pub(super) async fn fill(&self, cloud: &Cloud, view: &mut View, asker: Asker<'_>, deep: Deep) {
                $({
                    let subjects = <crate::aws::$detail as Detail>::subjects(&asker.look(view));
                    view.detailed.$detail_field =
                        self.$detail_field.fill::<crate::aws::$detail>(cloud.as_ref(), subjects, deep).await;
                })*
            }
        }

        impl View {
            /// The fault of a question of the other services, if it was not answered.
            pub(super) fn other_fault(&self, question: Question) -> Option<&Fault> {
                match question {
                    $(Question::$ec2 => None,)+
                    $(Question::$listing => self.listed.$listing_field.as_ref().err(),)*
                    $(Question::$detail => self.detailed.$detail_field.fault(),)*
                }
            }

            /// Id and tags of everything of the other services that stands and shows tags.
            #[must_use]
            pub fn other_marks(&self) -> Vec<(Id, Tags)> {
                let mut marks = Vec::new();
                $(marks.extend(super::answered(&self.listed.$listing_field).iter().filter_map(<crate::aws::$listing as Listing>::mark));)*
                $(for (subject, item) in self.detailed.$detail_field.iter() {
                    marks.extend(<crate::aws::$detail as Detail>::tags(item).map(|tags| (subject.clone(), tags)));
                })*
                marks
            }
        }

        /// Asks one of the other services about one id and adds it to `view`. `false`: AWS does not know it.
        pub(super) async fn find(cloud: &Cloud, view: &mut View, question: Question, id: &Id) -> Result<bool, Fault> {
            match question {
                $(Question::$ec2 => Ok(false),)+
                $(Question::$listing => {
                    let found = <crate::aws::$listing as Listing>::find(cloud.as_ref(), id).await?;
                    Ok(super::find::add(&mut view.listed.$listing_field, found.into_iter().collect()))
                })*
                $(Question::$detail => {
                    if let Some(known) = view.detailed.$detail_field.stands(id) {
                        return known;
                    }
                    let found = <crate::aws::$detail as Detail>::ask(cloud.as_ref(), id).await?.map(Arc::new);
                    let stands = found.is_some();
                    view.detailed.$detail_field.insert(id.clone(), Ok(found));
                    Ok(stands)
                })*
            }
        }
    };
}

/// Who asks about details.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a> {
    pub owner: &'a Owner,
    pub expected: &'a [Expected],
    pub named: &'a Named,
}

impl<'a> Asker<'a> {
    fn look(self, view: &'a View) -> Look<'a> {
        Look { view, owner: self.owner, expected: self.expected, named: self.named }
    }
}

questions! {
    ec2 {
        /// `DescribeVpcs`.
        Vpcs,
        /// `DescribeVpcAttribute`, deep: EC2 offers the DNS attributes of one VPC at a time.
        VpcAttributes,
        /// `DescribeSubnets`.
        Subnets,
        /// `DescribeInternetGateways`.
        InternetGateways,
        /// `DescribeAddresses`.
        Addresses,
        /// `DescribeNatGateways`.
        NatGateways,
        /// `DescribeRouteTables`: tables, routes and associations.
        RouteTables,
        /// `DescribeSecurityGroups`.
        SecurityGroups,
        /// `DescribeSecurityGroupRules`.
        SecurityGroupRules,
        /// `DescribeVpcEndpoints`.
        VpcEndpoints,
    }
    listings {
        /// `DescribeClusters`.
        ecs_clusters: EcsClusters,
        /// `DescribeFlowLogs`, marked ones.
        flow_logs: FlowLogs,
        /// `DescribeRepositories`.
        repositories: Repositories,
        /// `ListRoles` under the controller's path.
        roles: Roles,
        /// `DescribeLogGroups` under the controller's prefixes.
        log_groups: LogGroups,
        /// `DescribeScalableTargets` of ECS.
        scalable_targets: ScalableTargets,
        /// `DescribeScalingPolicies` of ECS.
        scaling_policies: ScalingPolicies,
        /// `DescribeLoadBalancers`.
        load_balancers: LoadBalancers,
        /// `DescribeTargetGroups`.
        target_groups: TargetGroups,
        /// `GetApis`.
        http_apis: HttpApis,
        /// `GetDomainNames`.
        domain_names: DomainNames,
        /// `GetVpcLinks`.
        vpc_links: VpcLinks,
        /// `ListUserPools`.
        user_pools: UserPools,
    }
    details {
        /// `DescribeServices`, by ARN.
        ecs_services: EcsServices,
        /// Tags and lifecycle policy of a repository, by its ARN.
        repository_details: RepositoryDetails,
        /// A role with its tags and policies, by its name.
        role_details: RoleDetails,
        /// `ListTagsForResource` of a log group, by its name.
        log_group_tags: LogGroupTags,
        /// `DescribeTargetHealth` of a target group of the service, by its ARN.
        service_targets: ServiceTargets,
        /// `ListTaskDefinitions`, by family.
        task_definition_arns: TaskDefinitionArns,
        /// `DescribeTaskDefinition`, by ARN. After those that list them and those that run them.
        task_definitions: TaskDefinitions,
        /// `ListServiceDeployments`, by the ARN of the service. After the task definitions, which tell what is to be rolled out.
        service_rollouts: ServiceRollouts,
        /// `DescribeTasks` of tasks that ended, by the ARN of their service. After the rollouts, whose failure they tell more of.
        stopped_tasks: StoppedTasks,
        /// `DescribeTags` and `DescribeLoadBalancerAttributes` of a load balancer, by its ARN.
        load_balancer_details: LoadBalancerDetails,
        /// `DescribeListeners` and `DescribeTags` of a load balancer's listeners, by its ARN. After the load balancers.
        listeners: Listeners,
        /// `DescribeTags` and `DescribeTargetGroupAttributes` of a target group, by its ARN.
        target_group_details: TargetGroupDetails,
        /// `GetApiMappings` of a domain name.
        api_mappings: ApiMappings,
        /// `GetRoutes` of an API.
        api_routes: ApiRoutes,
        /// `GetAuthorizers` of an API.
        authorizers: Authorizers,
        /// `GetIntegrations` of an API.
        integrations: Integrations,
        /// `GetStages` of an API.
        stages: Stages,
        /// `DescribeUserPool` and `GetUserPoolMfaConfig`, by the pool's id. Before what is inside the pools.
        user_pool_details: UserPoolDetails,
        /// `ListResourceServers`, by the pool's id.
        resource_servers: ResourceServers,
        /// `ListUserPoolClients`, by the pool's id.
        user_pool_client_lists: UserPoolClientLists,
        /// `DescribeUserPoolClient`, by the ids of pool and client.
        user_pool_clients: UserPoolClients,
        /// `DescribeUserPoolDomain`, by the pool's id and the prefix.
        user_pool_domains: UserPoolDomains,
    }
}

//! One look at what is ours: from the shared sources where they are fresh enough, narrow after own writes, by id where a
//! remembered resource is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_ec2::types::{NatGatewayState, VpcEndpoint};
use engine::{Fault, Id, Kind, Live, Observed, Tags};

use super::clients::{TagSet as _, from_list};
use super::kinds::{Seen, read_all};
use super::owner::{Claim, Home, Owner, STACK};
use super::scope::Scope;
use super::sources::{Question, Sources, View, answered};

/// For how long after its own write a stack looks narrowly. Later, the shared look that it needs anyway shows the write too.
const NARROW: Duration = Duration::from_mins(1);

/// A resource that memory expects to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// Whether one `NotFound` proves it gone: its id is older than the settle window, or it was missed before, long enough ago.
    /// Otherwise the first `NotFound` only makes it missed.
    pub one_look_is_proof: bool,
}

/// What the declaration names of what is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Ids that the user brings; they are in no list of ours.
    pub brought: BTreeSet<String>,
    /// Names that the user chose for resources that are built, by the name of their kind: where names do not tell whose a resource
    /// is, only these are looked at more closely.
    pub chosen: BTreeMap<&'static str, String>,
    /// The user pool that the user brings: what is built in it carries no tags.
    pub user_pool: Option<String>,
    /// Whether the service was being rolled out, or its rollout had failed, when it was last looked at.
    pub rollout: bool,
}

/// How fresh a look must be.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// The caller's clock.
    pub now: Instant,
    /// Shallow answers asked for at this time or later will do.
    pub shallow: Instant,
    /// Deep answers asked for at this time or later will do.
    pub deep: Instant,
    /// When the stack last wrote to AWS: older shared answers do not show it.
    pub written: Option<Instant>,
}

/// A resource that bears the stack's name but was made by another incarnation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its id.
    pub id: Id,
    /// The uid of the incarnation that made it.
    pub uid: String,
}

/// What a look came to.
#[derive(Debug)]
pub struct Observation {
    /// For the engine.
    pub observed: Observed<Seen>,
    /// Another incarnation's resources under our name.
    pub foreign: Vec<Foreign>,
    /// Expected resources that AWS, asked by id, does not know, too young for that to be proof: to be remembered.
    pub missed: BTreeSet<Id>,
    /// Expected resources that stand, and no longer bear our mark. Without it they are not touched; nor is anything made in their
    /// place. Of old ids only: the tags of a new resource may show later than itself.
    pub unmarked: BTreeSet<Id>,
    /// The answers, for facts that follow from them.
    pub view: View,
}

/// What the kinds read from a view.
#[derive(Debug, Default)]
pub struct Reading {
    /// Live resources with our mark.
    pub live: Vec<Live<Seen>>,
    /// Kinds of which a source failed.
    pub unknown: BTreeMap<Kind, Fault>,
}

impl Reading {
    /// Adds what a kind read, or why it could not.
    pub fn add(&mut self, kind: Kind, fault: Option<&Fault>, live: impl Iterator<Item = Live<Seen>>) {
        // What a half-answered kind shows is kept: it still holds what it hangs on.
        self.live.extend(live);
        if let Some(fault) = fault {
            self.unknown.insert(kind, fault.clone());
        }
    }
}

/// Looks at everything that is `owner`'s.
///
/// What is expected, or named by something live, and in no list is asked for by its id: a list that omits it is stale.
///
/// Never fails as a whole: a source that cannot be read makes its kinds unknown. Costs no call while the shared answers are
/// fresh enough and nothing is missing.
pub async fn observe(
    scope: &Scope,
    owner: &Owner,
    expected: &[Expected],
    named: &Named,
    freshness: Freshness,
) -> Observation {
    let mut view = look(scope, owner, expected, freshness).await;
    detail(scope, &mut view, (owner, expected, named), freshness).await;
    let first = read_all(&view, owner);
    let mut unknown = BTreeMap::new();
    let mut absent = Vec::new();
    let (unseen, unlisted) = (by_question(missing(&first, expected)), referred(&first, expected, &named.brought));
    let complete = unseen.is_empty() && unlisted.is_empty();
    for (question, asked) in unseen {
        let ids: Vec<Id> = asked.iter().map(|expected| expected.id.clone()).collect();
        match Sources::find(&scope.cloud, &mut view, question, &ids).await {
            Ok(stand) => absent.extend(asked.into_iter().filter(|expected| !stand.contains(&expected.id))),
            Err(fault) => unknown.extend(asked.into_iter().map(|expected| (expected.kind, fault.clone()))),
        }
    }
    for (question, ids) in unlisted {
        // A failure leaves the list as it is: what hangs on the unlisted resource holds it in the plan.
        if let Err(fault) = Sources::find(&scope.cloud, &mut view, question, &ids).await {
            tracing::warn!(?ids, %fault, "named by resources of ours, not listed, and not to be found out about");
        }
    }
    let reading = if complete {
        first
    } else {
        // What was found by its id has details of its own.
        detail(scope, &mut view, (owner, expected, named), freshness).await;
        read_all(&view, owner)
    };
    let unmarked = missing(&reading, expected)
        .into_iter()
        .filter(|it| it.one_look_is_proof && !absent.contains(it) && !unknown.contains_key(&it.kind))
        .map(|it| it.id.clone())
        .collect();
    unknown.extend(reading.unknown);
    let (gone, missed) = absent.into_iter().partition::<Vec<_>, _>(|expected| expected.one_look_is_proof);
    let ids = |expected: Vec<&Expected>| expected.into_iter().map(|expected| expected.id.clone()).collect();
    Observation {
        foreign: foreign(&view, owner),
        observed: Observed { live: reading.live, unknown, gone: ids(gone) },
        missed: ids(missed),
        unmarked,
        view,
    }
}

/// What is to be asked for, by the question that lists it.
fn by_question(expected: Vec<&Expected>) -> BTreeMap<Question, Vec<&Expected>> {
    let mut questions: BTreeMap<Question, Vec<&Expected>> = BTreeMap::new();
    for expected in expected {
        questions.entry(primary(expected.kind)).or_default().push(expected);
    }
    questions
}

/// Ids that something live hangs on and that no list shows: created before a crash, perhaps, and never remembered.
fn referred(reading: &Reading, expected: &[Expected], brought: &BTreeSet<String>) -> BTreeMap<Question, Vec<Id>> {
    let known: BTreeSet<&Id> = reading.live.iter().map(|live| &live.id).chain(expected.iter().map(|e| &e.id)).collect();
    let referred = reading.live.iter().flat_map(|live| live.on.iter().chain(&live.within));
    let unlisted: BTreeSet<&Id> = referred.filter(|id| !known.contains(id) && !brought.contains(id.as_str())).collect();
    let mut questions: BTreeMap<Question, Vec<Id>> = BTreeMap::new();
    for id in unlisted {
        if let Some(question) = question_of(id) {
            questions.entry(question).or_default().push(id.clone());
        }
    }
    questions
}

/// The question that lists what has such an id.
fn question_of(id: &Id) -> Option<Question> {
    let (prefix, _) = id.as_str().rsplit_once('-')?;
    match prefix {
        "vpc" => Some(Question::Vpcs),
        "subnet" => Some(Question::Subnets),
        "igw" => Some(Question::InternetGateways),
        "eipalloc" => Some(Question::Addresses),
        "nat" => Some(Question::NatGateways),
        "rtb" => Some(Question::RouteTables),
        "sg" => Some(Question::SecurityGroups),
        "vpce" => Some(Question::VpcEndpoints),
        _ => None,
    }
}

async fn look(scope: &Scope, owner: &Owner, expected: &[Expected], freshness: Freshness) -> View {
    let Freshness { now, shallow, deep, written } = freshness;
    let vpcs: Vec<Id> = expected.iter().filter(|e| e.kind.name == "vpc").map(|e| e.id.clone()).collect();
    let mut view = match written {
        Some(written)
            if now.saturating_duration_since(written) < NARROW
                && scope.sources.oldest_shared().await.is_none_or(|started| started <= written) =>
        {
            // What others did since that write counts as well.
            scope.sources.narrow(&scope.cloud, &owner.stack, &vpcs, written.max(shallow), now).await
        }
        written => scope.sources.shared(&scope.cloud, written.map_or(shallow, |written| written.max(shallow))).await,
    };
    let ours: Vec<Id> = answered(&view.vpcs)
        .iter()
        .filter(|vpc| owner.claim(vpc.tags()) == Claim::Ours)
        .filter_map(|vpc| vpc.vpc_id().map(Id::from))
        .collect();
    let not_before = written.map_or(deep, |written| written.max(deep));
    view.vpc_attributes = scope.sources.vpc_attributes(&scope.cloud.ec2, &ours, not_before, now).await;
    view
}

/// Asks about the details of what `view` shows so far.
async fn detail(scope: &Scope, view: &mut View, asker: (&Owner, &[Expected], &Named), freshness: Freshness) {
    let Freshness { now, shallow: _, deep, written } = freshness;
    let not_before = written.map_or(deep, |written| written.max(deep));
    scope.sources.detail(&scope.cloud, view, asker, not_before, now).await;
}

/// Expected resources that are not in the reading, of kinds whose sources answered.
fn missing<'a>(reading: &Reading, expected: &'a [Expected]) -> Vec<&'a Expected> {
    let live: BTreeSet<&Id> = reading.live.iter().map(|live| &live.id).collect();
    expected.iter().filter(|e| !live.contains(&e.id) && !reading.unknown.contains_key(&e.kind)).collect()
}

/// The question that lists a kind: the first of its sources.
fn primary(kind: Kind) -> Question {
    super::kinds::sources_of(kind).first().copied().unwrap_or(Question::Vpcs)
}

fn foreign(view: &View, owner: &Owner) -> Vec<Foreign> {
    let foreign = marks(view, &owner.stack).into_iter().filter_map(|(id, tags)| match owner.claim(&tags) {
        Claim::Foreign(uid) => Some(Foreign { id, uid }),
        Claim::Ours | Claim::Other => None,
    });
    foreign.collect()
}

/// Where the incarnation `uid` of `stack` lives, as most of what it made says; `None` if nothing of it is in `view`.
#[must_use]
pub fn home(view: &View, stack: &str, uid: &str) -> Option<Home> {
    let mut homes: BTreeMap<Home, usize> = BTreeMap::new();
    for home in marks(view, stack).iter().filter_map(|(_, tags)| Home::marked(tags, stack, uid)) {
        *homes.entry(home).or_default() += 1;
    }
    homes.into_iter().max_by_key(|(_, count)| *count).map(|(home, _)| home)
}

/// Everything that stands and is marked as some incarnation's of `stack`, with its tags.
fn marks(view: &View, stack: &str) -> Vec<(Id, Tags)> {
    let mut marks = Vec::new();
    let mut note = |id: Option<&str>, tags: &[aws_sdk_ec2::types::Tag]| {
        if tags.tag(STACK) == Some(stack) {
            marks.extend(id.map(|id| (Id::from(id), from_list(tags))));
        }
    };
    for it in answered(&view.vpcs) {
        note(it.vpc_id(), it.tags());
    }
    for it in answered(&view.subnets) {
        note(it.subnet_id(), it.tags());
    }
    for it in answered(&view.internet_gateways) {
        note(it.internet_gateway_id(), it.tags());
    }
    for it in answered(&view.addresses) {
        note(it.allocation_id(), it.tags());
    }
    // What EC2 still shows as deleted, for about an hour, is nobody's any more.
    for it in answered(&view.nat_gateways).iter().filter(|it| it.state() != Some(&NatGatewayState::Deleted)) {
        note(it.nat_gateway_id(), it.tags());
    }
    for it in answered(&view.route_tables) {
        note(it.route_table_id(), it.tags());
    }
    for it in answered(&view.security_groups) {
        note(it.group_id(), it.tags());
    }
    // EC2 answers in lower case what its model writes with a capital.
    let stands = |it: &&VpcEndpoint| it.state().is_none_or(|state| !state.as_str().eq_ignore_ascii_case("deleted"));
    for it in answered(&view.vpc_endpoints).iter().filter(stands) {
        note(it.vpc_endpoint_id(), it.tags());
    }
    marks.extend(view.other_marks().into_iter().filter(|(_, tags)| tags.tag(STACK) == Some(stack)));
    marks
}

/// A shared scope.
pub type SharedScope = Arc<Scope>;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_ec2::types::{NatGateway, Subnet};

    use super::super::{Resource as _, wire};
    use super::*;

    /// A stack that comes back under its name must not stall on what the earlier one has already deleted.
    #[test]
    fn what_is_deleted_is_no_foreign_resource() {
        let stamp = wire::stamp();
        let tags = stamp.tags(&engine::Key::new(super::super::NatGateway::KIND, "a"), 0, engine::Tags::new());
        let sdk = wire::sdk_tags(&tags);
        let nat = |id: &str, state| NatGateway::builder().nat_gateway_id(id).state(state).set_tags(sdk.clone()).build();
        let subnet = Subnet::builder().subnet_id("subnet-1").set_tags(sdk.clone()).build();
        let view = View {
            nat_gateways: Ok(Arc::from([
                nat("nat-1", NatGatewayState::Deleted),
                nat("nat-2", NatGatewayState::Available),
            ])),
            subnets: Ok(Arc::from([subnet])),
            ..wire::view()
        };
        assert!(foreign(&view, &stamp.owner).is_empty(), "ours");
        let successor = Owner { uid: "uid-2".into(), ..stamp.owner };
        let ids: Vec<_> = foreign(&view, &successor).into_iter().map(|it| (it.id.to_string(), it.uid)).collect();
        let expected = ["subnet-1", "nat-2"].map(|id| (id.to_owned(), "uid-1".to_owned()));
        assert_eq!(ids, expected);
    }

    #[test]
    fn what_an_incarnation_made_says_where_it_lives() {
        let stamp = wire::stamp();
        let key = engine::Key::new(super::super::Subnet::KIND, "ecs-a");
        let subnet = |id: &str, owner: &Owner| {
            let tags = super::super::owner::Stamp { owner: owner.clone(), ..stamp.clone() }.ownership(&key, 0);
            Subnet::builder().subnet_id(id).set_tags(wire::sdk_tags(&tags)).build()
        };
        let elsewhere = Owner { cluster: "elsewhere".into(), ..stamp.owner.clone() };
        let other = Owner { uid: "uid-2".into(), cluster: "another".into(), ..stamp.owner.clone() };
        let subnets = [
            subnet("subnet-1", &elsewhere),
            subnet("subnet-2", &stamp.owner),
            subnet("subnet-3", &stamp.owner),
            subnet("subnet-4", &other),
        ];
        let view = View { subnets: Ok(Arc::from(subnets)), ..wire::view() };
        let Owner { cluster, namespace_uid, stack, uid, .. } = stamp.owner.clone();
        assert_eq!(home(&view, &stack, &uid), Some(Home { cluster, namespace_uid }));
        assert_eq!(home(&view, &stack, "uid-9"), None);
        assert_eq!(home(&view, "shop/carts", &uid), None);
    }
}

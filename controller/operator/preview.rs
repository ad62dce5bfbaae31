//! A pass without its end, for the command line: what the controller would do about a stack, seen with the caller's own
//! credentials. It reads AWS and writes nothing, neither there nor to Kubernetes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Graph, Memory, Observed, plan};
use jiff::Timestamp;

use super::consider::{connect, declaration, desired, planner, policy, see, stamp};
use super::finalizer;
use super::identity::Resolved;
use super::lead::Findings;
use crate::api::{Spec, Stack, Status};
use crate::aws::Node;
use crate::aws::facts::Image;
use crate::aws::limits::Limits;
use crate::aws::meter::Meter;
use crate::aws::observe::{Freshness, Named, Observation, home, observe};
use crate::aws::owner::Home;
use crate::aws::scope::{Connection, Scope, Scopes};
use crate::design::policy::Preview;
use crate::design::{self, Assumption};
use crate::status::{self, Problem, Recollection};

/// What a manifest does not say of its stack.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// UID of the namespace `kube-system`; if not said, as the stack's resources have it.
    pub cluster: Option<String>,
    /// UID of the stack's namespace; if not said, as the stack's resources have it.
    pub namespace_uid: Option<String>,
    /// ARN of the permissions boundary that the stack's `AwsIdentity` asks for.
    pub permissions_boundary: Option<String>,
    /// How long AWS's lists may lag.
    pub settle: Duration,
}

/// What the controller would do.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The plan.
    pub preview: Preview,
    /// What deserves a word beside it.
    pub notes: Vec<String>,
}

/// What the controller would do about `stack`. Without a UID it is a stack that is not there yet: what stands under its name is
/// another's, is named, and counts for nothing.
///
/// # Errors
/// What keeps the controller from planning.
pub async fn preview(stack: &Stack, asked: &Asked) -> Result<Outlook, Problem> {
    let mut stack = stack.clone();
    if stack.uid().is_empty() {
        stack.status = Status::default();
    }
    let now = Instant::now();
    let freshness = Freshness { now, shallow: now, deep: now, written: None };
    let Recollection { memory, expected, unknown: _ } =
        status::recall(&stack.status, finalizer::is_set(&stack), Timestamp::now(), asked.settle);
    let spec = declaration(&stack)?;
    let resolved = own_identity(&stack, asked)?;
    let scope =
        connect(&Scopes::from_environment(Limits::default(), Meter::default()).await, &stack, &resolved).await?;
    let mut found = Findings { memory, spec, resolved: Some(resolved), ..Findings::default() };

    let home = home_of(&scope, &stack, asked, freshness).await;
    let stamp = Arc::new(stamp(&stack, home, found.spec.as_ref()));
    see(&scope, &stack, &stamp, &expected, freshness, &mut found).await;
    let mut notes: Vec<String> = otherwise(&stack, asked).into_iter().collect();
    notes.extend(beside(&stack, &mut found));
    let desired = desired(&scope, &stack, &stamp, freshness, &mut found).await?;
    notes.extend(facts(&found));
    Ok(outlook(&stack, &scope, &desired, &found, notes))
}

/// What the controller would do about a stack of which nothing stands, without asking AWS anything.
///
/// # Errors
/// The declaration cannot be built.
pub fn assumed(stack: &Stack, assumption: &Assumption) -> Result<Outlook, Problem> {
    let nothing = Stack { status: Status::default(), ..stack.clone() };
    let Some(spec) = declaration(&nothing)? else {
        return Err(Problem::Unsatisfied {
            field: "metadata.deletionTimestamp".to_owned(),
            message: "the stack is being deleted: what goes is known to AWS only".to_owned(),
        });
    };
    let graph = drawn(&nothing, &spec, assumption)?;
    let preview = policy(&nothing)
        .preview(|approved| plan(&graph, &Observed::default(), &Memory { approved, ..Memory::default() }));
    let facts = design::assumed(&spec, assumption);
    let notes =
        image(&facts.image, "the service follows once its image is pushed: --image-pushed shows it").into_iter();
    Ok(Outlook { account: facts.account.clone(), region: spec.region, preview, notes: notes.collect() })
}

/// The resources that `stack` declares, without asking AWS anything.
///
/// # Errors
/// A defect of the design.
pub fn drawn(stack: &Stack, spec: &Spec, assumption: &Assumption) -> Result<Graph<Node>, Problem> {
    let stamp = Arc::new(stamp(stack, Home::default(), Some(spec)));
    let facts = design::assumed(spec, assumption);
    design::graph(spec, &facts, &stamp).map_err(|error| Problem::Design(error.to_string()))
}

/// The caller's own credentials, wherever the stack is.
fn own_identity(stack: &Stack, asked: &Asked) -> Result<Resolved, Problem> {
    let region = stack.status.region.clone().or_else(|| stack.controls.region.clone());
    let region =
        region.ok_or_else(|| Problem::IdentityRefused("spec.region is not set: name the region".to_owned()))?;
    Ok(Resolved {
        name: None,
        connection: Connection { region, role: None },
        account: None,
        permissions_boundary: asked.permissions_boundary.clone(),
    })
}

/// Where the stack lives: as it was said, else as the resources say that the stack made.
async fn home_of(scope: &Scope, stack: &Stack, asked: &Asked, freshness: Freshness) -> Home {
    let said = Home {
        cluster: asked.cluster.clone().unwrap_or_default(),
        namespace_uid: asked.namespace_uid.clone().unwrap_or_default(),
    };
    if stack.uid().is_empty() || asked.cluster.is_some() && asked.namespace_uid.is_some() {
        return said;
    }
    let owner = stamp(stack, said.clone(), None).owner;
    // Its answers are shared: the look that follows asks for no more than what concerns the stack alone.
    let Observation { view, .. } = observe(scope, &owner, &[], &Named::default(), freshness).await;
    let Some(found) = home(&view, &owner.stack, &owner.uid) else { return said };
    Home {
        cluster: asked.cluster.clone().unwrap_or(found.cluster),
        namespace_uid: asked.namespace_uid.clone().unwrap_or(found.namespace_uid),
    }
}

/// What was asked otherwise than the controller would.
fn otherwise(stack: &Stack, asked: &Asked) -> Option<String> {
    let name = stack.controls.identity.as_ref().filter(|_| asked.permissions_boundary.is_none())?;
    Some(format!(
        "AWS was asked with your own credentials, not as AwsIdentity {name}: if that has a permissionsBoundaryArn, say so with \
         --permissions-boundary"
    ))
}

/// Of a stack that is not there yet, what stands under its name is taken out of the way and named.
fn beside(stack: &Stack, found: &mut Findings) -> Option<String> {
    let observation = found.observation.as_mut().filter(|_| stack.uid().is_empty())?;
    let foreign = std::mem::take(&mut observation.foreign);
    let uid = &foreign.first()?.uid;
    Some(format!(
        "{} resources in AWS bear the name {}/{} and are those of the object with UID {uid}; this is a plan from nothing beside them. \
         Plan the object as `kubectl get -o yaml` prints it, or name its --uid, to see what it would come to",
        foreign.len(),
        stack.namespace(),
        stack.name(),
    ))
}

/// What was found of account and region that deserves a word.
fn facts(found: &Findings) -> Vec<String> {
    let Some(facts) = &found.facts else { return Vec::new() };
    let missing = image(&facts.image, "the service follows once it is pushed");
    missing.into_iter().chain(facts.warnings.iter().map(|warning| warning.message.clone())).collect()
}

fn image(image: &Image, what: &str) -> Option<String> {
    match image {
        Image::NotFound { repository_uri, reference, .. } => {
            Some(format!("{repository_uri}{reference} does not exist: {what}"))
        }
        Image::Resolved(_) => None,
    }
}

fn outlook(stack: &Stack, scope: &Scope, desired: &Graph<Node>, found: &Findings, notes: Vec<String>) -> Outlook {
    let planner = found.observation.as_ref().map(|observation| planner(desired, observation, &found.memory));
    let preview = planner.map_or_else(Preview::default, |planner| policy(stack).preview(planner));
    Outlook { account: scope.account.clone(), region: scope.region.clone(), preview, notes }
}

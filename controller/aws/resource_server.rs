//! Resource server of a user pool: scopes that tokens may carry.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cognitoidentityprovider::Client as CognitoClient;
use aws_sdk_cognitoidentityprovider::types::{ResourceServerScopeType, ResourceServerType as Sdk};
use engine::{
    Attributes, Change, Class, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref,
    Replace, Tags,
};

use super::UserPool;
use super::call::{Call, call};
use super::cloud::Cognito;
use super::fault::{incomplete, is_not_found, unresolved};
use super::label::{Label, Place};
use super::owner::Owner;
use super::pools::{ours, place};
use super::resource::{Mark, Resource};
use super::sources::{Detail, Look, Question, View};

/// Page size of `ListResourceServers`: the largest that it allows.
const PAGE: i32 = 50;

/// Longest part of a name that the identifier takes; the rest is the label.
const READABLE: usize = 64;

/// An API whose scopes tokens may carry. Its id is `<pool>/<identifier>`.
///
/// It can carry no tags, and users add resource servers of their own to a pool: ours bear the stack's [`Label`] at the end of
/// their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceServer {
    /// Its identifier, unique in the pool. Fixed at creation.
    pub identifier: String,
    /// The pool, built or brought.
    pub pool: Ref<UserPool>,
    /// Names of its scopes.
    pub scopes: BTreeSet<String>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceServerSeen {
    /// Its pool.
    pub pool: String,
    /// Its name, with the label.
    pub name: String,
    /// Its scopes: name to description.
    pub scopes: BTreeMap<String, String>,
}

/// `ListResourceServers` of the stack's pool, by the pool's id; `DescribeResourceServer`, by `<pool>/<identifier>`.
pub struct ResourceServers;

impl Detail for ResourceServers {
    type Client = CognitoClient;
    type Item = Vec<Sdk>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let ours = ours(look.view, look.owner).filter_map(|pool| pool.id().map(Id::from));
        let expected =
            look.expected(ResourceServer::KIND).filter_map(|id| Some(Id::from(id.as_str().split_once('/')?.0)));
        ours.chain(expected).chain(look.named.user_pool.as_deref().map(Id::from)).collect()
    }

    async fn ask(cognito: &Cognito, subject: &Id) -> Result<Option<Vec<Sdk>>, Fault> {
        let answer = match subject.as_str().split_once('/') {
            Some((pool, identifier)) => describe(cognito, pool, identifier).await,
            None => list(cognito, subject.as_str()).await,
        };
        match answer {
            Ok(servers) => Ok(Some(servers)),
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(_: &Vec<Sdk>) -> Option<Tags> {
        None
    }
}

/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListResourceServers.html>
async fn list(cognito: &Cognito, pool: &str) -> Result<Vec<Sdk>, Fault> {
    let call = cognito.reads().list_resource_servers().user_pool_id(pool).max_results(PAGE);
    let servers = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    cognito.read("ListResourceServers", servers).await
}

/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeResourceServer.html>
async fn describe(cognito: &Cognito, pool: &str, identifier: &str) -> Result<Vec<Sdk>, Fault> {
    let call = cognito.reads().describe_resource_server().user_pool_id(pool).identifier(identifier);
    Ok(cognito.read("DescribeResourceServer", call.send()).await?.resource_server.into_iter().collect())
}

impl Resource for ResourceServer {
    type Seen = ResourceServerSeen;
    type Client = CognitoClient;

    const KIND: Kind =
        Kind { order: 250, name: "resource-server", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::ResourceServers, Question::UserPoolDetails, Question::UserPools];
    const CALLS: &'static [Call] = &[
        call("cognito-idp:CreateResourceServer"),
        call("cognito-idp:DeleteResourceServer"),
        call("cognito-idp:DescribeResourceServer"),
        call("cognito-idp:ListResourceServers"),
        call("cognito-idp:UpdateResourceServer"),
    ];

    fn name(&self) -> &str {
        &self.identifier
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.pool.exists()]
    }

    fn compare(&self, seen: &ResourceServerSeen, ids: &Ids) -> Comparison {
        // The name tells whose it is, and nothing else.
        let ResourceServerSeen { pool, name: _, scopes } = seen;
        Comparison::default().fixed_ref("pool", ids.of(&self.pool), pool).field(
            "scopes",
            &self.scopes,
            &scopes.keys().cloned().collect(),
        )
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<ResourceServerSeen>> {
        let label = Label::of(owner);
        let servers = view.detailed.resource_servers.iter().flat_map(|(_, servers)| servers);
        let ours = |server: &&Sdk| {
            let (Some(name), Some(pool)) = (server.name(), server.user_pool_id()) else { return false };
            label.strip(name, place(view, owner, pool)).is_some()
        };
        let lives = servers.filter(ours).filter_map(|server| read_one(server, 0));
        // One that was asked for by its id may be in the list as well.
        let by_id: BTreeMap<Id, Live<ResourceServerSeen>> = lives.map(|live| (live.id.clone(), live)).collect();
        by_id.into_values().collect()
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateResourceServer.html>
    ///
    /// What stands under the identifier is found out when the call is refused: ours, from a call whose answer was lost, is taken;
    /// anybody else's is a conflict.
    async fn create(&self, cognito: &Cognito, ids: &Ids, mark: &Mark) -> Result<Live<ResourceServerSeen>, Fault> {
        const OPERATION: &str = "CreateResourceServer";
        let pool = ids.of(&self.pool).map_err(|cause| unresolved(OPERATION, &cause))?;
        let label = Label::of_mark(mark);
        let call = cognito
            .writes()
            .create_resource_server()
            .user_pool_id(pool.as_str())
            .identifier(&self.identifier)
            .name(label.put(&readable(&self.identifier), 0))
            .set_scopes(Some(self.scopes(&BTreeMap::new())));
        let server = match cognito.write(OPERATION, call.send()).await {
            Ok(answer) => answer.resource_server,
            Err(fault) if fault.class == Class::Invalid => Some(self.standing(cognito, pool, &label, fault).await?),
            Err(fault) => return Err(fault),
        };
        let live = server.and_then(|server| read_one(&server, mark.attempt));
        live.ok_or_else(|| incomplete(OPERATION, "ResourceServer"))
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateResourceServer.html>: replaces name
    /// and scopes; descriptions of scopes that stay are kept.
    async fn update(
        &self,
        cognito: &Cognito,
        live: &Live<ResourceServerSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<ResourceServerSeen>, Fault> {
        let scopes = self.scopes(&live.seen.scopes);
        let call = cognito
            .writes()
            .update_resource_server()
            .user_pool_id(&live.seen.pool)
            .identifier(&self.identifier)
            .name(&live.seen.name)
            .set_scopes(Some(scopes.clone()));
        cognito.write("UpdateResourceServer", call.send()).await?;
        Ok(Live { seen: ResourceServerSeen { scopes: described(&scopes), ..live.seen.clone() }, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteResourceServer.html>
    async fn delete(cognito: &Cognito, live: &Live<ResourceServerSeen>) -> Result<Deletion, Fault> {
        let Some((pool, identifier)) = live.id.as_str().split_once('/') else { return Ok(Deletion::Gone) };
        let call = cognito.writes().delete_resource_server().user_pool_id(pool).identifier(identifier);
        match cognito.write("DeleteResourceServer", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl ResourceServer {
    /// The declared scopes, described as before or, when new, by their names.
    fn scopes(&self, before: &BTreeMap<String, String>) -> Vec<ResourceServerScopeType> {
        let scope = |name: &String| {
            let description = before.get(name).unwrap_or(name);
            ResourceServerScopeType::builder().scope_name(name).scope_description(description).build().ok()
        };
        self.scopes.iter().filter_map(scope).collect()
    }

    /// The one that stands under the identifier, if it is ours; else why the create was refused.
    async fn standing(&self, cognito: &Cognito, pool: &Id, label: &Label, refusal: Fault) -> Result<Sdk, Fault> {
        let found = match describe(cognito, pool.as_str(), &self.identifier).await {
            Ok(found) => found.into_iter().next(),
            Err(fault) if is_not_found(&fault) => None,
            Err(fault) => return Err(fault),
        };
        let Some(server) = found else { return Err(refusal) };
        let name = server.name().unwrap_or_default();
        if label.strip(name, Place::Brought).is_some() {
            return Ok(server);
        }
        let message = format!(
            "the user pool {pool} has a resource server {} already, named {name:?}, which this stack did not make: \
             choose another identifier in spec.auth.resourceServers, or delete it",
            self.identifier
        );
        Err(Fault { class: Class::Conflict, message, ..refusal })
    }
}

/// The identifier in characters that a name may have.
fn readable(identifier: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.-".contains(c);
    identifier.chars().take(READABLE).map(|c| if allowed(c) { c } else { '-' }).collect()
}

fn described(scopes: &[ResourceServerScopeType]) -> BTreeMap<String, String> {
    scopes.iter().map(|it| (it.scope_name().to_owned(), it.scope_description().to_owned())).collect()
}

fn read_one(server: &Sdk, attempt: u32) -> Option<Live<ResourceServerSeen>> {
    let (pool, identifier) = (server.user_pool_id()?, server.identifier()?);
    Some(Live {
        key: Key::new(ResourceServer::KIND, identifier),
        attempt,
        id: Id::from(format!("{pool}/{identifier}")),
        attributes: Attributes::new(),
        phase: Phase::Ready,
        seen: ResourceServerSeen {
            pool: pool.to_owned(),
            name: server.name().unwrap_or_default().to_owned(),
            scopes: described(server.scopes()),
        },
        on: vec![Id::from(pool)],
        within: Some(Id::from(pool)),
        tags: Tags::new(),
        created: None,
    })
}

#[cfg(test)]
mod tests;

//! Domain of a user pool: where its sign-in pages and OAuth endpoints are.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html>

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client as CognitoClient;
use aws_sdk_cognitoidentityprovider::types::{DomainDescriptionType as Sdk, DomainStatusType};
use engine::{
    Attributes, Change, Class, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref,
    Replace, Tags,
};

use super::UserPool;
use super::call::{Call, call};
use super::cloud::Cognito;
use super::fault::{is_not_found, unresolved};
use super::owner::Owner;
use super::pools::ours;
use super::resource::{Mark, Resource};
use super::sources::{Detail, Look, Question, View};

/// A pool has one domain with a prefix.
const NAME: &str = "main";

/// The attribute in which the URL of the domain stands.
pub const URL: &str = "url";

/// The prefix domain of a pool that is built. Its id is `<pool>/<prefix>`; attribute [`URL`].
///
/// It can carry no tags, and a pool has at most one: that of a pool that is ours is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPoolDomain {
    /// The pool.
    pub pool: Ref<UserPool>,
    /// The prefix, unique in the region across all accounts. Fixed at creation.
    pub prefix: String,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPoolDomainSeen {
    /// Its pool.
    pub pool: String,
    /// The prefix.
    pub prefix: String,
}

/// `DescribeUserPoolDomain` of the domain that the description of the stack's pool names, by `<pool>/<prefix>`.
pub struct UserPoolDomains;

impl Detail for UserPoolDomains {
    type Client = CognitoClient;
    type Item = Sdk;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let shown = ours(look.view, look.owner).filter_map(|pool| Some(id_of(pool.id()?, pool.domain()?)));
        shown.chain(look.expected(UserPoolDomain::KIND)).collect()
    }

    async fn ask(cognito: &Cognito, id: &Id) -> Result<Option<Sdk>, Fault> {
        let Some((pool, prefix)) = id.as_str().split_once('/') else { return Ok(None) };
        Ok(describe(cognito, prefix).await?.filter(|domain| domain.user_pool_id() == Some(pool)))
    }

    fn tags(_: &Sdk) -> Option<Tags> {
        None
    }
}

/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolDomain.html>: of a domain that
/// does not exist, or is another account's, the description is empty.
async fn describe(cognito: &Cognito, prefix: &str) -> Result<Option<Sdk>, Fault> {
    let call = cognito.reads().describe_user_pool_domain().domain(prefix);
    match cognito.read("DescribeUserPoolDomain", call.send()).await {
        Ok(answer) => Ok(answer.domain_description.filter(|domain| domain.user_pool_id().is_some())),
        Err(fault) if is_not_found(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn id_of(pool: &str, prefix: &str) -> Id {
    Id::from(format!("{pool}/{prefix}"))
}

impl Resource for UserPoolDomain {
    type Seen = UserPoolDomainSeen;
    type Client = CognitoClient;

    const KIND: Kind =
        Kind { order: 240, name: "user-pool-domain", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::UserPoolDomains, Question::UserPoolDetails, Question::UserPools];
    const CALLS: &'static [Call] = &[
        call("cognito-idp:CreateUserPoolDomain"),
        call("cognito-idp:DeleteUserPoolDomain"),
        call("cognito-idp:DescribeUserPoolDomain"),
    ];

    fn name(&self) -> &str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.pool.exists()]
    }

    fn compare(&self, seen: &UserPoolDomainSeen, ids: &Ids) -> Comparison {
        let UserPoolDomainSeen { pool, prefix } = seen;
        Comparison::default().fixed_ref("pool", ids.of(&self.pool), pool).fixed("domainPrefix", &self.prefix, prefix)
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<UserPoolDomainSeen>> {
        let pools: BTreeSet<&str> = ours(view, owner).filter_map(|pool| pool.id()).collect();
        let domains = view.detailed.user_pool_domains.iter().map(|(_, domain)| domain);
        let ours = domains.filter(|domain| domain.user_pool_id().is_some_and(|pool| pools.contains(pool)));
        ours.filter_map(|domain| read_one(domain, 0)).collect()
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html>
    ///
    /// Who has the prefix is found out when the call is refused: ours, from a call whose answer was lost, is taken.
    async fn create(&self, cognito: &Cognito, ids: &Ids, mark: &Mark) -> Result<Live<UserPoolDomainSeen>, Fault> {
        const OPERATION: &str = "CreateUserPoolDomain";
        let pool = ids.of(&self.pool).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = cognito.writes().create_user_pool_domain().user_pool_id(pool.as_str()).domain(&self.prefix);
        match cognito.write(OPERATION, call.send()).await {
            Ok(_) => {}
            Err(fault) if fault.class == Class::Invalid => self.taken(cognito, pool, fault).await?,
            Err(fault) => return Err(fault),
        }
        let seen = UserPoolDomainSeen { pool: pool.to_string(), prefix: self.prefix.clone() };
        let live =
            mark.live(id_of(pool.as_str(), &self.prefix).to_string(), Phase::Pending("CREATING".to_owned()), seen);
        Ok(Live { attributes: url(pool.as_str(), &self.prefix), on: vec![pool.clone()], ..live })
    }

    /// Nothing of a prefix domain that is declared can be changed, and `compare` reports no such change.
    async fn update(
        &self,
        _: &Cognito,
        live: &Live<UserPoolDomainSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<UserPoolDomainSeen>, Fault> {
        Ok(live.clone())
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPoolDomain.html>: a domain that
    /// does not exist is an invalid parameter.
    async fn delete(cognito: &Cognito, live: &Live<UserPoolDomainSeen>) -> Result<Deletion, Fault> {
        let UserPoolDomainSeen { pool, prefix } = &live.seen;
        let call = cognito.writes().delete_user_pool_domain().user_pool_id(pool).domain(prefix);
        match cognito.write("DeleteUserPoolDomain", call.send()).await {
            Ok(_) => Ok(Deletion::Going),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) if fault.class == Class::Invalid => match describe(cognito, prefix).await? {
                Some(domain) if domain.user_pool_id() == Some(pool) => Err(fault),
                _ => Ok(Deletion::Gone),
            },
            Err(fault) => Err(fault),
        }
    }
}

impl UserPoolDomain {
    /// That the prefix is our pool's already; else why the create was refused.
    async fn taken(&self, cognito: &Cognito, pool: &Id, refusal: Fault) -> Result<(), Fault> {
        let holder = match describe(cognito, &self.prefix).await? {
            Some(domain) if domain.user_pool_id() == Some(pool.as_str()) => return Ok(()),
            Some(domain) => {
                format!("the user pool {} of this account has it", domain.user_pool_id().unwrap_or_default())
            }
            None => "nobody in this account has it".to_owned(),
        };
        let message = format!(
            "the domain prefix {:?} is refused: {}; {holder}. Prefixes are unique in a region across all accounts: choose another \
             in spec.auth.userPool.domainPrefix",
            self.prefix,
            refusal.message.trim_end_matches('.'),
        );
        Err(Fault { class: Class::Conflict, message, ..refusal })
    }
}

/// Where the pages and endpoints are. The id of a pool begins with its region.
fn url(pool: &str, prefix: &str) -> Attributes {
    let region = pool.split_once('_').map_or(pool, |(region, _)| region);
    [(URL.into(), format!("https://{prefix}.auth.{region}.amazoncognito.com"))].into_iter().collect()
}

fn read_one(domain: &Sdk, attempt: u32) -> Option<Live<UserPoolDomainSeen>> {
    let (pool, prefix) = (domain.user_pool_id()?, domain.domain()?);
    Some(Live {
        key: Key::new(UserPoolDomain::KIND, NAME),
        attempt,
        id: id_of(pool, prefix),
        attributes: url(pool, prefix),
        phase: phase(domain.status()),
        seen: UserPoolDomainSeen { pool: pool.to_owned(), prefix: prefix.to_owned() },
        on: vec![Id::from(pool)],
        within: None,
        tags: Tags::new(),
        created: None,
    })
}

fn phase(status: Option<&DomainStatusType>) -> Phase {
    match status {
        Some(DomainStatusType::Active | DomainStatusType::Updating) => Phase::Ready,
        Some(DomainStatusType::Deleting) => Phase::Deleting,
        Some(DomainStatusType::Failed) => Phase::Failed("Cognito could not set the domain up".to_owned()),
        Some(status) => Phase::Pending(status.as_str().to_owned()),
        None => Phase::Pending("no status".to_owned()),
    }
}

#[cfg(test)]
mod tests;

//! App client of a user pool.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html>

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client as CognitoClient;
use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, OAuthFlowType, PreventUserExistenceErrorTypes, UserPoolClientDescription,
    UserPoolClientType as Sdk,
};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::call::{Call, call};
use super::cloud::Cognito;
use super::fault::{incomplete, is_not_found, refused, unresolved};
use super::label::Label;
use super::owner::Owner;
use super::pools::{PAGE, ours, place};
use super::resource::{Mark, Resource};
use super::secret::Secret;
use super::sources::{Detail, Look, Question, View};
use super::{ResourceServer, UserPool};

mod settings;

/// The attribute of a client in which its id in tokens stands: the id of its live resource names the pool, too.
pub const CLIENT_ID: &str = "clientId";

/// The provider that stands for the pool's own users.
const OWN_USERS: &str = "COGNITO";

/// Scopes that a user's token may carry beside those of resource servers.
const USER_SCOPES: [&str; 3] = ["email", "openid", "profile"];

/// An application that obtains tokens. Its id is `<pool>/<client id>`; attribute [`CLIENT_ID`].
///
/// It can carry no tags, and users add clients of their own to a pool: ours bear the stack's [`Label`] at the end of their names.
/// It is never replaced: its id is built into applications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPoolClient {
    /// Its name in the declaration.
    pub name: String,
    /// The pool, built or brought.
    pub pool: Ref<UserPool>,
    /// How it obtains tokens.
    pub flows: BTreeSet<Flow>,
    /// Where users return to after signing in; only with [`Flow::AuthorizationCode`].
    pub callback_urls: BTreeSet<String>,
    /// Whether it has a secret. Fixed at creation.
    pub generate_secret: bool,
    /// The resource servers whose scopes it may ask for.
    pub resource_servers: Vec<Ref<ResourceServer>>,
    /// Those scopes, as `IDENTIFIER/SCOPE`.
    pub scopes: BTreeSet<String>,
}

/// How a client obtains tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// Secure Remote Password.
    UserSrp,
    /// Name and password sent to Cognito.
    UserPassword,
    /// OAuth 2 authorization code.
    AuthorizationCode,
    /// OAuth 2 client credentials.
    ClientCredentials,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPoolClientSeen {
    /// Its pool.
    pub pool: String,
    /// `ALLOW_...`: how users sign in through the SDKs.
    pub sign_in_flows: BTreeSet<String>,
    /// OAuth flows.
    pub oauth_flows: BTreeSet<String>,
    /// Scopes of the OAuth flows.
    pub scopes: BTreeSet<String>,
    /// Where users may return to.
    pub callback_urls: BTreeSet<String>,
    /// Whether the pool's own users may sign in on its sign-in pages.
    pub own_users: bool,
    /// Whether failed sign-ins do not tell whether the user exists.
    pub hides_users: bool,
    /// Its secret, if it has one.
    pub secret: Option<Secret<String>>,
}

/// `ListUserPoolClients` of the stack's pool, by the pool's id.
pub struct UserPoolClientLists;

impl Detail for UserPoolClientLists {
    type Client = CognitoClient;
    type Item = Vec<UserPoolClientDescription>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let ours = ours(look.view, look.owner).filter_map(|pool| pool.id().map(Id::from));
        let expected =
            look.expected(UserPoolClient::KIND).filter_map(|id| Some(Id::from(id.as_str().split_once('/')?.0)));
        ours.chain(expected).chain(look.named.user_pool.as_deref().map(Id::from)).collect()
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPoolClients.html>
    async fn ask(cognito: &Cognito, pool: &Id) -> Result<Option<Self::Item>, Fault> {
        let call = cognito.reads().list_user_pool_clients().user_pool_id(pool.as_str()).max_results(PAGE);
        let clients = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        match cognito.read("ListUserPoolClients", clients).await {
            Ok(clients) => Ok(Some(clients)),
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(_: &Self::Item) -> Option<Tags> {
        None
    }
}

/// `DescribeUserPoolClient` of the clients that bear the stack's label, by `<pool>/<client id>`. Holds secrets, which the SDK
/// leaves out of Debug.
pub struct UserPoolClients;

impl Detail for UserPoolClients {
    type Client = CognitoClient;
    type Item = Sdk;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let label = Label::of(look.owner);
        let pools = look.view.detailed.user_pool_client_lists.iter();
        let clients = pools.flat_map(|(pool, clients)| clients.iter().map(move |client| (pool, client)));
        let labelled = clients.filter_map(|(pool, client)| {
            label.strip(client.client_name()?, place(look.view, look.owner, pool.as_str()))?;
            Some(Id::from(format!("{pool}/{}", client.client_id()?)))
        });
        labelled.chain(look.expected(UserPoolClient::KIND)).collect()
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolClient.html>
    async fn ask(cognito: &Cognito, id: &Id) -> Result<Option<Sdk>, Fault> {
        let Some((pool, client)) = id.as_str().split_once('/') else { return Ok(None) };
        describe(cognito, pool, client).await
    }

    fn tags(_: &Sdk) -> Option<Tags> {
        None
    }
}

async fn describe(cognito: &Cognito, pool: &str, client: &str) -> Result<Option<Sdk>, Fault> {
    let call = cognito.reads().describe_user_pool_client().user_pool_id(pool).client_id(client);
    match cognito.read("DescribeUserPoolClient", call.send()).await {
        Ok(answer) => Ok(answer.user_pool_client),
        Err(fault) if is_not_found(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl Resource for UserPoolClient {
    type Seen = UserPoolClientSeen;
    type Client = CognitoClient;

    const KIND: Kind =
        Kind { order: 260, name: "user-pool-client", creation: Creation::Intent, holds_data: true, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] =
        &[Question::UserPoolClients, Question::UserPoolClientLists, Question::UserPoolDetails, Question::UserPools];
    const CALLS: &'static [Call] = &[
        call("cognito-idp:CreateUserPoolClient"),
        call("cognito-idp:DeleteUserPoolClient"),
        call("cognito-idp:DescribeUserPoolClient"),
        call("cognito-idp:ListUserPoolClients"),
        call("cognito-idp:UpdateUserPoolClient"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    /// A scope is granted only if it exists.
    fn needs(&self) -> Vec<Need> {
        std::iter::once(self.pool.exists()).chain(self.resource_servers.iter().map(Ref::ready)).collect()
    }

    fn compare(&self, seen: &UserPoolClientSeen, ids: &Ids) -> Comparison {
        let UserPoolClientSeen {
            pool,
            sign_in_flows,
            oauth_flows,
            scopes,
            callback_urls,
            own_users,
            hides_users,
            secret,
        } = seen;
        let comparison = Comparison::default()
            .fixed_ref("pool", ids.of(&self.pool), pool)
            .fixed("generateSecret", &self.generate_secret, &secret.is_some())
            .field("signInFlows", &words(&self.sign_in_flows()), sign_in_flows)
            .field("oauthFlows", &words(&self.oauth_flows()), oauth_flows)
            .field("scopes", &self.all_scopes(), scopes)
            .field("callbackUrls", &self.callback_urls, callback_urls)
            .field("hidesUsers", &true, hides_users);
        if self.oauth_flows().is_empty() { comparison } else { comparison.field("ownUsers", &true, own_users) }
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<UserPoolClientSeen>> {
        let label = Label::of(owner);
        let clients = view.detailed.user_pool_clients.iter();
        clients
            .filter_map(|(id, client)| {
                let (name, attempt) = label.strip(client.client_name()?, place(view, owner, client.user_pool_id()?))?;
                read_one(Key::new(Self::KIND, name), attempt, id.clone(), client)
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html>
    async fn create(&self, cognito: &Cognito, ids: &Ids, mark: &Mark) -> Result<Live<UserPoolClientSeen>, Fault> {
        const OPERATION: &str = "CreateUserPoolClient";
        let pool = ids.of(&self.pool).map_err(|cause| unresolved(OPERATION, &cause))?;
        let oauth = !self.oauth_flows().is_empty();
        let call = cognito
            .writes()
            .create_user_pool_client()
            .user_pool_id(pool.as_str())
            .client_name(Label::of_mark(mark).put(&self.name, mark.attempt))
            .generate_secret(self.generate_secret)
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .set_explicit_auth_flows(Some(self.sign_in_flows()))
            .allowed_o_auth_flows_user_pool_client(oauth)
            .set_allowed_o_auth_flows(oauth.then(|| self.oauth_flows()))
            .set_allowed_o_auth_scopes(oauth.then(|| self.all_scopes().into_iter().collect()))
            .set_callback_urls(listed(&self.callback_urls))
            .set_supported_identity_providers(oauth.then(|| vec![OWN_USERS.to_owned()]));
        let client = cognito.write(OPERATION, call.send()).await?.user_pool_client;
        let client = client.ok_or_else(|| incomplete(OPERATION, "UserPoolClient"))?;
        let id = client.client_id().ok_or_else(|| incomplete(OPERATION, "UserPoolClient.ClientId"))?;
        let id = Id::from(format!("{pool}/{id}"));
        read_one(mark.key.clone(), mark.attempt, id, &client).ok_or_else(|| incomplete(OPERATION, "ClientId"))
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html>: replaces
    /// everything, so the whole description goes back with the changes in it.
    async fn update(
        &self,
        cognito: &Cognito,
        live: &Live<UserPoolClientSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<UserPoolClientSeen>, Fault> {
        const OPERATION: &str = "UpdateUserPoolClient";
        let gone =
            || refused(OPERATION, "ResourceNotFoundException", &format!("the client {} does not exist", live.id));
        let (pool, client) = live.id.as_str().split_once('/').ok_or_else(gone)?;
        let client = describe(cognito, pool, client).await?.ok_or_else(gone)?;
        let after = self.laid_over(client);
        cognito.write(OPERATION, settings::replacement(cognito, after.clone()).send()).await?;
        Ok(Live { seen: seen(&after), ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPoolClient.html>
    async fn delete(cognito: &Cognito, live: &Live<UserPoolClientSeen>) -> Result<Deletion, Fault> {
        let Some((pool, client)) = live.id.as_str().split_once('/') else { return Ok(Deletion::Gone) };
        let call = cognito.writes().delete_user_pool_client().user_pool_id(pool).client_id(client);
        match cognito.write("DeleteUserPoolClient", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl UserPoolClient {
    /// Refreshing is always allowed; a client that names no flow at all would allow more than that.
    fn sign_in_flows(&self) -> Vec<ExplicitAuthFlowsType> {
        let flows = self.flows.iter().filter_map(|flow| match flow {
            Flow::UserSrp => Some(ExplicitAuthFlowsType::AllowUserSrpAuth),
            Flow::UserPassword => Some(ExplicitAuthFlowsType::AllowUserPasswordAuth),
            Flow::AuthorizationCode | Flow::ClientCredentials => None,
        });
        std::iter::once(ExplicitAuthFlowsType::AllowRefreshTokenAuth).chain(flows).collect()
    }

    fn oauth_flows(&self) -> Vec<OAuthFlowType> {
        let flows = self.flows.iter().filter_map(|flow| match flow {
            Flow::AuthorizationCode => Some(OAuthFlowType::Code),
            Flow::ClientCredentials => Some(OAuthFlowType::ClientCredentials),
            Flow::UserSrp | Flow::UserPassword => None,
        });
        flows.collect()
    }

    /// Scopes about users are none of a machine's.
    fn all_scopes(&self) -> BTreeSet<String> {
        let of_users = self.flows.contains(&Flow::AuthorizationCode).then_some(USER_SCOPES);
        let of_users = of_users.into_iter().flatten().map(str::to_owned);
        let of_servers = (!self.oauth_flows().is_empty()).then(|| self.scopes.iter().cloned());
        of_users.chain(of_servers.into_iter().flatten()).collect()
    }

    /// `client` with what is declared of it.
    fn laid_over(&self, mut client: Sdk) -> Sdk {
        let oauth = !self.oauth_flows().is_empty();
        client.prevent_user_existence_errors = Some(PreventUserExistenceErrorTypes::Enabled);
        client.explicit_auth_flows = Some(self.sign_in_flows());
        client.allowed_o_auth_flows_user_pool_client = Some(oauth);
        client.allowed_o_auth_flows = oauth.then(|| self.oauth_flows());
        client.allowed_o_auth_scopes = oauth.then(|| self.all_scopes().into_iter().collect());
        client.callback_urls = listed(&self.callback_urls);
        if oauth {
            let providers = client.supported_identity_providers.get_or_insert_default();
            if !providers.iter().any(|provider| provider == OWN_USERS) {
                providers.push(OWN_USERS.to_owned());
            }
        } else {
            // These are refused without an OAuth flow.
            client.logout_urls = None;
            client.default_redirect_uri = None;
        }
        let redirects = |url: &String| self.callback_urls.contains(url);
        client.default_redirect_uri = client.default_redirect_uri.filter(redirects);
        client
    }
}

/// The items as a call takes them: an empty list is left out.
fn listed(items: &BTreeSet<String>) -> Option<Vec<String>> {
    (!items.is_empty()).then(|| items.iter().cloned().collect())
}

fn words<T: AsRef<str>>(items: &[T]) -> BTreeSet<String> {
    items.iter().map(|item| item.as_ref().to_owned()).collect()
}

fn seen(client: &Sdk) -> UserPoolClientSeen {
    let set = |items: &[String]| items.iter().cloned().collect();
    UserPoolClientSeen {
        pool: client.user_pool_id().unwrap_or_default().to_owned(),
        sign_in_flows: words(client.explicit_auth_flows()),
        oauth_flows: words(client.allowed_o_auth_flows()),
        scopes: set(client.allowed_o_auth_scopes()),
        callback_urls: set(client.callback_urls()),
        own_users: client.supported_identity_providers().iter().any(|provider| provider == OWN_USERS),
        hides_users: client.prevent_user_existence_errors() == Some(&PreventUserExistenceErrorTypes::Enabled),
        secret: client.client_secret().map(|secret| Secret::new(secret.to_owned())),
    }
}

/// A resource server goes only when no client asks for its scopes any more.
fn read_one(key: Key, attempt: u32, id: Id, client: &Sdk) -> Option<Live<UserPoolClientSeen>> {
    let pool = id.as_str().split_once('/')?.0.to_owned();
    let servers: BTreeSet<Id> = client
        .allowed_o_auth_scopes()
        .iter()
        .filter_map(|scope| Some(Id::from(format!("{pool}/{}", scope.rsplit_once('/')?.0))))
        .collect();
    Some(Live {
        key,
        attempt,
        attributes: [(CLIENT_ID.into(), client.client_id()?.to_owned())].into_iter().collect(),
        id,
        phase: Phase::Ready,
        seen: seen(client),
        on: std::iter::once(Id::from(pool.as_str())).chain(servers).collect(),
        within: Some(Id::from(pool)),
        tags: Tags::new(),
        created: client.creation_date().map(aws_smithy_types::DateTime::secs),
    })
}

#[cfg(test)]
mod tests;

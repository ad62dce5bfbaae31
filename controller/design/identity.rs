//! Who issues tokens: the user pool, what is in it, and the names of what is exported of it.

use std::collections::BTreeSet;

use engine::{Attributes, Id, Known, Ref};

use super::Draft;
use crate::api::Spec;
use crate::api::spec::{self, Auth, Client, Cognito, Pool};
use crate::aws::facts::{BroughtUserPool, Facts};
use crate::aws::{ARN, Flow, ISSUER, Mfa, Resource, ResourceServer, UserPool, UserPoolClient, UserPoolDomain};

/// The one user pool of a stack, its own or brought.
pub(super) fn user_pool() -> Ref<UserPool> {
    UserPool::reference("main")
}

/// Adds the user pool with its domain, resource servers and clients; nothing if tokens are issued elsewhere.
pub(super) fn draw(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    let Auth::Cognito(cognito) = &spec.auth else { return };
    draw_pool(spec, cognito, facts, draft);
    for server in &cognito.resource_servers {
        draft.node(ResourceServer {
            identifier: server.identifier.clone(),
            pool: user_pool(),
            scopes: server.scopes.iter().cloned().collect(),
        });
    }
    for client in &cognito.clients {
        draft.node(user_pool_client(client, cognito));
    }
}

fn draw_pool(spec: &Spec, cognito: &Cognito, facts: &Facts, draft: &mut Draft) {
    match &cognito.pool {
        Pool::Own { self_sign_up, mfa, password_min_length, domain_prefix } => {
            draft.node(UserPool {
                name: "main",
                pool_name: UserPool::name_of(&format!("{}/{}", spec.namespace, spec.name)),
                self_sign_up: *self_sign_up,
                mfa: match mfa {
                    spec::Mfa::None => Mfa::Off,
                    spec::Mfa::Optional => Mfa::Optional,
                    spec::Mfa::Required => Mfa::Required,
                },
                password_min_length: *password_min_length,
            });
            if let Some(prefix) = domain_prefix {
                draft.node(UserPoolDomain { pool: user_pool(), prefix: prefix.clone() });
            }
        }
        Pool::Brought(id) => {
            let attributes = facts.user_pool.as_ref().map(attributes).unwrap_or_default();
            draft.given.push((user_pool().key().clone(), Known { id: Id::from(id.as_str()), attributes }));
        }
    }
}

fn attributes(pool: &BroughtUserPool) -> Attributes {
    [(ARN.into(), pool.arn.clone()), (ISSUER.into(), pool.issuer.clone())].into_iter().collect()
}

/// A client may ask for the scopes of every resource server, if it asks for scopes at all.
fn user_pool_client(client: &Client, cognito: &Cognito) -> UserPoolClient {
    let flows: BTreeSet<Flow> = client.flows.iter().copied().map(flow).collect();
    let oauth = flows.contains(&Flow::AuthorizationCode) || flows.contains(&Flow::ClientCredentials);
    let servers = || cognito.resource_servers.iter().filter(|_| oauth);
    let scopes =
        servers().flat_map(|server| server.scopes.iter().map(|scope| format!("{}/{scope}", server.identifier)));
    UserPoolClient {
        name: client.name.clone(),
        pool: user_pool(),
        flows,
        callback_urls: client.callback_urls.iter().flatten().cloned().collect(),
        generate_secret: client.generate_secret,
        resource_servers: servers().map(|server| ResourceServer::reference(server.identifier.as_str())).collect(),
        scopes: scopes.collect(),
    }
}

fn flow(flow: spec::Flow) -> Flow {
    match flow {
        spec::Flow::UserSrp => Flow::UserSrp,
        spec::Flow::UserPassword => Flow::UserPassword,
        spec::Flow::AuthorizationCode => Flow::AuthorizationCode,
        spec::Flow::ClientCredentials => Flow::ClientCredentials,
    }
}

#[cfg(test)]
mod tests;

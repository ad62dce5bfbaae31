//! Checks of `spec.auth`.

use super::Findings;
use crate::api::manifest::auth as raw;
use crate::api::spec::{Auth, Client, Cognito, Flow, Pool};

/// The checked issuer: a user pool with one client unless the manifest says otherwise.
pub(super) fn check(auth: Option<&raw::Auth>, findings: &mut Findings) -> Auth {
    let nothing = raw::Auth::default();
    let auth = auth.unwrap_or(&nothing);
    if let Some(external) = &auth.external {
        if auth.user_pool.is_some() || auth.clients.is_some() || auth.resource_servers.is_some() {
            findings.refuse(
                "spec.auth.external",
                "replaces the user pool: leave out userPool, clients and resourceServers",
            );
        }
        return Auth::External(external.clone());
    }
    let cognito = Cognito {
        pool: pool(auth.user_pool.clone().unwrap_or_default(), findings),
        clients: auth.clients.clone().unwrap_or_else(|| vec![Client::default()]),
        resource_servers: auth.resource_servers.clone().unwrap_or_default(),
    };
    for client in &cognito.clients {
        check_client(client, &cognito, findings);
    }
    Auth::Cognito(cognito)
}

fn pool(pool: raw::UserPool, findings: &mut Findings) -> Pool {
    let raw::UserPool { self_sign_up, mfa, password_min_length, domain_prefix, existing } = pool;
    match existing {
        None => Pool::Own { self_sign_up, mfa, password_min_length, domain_prefix },
        Some(existing) => {
            if domain_prefix.is_some() {
                findings.refuse("spec.auth.userPool.domainPrefix", "belongs to a pool that is built: leave it out");
            }
            Pool::Brought(existing.id)
        }
    }
}

fn check_client(client: &Client, cognito: &Cognito, findings: &mut Findings) {
    let field = format!("spec.auth.clients[{}]", client.name);
    let uses = |flow| client.flows.contains(&flow);
    let without_domain = matches!(&cognito.pool, Pool::Own { domain_prefix: None, .. });
    if (uses(Flow::AuthorizationCode) || uses(Flow::ClientCredentials)) && without_domain {
        findings.refuse(&field, "needs the pool's OAuth endpoints: set userPool.domainPrefix");
    }
    if uses(Flow::AuthorizationCode) && client.callback_urls.as_ref().is_none_or(Vec::is_empty) {
        findings.refuse(&field, "uses AuthorizationCode: set callbackUrls");
    }
    if !uses(Flow::AuthorizationCode) && client.callback_urls.as_ref().is_some_and(|urls| !urls.is_empty()) {
        findings.refuse(&field, "callbackUrls belong to flow AuthorizationCode: add it to flows, or leave them out");
    }
    if uses(Flow::ClientCredentials) && (!client.generate_secret || uses(Flow::AuthorizationCode)) {
        findings.refuse(
            &field,
            "uses ClientCredentials: set generateSecret, and leave AuthorizationCode to another client",
        );
    }
    if uses(Flow::ClientCredentials) && cognito.resource_servers.is_empty() {
        findings.refuse(&field, "uses ClientCredentials: declare the scopes it may have in resourceServers");
    }
}

//! Rules of `spec.auth`, `spec.api` and `spec.registry`.

use kube::core::Rule;

use super::rule;

/// A repository is built or brought.
pub(in crate::api::manifest) fn brought_repository() -> Rule {
    rule(
        "!has(self.existing) || (!has(self.name) && !has(self.encryption))",
        "registry.existing names a repository that stands already: leave out name and encryption",
    )
}

/// Tokens come from a user pool or from elsewhere.
pub(in crate::api::manifest) fn one_issuer() -> Rule {
    rule(
        "!has(self.external) || (!has(self.userPool) && !has(self.clients) && !has(self.resourceServers))",
        "auth.external replaces the user pool: leave out userPool, clients and resourceServers",
    )
}

/// Without a domain a user pool has no OAuth endpoints.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html>
pub(in crate::api::manifest) fn oauth_endpoints() -> Rule {
    rule(
        "!has(self.clients) \
         || !self.clients.exists(c, 'AuthorizationCode' in c.flows || 'ClientCredentials' in c.flows) \
         || (has(self.userPool) && (has(self.userPool.domainPrefix) || has(self.userPool.existing)))",
        "flows AuthorizationCode and ClientCredentials need the pool's OAuth endpoints: set userPool.domainPrefix",
    )
}

/// Client credentials carry scopes and nothing else.
pub(in crate::api::manifest) fn scopes_to_grant() -> Rule {
    rule(
        "!has(self.clients) || !self.clients.exists(c, 'ClientCredentials' in c.flows) \
         || (has(self.resourceServers) && self.resourceServers.size() > 0)",
        "flow ClientCredentials needs scopes to grant: declare them in auth.resourceServers",
    )
}

/// A brought pool keeps its domain.
pub(in crate::api::manifest) fn brought_pool() -> Rule {
    rule("!has(self.existing) || !has(self.domainPrefix)", "auth.userPool.existing stays yours: leave out domainPrefix")
}

/// Words that Cognito keeps for itself.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html>
pub(in crate::api::manifest) fn domain_words() -> Rule {
    rule(
        "!['aws', 'amazon', 'cognito'].exists(w, self.contains(w))",
        "must not contain aws, amazon or cognito, which Cognito reserves",
    )
}

/// The authorization code is sent somewhere.
pub(in crate::api::manifest) fn callbacks() -> Rule {
    rule(
        "!('AuthorizationCode' in self.flows) || (has(self.callbackUrls) && self.callbackUrls.size() > 0)",
        "flow AuthorizationCode needs callbackUrls",
    )
}

/// Cognito takes callbacks of that flow alone.
pub(in crate::api::manifest) fn callbacks_used() -> Rule {
    rule(
        "!has(self.callbackUrls) || self.callbackUrls.size() == 0 || 'AuthorizationCode' in self.flows",
        "callbackUrls belong to flow AuthorizationCode: add it to flows, or leave them out",
    )
}

/// Cognito decides when a client is made whether it has a secret; and a client is never replaced, since its id is built into
/// applications.
pub(in crate::api::manifest) fn secrets_kept() -> Rule {
    rule(
        "!has(self.clients) || !has(oldSelf.clients) || self.clients.all(c, oldSelf.clients.all(o, \
         o.name != c.name || o.generateSecret == c.generateSecret))",
        "generateSecret of a client is immutable: declare another client beside it, or in its place under another name",
    )
}

/// A machine proves itself by a secret, and Cognito lets it have no other OAuth flow.
pub(in crate::api::manifest) fn machine_client() -> Rule {
    rule(
        "!('ClientCredentials' in self.flows) || (self.generateSecret && !('AuthorizationCode' in self.flows))",
        "flow ClientCredentials needs generateSecret: true and a client of its own, without AuthorizationCode",
    )
}

/// Codes do not travel in the clear.
pub(in crate::api::manifest) fn callback_schemes() -> Rule {
    rule(
        "self.all(u, !u.startsWith('http://') || u.startsWith('http://localhost:') \
         || u.startsWith('http://localhost/'))",
        "http is allowed for localhost only: use https",
    )
}

/// An open route asks for no token, so for no scope either.
pub(in crate::api::manifest) fn scopes_need_token() -> Rule {
    rule("self.auth == 'Jwt' || !has(self.scopes) || self.scopes.size() == 0", "scopes need auth: Jwt")
}

/// Browsers send no cookies to an API that trusts everybody.
pub(in crate::api::manifest) fn credentials_need_origins() -> Rule {
    rule("!self.allowCredentials || !('*' in self.allowOrigins)", "allowCredentials needs named origins instead of *")
}

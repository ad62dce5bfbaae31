//! Checks of `spec.api`.

use super::Findings;
use crate::api::manifest::http_api as raw;
use crate::api::spec::{Auth, HttpApi, Pool, Route, RouteAuth};

/// The checked API: everything needs a valid token unless the manifest says otherwise. `auth` knows the clients and
/// scopes.
pub(super) fn check(api: &raw::HttpApi, auth: &Auth, findings: &mut Findings) -> HttpApi {
    let default = [raw::Route::default()];
    let routes = api.routes.as_deref().unwrap_or(&default);
    probe(api, auth, findings);
    HttpApi {
        routes: routes.iter().map(|declared| route(declared, auth, findings)).collect(),
        cors: api.cors.clone(),
        throttling: api.throttling.clone(),
        access_logs: api.access_logs,
        readiness_probe: api.readiness_probe.clone(),
        domain: api.domain.clone(),
    }
}

fn route(route: &raw::Route, auth: &Auth, findings: &mut Findings) -> Route {
    let field = format!("spec.api.routes[{}]", route.key);
    let scopes = route.scopes.clone().unwrap_or_default();
    if route.auth == RouteAuth::None && !scopes.is_empty() {
        findings.refuse(&field, "is open and has scopes: set auth to Jwt, or leave out scopes");
    }
    for scope in scopes.iter().filter(|scope| !is_granted(scope, auth)) {
        findings.refuse(
            &field,
            format!("needs the scope {scope}, which no token can carry: declare it in auth.resourceServers"),
        );
    }
    Route { key: route.key.clone(), auth: route.auth, scopes }
}

/// Whether a token can carry `scope`: those of a user pool that is built are declared or built in, others are not
/// known.
fn is_granted(scope: &str, auth: &Auth) -> bool {
    const BUILT_IN: [&str; 5] = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"];
    let Auth::Cognito(cognito) = auth else { return true };
    matches!(cognito.pool, Pool::Brought(_))
        || BUILT_IN.contains(&scope)
        || cognito.resource_servers.iter().any(|server| {
            let name = scope.strip_prefix(server.identifier.as_str()).and_then(|rest| rest.strip_prefix('/'));
            name.is_some_and(|name| server.scopes.iter().any(|declared| declared == name))
        })
}

fn probe(api: &raw::HttpApi, auth: &Auth, findings: &mut Findings) {
    let Some(client) = api.readiness_probe.as_ref().and_then(|probe| probe.client.as_ref()) else { return };
    let known = match auth {
        Auth::Cognito(cognito) => cognito.clients.iter().any(|declared| declared.name == *client),
        Auth::External(_) => false,
    };
    if !known {
        findings.refuse("spec.api.readinessProbe.client", format!("{client} is none of auth.clients"));
    }
}

//! Checks of `spec.api`.

use std::collections::BTreeMap;

use super::Findings;
use crate::api::manifest::http_api as raw;
use crate::api::spec::{Auth, Flow, HttpApi, Pool, Route, RouteAuth};

/// The checked API: everything needs a valid token unless the manifest says otherwise. `auth` knows the clients and
/// scopes, `region` is the stack's.
pub(super) fn check(api: &raw::HttpApi, auth: &Auth, region: &str, findings: &mut Findings) -> HttpApi {
    let default = [raw::Route::default()];
    let routes = api.routes.as_deref().unwrap_or(&default);
    probe(api, auth, findings);
    distinct(routes, findings);
    if let Some(cors) = &api.cors {
        origins(cors, findings);
    }
    if let Some(domain) = &api.domain {
        certificate(domain, region, findings);
    }
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
    if let Some(segment) = malformed(&route.key) {
        findings.refuse(
            &field,
            format!("has the segment {segment}: a variable fills a segment, {{name}}, and {{name+}} is the last one"),
        );
    }
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

/// The first segment of a route's path that API Gateway does not take as it is.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>
fn malformed(key: &str) -> Option<&str> {
    let (_, path) = key.split_once(" /")?;
    let last = path.split('/').count().saturating_sub(1);
    path.split('/').enumerate().find_map(|(place, segment)| {
        let inside = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let fits = match inside {
            None => !segment.contains(['{', '}']),
            Some(name) => {
                let (name, greedy) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
                !name.is_empty() && !name.contains(['{', '}', '+']) && (!greedy || place == last)
            }
        };
        (!fits).then_some(segment)
    })
}

/// Two routes that differ in the names of their variables only match the same requests, and AWS refuses the second.
fn distinct(routes: &[raw::Route], findings: &mut Findings) {
    let mut forms: BTreeMap<String, &str> = BTreeMap::new();
    for route in routes {
        let unnamed = |segment: &str| match (segment.starts_with('{'), segment.ends_with("+}")) {
            (true, true) => "{+}".to_owned(),
            (true, false) => "{}".to_owned(),
            (false, _) => segment.to_owned(),
        };
        let form: Vec<String> = route.key.split('/').map(unnamed).collect();
        if let Some(other) = forms.insert(form.join("/"), &route.key) {
            let field = format!("spec.api.routes[{}]", route.key);
            findings.refuse(&field, format!("matches the same requests as {other}: leave one of them out"));
        }
    }
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>
fn origins(cors: &raw::Cors, findings: &mut Findings) {
    let whole = |origin: &str| {
        let parts = origin.split_once("://");
        parts.is_some_and(|(scheme, host)| !scheme.is_empty() && !host.is_empty() && !host.contains('/'))
    };
    for origin in cors.allow_origins.iter().filter(|origin| *origin != "*" && !whole(origin)) {
        findings.refuse(
            "spec.api.cors.allowOrigins",
            format!("{origin} is no origin: write scheme and host, for example https://app.example.com, or *"),
        );
    }
}

/// A regional domain name takes a certificate of its own region.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html>
fn certificate(domain: &raw::Domain, region: &str, findings: &mut Findings) {
    let of = domain.certificate_arn.split(':').nth(3).unwrap_or_default();
    if of != region {
        findings.refuse(
            "spec.api.domain.certificateArn",
            format!("is a certificate of {of}: request or import one in {region}, the stack's region"),
        );
    }
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
    const FIELD: &str = "spec.api.readinessProbe.client";
    let Some(client) = api.readiness_probe.as_ref().and_then(|probe| probe.client.as_ref()) else { return };
    let declared = match auth {
        Auth::Cognito(cognito) => cognito.clients.iter().find(|declared| declared.name == *client),
        Auth::External(_) => None,
    };
    match declared {
        None => findings.refuse(FIELD, format!("{client} is none of auth.clients")),
        Some(declared) if !declared.flows.contains(&Flow::ClientCredentials) => findings.refuse(
            FIELD,
            format!(
                "{client} obtains no token without somebody who signs in: name a client with flow ClientCredentials"
            ),
        ),
        Some(_) => {}
    }
}

//! The way in: load balancer, VPC link, and the HTTP API that lets in who has a token.

use engine::Ref;

use super::identity::user_pool;
use super::network::{ecs_subnets, vpc};
use super::security::{load_balancer_group, vpc_link_group};
use super::{Draft, names};
use crate::api::Spec;
use crate::api::spec::{Auth, Cors, HealthCheck, Route, RouteAuth};
use crate::aws::facts::Facts;
use crate::aws::{
    AccessLog, Admission, ApiMapping, ApiRoute, Authorizer, CorsRules, DomainName, HttpApi, Integration, Issuer,
    Listener, LoadBalancer, LogGroup, Resource, Stage, TargetCheck, TargetGroup, UserPoolClient, VpcLink,
};

/// The one of its kind.
const MAIN: &str = "main";
/// What checks tokens.
const JWT: &str = "jwt";

/// The route of browsers' questions before a cross-origin request. They carry no token, so an API that asks everybody for one
/// would refuse them.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>
const PREFLIGHT: &str = "OPTIONS /{proxy+}";

/// Adds everything between a client and the tasks.
pub(super) fn draw(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    draw_load_balancer(spec, draft);
    draw_link(spec, draft);
    draw_api(spec, facts, draft);
    draw_domain(spec, draft);
}

fn draw_load_balancer(spec: &Spec, draft: &mut Draft) {
    draft.node(LoadBalancer {
        name: MAIN,
        vpc: vpc(),
        subnets: ecs_subnets(&spec.network),
        security_group: load_balancer_group(spec),
        cross_zone: spec.load_balancer.cross_zone,
    });
    draft.node(TargetGroup {
        name: MAIN,
        vpc: vpc(),
        port: spec.service.container_port,
        check: match &spec.service.health_check {
            HealthCheck::Tcp => TargetCheck::Tcp,
            HealthCheck::Http(path) => TargetCheck::Http(path.clone()),
        },
    });
    draft.node(Listener {
        name: MAIN,
        load_balancer: LoadBalancer::reference(MAIN),
        port: spec.load_balancer.port,
        target_group: TargetGroup::reference(MAIN),
    });
}

fn draw_link(spec: &Spec, draft: &mut Draft) {
    draft.node(VpcLink {
        name: MAIN,
        link_name: names::api(spec),
        subnets: ecs_subnets(&spec.network),
        security_group: vpc_link_group(),
    });
}

fn draw_api(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    let api = HttpApi::reference(MAIN);
    draft.node(HttpApi { name: MAIN, api_name: names::api(spec), cors: spec.api.cors.as_ref().map(cors) });
    draft.node(Integration {
        name: MAIN,
        api: api.clone(),
        vpc_link: VpcLink::reference(MAIN),
        listener: Listener::reference(MAIN),
    });
    let routes = routes(spec);
    if routes.iter().any(|route| route.auth == RouteAuth::Jwt) {
        draft.node(Authorizer { name: JWT, api: api.clone(), issuer: issuer(&spec.auth) });
    }
    let references: Vec<Ref<ApiRoute>> = routes.iter().map(|route| ApiRoute::reference(route.key.as_str())).collect();
    for route in routes {
        draft.node(ApiRoute {
            route_key: route.key,
            api: api.clone(),
            integration: Integration::reference(MAIN),
            admission: match route.auth {
                RouteAuth::None => Admission::Open,
                RouteAuth::Jwt => Admission::Token {
                    authorizer: Authorizer::reference(JWT),
                    scopes: route.scopes.into_iter().collect(),
                },
            },
        });
    }
    draft.node(Stage {
        api,
        routes: references,
        rate: spec.api.throttling.rate,
        burst: spec.api.throttling.burst,
        access_log: spec.api.access_logs.then(|| AccessLog {
            group: LogGroup::reference("access"),
            arn: names::log_group_arn(spec, facts, "access"),
        }),
    });
}

fn draw_domain(spec: &Spec, draft: &mut Draft) {
    let Some(domain) = &spec.api.domain else { return };
    draft.node(DomainName { name: MAIN, domain: domain.name.clone(), certificate_arn: domain.certificate_arn.clone() });
    draft.node(ApiMapping { domain: DomainName::reference(MAIN), api: HttpApi::reference(MAIN), stage: Stage::only() });
}

/// The declared routes, and that of the preflight where cross-origin rules need it.
fn routes(spec: &Spec) -> Vec<Route> {
    let mut routes = spec.api.routes.clone();
    if spec.api.cors.is_some() && routes.iter().all(|route| route.key != PREFLIGHT) {
        routes.push(Route { key: PREFLIGHT.to_owned(), auth: RouteAuth::None, scopes: Vec::new() });
    }
    routes
}

fn issuer(auth: &Auth) -> Issuer {
    match auth {
        Auth::Cognito(cognito) => Issuer::Pool {
            pool: user_pool(),
            clients: cognito.clients.iter().map(|client| UserPoolClient::reference(client.name.as_str())).collect(),
        },
        Auth::External(external) => {
            Issuer::External { issuer: external.issuer.clone(), audience: external.audience.iter().cloned().collect() }
        }
    }
}

fn cors(cors: &Cors) -> CorsRules {
    let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect();
    CorsRules {
        origins: cors.allow_origins.iter().cloned().collect(),
        methods: cors.allow_methods.iter().cloned().collect(),
        headers: lower(&cors.allow_headers),
        exposed: lower(cors.expose_headers.as_deref().unwrap_or_default()),
        credentials: cors.allow_credentials,
        max_age: cors.max_age_seconds,
    }
}

#[cfg(test)]
mod tests;

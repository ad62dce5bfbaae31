//! The user's hand in load balancer, sign-in and API.

use aws_sdk_apigatewayv2::types::{
    AuthorizationType, AuthorizerType, ConnectionType, DomainNameConfiguration, IntegrationType, JwtConfiguration,
    ProtocolType, RouteSettings,
};
use aws_sdk_cognitoidentityprovider::types::{ExplicitAuthFlowsType, ResourceServerScopeType};
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, LoadBalancerAttribute, ProtocolEnum};

use super::{Done, Hand, done};

/// Changes one thing of `kind`, if it is of the way in.
pub(super) async fn change(hand: &Hand, kind: &str) -> Option<Done> {
    match kind {
        "load-balancer" | "target-group" | "listener" => Some(change_balancing(hand, kind).await),
        "user-pool" | "user-pool-domain" | "resource-server" | "user-pool-client" => {
            Some(change_pool(hand, kind).await)
        }
        _ => change_api(hand, kind).await,
    }
}

async fn change_balancing(hand: &Hand, kind: &str) -> Done {
    let elb = hand.account.elb();
    match kind {
        "load-balancer" => {
            let near = LoadBalancerAttribute::builder().key("load_balancing.cross_zone.enabled").value("false").build();
            let call = elb.modify_load_balancer_attributes().load_balancer_arn(hand.id("load-balancer/main"));
            done(call.attributes(near).send().await)
        }
        "target-group" => {
            let call = elb.modify_target_group().target_group_arn(hand.id("target-group/main"));
            done(call.health_check_interval_seconds(30).send().await)
        }
        _ => {
            let group = hand.id("target-group/main");
            let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build();
            let call = elb.create_listener().load_balancer_arn(hand.id("load-balancer/main")).port(8082);
            call.protocol(ProtocolEnum::Tcp).default_actions(forward).send().await.unwrap();
            done(elb.modify_listener().listener_arn(hand.id("listener/main")).port(8081).send().await)
        }
    }
}

async fn change_pool(hand: &Hand, kind: &str) -> Done {
    let cognito = hand.account.cognito();
    let pool = hand.id("user-pool/main");
    match kind {
        "user-pool" => {
            let shown = cognito.describe_user_pool().user_pool_id(pool).send().await.unwrap().user_pool.unwrap();
            // What an update does not name goes back to its default.
            let call = cognito.update_user_pool().user_pool_id(pool).set_user_pool_tags(shown.user_pool_tags);
            done(call.set_deletion_protection(shown.deletion_protection).send().await)
        }
        // A prefix is all that a domain is.
        "user-pool-domain" => Done::Fixed,
        "resource-server" => {
            let scopes = ["read", "write", "admin"].map(|name| {
                let scope = ResourceServerScopeType::builder().scope_name(name).scope_description(name);
                scope.build().unwrap()
            });
            // Names of what is in a pool are its marks.
            let shown = cognito.describe_resource_server().user_pool_id(pool).identifier("orders").send().await;
            let name = shown.unwrap().resource_server.unwrap().name.unwrap();
            let call = cognito.update_resource_server().user_pool_id(pool).identifier("orders").name(name);
            done(call.set_scopes(Some(scopes.into())).send().await)
        }
        _ => {
            let client = hand.own("user-pool-client/web");
            let shown = cognito.describe_user_pool_client().user_pool_id(pool).client_id(client).send().await;
            let name = shown.unwrap().user_pool_client.unwrap().client_name.unwrap();
            let call = cognito.update_user_pool_client().user_pool_id(pool).client_id(client).client_name(name);
            done(call.explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth).send().await)
        }
    }
}

async fn change_api(hand: &Hand, kind: &str) -> Option<Done> {
    let gateway = hand.account.api();
    let api = hand.id("api/main");
    Some(match kind {
        "vpc-link" => done(gateway.update_vpc_link().vpc_link_id(hand.id("vpc-link/main")).name("theirs").send().await),
        "api" => done(gateway.update_api().api_id(api).name("theirs").send().await),
        "integration" => {
            let call = gateway.create_integration().api_id(api).integration_type(IntegrationType::HttpProxy);
            let call = call.connection_type(ConnectionType::VpcLink).connection_id(hand.id("vpc-link/main"));
            let call = call.integration_uri(hand.id("listener/main")).integration_method("ANY");
            call.payload_format_version("1.0").send().await.unwrap();
            let call = gateway.update_integration().api_id(api).integration_id(hand.own("integration/main"));
            done(call.timeout_in_millis(1000).send().await)
        }
        "authorizer" => {
            let issuer = hand.stack.get().await.status.outputs.unwrap().issuer.unwrap();
            let jwt = JwtConfiguration::builder().issuer(issuer).audience("theirs").build();
            let call = gateway.create_authorizer().api_id(api).name("theirs").authorizer_type(AuthorizerType::Jwt);
            let call = call.identity_source("$request.header.Authorization").jwt_configuration(jwt.clone());
            call.send().await.unwrap();
            let call = gateway.update_authorizer().api_id(api).authorizer_id(hand.own("authorizer/jwt"));
            done(call.jwt_configuration(jwt).send().await)
        }
        "route" => {
            let call = gateway.update_route().api_id(api).route_id(hand.own("route/$default"));
            done(call.authorization_type(AuthorizationType::None).send().await)
        }
        "stage" => {
            gateway.create_stage().api_id(api).stage_name("theirs").auto_deploy(true).send().await.unwrap();
            let slow = RouteSettings::builder().throttling_rate_limit(1.0).throttling_burst_limit(1).build();
            let call = gateway.update_stage().api_id(api).stage_name("$default");
            done(call.default_route_settings(slow.clone()).route_settings("$default", slow).send().await)
        }
        "domain-name" => {
            let theirs = hand.account.certificate("theirs.example.com");
            let configuration = DomainNameConfiguration::builder().certificate_arn(theirs).build();
            let call = gateway.update_domain_name().domain_name(hand.id("domain-name/main"));
            done(call.domain_name_configurations(configuration).send().await)
        }
        "api-mapping" => change_mapping(hand).await,
        _ => return None,
    })
}

/// The domain name leads to an API of somebody else's, and by a path of theirs to the stack's.
async fn change_mapping(hand: &Hand) -> Done {
    let gateway = hand.account.api();
    let (domain, mapping) = hand.id("api-mapping/main").split_once('/').unwrap();
    let api = gateway.create_api().name("theirs").protocol_type(ProtocolType::Http).send().await.unwrap();
    let theirs = api.api_id.unwrap();
    gateway.create_stage().api_id(&theirs).stage_name("$default").auto_deploy(true).send().await.unwrap();
    let call = gateway.create_api_mapping().domain_name(domain).api_mapping_key("theirs");
    call.api_id(hand.id("api/main")).stage("$default").send().await.unwrap();
    let call = gateway.update_api_mapping().domain_name(domain).api_mapping_id(mapping).api_id(theirs);
    done(call.stage("$default").send().await)
}

/// Deletes one of `kind`, if it is of the way in.
pub(super) async fn delete(hand: &Hand, kind: &str) -> Option<Done> {
    match kind {
        "load-balancer" | "target-group" | "listener" => Some(delete_balancing(hand, kind).await),
        "user-pool" | "user-pool-domain" | "resource-server" | "user-pool-client" => {
            Some(delete_in_pool(hand, kind).await)
        }
        _ => delete_in_api(hand, kind).await,
    }
}

async fn delete_balancing(hand: &Hand, kind: &str) -> Done {
    let elb = hand.account.elb();
    match kind {
        "load-balancer" => {
            done(elb.delete_load_balancer().load_balancer_arn(hand.id("load-balancer/main")).send().await)
        }
        "target-group" => done(elb.delete_target_group().target_group_arn(hand.id("target-group/main")).send().await),
        _ => done(elb.delete_listener().listener_arn(hand.id("listener/main")).send().await),
    }
}

async fn delete_in_pool(hand: &Hand, kind: &str) -> Done {
    let cognito = hand.account.cognito();
    let pool = hand.id("user-pool/main");
    match kind {
        "user-pool" => done(cognito.delete_user_pool().user_pool_id(pool).send().await),
        "user-pool-domain" => {
            let prefix = hand.own("user-pool-domain/main");
            done(cognito.delete_user_pool_domain().user_pool_id(pool).domain(prefix).send().await)
        }
        "resource-server" => {
            done(cognito.delete_resource_server().user_pool_id(pool).identifier("orders").send().await)
        }
        _ => {
            let client = hand.own("user-pool-client/batch");
            done(cognito.delete_user_pool_client().user_pool_id(pool).client_id(client).send().await)
        }
    }
}

async fn delete_in_api(hand: &Hand, kind: &str) -> Option<Done> {
    let gateway = hand.account.api();
    let api = hand.id("api/main");
    Some(match kind {
        "vpc-link" => done(gateway.delete_vpc_link().vpc_link_id(hand.id("vpc-link/main")).send().await),
        "api" => done(gateway.delete_api().api_id(api).send().await),
        "integration" => {
            let call = gateway.delete_integration().api_id(api).integration_id(hand.own("integration/main"));
            done(call.send().await)
        }
        "authorizer" => {
            let call = gateway.delete_authorizer().api_id(api).authorizer_id(hand.own("authorizer/jwt"));
            done(call.send().await)
        }
        "route" => done(gateway.delete_route().api_id(api).route_id(hand.own("route/$default")).send().await),
        "stage" => done(gateway.delete_stage().api_id(api).stage_name("$default").send().await),
        "domain-name" => done(gateway.delete_domain_name().domain_name(hand.id("domain-name/main")).send().await),
        "api-mapping" => {
            let (domain, mapping) = hand.id("api-mapping/main").split_once('/').unwrap();
            done(gateway.delete_api_mapping().domain_name(domain).api_mapping_id(mapping).send().await)
        }
        _ => return None,
    })
}

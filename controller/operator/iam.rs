//! What the controller may do in AWS: generated into `manifests/iam`, no more than the code names beside its calls.
//!
//! Three policies, since a managed policy has at most 6144 characters. What is made must bear the owner's mark, and only what
//! bears it is changed, wherever the service can tell; every statement that goes beyond says why.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::aws::owner::CLUSTER;
use crate::aws::{self, facts};

/// A policy: its name, and the prefixes of the actions in it.
const PARTS: [(&str, &[&str]); 3] = [
    ("network", &["ec2", "route53"]),
    ("service", &["application-autoscaling", "cloudwatch", "ecr", "ecs", "iam", "logs"]),
    ("entrance", &["apigateway", "cognito-idp", "elasticloadbalancing"]),
];

/// For which installation the policies are.
#[derive(Clone, Debug)]
pub struct Installation {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// UID of the cluster's `kube-system` namespace: only what bears its mark is changed. Without it any cluster's mark will do.
    pub cluster: Option<String>,
}

/// When a statement applies.
#[derive(Clone, Copy)]
enum When {
    Always,
    /// The request gives the owner's mark to what it makes.
    Making,
    /// What is changed bears the owner's mark.
    Own,
    /// A condition key has one of these values.
    Is(&'static str, &'static [&'static str]),
}

/// One statement: its id, its actions, the resources (ARNs after the partition; `*` for all), and when it applies.
type Grant = (&'static str, &'static [&'static str], &'static [&'static str], When);

const ALL: &[&str] = &["*"];

const MADE_IN_EC2: &[&str] = &[
    "ec2:AllocateAddress",
    "ec2:CreateFlowLogs",
    "ec2:CreateInternetGateway",
    "ec2:CreateNatGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSubnet",
    "ec2:CreateVpc",
    "ec2:CreateVpcEndpoint",
];

const NETWORK: &[Grant] = &[
    (
        "Make",
        MADE_IN_EC2,
        &[
            ":ec2:*:*:elastic-ip/*",
            ":ec2:*:*:internet-gateway/*",
            ":ec2:*:*:natgateway/*",
            ":ec2:*:*:route-table/*",
            ":ec2:*:*:security-group/*",
            ":ec2:*:*:subnet/*",
            ":ec2:*:*:vpc-endpoint/*",
            ":ec2:*:*:vpc-flow-log/*",
            ":ec2:*:*:vpc/*",
        ],
        When::Making,
    ),
    // What things are made in and hung on may be the user's, and bears no mark then.
    (
        "MakeInVpc",
        &["ec2:CreateFlowLogs", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet"],
        &[":ec2:*:*:vpc/*"],
        When::Always,
    ),
    (
        "MakeGatewayIn",
        &["ec2:CreateNatGateway"],
        &[":ec2:*:*:elastic-ip/*", ":ec2:*:*:subnet/*", ":ec2:*:*:vpc/*"],
        When::Always,
    ),
    (
        "HangEndpointOn",
        &["ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint"],
        &[":ec2:*:*:route-table/*", ":ec2:*:*:security-group/*", ":ec2:*:*:subnet/*", ":ec2:*:*:vpc/*"],
        When::Always,
    ),
    (
        "MakeRules",
        &["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"],
        &[":ec2:*:*:security-group-rule/*"],
        When::Making,
    ),
    (
        "ChangeOwn",
        &[
            "ec2:AssociateRouteTable",
            "ec2:AssociateVpcCidrBlock",
            "ec2:AttachInternetGateway",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateRoute",
            "ec2:CreateTags",
            "ec2:DeleteFlowLogs",
            "ec2:DeleteInternetGateway",
            "ec2:DeleteNatGateway",
            "ec2:DeleteRoute",
            "ec2:DeleteRouteTable",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteSubnet",
            "ec2:DeleteTags",
            "ec2:DeleteVpc",
            "ec2:DeleteVpcEndpoints",
            "ec2:DetachInternetGateway",
            "ec2:DisassociateRouteTable",
            "ec2:DisassociateVpcCidrBlock",
            "ec2:ModifySubnetAttribute",
            "ec2:ModifyVpcAttribute",
            "ec2:ModifyVpcEndpoint",
            "ec2:ReleaseAddress",
            "ec2:ReplaceRoute",
            "ec2:ReplaceRouteTableAssociation",
        ],
        ALL,
        When::Own,
    ),
    // The default group of our VPC bears no mark, nor does a rule that somebody else put into a group of ours.
    (
        "TakeRulesAway",
        &["ec2:ModifySecurityGroupRules", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
        &[":ec2:*:*:security-group-rule/*", ":ec2:*:*:security-group/*"],
        When::Always,
    ),
    (
        "MarkWhatIsMade",
        &["ec2:CreateTags"],
        ALL,
        When::Is(
            "ec2:CreateAction",
            &[
                "AllocateAddress",
                "AuthorizeSecurityGroupEgress",
                "AuthorizeSecurityGroupIngress",
                "CreateFlowLogs",
                "CreateInternetGateway",
                "CreateNatGateway",
                "CreateRouteTable",
                "CreateSecurityGroup",
                "CreateSubnet",
                "CreateVpc",
                "CreateVpcEndpoint",
            ],
        ),
    ),
    // Private DNS of interface endpoints; the zone is AWS's.
    ("PrivateNames", &["route53:AssociateVPCWithHostedZone"], ALL, When::Always),
];

const SERVICE: &[Grant] = &[
    (
        "Make",
        &[
            "ecr:CreateRepository",
            "ecr:TagResource",
            "ecs:CreateCluster",
            "ecs:CreateService",
            "ecs:RegisterTaskDefinition",
            "ecs:TagResource",
            "iam:CreateRole",
            "iam:TagRole",
        ],
        ALL,
        When::Making,
    ),
    (
        "ChangeOwn",
        &[
            "ecr:DeleteRepository",
            "ecr:PutImageScanningConfiguration",
            "ecr:PutImageTagMutability",
            "ecr:PutLifecyclePolicy",
            "ecr:TagResource",
            "ecr:UntagResource",
            "ecs:DeleteCluster",
            "ecs:DeleteService",
            "ecs:DeleteTaskDefinitions",
            "ecs:PutClusterCapacityProviders",
            "ecs:TagResource",
            "ecs:UntagResource",
            "ecs:UpdateService",
            "iam:AttachRolePolicy",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
        ],
        ALL,
        When::Own,
    ),
    // ECS cannot tell for which one.
    ("EndTaskDefinitions", &["ecs:DeregisterTaskDefinition"], ALL, When::Always),
    // Roles may be the user's.
    (
        "HandRolesOver",
        &["iam:PassRole"],
        &[":iam::*:role/*"],
        When::Is("iam:PassedToService", &["ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com"]),
    ),
    (
        "ServiceLinkedRoles",
        &["iam:CreateServiceLinkedRole"],
        &[":iam::*:role/aws-service-role/*"],
        When::Is(
            "iam:AWSServiceName",
            &[
                "ecs.amazonaws.com",
                "ecs.application-autoscaling.amazonaws.com",
                "elasticloadbalancing.amazonaws.com",
                "ops.apigateway.amazonaws.com",
            ],
        ),
    ),
    // Names of log groups tell whose they are.
    (
        "LogGroups",
        &[
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ],
        &[":logs:*:*:log-group:/aws/vendedlogs/fargatestack/*", ":logs:*:*:log-group:/fargatestack/*"],
        When::Always,
    ),
    // API Gateway sets the delivery of access logs up with its caller's rights; CloudWatch Logs cannot tell for which one.
    (
        "DeliverLogs",
        &["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"],
        ALL,
        When::Always,
    ),
    (
        "Scale",
        &[
            "application-autoscaling:DeleteScalingPolicy",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:RegisterScalableTarget",
        ],
        ALL,
        When::Is("application-autoscaling:service-namespace", &["ecs"]),
    ),
    (
        "ScalingAlarms",
        &["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"],
        &[":cloudwatch:*:*:alarm:TargetTracking-service/*"],
        When::Always,
    ),
];

const ENTRANCE: &[Grant] = &[
    (
        "Make",
        &[
            "cognito-idp:CreateUserPool",
            "cognito-idp:TagResource",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:CreateTargetGroup",
        ],
        ALL,
        When::Making,
    ),
    (
        "ChangeOwn",
        &[
            "cognito-idp:CreateUserPoolDomain",
            "cognito-idp:DeleteUserPool",
            "cognito-idp:DeleteUserPoolDomain",
            "cognito-idp:SetUserPoolMfaConfig",
            "cognito-idp:TagResource",
            "cognito-idp:UntagResource",
            "cognito-idp:UpdateUserPool",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RemoveTags",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
        ],
        ALL,
        When::Own,
    ),
    // The pool may be the user's; what is in it bears no tags.
    (
        "FillPools",
        &[
            "cognito-idp:CreateResourceServer",
            "cognito-idp:CreateUserPoolClient",
            "cognito-idp:DeleteResourceServer",
            "cognito-idp:DeleteUserPoolClient",
            "cognito-idp:UpdateResourceServer",
            "cognito-idp:UpdateUserPoolClient",
        ],
        &[":cognito-idp:*:*:userpool/*"],
        When::Always,
    ),
    // What is in an API bears no tags; the actions are the verbs of its paths.
    (
        "Gateways",
        &["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"],
        &[
            ":apigateway:*::/apis",
            ":apigateway:*::/apis/*",
            ":apigateway:*::/domainnames",
            ":apigateway:*::/domainnames/*",
            ":apigateway:*::/tags/*",
            ":apigateway:*::/vpclinks",
            ":apigateway:*::/vpclinks/*",
        ],
        When::Always,
    ),
];

/// The names of the policies.
#[must_use]
pub fn parts() -> [&'static str; 3] {
    PARTS.map(|(name, _)| name)
}

/// The policy `part`; `None` if there is none of that name.
#[must_use]
pub fn policy(part: &str, installation: &Installation) -> Option<Value> {
    let (_, services) = PARTS.into_iter().find(|(name, _)| *name == part)?;
    let grants = match part {
        "network" => NETWORK,
        "service" => SERVICE,
        _ => ENTRANCE,
    };
    let looks: Vec<&str> = named()
        .into_iter()
        .filter(|action| {
            action.split_once(':').is_some_and(|(service, verb)| services.contains(&service) && looks(verb))
        })
        .collect();
    let look = json!({"Sid": "Look", "Effect": "Allow", "Action": looks, "Resource": "*"});
    let statements = std::iter::once(look).chain(grants.iter().map(|grant| statement(grant, installation)));
    Some(json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()}))
}

/// Every policy, by name.
#[must_use]
pub fn policies(installation: &Installation) -> Value {
    let named = parts().into_iter().filter_map(|part| Some((part.to_owned(), policy(part, installation)?)));
    named.collect::<serde_json::Map<_, _>>().into()
}

/// The actions behind the calls that the code names.
fn named() -> BTreeSet<&'static str> {
    let of_kinds = aws::CALLS.iter().flat_map(|(_, calls)| *calls);
    of_kinds.chain(facts::CALLS).copied().flat_map(aws::Call::actions).collect()
}

/// Whether an action of this name changes nothing.
fn looks(verb: &str) -> bool {
    ["Describe", "Get", "List"].into_iter().any(|prefix| verb.starts_with(prefix))
}

fn statement((sid, actions, resources, when): &Grant, installation: &Installation) -> Value {
    let Installation { partition, cluster } = installation;
    let arn = |resource: &&str| if *resource == "*" { "*".to_owned() } else { format!("arn:{partition}{resource}") };
    let mut statement = json!({
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources.iter().map(arn).collect::<Vec<_>>(),
    });
    let marked = |key: &str| {
        let key = format!("{key}/{CLUSTER}");
        match cluster {
            Some(uid) => json!({"StringEquals": {key: uid}}),
            None => json!({"Null": {key: "false"}}),
        }
    };
    match when {
        When::Always => {}
        When::Making => statement["Condition"] = marked("aws:RequestTag"),
        When::Own => statement["Condition"] = marked("aws:ResourceTag"),
        When::Is(key, values) => statement["Condition"] = json!({"StringEquals": {*key: values}}),
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation() -> Installation {
        Installation { partition: "aws".into(), cluster: Some("8f4b2f0a-0000-4000-8000-000000000000".into()) }
    }

    fn statements(part: &str) -> Vec<Value> {
        policy(part, &installation()).unwrap()["Statement"].as_array().unwrap().clone()
    }

    fn actions(statement: &Value) -> BTreeSet<String> {
        statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
    }

    /// An action that the code does not name is not allowed, and one that it names is not forgotten.
    #[test]
    fn what_is_allowed_is_what_the_code_names() {
        let allowed: BTreeSet<String> = parts().into_iter().flat_map(statements).flat_map(|it| actions(&it)).collect();
        assert_eq!(allowed, named().into_iter().map(str::to_owned).collect());
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>: white space does not count.
    #[test]
    fn every_policy_fits_into_a_managed_one() {
        for part in parts() {
            let length = policy(part, &installation()).unwrap().to_string().len();
            assert!(length <= 6144, "{part}: {length}");
        }
    }

    #[test]
    fn what_is_made_is_marked_and_what_is_changed_is_ours() {
        for part in parts() {
            for statement in statements(part) {
                let uid = installation().cluster.unwrap();
                let condition = &statement["Condition"]["StringEquals"];
                match statement["Sid"].as_str().unwrap() {
                    "Look" => assert!(actions(&statement).iter().all(|it| looks(it.split_once(':').unwrap().1))),
                    "Make" | "MakeRules" => assert_eq!(condition["aws:RequestTag/fargatestack.dev/cluster"], uid),
                    "ChangeOwn" => assert_eq!(condition["aws:ResourceTag/fargatestack.dev/cluster"], uid),
                    sid => assert!(
                        statement["Resource"] != json!(["*"]) || !condition.is_null() || FREE.contains(&sid),
                        "{sid}"
                    ),
                }
            }
        }
    }

    /// Of these AWS cannot tell whose they are.
    const FREE: [&str; 3] = ["PrivateNames", "EndTaskDefinitions", "DeliverLogs"];

    #[test]
    fn without_a_cluster_any_mark_will_do() {
        let any = Installation { partition: "aws-cn".into(), cluster: None };
        let policy = policy("entrance", &any).unwrap().to_string();
        assert!(policy.contains(r#"{"Null":{"aws:ResourceTag/fargatestack.dev/cluster":"false"}}"#), "{policy}");
        assert!(policy.contains("arn:aws-cn:apigateway:*::/apis"));
    }
}

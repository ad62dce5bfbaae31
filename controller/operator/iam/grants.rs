//! The statements of the policies, one table each.

/// When a statement applies.
#[derive(Clone, Copy)]
pub(super) enum When {
    Always,
    /// The request gives the owner's mark to what it makes.
    Making,
    /// What is changed bears the owner's mark.
    Own,
    /// A condition key has one of these values.
    Is(&'static str, &'static [&'static str]),
}

/// One statement: its id, its actions, the resources (ARNs after the partition; `*` for all), and when it applies.
pub(super) type Grant = (&'static str, &'static [&'static str], &'static [&'static str], When);

pub(super) const ALL: &[&str] = &["*"];

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

pub(super) const NETWORK: &[Grant] = &[
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

pub(super) const SERVICE: &[Grant] = &[
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

pub(super) const ENTRANCE: &[Grant] = &[
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

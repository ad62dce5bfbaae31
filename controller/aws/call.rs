//! The calls of a kind, and what AWS wants their caller to be allowed: the IAM policies follow from it.

/// A call, and the IAM actions behind it.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service as IAM spells it, and the operation: `ec2:CreateVpc`.
    pub operation: &'static str,
    /// Its own action: of the same name, but for API Gateway, where it is the verb of the request.
    pub action: &'static str,
    /// The actions that are asked for beside it, each with its reason.
    pub dependents: &'static [Dependent],
}

/// An action that the caller of another operation must be allowed, and why.
pub type Dependent = (&'static str, &'static str);

impl Call {
    /// With `dependents`, which the caller must be allowed, too.
    pub(super) const fn with(self, dependents: &'static [Dependent]) -> Self {
        Self { dependents, ..self }
    }

    /// All actions behind it.
    pub fn actions(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.action).chain(self.dependents.iter().map(|(action, _)| *action))
    }
}

/// The call of `operation`, whose action has the same name.
pub(super) const fn call(operation: &'static str) -> Call {
    Call { operation, action: operation, dependents: &[] }
}

/// The call of an operation of API Gateway, which is the request of a `verb`: `GET`, `POST`, `PATCH` or `DELETE`.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/security_iam_id-based-policy-examples.html>
pub(super) const fn request(verb: &'static str, operation: &'static str) -> Call {
    Call { operation, action: verb, dependents: &[] }
}

/// What is asked.
pub(super) const GET: &str = "apigateway:GET";
/// What is made.
pub(super) const POST: &str = "apigateway:POST";
/// What is changed.
pub(super) const PATCH: &str = "apigateway:PATCH";
/// What is taken away.
pub(super) const DELETE: &str = "apigateway:DELETE";

const TAGS_GIVEN: &str = "tags are given in the call";
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>
pub(super) const EC2_TAGS: Dependent = ("ec2:CreateTags", TAGS_GIVEN);
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-supported-iam-actions-tagging.html>
pub(super) const ECR_TAGS: Dependent = ("ecr:TagResource", TAGS_GIVEN);
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html>
pub(super) const ECS_TAGS: Dependent = ("ecs:TagResource", TAGS_GIVEN);
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html>
pub(super) const ELB_TAGS: Dependent = ("elasticloadbalancing:AddTags", TAGS_GIVEN);
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
pub(super) const ROLE_TAGS: Dependent = ("iam:TagRole", TAGS_GIVEN);
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
pub(super) const LOG_TAGS: Dependent = ("logs:TagResource", TAGS_GIVEN);
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html>
pub(super) const POOL_TAGS: Dependent = ("cognito-idp:TagResource", TAGS_GIVEN);

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>
pub(super) const SERVICE_ROLE: Dependent =
    ("iam:CreateServiceLinkedRole", "the first one in an account makes the role of the service itself");
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
pub(super) const ROLE_HANDED_OVER: Dependent = ("iam:PassRole", "a role is handed over to the service that uses it");

//! AWS errors, classified by code, in one table.

use aws_sdk_ec2::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use engine::{Class, Effect, Fault, told};

/// Turns a failed call into a [`Fault`]. EC2 models no errors, others not all: the code
/// alone decides, never the message.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
pub fn classify<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let fault = |class, effect, code: &str, message: String| Fault {
        class,
        effect,
        operation,
        code: code.to_owned(),
        message,
        request_id: error.request_id().map(str::to_owned),
    };
    match error {
        SdkError::ConstructionFailure(_) => fault(Class::Bug, Effect::None, "ConstructionFailure", told(error)),
        SdkError::TimeoutError(_) => fault(Class::Transient, Effect::Unknown, "Timeout", told(error)),
        SdkError::DispatchFailure(_) => fault(Class::Transient, Effect::Unknown, "DispatchFailure", told(error)),
        SdkError::ResponseError(_) => fault(Class::Transient, Effect::Unknown, "ResponseError", told(error)),
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let code = service.err().code().unwrap_or("Unknown");
            let message = service.err().message().unwrap_or_default().to_owned();
            let class = class_of(code, status);
            let effect = if status >= 500 && class == Class::Transient { Effect::Unknown } else { Effect::None };
            fault(class, effect, code, message)
        }
        _ => fault(Class::Bug, Effect::Unknown, "Unknown", told(error)),
    }
}

/// Whether the code says that the thing asked for does not exist.
#[must_use]
pub fn is_not_found(fault: &Fault) -> bool {
    names_nothing(&fault.code)
}

/// EC2 ends such codes with `.NotFound`, the others with `NotFound` or `NotFoundException`; IAM says `NoSuchEntity`.
fn names_nothing(code: &str) -> bool {
    code.ends_with("NotFound") || code.ends_with("NotFoundException") || code == "NoSuchEntity"
}

/// An answer of AWS that lacks what its model promises.
#[must_use]
pub fn incomplete(operation: &'static str, member: &str) -> Fault {
    Fault {
        class: Class::Bug,
        effect: Effect::Unknown,
        operation,
        code: "IncompleteResponse".to_owned(),
        message: format!("the answer has no {member}"),
        request_id: None,
    }
}

/// A refusal that is named inside a successful answer.
#[must_use]
pub fn refused(operation: &'static str, code: &str, message: &str) -> Fault {
    Fault {
        // Only the code speaks: the answer as a whole is a success.
        class: class_of(code, 200),
        effect: Effect::None,
        operation,
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
    }
}

/// An effect that was reached although something it refers to has no id.
#[must_use]
pub fn unresolved(operation: &'static str, cause: &engine::Unresolved) -> Fault {
    Fault {
        class: Class::NotYet,
        effect: Effect::None,
        operation,
        code: "Unresolved".to_owned(),
        message: cause.to_string(),
        request_id: None,
    }
}

#[expect(clippy::too_many_lines, reason = "one table")]
fn class_of(code: &str, status: u16) -> Class {
    match code {
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "TooManyRequestsException"
        | "SlowDown"
        | "EC2ThrottledException"
        | "BandwidthLimitExceeded" => Class::Throttled,

        // `AuthFailure` on ReleaseAddress means that the address is still in use; see `elastic_ip`, which maps it.
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "AuthFailure"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "OptInRequired"
        | "Blocked"
        | "NotAuthorizedException"
        | "ForbiddenException"
        | "PendingVerification" => Class::Denied,

        "AddressLimitExceeded"
        | "VpcLimitExceeded"
        | "SubnetLimitExceeded"
        | "InternetGatewayLimitExceeded"
        | "NatGatewayLimitExceeded"
        | "RouteTableLimitExceeded"
        | "RouteLimitExceeded"
        | "SecurityGroupLimitExceeded"
        | "RulesPerSecurityGroupLimitExceeded"
        | "VpcEndpointLimitExceeded"
        | "TagLimitExceeded"
        | "CidrBlockLimitExceeded"
        | "LimitExceededException"
        | "ResourceLimitExceeded"
        | "LimitExceeded"
        | "ServiceQuotaExceededException"
        | "TooManyLoadBalancers"
        | "TooManyTargetGroups"
        | "TooManyListeners"
        | "TooManyTargets"
        | "TooManyTags"
        | "TooManyUniqueTargetGroupsPerLoadBalancer"
        | "InsufficientFreeAddressesInSubnet" => Class::Quota,

        "DependencyViolation"
        | "ResourceInUse"
        | "InvalidIPAddress.InUse"
        | "IncorrectState"
        | "InvalidState"
        | "Gateway.NotAttached"
        | "InvalidSubnet.Range"
        | "IncorrectInstanceState"
        | "OperationNotPermitted"
        | "ResourceInUseException"
        | "DeleteConflict"
        | "EntityTemporarilyUnmodifiable"
        | "ClusterContainsContainerInstancesException"
        | "ClusterContainsServicesException"
        | "ClusterContainsTasksException"
        | "UpdateInProgressException"
        | "ServiceNotActiveException"
        | "ResourceNotReadyException" => Class::NotYet,

        "Resource.AlreadyAssociated"
        | "RouteAlreadyExists"
        | "InvalidPermission.Duplicate"
        | "InvalidGroup.Duplicate"
        | "InvalidSubnet.Conflict"
        | "IdempotentParameterMismatch"
        | "ConcurrentTagAccess"
        | "ConflictException"
        | "EntityAlreadyExists"
        | "RepositoryAlreadyExistsException"
        | "RepositoryNotEmptyException"
        | "FlowLogAlreadyExists"
        | "ResourceAlreadyExistsException"
        | "DuplicateLoadBalancerName"
        | "DuplicateTargetGroupName"
        | "DuplicateListener"
        | "ConcurrentUpdateException"
        | "ConcurrentModification"
        | "OperationAbortedException"
        | "ConcurrentModificationException"
        | "Resource.AlreadyAttached" => Class::Conflict,

        "InternalError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "Unavailable"
        | "RequestTimeout"
        | "InternalServerError"
        | "InternalErrorException"
        | "InternalServiceException"
        | "ServerException"
        | "ServiceFailure"
        | "RequestExpired" => Class::Transient,

        // A fresh id that has not spread yet reads as not found; what is really gone is seen as gone in the next look.
        code if names_nothing(code) => Class::NotYet,

        code if code.starts_with("Invalid") || code.starts_with("Malformed") || code.starts_with("Missing") => {
            Class::Invalid
        }
        "ValidationError"
        | "ValidationException"
        | "BadRequestException"
        | "ClientException"
        | "UnmodifiableEntity"
        | "UnsupportedOperation"
        | "Unsupported"
        | "UnknownParameter" => Class::Invalid,

        _ if status >= 500 => Class::Transient,
        _ if status == 429 => Class::Throttled,
        _ => Class::Bug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_classified() {
        let cases = [
            ("RequestLimitExceeded", 503, Class::Throttled),
            ("UnauthorizedOperation", 403, Class::Denied),
            ("AddressLimitExceeded", 400, Class::Quota),
            ("DependencyViolation", 400, Class::NotYet),
            ("InvalidSubnet.Range", 400, Class::NotYet),
            ("InvalidGroup.NotFound", 400, Class::NotYet),
            ("NatGatewayNotFound", 400, Class::NotYet),
            ("NoSuchEntity", 404, Class::NotYet),
            ("RepositoryNotFoundException", 400, Class::NotYet),
            ("EntityAlreadyExists", 409, Class::Conflict),
            // The SDK retries it as a throttle; it is a quota.
            ("LimitExceededException", 400, Class::Quota),
            ("TooManyRequestsException", 429, Class::Throttled),
            ("BadRequestException", 400, Class::Invalid),
            ("ServerException", 500, Class::Transient),
            ("InvalidVpc.Range", 400, Class::Invalid),
            ("InvalidParameterValue", 400, Class::Invalid),
            ("InternalError", 500, Class::Transient),
            ("SomethingNew", 500, Class::Transient),
            ("SomethingNew", 429, Class::Throttled),
            ("SomethingNew", 400, Class::Bug),
        ];
        for (code, status, class) in cases {
            assert_eq!(class_of(code, status), class, "{code} {status}");
        }
    }
}

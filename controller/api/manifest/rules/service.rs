//! Rules of `spec.service`.

use kube::core::Rule;

use super::rule;

/// Fargate's table of sizes.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>
pub(in crate::api::manifest) fn size() -> Rule {
    let rows =
        [(512, 1024, 4096, 1024), (1024, 2048, 8192, 1024), (2048, 4096, 16384, 1024), (4096, 8192, 30720, 1024)];
    let large = [(8192, 16384, 61440, 4096), (16384, 32768, 122_880, 8192)];
    let table = rows.iter().chain(&large).map(|(cpu, least, most, step)| {
        format!("self.cpu == {cpu} && self.memory >= {least} && self.memory <= {most} && self.memory % {step} == 0")
    });
    let table = table.collect::<Vec<_>>().join(" || ");
    rule(
        format!("!has(self.memory) || self.cpu == 256 && self.memory in [512, 1024, 2048] || {table}"),
        "Fargate does not run this cpu with this memory: see the description of memory, or leave memory out",
    )
}

/// While a scaling policy sets the count, nobody else does.
pub(in crate::api::manifest) fn count_left_to_autoscaling() -> Rule {
    rule(
        "!has(self.autoscaling) || !has(oldSelf.autoscaling) || self.desiredCount == oldSelf.desiredCount",
        "desiredCount may not change while autoscaling is set: change autoscaling.min and max, or remove autoscaling",
    )
}

/// ECS can replace a task only if it may start one more, or stop one first.
pub(in crate::api::manifest) fn room_to_deploy() -> Rule {
    rule(
        "self.desiredCount == 0 || self.desiredCount * self.deployment.maximumPercent / 100 > self.desiredCount \
         || (self.desiredCount * self.deployment.minimumHealthyPercent + 99) / 100 < self.desiredCount",
        "deployment leaves no room to replace a task: raise maximumPercent or lower minimumHealthyPercent",
    )
}

/// A variable has one source.
pub(in crate::api::manifest) fn variables_apart() -> Rule {
    rule(
        "!has(self.environment) || !has(self.secrets) || !self.secrets.exists(k, k in self.environment)",
        "a variable is in both environment and secrets: keep it in one of them",
    )
}

/// Names of variables.
pub(in crate::api::manifest) fn variable_names() -> Rule {
    rule("self.all(k, size(k) > 0 && size(k) <= 255)", "names of variables need 1 to 255 characters")
}

/// References to secrets, instead of secrets.
pub(in crate::api::manifest) fn secret_references() -> Rule {
    rule(
        "self.all(k, self[k].startsWith('arn:') \
         && (self[k].contains(':secretsmanager:') || self[k].contains(':ssm:')))",
        "every value must be the ARN of a Secrets Manager secret or of an SSM parameter, never the secret itself",
    )
}

/// Tasks beyond the base have somewhere to go, and ECS allows one base.
pub(in crate::api::manifest) fn capacity_shares() -> Rule {
    rule(
        "self.exists(x, x.weight > 0) && self.filter(x, x.base > 0).size() <= 1",
        "at least one provider needs a weight above 0, and only one may have a base",
    )
}

/// A provider is listed once.
pub(in crate::api::manifest) fn providers_once() -> Rule {
    rule("self.all(x, self.exists_one(y, y.provider == x.provider))", "each provider may be listed once")
}

/// A destination's block is canonical.
pub(in crate::api::manifest) fn destination_block() -> Rule {
    rule(
        "isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()",
        "must be an IPv4 block in canonical form (its first address), for example 10.0.1.0/24",
    )
}

/// The range of autoscaling is one.
pub(in crate::api::manifest) fn range() -> Rule {
    rule("self.min <= self.max", "min must not exceed max")
}

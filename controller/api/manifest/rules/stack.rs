//! Rules of `spec` and of what stands at its root.

use kube::core::Rule;

use super::rule;

/// Named zones are those of the region.
pub(in crate::api::manifest) fn zones_of_region() -> Rule {
    rule(
        "!has(self.network.availabilityZones) || !has(self.network.availabilityZones.names) \
         || self.network.availabilityZones.names.all(n, n.startsWith(self.region))",
        "network.availabilityZones.names must be zones of the stack's region",
    )
}

/// Another repository is of the region, too.
pub(in crate::api::manifest) fn image_of_region() -> Rule {
    rule(
        "!has(self.service.image.uri) || self.service.image.uri.contains('.dkr.ecr.' + self.region + '.')",
        "service.image.uri must be an ECR repository of the stack's region: isolated tasks reach no other",
    )
}

/// The probe's client obtains tokens by itself.
pub(in crate::api::manifest) fn probe_client() -> Rule {
    rule(
        "!has(self.api.readinessProbe) || !has(self.api.readinessProbe.client) \
         || (has(self.auth) && has(self.auth.clients) && self.auth.clients.exists(c, \
         c.name == self.api.readinessProbe.client && 'ClientCredentials' in c.flows))",
        "api.readinessProbe.client must be the name of one of auth.clients with flow ClientCredentials: in every other, somebody \
         signs in",
    )
}

/// The user pool stays brought, the same one, or built; here, because `auth` itself may come and go.
pub(in crate::api::manifest) fn pool_kept() -> Rule {
    let id = |stack: &str| {
        format!(
            "(has({stack}.auth) && has({stack}.auth.userPool) && has({stack}.auth.userPool.existing) \
             ? {stack}.auth.userPool.existing.id : '')"
        )
    };
    rule(
        format!("{} == {}", id("self"), id("oldSelf")),
        "auth.userPool.existing is immutable: restore the old value, or create another stack",
    )
}

/// Length of tag keys.
pub(in crate::api::manifest) fn tag_keys() -> Rule {
    rule("self.all(k, size(k) >= 1 && size(k) <= 128)", "keys of tags need 1 to 128 characters")
}

/// Prefixes of tag keys; other spellings of aws: are refused by the controller.
pub(in crate::api::manifest) fn tag_prefixes() -> Rule {
    rule(
        "self.all(k, !k.startsWith('aws:') && !k.startsWith('AWS:') && !k.startsWith('fargatestack.dev/'))",
        "keys of tags must not begin with aws: (reserved by AWS) or fargatestack.dev/ (the controller's own)",
    )
}

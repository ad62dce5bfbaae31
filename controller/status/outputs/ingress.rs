//! Where the stack is called.

use super::Build;
use crate::api::status::Outputs;
use crate::aws::{ENDPOINT, TARGET};

/// Sets what `outputs` say of load balancer and API. A domain name of the user's own is the endpoint once it leads to the API.
pub(super) fn fill<S>(build: &Build<'_, S>, before: Option<&Outputs>, outputs: &mut Outputs) {
    let domain = build.pass.spec.and_then(|spec| spec.api.domain.as_ref());
    let mapped = build.lives("api-mapping", "").next().is_some();
    let own = domain
        .filter(|domain| mapped && !domain.name.starts_with('*'))
        .map(|domain| format!("https://{}", domain.name));
    outputs.api_endpoint = own.or_else(|| build.attribute("api", ENDPOINT));
    outputs.domain_target = build.attribute("domain-name", TARGET);
    outputs.nlb_arn = build.ids("load-balancer", "").into_iter().next();
    let Some(before) = before else { return };
    if ["api", "domain-name", "api-mapping"].into_iter().any(|kind| build.unread(kind)) {
        outputs.api_endpoint.clone_from(&before.api_endpoint);
        outputs.domain_target.clone_from(&before.domain_target);
    }
    if build.unread("load-balancer") {
        outputs.nlb_arn.clone_from(&before.nlb_arn);
    }
}

//! Who issues tokens, and to whom.

use super::Build;
use crate::api::spec::{Auth, Cognito, Pool};
use crate::api::status::Outputs;
use crate::aws::{CLIENT_ID, ISSUER, URL};

/// Sets what `outputs` say of the user pool or of the issuer elsewhere.
pub(super) fn fill<S>(build: &Build<'_, S>, before: Option<&Outputs>, outputs: &mut Outputs) {
    let auth = build.pass.spec.map(|spec| &spec.auth);
    outputs.user_pool_id = match auth {
        Some(Auth::Cognito(Cognito { pool: Pool::Brought(id), .. })) => Some(id.clone()),
        _ => build.ids("user-pool", "").into_iter().next(),
    };
    outputs.issuer = match auth {
        Some(Auth::External(external)) => Some(external.issuer.clone()),
        _ => {
            build.attribute("user-pool", ISSUER).or_else(|| Some(build.pass.facts?.user_pool.as_ref()?.issuer.clone()))
        }
    };
    outputs.user_pool_url = build.attribute("user-pool-domain", URL);
    outputs.client_ids = build
        .lives("user-pool-client", "")
        .filter_map(|live| Some((live.key.name.to_string(), live.attributes.get(CLIENT_ID)?.clone())))
        .collect();
    let Some(before) = before else { return };
    if build.unread("user-pool") {
        outputs.user_pool_id.clone_from(&before.user_pool_id);
        outputs.issuer.clone_from(&before.issuer);
    }
    if build.unread("user-pool-domain") {
        outputs.user_pool_url.clone_from(&before.user_pool_url);
    }
    if build.unread("user-pool-client") {
        outputs.client_ids.clone_from(&before.client_ids);
    }
}

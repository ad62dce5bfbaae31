//! Credentials that AWS made, on their way into a Secret of the stack's namespace: the one place where they are written down.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Patch, PatchParams};
use kube::core::ObjectMeta;
use kube::{Api, Client, Resource as _, ResourceExt as _};

use super::conclude::FIELD_MANAGER;
use crate::api::Stack;
use crate::status::{Export, Unexported};

/// Key of a client's id.
const CLIENT_ID: &str = "clientId";
/// Key of its secret.
const CLIENT_SECRET: &str = "clientSecret";

/// Writes `exports` where they are not written already. The Secrets belong to `stack` and go with it; one of that name that
/// belongs to nobody or to another is left alone.
pub(super) async fn export(client: &Client, stack: &Stack, exports: &[Export]) -> Vec<Unexported> {
    let Some(owner) = stack.owner_ref(&()) else { return Vec::new() };
    let secrets = Api::namespaced(client.clone(), stack.namespace());
    let mut unexported = Vec::new();
    for export in exports {
        if let Err((lasting, why)) = write(&secrets, &owner, export).await {
            unexported.push(Unexported { name: export.name.clone(), why, lasting });
        }
    }
    unexported
}

/// Writes one Secret, if it differs. The error: whether it lasts, and what it is.
async fn write(secrets: &Api<Secret>, owner: &OwnerReference, export: &Export) -> Result<(), (bool, String)> {
    let passing = |error: kube::Error| (false, format!("Kubernetes refused: {error}"));
    let standing = secrets.get_opt(&export.name).await.map_err(passing)?;
    let data = data(export);
    if let Some(standing) = &standing {
        if !standing.owner_references().iter().any(|reference| reference.uid == owner.uid) {
            let why = "exists and is not this stack's: delete it, or give the client another name";
            return Err((true, why.to_owned()));
        }
        if standing.data.as_ref() == Some(&data) {
            return Ok(());
        }
    }
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(export.name.clone()),
            owner_references: Some(vec![owner.clone()]),
            ..ObjectMeta::default()
        },
        type_: Some("Opaque".to_owned()),
        data: Some(data),
        ..Secret::default()
    };
    let parameters = PatchParams::apply(FIELD_MANAGER);
    // A Secret of ours is written over whoever changed it; a new one is no reason to take anybody's fields.
    let parameters = if standing.is_some() { parameters.force() } else { parameters };
    secrets.patch(&export.name, &parameters, &Patch::Apply(&secret)).await.map(drop).map_err(passing)
}

fn data(export: &Export) -> BTreeMap<String, ByteString> {
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    [(CLIENT_ID, bytes(&export.client_id)), (CLIENT_SECRET, bytes(export.client_secret.reveal()))]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
}

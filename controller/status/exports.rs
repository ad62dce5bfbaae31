//! What leaves AWS for a Kubernetes Secret, and what is said when it cannot.

use std::collections::BTreeSet;

use engine::{Key, Outcome};
use sha2::{Digest, Sha256};

use super::pass::Pass;
use super::reasons::Reason;
use crate::aws::{CLIENT_ID, Resource as _, Secret, Seen, UserPoolClient};

/// Longest name of a Secret.
const NAME: usize = 253;

/// The credentials of one client, for one Secret in the stack's namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Name of the Secret.
    pub name: String,
    /// Id of the client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
}

/// With what a client without a user obtains a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Id of the client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// The scopes that its tokens carry.
    pub scopes: BTreeSet<String>,
}

/// An export that could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexported {
    /// Name of the Secret.
    pub name: String,
    /// Why not, and what to do.
    pub why: String,
    /// Whether somebody has to do something about it.
    pub lasting: bool,
}

/// The credentials to write down for `stack`: those of the declared clients that have a secret and stand.
#[must_use]
pub fn exports(stack: &str, outcome: &Outcome<Seen>) -> Vec<Export> {
    let clients = outcome.states.iter().filter_map(|(key, state)| Some((key, state.live()?)));
    clients
        .filter_map(|(key, live)| {
            let Seen::UserPoolClient(seen) = &live.seen else { return None };
            Some(Export {
                name: secret_name(stack, key),
                client_id: live.attributes.get(CLIENT_ID)?.clone(),
                client_secret: seen.secret.clone()?,
            })
        })
        .collect()
}

/// The credentials of the declared `client`, if it has a secret and stands.
#[must_use]
pub fn credentials(outcome: &Outcome<Seen>, client: &str) -> Option<Credentials> {
    let live = outcome.states.get(&Key::new(UserPoolClient::KIND, client))?.live()?;
    let Seen::UserPoolClient(seen) = &live.seen else { return None };
    Some(Credentials {
        client_id: live.attributes.get(CLIENT_ID)?.clone(),
        client_secret: seen.secret.clone()?,
        scopes: seen.scopes.clone(),
    })
}

/// `<stack>-<client>-client`. What a name of Kubernetes may not have in it is replaced, and a hash keeps such clients apart.
fn secret_name(stack: &str, client: &Key) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    let plain = format!("{stack}-{}-client", client.name);
    let starts_well = client.name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if plain.len() <= NAME && plain.chars().all(allowed) && starts_well && !plain.contains("..") {
        return plain;
    }
    let ending = format!("-client-{}", hex::encode(&Sha256::digest(&plain)[..4]));
    let lower = client.name.to_lowercase();
    let readable: String =
        lower.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    let mut name = format!("{stack}-{readable}");
    name.truncate(NAME - ending.len());
    name + &ending
}

/// What is said of the exports that could not be made.
pub(super) fn verdict<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    let worst = pass.unexported.iter().max_by_key(|it| it.lasting)?;
    let told: Vec<String> = pass.unexported.iter().map(|it| format!("Secret {}: {}", it.name, it.why)).collect();
    let reason = if worst.lasting { Reason::Conflict } else { Reason::Unavailable };
    Some((reason, told.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes_and_tell_clients_apart() {
        let name = |client: &str| secret_name("orders", &Key::new(UserPoolClient::KIND, client));
        assert_eq!(name("web"), "orders-web-client");
        assert_eq!(name("v1.web"), "orders-v1.web-client");
        let odd = ["Web", "wEb", "web app", "web_app", "web+app", "w\u{e4}b", ".web", "-web", "a..b"].map(name);
        for name in &odd {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert!(name.starts_with("orders-") && name.contains("-client-"), "{name}");
        }
        let distinct: std::collections::BTreeSet<_> = odd.iter().collect();
        assert_eq!(distinct.len(), odd.len());
        let long = secret_name(&"s".repeat(250), &Key::new(UserPoolClient::KIND, "web"));
        assert_eq!(long.len(), NAME);
    }
}

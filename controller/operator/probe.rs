//! The readiness probe: through the API as its users reach it, without a token and, if a client is named, with one.

mod token;

use std::time::Instant;

use futures::future::join;

use super::request::{Proof, status};
use crate::status::{Answer, Due, Probed};

pub use token::{Login, Tokens};

/// The status code with which an API refuses a token.
const UNAUTHORIZED: u16 = 401;

/// Asks for what is `due` of the stack `uid`; with a token of `login`, if there is one.
pub(super) async fn probe(tokens: &Tokens, uid: &str, due: &Due<'_>, login: Option<&Login>) -> Probed {
    let admitted = async {
        let token = match tokens.of(uid, login?, Instant::now()).await {
            Ok(token) => token,
            Err(why) => return Some(Err(why)),
        };
        let answer = ask(due, Proof::Bearer(&token)).await;
        if answer == Answer::Status(UNAUTHORIZED) {
            // One that is not accepted is of no use to the next probe either.
            tokens.forget(uid);
        }
        Some(Ok(answer))
    };
    let (without_token, with_token) = join(ask(due, Proof::None), admitted).await;
    Probed { without_token, with_token }
}

async fn ask(due: &Due<'_>, proof: Proof<'_>) -> Answer {
    match status(due.endpoint, due.path, proof).await {
        Ok(status) => Answer::Status(status),
        Err(why) => Answer::None(why),
    }
}

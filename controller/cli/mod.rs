//! Commands for people: what the controller would do about a manifest, and what it would build, drawn.
//!
//! The rooms are the controller's own, and so are the words. Deliberately absent: Kubernetes, and every call that changes something.

pub mod graph;
mod manifest;
pub mod plan;
mod text;

use std::io::Write as _;
use std::process::ExitCode;

use crate::status::Problem;

pub use manifest::Refused;

/// What a command comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// For standard output.
    pub text: String,
    /// For standard error, a line each.
    pub notes: Vec<String>,
    /// Something is not as declared.
    pub differs: bool,
}

/// Why a command comes to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The manifest is refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The controller could not plan either.
    #[error("{}", told(.0))]
    Problem(Box<Problem>),
    /// The answer cannot be written down.
    #[error("the answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// As a condition says it; but here it is not the controller who asks AWS.
fn told(problem: &Problem) -> String {
    let message = problem.message();
    match problem {
        Problem::Credentials(_) => message.replacen("the controller", "you", 1),
        _ => message,
    }
}

/// Exit code of a refused manifest or a wrong argument, and, if asked for in detail, of differences.
const SECOND: u8 = 2;

/// Says what a command came to. `detailed`: success with differences ends with 2, any failure with 1.
#[must_use]
pub fn say(result: &Result<Answer, Failure>, detailed: bool) -> ExitCode {
    match result {
        Ok(answer) => {
            for note in &answer.notes {
                eprintln!("note: {note}");
            }
            // Who reads no further, as `head` does, has read enough.
            let _ = std::io::stdout().lock().write_all(answer.text.as_bytes());
            if detailed && answer.differs { ExitCode::from(SECOND) } else { ExitCode::SUCCESS }
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            let refused = matches!(failure, Failure::Refused(refused) if refused.of_content());
            if refused && !detailed { ExitCode::from(SECOND) } else { ExitCode::FAILURE }
        }
    }
}

/// Says what is wrong with the arguments, or what was asked about them.
#[must_use]
pub fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to be told.
    let _ = error.print();
    match (error.use_stderr(), std::env::args().any(|argument| argument == plan::DETAILED)) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::FAILURE,
        (true, false) => ExitCode::from(SECOND),
    }
}

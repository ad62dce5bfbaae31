//! How faults and counts are put into words: the same words for the same trouble, pass after pass.

use engine::{Class, Fault};

/// Longest message of a condition, in characters. Kubernetes allows 32768; a status is written whole every time.
const LONGEST: usize = 1000;

/// Longest message taken over from AWS, in characters.
const LONGEST_QUOTE: usize = 300;

/// Where the part of an AWS message begins that is another one each time, and of no use to readers.
const VOLATILE: [&str; 5] =
    ["Encoded authorization failure message", "Request ID", "RequestId", "(request id", "RequestID"];

/// The fault, without what differs from try to try.
pub(super) fn told(fault: &Fault) -> String {
    let Fault { class: _, effect: _, operation, code, message, request_id } = fault;
    let mut message = message.as_str();
    if let Some(id) = request_id
        && let Some(at) = message.find(id.as_str())
    {
        message = &message[..at];
    }
    for marker in VOLATILE {
        if let Some(at) = message.find(marker) {
            message = &message[..at];
        }
    }
    let message = message.trim().trim_end_matches(['.', ':', ',', '(', ' ']);
    let message = shorten(message, LONGEST_QUOTE);
    if message.is_empty() { format!("{operation}: {code}") } else { format!("{operation}: {code}: {message}") }
}

/// When something that failed so is tried again. In step with [`super::rest`].
pub(super) fn next_try(class: Class) -> &'static str {
    match class {
        Class::NotYet => "tried again within 30 seconds",
        Class::Throttled => "tried again within a minute",
        Class::Transient => "tried again within 2 minutes",
        Class::Conflict | Class::Quota | Class::Denied | Class::Invalid | Class::Bug => {
            "tried again within 10 minutes, and at once when the stack changes"
        }
    }
}

/// `message`, short enough for a condition.
pub(super) fn clip(message: &str) -> String {
    shorten(message, LONGEST)
}

/// `text`, cut after `longest` characters.
pub(super) fn shorten(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// `1 resource`, `2 resources`.
pub(super) fn resources(count: usize) -> String {
    if count == 1 { "1 resource".to_owned() } else { format!("{count} resources") }
}

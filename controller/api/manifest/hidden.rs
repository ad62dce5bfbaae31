//! Values that are compared and never printed.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A value that users sometimes mistake for a place for secrets: it serializes as itself, and Debug shows nothing of
/// it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Hidden<T>(pub T);

impl<T> Deref for Hidden<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

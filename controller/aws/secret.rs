//! Values that reach nobody but the Kubernetes Secret that they are meant for.

use std::fmt;

/// A secret: no Debug, Display or Serialize shows it, and it is read by [`Secret::reveal`] alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Keeps `value` secret.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Whoever asks for it answers for where it goes.
    #[must_use]
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_to_those_who_ask_for_it_alone() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "(secret) Some(\n    (secret),\n)");
        assert_eq!(secret.reveal(), "hunter2");
    }
}

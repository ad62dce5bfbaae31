//! The API: what users declare, what they are told, and the check between the two.
//!
//! [`Stack`] is what is read from Kubernetes, [`validate`] turns it into a [`Spec`], and after that nobody looks at the
//! manifest again. [`crds`] generates the definitions with which the API server refuses most of what `validate` would, and
//! [`admission`] the same for a manifest that never was in a server.

#![allow(
    clippy::doc_markdown,
    reason = "docs of fields are what `kubectl explain` prints: values and names of AWS, without markup"
)]
#![allow(clippy::duplicated_attributes, reason = "false alarm at kube's repeated printcolumn(..)")]

pub mod admission;
mod crd;
mod identity;
pub mod limits;
pub mod manifest;
pub mod spec;
mod stack;
pub mod status;
mod validate;

pub use crd::{crds, to_yaml};
pub use identity::{AllowedNamespaces, AwsIdentity, AwsIdentitySpec};
pub use manifest::{FargateStack, FargateStackSpec};
pub use spec::Spec;
pub use stack::{Controls, ParseError, Stack};
pub use status::Status;
pub use validate::{Invalid, validate};

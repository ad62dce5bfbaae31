//! From a file to the stack that it declares, refused where the API server or the controller would refuse it.

use std::io::Read as _;

use clap::Args;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::api::{Invalid, Spec, Stack, admission, validate};

/// Which stack.
#[derive(Args, Clone, Debug)]
pub struct Manifest {
    /// File with one `FargateStack`, as written or as `kubectl get -o yaml` prints it; - for standard input.
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    file: String,
    /// Namespace of a manifest that names none. Default: default.
    #[arg(short, long)]
    namespace: Option<String>,
}

/// A manifest that nothing can be said of.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("{file} cannot be read: {error}")]
    File {
        /// Its name.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is something else than one stack.
    #[error("{file}: {message}")]
    Content {
        /// Its name.
        file: String,
        /// What it is, and what to give.
        message: String,
    },
    /// Fields that cannot be as they are, at least one.
    #[error("{file} is refused:{}", list(fields))]
    Fields {
        /// Its name.
        file: String,
        /// What is wrong, and what to write instead.
        fields: Vec<Invalid>,
    },
}

impl Refused {
    /// Whether it is what the manifest says that is refused.
    pub(super) fn of_content(&self) -> bool {
        match self {
            Self::File { .. } => false,
            Self::Content { .. } | Self::Fields { .. } => true,
        }
    }
}

fn list(fields: &[Invalid]) -> String {
    let lines: Vec<String> = fields.iter().map(|invalid| format!("\n  {invalid}")).collect();
    lines.concat()
}

impl Manifest {
    /// The stack, as the controller would read it.
    ///
    /// # Errors
    /// [`Refused`].
    pub(super) fn read(&self) -> Result<Stack, Refused> {
        let mut text = String::new();
        let read = if self.file == "-" {
            std::io::stdin().read_to_string(&mut text).map(drop)
        } else {
            std::fs::read_to_string(&self.file).map(|read| text = read)
        };
        read.map_err(|error| Refused::File { file: self.name(), error })?;
        self.stack(&text)
    }

    /// What its declaration comes to.
    ///
    /// # Errors
    /// Every field that cannot be built as declared.
    pub(super) fn spec(&self, stack: &Stack) -> Result<Spec, Refused> {
        validate(stack).map_err(|fields| Refused::Fields { file: self.name(), fields })
    }

    /// A field that cannot be as it is.
    pub(super) fn refuse(&self, field: &str, message: String) -> Refused {
        Refused::Fields { file: self.name(), fields: vec![Invalid { field: field.to_owned(), message }] }
    }

    fn name(&self) -> String {
        if self.file == "-" { "standard input".to_owned() } else { self.file.clone() }
    }

    fn content(&self, message: impl Into<String>) -> Refused {
        Refused::Content { file: self.name(), message: message.into() }
    }

    fn stack(&self, text: &str) -> Result<Stack, Refused> {
        let mut object = self.document(text)?;
        self.place(&mut object)?;
        // What is being deleted needs no declaration.
        let going = object.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null());
        if !going {
            object = admission::admit(&object).map_err(|fields| Refused::Fields { file: self.name(), fields })?;
        }
        let stack = serde_json::from_value(object).map_err(|error| self.content(format!("metadata: {error}")))?;
        if !going {
            self.spec(&stack)?;
        }
        Ok(stack)
    }

    /// The one object in `text`.
    fn document(&self, text: &str) -> Result<Value, Refused> {
        let documents = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
        let documents: Vec<Value> =
            documents.collect::<Result<_, _>>().map_err(|error| self.content(format!("is no YAML: {error}")))?;
        // Comments alone are no document.
        let mut documents = documents.into_iter().filter(|document| !document.is_null()).collect::<Vec<_>>();
        match (documents.pop(), documents.len()) {
            (Some(object), 0) => admission::kind(&object).map(|()| object).map_err(|message| self.content(message)),
            (Some(_), others) => Err(self.content(format!("holds {} documents: give one FargateStack", others + 1))),
            (None, _) => Err(self.content("is empty: give one FargateStack")),
        }
    }

    /// Puts `object` into the namespace that was asked for, if it names none.
    fn place(&self, object: &mut Value) -> Result<(), Refused> {
        let named = object.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
        match (&self.namespace, named) {
            (Some(asked), Some(named)) if *asked != named => Err(self
                .content(format!("metadata.namespace is {named}, and --namespace is {asked}: leave one of them out"))),
            (_, Some(_)) => Ok(()),
            (asked, None) => {
                if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.insert("namespace".to_owned(), json!(asked.as_deref().unwrap_or("default")));
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(namespace: Option<&str>) -> Manifest {
        Manifest { file: "stack.yaml".to_owned(), namespace: namespace.map(str::to_owned) }
    }

    fn sample(more: &str) -> String {
        format!(
            "apiVersion: fargatestack.dev/v1alpha1\nkind: FargateStack\nmetadata: {{ name: orders{more} }}\n\
             spec: {{ region: eu-west-1, service: {{ image: {{ tag: \"1\" }}, containerPort: 80 }} }}\n"
        )
    }

    #[test]
    fn one_document_is_asked_for() {
        let one = sample("");
        let cases = [
            (String::new(), "is empty"),
            ("# nothing\n---\n".to_owned(), "is empty"),
            (format!("{one}---\n{one}"), "holds 2 documents"),
            ("kind: List\napiVersion: v1\nitems: []\n".to_owned(), "holds List of v1: give one FargateStack of"),
            ("- 1\n".to_owned(), "holds nothing of nothing"),
            ("a: [\n".to_owned(), "is no YAML"),
        ];
        for (text, expected) in cases {
            let error = manifest(None).stack(&text).unwrap_err();
            assert!(error.of_content() && error.to_string().contains(expected), "{text}: {error}");
        }
        // What is no document is none.
        assert!(manifest(None).stack(&format!("# one\n---\n{one}---\n# end\n")).is_ok());
    }

    #[test]
    fn the_namespace_is_the_manifests_or_the_one_asked_for() {
        let of = |asked, text: &str| manifest(asked).stack(text).map(|stack| stack.namespace().to_owned());
        let named = sample(", namespace: shop");
        assert_eq!(of(None, &sample("")).unwrap(), "default");
        assert_eq!(of(Some("shop"), &sample("")).unwrap(), "shop");
        assert_eq!(of(None, &named).unwrap(), "shop");
        assert_eq!(of(Some("shop"), &named).unwrap(), "shop");
        assert!(of(Some("other"), &named).unwrap_err().to_string().contains("--namespace is other"));
    }

    #[test]
    fn what_the_controller_alone_refuses_is_refused() {
        let overlapping = sample("")
            .replace("region: eu-west-1", "region: eu-west-1, network: { appSubnets: [10.0.10.0/24, 10.0.2.0/24] }");
        let error = manifest(None).stack(&overlapping).unwrap_err().to_string();
        assert!(error.contains("\n  spec.network.appSubnets: "), "{error}");
    }

    #[test]
    fn what_is_being_deleted_needs_no_declaration() {
        let going =
            sample(", deletionTimestamp: 2026-11-24T01:02:03Z").replace("eu-west-1,", "eu-west-1, mode: Dream,");
        assert!(manifest(None).stack(&going).is_ok());
    }
}

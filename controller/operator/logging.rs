//! The log: text for people, or one flat JSON object a line.
//!
//! A line of JSON carries the fields of the spans around it beside its own: stack and pass, and within an AWS write the resource
//! and the reason. Field names are Kubernetes' (lowerCamelCase), the four that every line has as Karpenter's: `time`, `level`,
//! `logger`, `message`.

use std::fmt;
use std::io::IsTerminal as _;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, fmt as subscriber};

/// What a controller logs when `RUST_LOG` does not say otherwise. kube's own span repeats what ours says.
pub const CONTROLLER: &str = "info,kube_runtime=warn";

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

impl Format {
    /// What whoever reads standard error can use: text on a terminal, JSON anywhere else.
    #[must_use]
    pub fn for_reader() -> Self {
        if std::io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Starts logging to standard error what `RUST_LOG` asks for, `otherwise` this; once a process.
pub fn init(format: Format, otherwise: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(otherwise));
    let log = subscriber().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        Format::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        Format::Json => log.fmt_fields(JsonFields::new()).event_format(Flat).init(),
    }
}

/// One flat JSON object a line.
#[derive(Debug)]
struct Flat;

impl<S, N> FormatEvent<S, N> for Flat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            let extensions = span.extensions();
            let written = extensions.get::<FormattedFields<N>>().map_or("", |fields| fields.as_str());
            if let Ok(Value::Object(of_span)) = serde_json::from_str(written) {
                fields.0.extend(of_span);
            }
        }
        event.record(&mut fields);
        let Fields(mut fields) = fields;
        let metadata = event.metadata();
        let message = fields.remove("message").unwrap_or_default();
        let first = [
            ("time", Value::from(format!("{:.6}", Timestamp::now()))),
            ("level", Value::from(metadata.level().as_str())),
            ("logger", Value::from(metadata.target())),
            ("message", message),
        ];
        fields.retain(|name, _| first.iter().all(|(taken, _)| name != taken));
        let rest = fields.iter().map(|(name, value)| (name.as_str(), value));
        let mut separator = '{';
        for (name, value) in first.iter().map(|(name, value)| (*name, value)).chain(rest) {
            write!(writer, "{separator}{}:{value}", Value::from(name))?;
            separator = ',';
        }
        writeln!(writer, "}}")
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_flat_object_with_the_fields_of_its_spans() {
        let written = Written::default();
        let writer = written.clone();
        let log = subscriber().fmt_fields(JsonFields::new()).event_format(Flat).with_writer(move || writer.clone());
        tracing::subscriber::with_default(log.finish(), || {
            let pass = tracing::info_span!("pass", stack = "shop/orders", reconcileID = "a-1", level = "none");
            pass.in_scope(|| {
                let step = tracing::info_span!("step", key = %"vpc/main", cause = "declared \"so\"");
                step.in_scope(|| {
                    tracing::info!(operation = "CreateVpc", requestID = Some("r"), count = 2_u64, "AWS write");
                });
                tracing::warn!(absent = None::<&str>, "no more");
            });
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for line in &mut lines {
            let time = line.as_object_mut().unwrap().remove("time").unwrap();
            assert!(time.as_str().unwrap().parse::<Timestamp>().is_ok(), "{time}");
        }
        let logger = module_path!();
        let expected = [
            json!({
                "level": "INFO", "logger": logger, "message": "AWS write", "stack": "shop/orders", "reconcileID": "a-1",
                "key": "vpc/main", "cause": "declared \"so\"", "operation": "CreateVpc", "requestID": "r", "count": 2,
            }),
            json!({
                "level": "WARN", "logger": logger, "message": "no more", "stack": "shop/orders", "reconcileID": "a-1",
            }),
        ];
        assert_eq!(lines, expected);
    }
}

//! `fargatestack graph`: what a manifest declares, drawn.

use clap::{Args, ValueEnum};

use super::manifest::Manifest;
use super::{Answer, Failure};
use crate::design::Assumption;
use crate::design::picture::{compose, dot, mermaid};
use crate::operator::preview::drawn;

/// In which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
}

/// What to draw.
#[derive(Args, Clone, Debug)]
pub struct Graph {
    #[command(flatten)]
    manifest: Manifest,
    /// In which language.
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

impl Graph {
    /// Draws.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn answer(&self) -> Result<Answer, Failure> {
        let stack = self.manifest.read()?;
        let spec = self.manifest.spec(&stack)?;
        // Drawn is what it comes to in the end, when the image is there.
        let assumption = Assumption { image_pushed: true, ..Assumption::default() };
        let picture = compose(&spec, &drawn(&stack, &spec, &assumption)?);
        let text = match self.format {
            Format::Mermaid => mermaid(&picture),
            Format::Dot => dot(&picture),
        };
        Ok(Answer { text, ..Answer::default() })
    }
}

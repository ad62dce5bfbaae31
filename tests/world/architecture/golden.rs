//! Texts that are compared with committed files in `tests/golden`.

use std::collections::BTreeSet;

use crate::support::root;

/// Fails unless `lines` are those of the golden file `name`; `FARGATESTACK_GOLDEN=write` writes it anew and fails, too, so that
/// nobody forgets to read the difference.
pub fn golden(name: &str, lines: &[String]) {
    let path = root().join("tests/golden").join(name);
    let text = lines.join("\n") + "\n";
    if std::env::var("FARGATESTACK_GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &text).unwrap();
        panic!("{} is written: read what changed, and run the test without FARGATESTACK_GOLDEN", path.display());
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let (expected, found): (BTreeSet<_>, BTreeSet<_>) = (golden.lines().collect(), text.lines().collect());
    let missing = expected.difference(&found).map(|line| format!("- {line}"));
    let new = found.difference(&expected).map(|line| format!("+ {line}"));
    let differences: Vec<_> = missing.chain(new).collect();
    assert!(differences.is_empty(), "FARGATESTACK_GOLDEN=write writes {name} anew:\n{}", differences.join("\n"));
    assert_eq!(golden, text);
}

"""Generated files: `write` writes them, `verify` fails unless they are fresh and committed.

A generator is a command of `fargatestack` that prints YAML documents, or one JSON object; or it makes files from files, see
`chart_files.py` and `api_reference.py`. Needs the standard library only, and helm and the pinned interpreter, which are built when this
machine has none.
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import chart_files
from chart_files import CHART, GOLDEN, Files
from world import virtualenv

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# Folders that hold nothing but generated files.
FOLDERS = ("crds", f"{CHART}/templates/crds", GOLDEN)


def definitions(printed: str) -> Files:
    """Return two files for each custom resource definition, named by its plural: itself, and the chart's template of it."""
    files = {}
    for document in re.split(r"^---\n", printed, flags=re.MULTILINE):
        plural = re.search(r"^ +plural: (\S+)$", document, re.MULTILINE)
        if plural:
            files[f"crds/{plural[1]}.yaml"] = document
            files[f"{CHART}/templates/crds/{plural[1]}.yaml"] = chart_files.definition(document)
        elif document.strip():
            sys.exit(f"error: `fargatestack crds` printed a document without a plural: {document[:200]}")
    return files


def roles(printed: str) -> Files:
    """Return the file of the installation's RBAC, and the chart's template of it."""
    return {"manifests/rbac.yaml": printed, f"{CHART}/templates/rbac.yaml": chart_files.roles(printed)}


def policies(printed: str) -> Files:
    """Return one file for each IAM policy, by its name."""
    named = json.loads(printed)
    return {f"manifests/iam/{name}.json": json.dumps(policy, indent=2) + "\n" for name, policy in named.items()}


GENERATORS: dict[str, Callable[[str], Files]] = {
    "crds": definitions,
    "rbac": roles,
    "iam-policy": policies,
}


def printed() -> Files:
    """Return the generated files that `fargatestack` prints, as they should be."""
    files: Files = {}
    for command, split in GENERATORS.items():
        program = ["cargo", "run", "--locked", "--quiet", "--bin", "fargatestack", "--", command]
        ended = subprocess.run(program, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False)
        if ended.returncode != 0:
            sys.exit(f"error: `fargatestack {command}` failed (exit {ended.returncode})")
        produced = split(ended.stdout)
        if not all(produced.values()) or not produced:
            sys.exit(f"error: `fargatestack {command}` printed nothing")
        files |= produced
    return files


def reference() -> Files:
    """Return the reference of the fields, from the definitions."""
    program = [str(virtualenv.python()), "tests/env/api_reference.py", *(str(each) for each in sorted(CHECKOUT.glob("crds/*.yaml")))]
    ended = subprocess.run(program, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"error: api_reference.py failed (exit {ended.returncode})")
    return {"docs/api-reference.md": ended.stdout}


# Each is made from what those before it leave.
KINDS: tuple[Callable[[], Files], ...] = (
    printed,
    reference,
    lambda: chart_files.readme(CHECKOUT),
    lambda: chart_files.rendered(CHECKOUT),
)


def write(files: Files) -> None:
    """Write the files."""
    for path, text in files.items():
        target = CHECKOUT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def write_all() -> None:
    """Write all generated files, and remove those that are generated no more."""
    files: Files = {}
    for kind in KINDS:
        made = kind()
        write(made)
        files |= made
    clean(files)


def clean(files: Files) -> None:
    """Remove what lies among generated files and is generated no more."""
    for path in strays(files):
        (CHECKOUT / path).unlink()


def generated() -> Files:
    """Return all generated files as they should be, if what they are made from is."""
    files: Files = {}
    for kind in KINDS:
        files |= kind()
    return files


def verify(files: Files) -> int:
    """Return 0 when every file is as generated and committed, else say what is not and how to mend it."""
    problems = []
    for path, fresh in files.items():
        target = CHECKOUT / path
        committed = target.read_text() if target.exists() else ""
        if committed != fresh:
            difference = difflib.unified_diff(committed.splitlines(), fresh.splitlines(), path, "generated", lineterm="", n=1)
            problems.append("\n".join([f"{path} is stale", *difference]))
    problems += [f"{path} is generated no more" for path in strays(files)]
    status = ["git", "status", "--porcelain", "--", *files, *FOLDERS]
    changed = subprocess.run(status, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    problems += [f"not committed: {line}" for line in changed.splitlines()]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        print("mend it with: make generate, then commit", file=sys.stderr)
    return 1 if problems else 0


def strays(files: Files) -> list[str]:
    """Return the files that lie where only generated ones do, and that no generator makes."""
    found = [path for folder in FOLDERS for path in sorted(CHECKOUT.glob(f"{folder}/*"))]
    return [path for file in found if (path := str(file.relative_to(CHECKOUT))) not in files]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            write_all()
        case ["verify"]:
            sys.exit(verify(generated()))
        case _:
            sys.exit(f"usage: {sys.argv[0]} write|verify")

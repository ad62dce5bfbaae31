"""Generated files: `write` writes them, `verify` fails unless they are fresh and committed.

A generator is a command of `fargatestack` that prints YAML documents, or one JSON object. Needs the standard library only.
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
Files = dict[str, str]


def definitions(printed: str) -> Files:
    """Return one file for each custom resource definition, named by its plural."""
    files = {}
    for document in re.split(r"^---\n", printed, flags=re.MULTILINE):
        plural = re.search(r"^ +plural: (\S+)$", document, re.MULTILINE)
        if plural:
            files[f"crds/{plural[1]}.yaml"] = document
        elif document.strip():
            sys.exit(f"error: `fargatestack crds` printed a document without a plural: {document[:200]}")
    return files


def roles(printed: str) -> Files:
    """Return the file of the installation's RBAC."""
    return {"manifests/rbac.yaml": printed}


def policies(printed: str) -> Files:
    """Return one file for each IAM policy, by its name."""
    named = json.loads(printed)
    return {f"manifests/iam/{name}.json": json.dumps(policy, indent=2) + "\n" for name, policy in named.items()}


GENERATORS: dict[str, Callable[[str], Files]] = {
    "crds": definitions,
    "rbac": roles,
    "iam-policy": policies,
}


def generated() -> Files:
    """Return all generated files as they should be."""
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


def write(files: Files) -> None:
    """Write the files, and remove definitions that are generated no more."""
    for path, text in files.items():
        target = CHECKOUT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for path in strays(files):
        (CHECKOUT / path).unlink()


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
    status = ["git", "status", "--porcelain", "--", *files, "crds"]
    changed = subprocess.run(status, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    problems += [f"not committed: {line}" for line in changed.splitlines()]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        print("mend it with: make generate, then commit", file=sys.stderr)
    return 1 if problems else 0


def strays(files: Files) -> list[str]:
    """Return the files in `crds/` that no generator makes."""
    return [path for found in sorted(CHECKOUT.glob("crds/*")) if (path := str(found.relative_to(CHECKOUT))) not in files]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            write(generated())
        case ["verify"]:
            sys.exit(verify(generated()))
        case _:
            sys.exit(f"usage: {sys.argv[0]} write|verify")

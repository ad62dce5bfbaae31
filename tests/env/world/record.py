"""What was used in a world: which rights in Kubernetes, and which operations in AWS, by whom.

Tests of a whole suite hold the rights that are granted against the records of all its worlds.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from .controller import NAMESPACE
from .state import Facts, State

FOLDER = "FARGATESTACK_RECORD"
# Held together by all worlds that are to leave a record: whoever gets it alone sees the records of all.
LOCK = "worlds.lock"
# How the API server's audit log says what allowed a request.
ALLOWED_BY = re.compile(r' of (ClusterRole|Role) "([^"]+)" to ')


@contextlib.contextmanager
def announced() -> Iterator[Path | None]:
    """Give the folder in which a record is to be left, None when nobody wants one."""
    wanted = os.environ.get(FOLDER)
    if not wanted:
        yield None
        return
    folder = Path(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield folder


def leave(folder: Path, state: State, facts: Facts) -> None:
    """Write what was used in the running world; a reader sees all of it or nothing."""
    record = {"kubernetes": _kubernetes(facts), "aws": _aws(facts)}
    scratch = folder / f".{state.folder.name}"
    scratch.write_text(json.dumps(record, indent=1))
    scratch.replace(folder / f"{state.folder.name}.json")


def _kubernetes(facts: Facts) -> list[dict[str, Any]]:
    """Return the requests of the installation's ServiceAccounts, counted by what RBAC can tell apart."""
    uses: Counter[tuple[tuple[str, str], ...]] = Counter()
    if facts.audit_log is not None:
        log = Path(facts.audit_log)
        # The API server moves a log that has grown aside, under a name with its date.
        for path in log.parent.glob(f"{log.stem}*{log.suffix}"):
            with path.open() as lines:
                for line in lines:
                    uses.update(_rights(line))
    return [{**dict(use), "count": count} for use, count in sorted(uses.items())]


def _rights(line: str) -> Iterator[tuple[tuple[str, str], ...]]:
    who = f"system:serviceaccount:{NAMESPACE}:"
    if who not in line:
        return
    event = json.loads(line)
    reference, notes = event.get("objectRef"), event.get("annotations", {})
    if reference is None or not event["user"]["username"].startswith(who):
        return
    by = ALLOWED_BY.search(notes.get("authorization.k8s.io/reason", ""))
    part = reference.get("subresource")
    use = {
        "account": event["user"]["username"].removeprefix(who),
        "group": reference.get("apiGroup", ""),
        "resource": reference["resource"] + (f"/{part}" if part else ""),
        "decision": notes.get("authorization.k8s.io/decision", ""),
        "kind": by.group(1) if by else "",
        "role": by.group(2) if by else "",
    }
    verbs = [event["verb"]]
    if event["verb"] == "patch" and event.get("responseStatus", {}).get("code") == HTTPStatus.CREATED:
        # What an apply makes anew it must be allowed to create, too; the log names the request's own verb alone.
        verbs.append("create")
    for verb in verbs:
        yield tuple({**use, "verb": verb}.items())


def _aws(facts: Facts) -> Any:
    with urllib.request.urlopen(f"{facts.emulator}/_control/uses") as answer:  # noqa: S310 - http, of our own
        return json.load(answer)["uses"]

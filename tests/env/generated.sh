#!/usr/bin/env bash
# Generated files: `write` writes them, `verify` fails when one is stale or not committed.
set -euo pipefail
cd "$(dirname "$0")/../.."

# One line per file: its path, and the arguments of `fargatestack` that print it.
generated=(
  "crds/fargatestacks.yaml    crds fargatestacks"
  "crds/awsidentities.yaml    crds awsidentities"
  "manifests/rbac.yaml        rbac"
)

cargo build --locked --quiet --bin fargatestack
for line in "${generated[@]}"; do
  read -r path arguments <<<"$line"
  fresh=$(mktemp)
  # shellcheck disable=SC2086 # the arguments are words
  cargo run --locked --quiet --bin fargatestack -- $arguments >"$fresh"
  case ${1:-} in
    write)
      mkdir -p "$(dirname "$path")"
      cat "$fresh" >"$path"
      ;;
    verify)
      diff -u "$path" "$fresh" || { echo "error: $path is stale; run: make generate" >&2; exit 1; }
      changed=$(git status --porcelain -- "$path")
      [[ -z $changed ]] || { echo "error: not committed: $changed" >&2; exit 1; }
      ;;
    *)
      echo "usage: $0 write|verify" >&2
      exit 2
      ;;
  esac
  rm -f "$fresh"
done

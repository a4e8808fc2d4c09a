#!/usr/bin/env bash
# Runs the quick tests as on a machine with nothing but Node, npm and the basic system: PATH holds the programs of Debian's essential
# packages, and tools are looked for in PATH only. Other systems have no such list, so there this does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v dpkg-query >/dev/null || { echo "the quick tests without tools: skipped, this system does not list its essential packages"; exit 0; }
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
essential=$(dpkg-query -W -f='${Essential} ${Package}\n' | awk '$1 == "yes" { print $2 }')
# shellcheck disable=SC2086
dpkg-query -L $essential | grep -E '^(/usr)?/s?bin/[^/]+$' | while read -r file; do
  [ -x "$file" ] && ln -sf "$file" "$programs/"
done
for name in node npm; do ln -sf "$(readlink -f "$(command -v $name)")" "$programs/$name"; done
PATH="$programs" HOLDFAST_TEST_TOOLS=path node bin/with-setup.js test/run.ts --only quick

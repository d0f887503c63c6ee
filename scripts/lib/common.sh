# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the scripts: where the repository is, how a step is said, how a script gives up.

# shellcheck disable=SC2034  # used by those who source this
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
script_name="$(basename "$0")"

say() { printf '%s: %s\n' "$script_name" "$*"; }

die() {
  printf '%s: %s\n' "$script_name" "$*" >&2
  exit 1
}

need_root() {
  [ "$(id -u)" -eq 0 ] || die "must run as root ($1); try: sudo scripts/$script_name"
}

# Runs a command quietly: one line for the step, the command's output only if it fails.
step() {
  local title="$1" log status
  shift
  log="$(mktemp)"
  printf '%s: %s ... ' "$script_name" "$title"
  local began=$SECONDS
  if "$@" >"$log" 2>&1; then
    printf 'done (%d s)\n' $((SECONDS - began))
    rm -f "$log"
    return 0
  else
    status=$?
    printf 'FAILED (exit %d)\n' "$status"
    tail -n 40 "$log" | sed 's/^/    /' >&2
    rm -f "$log"
    return "$status"
  fi
}

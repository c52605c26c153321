#!/usr/bin/env bash
# The two services apart: three vaults, which hold the state and the key, and two APIs, which hold neither and pass on what they are asked.
# Runs until Ctrl-C. On real machines each `join` is a machine of its own; see docs/operations.md and systemd/.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

say "three vaults"
found vault-1 127.0.9.1 --role vault
join vault-2 127.0.9.2 127.0.9.1 --role vault
join vault-3 127.0.9.3 127.0.9.1 --role vault

say "two APIs"
join api-1 127.0.9.11 127.0.9.1 --role api
join api-2 127.0.9.12 127.0.9.2 --role api

say "they serve until Ctrl-C; in another shell:"
echo "export MILL_ADDRESS=https://127.0.9.11:4400 MILL_CACERT=$ca MILL_TOKEN=\$(cat $work/vault-1/operator.token)"
echo "mill nodes"
[[ ${1:-} == --once ]] || wait

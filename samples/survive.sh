#!/usr/bin/env bash
# Loses machines on purpose and counts: three nodes, a client that writes all the time, the leader killed with SIGKILL under it; then the same with the two services apart
# and one of the APIs. Ends with an error where an acknowledged write is missing.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# write FILE HOST…: writes numbered secrets without end, each through the next host that answers, and notes what was acknowledged.
# A write whose outcome is not known is sent again under the same key, so it happens once.
write() {
    local file=$1 number=0 attempt host status
    shift
    local hosts=("$@")
    while :; do
        number=$((number + 1))
        for ((attempt = 0; ; attempt++)); do
            host=${hosts[$(((number + attempt) % ${#hosts[@]}))]}
            status=$(curl -s -o /dev/null -w '%{http_code}' --max-time 10 --cacert "$ca" -X PUT "https://$host:4400/v1/secrets/$(basename "$file")-$number" \
                -H "Authorization: Bearer $token" -H "Idempotency-Key: $(basename "$file")-$number" -H 'Content-Type: application/json' -d "{\"value\":\"$number\"}") || true
            [[ $status == 20? ]] && break
            echo "$number $host $status" >>"$file.retried"
        done
        echo "$number" >>"$file"
    done
}

# check FILE HOST: every acknowledged write is there, and says what was written.
check() {
    local file=$1 host=$2 missing
    missing=$(diff <(sed "s|.*|url = https://$host:4400/v1/secrets/$(basename "$file")-&|" "$file" |
        curl -sS --max-time 10 --cacert "$ca" -H "Authorization: Bearer $token" --config - | jq -r .value) "$file" | sed -n 's/^> /missing: /p')
    [[ -z $missing ]] || echo "$missing"
    echo "$(wc -l <"$file") acknowledged writes, read at $host: $(grep -c . <<<"$missing" || true) missing; $(wc -l <"$file.retried" 2>/dev/null || echo 0) attempts were sent again"
    [[ -z $missing ]]
}

# goes_on FILE: waits until ten more are acknowledged, as nothing that was lost may hold up the client for long.
goes_on() {
    local before=$(wc -l <"$1") started=$SECONDS
    until (($(wc -l <"$1") > before + 10)); do
        ((SECONDS < started + 60)) || { echo "error: nothing is written any more" >&2; return 1; }
        sleep 0.1
    done
    echo "$(($(wc -l <"$1") - before)) more in the $((SECONDS - started)) seconds since then"
}

say "three nodes"
found node-1 127.0.8.1
join node-2 127.0.8.2 127.0.8.1
join node-3 127.0.8.3 127.0.8.2

say "a secret through a node that does not lead"
"$mill" secret set db.password s3cret --address https://127.0.8.2:4400
"$mill" secret get db.password --address https://127.0.8.3:4400
"$mill" status

say "a client writes; the leader is killed"
touch "$work/a.retried"
write "$work/a" 127.0.8.1 127.0.8.2 127.0.8.3 &
writer=$!
sleep 2
lost=$(leader 127.0.8.2)
number=${lost#node-}
others=(127.0.8.{1..3})
unset "others[$((number - 1))]"
others=("${others[@]}")
before=$(wc -l <"$work/a")
lose "$lost"
echo "$lost is gone, after $before acknowledged writes"
goes_on "$work/a"
echo "$(leader "${others[0]}") leads"

say "the node comes back"
start "$lost" server --data-dir "$work/$lost"
sleep 1
kill "$writer"
wait "$writer" 2>/dev/null || true
"$mill" nodes --address "https://${others[0]}:4400"
check "$work/a" "127.0.8.$number"
[[ $("$mill" secret get db.password --address "https://127.0.8.$number:4400") == s3cret ]]
for node in node-1 node-2 node-3; do kill -TERM "${pids[$node]}"; wait "${pids[$node]}" || true; unset "pids[$node]"; done

say "the two services apart: three vaults, two APIs"
found vault-1 127.0.9.1 --role vault
join vault-2 127.0.9.2 127.0.9.1 --role vault
join vault-3 127.0.9.3 127.0.9.1 --role vault
join api-1 127.0.9.11 127.0.9.1 --role api
join api-2 127.0.9.12 127.0.9.2 --role api

say "a client writes through both APIs; an API is killed, and the leading vault"
touch "$work/b.retried"
write "$work/b" 127.0.9.11 127.0.9.12 &
writer=$!
sleep 2
lose api-1
echo "api-1 is gone"
sleep 2
lost=$(leader 127.0.9.12)
before=$(wc -l <"$work/b")
lose "$lost"
echo "$lost is gone, after $before acknowledged writes"
goes_on "$work/b"
echo "$(leader 127.0.9.12) leads"

say "both come back"
start api-1 server --role api --data-dir "$work/api-1"
start "$lost" server --role vault --data-dir "$work/$lost"
sleep 1
kill "$writer"
wait "$writer" 2>/dev/null || true
"$mill" nodes --address https://127.0.9.11:4400
check "$work/b" 127.0.9.11

say "nothing that was acknowledged is missing"

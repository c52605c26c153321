#!/usr/bin/env bash
# From a plaintext .env to an application that lives on through rotations, and while the vault is away.
#   samples/env-to-app.sh            the vault is away for a minute
#   samples/env-to-app.sh SECONDS    or as long as you like
# Ends by itself, with an error where anything is not as it says. Needs curl; everything listens on loopback, on ports that are free.
set -euo pipefail
outage=${1:-60}
. "$(dirname "$(readlink -f "$0")")/lib.sh"
web=${WEB:-$root/artifacts/bin/Mill.Samples.Web/release/Mill.Samples.Web}
[[ -x $web ]] || dotnet build "$root/samples/web" -c Release --verbosity quiet -clp:NoSummary
log=$work/web.log
: >"$log"

wrong() { echo "error: $*" >&2; exit 1; }

# shown COMMAND…: as if it had been typed here.
shown() {
    printf '$ %s\n' "${*/#$mill/mill}"
    "$@"
}

# made: another key, which nobody sees: it goes from here to there through pipes only.
made() { printf 'key-%s' "$(head -c 24 /dev/urandom | base64 | tr -d '+/=')"; }

# rotate ADDRESS
rotate() {
    keys+=("$(made)")
    printf %s "${keys[-1]}" | "$mill" secret set Shop__ApiKey - --address "$1"
}

# asks KEY: the status that the application answers with. The key is a header from a pipe, as command lines are for all to see.
asks() { printf 'X-Api-Key: %s' "$1" | curl -s --max-time 10 -o /dev/null -w '%{http_code}' -H @- "$app/orders"; }

# expect STATUS KEY WHAT
expect() {
    local status
    status=$(asks "$2")
    [[ $status == "$1" ]] || wrong "$3 gets $status, and not $1"
    echo "$3 gets $status"
}

health() { curl -s --max-time 10 "$app/healthz"; }

# notices N: waits until the application has said for the Nth time that it has its settings.
notices() {
    local started=$SECONDS
    until (($(grep -c 'The shop has its settings' "$log") >= $1)); do
        ((SECONDS < started + 60)) || wrong "the application has not noticed the rotation"
        sleep 0.1
    done
    grep 'The shop has its settings' "$log" | tail -n 1
}

say "a plaintext .env, as it lies on many a disk"
keys=(key-of-the-first-day-4711)
cd "$work"
printf '# The shop\nShop__ApiKey="%s"\nDATABASE_URL=postgres://shop:hunter2@db/shop\nLOG_LEVEL=info\n' "${keys[0]}" >.env
shown cat .env

say "its secrets go into a vault; what is left can be committed"
start vault dev --listen 127.0.0.1:0 --data-dir "$work/data"
address=$(sed -n 's/^address: //p' "$work/vault.out")
MILL_TOKEN=$(<"$work/data/dev.token")
export MILL_TOKEN MILL_ADDRESS=$address
shown "$mill" env encrypt .env --in-place
shown cat .env
! grep -Eq 'first-day|hunter2' .env || wrong "a secret is still in the file"
shown "$mill" env check .env

say "a program gets the values, and nobody else"
shown "$mill" run --env-file .env -- printenv Shop__ApiKey DATABASE_URL LOG_LEVEL
shown "$mill" run --redact --env-file .env -- printenv Shop__ApiKey DATABASE_URL LOG_LEVEL

say "an application, with a token that may read and nothing else"
(umask 077 && "$mill" token create --subject web --role reader >web.token)
SECRET_PROVIDER_CHAIN=vault MILL_TOKEN='' MILL_TOKEN_FILE=$work/web.token ASPNETCORE_URLS=http://127.0.0.1:0 Logging__Console__FormatterName=simple Logging__Console__FormatterOptions__SingleLine=true "$web" >"$log" 2>&1 &
pids[web]=$!
deadline=$((SECONDS + 60))
until app=$(sed -n 's/.*Now listening on: //p' "$log") && [[ -n $app ]]; do
    kill -0 "${pids[web]}" 2>/dev/null && ((SECONDS < deadline)) || { tail -n 20 "$log" >&2; wrong "the application did not start"; }
    sleep 0.1
done
notices 1
echo "health: $(health)"
expect 200 "${keys[0]}" "who has the key"
expect 401 "some other key" "who has another"

say "the key is rotated; the application is not restarted"
rotate "$address"
notices 2
expect 200 "${keys[1]}" "the new key"
expect 401 "${keys[0]}" "the old one"

say "the vault is away for $outage s, and somebody rotates the key where the application cannot see it"
stop vault
expect 200 "${keys[1]}" "who has the last good key"
start elsewhere dev --listen 127.0.0.1:0 --data-dir "$work/data"
rotate "$(sed -n 's/^address: //p' "$work/elsewhere.out")"
stop elsewhere
away=$SECONDS answered=0
while :; do
    [[ $(asks "${keys[1]}") == 200 ]] || wrong "the application does not serve while the vault is away"
    answered=$((answered + 1))
    ((SECONDS < away + outage)) || break
    sleep 0.5
done
echo "$answered more of them, every one with 200; health: $(health)"
[[ $(health) == Degraded ]] || wrong "nobody was told"
expect 401 "${keys[0]}" "the key of the first day"

say "the vault is back"
back=$SECONDS
start vault dev --listen "${address#http://}" --data-dir "$work/data"
notices 3
echo "noticed within $((SECONDS - back + 1)) s"
expect 200 "${keys[2]}" "the newest key"
expect 401 "${keys[1]}" "the one before"
echo "health: $(health)"
kill -0 "${pids[web]}" || wrong "the application was not the same one all the time"

say "what is written down"
values=("${keys[@]}" hunter2)
found=$(grep -rlFf <(printf '%s\n' "${values[@]}") "$work" || true)
[[ -z $found ]] || wrong "a value is in $found"
echo "$(find "$work" -type f | wc -l) files, the log of the application among them, and none of the ${#values[@]} values in any of them"
stop web

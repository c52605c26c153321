#!/usr/bin/env bash
# One application, three places for its secrets: the environment, a file, a vault. Shows which of them answers, and what happens when one of them does not have the secret any more.
# Ends by itself, with an error where another place answers than it says.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../lib.sh"
chain=${CHAIN:-$root/artifacts/bin/Mill.Samples.Chain/release/Mill.Samples.Chain}
[[ -x $chain ]] || dotnet build "$root/samples/chain" -c Release --verbosity quiet -clp:NoSummary
seen=$work/chain.out
: >"$seen"

# says WORDS: waits until the application says so, after all that it was seen to say before. Shows it.
shown=0
says() {
    local started=$SECONDS line
    until line=$(tail -n +$((shown + 1)) "$seen" | grep -nxF -m 1 -- "$1"); do
        ((SECONDS < started + 60)) || { echo "error: it does not say '$1', but:" >&2; tail -n 20 "$seen" >&2; exit 1; }
        sleep 0.1
    done
    shown=$((shown + ${line%%:*}))
    echo "    $1"
}

cd "$work"
say "the vault has all three of them"
start vault dev --listen 127.0.0.1:0 --data-dir "$work/data"
MILL_ADDRESS=$(sed -n 's/^address: //p' "$work/vault.out")
MILL_TOKEN=$(<"$work/data/dev.token")
export MILL_ADDRESS MILL_TOKEN
for name in DB_USER DB_PASSWORD API_KEY; do printf 'in-the-vault' | "$mill" secret set "shop/$name" -; done

say "a file has two of them, the environment one"
(umask 077 && printf 'DB_USER=in-file\nDB_PASSWORD=in-file\n' >shop.env && "$mill" token create --subject shop --role reader >token)
echo "SECRET_PROVIDER_CHAIN=env,file,vault SECRET_FILE_PATH=shop.env SECRET_VAULT_PREFIX=shop/ DB_USER=env"
DB_USER=env SECRET_PROVIDER_CHAIN=env,file,vault SECRET_FILE_PATH=$work/shop.env SECRET_VAULT_PREFIX=shop/ MILL_TOKEN='' MILL_TOKEN_FILE=$work/token \
    "$chain" DB_USER DB_PASSWORD API_KEY >"$seen" 2>&1 &
pids[chain]=$!
says "DB_USER: from env, 3 bytes"
says "DB_PASSWORD: from file, 7 bytes"
says "API_KEY: from vault, 12 bytes"

say "the vault's DB_PASSWORD changes: the file hides it, so nothing is told; its API_KEY changes"
printf 'hidden-in-the-vault' | "$mill" secret set shop/DB_PASSWORD -
printf 'newer-in-the-vault' | "$mill" secret set shop/API_KEY -
says "Rotated: API_KEY"
says "DB_PASSWORD: from file, 7 bytes"
says "API_KEY: from vault, 18 bytes"

say "DB_PASSWORD goes from the file: now the vault's shows"
(umask 077 && printf 'DB_USER=in-file\n' >next.env && mv next.env shop.env)
says "Rotated: DB_PASSWORD"
says "DB_USER: from env, 3 bytes"
says "DB_PASSWORD: from vault, 19 bytes"

say "the vault is away: what the environment and the file have does not need it, and the rest is the last good one"
stop vault
# Whoever looks before the application has noticed that the vault is gone sees no difference; it looks again whenever the file changes.
n=0 asked=$SECONDS
until tail -n +$((shown + 1)) "$seen" | grep -xF 'API_KEY: from vault, 18 bytes, the last good one' >/dev/null || ((SECONDS > asked + 60)); do
    n=$((n + 1))
    (umask 077 && printf 'DB_USER=in-file\nMORE=%s\n' "$n" >next.env && mv next.env shop.env)
    sleep 0.5
done
says "Added: MORE"
says "DB_USER: from env, 3 bytes"
says "API_KEY: from vault, 18 bytes, the last good one"
stop chain
[[ $(grep -c '^Rotated: .*DB_PASSWORD' "$seen") == 1 ]] || { echo "error: it told of a secret that does not show" >&2; exit 1; }
! grep -qE 'in-(the-vault|file)' "$seen" || { echo "error: a value stands in what it said" >&2; exit 1; }

#!/usr/bin/env bash
# Types lines of the documents that need machines of their own. Each machine is a name, a /var/lib/mill and a home; they share one network, in which
# nobody else is. Started by MachineDocumentTests, in namespaces that end with it.
#   machines.sh DIRECTORY LINES     LINES: a file with every line that must have been typed at the end
set -euo pipefail
export work=$1
lines=$2
mkdir "$work"
: >"$work/typed"

fail() { echo "FAILED: $*"; exit 1; }

# What stands in the documents must not meet what this machine has there.
mount -t tmpfs none /var/lib
mount -t tmpfs none /mnt
mkdir /var/lib/mill /mnt/other-disk
ip link add name switch type bridge
ip link set switch up
declare -A machines

# machine NODE ADDRESS: plugs one in.
machine() {
    mkdir -p "$work/$1/data" "$work/$1/home"
    unshare --net --mount --uts sleep infinity &
    machines[$1]=$!
    until [[ $(readlink "/proc/$!/ns/net") != "$(readlink /proc/self/ns/net)" && $(readlink "/proc/$!/ns/uts") != "$(readlink /proc/self/ns/uts)" ]]; do sleep 0.01; done
    ip link add name "port${#machines[@]}" type veth peer name eth0 netns $!
    ip link set "port${#machines[@]}" master switch up
    on "$1" "ip link set lo up; ip address add $2/16 dev eth0; ip link set eth0 up; hostname $1; mount --bind \$node/data /var/lib/mill"
}

# on NODE SCRIPT: runs it there.
on() {
    node=$work/$1 HOME=$work/$1/home nsenter --target "${machines[$1]}" --net --mount --uts bash -euo pipefail -c 'cd "$HOME"; eval "$1"' - "$2" </dev/null
}

# launch LINE, on a node: starts a server, and returns once it says where it serves.
launch() {
    local deadline=$((SECONDS + 60))
    : >"$node/out"
    # What stands before mill in a line are variables of its own.
    eval "$(sed -E 's/(^| )mill (init|join|server|dev)( |$)/\1exec mill \2\3/' <<<"$1")" >"$node/out" 2>>"$node/errors" &
    echo $! >"$node/pid"
    until grep -q '^address: ' "$node/out"; do
        if ! kill -0 $! 2>/dev/null || ((SECONDS > deadline)); then
            cat "$node/errors"
            return 1
        fi
        sleep 0.05
    done
}

# end [SIGNAL], on a node: ends its server, and returns when it is gone.
end() {
    kill "-${1:-TERM}" "$(<"$node/pid")"
    while kill -0 "$(<"$node/pid")" 2>/dev/null; do sleep 0.05; done
}

# As the unit in samples/systemd would.
systemctl() {
    case $* in
        'stop mill') end ;;
        'start mill') launch 'mill server' ;;
        *) return 1 ;;
    esac
}

# asked COMMAND: runs it at a terminal, at which somebody says yes.
asked() { script --quiet --return --command "$1" /dev/null <<<y; }
export -f launch end systemctl asked

# doc LINE: notes that this line of the documents is typed now.
doc() {
    grep -qxF -- "$1" "$lines" || fail "no document has the line: $1"
    printf '%s\n' "$1" >>"$work/typed"
    printf '> %s\n' "$1"
}

# types NODE LINE [REAL]: a line of the documents; REAL where it names what only exists once typed.
types() { doc "$2" && on "$1" "${3:-$2}" || fail "$1: $2"; }
# serves NODE LINE [REAL]: the same for a line that starts a server.
serves() { doc "$2" && on "$1" "launch $(printf %q "${3:-$2}")" || fail "$1: $2"; }
# The set-up around them.
does() { on "$1" "$2" || fail "$1: $2"; }
ended() { does "$1" "end ${2:-}"; }
wiped() { find "$work/$1/data" "$work/$1/home" -mindepth 1 -delete; }
elsewhere() { printf 'MILL_ADDRESS=https://10.0.0.1:4400 MILL_CACERT=%q MILL_TOKEN=%q ' "$work/$1/data/ca.crt" "$(<"$work/$1/data/operator.token")"; }
joined() { does "$1" "launch $(printf %q "$(elsewhere node-1) MILL_JOIN_TOKEN=\$($(elsewhere node-1) mill join-token) mill join 10.0.0.1 --advertise $2")"; }
still_there() { [[ $(on "$1" 'mill secret get DB_URL') == kept ]] || fail "$1: the secret is gone"; }

for i in 1 2 3 4 9; do machine node-$i 10.0.0.$i; done
machine api-1 10.0.1.1
machine other 10.0.2.1

# The command line's page: a cluster, and its nodes.
serves node-1 'mill init --advertise 10.0.0.1'
does node-1 'mill secret set DB_URL kept'
token=$(sed -n 's/^join-token: //p' "$work/node-1/out")
serves node-2 'MILL_JOIN_TOKEN=mill_join_… mill join 10.0.0.1 --advertise 10.0.0.2' "MILL_JOIN_TOKEN=$token mill join 10.0.0.1 --advertise 10.0.0.2"
joined node-3 10.0.0.3
ended node-2
serves node-2 'mill server'
types node-1 'mill nodes'
types node-1 'mill join-token --role api --expires-in 10m'
types node-1 'mill join-token list' 'mill join-token list | tee list'
id=$(grep -oE '\b[0-9A-Za-z]{12}\b' "$work/node-1/home/list" | head -n 1)
types node-1 'mill join-token revoke 0123456789ab' "mill join-token revoke $id"
types node-1 'mill leader transfer node-2'
types node-1 'mill remove node-3' "asked 'mill remove node-3'"

# Replacing a dead node.
ended node-3 || true
wiped node-3
joined node-3 10.0.0.3
ended node-3 KILL
types node-1 'mill remove node-3 --yes'
serves node-4 'MILL_JOIN_TOKEN=$(mill join-token) mill join 10.0.0.1 --advertise 10.0.0.4' "export $(elsewhere node-1); MILL_JOIN_TOKEN=\$(mill join-token) mill join 10.0.0.1 --advertise 10.0.0.4"
types node-2 'mill leave --data-dir /var/lib/mill' "export MILL_TOKEN=$(<"$work/node-1/data/operator.token"); asked 'mill leave --data-dir /var/lib/mill'"

# A majority is lost, and then every machine.
ended node-4 KILL
types node-1 'systemctl stop mill'
types node-1 'mill recover --data-dir /var/lib/mill' "asked 'mill recover --data-dir /var/lib/mill'"
types node-1 'systemctl start mill'
ended node-1
serves node-1 'mill server --storage-quota 4G'
still_there node-1
does node-1 'mill backup mill.backup'
ended node-1
does node-9 "cp $work/node-1/home/mill.backup . && cp $work/node-1/home/.config/mill/master.key ."
serves node-9 'mill init --advertise 10.0.0.9 --restore mill.backup --master-key-file master.key'
still_there node-9
ended node-9

# Two services.
for i in 1 2; do wiped node-$i; done
serves node-1 'mill init --role vault --advertise 10.0.0.1'
does node-1 'mill secret set DB_URL kept'
serves node-2 'mill join 10.0.0.1 --role vault --advertise 10.0.0.2' "export MILL_JOIN_TOKEN=$(on node-1 'mill join-token'); mill join 10.0.0.1 --role vault --advertise 10.0.0.2"
serves api-1 'mill join 10.0.0.1 --role api --advertise 10.0.1.1' "export MILL_JOIN_TOKEN=$(on node-1 'mill join-token --role api'); mill join 10.0.0.1 --role api --advertise 10.0.1.1"
ended api-1
serves api-1 'mill server --role api --vault https://10.0.0.1:4400,https://10.0.0.2:4400'
[[ $(on node-1 'mill secret get DB_URL --address https://10.0.1.1:4400') == kept ]] || fail 'the API does not answer'

# A vault on one machine, with its backups on another disk.
serves other 'mill dev --backup-dir /mnt/other-disk/mill --backup-every 12h --backup-keep 30'
ended other

! diff <(sort -u "$lines") <(sort -u "$work/typed") || { echo "$(sort -u "$work/typed" | wc -l) lines typed"; exit 0; }
fail 'the lines above are in the documents, and were not typed'

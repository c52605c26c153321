# What the samples share: starting nodes of Mill as processes of this shell, and ending them with it.
# Sourced, not run. Needs curl, jq and etcd; everything listens on loopback, and lies in a directory that is removed at the end.

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
mill=${MILL:-$root/artifacts/publish/Mill/release/mill}
[[ -x $mill ]] || { echo "error: $mill is not there" >&2; echo "hint: build it with ./mill --version, or set MILL=/path/to/mill" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/mill-sample-XXXXXX")
# The user's own profile and variables stay out of this.
unset "${!MILL_@}"
export XDG_CONFIG_HOME=$work/config
declare -A pids

say() { printf '\n== %s\n' "$*"; }

# start NODE ARGS…: runs mill, and returns once it says where it serves.
start() {
    local node=$1 deadline=$((SECONDS + 60))
    shift
    : >"$work/$node.out" # what it said before it was started again is not what it says now
    "$mill" "$@" >"$work/$node.out" 2>>"$work/$node.err" &
    pids[$node]=$!
    until grep -q '^address: ' "$work/$node.out"; do
        if ! kill -0 "${pids[$node]}" 2>/dev/null || ((SECONDS > deadline)); then
            echo "error: $node did not start:" >&2
            tail -n 5 "$work/$node.err" >&2
            exit 1
        fi
        sleep 0.1
    done
    echo "$node serves at $(sed -n 's/^address: //p' "$work/$node.out")"
}

# found NODE IP ARGS…: the first node. Sets token and ca for all that follows.
found() {
    local node=$1 ip=$2
    shift 2
    start "$node" init --name "$node" --advertise "$ip" --data-dir "$work/$node" "$@"
    token=$(<"$work/$node/operator.token")
    ca=$work/$node/ca.crt
    export MILL_TOKEN=$token MILL_CACERT=$ca MILL_ADDRESS=https://$ip:4400
}

# join NODE IP VIA ARGS…: another one.
join() {
    local node=$1 ip=$2 via=$3
    shift 3
    MILL_JOIN_TOKEN=$("$mill" join-token --address "https://$via:4400") start "$node" join "$via" --name "$node" --advertise "$ip" --data-dir "$work/$node" "$@"
}

# lose NODE: SIGKILL to Mill and to its etcd, as if the machine were gone.
lose() {
    local node=$1 etcd=$work/$1/etcd.pid
    kill -KILL "${pids[$node]}"
    [[ ! -f $etcd ]] || kill -KILL "$(<"$etcd")" 2>/dev/null || true
    wait "${pids[$node]}" 2>/dev/null || true
    unset "pids[$node]"
}

# stop NODE: SIGTERM, and waits until it has ended.
stop() {
    kill -TERM "${pids[$1]}"
    wait "${pids[$1]}" || true
    unset "pids[$1]"
}

# leader VIA: the name of the node that leads, as another one sees it.
leader() { curl -sS --max-time 10 --cacert "$ca" -H "Authorization: Bearer $token" "https://$1:4400/v1/status?consistency=local" | jq -r .leader; }

finish() {
    local status=$?
    trap - EXIT INT TERM
    for node in "${!pids[@]}"; do kill -TERM "${pids[$node]}" 2>/dev/null || true; done
    for node in "${!pids[@]}"; do wait "${pids[$node]}" 2>/dev/null || true; done
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
# Not the status of whatever ran when the signal came.
trap 'exit 130' INT
trap 'exit 143' TERM

# For bash, to be sourced by a build.sh for example:
#
#     source scripts/check-and-sync-secrets.sh
#     check_and_sync_secrets REGISTRY_PASSWORD POSTGRES_PASSWORD
#
# Sees to it that the repository of this build has the secrets: what is missing is pushed from the vault, where there is one
# (MILL_ADDRESS), as mill-sync.yaml says, to this repository and no other; and what is missing still is asked for at the
# repository that holds it.
#
#   SOURCE_SECRETS_REPO       who holds them (Bengo-Hub/devops-k8s)
#   GH_PAT, or GITHUB_TOKEN   a token that may read this repository's secrets and send events to that one
#   GITHUB_REPOSITORY         this repository (that of the git remote origin)
#   MILL_ADDRESS, MILL_TOKEN  the vault to push from (none)
#   MILL                      the program (mill)
#
# Returns what mill sync request does: 0 all are there, 2 used wrongly, 3 some are missing, 4 no token or a bad one, 5 not
# allowed, 7 a name that is none, too many of them, or a mistake in mill-sync.yaml, 9 GitHub cannot be reached, 10 not in time,
# or not known; 127 there is no mill. Where the push fails, that and its code are said, and the rest is tried all the same,
# unless it ended with 10: then GitHub is asked for nothing more.

check_and_sync_secrets() {
    local mill=${MILL:-mill} code=0 found
    if ! command -v "$mill" >/dev/null; then
        echo "error: there is no program $mill; install mill, or say in MILL where it is" >&2
        return 127
    fi
    if (($# == 0)); then
        echo "usage: check_and_sync_secrets NAME…" >&2
        return 2
    fi
    if [[ -n ${MILL_ADDRESS:-} ]]; then
        # What is not known is not pushed either: request says what it is.
        found=$("$mill" sync check --json "$@" 2>/dev/null) || code=$?
        if ((code == 10)) && [[ $found == *'"rate_limited"'* ]]; then
            echo "error: GitHub takes no more requests for now, so nothing is pushed or asked for; mill sync check says how long" >&2
            return 10
        fi
        if ((code == 3)) && [[ $found =~ \"repository\":\"([^\"]+)\" ]]; then
            code=0
            "$mill" sync push "${BASH_REMATCH[1]}" || code=$?
            if ((code == 10)); then
                echo "error: mill sync push ended with 10, so nothing is asked for: GitHub may want no requests for a while" >&2
                return 10
            fi
            ((code == 0)) || echo "note: mill sync push ended with $code; what is missing still is asked for" >&2
        fi
    fi
    "$mill" sync request --source "${SOURCE_SECRETS_REPO:-Bengo-Hub/devops-k8s}" "$@"
}

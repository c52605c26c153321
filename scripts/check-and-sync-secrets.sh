# To be sourced, by a build.sh for example:
#
#     source scripts/check-and-sync-secrets.sh
#     check_and_sync_secrets REGISTRY_PASSWORD POSTGRES_PASSWORD
#
# Sees to it that the repository of this build has the secrets: what is missing is pushed from the vault, where there is one
# (MILL_ADDRESS and mill-sync.yaml), and what is missing still is asked for at the repository that holds it.
#
#   SOURCE_SECRETS_REPO       who holds them (Bengo-Hub/devops-k8s)
#   GH_PAT, or GITHUB_TOKEN   a token that may read this repository's secrets and send events to that one
#   GITHUB_REPOSITORY         this repository (that of the git remote origin)
#   MILL                      the program (mill)
#
# Returns what mill does: 0 all are there, 2 used wrongly, 3 some are missing, 4 no token or a bad one, 5 not allowed,
# 9 GitHub cannot be reached, 10 not in time, or not known; 127 there is no mill.

check_and_sync_secrets() {
    local mill=${MILL:-mill} code=0
    if ! command -v "$mill" >/dev/null; then
        echo "error: mill is not installed" >&2
        return 127
    fi
    if (($# == 0)); then
        echo "usage: check_and_sync_secrets NAME…" >&2
        return 2
    fi
    if [[ -n ${MILL_ADDRESS:-} && -f mill-sync.yaml ]]; then
        "$mill" sync check "$@" >/dev/null 2>&1 || code=$?
        # What is not known is not pushed either: request says what it is.
        if ((code == 3)); then "$mill" sync push || true; fi
    fi
    "$mill" sync request --source "${SOURCE_SECRETS_REPO:-Bengo-Hub/devops-k8s}" "$@"
}

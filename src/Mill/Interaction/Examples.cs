namespace Mill.Interaction;

/// <summary>What stands under the help of a command: lines to type.</summary>
internal static class Examples
{
    public static string? For(string command) => command switch
    {
        "mill" => $"""
            Examples:
              mill dev                              start a server to try things with
              mill plan                             what the .mill file of this directory would change
              mill deploy                           make what runs as it says
              mill status
              mill logs web -f
              mill secret set db.password           asks for the value
              mill secret get db.password
              mill secret history db.password

            {Commands.ExitCodes.Table}
            """,
        "mill secret set" => """
            Examples:
              mill secret set db.password                       asks for the value, twice
              pass show db | mill secret set db.password - --trim-newline
              mill secret set tls.key --file key.pem
              mill secret set db.password - --if-version 3      only if nobody changed it since
              mill secret set flag -- --begins-with-dashes      after -- everything is a value
            """,
        "mill secret get" => """
            Examples:
              mill secret get db.password
              mill secret get tls.key --raw > key.pem           exactly the bytes
              mill secret get db.password --version 2
              mill secret get db.password --at 2026-01-31T12:00:00Z
              mill secret get db.password --json
            """,
        "mill env expand" => """
            Examples:
              mill env expand .env                              what the program would read
              set -a; eval "$(mill env expand .env --format shell)"
              docker run --env-file <(mill env expand .env --format docker) IMAGE
            """,
        "mill env encrypt" => """
            Examples:
              mill env encrypt .env                             what would be committed; stores what looks like a secret
              mill env encrypt .env --in-place --prefix app/    the value of DB_PASS becomes the secret app/DB_PASS
              mill env encrypt .env --key DSN --key SALT --dry-run
            """,
        "mill env check" => """
            Examples:
              mill env check .env .env.test
              mill env check --offline .env                     in a commit hook that reaches no server
            """,
        "mill sync check" => """
            Examples:
              mill sync check                                   what the workflows of this checkout use
              mill sync check DEPLOY_KEY NPM_TOKEN --repo acme/web --environment production
              mill sync check --json | jq -r '.secrets[] | select(.state == "missing") | .name'
              mill sync check --sarif > mill.sarif
            """,
        "mill sync push" => """
            Examples:
              mill sync push --dry-run                          what would be written
              mill sync push acme/web
              mill sync push --prune --yes                      and delete what is wanted no longer
              mill sync push --json | jq -r '.targets[].secrets[] | select(.state == "tampered") | .name'
            """,
        "mill sync watch" => """
            Examples:
              mill sync watch
              mill sync watch acme/web acme/api --file deploy/mill-sync.yaml
            """,
        "mill run" => """
            Examples:
              mill run --env-file .env -- ./server --port 8080
              mill run --secret db.password=PGPASSWORD -- psql -h db app
              mill run --watch --env-file .env -- ./worker      restarts it when a secret changes
            """,
        "mill secret list" => """
            Examples:
              mill secret list --prefix app.
              mill secret list | cut -f1                        names only
            """,
        "mill secret destroy" => """
            Examples:
              mill secret destroy db.password --version 1 --version 2
              mill secret destroy db.password --all --yes
            """,
        "mill token create" => """
            Examples:
              mill token create --subject ci --role reader --allow 'ci/*' --expires-in 90d
              MILL_TOKEN=$(mill token create --subject app --role reader) app
            """,
        "mill retention set" => """
            Examples:
              mill retention set --max-versions 10
              mill retention set --max-age 90d
            """,
        "mill completion" => """
            Examples:
              eval "$(mill completion bash)"                    in ~/.bashrc
              eval "$(mill completion zsh)"                     in ~/.zshrc, after compinit
              mill completion fish | source                     in config.fish
            """,
        "mill plan" => """
            Examples:
              mill plan
              mill plan -f deploy/shop.mill --json
            """,
        "mill deploy" => """
            Examples:
              mill deploy
              mill deploy -f deploy/shop.mill --yes             in a build: removes what is not in the file any more
              mill deploy --json | jq -c 'select(.event == "done") | .data.outcome'
            """,
        "mill deploys" => """
            Examples:
              mill deploys
              mill deploys 7                                    why it failed
              mill deploys --follow                             what the one at work does
            """,
        "mill spawn" => """
            Examples:
              mill spawn report --env DAY=2026-01-31
              mill spawn --wait --image busybox:1.36 -- echo done
              mill spawn --image app:v4 --env 'DB=${secret(DB_URL)}' -- ./migrate
            """,
        "mill logs" => """
            Examples:
              mill logs web -f
              mill logs web-7 -n 50                             of one container, by its id
              mill logs --all --json | jq -r .line
            """,
        "mill fmt" => """
            Examples:
              mill fmt
              mill fmt --check deploy/*.mill                    in a build
              mill fmt - < app.mill                             in an editor
            """,
        "mill drain" => """
            Examples:
              mill drain node-2                                 before it is stopped
              mill undrain node-2
            """,
        "mill nodes" => """
            Examples:
              mill nodes
              mill nodes | awk -F'\t' '$3 != "healthy"'          those that are not well
              mill nodes --json
            """,
        "mill remove" => """
            Examples:
              mill remove node-3
              mill remove node-3 --yes --address https://10.0.0.2:4400
            """,
        "mill join-token" => """
            Examples:
              mill join-token
              mill join-token --role api --expires-in 10m
              mill join-token > join.token                      for: mill join … --token-file join.token
            """,
        "mill leader" or "mill leader transfer" => """
            Examples:
              mill leader transfer                              before this node is stopped
              mill leader transfer node-2
            """,
        "mill init" => """
            Examples:
              mill init --advertise 10.0.0.1
              mill init --advertise 10.0.0.1 --data-dir ./node-1 --master-key-file /run/keys/mill
              mill init --advertise 10.0.0.1 --etcd-endpoints https://10.0.0.9:2379 --etcd-ca ca.crt --etcd-cert me.crt --etcd-key me.key
            """,
        "mill join" => """
            Examples:
              MILL_JOIN_TOKEN=mill_join_… mill join 10.0.0.1 --advertise 10.0.0.2
              mill join https://10.0.0.1:4400 --advertise 10.0.0.2 --token-file join.token
              mill join 10.0.0.1 --advertise 10.0.0.3 --role api
            """,
        "mill server" => """
            Examples:
              mill server
              mill server --data-dir ./node-1
            """,
        "mill leave" => """
            Examples:
              mill leave
              mill leave --data-dir ./node-3 --yes
            """,
        "mill backup" => """
            Examples:
              mill backup mill.backup
              mill backup - | gzip > mill.backup.gz
              mill backup verify mill.backup --master-key-file master.key
            """,
        "mill restore" => """
            Examples:
              mill restore mill.backup --data-dir ./data
              mill dev --data-dir ./data
            """,
        "mill dev" => """
            Examples:
              mill dev
              mill dev --data-dir ./data --listen 127.0.0.1:4500
              mill dev --backup-dir /mnt/other-disk/mill --backup-every 12h --backup-keep 30
            """,
        _ => null,
    };
}

namespace Mill.Core.Language.Grammar;

/// <summary>What may stand in a <c>.mill</c> file.</summary>
public static class MillGrammar
{
    private static readonly BlockRule Env = new("env", "Variables of the environment.")
    {
        Others = new("NAME", ValueKind.Template, "The value of the variable. Numbers and true and false count as texts. ${service.NAME.address} is the address that a replica of that service has when the container starts: once that one is gone, nothing listens there, until mill restart gives the new address. PORT is set by Mill where there is a port."),
        Example = """
            env {
              DATABASE_URL = "${secret(DB_URL)}"
              CACHE        = "redis://${service.redis.address}"
              WORKERS      = 4
            }
            """,
    };

    private static readonly BlockRule SecretFile = new("secret_file", "A file with secrets in it, that only the memory of the node holds.")
    {
        Label = "its path in the container",
        Keys =
        [
            new("content", ValueKind.Template, "What it holds.") { IsRequired = true },
            new("mode", ValueKind.Text, "Who may read it, as chmod has it.") { Default = "0400" },
            new("uid", ValueKind.Whole, "Whose it is in the container: the number of a user, as the image runs as.") { Default = "0" },
            new("gid", ValueKind.Whole, "The number of its group.") { Default = "0" },
        ],
        Example = """
            secret_file "/run/secrets/tls.key" {
              content = "${secret(TLS_KEY)}"
            }
            """,
    };

    private static readonly BlockRule Volume = new("volume", "A directory that outlives its container.")
    {
        Label = "its name",
        Keys =
        [
            new("path", ValueKind.Text, "Where it is in the container.") { IsRequired = true },
            new("size", ValueKind.Size, "How much it holds. A volume that is kept has to say it."),
            new("ephemeral", ValueKind.Bool, "Empty whenever a container starts, and on its node only.") { Default = "false" },
        ],
        Example = """
            volume "data" {
              path = "/var/lib/postgresql/data"
              size = "10Gi"
            }
            """,
    };

    private static readonly BlockRule Constraints = new("constraints", "The labels that a node has to have. Without it, any node will do.")
    {
        Others = new("LABEL", ValueKind.Text, "What the label has to be."),
        Example = """
            constraints {
              disk = "ssd"
            }
            """,
    };

    private static readonly KeyRule Image = new("image", ValueKind.Text, "The image, with its registry and its tag or digest.") { IsRequired = true };
    private static readonly KeyRule Command = new("command", ValueKind.Command, "What to start in the place of what the image starts. No shell reads it.");
    private static readonly KeyRule Cpu = new("cpu", ValueKind.Number, "How much of the processors it gets, in cores.") { Default = "0.25" };
    private static readonly KeyRule Memory = new("memory", ValueKind.Size, "How much memory it gets. A container that takes more is ended.") { Default = "256M" };
    private static readonly KeyRule StopGrace = new("stop_grace", ValueKind.Duration, "How long it has to end by itself after SIGTERM.") { Default = "30s" };

    private static readonly BlockRule Health = new("health", "How to see that it does what it is for, from its start on and for as long as it runs. Without it, a connection to the port has to do.")
    {
        Keys =
        [
            new("path", ValueKind.Text, "Of an HTTP request to the port that is answered with 2xx."),
            new("tcp", ValueKind.Bool, "That the port takes connections.") { Default = "false" },
            new("command", ValueKind.Command, "What ends with 0 in the container."),
            new("interval", ValueKind.Duration, "Between two checks.") { Default = "10s" },
            new("timeout", ValueKind.Duration, "Of one check.") { Default = "5s" },
            new("failure_threshold", ValueKind.Whole, "How many checks in a row have to fail.") { Default = "3" },
            new("start_period", ValueKind.Duration, "What fails this long after the start does not count.") { Default = "0s" },
        ],
        Example = """
            health {
              path     = "/healthz"
              interval = "5s"
            }
            """,
    };

    private static readonly BlockRule Update = new("update", "How a new version takes the place of the old.")
    {
        Keys =
        [
            new("max_parallel", ValueKind.Whole, "How many replicas at a time.") { Default = "1" },
            new("healthy_for", ValueKind.Duration, "How long a new replica has to stay healthy before an old one ends for it, and before the deploy counts as done. It serves meanwhile. A roll takes that long for each replica, or for each max_parallel of them.") { Default = "5s" },
            new("order", ValueKind.Choice, "start_first: a new replica is healthy before an old one ends. stop_first: an old one ends before a new one starts in its place, for what must not run twice, or finds no room beside itself. It serves with fewer meanwhile; with one replica, not at all.") { Choices = ["start_first", "stop_first"], Default = "start_first" },
            new("deadline", ValueKind.Duration, "How long a new replica has to become healthy.") { Default = "60s" },
            new("drain", ValueKind.Duration, "Between taking an old replica out of use, and asking it to end.") { Default = "2s" },
        ],
        Example = """
            update {
              max_parallel = 2
              healthy_for  = "10s"
            }
            """,
    };

    private static readonly BlockRule Route = new("route", "The requests from outside that it is for.")
    {
        Label = "the host of the requests",
        Keys =
        [
            new("path", ValueKind.Text, "What their paths begin with.") { IsRequired = true },
            new("websocket", ValueKind.Bool, "Whether they may become WebSockets.") { Default = "false" },
        ],
        Example = """
            route "www.example.com" {
              path = "/"
            }
            """,
    };

    private static readonly BlockRule Service = new("service", "What runs all the time.")
    {
        Label = "its name",
        Keys =
        [
            Image,
            Command,
            new("port", ValueKind.Whole, "The port it listens on. On the network of the host, it listens on the one that PORT tells it."),
            new("network", ValueKind.Choice, "host: that of the node. bridge: one of its own, for images with a fixed port.") { Choices = ["host", "bridge"], Default = "host" },
            new("replicas", ValueKind.Whole, "How many of it run.") { Default = "1" },
            Cpu,
            Memory,
            StopGrace,
        ],
        Blocks = [Env, SecretFile, Health, Update, Hook("pre_deploy", "before"), Hook("post_deploy", "after"), Route, Volume, Constraints],
        Example = """
            service "web" {
              image    = "registry.example.com/web:v4"
              port     = 3000
              replicas = 2
            }
            """,
    };

    private static readonly BlockRule Task = new("task", "What runs to its end, whenever somebody asks for it, or by a schedule. It is never started again.")
    {
        Label = "its name",
        Keys =
        [
            Image,
            Command,
            Cpu,
            Memory,
            new("timeout", ValueKind.Duration, "When it is ended.") { Default = "1h" },
            new("schedule", ValueKind.Text, "When it starts by itself: minute, hour, day, month and day of the week, as cron has them, in UTC."),
            StopGrace,
        ],
        Blocks = [Env, SecretFile, Volume, Constraints],
        Example = """
            task "report" {
              image    = "registry.example.com/report:v1"
              schedule = "0 6 * * 1-5"
            }
            """,
    };

    private static readonly BlockRule Registry = new("registry", "How to pull images from a registry that wants to know who asks.")
    {
        Label = "its host, as images name it",
        Keys =
        [
            new("username", ValueKind.Template, "Who asks.") { IsRequired = true },
            new("password", ValueKind.Template, "A secret.") { IsRequired = true },
        ],
        Example = """
            registry "registry.example.com" {
              username = "deploy"
              password = "${secret(REGISTRY_PASSWORD)}"
            }
            """,
    };

    /// <summary>A whole file.</summary>
    public static BlockRule File { get; } = new("file", "What is to run.") { Blocks = [Service, Task, Registry] };

    private static BlockRule Hook(string name, string when) => new(name, $"What runs once {when} a new version of the service, in a container of its image. Where it fails, the deploy of the service does.")
    {
        Keys =
        [
            new("command", ValueKind.Command, "What to start.") { IsRequired = true },
            new("timeout", ValueKind.Duration, "When it is ended, and has failed.") { Default = "5m" },
        ],
        Example = $$"""
            {{name}} {
              command = ["./migrate"]
            }
            """,
    };
}

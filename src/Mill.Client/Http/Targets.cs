using System.Globalization;
using System.Text;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>Paths and queries of the API.</summary>
internal static class Targets
{
    public const string Secrets = "/v1/secrets";
    public const string Watch = "/v1/secrets:watch";
    public const string Transactions = "/v1/transactions";
    public const string EncryptEnv = "/v1/env/encrypt";
    public const string ExpandEnv = "/v1/env/expand";
    public const string Tokens = "/v1/tokens";
    public const string Status = "/v1/status";
    public const string Verify = "/v1/verify";
    public const string Backup = "/v1/backup";
    public const string Retention = "/v1/retention";
    public const string Nodes = "/v1/nodes";
    public const string Join = "/v1/nodes/join";
    public const string JoinTokens = "/v1/join-tokens";
    public const string LeaderTransfer = "/v1/leader/transfer";
    public const string Plan = "/v1/plan";
    public const string Deploys = "/v1/deploys";
    public const string Rollback = "/v1/rollback";
    public const string Services = "/v1/services";
    public const string Templates = "/v1/templates";
    public const string Tasks = "/v1/tasks";
    public const string Logs = "/v1/logs";
    public const string Execs = "/v1/exec";
    public const string Resume = "/v1/fleet/resume";
    public const string Authority = "/ca.crt";
    public const string Health = "/healthz";
    public const string Readiness = "/readyz";

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static string Secret(string name) => $"{Secrets}/{Segment(name, MillError.InvalidName, "a secret")}";

    public static string History(string name) => Secret(name) + "/history";

    public static string Destroy(string name) => Secret(name) + "/destroy";

    public static string Token(string id) => $"{Tokens}/{Segment(id, MillError.NotFound, "a token")}";

    public static string Node(string node) => $"{Nodes}/{Segment(node, MillError.NotFound, "a node")}";

    public static string JoinToken(string id) => $"{JoinTokens}/{Segment(id, MillError.NotFound, "a join token")}";

    public static string Deploy(int number) => string.Create(CultureInfo.InvariantCulture, $"{Deploys}/{number}");

    public static string Service(string name) => $"{Services}/{Segment(name, MillError.NotFound, "a service")}";

    public static string RunningTask(string id) => $"{Tasks}/{Segment(id, MillError.NotFound, "a task")}";

    public static string Log(string name) => $"{Logs}/{Segment(name, MillError.NotFound, "what has a log")}";

    public static string Exec(string name) => $"{Execs}/{Segment(name, MillError.NotFound, "what runs")}";

    public static string With(string path, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        StringBuilder? target = null;
        foreach (var (name, value) in query)
        {
            if (value is null) continue;
            target = target is null ? new StringBuilder(path).Append('?') : target.Append('&');
            target.Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
        return target?.ToString() ?? path;
    }

    /// <summary>Whether the node is to answer by itself, which may be old.</summary>
    public static (string Name, string? Value) Local(bool local) => ("consistency", local ? "local" : null);

    public static string? Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    public static string? Time(DateTimeOffset? value) => value?.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>
    /// One segment of a path, a <c>/</c> in it as <c>%2F</c>: that is how <c>a/history</c> is told from the history of <c>a</c>.
    /// An empty or dotted one is refused here, because it would make the address of something else.
    /// </summary>
    private static string Segment(string text, MillError error, string what) => text switch
    {
        "" or "." or ".." => throw new MillException(error, $"'{text}' cannot name {what}."),
        _ => Uri.EscapeDataString(text),
    };
}

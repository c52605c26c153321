using System.Text.Json;
using Mill.Testing.GitHub;
using Mill.Tests.Sync;

namespace Mill.Tests.Cli;

/// <summary>A directory to stand in, and a GitHub with the repository acme/web.</summary>
internal sealed class SyncRig : IAsyncDisposable
{
    public const string Workflow = """
        on: push
        jobs:
          deploy:
            environment: production
            steps:
              - run: ./deploy "${{ secrets.DEPLOY_KEY }}"
              - run: ./notify "${{ secrets.SLACK }}" "${{ secrets[matrix.x] }}"
        """;

    private SyncRig(FakeGitHub gitHub, TimeProvider time)
    {
        (GitHub, Time) = (gitHub, time);
        Acme = gitHub.AddOrganization("acme");
        Web = Acme.AddRepository("web");
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("mill-sync-").FullName;

    public TimeProvider Time { get; }

    public FakeGitHub GitHub { get; }

    public FakeOwner Acme { get; }

    public FakeRepository Web { get; }

    public static Task<SyncRig> StartAsync() => StartAsync(TimeProvider.System);

    /// <summary>Nobody waits between two looks, or for GitHub: only what takes half a minute takes that long.</summary>
    public static Task<SyncRig> StartHastyAsync() => StartAsync(new HastyTime { NeverFrom = TimeSpan.FromSeconds(30) });

    private static async Task<SyncRig> StartAsync(TimeProvider time) => new(await FakeGitHub.StartAsync(new() { Time = time }), time);

    /// <param name="directory">Null for the top.</param>
    /// <param name="scopes">Of the token; null for what is enough.</param>
    public Session Session(string? directory = null, string[]? scopes = null) => new()
    {
        Directory = directory ?? Directory,
        Time = Time,
        Variables = { ["GH_PAT"] = GitHub.AddToken(FakeToken.Classic(["acme"], scopes ?? ["repo"])).Text, ["GITHUB_API_URL"] = GitHub.Address.ToString().TrimEnd('/') },
    };

    /// <summary>From here on the directory is a checkout of acme/web.</summary>
    public void Checkout() => Write(".git/config", $"[remote \"origin\"]\n\turl = https://{GitHub.Address.Host}/acme/web.git\n");

    public void Write(string name, string content)
    {
        var path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    /// <summary>Without the times.</summary>
    public static IEnumerable<string> Rows(Session session) => session.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => row[..row.LastIndexOf('\t')]);

    public static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public async ValueTask DisposeAsync()
    {
        await GitHub.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

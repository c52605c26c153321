using System.Text;
using System.Text.RegularExpressions;
using Mill.Core.Sync;
using Mill.Testing;
using Mill.Testing.GitHub;
using Mill.Tests.Server.Fixture;
using Mill.Tests.Sync;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>No part of a value is in anything that is said, in whatever form, nor how long it is; and nothing is asked of GitHub that would tell one.</summary>
public sealed partial class SyncSilenceTests : IAsyncLifetime
{
    // Each form writes some of these characters otherwise than the others.
    private const string Key = "-----BEGIN CANARY KEY-----\r\ncanary'first&<line>\"$one\n\n  canary 100% second `line`\\ ünd\n-----END CANARY KEY-----\n";
    private const int Long = 9_973;
    private const int TooLong = 151_237;

    private readonly StringBuilder _said = new();
    private SyncRig _rig = null!;
    private TestServer _vault = null!;

    public async Task InitializeAsync() => (_rig, _vault) = (await SyncRig.StartAsync(), await TestServer.StartAsync());

    public async Task DisposeAsync()
    {
        await _rig.DisposeAsync();
        await _vault.DisposeAsync();
    }

    [Fact]
    public async Task A_push_and_a_watch_say_nothing_of_a_value()
    {
        foreach (var (name, value) in new[] { ("key", Key), ("long", Filled(Long)), ("too_long", Filled(TooLong)) }) await SetAsync(name, value);
        _rig.Write("mill-sync.yaml", "targets: [{to: acme/web, secrets: {KEY: key, LONG: long, TOO_LONG: too_long}}, {to: acme/gone, secrets: {KEY: key}}]\n");
        await RunAsync("sync", "push", "--dry-run");
        await RunAsync("sync", "push", "--json");
        await RunAsync("sync", "push");
        Assert.Equal((Key, Long), (_rig.Web.Secrets.Text("KEY"), _rig.Web.Secrets.Text("LONG")!.Length));

        using var stop = new CancellationTokenSource();
        var session = Session();
        var watch = Task.Run(() => session.RunAsync(["sync", "watch", "acme/web"], stop.Token));
        var rotated = Key.Replace("first", "other", StringComparison.Ordinal);
        await SetAsync("key", rotated);
        await ChangeReader.TickUntil(() => _rig.Web.Secrets.Text("KEY") == rotated, () => { });
        await stop.CancelAsync();
        await watch;
        _said.Append(session.Output).Append(session.Error).Append(_vault.Logs.All);
        AssertNothingIsSaidOf(Key, rotated);
    }

    [Fact]
    public async Task A_request_and_its_export_say_nothing_of_a_value()
    {
        var source = _rig.Acme.AddRepository("devops");
        foreach (var (name, value) in new[] { ("KEY", Key), ("LONG", Filled(Long)), ("TOO_LONG", Filled(TooLong)) }) source.Secrets.Put(name, value);
        var summary = Path.Combine(_rig.Directory, "summary.md");
        var job = new ExportJob(_rig.GitHub, _rig.GitHub.AddToken(FakeToken.Classic(["acme"], "repo")), "allow * acme/web") { Summary = summary, Actor = "alice" };
        source.AddWorkflow(job.Workflow());
        await RunAsync("sync", "request", "KEY", "LONG", "TOO_LONG", "--repo", "acme/web", "--source", "acme/devops");
        await RunAsync("sync", "request", "KEY", "--overwrite", "--json", "--repo", "acme/web", "--source", "acme/devops");
        await RunAsync("sync", "check", "KEY", "TOO_LONG", "--repo", "acme/web");
        Assert.Equal((Key, Long), (_rig.Web.Secrets.Text("KEY"), _rig.Web.Secrets.Text("LONG")!.Length));

        // What a runner shows of it: these commands are its own.
        var lines = string.Concat(job.Said).Split('\n').ToLookup(line => line.StartsWith("::add-mask::", StringComparison.Ordinal));
        Assert.Contains("::add-mask::canary'first&<line>\"$one", lines[true]);
        _said.AppendJoin('\n', lines[false]).Append(await File.ReadAllTextAsync(summary));
        Assert.Contains("TOO_LONG | failed | The value of TOO_LONG is longer than", _said.ToString(), StringComparison.Ordinal);
        AssertNothingIsSaidOf(Key);
    }

    [Fact]
    public async Task Nothing_is_asked_of_GitHub_but_names_and_times()
    {
        Assert.Equal(["Name", "UpdatedAt"], typeof(RemoteSecret).GetProperties().Select(property => property.Name));
        var source = _rig.Acme.AddRepository("devops");
        source.Secrets.Put("B", "canary");
        source.AddWorkflow(new ExportJob(_rig.GitHub, _rig.GitHub.AddToken(FakeToken.Classic(["acme"], "repo")), "allow B acme/web").Workflow());
        await SetAsync("a", "canary");
        _rig.Write("mill-sync.yaml", "targets: [{to: acme/web, secrets: {A: a}}]\n");
        foreach (var arguments in (string[][])[["check", "A", "B", "--repo", "acme/web"], ["push"], ["push", "--overwrite"], ["request", "A", "B", "--repo", "acme/web", "--source", "acme/devops"]]) await RunAsync(["sync", .. arguments]);
        Assert.Equal(["A", "B"], _rig.Web.Secrets.Names);
        Assert.All(_rig.GitHub.Requests, request => Assert.Matches(NamesAndTimes(), $"{request.Method} {request.Path}"));
    }

    private static string Filled(int length) => "Zq7pX" + new string('v', length - 5);

    private async Task SetAsync(string name, string value)
    {
        var session = Session();
        session.Input = Encoding.UTF8.GetBytes(value);
        Assert.Equal(0, await session.RunAsync("secret", "set", name, "-"));
    }

    private async Task RunAsync(params string[] arguments)
    {
        var session = Session();
        await session.RunAsync(arguments);
        _said.Append(session.Output).Append(session.Error);
    }

    private void AssertNothingIsSaidOf(params string[] keys)
    {
        var said = _said.ToString();
        foreach (var rendering in keys.SelectMany(Renderings.Of)) Assert.DoesNotContain(rendering, said, StringComparison.OrdinalIgnoreCase);
        foreach (var start in (string[])["canary", "Zq7p", "vvvv"]) Assert.DoesNotContain(start, said, StringComparison.OrdinalIgnoreCase);
        // Neither the whole of it is told, nor how much that is.
        Assert.DoesNotMatch(Lengths(), said);
    }

    private Session Session()
    {
        var session = _rig.Session();
        (session.Variables["MILL_ADDRESS"], session.Variables["MILL_TOKEN"]) = (_vault.Http.BaseAddress!.ToString(), _vault.OperatorToken);
        return session;
    }

    [GeneratedRegex(@"(?<![0-9a-zA-Z:.])(?:9[,. ]?97[34]|151[,. ]?237|147(?:[.,]\d+)? Ki?B)(?![0-9a-zA-Z])")]
    private static partial Regex Lengths();

    [GeneratedRegex(@"\A(?:(?:GET|PUT) /repos/acme/\w+/actions/secrets/[A-Z_]+|GET /repos/acme/\w+/actions/(?:secrets|secrets/public-key|organization-secrets|runs|runs/\d+)|POST /repos/acme/\w+/dispatches)\z")]
    private static partial Regex NamesAndTimes();
}

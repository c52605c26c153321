using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Mill.ClusterTests.Canaries;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Backups;

/// <summary>The day a backup is needed, rehearsed: it was taken while clients wrote, the machine is gone, and the file and the master key are what is left.</summary>
public sealed class RehearsalTests(Announcements announcements) : IClassFixture<Announcements>, IDisposable
{
    private const int Writers = 4;
    private const int NamesEach = 5;
    private const string Secret = "canary-of-the-rehearsal-";

    private readonly Sandbox _sandbox = new();
    private readonly Sandbox _new = new();

    private string File => Path.Combine(_sandbox.Root, "mill.backup");

    private static IEnumerable<string> Names => from writer in Enumerable.Range(0, Writers) from i in Enumerable.Range(0, NamesEach) select $"w{writer}/{i}";

    public void Dispose()
    {
        _sandbox.Dispose();
        _new.Dispose();
    }

    [Fact]
    public async Task Everything_as_of_the_backup_is_there_again_and_nothing_else()
    {
        await using var old = await MillServer.StartAsync(_sandbox);
        var oldToken = _sandbox.Token!;
        var tokenBefore = await MakeTokenAsync(old.Api, "before");
        using var writer = new MillApi(old.Address, tokenBefore);
        var kept = await OneWithKeyAsync(writer, "kept", "before");
        var header = await BackUpUnderLoadAsync(old);
        var tokenAfter = await MakeTokenAsync(old.Api, "after");
        Assert.Equal(201, (await OneWithKeyAsync(writer, "lost", "after")).Status);

        Directory.CreateDirectory(Path.GetDirectoryName(_new.KeyFile)!);
        System.IO.File.Copy(_sandbox.KeyFile, _new.KeyFile);
        (await CommandLine.RunAsync(_new, null, "backup", "verify", File, "--master-key-file", _new.KeyFile)).Is(0);
        (await CommandLine.RunAsync(_new, null, "restore", File, "--data-dir", _new.Data)).Is(0);
        await using var restored = await MillServer.StartAsync(_new);

        var compared = await CompareAsync(old.Api, restored.Api, header["commit_time"]!.GetValue<string>());
        announcements.Say($"{compared} versions as of revision {header["revision"]}");
        var report = (await restored.Api.VerifyAsync()).Body!;
        Assert.True(report["sound"]!.GetValue<bool>(), report.ToJsonString());
        await RequireTokensAsync(restored, oldToken, tokenBefore, tokenAfter);

        using var restoredWriter = new MillApi(restored.Address, tokenBefore);
        var again = await OneWithKeyAsync(restoredWriter, "kept", "before");
        Assert.True(again.Replayed);
        Assert.Equal(kept.Text, again.Text);
        Assert.False((await OneWithKeyAsync(restoredWriter, "lost", "after")).Replayed);
        await RequireNewTimesAndRevisionsAsync(restored.Api, header);
        await RequireResetAsync(restored, header["revision"]!.GetValue<long>());
    }

    [Fact]
    public async Task The_file_holds_no_value_no_token_and_no_key()
    {
        await using var server = await MillServer.StartAsync(_sandbox);
        await BackUpUnderLoadAsync(server);
        Canary[] canaries = [new(Secret), new(_sandbox.Token!.Split('_')[2]), new((await System.IO.File.ReadAllTextAsync(_sandbox.KeyFile)).Trim())];
        Assert.Equal(1, Hiding.RequireNotInFiles(_sandbox, canaries, path => path == File));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task A_damaged_file_is_refused_by_name_and_nothing_is_made_of_it()
    {
        await using (var server = await MillServer.StartAsync(_sandbox)) await BackUpUnderLoadAsync(server);
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        var regions = Enumerable.Range(0, 8).Select(region => RandomNumberGenerator.GetInt32(bytes.Length * region / 8, bytes.Length * (region + 1) / 8)).Concat([0, bytes.Length - 1]).ToList();
        foreach (var at in regions)
        {
            await RequireRefusedAsync($"bit {at}", [.. bytes[..at], (byte)(bytes[at] ^ (1 << RandomNumberGenerator.GetInt32(8))), .. bytes[(at + 1)..]]);
            await RequireRefusedAsync($"length {at}", bytes[..at]);
        }
        await System.IO.File.WriteAllBytesAsync(File, bytes);
        (await CommandLine.RunAsync(_new, null, "backup", "verify", File)).Is(0);
    }

    [Fact]
    public async Task Another_master_key_is_said_to_be_another()
    {
        await using (var server = await MillServer.StartAsync(_sandbox)) await BackUpUnderLoadAsync(server);
        await using (await MillServer.StartAsync(_new))
        {
        }
        Assert.Contains("Needed is key", (await CommandLine.RunAsync(_new, null, "backup", "verify", File, "--master-key-file", _new.KeyFile)).Is(8).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_makes_backups_by_itself_across_restarts_and_one_of_them_restores()
    {
        var directory = Path.Combine(_sandbox.Root, "backups");
        string[] plan = ["--backup-dir", directory, "--backup-every", "1s", "--backup-keep", "2"];
        for (var round = 0; round < 2; round++)
        {
            await using var server = await MillServer.StartAsync(_sandbox, more: plan);
            Assert.InRange((await server.Api.SetAsync("name", $"{Secret}{round}")).Status, 200, 201);
            var revision = (await server.Api.GetAsync("/v1/status")).Body!["revision"]!.GetValue<long>();
            await Until.TrueAsync("a backup of this revision", TimeSpan.FromSeconds(30), () => Task.FromResult(Directory.GetFiles(directory, $"*-r{revision}.backup").Length > 0));
            Assert.Contains("mill_backup_last_success_timestamp_seconds ", (await server.Api.GetAsync("/v1/metrics")).Text, StringComparison.Ordinal);
            await server.Process.KillAsync();
        }
        var files = Directory.GetFiles(directory, "*.backup").Order(StringComparer.Ordinal).ToList();
        Assert.InRange(files.Count, 1, 3); // three where the kill came between the new one and the removal of the oldest
        foreach (var file in files) (await CommandLine.RunAsync(_sandbox, null, "backup", "verify", file, "--master-key-file", _sandbox.KeyFile)).Is(0);

        Directory.CreateDirectory(Path.GetDirectoryName(_new.KeyFile)!);
        System.IO.File.Copy(_sandbox.KeyFile, _new.KeyFile);
        (await CommandLine.RunAsync(_new, null, "restore", files[^1], "--data-dir", _new.Data)).Is(0);
        await using var restored = await MillServer.StartAsync(_new);
        Assert.Equal($"{Secret}1", (await restored.Api.GetAsync("/v1/secrets/name")).Body!["value"]!.GetValue<string>());
    }

    /// <summary>Takes a backup in the middle of what several clients write. The header of the file.</summary>
    private async Task<JsonNode> BackUpUnderLoadAsync(MillServer server)
    {
        using var stop = new CancellationTokenSource();
        var progress = new int[Writers];
        var writing = Enumerable.Range(0, Writers).Select(writer => WriteAsync(server.Api, writer, progress, stop.Token)).ToArray();
        await Until.TrueAsync("writes", TimeSpan.FromSeconds(30), () => Task.FromResult(writing.Any(task => task.IsFaulted) || progress.All(count => count > 20)));
        (await CommandLine.RunAsync(_sandbox, server, "backup", File)).Is(0);
        var then = progress.ToArray();
        await Until.TrueAsync("writes that go on", TimeSpan.FromSeconds(30), () => Task.FromResult(writing.Any(task => task.IsFaulted) || progress.Zip(then).All(pair => pair.First > pair.Second + 5)));
        await stop.CancelAsync();
        await Task.WhenAll(writing);
        return JsonNode.Parse(System.IO.File.ReadLines(File).First())!;
    }

    private static async Task WriteAsync(MillApi api, int writer, int[] progress, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var name = $"w{writer}/{i % NamesEach}";
            var value = $"{Secret}{writer}-{i}";
            var reply = (i % 11) switch
            {
                7 => await api.SendAsync(HttpMethod.Delete, $"/v1/secrets/{name}", null),
                9 => await api.SendAsync(HttpMethod.Post, $"/v1/secrets/{name}/destroy", new JsonObject { ["versions"] = new JsonArray(1) }),
                // The two halves of a transaction must be in a backup both, or neither.
                3 => await api.SendAsync(HttpMethod.Post, "/v1/transactions", new JsonObject { ["operations"] = new JsonArray(Set($"pair{writer}/a", value), Set($"pair{writer}/b", value)) }),
                _ => await api.SetAsync(name, value),
            };
            Assert.True(reply.IsSuccess || reply.Status is 404, reply.ToString());
            progress[writer]++;
        }

        static JsonObject Set(string name, string value) => new() { ["op"] = "set", ["name"] = name, ["value"] = value };
    }

    private static Task<Reply> OneWithKeyAsync(MillApi api, string name, string value) =>
        api.SendAsync(HttpMethod.Put, $"/v1/secrets/{name}", new JsonObject { ["value"] = value }, ("Idempotency-Key", $"key-of-{name}"));

    private static async Task<string> MakeTokenAsync(MillApi api, string subject) =>
        (await api.SendAsync(HttpMethod.Post, "/v1/tokens", new JsonObject { ["subject"] = subject, ["role"] = "writer" })).Body!["token"]!.GetValue<string>();

    /// <summary>The old server still knows what was true at the time of the backup. Returns how many versions were compared.</summary>
    private static async Task<int> CompareAsync(MillApi old, MillApi restored, string moment)
    {
        var compared = 0;
        var pairs = Enumerable.Range(0, Writers).SelectMany(writer => (string[])[$"pair{writer}/a", $"pair{writer}/b"]);
        foreach (var name in Names.Concat(pairs).Append("kept"))
        {
            var expected = (await HistoryAsync(old, name)).Where(version => IsBy(version["valid_from"], moment)).Select(version => AsOf(version, moment)).ToList();
            var found = await HistoryAsync(restored, name);
            Assert.Equal(expected.Count, found.Count);
            foreach (var (was, now) in expected.Zip(found))
            {
                // A version that was destroyed after the backup is as it was before.
                if (was["state"]!.GetValue<string>() == "destroyed" && now["state"]!.GetValue<string>() != "destroyed") continue;
                Assert.Equal(was.ToJsonString(), now.ToJsonString());
                var path = $"/v1/secrets/{name}?version={now["version"]}";
                if (now["state"]!.GetValue<string>() != "destroyed") Assert.Equal((await old.GetAsync(path)).Value(), (await restored.GetAsync(path)).Value());
                compared++;
            }
        }
        for (var writer = 0; writer < Writers; writer++) Assert.Equal((await restored.GetAsync($"/v1/secrets/pair{writer}/a")).Value(), (await restored.GetAsync($"/v1/secrets/pair{writer}/b")).Value());
        Assert.Equal(404, (await restored.GetAsync("/v1/secrets/lost")).Status);
        Assert.InRange(compared, 20, int.MaxValue);
        return compared;
    }

    private static async Task<List<JsonNode>> HistoryAsync(MillApi api, string name)
    {
        var reply = await api.GetAsync($"/v1/secrets/{name}/history?limit=1000");
        return reply.Status == 404 ? [] : [.. reply.Body!["versions"]!.AsArray().Select(version => version!.DeepClone())];
    }

    private static JsonNode AsOf(JsonNode version, string moment)
    {
        if (version["valid_to"] is not { } end || IsBy(end, moment)) return version;
        version["valid_to"] = null;
        if (version["state"]!.GetValue<string>() != "destroyed") version["state"] = "current";
        return version;
    }

    /// <summary>Times of the API sort as texts.</summary>
    private static bool IsBy(JsonNode? time, string moment) => string.CompareOrdinal(time!.GetValue<string>(), moment) <= 0;

    private static async Task RequireTokensAsync(MillServer restored, string operatorToken, string before, string after)
    {
        // The token of mill dev is not in the backup, so that a new one took its place.
        foreach (var (token, status) in new[] { (operatorToken, 401), (before, 200), (after, 401) })
        {
            using var api = new MillApi(restored.Address, token);
            Assert.Equal(status, (await api.GetAsync("/v1/status")).Status);
        }
    }

    private static async Task RequireNewTimesAndRevisionsAsync(MillApi restored, JsonNode header)
    {
        var written = await restored.SetAsync("new", "value");
        Assert.True(string.CompareOrdinal(written.Body!["valid_from"]!.GetValue<string>(), header["commit_time"]!.GetValue<string>()) > 0);
        Assert.True((await restored.GetAsync("/v1/status")).Body!["revision"]!.GetValue<long>() > header["revision"]!.GetValue<long>() + 1_000_000);
    }

    private async Task RequireResetAsync(MillServer restored, long revision)
    {
        foreach (var position in (long[])[1, revision, revision + 3])
        {
            using var http = new HttpClient { BaseAddress = new Uri(restored.Address) };
            http.DefaultRequestHeaders.Authorization = new("Bearer", _new.Token);
            http.DefaultRequestHeaders.Add("Last-Event-ID", position.ToString(CultureInfo.InvariantCulture));
            using var reader = new StreamReader(await http.GetStreamAsync("/v1/secrets:watch"));
            string? line;
            do line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            while (line is not null && !line.StartsWith("event:", StringComparison.Ordinal));
            Assert.Equal("event: reset", line);
        }
    }

    private async Task RequireRefusedAsync(string what, byte[] bytes)
    {
        await System.IO.File.WriteAllBytesAsync(File, bytes);
        foreach (var arguments in new string[][] { ["backup", "verify", File], ["restore", File, "--data-dir", _new.Data] })
        {
            var said = await CommandLine.RunAsync(_new, null, arguments);
            Assert.True(said.ExitCode == 11 && said.Errors.Contains(File, StringComparison.Ordinal), $"{what}: {said}");
        }
        Assert.False(Directory.Exists(_new.Data));
    }
}

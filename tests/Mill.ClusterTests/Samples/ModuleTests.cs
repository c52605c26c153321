using System.Text;
using Mill.ClusterTests.Processes;
using Mill.Samples.Module;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Samples;

/// <summary>A module and its supervisor as two processes; and the module with this test as its supervisor, which sees each line as it comes.</summary>
public sealed class ModuleTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A module whose answers may take longer than two processes need that were never compiled before.</summary>
    private static readonly Dictionary<string, string> Patient = new() { ["MODULE_PATIENCE"] = "60" };

    private readonly Sandbox _sandbox = new();

    private string SecretFile => Path.Combine(_sandbox.Root, "secrets.env");

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_module_has_what_it_may_have_and_its_supervisor_hears_when_a_rotation_is_through()
    {
        Write("DB_USER=shop\nDB_PASSWORD=canary-1\nDB_POOL=3\nOTHER=canary-x\n");
        await using var supervisor = Supervise("DB_USER", "DB_PASSWORD", "DB_POOL");
        await supervisor.SaysAsync("connected 3 times: a user of 4 bytes, a password of 8 bytes");
        Write("DB_USER=shop\nDB_PASSWORD=canary-22\nDB_POOL=3\nOTHER=canary-y\n");
        await supervisor.SaysAsync("rotation 1: DB_PASSWORD: nobody uses the old value any more");
        await supervisor.SaysAsync("connected anew: a user of 4 bytes, a password of 9 bytes");
        Assert.Equal(0, await supervisor.StopAsync());
        Assert.DoesNotContain("canary", supervisor.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_may_not_have_is_not_there()
    {
        Write("DB_USER=shop\nDB_PASSWORD=canary-1\nDB_POOL=3\n");
        await using var supervisor = Supervise("DB_USER", "DB_POOL");
        await supervisor.SaysAsync("error: There is no secret \"DB_PASSWORD\" in supervisor.");
        await Until.TrueAsync("both have ended", Patience, () => Task.FromResult(supervisor.HasExited));
    }

    [Fact]
    public async Task Answers_are_matched_by_their_numbers_and_a_rotation_is_acknowledged_when_its_subscriber_is_done()
    {
        await using var module = SampleProcess.Start(_sandbox, "Module", [], Patient, readsOutput: false);
        using var line = new Channel(module.Line.Output, module.Line.Input);
        var asked = new Dictionary<string, long>();
        while (asked.Count < 3 && await NextAsync(line) is { } question) asked.Add(question.Get!, question.Id!.Value);
        // The last one first.
        foreach (var (name, value) in new[] { ("DB_PASSWORD", "canary-password"), ("DB_USER", "canary"), ("DB_POOL", "7") }) await AnswerAsync(line, asked[name], name, value);
        await module.SaysAsync("connected 7 times: a user of 6 bytes, a password of 15 bytes");

        await line.WriteAsync(new() { Rotation = 5, Names = ["DB_PASSWORD"] }, CancellationToken.None);
        var password = await NextAsync(line);
        Assert.Equal("DB_PASSWORD", password.Get);
        await AnswerAsync(line, password.Id!.Value, "DB_PASSWORD", "canary-2");
        // The subscriber has begun, and asks for more: whoever acknowledges too early has done so here, as the next line shows.
        var user = await NextAsync(line);
        Assert.Equal("DB_USER", user.Get);
        await AnswerAsync(line, user.Id!.Value, "DB_USER", "canary-user");
        var last = await NextAsync(line);
        Assert.Equal((5, null), (last.Ack, last.Error));
        await module.SaysAsync("connected anew: a user of 11 bytes, a password of 8 bytes");
        Assert.Equal(0, await module.CloseAsync());
        Assert.DoesNotContain("canary", module.Said, StringComparison.Ordinal);
    }

    private static async Task<Message> NextAsync(Channel line)
    {
        using var limit = new CancellationTokenSource(Patience);
        var message = await line.ReadAsync(limit.Token).AsTask().WaitAsync(limit.Token);
        Assert.NotNull(message);
        return message;
    }

    private static async Task AnswerAsync(Channel line, long id, string name, string text)
    {
        using var value = SecretValue.FromBytes(Encoding.UTF8.GetBytes(text));
        await line.WriteAsync(new() { Id = id, Name = name, Value = value }, CancellationToken.None);
    }

    private SampleProcess Supervise(params string[] allowed) =>
        SampleProcess.Start(_sandbox, "Supervisor", [.. allowed, "--", SamplePrograms.Of("Module")], new Dictionary<string, string>(Patient) { ["SECRET_PROVIDER_CHAIN"] = "file", ["SECRET_FILE_PATH"] = SecretFile });

    /// <summary>As editors do: whole, and for its owner only.</summary>
    private void Write(string content)
    {
        var next = SecretFile + ".next";
        File.WriteAllText(next, content);
        File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(next, SecretFile, overwrite: true);
    }
}

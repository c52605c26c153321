using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Crashes;

/// <summary>One data directory, killed again and again, and checked after every start.</summary>
internal sealed class CrashedStore(int seed, CrashReport report) : IDisposable
{
    private static readonly string[] Welcome = ["Data in ", "The master key was made just now.", "Ready."];

    private const int RetriedAnswers = 3;
    private const int Killed = 128 + (int)Signal.Kill;

    private readonly Sandbox _sandbox = new();
    private readonly Random _random = new(seed);
    private readonly Expectations _expected = new(seed);

    /// <summary>Starts, checks what the last kill left, loads, and kills.</summary>
    public async Task KillUnderLoadAsync(bool thorough)
    {
        await using var server = await MillServer.StartAsync(_sandbox);
        await CheckAsync(server.Api, thorough);
        var before = _expected.Acknowledged;
        Assert.Equal(Killed, await new Load(server, _expected, _random.Next(), server.Process.Kill).RunAsync(KillMoment.Choose(_random), _sandbox.Data));
        report.Kills++;
        report.Acknowledged += _expected.Acknowledged - before;
    }

    /// <summary>Starts, and kills before it serves, or just then.</summary>
    public async Task KillAtStartAsync()
    {
        await using var server = MillServer.Launch(_sandbox);
        using var touched = new FileEvents(_sandbox.Root, "*", _random.Next(1, 25), server.Kill);
        await Task.WhenAny(_random.Next(2) == 0 ? touched.Reached : Task.Delay(TimeSpan.FromMilliseconds(_random.Next(20, 600)), TimeProvider.System), server.AddressAsync());
        await server.KillAsync();
        // It may have been killed in the middle of its welcome.
        var lines = server.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.True(lines.All(line => Welcome.Any(start => line.StartsWith(start, StringComparison.Ordinal))), $"It said: {server.Errors}");
        report.Kills++;
        report.AtStart++;
    }

    /// <summary>Starts once more, checks everything, and stops as it should.</summary>
    public async Task FinishAsync()
    {
        await using var server = await MillServer.StartAsync(_sandbox);
        await CheckAsync(server.Api, thorough: true);
        Assert.Equal(0, await server.StopAsync());
        report.Directories++;
    }

    /// <summary>Leaves the directory for examination, and says where it is.</summary>
    public string Keep()
    {
        _sandbox.Keep();
        return _sandbox.Root;
    }

    public void Dispose() => _sandbox.Dispose();

    private async Task CheckAsync(MillApi api, bool thorough)
    {
        await ResolveAsync(api);
        var touched = _expected.TakeTouched();
        if (thorough) await StoreComparison.AllAsync(api, _expected);
        else await StoreComparison.NewestAsync(api, _expected, touched);
    }

    private async Task ResolveAsync(MillApi api)
    {
        var outcomes = new UnknownOutcomes(api, _expected);
        await outcomes.ResolveAsync();
        report.Unknown += outcomes.Total;
        report.UnknownHappened += outcomes.Happened;
        foreach (var (operation, answer) in _expected.TakeRepeatable().Take(RetriedAnswers))
        {
            var again = await operation.SendAsync(api, seed);
            Assert.True(again.IsSuccess && again.Replayed && again.Text == answer, $"{operation} was answered {answer}, and sent again {again}");
        }
    }
}

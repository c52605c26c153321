using Mill.ClusterTests.Crashes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Damage;

/// <summary>A store as a crash left it: versions in the database, and acknowledged commits in its log. The tests damage copies of it.</summary>
public sealed class DamagedStore : IAsyncLifetime, IDisposable
{
    private const int Seed = 20261120;

    internal Sandbox Intact { get; } = new();

    internal Expectations Expected { get; } = new(Seed);

    public async Task InitializeAsync()
    {
        await using (var server = await MillServer.StartAsync(Intact))
        {
            await WriteAsync(server.Api, client: 0, operations: 120);
            Assert.Equal(0, await server.StopAsync());
        }
        await using var again = await MillServer.StartAsync(Intact);
        await WriteAsync(again.Api, client: 1, operations: 40);
        await again.Process.KillAsync();
        Assert.True(new FileInfo(Intact.DataFile("mill.db-wal")).Length > 50_000);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => Intact.Dispose();

    private async Task WriteAsync(MillApi api, int client, int operations)
    {
        var plan = new OperationPlan(client, Seed, Expected, isHeavy: false);
        for (var i = 0; i < operations; i++)
        {
            var operation = plan.Next();
            Expected.Begin(operation);
            Expected.Answer(operation, await operation.SendAsync(api, Seed));
        }
    }
}

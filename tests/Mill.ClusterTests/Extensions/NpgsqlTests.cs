using System.Security.Cryptography;
using Mill.ClusterTests.Providers;
using Mill.Secrets.Providers;
using Npgsql;
using Xunit;

namespace Mill.ClusterTests.Extensions;

/// <summary>A password that is exchanged, in a real vault and a real database, while both are in use.</summary>
public sealed class NpgsqlTests(VaultServer vault) : IClassFixture<VaultServer>
{
    private const string Key = "database/password";
    private const int Rotations = 5;

    [Fact]
    public async Task A_rotation_costs_no_command_and_no_connection()
    {
        await using var postgres = await PostgresServer.StartAsync();
        var password = NewPassword();
        await postgres.ExecuteAsync($"CREATE ROLE app LOGIN PASSWORD '{password}'");
        await vault.SetAsync(Key, password);
        await using var secrets = await vault.OpenAsync();
        await using var pooled = NpgsqlPasswords.Open($"{postgres.Address};Username=app;Maximum Pool Size=4", secrets);
        await using var unpooled = NpgsqlPasswords.Open($"{postgres.Address};Username=app;Pooling=false", secrets);
        using var stop = new CancellationTokenSource();
        var commands = Enumerable.Range(0, 4).Select(_ => WorkAsync(pooled, secrets, stop.Token));
        var connections = Enumerable.Range(0, 2).Select(_ => WorkAsync(unpooled, secrets, stop.Token));
        var work = Task.WhenAll(commands.Concat(connections));
        var old = password;
        for (var rotation = 0; rotation < Rotations; rotation++)
        {
            (old, password) = (password, NewPassword());
            // Once in each order: there is a moment in which only one of the two knows.
            if (rotation % 2 == 0) await vault.SetAsync(Key, password);
            await postgres.ExecuteAsync($"ALTER ROLE app PASSWORD '{password}'");
            if (rotation % 2 == 1) await vault.SetAsync(Key, password);
            await using var connection = await NpgsqlPasswords.ConnectAsync(unpooled, secrets, CancellationToken.None);
            Assert.Equal(1, await AskAsync(connection, CancellationToken.None));
        }
        await stop.CancelAsync();
        Assert.All(await work, done => Assert.True(done > 0));

        // The old one really is refused, and the pool's new connections have the new one.
        var refused = await Assert.ThrowsAsync<PostgresException>(() => OpenAsync($"{postgres.Address};Username=app;Password={old};Pooling=false"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
        pooled.Clear();
        await using var fresh = await pooled.OpenConnectionAsync();
        Assert.Equal(1, await AskAsync(fresh, CancellationToken.None));
    }

    private static string NewPassword() => RandomNumberGenerator.GetHexString(24);

    /// <summary>Connects and asks until it is told to stop. How often it did; throws what a command throws.</summary>
    private static async Task<int> WorkAsync(NpgsqlDataSource database, ISecretProvider secrets, CancellationToken stop)
    {
        var done = 0;
        while (!stop.IsCancellationRequested)
        {
            await using var connection = await NpgsqlPasswords.ConnectAsync(database, secrets, CancellationToken.None);
            for (var i = 0; i < 10; i++) Assert.Equal(1, await AskAsync(connection, CancellationToken.None));
            done++;
        }
        return done;
    }

    private static async Task<int> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task OpenAsync(string address)
    {
        await using var connection = new NpgsqlConnection(address);
        await connection.OpenAsync();
    }
}

using System.Text;
using Mill.Secrets.Providers;
using Npgsql;

namespace Mill.ClusterTests.Extensions;

/// <summary>What docs/dotnet.md says of databases, as it stands there.</summary>
internal static class NpgsqlPasswords
{
    public static NpgsqlDataSource Open(string address, ISecretProvider secrets)
    {
        var database = new NpgsqlDataSourceBuilder(address);
        database.UsePasswordProvider(
            _ => throw new NotSupportedException("Open connections with OpenConnectionAsync."),
            async (_, cancellationToken) =>
            {
                using var password = await secrets.GetAsync("database/password", cancellationToken);
                return password.Reveal(Encoding.UTF8.GetString);
            });
        return database.Build();
    }

    public static async Task<NpgsqlConnection> ConnectAsync(NpgsqlDataSource database, ISecretProvider secrets, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await database.OpenConnectionAsync(cancellationToken);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword && attempt < 20)
            {
                // One of the two has the new password already: look at the vault itself, and give the other a moment.
                await secrets.RefreshAsync("database/password", cancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }
        }
    }
}

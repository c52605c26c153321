using System.Diagnostics;
using System.Security.Cryptography;
using Mill.ClusterTests.Processes;
using Npgsql;

namespace Mill.ClusterTests.Extensions;

/// <summary>
/// A PostgreSQL of its own, from Debian's package: no network, one socket in its directory, no durability. It refuses to be root, so root runs it as nobody. Whatever happens to the tests, it ends after some minutes.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Nobody = "65534";
    private const string LongestLife = "300";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("mill-pg-").FullName;
    private Process? _process;

    private PostgresServer()
    {
    }

    /// <summary>Who may do everything, and whose password never changes.</summary>
    public string Owner => $"{Address};Username=owner;Password={OwnerPassword}";

    public string Address => $"Host={_root};Database=postgres;Timeout=30";

    private string Data => Path.Combine(_root, "data");

    private string OwnerPassword { get; } = RandomNumberGenerator.GetHexString(24);

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer();
        try
        {
            await server.BeginAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task ExecuteAsync(string command)
    {
        await using var connection = new NpgsqlConnection(Owner + ";Pooling=false");
        await connection.OpenAsync();
        await using var execution = new NpgsqlCommand(command, connection);
        await execution.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited) Signals.Send(process.Id, Signal.Interrupt); // at once, whoever is connected
            await process.WaitForExitAsync().WaitAsync(Patience);
            process.Dispose();
        }
        Directory.Delete(_root, recursive: true);
    }

    private async Task BeginAsync()
    {
        var passwordFile = Path.Combine(_root, "password");
        await File.WriteAllTextAsync(passwordFile, OwnerPassword);
        File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", "-R", Nobody, _root);
        await RunAsync(AsNobody(Binary("initdb"), "-D", Data, "-U", "owner", "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--no-sync", "--no-locale", "--encoding=UTF8"));
        File.Delete(passwordFile);
        _process = Start(["timeout", LongestLife, .. AsNobody(Binary("postgres"), "-D", Data, "-k", _root, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "unix_socket_permissions=0700")]);
        _ = DrainAsync(_process);
        await Until.TrueAsync("PostgreSQL answers", Patience, IsThereAsync);
    }

    private async Task<bool> IsThereAsync()
    {
        try
        {
            await ExecuteAsync("SELECT 1");
            return true;
        }
        catch (NpgsqlException) when (_process is { HasExited: false })
        {
            return false;
        }
    }

    private static string Binary(string name) =>
        Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin", name)).Where(File.Exists).Order(StringComparer.Ordinal).LastOrDefault()
        ?? throw new InvalidOperationException("There is no PostgreSQL: ./test installs it.");

    private static string[] AsNobody(params string[] command) => Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", .. command] : command;

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        var text = await DrainAsync(process).WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {text}");
    }

    private static Process Start(string[] command) =>
        Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;

    private static async Task<string> DrainAsync(Process process) => string.Concat(await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()));
}

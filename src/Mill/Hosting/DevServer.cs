using Microsoft.Extensions.Logging;
using Mill.Commands;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Hosting;

/// <summary><c>mill dev</c>: one server on this machine, ready to use, durable from the first start.</summary>
internal static class DevServer
{
    private const string TokenFile = "dev.token";

    /// <summary>Serves until cancelled or told to stop by a signal. Throws <see cref="MillException"/> with what stands in the way.</summary>
    public static async Task<int> RunAsync(DevOptions options, CliHost host, CancellationToken cancellationToken)
    {
        CoreDumps.Forbid();
        var vaultOptions = MasterKeyPlace.Find(options, host);
        var server = await MillServer.OpenAsync(options.DataDirectory, vaultOptions, options.Listen, LevelOf(options.LogLevel), host.Time, cancellationToken).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            var start = await server.StartVaultAsync(cancellationToken).ConfigureAwait(false);
            var token = await EnsureTokenAsync(server.Vault, Path.Combine(options.DataDirectory, TokenFile), cancellationToken).ConfigureAwait(false);
            await server.ListenAsync(options.Listen, cancellationToken).ConfigureAwait(false);
            new DevGreeting(host, options, vaultOptions).Say(server.Address, token, start);
            await server.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        host.Terminal.Say("Stopped. Everything that was acknowledged is on the disk.");
        return ExitCodes.Ok;
    }

    /// <summary>The operator token: the one from the last start, as long as it works.</summary>
    private static async Task<string?> EnsureTokenAsync(VaultHost vault, string path, CancellationToken cancellationToken)
    {
        var existing = PrivateFile.ReadLine(path);
        var token = await vault.EnsureDevTokenAsync(existing, cancellationToken).ConfigureAwait(false);
        if (token is not null && token != existing) PrivateFile.Write(path, token + "\n");
        return token;
    }

    private static LogLevel LevelOf(string text) => text switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "error" => LogLevel.Error,
        _ => LogLevel.Warning,
    };
}

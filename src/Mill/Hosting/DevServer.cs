using System.Net;
using Mill.Backups;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Hosting;

/// <summary><c>mill dev</c>: one server on this machine, ready to use, durable from the first start.</summary>
internal static class DevServer
{
    public const string TokenFile = "dev.token";

    /// <summary>Serves until cancelled or told to stop by a signal. Throws <see cref="MillException"/> with what stands in the way.</summary>
    /// <param name="ready">Called once, when requests are answered.</param>
    public static async Task RunAsync(DevOptions options, Func<DevReady, CancellationToken, Task> ready, CancellationToken cancellationToken)
    {
        DemandSafe(options);
        if (options.MasterKey is null) KeyPlace.RequireApart(options.MasterKeyFile, options.DataDirectory);
        SystemLibraries.Demand();
        // Told now, and not by a log line tomorrow.
        if (options.Backups is { } backups) BackupDirectory.Create(backups.Directory);
        var server = await MillServer.OpenAsync(options.DataDirectory, new VaultOptions(options.MasterKey, options.MasterKeyFile), options.Listen, options.LogLevel, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            var start = await server.StartVaultAsync(cancellationToken).ConfigureAwait(false);
            var token = await EnsureTokenAsync(server.Vault, Path.Combine(options.DataDirectory, TokenFile), cancellationToken).ConfigureAwait(false);
            server.StartContainers(options.Containers, options.DataDirectory);
            await server.ListenAsync(options.Listen, cancellationToken).ConfigureAwait(false);
            if (options.Backups is not null) server.StartBackups(options.Backups);
            await ready(new(server.Address, token, start), cancellationToken).ConfigureAwait(false);
            await server.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void DemandSafe(DevOptions options)
    {
        if (options.Insecure || IPAddress.IsLoopback(options.Listen.Address)) return;
        throw new MillException(MillError.Usage, $"mill dev speaks plain HTTP: on {options.Listen.Address}, everybody on the way could read tokens and secrets.")
        {
            Hint = "Listen on 127.0.0.1, or say --insecure if the network between is yours alone.",
        };
    }

    /// <summary>The operator token: the one from the last start, as long as it works.</summary>
    private static async Task<string?> EnsureTokenAsync(VaultHost vault, string path, CancellationToken cancellationToken)
    {
        var existing = PrivateFile.ReadLine(path);
        var token = await vault.EnsureOperatorTokenAsync(existing, "dev", "mill dev", cancellationToken).ConfigureAwait(false);
        if (token is not null && token != existing) PrivateFile.Write(path, token + "\n");
        return token;
    }
}

/// <summary>What a person needs to know once the server answers.</summary>
/// <param name="Token">Null while the vault is sealed and no token was made before.</param>
internal sealed record DevReady(string Address, string? Token, VaultStart Vault)
{
    // A record prints its members; the token must never be one of them.
    public override string ToString() => Address;
}

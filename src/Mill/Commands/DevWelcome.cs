using Mill.Hosting;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>What <c>mill dev</c> says once it answers: where it is and who may use it, and what to do next.</summary>
internal static class DevWelcome
{
    public static async Task ShowAsync(CliHost host, bool json, DevOptions options, DevReady ready, CancellationToken cancellationToken)
    {
        var terminal = host.Terminal;
        if (json)
        {
            CliJson.Print(terminal, new(ready.Address, ready.Token, options.DataDirectory, ready.Vault.Seal.IsSealed), CliJsonContext.Default.DevDocument);
        }
        else
        {
            terminal.WriteLine($"address: {ready.Address}");
            if (ready.Token is not null) terminal.WriteLine($"token: {ready.Token}");
        }
        terminal.Say(Words.DevData(options.DataDirectory, options.MasterKey is null ? options.MasterKeyFile : null, ready.Vault.MadeKeyFile));
        if (ready.Vault.Seal is { IsSealed: true } seal)
        {
            terminal.Say(Words.DevSealed(seal.Reason, seal.NeededKeyId, seal.PresentKeyId));
            terminal.Say(options.MasterKey is null ? Words.DevUnsealByFile(options.MasterKeyFile) : Words.DevUnsealByVariable);
        }
        if (ready.Token is { } token && !await WriteProfileAsync(host, ready.Address, token, cancellationToken).ConfigureAwait(false))
            terminal.Say(Words.DevByHand(ready.Address, Path.Combine(options.DataDirectory, DevServer.TokenFile)));
        terminal.Say(ready.Vault.Seal.IsSealed ? Words.DevWaitsForKey : Words.DevNext);
    }

    /// <summary>A profile is a convenience: a server that runs is no reason to fail over it.</summary>
    private static async Task<bool> WriteProfileAsync(CliHost host, string address, string token, CancellationToken cancellationToken)
    {
        if (ProfileFile.Find(host) is not { } profile) return false;
        try
        {
            var outcome = await profile.WriteAsync(new(address, token, Profile.DevOrigin), host.Time, cancellationToken).ConfigureAwait(false);
            if (outcome is not ProfileOutcome.Written) host.Terminal.Say(Words.ProfileLeftAlone(profile.Path, outcome));
            return outcome is ProfileOutcome.Written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MillException)
        {
            host.Terminal.Say(Words.ProfileNotWritten(e.Message));
            return false;
        }
    }
}

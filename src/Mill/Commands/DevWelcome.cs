using Mill.Hosting;
using Mill.Interaction;
using Mill.Profiles;

namespace Mill.Commands;

/// <summary>What <c>mill dev</c> says once it answers: where it is and who may use it, and what to do next.</summary>
internal static class DevWelcome
{
    public static void Show(CliHost host, bool json, DevOptions options, DevReady ready)
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
        if (ready.Token is not null) terminal.Say(WriteProfile(host, ready.Address, ready.Token) ? Words.DevNext : Words.DevNextByHand(ready.Address));
    }

    /// <summary>A profile is a convenience: a server that runs is no reason to fail over it.</summary>
    private static bool WriteProfile(CliHost host, string address, string token)
    {
        try
        {
            return ProfileFile.Find(host)?.WriteDev(address, token) ?? false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            host.Terminal.Say(Words.ProfileNotWritten(e.Message));
            return false;
        }
    }
}

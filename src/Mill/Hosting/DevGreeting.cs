using Mill.Commands;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Vault;

namespace Mill.Hosting;

/// <summary>What a person needs to know once the server answers. What a script needs stands on the output, the rest beside it.</summary>
internal sealed class DevGreeting(CliHost host, DevOptions options, VaultOptions vault)
{
    public void Say(string address, string? token, VaultStart start)
    {
        var terminal = host.Terminal;
        terminal.Say($"Mill {MillVersion.Text} is ready.");
        terminal.WriteLine($"address: {address}");
        if (token is not null) terminal.WriteLine($"token: {token}");
        terminal.Say($"data: {options.DataDirectory}");
        terminal.Say(KeyLine(start));
        if (start.Seal.IsSealed) SaySealed(start);
        else SayNext(address, token);
    }

    private string KeyLine(VaultStart start) => (vault.MasterKey, start.MadeKeyFile) switch
    {
        (not null, _) => $"master key: from MILL_MASTER_KEY ({start.Seal.PresentKeyId})",
        (_, true) => $"master key: {vault.MasterKeyFile} (made just now: keep a copy in a safe place, without it nothing can be read)",
        _ => $"master key: {vault.MasterKeyFile}",
    };

    private void SaySealed(VaultStart start)
    {
        host.Terminal.Say($"warning: the vault is sealed: {start.Seal.Reason}.");
        host.Terminal.Say($"warning: needed is key {start.Seal.NeededKeyId ?? "(any)"}, present is {start.Seal.PresentKeyId ?? "none"}. Names and histories can be read, values cannot, and nothing is written.");
        host.Terminal.Say(vault.MasterKey is not null ? "hint: start again with the right MILL_MASTER_KEY" : $"hint: put the right key at {vault.MasterKeyFile}: the vault opens by itself");
    }

    private void SayNext(string address, string? token)
    {
        var known = token is not null && IsInProfile(address, token);
        host.Terminal.Say("");
        host.Terminal.Say("Next, in another shell:");
        if (!known) host.Terminal.Say($"  export MILL_ADDRESS={address} MILL_TOKEN=$(cat {Path.Combine(options.DataDirectory, "dev.token")})");
        host.Terminal.Say("  mill secret set DB_URL");
        host.Terminal.Say("  mill secret get DB_URL");
    }

    /// <summary>Makes the next command just work, unless this user works with a server of their own.</summary>
    private bool IsInProfile(string address, string token)
    {
        try
        {
            return ProfileFile.Find(host)?.WriteDev(address, token) ?? false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            host.Terminal.Say($"warning: the profile was not written: {e.Message}");
            return false;
        }
    }
}

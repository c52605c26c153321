using System.CommandLine;
using Mill.Hosting.Cluster;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>What a node says once it answers: where it is and, for the first one, who may use it and how others come in.</summary>
internal static class NodeWelcome
{
    public static async Task ShowAsync(GlobalOptions global, ParseResult parsed, ClusterReady ready, CancellationToken cancellationToken)
    {
        var terminal = global.Terminal;
        if (global.IsJson(parsed))
        {
            var document = new NodeDocument(ready.Address, ready.Node, ready.Token, ready.JoinToken, ready.DataDirectory, ready.AuthorityFile, ready.Vault?.Seal.IsSealed);
            CliJson.Print(terminal, document, CliJsonContext.Default.NodeDocument);
        }
        else
        {
            terminal.WriteLine($"address: {ready.Address}");
            if (ready.Token is not null) terminal.WriteLine($"token: {ready.Token}");
            if (ready.JoinToken is not null) terminal.WriteLine($"join-token: {ready.JoinToken}");
        }
        terminal.Say(Words.NodeIsThere(ready.Node, ready.DataDirectory, ready.KeyFile));
        if (ready.Vault is { MadeKeyFile: true }) terminal.Say(Words.NodeMadeKey);
        // Only who founds a cluster could have meant another one.
        else if (ready is { Token: not null, KeyFile: not null }) terminal.Say(Words.NodeFoundKey);
        if (ready.Vault?.Seal is { IsSealed: true } seal) terminal.Say(Words.DevSealed(seal.Reason, seal.NeededKeyId, seal.PresentKeyId));
        if (ready.Token is not { } token) return;
        if (!await WriteProfileAsync(global.Host, ready, token, cancellationToken).ConfigureAwait(false))
            terminal.Say(Words.NodeByHand(ready.Address, ready.AuthorityFile, Path.Combine(ready.DataDirectory, "operator.token")));
        terminal.Say(Words.NodeNext(ready.Address));
    }

    /// <summary>A profile is a convenience: a server that runs is no reason to fail over it.</summary>
    private static async Task<bool> WriteProfileAsync(CliHost host, ClusterReady ready, string token, CancellationToken cancellationToken)
    {
        if (ProfileFile.Find(host) is not { } profile) return false;
        try
        {
            var outcome = await profile.WriteAsync(new(ready.Address, token, Profile.InitOrigin) { CaCert = ready.AuthorityFile }, host.Time, cancellationToken).ConfigureAwait(false);
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

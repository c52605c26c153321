using System.CommandLine;
using Mill.Client;
using Mill.Hosting.Cluster;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Commands;

/// <summary><c>mill leave</c>: <c>mill remove</c> for the node whose data directory is on this machine.</summary>
internal sealed class LeaveCommand : Command
{
    /// <summary>A server that runs here finds out by itself: it asks the others every two seconds, once its engine is gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly GlobalOptions _global;
    private readonly Option<string?> _dataDirectory = Symbols.Text("--data-dir", "DIR", Words.LeaveDirectoryOption);
    private readonly Option<bool> _yes = Symbols.Flag("--yes", Words.YesOption);

    public LeaveCommand(GlobalOptions global)
        : base("leave", Words.Leave)
    {
        _global = global;
        Add(_dataDirectory);
        Add(_yes);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var named = DevCommand.Place(parsed, _dataDirectory) ?? Places.NodeData(_global.Host);
        var directory = new NodeDirectory(Path.GetFullPath(named ?? throw new MillException(MillError.Usage, Words.NoHome) { Hint = Words.NoHomeHint(_dataDirectory.Name) }));
        if (NodeFile.Read(directory.Path) is not { NodeId: { } id } file) throw new MillException(MillError.NotFound, Words.NoNodeHere(directory.Path)) { Hint = Words.NoNodeHereHint(_dataDirectory.Name) };

        var options = Resolve(parsed, directory, file);
        await Connection.DemandTokenAsync(options, cancellationToken).ConfigureAwait(false);
        if (!parsed.GetValue(_yes) && !RemoveCommand.Confirm(_global.Terminal, Words.ConfirmLeave(file.NodeName, directory.Path))) return ExitCodes.Interrupted;
        await LeaveAsync(options, id, file.NodeName, cancellationToken).ConfigureAwait(false);
        // Until then it needs the others, and whoever typed this may be about to stop them, too.
        var isOver = await EndsAsync(directory, _global.Host.Time, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new(file.NodeName, Removed: true), CliJsonContext.Default.RemovedDocument);
        else _global.Terminal.Say(Words.NodeHasLeft(file.NodeName, directory.Path, isOver));
        return ExitCodes.Ok;
    }

    /// <summary>By its id: its name may be another node's by now.</summary>
    private static async Task LeaveAsync(MillClientOptions options, string id, string name, CancellationToken cancellationToken)
    {
        using var client = new MillClient(options);
        try
        {
            await RemoveCommand.RemoveAsync(client, id, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.Unreachable)
        {
            throw e.WithHint(Words.LeaveFromElsewhereHint(name));
        }
    }

    /// <summary>Whether no server has the directory any more; false, too, where that is not for this user to see.</summary>
    private static async Task<bool> EndsAsync(NodeDirectory directory, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                directory.Take().Dispose();
                return true;
            }
            catch (MillException e)
            {
                if (e.Error is not MillError.DataDirectoryInUse || time.GetElapsedTime(began) >= Patience) return false;
            }
            await Task.Delay(LookEvery, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What the node knows of itself stands in for what nobody named; the other nodes stand in for itself.</summary>
    private MillClientOptions Resolve(ParseResult parsed, NodeDirectory directory, NodeFile file)
    {
        var address = parsed.GetValue(_global.Address) ?? _global.Host.Variable(Connection.AddressVariable);
        var authority = parsed.GetValue(_global.CaCert) ?? _global.Host.Variable(Connection.AuthorityVariable) ?? directory.Files.Authority;
        var self = Url(file.Address, file.ApiPort);
        var resolved = Connection.Resolve(_global.Host, address ?? self.ToString(), parsed.GetValue(_global.Token), parsed.GetValue(_global.Tenant), authority);
        return resolved with
        {
            Token = resolved.Token ?? PrivateFile.ReadLine(directory.OperatorToken),
            Fallbacks = address is null ? [.. file.Members.Where(member => member.Id != file.NodeId).Select(member => Url(member.Address, member.ApiPort))] : [],
        };
    }

    private static Uri Url(string address, int port) => new UriBuilder(Uri.UriSchemeHttps, address, port).Uri;
}

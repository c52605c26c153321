using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>
/// Keeps the list of certificates that are out where this node's etcd looks at it whenever another member connects: so a node that was removed gets in nowhere, as
/// soon as the others have heard of it.
/// </summary>
/// <param name="wait">The first state from now on for which something holds.</param>
internal sealed partial class RevocationFile(string path, Func<Func<ClusterState, bool>, CancellationToken, ValueTask<ClusterState>> wait, TimeProvider time, ILogger<RevocationFile> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        byte[] written = [];
        while (true)
        {
            // The first time whatever is in the file: that may be damaged, and then nobody gets in.
            var list = (await wait(state => state.Revocations is { } revocations && !revocations.List.AsSpan().SequenceEqual(written), cancellationToken).ConfigureAwait(false)).Revocations!.List;
            try
            {
                PrivateFile.Write(path, list);
                written = list;
            }
            catch (MillException e)
            {
                LogNotWritten(e.Message);
                await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(3303, LogLevel.Warning, "The list of removed nodes' certificates was not written, trying again: {Reason}")]
    private partial void LogNotWritten(string reason);
}

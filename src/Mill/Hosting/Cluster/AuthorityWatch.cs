using Microsoft.Extensions.Logging;
using Mill.Core.Members;
using Mill.Core.Model;

namespace Mill.Hosting.Cluster;

/// <summary>Warns in the last year in which this node, or its engine, believes an authority that ends. Renewals come long before: somebody has to look.</summary>
/// <param name="hasEngine">Whether etcd runs here.</param>
internal sealed partial class AuthorityWatch(CurrentCredentials credentials, bool hasEngine, TimeProvider time, ILogger<AuthorityWatch> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromDays(1);

    /// <summary>etcd reads the certificate of the authority when it starts, and never again; its own it reads anew.</summary>
    private readonly Timestamp _engineBelievesUntil = EndOf(credentials);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        do
        {
            var (now, end) = (Timestamp.From(time.GetUtcNow()), EndOf(credentials));
            if (AuthorityRules.EndsSoon(end, now)) LogEnds(end.ToDateTimeOffset());
            else if (hasEngine && AuthorityRules.EndsSoon(_engineBelievesUntil, now)) LogRestart(_engineBelievesUntil.ToDateTimeOffset());
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    private static Timestamp EndOf(CurrentCredentials credentials) => Timestamp.From(new(credentials.Value.Trust.Authority.NotAfter.ToUniversalTime()));

    [LoggerMessage(3304, LogLevel.Warning, "The cluster's authority ends at {End:u}, and nobody believes a node afterwards. The node that leads should have renewed it long ago: its log says why it did not")]
    private partial void LogEnds(DateTimeOffset end);

    [LoggerMessage(3305, LogLevel.Warning, "This node's etcd goes by the authority as it was before it was renewed, which ends at {End:u}: restart the node before")]
    private partial void LogRestart(DateTimeOffset end);
}

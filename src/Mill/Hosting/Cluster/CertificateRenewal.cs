using Microsoft.Extensions.Logging;
using Mill.Client.Contracts;
using Mill.Core.Members;
using Mill.Secrets;
using Mill.Vault.Members;

namespace Mill.Hosting.Cluster;

/// <summary>
/// Gets this node a new certificate when a third of the old one's time is left, when it runs another version of Mill than it last told, or when the authority was renewed: with the
/// certificate comes that of the authority.
/// </summary>
/// <param name="ask">Asks a node that can issue.</param>
/// <param name="knownVersion">The version that the cluster knows of this node; null while it knows none.</param>
/// <param name="knownAuthority">The certificate of the authority as the state has it, in DER; null where this node does not know the state.</param>
internal sealed partial class CertificateRenewal(
    CurrentCredentials credentials, NodeFiles files, Func<RenewRequest, Task<MembershipResponse>> ask, Func<string?> knownVersion, Func<byte[]?> knownAuthority, TimeProvider time, ILogger<CertificateRenewal> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        do
        {
            try
            {
                if (IsDue()) await RenewAsync().ConfigureAwait(false);
            }
            catch (MillException e)
            {
                LogPutOff(e.Message, credentials.Value.Certificate.NotAfter.ToUniversalTime());
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task RenewAsync()
    {
        using var key = files.LoadOrCreateKey();
        using var renewed = await ask(new(key.Request(), MillVersion.Text)).ConfigureAwait(false);
        files.Save(renewed.Authority, renewed.Certificate);
        if (files.Load() is { } loaded) credentials.Replace(loaded);
        LogRenewed(credentials.Value.Certificate.NotAfter.ToUniversalTime());
    }

    private bool IsDue()
    {
        var shown = credentials.Value.Certificate;
        var (start, end) = (new DateTimeOffset(shown.NotBefore), new DateTimeOffset(shown.NotAfter));
        return time.GetUtcNow() > end - ((end - start) / 3) || (knownVersion() is { } known && known != MillVersion.Text)
            || (knownAuthority() is { } authority && !authority.AsSpan().SequenceEqual(credentials.Value.Trust.Authority.RawDataMemory.Span));
    }

    [LoggerMessage(3301, LogLevel.Information, "This node's certificate was renewed; it is good until {End:u}")]
    private partial void LogRenewed(DateTime end);

    [LoggerMessage(3302, LogLevel.Warning, "This node's certificate was not renewed, trying again in an hour: {Reason}. The one in use is good until {End:u}")]
    private partial void LogPutOff(string reason, DateTime end);
}

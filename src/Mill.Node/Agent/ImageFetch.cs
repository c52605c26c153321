using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Sees to it that the image of an allocation is here.</summary>
internal sealed class ImageFetch(AllocRecord alloc, NodeParts parts, AllocLog log, Action<Func<AllocReport, AllocReport>> tell)
{
    /// <summary>Between two reports of how far it has come.</summary>
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(500);

    private string Image => alloc.Container.Image;

    /// <param name="isFirst">Not for a container that is started again: it gets the image that it had.</param>
    public async Task FetchAsync(FleetState fleet, bool isFirst, CancellationToken cancellationToken)
    {
        var isHere = await parts.Docker.FindImageAsync(Image, cancellationToken).ConfigureAwait(false) is not null;
        if (isHere && !(isFirst && ImageName.Parse(Image).IsMoving)) return;
        tell(report => report with { Status = AllocStatus.Pulling });
        try
        {
            await PullAsync(fleet, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (isHere && e.Error is MillError.ImageUnavailable)
        {
            // It was built here, or its registry is away: the one that is here has to do.
        }
        finally
        {
            parts.Pulls.TryRemove(alloc.Id, out _);
        }
    }

    private async Task PullAsync(FleetState fleet, CancellationToken cancellationToken)
    {
        if (fleet.Registries.GetValueOrDefault(new RegistryKey(alloc.Tenant, ImageName.Parse(Image).Registry).Id) is not { } registry)
        {
            await parts.Docker.PullAsync(Image, null, Progress(), cancellationToken).ConfigureAwait(false);
            return;
        }
        using var login = await ContainerEnv.LoginAsync(alloc, registry.Spec, parts.Vault, cancellationToken).ConfigureAwait(false);
        // A registry may say anything.
        log.Mask([login.Username, login.Password]);
        await parts.Docker.PullAsync(Image, login, Progress(), cancellationToken).ConfigureAwait(false);
    }

    private Action<long, long> Progress()
    {
        long? told = null;
        return (done, total) =>
        {
            parts.Pulls[alloc.Id] = new PullProgress(alloc.Id, Image, done, total);
            if (told is { } last && parts.Time.GetElapsedTime(last) < ReportEvery) return;
            told = parts.Time.GetTimestamp();
            parts.Progressed();
        };
    }
}

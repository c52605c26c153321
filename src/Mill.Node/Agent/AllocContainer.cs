using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>One container of an allocation, and what belongs to it on the node: its image, its port, its files.</summary>
/// <param name="restarts">How many there were before it.</param>
/// <param name="isFirst">Its image was not fetched yet.</param>
/// <param name="tell">Takes what is new of the allocation.</param>
internal sealed class AllocContainer(AllocRecord alloc, int restarts, bool isFirst, NodeParts parts, AllocLog log, Action<Func<AllocReport, AllocReport>> tell)
{
    /// <summary>For what was killed, until it is gone.</summary>
    private static readonly TimeSpan Death = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private bool _isAsked;
    private bool _hasEnded;

    /// <summary>Null before it was made.</summary>
    public string? Id { get; private set; }

    public int? Port { get; private set; }

    /// <summary>Where the node itself reaches its port.</summary>
    public string Host { get; private set; } = IPAddress.Loopback.ToString();

    /// <summary>Whether it was taken up, and not made.</summary>
    public bool IsAdopted { get; private set; }

    /// <summary>When one that was taken up was made: before it wrote anything, while the Engine notes its start only afterwards.</summary>
    public DateTimeOffset MadeAt { get; private set; }

    /// <summary>Of the secrets that it got, where that is known.</summary>
    public IReadOnlyDictionary<string, int>? Versions { get; private set; }

    /// <summary>Where it was told that other services are, where that is known.</summary>
    public IReadOnlyDictionary<string, string>? Addresses { get; private set; }

    /// <summary>Of what was there, and is not any more.</summary>
    public static string GoneOf(AllocRecord alloc) => $"{alloc.Id}: its container is gone";

    /// <summary>Sees to it that its image is here, and nothing more.</summary>
    public async Task FetchAsync(CancellationToken cancellationToken) =>
        await new ImageFetch(alloc, parts, log, tell).FetchAsync(await parts.Fleet(cancellationToken).ConfigureAwait(false), isFirst, cancellationToken).ConfigureAwait(false);

    public async Task<DateTimeOffset> StartAsync(CancellationToken cancellationToken)
    {
        var spec = alloc.Container;
        var fleet = await parts.Fleet(cancellationToken).ConfigureAwait(false);
        await new ImageFetch(alloc, parts, log, tell).FetchAsync(fleet, isFirst, cancellationToken).ConfigureAwait(false);
        tell(report => report with { Status = AllocStatus.Starting });
        Port = spec.Port is null ? null : parts.Ports.Take();
        await FindHostAsync(cancellationToken).ConfigureAwait(false);
        using var env = await ContainerEnv.ResolveAsync(alloc, spec.Network is ContainerNetwork.Bridge ? spec.Port : Port, fleet, parts.Vault, cancellationToken).ConfigureAwait(false);
        log.Mask(env.Values);
        (Versions, Addresses) = (env.Versions, env.Addresses);
        var request = new ContainerRequest(alloc, parts.Cluster, env.Env) { Port = Port, PublishOn = spec.Network is ContainerNetwork.Bridge ? Host : null, Restarts = restarts, Versions = Versions, Addresses = Addresses, Binds = parts.Files.Prepare(alloc, env) };
        Id = await CreateAsync(request, cancellationToken).ConfigureAwait(false);
        await LaunchAsync(Id, cancellationToken).ConfigureAwait(false);
        var now = parts.Time.GetUtcNow();
        tell(report => report with { Status = AllocStatus.Running, StartedAt = Timestamp.From(now), Address = Address(), SecretVersions = Versions, Addresses = Addresses, Restarts = restarts });
        return now;
    }

    /// <summary>Takes up one that is there. Throws <see cref="MillError.NotFound"/> where it is not any more.</summary>
    /// <returns>Null for one that was made, and never ran: it is removed.</returns>
    public async Task<ContainerInspectionState?> AdoptAsync(string existing, CancellationToken cancellationToken)
    {
        (Id, IsAdopted) = (existing, true);
        var container = await InspectAsync(existing, cancellationToken).ConfigureAwait(false) ?? throw new MillException(MillError.NotFound, GoneOf(alloc));
        var labels = container.Config?.Labels;
        if (int.TryParse(labels?.GetValueOrDefault(ContainerRequest.HostPort), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            Port = number;
            parts.Ports.Reserve(number);
        }
        MadeAt = container.Created ?? default;
        Versions = Read(labels?.GetValueOrDefault(ContainerRequest.SecretVersions), DockerJson.Default.DictionaryStringInt32);
        Addresses = Read(labels?.GetValueOrDefault(ContainerRequest.Addressed), DockerJson.Default.DictionaryStringString);
        if (container.State.HasNeverRun)
        {
            await CleanAsync(cancellationToken).ConfigureAwait(false);
            (Id, Port, IsAdopted) = (null, null, false);
            return null;
        }
        _hasEnded = !container.State.Running;
        await FindHostAsync(cancellationToken).ConfigureAwait(false);
        var isKnown = restarts == alloc.Restarts && alloc.StartedAt is not null;
        var started = isKnown ? alloc.StartedAt : container.State.StartedAt is { } at ? Timestamp.From(at) : null;
        if (container.State.Running) tell(report => report with { Status = isKnown && alloc.Status is AllocStatus.Healthy ? AllocStatus.Healthy : AllocStatus.Running, StartedAt = started, Address = Address(), SecretVersions = Versions, Addresses = Addresses, Restarts = restarts });
        return container.State;
    }

    public async Task<ContainerInspectionState> EndedAsync(CancellationToken cancellationToken)
    {
        var state = (await parts.Docker.InspectAsync(Id!, cancellationToken).ConfigureAwait(false)).State;
        _hasEnded = !state.Running;
        return state;
    }

    /// <summary>Asks it to end, and ends it where it does not. Returns once it does not run, however long that takes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_isAsked && Id is null) return;
        DateTimeOffset? until = null;
        while (!_hasEnded)
        {
            try
            {
                if (Id is null && (Id = await FindAsync(cancellationToken).ConfigureAwait(false)) is null) return;
                // One that was never started has nobody to ask.
                if (!(await EndedAsync(cancellationToken).ConfigureAwait(false)).Running) return;
                if (until is null) await parts.Docker.SignalAsync(Id, "SIGTERM", cancellationToken).ConfigureAwait(false);
                until ??= parts.Time.GetUtcNow() + Pause.Timer(alloc.Container.StopGrace);
                var left = until.Value - parts.Time.GetUtcNow();
                if (left <= TimeSpan.Zero) await parts.Docker.SignalAsync(Id, "SIGKILL", cancellationToken).ConfigureAwait(false);
                await WaitAsync(left > TimeSpan.Zero ? left : Death, cancellationToken).ConfigureAwait(false);
            }
            catch (MillException e) when (e.Error is MillError.NotFound)
            {
                return;
            }
            catch (MillException)
            {
                await Pause.ForAsync(RetryAfter, parts.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Removes it, with all that belongs to it. Throws where that did not work.</summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        if ((Id ?? (_isAsked ? await FindAsync(cancellationToken).ConfigureAwait(false) : null)) is { } id) await parts.Docker.RemoveAsync(id, cancellationToken).ConfigureAwait(false);
        Release();
        parts.Files.Remove(alloc.Id);
    }

    /// <summary>Its port may be another's.</summary>
    public void Release()
    {
        if (Port is { } port) parts.Ports.Return(port);
        Port = null;
    }

    private static T? Read<T>(string? label, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return label is null ? null : JsonSerializer.Deserialize(label, type);
        }
        catch (JsonException)
        {
            return null; // somebody else wrote it
        }
    }

    private string? Address() => Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{parts.Address}:{port}") : null;

    /// <summary>What Docker publishes is reached at the node's own address, and nowhere else.</summary>
    private async Task FindHostAsync(CancellationToken cancellationToken)
    {
        if (alloc.Container is { Network: ContainerNetwork.Bridge, Port: not null }) Host = (await Dns.GetHostAddressesAsync(parts.Address, cancellationToken).ConfigureAwait(false))[0].ToString();
    }

    private async Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken)
    {
        _isAsked = true;
        try
        {
            return await parts.Docker.CreateAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.PreconditionFailed)
        {
            // One of the same name is what became of a request whose answer was lost. What is not of this node is not touched.
            if (await FindAsync(cancellationToken).ConfigureAwait(false) is not { } left) throw new MillException(MillError.ContainerRefused, e.Message, e);
            await parts.Docker.RemoveAsync(left, cancellationToken).ConfigureAwait(false);
            return await parts.Docker.CreateAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task LaunchAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await parts.Docker.StartAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.ContainerRefused && (e.Message.Contains("already allocated", StringComparison.Ordinal) || e.Message.Contains("address already in use", StringComparison.Ordinal)))
        {
            // Somebody took the port since it was chosen: another one is as good.
            throw new MillException(MillError.NoRoom, e.Message, e);
        }
    }

    /// <summary>Its id, by its name; null where there is none of this node.</summary>
    private async Task<string?> FindAsync(CancellationToken cancellationToken)
    {
        var found = await InspectAsync(ContainerRequest.NameOf(alloc, restarts), cancellationToken).ConfigureAwait(false);
        var labels = found?.Config?.Labels;
        return labels?.GetValueOrDefault(ContainerRequest.Node) == alloc.Node.Value && labels.GetValueOrDefault(ContainerRequest.Cluster) == parts.Cluster ? found!.Id : null;
    }

    /// <summary>Null where there is none.</summary>
    private async Task<ContainerInspection?> InspectAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await parts.Docker.InspectAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            return null;
        }
    }

    private async Task WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = new Deadline(patience, parts.Time, cancellationToken);
        try
        {
            await parts.Docker.WaitAsync(Id!, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It takes its time.
        }
    }
}

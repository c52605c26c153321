using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Node.Docker;

/// <summary>The Docker Engine, as far as Mill needs it (https://docs.docker.com/reference/api/engine/version/v1.41/).</summary>
/// <remarks>
/// Throws <see cref="MillException"/>: <see cref="MillError.EngineUnavailable"/> where it cannot be reached, <see cref="MillError.NotFound"/> for a container that is not there, <see cref="MillError.ImageUnavailable"/>,
/// <see cref="MillError.ContainerRefused"/> with what the Engine said.
/// </remarks>
internal sealed class DockerClient(DockerAddress address, TimeProvider time) : IDisposable
{
    /// <summary>Of a pull of which nothing is heard any more. What is unpacked says nothing for a while.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromMinutes(5);

    private readonly DockerTransport _transport = new(address, time);

    public DockerAddress Address => address;

    public void Dispose() => _transport.Dispose();

    public Task<DockerInfo> InfoAsync(CancellationToken cancellationToken) => _transport.GetAsync("/info", DockerJson.Default.DockerInfo, cancellationToken);

    /// <summary>Returns where it answers.</summary>
    public Task PingAsync(CancellationToken cancellationToken) => _transport.DoAsync(HttpMethod.Get, "/_ping", cancellationToken);

    /// <summary>Those of a cluster, whatever they do.</summary>
    /// <param name="node">Null for those of all its nodes.</param>
    public Task<ContainerSummary[]> ListAsync(string cluster, string? node, CancellationToken cancellationToken) =>
        _transport.GetAsync($"/containers/json?all=true&filters={Uri.EscapeDataString($"{{{LabelsOf(cluster, node)}}}")}", DockerJson.Default.ContainerSummaryArray, cancellationToken);

    /// <summary>The ids of those that begin, end, stop or go on, as it happens; null once it listens.</summary>
    public async IAsyncEnumerable<string?> EventsAsync(string cluster, string node, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Only these: what looks into a container is an event too, and must not be one that makes somebody look.
        var filters = Uri.EscapeDataString($"{{\"type\":[\"container\"],\"event\":[\"die\",\"oom\",\"pause\",\"unpause\",\"destroy\"],{LabelsOf(cluster, node)}}}");
        using var response = await _transport.StreamAsync(HttpMethod.Get, $"/events?filters={filters}", null, null, cancellationToken).ConfigureAwait(false);
        yield return null;
        await using var events = _transport.ItemsAsync(response, DockerJson.Default.EngineEvent, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await events.MoveNextAsync().ConfigureAwait(false)) yield return events.Current?.Id ?? events.Current?.Actor?.Id;
    }

    public Task<ContainerInspection> InspectAsync(string id, CancellationToken cancellationToken) => _transport.GetAsync($"/containers/{id}/json", DockerJson.Default.ContainerInspection, cancellationToken);

    /// <returns>The id of the container.</returns>
    public async Task<string> CreateAsync(ContainerRequest container, CancellationToken cancellationToken)
    {
        using var body = container.Write();
        using var content = new ReadOnlyMemoryContent(body.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return (await _transport.PostAsync($"/containers/create?name={Uri.EscapeDataString(container.Name)}", content, DockerJson.Default.CreatedContainer, cancellationToken).ConfigureAwait(false)).Id;
    }

    public Task StartAsync(string id, CancellationToken cancellationToken) => _transport.DoAsync(HttpMethod.Post, $"/containers/{id}/start", cancellationToken);

    /// <summary>Asks it to end; the Engine's own waiting is not needed.</summary>
    public Task SignalAsync(string id, string signal, CancellationToken cancellationToken) =>
        _transport.DoAsync(HttpMethod.Post, $"/containers/{id}/kill?signal={signal}", cancellationToken, HttpStatusCode.Conflict, HttpStatusCode.NotFound);

    /// <summary>Asks it to end, and ends it where it has not within its own grace. Returns once it does not run.</summary>
    public async Task StopAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            (await _transport.StreamAsync(HttpMethod.Post, $"/containers/{id}/stop", null, null, cancellationToken).ConfigureAwait(false)).Dispose();
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            // It does not run, indeed.
        }
    }

    /// <summary>What it takes right now.</summary>
    public Task<ContainerStats> StatsAsync(string id, CancellationToken cancellationToken) => _transport.GetAsync($"/containers/{id}/stats?stream=false&one-shot=true", DockerJson.Default.ContainerStats, cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        _transport.DoAsync(HttpMethod.Delete, $"/containers/{id}?force=true&v=true", cancellationToken, HttpStatusCode.NotFound, HttpStatusCode.Conflict);

    /// <summary>Until it does not run.</summary>
    public async Task WaitAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _transport.StreamAsync(HttpMethod.Post, $"/containers/{id}/wait", null, null, cancellationToken).ConfigureAwait(false);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await JsonSerializer.DeserializeAsync(body, DockerJson.Default.ContainerExit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            // An Engine that goes away says nothing of how its containers are.
            throw _transport.NotReached(e);
        }
    }

    /// <summary>Null where it is not here.</summary>
    public async Task<ImageInspection?> FindImageAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            return await _transport.GetAsync($"/images/{ImageName.Escaped(image)}/json", DockerJson.Default.ImageInspection, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            return null;
        }
    }

    /// <summary>Fetches an image. Throws <see cref="MillError.ImageUnavailable"/> with the reason that the registry gave.</summary>
    /// <param name="progress">Told how far it has come, in bytes. Must not throw.</param>
    public async Task PullAsync(string image, RegistryLogin? login, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        var name = ImageName.Parse(image);
        using var stall = new Deadline(Stall, time, cancellationToken);
        try
        {
            using var response = await _transport.StreamAsync(HttpMethod.Post, $"/images/create?fromImage={Uri.EscapeDataString(name.Repository)}&tag={Uri.EscapeDataString(name.Tag)}", null, login?.Header(), stall.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
            var layers = new Dictionary<string, (long Current, long Total)>(StringComparer.Ordinal);
            await foreach (var line in JsonSerializer.DeserializeAsyncEnumerable(body, DockerJson.Default.PullLine, topLevelValues: true, stall.Token).ConfigureAwait(false))
            {
                stall.Renew(Stall);
                if (line?.Error is { } error) throw new MillException(MillError.ImageUnavailable, $"the image {image} cannot be pulled: {error}");
                if (line is not { Id: { } id, Detail: { Total: > 0 } detail }) continue;
                layers[id] = (detail.Current, detail.Total);
                progress?.Invoke(layers.Values.Sum(layer => layer.Current), layers.Values.Sum(layer => layer.Total));
            }
        }
        catch (MillException e) when (e.Error is MillError.NotFound or MillError.ContainerRefused)
        {
            throw new MillException(MillError.ImageUnavailable, $"the image {image} cannot be pulled: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MillException(MillError.ImageUnavailable, $"the image {image} cannot be pulled: nothing more came of it", e);
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw _transport.NotReached(e);
        }
    }

    /// <summary>What it writes, line by line, from a moment on; as long as it runs, if that is asked for.</summary>
    public async IAsyncEnumerable<LogLine> LogsAsync(string id, DateTimeOffset? since, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var from = since is { } moment ? FormattableString.Invariant($"&since={moment.ToUnixTimeSeconds()}.{moment.Ticks % TimeSpan.TicksPerSecond * 100:000000000}") : "";
        using var response = await _transport.StreamAsync(HttpMethod.Get, $"/containers/{id}/logs?stdout=true&stderr=true&timestamps=true&follow={(follow ? "true" : "false")}{from}", null, null, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var line in DockerLog.ReadAsync(body, cancellationToken).ConfigureAwait(false)) yield return line;
    }

    /// <summary>Runs a program in a container to its end. What it writes is of no interest.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> RunAsync(string id, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var request = Body(new ExecRequest(command, false, true, true, false), DockerJson.Default.ExecRequest);
        var exec = await _transport.PostAsync($"/containers/{id}/exec", request, DockerJson.Default.CreatedExec, cancellationToken).ConfigureAwait(false);
        using var start = Body(new ExecStart(false, false), DockerJson.Default.ExecStart);
        using var response = await _transport.StreamAsync(HttpMethod.Post, $"/exec/{exec.Id}/start", start, null, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await body.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
        return (await _transport.GetAsync($"/exec/{exec.Id}/json", DockerJson.Default.ExecInspection, cancellationToken).ConfigureAwait(false)).ExitCode ?? -1;
    }

    /// <summary>Of a program with its streams: see <see cref="DockerExec"/>.</summary>
    /// <returns>What the Engine calls it.</returns>
    public async Task<string> CreateExecAsync(string id, ExecCommand command, CancellationToken cancellationToken)
    {
        using var request = Body(new ExecRequest(command.Command, true, true, true, command.IsTerminal), DockerJson.Default.ExecRequest);
        return (await _transport.PostAsync($"/containers/{id}/exec", request, DockerJson.Default.CreatedExec, cancellationToken).ConfigureAwait(false)).Id;
    }

    public Task<HijackedStream> StartExecAsync(string exec, bool isTerminal, CancellationToken cancellationToken) => _transport.HijackAsync($"/exec/{exec}/start", new ExecStart(false, isTerminal), DockerJson.Default.ExecStart, cancellationToken);

    public Task ResizeExecAsync(string exec, TerminalSize size, CancellationToken cancellationToken) =>
        _transport.DoAsync(HttpMethod.Post, FormattableString.Invariant($"/exec/{exec}/resize?h={size.Rows}&w={size.Columns}"), cancellationToken);

    public async Task<int> ExitOfExecAsync(string exec, CancellationToken cancellationToken) => (await _transport.GetAsync($"/exec/{exec}/json", DockerJson.Default.ExecInspection, cancellationToken).ConfigureAwait(false)).ExitCode ?? -1;

    public MillException NotReached(Exception cause) => _transport.NotReached(cause);

    private static string LabelsOf(string cluster, string? node) => $"\"label\":[\"{ContainerRequest.Managed}=true\",\"{ContainerRequest.Cluster}={cluster}\"{(node is null ? "" : $",\"{ContainerRequest.Node}={node}\"")}]";

    private static ByteArrayContent Body<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mill.Core.Specs;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Looks whether a container does what it is for.</summary>
/// <param name="host">Where its port is reached.</param>
/// <param name="isOnHost">It is on the network of the host, where it has to listen on the port that it is told.</param>
internal sealed class HealthProbe(HealthSpec health, string host, int? port, string container, DockerClient docker, HttpMessageInvoker http, TimeProvider time, bool isOnHost = false)
{
    /// <summary>An Engine that takes longer to say a word does not run anything either.</summary>
    private static readonly TimeSpan EnginePatience = TimeSpan.FromSeconds(5);

    /// <summary>The command that was begun and has not ended: one at a time, or they would pile up in the container.</summary>
    private Task<int>? _command;

    /// <summary>What counts where nobody says how to look: that its port takes connections.</summary>
    public static HealthSpec Connects { get; } = new()
    {
        Kind = HealthKind.Tcp,
        Interval = TimeSpan.FromSeconds(10),
        Timeout = TimeSpan.FromSeconds(5),
        FailureThreshold = 3,
        StartPeriod = TimeSpan.Zero,
    };

    /// <summary>
    /// Why it is not healthy; null where it is. Throws <see cref="MillError.EngineUnavailable"/> where nothing could be found out, as a command is run by the Engine, and that is no fault of the container.
    /// </summary>
    public async Task<string?> LookAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Pause.Timer(health.Timeout), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return health.Kind switch
            {
                HealthKind.Http => await RequestAsync(both.Token).ConfigureAwait(false),
                HealthKind.Tcp => await ConnectAsync(both.Token).ConfigureAwait(false),
                _ => await RunAsync(both.Token, cancellationToken).ConfigureAwait(false),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (health.Kind is HealthKind.Command) await DemandEngineAsync(cancellationToken).ConfigureAwait(false);
            return $"{What} did not answer within {Duration.Format(health.Timeout)}";
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            return $"{What} did not answer: nothing takes connections{(isOnHost ? string.Create(CultureInfo.InvariantCulture, $" (on the network of the host it has to listen on $PORT, {port}; what has a port of its own needs network = \"bridge\")") : "")}";
        }
        catch (MillException e) when (e.Error is not MillError.EngineUnavailable)
        {
            return $"{What} could not run: {e.Message}";
        }
    }

    private string What => health.Kind switch
    {
        HealthKind.Http => $"GET {health.Path}",
        HealthKind.Tcp => string.Create(CultureInfo.InvariantCulture, $"port {port}"),
        _ => "the command",
    };

    private async Task<string?> RequestAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"http://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}{health.Path}"));
        request.Headers.ConnectionClose = true;
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return response.StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices ? null : string.Create(CultureInfo.InvariantCulture, $"{What} was answered with {(int)response.StatusCode}");
    }

    private async Task<string?> ConnectAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host, port ?? 0, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task<string?> RunAsync(CancellationToken limit, CancellationToken cancellationToken)
    {
        // One that takes too long goes on in the container, and is what is looked at next.
        _command ??= docker.RunAsync(container, health.Command!, cancellationToken);
        await ((Task)_command).WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_command.IsCompleted) limit.ThrowIfCancellationRequested();
        var ended = _command;
        _command = null;
        var code = await ended.ConfigureAwait(false);
        // The Engine went away before it ended.
        if (code < 0) throw docker.NotReached(new EndOfStreamException());
        return code is 0 ? null : string.Create(CultureInfo.InvariantCulture, $"the command ended with {code}");
    }

    /// <summary>An Engine that stands still lets commands stand still, too.</summary>
    private async Task DemandEngineAsync(CancellationToken cancellationToken)
    {
        using var limit = new Deadline(EnginePatience, time, cancellationToken);
        try
        {
            await docker.PingAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw docker.NotReached(e);
        }
    }
}

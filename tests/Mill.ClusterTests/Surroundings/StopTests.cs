using System.Net;
using System.Net.Sockets;
using Mill.ClusterTests.Crashes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Surroundings;

/// <summary>How a server ends when it is told to, and where it cannot begin.</summary>
public sealed class StopTests(Announcements announcements) : IClassFixture<Announcements>, IDisposable
{
    private const int Seed = 11;
    private const int Streams = 8;

    private static readonly TimeSpan FewSeconds = TimeSpan.FromSeconds(4);

    private readonly Sandbox _sandbox = new();
    private readonly Expectations _expected = new(Seed);

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData(nameof(Signal.Terminate))]
    [InlineData(nameof(Signal.Interrupt))]
    public async Task A_signal_stops_a_busy_server_soon_and_cleanly(string signal)
    {
        await using (var server = await MillServer.StartAsync(_sandbox)) await StopUnderLoadAsync(server, Enum.Parse<Signal>(signal));
        await using var again = await MillServer.StartAsync(_sandbox);
        await new UnknownOutcomes(again.Api, _expected).ResolveAsync();
        await StoreComparison.AllAsync(again.Api, _expected);
    }

    [Theory]
    [InlineData(nameof(Signal.Terminate))]
    [InlineData(nameof(Signal.Interrupt))]
    public async Task A_signal_during_start_up_ends_it_without_a_word_too_many(string signal)
    {
        var random = new Random(Seed);
        for (var i = 0; i < 12; i++)
        {
            await using var server = MillServer.Launch(_sandbox);
            await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, 500)), TimeProvider.System), server.AddressAsync());
            server.Send(Enum.Parse<Signal>(signal));
            await server.ExitAsync();
            Manners.RequireNoTrace(server.Errors);
        }
        await using var again = await MillServer.StartAsync(_sandbox);
        Assert.Equal(201, (await again.Api.SetAsync("NAME", "value")).Status);
    }

    [Fact]
    public async Task An_address_in_use_is_refused_with_its_name()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        Manners.Require(await MillServer.RefuseAsync(_sandbox, null, null, "--listen", $"{other.LocalEndpoint}"), ExitCode.AddressUnavailable, $"{other.LocalEndpoint}");
        await using var server = await MillServer.StartAsync(_sandbox);
        Assert.Equal(201, (await server.Api.SetAsync("NAME", "value")).Status);
    }

    private async Task StopUnderLoadAsync(MillServer server, Signal signal)
    {
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => server.Api.WatchAsync()));
        var signalled = 0L;
        var load = new Load(server, _expected, Seed, () =>
        {
            signalled = TimeProvider.System.GetTimestamp();
            server.Process.Send(signal);
        });
        Assert.Equal(0, await load.RunAsync(new KillMoment.AfterAnswers(100), _sandbox.Data));
        var time = TimeProvider.System.GetElapsedTime(signalled);
        announcements.Say($"Stopped by {signal} in {time.TotalMilliseconds:F0} ms, with {_expected.Acknowledged} writes acknowledged");
        Assert.True(time < FewSeconds, $"It took {time}.");
        Assert.True(_expected.Acknowledged > 80);
        Manners.RequireNoTrace(server.Process.Errors);
        // Each stream ends as an answer ends, not as a connection breaks.
        foreach (var stream in streams) await stream.CopyToAsync(Stream.Null);
    }
}

using Mill.Client.Contracts;
using Mill.Core.Members;
using Mill.Hosting;
using Mill.Hosting.Cluster;
using Mill.Secrets;
using Mill.Server.Peers;
using Mill.Tests.State;
using Mill.Tests.Vault.Members;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Hosting;

/// <summary>A node looks after its certificate while it runs, for as long as that takes.</summary>
public sealed class CertificateRenewalTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan TwoThirds = ClusterAuthority.NodeLifetime * 2 / 3;
    private static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);

    private readonly TestDirectory _directory = new();
    private readonly RecordingLogger<CertificateRenewal> _log = new();
    private TestCluster _cluster = null!;
    private NodeFiles _files = null!;
    private CurrentCredentials _current = null!;
    private MillException? _refusal;
    private DateTimeOffset _looked;
    private int _asked;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.FoundAsync();
        _files = new(_directory.Path);
        using var key = _files.LoadOrCreateKey();
        using var joined = await _cluster.JoinAsync(2, key: key);
        _files.Save(joined.Authority, joined.Certificate);
        _current = new(_files.Load()!);
    }

    public async Task DisposeAsync()
    {
        _current.Value.Dispose();
        await _cluster.DisposeAsync();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_is_renewed_when_a_third_of_its_time_is_left_and_not_before() => await WhileRunningAsync(async () =>
    {
        var old = _current.Value.Certificate;
        await PassAsync(TwoThirds - LookEvery);
        Assert.Equal(0, _asked);
        _cluster.Vault.Time.Advance(LookEvery);
        await HappensAsync(() => _current.Value.Certificate != old);
        Assert.Equal(old.PublicKey.EncodedKeyValue.RawData, _current.Value.Certificate.PublicKey.EncodedKeyValue.RawData);
        using var kept = _files.Load()!;
        Assert.Equal(kept.Certificate.RawData, _current.Value.Certificate.RawData);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_files.Certificate));
        await PassAsync(TwoThirds - LookEvery);
        Assert.Equal(1, _asked);
    });

    [Fact]
    public async Task A_node_that_is_refused_says_so_and_asks_again_in_an_hour() => await WhileRunningAsync(async () =>
    {
        var old = _current.Value.Certificate;
        _refusal = new(MillError.NoLeader, "Nobody leads.");
        _cluster.Vault.Time.Advance(TwoThirds);
        await HappensAsync(() => _log.Lines.Any(line => line.Id == 3302 && line.Text.Contains("Nobody leads.", StringComparison.Ordinal)));
        Assert.Same(old, _current.Value.Certificate);
        _refusal = null;
        _cluster.Vault.Time.Advance(LookEvery);
        await HappensAsync(() => _current.Value.Certificate != old);
    });

    private async Task WhileRunningAsync(Func<Task> act)
    {
        using var stop = new CancellationTokenSource();
        var running = new CertificateRenewal(_current, _files, AskAsync, Look, _cluster.Vault.Time, _log).RunAsync(stop.Token);
        await HappensAsync(() => _looked == _cluster.Now);
        await act();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private async Task<MembershipResponse> AskAsync(RenewRequest request)
    {
        _asked++;
        return _refusal is { } refusal ? throw refusal : (await _cluster.Members.RenewAsync(_current.Value.Identity.Node, request.CertificateRequest, request.Version, default)).Answer.ToResponse();
    }

    /// <summary>The version is only looked at where the certificate is good for long.</summary>
    private string Look()
    {
        _looked = _cluster.Now;
        return MillVersion.Text;
    }

    /// <summary>So many hours, and a look at their end that found nothing to do.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        _cluster.Vault.Time.Advance(time);
        await HappensAsync(() => _looked == _cluster.Now);
    }

    private static async Task HappensAsync(Func<bool> what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!what())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience);
            await Task.Yield();
        }
    }
}

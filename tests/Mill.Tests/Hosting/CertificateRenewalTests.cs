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
    private byte[]? _authority;

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

    [Fact]
    public async Task A_renewed_authority_is_taken_over_within_an_hour_with_a_certificate_under_it()
    {
        _cluster.Vault.Time.Advance(AuthorityRules.Lifetime - AuthorityRules.RenewedBefore - LookEvery);
        await TakeCertificateAsync();
        _authority = _current.Value.Trust.Authority.RawData;
        await WhileRunningAsync(TakeAuthorityAsync);
    }

    private async Task TakeAuthorityAsync()
    {
        var pin = _current.Value.Trust.Pin;
        await PassAsync(LookEvery);
        Assert.Equal(0, _asked);
        await RenewAuthorityAsync();
        _authority = (await _cluster.Vault.StateAsync()).Authority!.Certificate;
        await PassAsync(LookEvery);
        await HappensAsync(() => _current.Value.Trust.Authority.RawDataMemory.Span.SequenceEqual(_authority));
        Assert.Equal(1, _asked);
        Assert.Equal(pin, _current.Value.Trust.Pin);
        using var kept = _files.Load()!;
        Assert.Equal(_authority, kept.Trust.Authority.RawData);
        Assert.Null(kept.Trust.FindFault(kept.Certificate, PeerUse.Server, _cluster.Now));
        Assert.Equal([_files.Authority, _files.Certificate, _files.Key], Directory.GetFiles(_directory.Path).Order(StringComparer.Ordinal));
        await PassAsync(LookEvery);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task In_the_last_year_of_an_authority_somebody_is_told_every_day()
    {
        using var stop = new CancellationTokenSource();
        var log = new RecordingLogger<AuthorityWatch>();
        var without = new RecordingLogger<AuthorityWatch>();
        var running = new AuthorityWatch(_current, hasEngine: true, _cluster.Vault.Time, log).RunAsync(stop.Token);
        var foreign = new AuthorityWatch(_current, hasEngine: false, _cluster.Vault.Time, without).RunAsync(stop.Token);
        var end = new DateTimeOffset(_current.Value.Trust.Authority.NotAfter.ToUniversalTime());
        _cluster.Vault.Time.Advance(end - AuthorityRules.WarnedBefore - TimeSpan.FromHours(12) - _cluster.Now);
        Assert.Empty(log.Lines);
        _cluster.Vault.Time.Advance(TimeSpan.FromDays(1));
        foreach (var told in (RecordingLogger<AuthorityWatch>[])[log, without]) await HappensAsync(() => told.Lines.Any(line => line.Id is 3304));
        Assert.All(log.Lines, line => Assert.Equal(3304, line.Id));

        // The authority is renewed at last, and the engine goes on as it was started.
        await RenewAuthorityAsync();
        await TakeCertificateAsync();
        _cluster.Vault.Time.Advance(TimeSpan.FromDays(1));
        await HappensAsync(() => log.Lines.Any(line => line.Id is 3305));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(running, foreign));
        Assert.DoesNotContain(without.Lines, line => line.Id is 3305);
    }

    private Task RenewAuthorityAsync() =>
        new AuthorityRenewal(_cluster.Vault.State, leadership: null, _cluster.Vault.Ring, _cluster.Vault.Time, new RecordingLogger<AuthorityRenewal>()).LookAsync(default);

    /// <summary>A new certificate for this node, outside of its own work.</summary>
    private async Task TakeCertificateAsync()
    {
        using var key = _files.LoadOrCreateKey();
        using var renewed = (await _cluster.Members.RenewAsync(_current.Value.Identity.Node, key.Request(), MillVersion.Text, default)).Answer;
        _files.Save(renewed.Authority, renewed.Certificate);
        _current.Replace(_files.Load()!);
    }

    private async Task WhileRunningAsync(Func<Task> act)
    {
        using var stop = new CancellationTokenSource();
        var running = new CertificateRenewal(_current, _files, AskAsync, Look, () => _authority, _cluster.Vault.Time, _log).RunAsync(stop.Token);
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

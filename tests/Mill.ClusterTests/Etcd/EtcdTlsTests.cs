using System.Text;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd;
using Xunit;

namespace Mill.ClusterTests.Etcd;

public sealed class EtcdTlsTests : IAsyncLifetime, IDisposable
{
    private readonly TestAuthority _authority = new();
    private EtcdServer _server = null!;

    public async Task InitializeAsync() => _server = await EtcdServer.StartAsync(_authority, EtcdServer.UsualLimits);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task With_certificates_of_the_same_authority_commits_reads_watches_and_leases_work()
    {
        await using var store = Open(_authority.Client);
        var lease = await store.GrantAsync(TimeSpan.FromMinutes(1), default);
        var commit = await store.CommitAsync(new([new("a", 0)], [Write("a", "1") with { Lease = lease }]), default);
        Assert.True(commit.Succeeded);
        Assert.Equal("1", Encoding.UTF8.GetString((await store.FindAsync("a", default))!.Value.Value.Span));
        Assert.True(await store.KeepAliveAsync(lease, default));
        await foreach (var seen in store.WatchAsync("", commit.Revision - 1, default))
        {
            Assert.Equal(commit.Revision, seen.Revision);
            break;
        }
    }

    [Fact]
    public async Task A_caller_whom_another_authority_vouches_for_is_turned_away()
    {
        using var other = new TestAuthority();
        // With TLS 1.3 we only hear of it after the handshake, and may have sent something by then: so we cannot always tell whether it was heeded.
        await RequireTurnedAwayAsync(new(other.Client.Certificate, _authority.Client.Authorities), [MillError.StorageUnavailable, MillError.NoQuorum], [MillError.StorageUnavailable, MillError.OutcomeUnknown]);
    }

    [Fact]
    public async Task A_member_whom_another_authority_vouches_for_is_not_spoken_to()
    {
        using var other = new TestAuthority();
        await RequireTurnedAwayAsync(new(_authority.Client.Certificate, other.Client.Authorities), [MillError.StorageUnavailable], [MillError.StorageUnavailable]);
    }

    private static StoreWrite Write(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));

    private EtcdStateStore Open(EtcdTls tls) => new(_server.Options with { Tls = tls, GiveUpAfter = TimeSpan.FromMilliseconds(200) }, TimeProvider.System);

    private async Task RequireTurnedAwayAsync(EtcdTls tls, MillError[] reading, MillError[] writing)
    {
        await using var stranger = Open(tls);
        var read = await Assert.ThrowsAsync<MillException>(async () => await stranger.GetRevisionAsync(default));
        Assert.Contains(read.Error, reading);
        var write = await Assert.ThrowsAsync<MillException>(async () => await stranger.CommitAsync(new([], [Write("stranger", "1")]), default));
        Assert.Contains(write.Error, writing);
        await using var ours = Open(_authority.Client);
        Assert.Null(await ours.FindAsync("stranger", default));
    }
}

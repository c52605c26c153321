using System.Text;
using BenchmarkDotNet.Attributes;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Benchmarks.Micro;

/// <summary>What stands between a request and its answer in memory, without HTTP.</summary>
public class StateBenchmarks
{
    private readonly ReadSecret _request = new(VaultFixture.Name(500));
    private VaultFixture _fixture = null!;
    private ClusterState _state = null!;
    private SecretVersion _version = null!;
    private StateChange[] _changes = null!;
    private byte[] _encoded = null!;
    private ExpandEnv _file = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _fixture = VaultFixture.StartAsync().GetAwaiter().GetResult();
        _state = _fixture.State.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        _version = _state.Find(new(TenantId.Default, VaultFixture.Name(500)))!.Current!;
        var next = _version with { Version = 2 };
        _changes = [new(_version.Key, _version with { State = VersionState.Superseded, ValidTo = new(1) }), new(next.Key, next)];
        _encoded = RecordCodec.Encode(_version);
        _file = new(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"# what the next one is for\nKEY_{i}=pg://web:secret({VaultFixture.Name(i)})@db-{i}/app\n"))));
    }

    [Benchmark]
    public async Task ExpandEnv()
    {
        var (expansion, _) = await _fixture.Host.Vault.ExpandEnvAsync(VaultFixture.Caller, _file, CancellationToken.None);
        expansion.Dispose();
    }

    [Benchmark]
    public async Task<object?> Authenticate() => await _fixture.Host.Tokens.AuthenticateAsync(_fixture.Token, null, ReadLevel.Linearizable, CancellationToken.None);

    [Benchmark]
    public async Task Read()
    {
        var (reading, _) = await _fixture.Host.Vault.ReadAsync(VaultFixture.Caller, _request, CancellationToken.None);
        reading.Dispose();
    }

    [Benchmark]
    public object? Find() => _state.Find(new(TenantId.Default, _request.Name));

    [Benchmark]
    public object Apply() => _state.Apply(_changes);

    [Benchmark]
    public object Decode() => RecordCodec.Decode(_version.Key, _encoded);

    [Benchmark]
    public bool MatchPattern() => NamePattern.Matches("bench/*-0*1", "bench/key-00000001");

    [GlobalCleanup]
    public void CleanUp() => _fixture.DisposeAsync().AsTask().GetAwaiter().GetResult();
}

using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Embedded;
using Mill.State.Replica;
using Mill.Vault;

namespace Mill.Benchmarks.Micro;

/// <summary>A whole vault in this process, with a store in a directory that goes away with it.</summary>
internal sealed class VaultFixture : IAsyncDisposable
{
    public const int Secrets = 1_000;

    private static readonly WriteContext Context = new("bench");

    private readonly CancellationTokenSource _stop = new();
    private readonly DirectoryInfo _directory;
    private readonly EmbeddedStateStore _store;
    private readonly Task _committing;

    private VaultFixture(DirectoryInfo directory, EmbeddedStateStore store, LocalState state)
    {
        (_directory, _store, State) = (directory, store, state);
        Host = new(new(Convert.ToBase64String(new byte[32]), null), state, store, leadership: null, TimeProvider.System, NullLoggerFactory.Instance);
        _committing = state.RunAsync(_stop.Token);
    }

    public static Caller Caller { get; } = new("bench", "bench", Role.Operator, TenantId.Default);

    public LocalState State { get; }

    public VaultHost Host { get; }

    public string Token { get; private set; } = "";

    public static SecretName Name(int number) => SecretName.Parse("bench/key-" + number.ToString("D8", CultureInfo.InvariantCulture));

    public static async Task<VaultFixture> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("mill-bench-");
        var store = EmbeddedStateStore.Open(directory.FullName);
        var fixture = new VaultFixture(directory, store, await LocalState.LoadAsync(store, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None));
        await fixture.Host.StartAsync(makeKeyFile: false, CancellationToken.None);
        fixture.Token = (await fixture.Host.EnsureOperatorTokenAsync(null, "dev", "mill dev", CancellationToken.None))!;
        using var value = SecretValue.FromText(new string('v', 100));
        for (var number = 0; number < Secrets; number++)
        {
            await fixture.Host.Vault.SetAsync(Caller, new(Name(number), value, ValueKind.Text), Context, CancellationToken.None);
        }
        return fixture;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _committing;
        await _store.DisposeAsync();
        _stop.Dispose();
        _directory.Delete(recursive: true);
    }
}

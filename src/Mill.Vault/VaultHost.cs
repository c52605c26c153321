using Microsoft.Extensions.Logging;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.KeyRing;
using Mill.Vault.Members;
using Mill.Vault.Tokens;
using Mill.Vault.Versions;

namespace Mill.Vault;

/// <summary>The vault as the server composes it: what it offers, and what it does by itself.</summary>
public sealed class VaultHost
{
    private readonly KeyRing.KeyRing _ring;
    private readonly IReplicatedState _state;
    private readonly ILeadership? _leadership;
    private readonly SealWatch _sealWatch;
    private readonly Housekeeping _housekeeping;
    private readonly AuthorityRenewal _authorityRenewal;
    private readonly TimeProvider _time;

    /// <param name="leadership">Who does the work that is done once in a cluster; null where there is no cluster.</param>
    public VaultHost(VaultOptions options, IReplicatedState state, IStateStore store, ILeadership? leadership, TimeProvider time, ILoggerFactory loggers)
    {
        (_state, _leadership, _time) = (state, leadership, time);
        _ring = new(new(options.MasterKey, options.MasterKeyFile));
        _sealWatch = new(_ring, state, time, loggers.CreateLogger<SealWatch>());
        _housekeeping = new(state, store.Limits, leadership, _ring, time, loggers.CreateLogger<Housekeeping>());
        _authorityRenewal = new(state, leadership, _ring, time, loggers.CreateLogger<AuthorityRenewal>());
        Vault = new SecretsVault(state, store, _ring);
        Tokens = new TokenBook(state, _ring, time);
        Members = new MemberBook(state, _ring, time, loggers.CreateLogger<MemberBook>());
    }

    public IVault Vault { get; }

    public ITokens Tokens { get; }

    public IMembers Members { get; }

    /// <summary>False while nothing could be decided here about a state, because the vault is sealed for it.</summary>
    public bool CanDecide(ClusterState seen) => seen.Cluster is null || !_ring.Status(seen).IsSealed;

    /// <summary>
    /// Reads the master key, and makes this store a cluster if it is none yet. A missing or wrong key is no failure: the vault is then sealed.
    /// Throws <see cref="MillError.InvalidMasterKey"/> for a key that is no key.
    /// </summary>
    /// <param name="makeKeyFile">Make a new key file for a store that holds nothing yet. A store with records never gets a new key.</param>
    public async Task<VaultStart> StartAsync(bool makeKeyFile, CancellationToken cancellationToken)
    {
        // As this node knows it: a node that comes back must find its key before there is a leader to ask.
        var isNew = _leadership is not { IsLeader: false } && (await _state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false)).Cluster is null;
        var madeKeyFile = isNew && makeKeyFile && _ring.Source is { Text: null, Path: { } path } && TryCreate(path);
        _ring.Load();
        if (isNew && _ring.TryGet(out var key)) await _state.CommitAsync(new Initialization(key.Id), cancellationToken).ConfigureAwait(false);
        return new(madeKeyFile, _ring.Status(await _state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>Opens a sealed vault when its key appears, keeps the house, and renews the authority, until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_sealWatch.RunAsync(cancellationToken), _housekeeping.RunAsync(cancellationToken), _authorityRenewal.RunAsync(cancellationToken), _ring.Opened.RunAsync(_time, cancellationToken));

    /// <summary>The given operator token if it still works, or else a new one that takes its place; null while the vault is sealed.</summary>
    /// <param name="subject">Whom it is for, as histories show it.</param>
    /// <param name="creator">What made it. There is one of a subject and a creator at a time.</param>
    public async Task<string?> EnsureOperatorTokenAsync(string? existing, string subject, string creator, CancellationToken cancellationToken)
    {
        var starter = new StarterToken(_state, subject, creator);
        if (existing is not null && await starter.IsValidAsync(existing, cancellationToken).ConfigureAwait(false)) return existing;
        var seen = await _state.ReadAsync(cancellationToken).ConfigureAwait(false);
        return _ring.Status(seen).IsSealed ? null : await starter.CreateAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A backup that the server makes by itself. Throws as <see cref="IVault.BackUpAsync"/> does, but for <see cref="MillError.Forbidden"/>.</summary>
    public async ValueTask<StateBackup> BackUpAsync(BackupOrigin origin, CancellationToken cancellationToken) =>
        StateBackup.Of(await _state.ReadAsync(cancellationToken).ConfigureAwait(false), origin);

    private static bool TryCreate(string path)
    {
        if (File.Exists(path)) return false;
        try
        {
            MasterKeyFile.Create(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else may have made it in this very moment; then it is as good as ours.
            if (File.Exists(path)) return false;
            throw new MillException(MillError.InvalidMasterKey, $"The master key file {path} cannot be made: {e.Message}", e)
            {
                Hint = "Choose another place with --master-key-file.",
            };
        }
    }
}

/// <param name="MadeKeyFile">True where a new master key file was made.</param>
public sealed record VaultStart(bool MadeKeyFile, SealStatus Seal);

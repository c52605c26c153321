using System.Collections.Immutable;
using Mill.Core.Backups;
using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Tests.Core.Backups;

/// <summary>A state with a record of every kind, and backups of it.</summary>
internal static class BackedUp
{
    public const string Name = "file.backup";

    /// <summary>What of a state a backup holds: neither the leader nor the right to join, and of what runs only what is to run.</summary>
    public static ClusterState Kept(ClusterState state) => state with { Leader = null, JoinTokens = ClusterState.Empty.JoinTokens, Fleet = FleetBackup.Of(state.Fleet, state.CommitTime) };

    public static BackupOrigin Origin { get; } = new("1.2.3", new(1_700_000_000_000_001));

    public static ClusterRecord Cluster { get; } = new() { Id = "00112233445566778899aabbccddeeff", KeyId = "0011223344556677", CreatedAt = new(1) };

    private static NodeId Node { get; } = NodeId.From(Samples.Bytes(8, 1));

    private static DeploySpec Spec { get; } = MillFile.Read(new("app.mill", """
        service "web" {
          image = "web:v1"
          port  = 80
          env { KEY = "${secret(z)}" }
          health { path = "/" }
        }
        task "job" { image = "job:v1" }
        registry "example.com" {
          username = "me"
          password = "${secret(y)}"
        }
        """));

    public static ClusterState State { get; } = (States.With(Samples.History(3), Pruned("pruned"), Other("z", VersionState.Deleted), Other("y", VersionState.Destroyed)) with { Revision = 42, CommitTime = new(1000) }).Apply(
    [
        new(new ClusterKey(), Cluster),
        new(new AuthorityKey(), new AuthorityRecord { Certificate = [1, 2], SealedKey = "sealed", KeyId = Cluster.KeyId, CreatedAt = new(2) }),
        new(new RevocationsKey(), new RevocationsRecord { Number = 3, List = [3, 4], Certificates = [new("0b", new(9), Node, new(2))] }),
        new(new NodeKey(Node), new NodeRecord
        {
            Id = Node,
            Name = "n1",
            Address = "10.0.0.1",
            ApiPort = 4400,
            PeerPort = 4401,
            Role = NodeRole.Both,
            JoinedAt = new(3),
            CertificateSerial = "0a",
            CertificateNotAfter = new(4),
            Version = "1.2.3",
        }),
        // Of no use outside of their store, and in no backup.
        new(new LeaderKey(), new LeaderRecord { NodeId = Node, Name = "n1", ElectedAt = new(5) }),
        new(new JoinTokenKey("j1"), new JoinTokenRecord { Id = "j1", SecretHash = Samples.Bytes(32, 9), Role = NodeRole.Both, HandsOverKey = true, CreatedAt = new(5), CreatedBy = "me", ExpiresAt = new(900) }),
        new(new TokenKey("t2"), Token("t2")),
        new(new TokenKey("t1"), Token("t1")),
        new(new RetentionKey(TenantId.Default), new RetentionRecord { Tenant = TenantId.Default, MaxVersions = 3 }),
        new(new FleetKey(), new FleetRecord { NextDeploy = 2, NextAlloc = 2 }),
        new(new ServiceKey("web"), new ServiceRecord { Tenant = TenantId.Default, Spec = Spec.Services[0], Version = 1, Deploy = 1 }),
        new(new TaskKey("job"), new TaskRecord { Tenant = TenantId.Default, Spec = Spec.Tasks[0], Deploy = 1 }),
        new(new RegistryKey(TenantId.Default, "example.com"), new RegistryRecord { Tenant = TenantId.Default, Spec = Spec.Registries[0] }),
        new(new DeployKey(1), new DeployRecord { Number = 1, By = "me", Tenant = TenantId.Default, Kind = DeployKind.Deploy, StartedAt = new(6), EndedAt = new(7), Spec = Spec, Steps = [new("web", StepKind.Add, StepPhase.Done)] }),
        new(new NodeStateKey(Node), new NodeStateRecord { Node = Node, Cpu = 2, Memory = 4_000_000_000, Labels = new Dictionary<string, string> { ["disk"] = "ssd" }, Since = new(6) }),
        new(new AllocKey("web-1"), new AllocRecord
        {
            Id = "web-1",
            Name = "web",
            Kind = AllocKind.Service,
            Tenant = TenantId.Default,
            Node = Node,
            Version = 1,
            Container = Spec.Services[0].Container,
            Health = Spec.Services[0].Health,
            CreatedAt = new(6),
            Status = AllocStatus.Healthy,
            SecretVersions = new Dictionary<string, int> { ["z"] = 1 },
        }),
        new(new TaskTotalsKey(TenantId.Default, "job"), new TaskTotalsRecord { Tenant = TenantId.Default, Name = "job", Started = 2, Lengths = [1, 0, 0, 0, 0, 0, 0, 0, 1], Microseconds = 5, ByHour = ImmutableSortedDictionary<long, int>.Empty.Add(1, 2) }),
        new(new IdempotencyKey("t1", "abc"), new IdempotencyRecord { Fingerprint = [1], Answer = "{\"a\":1}", AppliedAt = new(30) }),
    ]);

    public static async Task<byte[]> BytesAsync(ClusterState? state = null)
    {
        using var to = new MemoryStream();
        await StateBackup.Of(state ?? State, Origin).WriteAsync(to, default);
        return to.ToArray();
    }

    /// <summary>A backup that no server would write.</summary>
    public static async Task<byte[]> BytesOfAsync(params (RecordKey Key, StateRecord Record)[] entries)
    {
        using var to = new MemoryStream();
        using var writer = new BackupWriter(to);
        await writer.BeginAsync(StateBackup.Of(State, Origin).Header, default);
        foreach (var (key, record) in entries) await writer.AddAsync(key, record, default);
        await writer.EndAsync(default);
        return to.ToArray();
    }

    public static async Task<BackupReport> CheckAsync(byte[] bytes, Action<SecretVersion>? open = null)
    {
        using var from = new MemoryStream(bytes);
        return await CheckAsync(from, open);
    }

    public static async Task<BackupReport> CheckAsync(Stream from, Action<SecretVersion>? open = null)
    {
        using var reader = await BackupReader.OpenAsync(from, Name, default);
        return await new BackupCheck(reader, open).RunAsync(default);
    }

    private static SecretHistory Pruned(string name)
    {
        var (secret, history) = (SecretName.Parse(name), Samples.History(2, first: 5));
        var versions = history.Versions.ConvertAll(version => version with { Name = secret });
        versions = [versions[0], versions[1] with { Prev = RecordDigest.Of(versions[0]) }];
        return new(secret) { Versions = versions, Pruned = history.Pruned! with { Name = secret } };
    }

    private static SecretHistory Other(string name, VersionState state) =>
        new(SecretName.Parse(name)) { Versions = [Samples.Version(1, 10, 20, state, name: name)] };

    private static TokenRecord Token(string id) => new()
    {
        Id = id,
        SecretHash = Samples.Bytes(32, 7),
        Tenant = TenantId.Default,
        Subject = "s",
        Role = Role.Reader,
        Allow = ["a*"],
        CreatedAt = new(5),
        CreatedBy = "me",
    };
}

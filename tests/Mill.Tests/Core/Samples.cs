using Mill.Core.Access;
using Mill.Core.Model;

namespace Mill.Tests.Core;

/// <summary>Records and callers for tests that care about one field only.</summary>
internal static class Samples
{
    public static SecretName Name { get; } = SecretName.Parse("app.db/password");

    public static SecretId Id { get; } = new(TenantId.Default, Name);

    public static Caller Caller(Role role = Role.Operator, string? allow = null, string? deny = null) =>
        new("token", "tester", role, TenantId.Default) { Allow = allow is null ? [] : [allow], Deny = deny is null ? [] : [deny] };

    public static SecretVersion Version(int version, long from, long? to = null, VersionState state = VersionState.Current, byte[]? prev = null, string name = "app.db/password") => new()
    {
        Tenant = TenantId.Default,
        Name = SecretName.Parse(name),
        Version = version,
        ValidFrom = new(from),
        ValidTo = to is { } end ? new(end) : null,
        State = state,
        CreatedBy = "tester",
        RequestId = $"request-{version}",
        Kind = ValueKind.Text,
        KeyId = "0011223344556677",
        WrapSalt = Bytes(32, version),
        WrappedKey = state is VersionState.Destroyed ? null : Bytes(48, version),
        KeyCommitment = Bytes(32, version + 1),
        Nonce = Bytes(12, version),
        Ciphertext = Bytes(20, version),
        Prev = prev ?? RecordDigest.None,
    };

    /// <summary>A sound history: version n is valid from 10n to 10(n + 1), the last one is in the given state.</summary>
    public static SecretHistory History(int count, VersionState last = VersionState.Current, int first = 1)
    {
        var history = new SecretHistory(Name);
        if (first > 1) history = history with { Pruned = new PrunedRecord { Tenant = TenantId.Default, Name = Name, Through = first - 1, Digest = Bytes(32, 99) } };
        for (var number = first; number < first + count; number++)
        {
            var isLast = number == first + count - 1;
            var state = isLast ? last : VersionState.Superseded;
            history = history with { Versions = history.Versions.Add(Version(number, number * 10, state is VersionState.Current ? null : (number + 1) * 10, state, history.LastDigest)) };
        }
        return history;
    }

    public static NodeId NodeId(int number) => Mill.Core.Model.NodeId.From([0, 0, 0, 0, 0, 0, 0, (byte)number]);

    public static NodeRecord Node(int number) => new()
    {
        Id = NodeId(number),
        Name = $"n{number}",
        Address = $"10.0.0.{number}",
        ApiPort = 7701,
        PeerPort = 7702,
        Role = NodeRole.Both,
        JoinedAt = new(number),
        CertificateSerial = "4a",
        CertificateNotAfter = new(number + 100),
        Version = "0.1.0",
    };

    public static JoinTokenRecord JoinToken(string id) =>
        new() { Id = id, SecretHash = Bytes(32, 5), Role = NodeRole.Both, HandsOverKey = true, CreatedAt = new(1), CreatedBy = "tester", ExpiresAt = new(1000) };

    public static byte[] Bytes(int length, int fill) => [.. Enumerable.Range(0, length).Select(i => (byte)(fill + i))];
}

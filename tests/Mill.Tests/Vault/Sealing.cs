using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Tests.Core;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Tests.Vault;

/// <summary>Keys and sealed records for tests.</summary>
internal static class Sealing
{
    public const string Cluster = "cluster-1";

    public static string KeyText(int fill = 1) => Convert.ToBase64String(Samples.Bytes(MasterKey.Size, fill));

    public static MasterKey Key(int fill = 1) => MasterKey.From(Samples.Bytes(MasterKey.Size, fill));

    public static Unsealed Unsealed { get; } = new(Key(), Cluster);

    public static SecretVersion Seal(int version = 1, string value = "hunter2", byte[]? prev = null, string createdBy = "ci", string requestId = "r")
    {
        using var secret = SecretValue.FromText(value);
        return EnvelopeSealer.Seal(Unsealed, new VersionDraft(Samples.Id, version, new(version * 10), createdBy, requestId, ValueKind.Text, prev ?? RecordDigest.None), secret);
    }

    public static string Open(SecretVersion record, Unsealed? unsealed = null)
    {
        using var value = EnvelopeSealer.Open(unsealed ?? Unsealed, record);
        return value.Reveal(System.Text.Encoding.UTF8.GetString);
    }
}

using Mill.Core.Members;
using Mill.Core.Model;

namespace Mill.Vault.Members;

/// <summary>The list of certificates that are out, as it changes.</summary>
internal static class Revoking
{
    /// <summary>The next list: of what was out already and of nodes that go now.</summary>
    public static StateChange Next(ClusterAuthority authority, RevocationsRecord? before, IEnumerable<NodeRecord> gone, Timestamp now)
    {
        var certificates = RevocationRules.Without(before, gone, now);
        var number = (before?.Number ?? 0) + 1;
        return new(new RevocationsKey(), new RevocationsRecord { Number = number, List = authority.List(certificates, number, now), Certificates = certificates });
    }
}

using System.Security.Cryptography;
using System.Text;
using Mill.Core.Access;
using Mill.Core.Ports;

namespace Mill.Vault.Versions;

/// <summary>How the answer to a request is remembered.</summary>
internal static class Remembering
{
    /// <summary>Null where the caller sent no key. The tenant is part of every request, so it is part of every fingerprint.</summary>
    public static Idempotency? Of(Caller caller, WriteContext context, Func<Fingerprint> fingerprint)
    {
        if (context.IdempotencyKey is not { } key) return null;
        using var print = fingerprint();
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)));
        return new(new(caller.TokenId, digest), print.Add(caller.Tenant.Value).ToArray());
    }
}

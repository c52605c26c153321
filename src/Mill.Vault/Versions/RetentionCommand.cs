using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>Sets how much history a tenant keeps; with neither limit, all of it. The housekeeping removes what is over the limit afterwards.</summary>
internal sealed class RetentionCommand : VaultCommand<Done>
{
    private readonly RetentionRecord _retention;

    public RetentionCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, RetentionRecord retention, WriteContext context)
        : base(ring, AnswerJson.Default.Done)
    {
        _retention = retention with { Tenant = caller.Tenant };
        Idempotency = Remembering.Of(caller, context, () => Fingerprint.Of(unsealed, "retention").Add(retention.MaxVersions).Add(retention.MaxAgeSeconds));
    }

    protected override Decision<Done> Decide(ClusterState state, Timestamp now, Unsealed unsealed)
    {
        var keepsAll = _retention is { MaxVersions: null, MaxAgeSeconds: null };
        return new(new(), [new(new RetentionKey(_retention.Tenant), keepsAll ? null : _retention)]);
    }
}

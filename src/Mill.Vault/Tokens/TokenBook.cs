using System.Security.Cryptography;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Vault.Tokens;

/// <summary>The tokens of the cluster.</summary>
internal sealed class TokenBook(IReplicatedState state, KeyRing.KeyRing ring, TimeProvider time) : ITokens
{
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    public async ValueTask<Caller?> AuthenticateAsync(string token, TenantId? tenant, ReadLevel level, CancellationToken cancellationToken)
    {
        if (!TokenText.TryParse(token, out var text)) return null;
        var isConfirmed = await state.TryConfirmAsync(level, cancellationToken).ConfigureAwait(false);
        var seen = await state.ReadAsync(new StateRead(level, StateSubject.Token(text.Id), isConfirmed), cancellationToken).ConfigureAwait(false);
        var record = seen.Tokens.GetValueOrDefault(text.Id);
        // An unknown id costs the same work as a known one with the wrong secret.
        var matches = CryptographicOperations.FixedTimeEquals(text.HashSecret(), record?.SecretHash ?? NoHash);
        if (!matches || record is null || record.ExpiresAt <= Now(seen)) return null;
        return new(record.Id, record.Subject, record.Role, TenantOf(record, tenant)) { Allow = record.Allow, Deny = record.Deny, IsConfirmed = isConfirmed };
    }

    public async Task<Committed<CreatedToken>> CreateAsync(Caller caller, CreateToken request, WriteContext context, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerTokens);
        var unsealed = ring.Demand(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false));
        return await state.CommitAsync(new CreateTokenCommand(ring, unsealed, caller, request, context), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Observed<IReadOnlyList<TokenRecord>>> ListAsync(Caller caller, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerTokens);
        var seen = await state.ReadAsync(new StateRead(IsConfirmed: caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        return new([.. seen.Tokens.Values.Where(token => token.Tenant == caller.Tenant).OrderBy(token => token.CreatedAt)], seen.Revision);
    }

    public async Task<Committed<Done>> RevokeAsync(Caller caller, string id, WriteContext context, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerTokens);
        var unsealed = ring.Demand(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false));
        return await state.CommitAsync(new RevokeTokenCommand(ring, unsealed, caller, id, context), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A clock that was set back must not bring an expired token back: a commit was later already.</summary>
    private Timestamp Now(ClusterState seen)
    {
        var now = Timestamp.From(time.GetUtcNow());
        return now > seen.CommitTime ? now : seen.CommitTime;
    }

    private static TenantId TenantOf(TokenRecord record, TenantId? named)
    {
        if (named is not { } tenant || tenant == record.Tenant) return record.Tenant;
        return record.Role is Role.Operator
            ? tenant
            : throw new MillException(MillError.Forbidden, "Only an operator may name another tenant than its own.") { Hint = "Leave the tenant out, or use an operator's token." };
    }
}

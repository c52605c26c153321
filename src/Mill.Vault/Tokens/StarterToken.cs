using System.Security.Cryptography;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Vault.Tokens;

/// <summary>The operator token that a server hands to whoever started it. There is one at a time: a new one takes the old one's place.</summary>
internal sealed class StarterToken(IReplicatedState state, string subject, string creator)
{
    /// <summary>True where a text is that of a token which still works.</summary>
    public async ValueTask<bool> IsValidAsync(string text, CancellationToken cancellationToken)
    {
        var seen = await state.ReadAsync(cancellationToken).ConfigureAwait(false);
        return TokenText.TryParse(text, out var token)
            && seen.Tokens.GetValueOrDefault(token.Id) is { } record
            && record.Role is Role.Operator
            && CryptographicOperations.FixedTimeEquals(record.SecretHash, token.HashSecret());
    }

    public async Task<string> CreateAsync(CancellationToken cancellationToken) =>
        (await state.CommitAsync(new Creation(TokenText.Generate(), subject, creator), cancellationToken).ConfigureAwait(false)).Answer;

    private sealed class Creation(TokenText text, string subject, string creator) : StateCommand<string>
    {
        public override Decision<string> Decide(ClusterState state, Timestamp now)
        {
            var record = new TokenRecord
            {
                Id = text.Id,
                SecretHash = text.HashSecret(),
                Tenant = TenantId.Default,
                Subject = subject,
                Role = Role.Operator,
                CreatedAt = now,
                CreatedBy = creator,
            };
            var old = state.Tokens.Values.Where(token => token.Subject == subject && token.CreatedBy == creator);
            return new(text.Reveal(), [.. old.Select(token => new StateChange(new TokenKey(token.Id), null)), new(new TokenKey(record.Id), record)]);
        }
    }
}

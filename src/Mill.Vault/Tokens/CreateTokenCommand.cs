using System.Text;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;
using Mill.Vault.Versions;

namespace Mill.Vault.Tokens;

/// <summary>Makes a token. The text is drawn before the command is decided, so that deciding it again gives the same.</summary>
internal sealed class CreateTokenCommand : StateCommand<CreatedToken>
{
    private readonly KeyRing.KeyRing _ring;
    private readonly Unsealed _unsealed;
    private readonly Caller _caller;
    private readonly CreateToken _request;
    private readonly TokenText _text = TokenText.Generate();

    public CreateTokenCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, CreateToken request, WriteContext context)
    {
        (_ring, _unsealed, _caller, _request) = (ring, unsealed, caller, request);
        Idempotency = Remembering.Of(caller, context, () => Fingerprint.Of(unsealed, "create-token").Add(request.Subject).Add((int)request.Role)
            .Add(string.Join(' ', request.Allow)).Add(string.Join(' ', request.Deny)).Add(request.ExpiresIn?.Ticks));
    }

    public override Decision<CreatedToken> Decide(ClusterState state, Timestamp now)
    {
        _ring.Demand(state);
        var record = new TokenRecord
        {
            Id = _text.Id,
            SecretHash = _text.HashSecret(),
            Tenant = _caller.Tenant,
            Subject = _request.Subject,
            Role = _request.Role,
            Allow = _request.Allow,
            Deny = _request.Deny,
            CreatedAt = now,
            CreatedBy = _caller.Subject,
            ExpiresAt = _request.ExpiresIn is { } length ? now + length : null,
        };
        return new(new(record, _text.Reveal()), [new(new TokenKey(record.Id), record)]);
    }

    /// <summary>Sealed, because it holds the token; a replay shows it again.</summary>
    public override string WriteAnswer(CreatedToken answer, IdempotencyKey key) =>
        TextSealer.Seal(_unsealed, $"{answer.Token}\n{Encoding.UTF8.GetString(RecordCodec.Encode(answer.Record))}", key.ToString());

    public override CreatedToken ReadAnswer(string text, IdempotencyKey key)
    {
        var lines = TextSealer.Open(_unsealed, text, key.ToString()).Split('\n', 2);
        return TokenText.TryParse(lines[0], out var token)
            ? new((TokenRecord)RecordCodec.Decode(new TokenKey(token.Id), Encoding.UTF8.GetBytes(lines[1])), lines[0])
            : throw new MillException(MillError.RecordRejected, "A remembered answer holds no token.");
    }
}

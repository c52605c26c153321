using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mill.Core.Access;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;
using Mill.Vault.Versions;

namespace Mill.Vault.Members;

/// <summary>Makes a join token. Its random parts are drawn before the command is decided, so that deciding it again gives the same.</summary>
internal sealed class CreateJoinTokenCommand : StateCommand<CreatedJoinToken>
{
    private readonly KeyRing.KeyRing _ring;
    private readonly Unsealed _unsealed;
    private readonly Caller _caller;
    private readonly CreateJoinToken _request;
    private readonly string _id = RandomNumberGenerator.GetString(JoinToken.Alphabet, JoinToken.IdLength);
    private readonly string _secret = RandomNumberGenerator.GetString(JoinToken.Alphabet, JoinToken.SecretLength);

    public CreateJoinTokenCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, CreateJoinToken request, WriteContext context)
    {
        (_ring, _unsealed, _caller, _request) = (ring, unsealed, caller, request);
        Idempotency = Remembering.Of(caller, context, () => Fingerprint.Of(unsealed, "create-join-token").Add((int)request.Role)
            .Add(request.ExpiresIn?.Ticks).Add(request.HandsOverKey ? 1 : 0));
    }

    public override Decision<CreatedJoinToken> Decide(ClusterState state, Timestamp now)
    {
        _ring.Demand(state);
        using var authority = X509CertificateLoader.LoadCertificate(MemberBook.DemandAuthority(state).Certificate);
        var token = new JoinToken(_id, _secret, ClusterTrust.PinOf(authority));
        var record = new JoinTokenRecord
        {
            Id = _id,
            SecretHash = token.HashSecret(),
            Role = _request.Role,
            HandsOverKey = _request.HandsOverKey,
            CreatedAt = now,
            CreatedBy = _caller.Subject,
            ExpiresAt = now + (_request.ExpiresIn ?? JoinToken.DefaultLifetime),
        };
        return new(new(record, token.Reveal()), [new(new JoinTokenKey(_id), record)]);
    }

    /// <summary>Sealed, because it holds the token; a replay shows it again.</summary>
    public override string WriteAnswer(CreatedJoinToken answer, IdempotencyKey key) =>
        TextSealer.Seal(_unsealed, $"{answer.Token}\n{Encoding.UTF8.GetString(RecordCodec.Encode(answer.Record))}", key.ToString());

    public override CreatedJoinToken ReadAnswer(string text, IdempotencyKey key)
    {
        var lines = TextSealer.Open(_unsealed, text, key.ToString()).Split('\n', 2);
        return JoinToken.TryParse(lines[0], out var token)
            ? new((JoinTokenRecord)RecordCodec.Decode(new JoinTokenKey(token.Id), Encoding.UTF8.GetBytes(lines[1])), lines[0])
            : throw new MillException(MillError.RecordRejected, "A remembered answer holds no join token.");
    }
}

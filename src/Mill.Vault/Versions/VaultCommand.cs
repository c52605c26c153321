using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>A write that needs the vault to be unsealed, and whose answer is JSON when it is remembered.</summary>
internal abstract class VaultCommand<T>(KeyRing.KeyRing ring, JsonTypeInfo<T> answerType) : StateCommand<T>
{
    public sealed override Decision<T> Decide(ClusterState state, Timestamp now) => Decide(state, now, ring.Demand(state));

    public sealed override string WriteAnswer(T answer, IdempotencyKey key) => JsonSerializer.Serialize(answer, answerType);

    public sealed override T ReadAnswer(string text, IdempotencyKey key) => JsonSerializer.Deserialize(text, answerType)!;

    protected abstract Decision<T> Decide(ClusterState state, Timestamp now, Unsealed unsealed);
}

/// <summary>Answers as they are remembered under an idempotency key.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SetAnswer))]
[JsonSerializable(typeof(Done))]
[JsonSerializable(typeof(TransactionAnswer))]
[JsonSerializable(typeof(StoredSecrets))]
internal sealed partial class AnswerJson : JsonSerializerContext;

using Mill.Core.Model;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Core.Ports;

/// <summary>A <c>.env</c> file whose references to secrets are to be replaced by their values.</summary>
/// <param name="Content">UTF-8.</param>
/// <param name="Format">Who will read it.</param>
/// <param name="At">Take the values of that moment; null takes the current ones.</param>
public sealed record ExpandEnv(ReadOnlyMemory<byte> Content, DotEnvFormat Format = DotEnvFormat.Dotenv, Timestamp? At = null, ReadLevel Level = ReadLevel.Linearizable)
{
    /// <summary>In bytes, with the values in place.</summary>
    public const int MaxSize = 2 << 20;
}

/// <summary>The file with the values in place, and what they were taken from, in the order of the file.</summary>
public sealed record EnvExpansion(PinnedWriter Content, IReadOnlyList<EnvReference> References) : IDisposable
{
    public void Dispose() => Content.Dispose();

    // A record prints its members; the content must never be one of them.
    public override string ToString() => nameof(EnvExpansion);
}

/// <summary>A <c>.env</c> file whose <c>enc(NAME)</c> are to be stored.</summary>
/// <param name="Content">UTF-8.</param>
/// <param name="Values">What is to be stored, by name; the caller disposes them. The file itself may say it, too.</param>
/// <param name="FailOnExisting">Whether a secret that exists stands in the way; otherwise it gets the value as its next version, unless it has it.</param>
public sealed record EncryptEnv(ReadOnlyMemory<byte> Content, IReadOnlyDictionary<string, SecretValue> Values, bool FailOnExisting = false)
{
    /// <summary>How many secrets one file can store.</summary>
    public const int MaxSecrets = Transaction.MaxOperations;

    public static readonly IReadOnlyDictionary<string, SecretValue> NoValues = new Dictionary<string, SecretValue>();

    // A record prints its members; the content must never be one of them.
    public override string ToString() => nameof(EncryptEnv);
}

/// <summary>The file with <c>secret(NAME)</c> in the place of what was stored. It may hold other values, so it is treated as a secret.</summary>
public sealed record EncryptedEnv(PinnedWriter Content, StoredSecrets Stored) : IDisposable
{
    public void Dispose() => Content.Dispose();

    // A record prints its members; the content must never be one of them.
    public override string ToString() => nameof(EncryptedEnv);
}

/// <summary>In the order of the file.</summary>
public sealed record StoredSecrets(IReadOnlyList<StoredSecret> Secrets);

/// <param name="Version">The version made, or found with this value.</param>
public sealed record StoredSecret(string Name, int Version, bool Created, bool Changed);

/// <summary>One <c>secret(NAME)</c> and the version whose value took its place. Lines and columns count from 1.</summary>
public sealed record EnvReference(SecretName Name, int Version, int Line, int Column);

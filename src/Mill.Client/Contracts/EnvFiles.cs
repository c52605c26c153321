using System.Text.Json.Serialization;
using Mill.Secrets;

namespace Mill.Client.Contracts;

/// <summary>Body of <c>POST /v1/env/expand</c>.</summary>
public sealed record ExpandEnvRequest : IDisposable
{
    /// <summary>The file. It may hold values besides references, so it is treated as a secret.</summary>
    [JsonConverter(typeof(SecretTextConverter))]
    public required SecretValue Content { get; init; }

    /// <summary>The values of that moment; without it, the current ones.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Who will read the file: <c>dotenv</c> (the default), <c>shell</c>, <c>docker</c> or <c>json</c>.</summary>
    public string? Format { get; init; }

    public void Dispose() => Content?.Dispose();
}

public sealed record ExpandEnvResponse : IDisposable
{
    [JsonConverter(typeof(SecretTextConverter))]
    public required SecretValue Content { get; init; }

    public required IReadOnlyList<EnvReferenceItem> References { get; init; }

    public void Dispose() => Content?.Dispose();
}

/// <summary>Body of <c>POST /v1/env/encrypt</c>.</summary>
public sealed record EncryptEnvRequest : IDisposable
{
    /// <summary>The file. It may hold values, so it is treated as a secret.</summary>
    [JsonConverter(typeof(SecretTextConverter))]
    public required SecretValue Content { get; init; }

    /// <summary>What <c>enc(NAME)</c> refers to, by name, where the file itself does not say it.</summary>
    [JsonConverter(typeof(SecretTextsConverter))]
    public IReadOnlyDictionary<string, SecretValue>? Values { get; init; }

    /// <summary>Of a secret that exists: <c>update</c> (the default) makes the value its next version, unless it is current; <c>fail</c> refuses the file.</summary>
    public string? OnExisting { get; init; }

    /// <summary>Check everything, answer what would come of it, and store nothing.</summary>
    public bool? DryRun { get; init; }

    public void Dispose()
    {
        Content?.Dispose();
        foreach (var value in Values?.Values ?? []) value.Dispose();
    }
}

public sealed record EncryptEnvResponse : IDisposable
{
    [JsonConverter(typeof(SecretTextConverter))]
    public required SecretValue Content { get; init; }

    public required IReadOnlyList<EnvSecretItem> Secrets { get; init; }

    public void Dispose() => Content?.Dispose();
}

/// <summary>One secret of a file.</summary>
/// <param name="Version">The version made, or found with this value.</param>
/// <param name="Created">Whether the secret was not there before.</param>
public sealed record EnvSecretItem(string Name, int Version, bool Created, bool Changed);

/// <summary>One reference and the version that took its place.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
public sealed record EnvReferenceItem(string Name, int Version, int Line, int Column);

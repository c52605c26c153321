using Mill.Secrets;

namespace Mill.Sync.Pushing;

/// <summary>The vault, as far as a push reads it. Throws <see cref="MillException"/>.</summary>
public interface ISecretSource
{
    /// <summary>Current versions, by name, of what begins with the prefix.</summary>
    Task<IReadOnlyDictionary<string, int>> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>One version; null where it is not there, or no longer. The caller disposes it.</summary>
    Task<SecretValue?> ReadAsync(string name, int version, CancellationToken cancellationToken);
}

using System.Diagnostics.CodeAnalysis;

namespace Mill.Secrets.Providers;

/// <summary>How a lookup ended.</summary>
public enum SecretLookupStatus
{
    NotFound,
    Found,

    /// <summary>Whether there is such a secret could not be found out.</summary>
    Unavailable,
}

/// <summary>The answer to <see cref="ISecretProvider.TryGetAsync"/>.</summary>
public readonly record struct SecretLookup
{
    private SecretLookup(SecretLookupStatus status, string resolvedFrom) => (Status, ResolvedFrom) = (status, resolvedFrom);

    public SecretLookupStatus Status { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsFound => Status is SecretLookupStatus.Found;

    /// <summary>The secret: a copy that the caller owns and disposes.</summary>
    public SecretValue? Value { get; private init; }

    /// <summary>The version, where the provider counts them.</summary>
    public int? Version { get; private init; }

    /// <summary>The name of the provider that gave this answer; of a chain, the link.</summary>
    public string? ResolvedFrom { get; }

    /// <summary>Why nothing is known; with a value, why it may not be the latest.</summary>
    public SecretProviderException? Error { get; private init; }

    public static SecretLookup Found(SecretValue value, string resolvedFrom, int? version = null) =>
        new(SecretLookupStatus.Found, resolvedFrom) { Value = value, Version = version };

    /// <summary>A value that was the right one when <paramref name="error"/> had not happened yet.</summary>
    public static SecretLookup Stale(SecretValue value, string resolvedFrom, int? version, SecretProviderException error) =>
        new(SecretLookupStatus.Found, resolvedFrom) { Value = value, Version = version, Error = error };

    public static SecretLookup NotFound(string resolvedFrom) => new(SecretLookupStatus.NotFound, resolvedFrom);

    public static SecretLookup Unavailable(SecretProviderException error) => new(SecretLookupStatus.Unavailable, error.Provider) { Error = error };
}

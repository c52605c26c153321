namespace Mill.Secrets.Providers;

/// <summary>The keys of a provider.</summary>
/// <param name="Keys">Without doubles, in ordinal order.</param>
/// <param name="Errors">Why there may be more, or other ones: a place that could not be asked, a file that could not be read again.</param>
public sealed record SecretKeys(IReadOnlyList<string> Keys, IReadOnlyList<SecretProviderException> Errors)
{
    public static SecretKeys None { get; } = new([], []);

    /// <summary>True where these are all, as far as the provider lists them.</summary>
    public bool IsComplete => Errors.Count == 0;

    internal static SecretKeys Of(IEnumerable<string> keys, params IEnumerable<SecretProviderException?> errors) =>
        new([.. keys.Distinct().Order(StringComparer.Ordinal)], [.. errors.OfType<SecretProviderException>()]);
}

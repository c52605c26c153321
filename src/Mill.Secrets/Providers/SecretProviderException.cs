namespace Mill.Secrets.Providers;

/// <summary>A secret provider could not do what it was asked. Neither the message nor what caused it ever holds a value.</summary>
public abstract class SecretProviderException : MillException
{
    private protected SecretProviderException(MillError error, string provider, string message, Exception? cause)
        : base(error, message, cause) => Provider = provider;

    /// <summary>The name of the provider.</summary>
    public string Provider { get; }
}

/// <summary>There is no such secret.</summary>
public sealed class SecretNotFoundException(string provider, string key)
    : SecretProviderException(MillError.NotFound, provider, $"There is no secret \"{key}\" in {provider}.", null)
{
    public string Key { get; } = key;
}

/// <summary>The place behind a provider could not be read or written; nothing is known of the secret.</summary>
public sealed class SecretUnavailableException(string provider, string message, Exception? cause = null, MillError error = MillError.StorageUnavailable)
    : SecretProviderException(error, provider, message, cause);

/// <summary>The provider cannot do this, now or later.</summary>
public sealed class SecretUnsupportedException(string provider, string message)
    : SecretProviderException(MillError.Unsupported, provider, message, null);

/// <summary>A provider cannot work with what it was told, or with what stands in its file.</summary>
public sealed class SecretConfigurationException(string provider, string message, Exception? cause = null)
    : SecretProviderException(MillError.Configuration, provider, message, cause);

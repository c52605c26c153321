namespace Mill.Secrets.Providers;

/// <summary>What an <see cref="ISecretProvider"/> can do.</summary>
[Flags]
public enum SecretCapabilities
{
    None = 0,
    Read = 1,
    Write = 2,

    /// <summary>Says its keys: all of them, where it watches too.</summary>
    List = 4,
    Watch = 8,

    /// <summary>Values come with a number that grows with each later one of the same key.</summary>
    Version = 16,
}

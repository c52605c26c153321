namespace Mill.Samples.Module;

/// <summary>Who is asked for a secret.</summary>
internal enum SecretMode
{
    /// <summary>What is known, and the supervisor for the rest.</summary>
    CacheThenRemote,

    /// <summary>The supervisor.</summary>
    ForceRemote,

    /// <summary>What is known, and nobody.</summary>
    CacheOnly,
}

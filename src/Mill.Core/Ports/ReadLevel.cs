namespace Mill.Core.Ports;

/// <summary>How fresh a read must be.</summary>
public enum ReadLevel
{
    /// <summary>Holds every write that was acknowledged before, by the word of a leader whose lease is valid.</summary>
    Linearizable,

    /// <summary>The same, by the word of the store's quorum, which trusts no clock.</summary>
    Quorum,

    /// <summary>What this node knows, asking nobody: it may be old.</summary>
    Local,
}

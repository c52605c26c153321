namespace Mill.Core.Model;

/// <summary>Where a version stands in the life of its secret.</summary>
public enum VersionState
{
    /// <summary>The value a plain read gives.</summary>
    Current,

    /// <summary>A later version took its place.</summary>
    Superseded,

    /// <summary>It was current when the secret was deleted.</summary>
    Deleted,

    /// <summary>Its wrapped data key is gone: the value cannot be recovered, the metadata stays.</summary>
    Destroyed,
}

/// <summary>Whether a value was given as text or as bytes, and so how it is given back.</summary>
public enum ValueKind
{
    Text,
    Binary,
}

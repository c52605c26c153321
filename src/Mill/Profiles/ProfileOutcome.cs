namespace Mill.Profiles;

/// <summary>What became of the wish of <c>mill dev</c> to be the server of this user's profile.</summary>
internal enum ProfileOutcome
{
    Written,

    /// <summary>Somebody wrote the profile by hand.</summary>
    SomebodysOwn,

    /// <summary>What is there is no profile, and nobody knows what it was to be.</summary>
    Damaged,

    /// <summary>Another dev server has it, and answers.</summary>
    InUse,
}

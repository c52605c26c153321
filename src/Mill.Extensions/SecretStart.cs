namespace Mill.Extensions;

/// <summary>What secrets a program needs before it starts.</summary>
public enum SecretStart
{
    /// <summary>All of them, as they are now. Otherwise the program does not start, and says why.</summary>
    Required,

    /// <summary>All of them as they are now, or else as they were last (<see cref="MillSecretsOptions.LastGoodFile"/>). A place that refuses the token has answered: then the program does not start.</summary>
    LastGood,

    /// <summary>None: what cannot be read comes later.</summary>
    Optional,
}

namespace Mill.Testing.GitHub;

/// <summary>GitHub keeps secrets apart by what reads them.</summary>
public enum FakeStore
{
    /// <summary>For workflows.</summary>
    Actions,

    /// <summary>For the runs that Dependabot begins.</summary>
    Dependabot,

    /// <summary>For development environments.</summary>
    Codespaces,
}

namespace Mill.Testing.GitHub;

/// <summary>What kind of token it is: each says in its own way what it may do.</summary>
public enum FakeTokenKind
{
    /// <summary><c>ghp_</c>: has scopes, everywhere that its owner may go.</summary>
    Classic,

    /// <summary><c>github_pat_</c>: has permissions, with one owner.</summary>
    FineGrained,

    /// <summary><c>ghs_</c>: of an app, or of a workflow; has permissions, and ends.</summary>
    Installation,
}

using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Requirements;

/// <summary>What workflows say of secrets.</summary>
/// <param name="Uses">By their places. A name at the top of a workflow is used by each of its environments.</param>
/// <param name="Notes">What cannot be known; the codes are those of <see cref="WorkflowNotes"/>.</param>
public sealed record WorkflowFindings(IReadOnlyList<SecretUse> Uses, IReadOnlyList<MillProblem> Notes);

/// <summary>Why it cannot be known which secrets a workflow uses.</summary>
public static class WorkflowNotes
{
    /// <summary>The name of a secret is computed when the workflow runs.</summary>
    public const string ComputedName = "computed_name";

    /// <summary>All secrets are handed to something.</summary>
    public const string AllSecrets = "all_secrets";

    /// <summary>All secrets are handed to another workflow.</summary>
    public const string InheritedSecrets = "inherited_secrets";

    /// <summary>The name of an environment is computed when the workflow runs.</summary>
    public const string ComputedEnvironment = "computed_environment";

    /// <summary>No secret can have the name, so it is always empty.</summary>
    public const string ImpossibleName = "impossible_name";

    /// <summary>The file cannot be read.</summary>
    public const string UnreadableWorkflow = "unreadable_workflow";
}

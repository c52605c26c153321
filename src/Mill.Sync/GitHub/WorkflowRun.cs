namespace Mill.Sync.GitHub;

/// <summary>A run of a workflow (https://docs.github.com/en/rest/actions/workflow-runs).</summary>
/// <param name="Title">What <c>run-name</c> made of it.</param>
/// <param name="Status">Such as <c>queued</c>, <c>in_progress</c> or <c>completed</c>.</param>
/// <param name="Conclusion">Such as <c>success</c> or <c>failure</c>; null while it runs.</param>
/// <param name="Page">Where a person looks at it.</param>
public sealed record WorkflowRun(long Id, string Title, string Status, string? Conclusion, Uri Page)
{
    public bool IsOver => Status is "completed";

    public bool HasSucceeded => IsOver && Conclusion is "success";
}

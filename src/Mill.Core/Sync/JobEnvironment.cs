namespace Mill.Core.Sync;

/// <summary>The environment that a job runs in. Names that differ in case only are one environment.</summary>
/// <param name="Name">Null where it is computed when the workflow runs.</param>
public sealed record JobEnvironment(string? Name)
{
    public bool Equals(JobEnvironment? other) => other is not null && StringComparer.OrdinalIgnoreCase.Equals(Name, other.Name);

    public override int GetHashCode() => Name is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(Name);
}

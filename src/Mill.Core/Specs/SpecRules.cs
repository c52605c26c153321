using System.Collections.Immutable;
using System.Text.Json;
using Mill.Secrets;

namespace Mill.Core.Specs;

/// <summary>What a spec may say at all, wherever it comes from: not every one was a <c>.mill</c> file.</summary>
public static class SpecRules
{
    public const int MostReplicas = 1000;
    public const int MostCores = 1024;

    /// <summary>In bytes: no engine takes less.</summary>
    public const long LeastMemory = 6 << 20;

    /// <summary>Of everything that is to run, as it is stored, in bytes: it goes into one commit, perhaps twice.</summary>
    public const int MostBytes = 256 << 10;

    /// <summary>Of one container, as it is stored, in bytes: whatever runs of it has its own.</summary>
    public const int MostOfContainer = 64 << 10;

    /// <summary>Of all replicas of a service together.</summary>
    public const int MostOfReplicas = 8 << 20;

    /// <summary>The name of what somebody starts without a template.</summary>
    public const string Inline = "run";

    /// <summary>Of waiting, checking, draining, ending.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    public static readonly TimeSpan LongestTask = TimeSpan.FromDays(30);

    /// <summary>Throws <see cref="MillError.InvalidSpec"/> with everything that is wrong with it.</summary>
    /// <returns>The same, written in the one way there is to write it: what says the same is the same.</returns>
    public static DeploySpec Demand(DeploySpec spec)
    {
        var problems = new SpecProblems();
        problems.Look(spec);
        if (problems.Found.Count is 0 && JsonSerializer.SerializeToUtf8Bytes(spec, SpecJson.Default.DeploySpec).Length > MostBytes) problems.Add("This", $"is larger than {ByteSize.Rough(MostBytes)}: store large values as secrets.");
        if (problems.Found.Count is 0) return Normal(spec);
        throw new MillException(MillError.InvalidSpec, problems.Found.Count is 1 ? problems.Found[0] : $"{problems.Found.Count} things are wrong.")
        {
            Problems = problems.Found.Count is 1 ? [] : [.. problems.Found.Select(problem => new MillProblem(MillError.InvalidSpec.ToCode(), problem))],
        };
    }

    /// <summary>As <see cref="Demand(DeploySpec)"/>, for a task that is started without a template.</summary>
    public static TaskSpec Demand(TaskSpec task)
    {
        var problems = new SpecProblems();
        problems.Look(task);
        return problems.Found.Count is 0 ? Normal(task) : throw new MillException(MillError.InvalidSpec, problems.Found[0]);
    }

    private static DeploySpec Normal(DeploySpec spec) => spec with
    {
        Services = [.. spec.Services.OrderBy(service => service.Name, StringComparer.Ordinal).Select(service => service with { Container = Normal(service.Container) })],
        Tasks = [.. spec.Tasks.OrderBy(task => task.Name, StringComparer.Ordinal).Select(Normal)],
        Registries = [.. spec.Registries.OrderBy(registry => registry.Address, StringComparer.Ordinal)],
    };

    private static TaskSpec Normal(TaskSpec task) => task with { Container = Normal(task.Container) };

    private static ContainerSpec Normal(ContainerSpec container) => container with
    {
        // To divide takes the zeros away that a decimal keeps at its end.
        Cpu = container.Cpu / 1.0000000000000000000000000000m,
        Env = container.Env.ToImmutableSortedDictionary(StringComparer.Ordinal),
        Constraints = container.Constraints.ToImmutableSortedDictionary(StringComparer.Ordinal),
        SecretFiles = [.. container.SecretFiles.OrderBy(file => file.Path, StringComparer.Ordinal)],
        Volumes = [.. container.Volumes.OrderBy(volume => volume.Path, StringComparer.Ordinal)],
    };
}

using Mill.Core.Model;
using Mill.Node.Docker;

namespace Mill.Node.Agent;

/// <summary>What an agent has to know.</summary>
public sealed record NodeAgentOptions
{
    public required NodeId Node { get; init; }

    /// <summary>At which others reach what runs here.</summary>
    public required string Address { get; init; }

    public required DockerAddress Docker { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>For files with secrets: a tmpfs.</summary>
    public required string MemoryDirectory { get; init; }

    /// <summary>For what is lost with its container.</summary>
    public required string ScratchDirectory { get; init; }

    /// <summary>For what containers wrote, with the values of secrets masked.</summary>
    public string LogDirectory { get => field ?? ScratchDirectory + "-logs"; init; }

    /// <summary>Between two looks at what each container takes.</summary>
    public TimeSpan UsageEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two signs of life, where there is nothing else to say.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After what did not work.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}

using Mill.Core.Model;
using Mill.Node.Docker;
using Mill.Node.Logs;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>What an agent has to know.</summary>
public sealed record NodeAgentOptions
{
    public required NodeId Node { get; init; }

    /// <summary>The id of the cluster that the node is of: containers of another one are never touched.</summary>
    public required string Cluster { get; init; }

    /// <summary>At which others reach what runs here.</summary>
    public required string Address { get; init; }

    public required DockerAddress Docker { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>For files with secrets: a tmpfs. Null where there is none; then what needs such files does not start, and all else does.</summary>
    public required string? MemoryDirectory { get; init; }

    /// <summary>For what is lost with its container.</summary>
    public required string ScratchDirectory { get; init; }

    /// <summary>For what containers wrote, with the values of secrets masked.</summary>
    public string LogDirectory { get => field ?? ScratchDirectory + "-logs"; init; }

    /// <summary>After the end of their allocation, how long logs are kept.</summary>
    public TimeSpan LogRetention { get; init; } = LogStore.Kept;

    /// <summary>For the logs of all allocations together, in bytes. Where it is more, what is oldest goes.</summary>
    public long LogRoom { get; init; } = LogStore.Most;

    /// <summary>For what the agent keeps of itself. It must be there as long as the node is.</summary>
    public string AgentFile { get => field ?? ScratchDirectory + "-agent.json"; init; }

    /// <summary>Puts a file of the agent's own in its place: as a whole or not at all, and for good, whatever becomes of the machine. What it throws of <see cref="MillException"/> and <see cref="IOException"/> is no harm.</summary>
    public required Action<string, byte[]> WriteFile { get; init; }

    /// <summary>Between two looks at what each container takes.</summary>
    public TimeSpan UsageEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two signs of life, where there is nothing else to say.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After what did not work.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}

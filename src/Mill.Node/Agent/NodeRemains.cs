using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>What a node has on its machine besides its data directory: containers, and files with secrets in memory. For whoever takes the node away, once its agent has ended.</summary>
public sealed class NodeRemains
{
    private readonly AgentFile _file;
    private readonly TimeProvider _time;

    private NodeRemains(AgentFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>The engine that its containers run on.</summary>
    public string Engine => _file.Docker;

    /// <summary>Shows them, where the engine is asked by hand.</summary>
    public string Filter => $"label={ContainerRequest.Node}={_file.Node}";

    /// <summary>Where its files with secrets are; null where there are none.</summary>
    public string? MemoryDirectory => _file.Memory is { } memory && Directory.Exists(memory) ? memory : null;

    /// <summary>Where an agent keeps what is to be known of it.</summary>
    public static string FileIn(string dataDirectory) => Path.Combine(dataDirectory, AgentFile.Name);

    /// <summary>Null where no agent ever ran there.</summary>
    public static NodeRemains? Find(string dataDirectory, TimeProvider time) => AgentFile.Read(FileIn(dataDirectory)) is { } file ? new(file, time) : null;

    /// <summary>How many containers it has. Throws <see cref="MillError.EngineUnavailable"/>.</summary>
    public async Task<int> CountAsync(CancellationToken cancellationToken)
    {
        using var docker = new DockerClient(DockerAddress.Parse(_file.Docker), _time);
        return (await docker.ListAsync(_file.Cluster, _file.Node, cancellationToken).ConfigureAwait(false)).Length;
    }

    /// <summary>Asks its containers to end, ends those that do not within their grace, and removes all of them, with the files in memory. Throws <see cref="MillError.EngineUnavailable"/>, <see cref="MillError.ContainerRefused"/>.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        using var docker = new DockerClient(DockerAddress.Parse(_file.Docker), _time);
        var containers = await docker.ListAsync(_file.Cluster, _file.Node, cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(containers.Select(container => EndAsync(docker, container.Id, cancellationToken))).ConfigureAwait(false);
        RemoveFiles();
    }

    /// <summary>Removes what is in memory.</summary>
    public void RemoveFiles()
    {
        if (MemoryDirectory is { } memory) Directory.Delete(memory, recursive: true);
    }

    private static async Task EndAsync(DockerClient docker, string container, CancellationToken cancellationToken)
    {
        await docker.StopAsync(container, cancellationToken).ConfigureAwait(false);
        await docker.RemoveAsync(container, cancellationToken).ConfigureAwait(false);
    }
}

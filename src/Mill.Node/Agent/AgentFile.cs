using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>What an agent keeps in the data directory of its node: which of its lives it is in, and what it has on this machine besides, for whoever takes the node away.</summary>
/// <param name="Life">Larger than that of every agent of this node before it, whatever becomes of the clock.</param>
/// <param name="Docker">The address of its engine.</param>
/// <param name="Memory">Where its files with secrets are; null where it has no place for any.</param>
internal sealed record AgentFile(long Life, string Cluster, string Node, string Docker, string? Memory)
{
    public const string Name = "agent.json";

    /// <summary>Begins the next life. Where it cannot be kept, it begins all the same: a full disk must not cost the node, and whoever hears a number twice says so.</summary>
    /// <param name="more">By how much the number is to be larger; more than one where others know of a later life.</param>
    public static AgentFile Begin(NodeAgentOptions options, DateTimeOffset now, long more = 1)
    {
        // Where nothing is kept, or not any more: lives were moments once, and this is later than any of those.
        var before = Read(options.AgentFile)?.Life ?? Timestamp.From(now).Microseconds;
        var file = new AgentFile(before + more, options.Cluster, options.Node.Value, options.Docker.ToString(), options.MemoryDirectory);
        file.TryWrite(options);
        return file;
    }

    /// <summary>Null where there is none that can be read.</summary>
    public static AgentFile? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), AgentJson.Default.AgentFile) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>All of it or nothing, and for good: a life that is forgotten begins a second time.</summary>
    private void TryWrite(NodeAgentOptions options)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(options.AgentFile)!);
            options.WriteFile(options.AgentFile, JsonSerializer.SerializeToUtf8Bytes(this, AgentJson.Default.AgentFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MillException)
        {
            // As said above.
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AgentFile))]
internal sealed partial class AgentJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Client.Contracts;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>What a node remembers of itself between starts: <c>node.json</c>. It holds no secret, and is its owner's all the same.</summary>
internal sealed record NodeFile
{
    public const string Name = "node.json";

    /// <summary>The form of this file. A later one is refused: an older Mill does not know what it leaves out.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Null until the node is one of a cluster.</summary>
    public string? NodeId { get; init; }

    public string? ClusterId { get; init; }

    /// <summary>The master key that the cluster's records are sealed with; null where this was not told yet.</summary>
    public string? KeyId { get; init; }

    public required string NodeName { get; init; }

    /// <summary>The IP address at which others reach it.</summary>
    public required string Address { get; init; }

    public required int ApiPort { get; init; }

    public required int PeerPort { get; init; }

    /// <summary><c>vault</c>, <c>api</c> or <c>both</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Null where the key comes from no file, or from <see cref="NodeDirectory.FormerMasterKey"/>.</summary>
    public string? MasterKeyFile { get; init; }

    /// <summary>The etcd program; null for the one that is found.</summary>
    public string? Etcd { get; init; }

    /// <summary>How large the database of etcd may grow, in bytes; null for as large as nobody says otherwise.</summary>
    public long? StorageQuota { get; init; }

    /// <summary>Null where Mill runs etcd itself.</summary>
    public ForeignEtcd? ForeignEtcd { get; init; }

    /// <summary>The members of the engine when this one's was made; null until it was let in.</summary>
    public IReadOnlyDictionary<string, string>? InitialCluster { get; init; }

    /// <summary>Whether those were there before it.</summary>
    public bool JoinsExisting { get; init; }

    /// <summary>The nodes as they were when this one was last told: whom to ask when nobody else is known.</summary>
    public IReadOnlyList<MemberPlace> Members { get; init => field = value ?? []; } = [];

    /// <summary>True once the node was taken out of its cluster.</summary>
    public bool Removed { get; init; }

    /// <summary>Null where there is none. Throws <see cref="MillError.StorageDamaged"/> for one that is none.</summary>
    public static NodeFile? Read(string directory)
    {
        var path = Path.Combine(directory, Name);
        try
        {
            if (!File.Exists(path)) return null;
            if (JsonSerializer.Deserialize(File.ReadAllBytes(path), NodeFileJson.Default.NodeFile) is { Format: 1 } file) return file;
        }
        catch (JsonException)
        {
            // Said below.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.StorageUnavailable, $"{path} cannot be read: {e.Message}", e) { Hint = "Check who owns the data directory." };
        }
        throw new MillException(MillError.StorageDamaged, $"{path} is not one that this version of Mill understands.") { Hint = "Restore it from a copy, or remove the node and let it join again." };
    }

    public void Write(string directory) => PrivateFile.Write(Path.Combine(directory, Name), JsonSerializer.Serialize(this, NodeFileJson.Default.NodeFile) + "\n");
}

/// <summary>An etcd cluster that somebody else runs, and the files to reach it with.</summary>
internal sealed record ForeignEtcd(IReadOnlyList<string> Endpoints, string? Authority, string? Certificate, string? Key);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeFile))]
internal sealed partial class NodeFileJson : JsonSerializerContext;

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mill.Core.Fleet;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Node.Docker;

/// <summary>A container to be made. What is written of it holds values of secrets: it goes to the Engine and nowhere else.</summary>
internal sealed record ContainerRequest(AllocRecord Alloc, string ClusterId, IReadOnlyDictionary<string, SecretValue> Env)
{
    public const string Managed = "mill.managed";
    public const string AllocId = "mill.alloc-id";
    public const string Node = "mill.node";

    /// <summary>The id of the cluster that the node is of: several may use one Engine.</summary>
    public const string Cluster = "mill.cluster";

    public const string HostPort = "mill.host-port";
    public const string Kind = "mill.kind";
    public const string Attempt = "mill.attempt";

    /// <summary>When the allocation was made: after a restore, another one may have the same id.</summary>
    public const string Created = "mill.created";

    /// <summary>Of the secrets that it got, so that whoever takes it up knows what to mask.</summary>
    public const string SecretVersions = "mill.secret-versions";

    /// <summary>Where it was told that other services are, so that whoever takes it up knows whether that is still so.</summary>
    public const string Addressed = "mill.addresses";

    private const long CpuPeriod = 100_000;

    private const int ShortNode = 8;

    /// <summary>On the node; null where it has none.</summary>
    public int? Port { get; init; }

    /// <summary>How many were made before it.</summary>
    public int Restarts { get; init; }

    /// <summary>Of the node: where others reach the port; null for all that it has.</summary>
    public string? PublishOn { get; init; }

    /// <summary>Of the secrets that are in its environment and its files, by name.</summary>
    public IReadOnlyDictionary<string, int> Versions { get; init; } = new Dictionary<string, int>();

    /// <summary>Of the services that are in its environment and its files, by name.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; init; } = new Dictionary<string, string>();

    /// <summary>What the container sees of the node, as <c>there:here</c>.</summary>
    public IReadOnlyList<string> Binds { get; init; } = [];

    /// <summary>Every one has its own, so that an old one that is being removed stands in nobody's way, nor that of another node on the same Engine.</summary>
    public string Name => NameOf(Alloc, Restarts);

    public static string NameOf(AllocRecord alloc, int restarts) => string.Create(CultureInfo.InvariantCulture, $"mill-{alloc.Node.Value[..ShortNode]}-{alloc.Id}-{restarts}");

    /// <summary>Clears what it has written once it is disposed.</summary>
    public PinnedWriter Write()
    {
        var body = new PinnedWriter(4096);
        try
        {
            using var json = new Utf8JsonWriter(body);
            Write(json);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public override string ToString() => $"container {Name} of {Alloc.Container.Image} with {string.Join(", ", Env.Keys)}";

    private void Write(Utf8JsonWriter json)
    {
        var spec = Alloc.Container;
        json.WriteStartObject();
        json.WriteString("Image", spec.Image);
        if (spec.Command is { } command)
        {
            // In the place of all that the image would start.
            Strings(json, "Entrypoint", command.Take(1));
            Strings(json, "Cmd", command.Skip(1));
        }
        json.WriteStartArray("Env"u8);
        foreach (var (name, value) in Env) WriteVariable(json, name, value);
        json.WriteEndArray();
        json.WriteStartObject("Labels");
        json.WriteString(Managed, "true");
        json.WriteString(AllocId, Alloc.Id);
        json.WriteString(Node, Alloc.Node.Value);
        json.WriteString(Cluster, ClusterId);
        json.WriteString(Kind, Alloc.Kind.ToString().ToLowerInvariant());
        json.WriteString(Attempt, Restarts.ToString(CultureInfo.InvariantCulture));
        json.WriteString(Created, Alloc.CreatedAt.ToString());
        json.WriteString(SecretVersions, JsonSerializer.Serialize(new Dictionary<string, int>(Versions), DockerJson.Default.DictionaryStringInt32));
        json.WriteString(Addressed, JsonSerializer.Serialize(new Dictionary<string, string>(Addresses), DockerJson.Default.DictionaryStringString));
        if (Port is { } port) json.WriteString(HostPort, port.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
        if (spec is { Network: ContainerNetwork.Bridge, Port: { } inner })
        {
            json.WriteStartObject("ExposedPorts");
            json.WriteStartObject(TcpPort(inner));
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteNumber("StopTimeout", (int)Math.Ceiling(spec.StopGrace.TotalSeconds));
        WriteHost(json, spec);
        json.WriteEndObject();
    }

    private void WriteHost(Utf8JsonWriter json, ContainerSpec spec)
    {
        json.WriteStartObject("HostConfig");
        json.WriteString("NetworkMode", spec.Network is ContainerNetwork.Bridge ? "bridge" : "host");
        json.WriteNumber("CpuPeriod", CpuPeriod);
        json.WriteNumber("CpuQuota", (long)Math.Max(1_000, spec.Cpu * CpuPeriod));
        json.WriteNumber("Memory", spec.Memory);
        // Without swap, so that a limit is one.
        json.WriteNumber("MemorySwap", spec.Memory);
        Strings(json, "Binds", Binds);
        if (spec is { Network: ContainerNetwork.Bridge, Port: { } inner } && Port is { } outer)
        {
            json.WriteStartObject("PortBindings");
            json.WriteStartArray(TcpPort(inner));
            json.WriteStartObject();
            if (PublishOn is { } address) json.WriteString("HostIp", address);
            json.WriteString("HostPort", outer.ToString(CultureInfo.InvariantCulture));
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        // The agent starts again what ends; the Engine's own log is read as it comes, and need not grow.
        json.WriteStartObject("RestartPolicy");
        json.WriteString("Name"u8, "no"u8);
        json.WriteEndObject();
        json.WriteStartObject("LogConfig");
        json.WriteString("Type", "json-file");
        json.WriteStartObject("Config");
        json.WriteString("max-size", "16m");
        json.WriteString("max-file", "2");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteVariable(Utf8JsonWriter json, string name, SecretValue value) => value.Reveal((json, name), static (text, into) =>
    {
        using var line = new PinnedWriter(into.name.Length + 1 + text.Length);
        Encoding.UTF8.GetBytes(into.name.AsSpan(), line);
        line.Write("="u8);
        line.Write(text);
        into.json.WriteStringValue(line.WrittenSpan);
    });

    private static string TcpPort(int port) => string.Create(CultureInfo.InvariantCulture, $"{port}/tcp");

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}

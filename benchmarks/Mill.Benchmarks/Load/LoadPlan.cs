using System.Text.Json.Serialization;

namespace Mill.Benchmarks.Load;

/// <summary>What a load process is asked to do. It comes on standard input, because it holds a token.</summary>
internal sealed record LoadPlan
{
    public required WorkloadKind Kind { get; init; }

    /// <summary>An address of this machine's loopback.</summary>
    public string Host { get; init; } = "127.0.0.1";

    public required int Port { get; init; }

    public bool Tls { get; init; }

    /// <summary>Requests per second over all connections, at most; zero for as many as are answered.</summary>
    public double Rate { get; init; }

    /// <summary>What follows the path of a read, such as <c>?consistency=quorum</c>.</summary>
    public string Query { get; init; } = "";

    public string Token { get; init; } = "";

    public int Connections { get; init; } = 64;

    /// <summary>How long requests are sent, at most.</summary>
    public double Seconds { get; init; } = 5;

    /// <summary>How many requests are sent, at most.</summary>
    public long MaxRequests { get; init; } = long.MaxValue;

    /// <summary>What the names of the secrets begin with.</summary>
    public string Prefix { get; init; } = "bench/key-";

    /// <summary>How many names there are.</summary>
    public int Names { get; init; } = 1_000;

    public int ValueSize { get; init; } = 100;

    /// <summary>Where the values start to count, so that no run writes what is there already.</summary>
    public long FirstValue { get; init; }
}

internal enum WorkloadKind
{
    /// <summary>A path that needs no secret: <see cref="LoadPlan.Prefix"/> is the path.</summary>
    Path,

    /// <summary>Reads names that exist, in a shuffled order.</summary>
    Read,

    /// <summary>Sets names that were never there.</summary>
    Create,

    /// <summary>Sets names that exist to values they never had.</summary>
    Update,

    /// <summary>Sets names in etcd itself, over gRPC.</summary>
    EtcdPut,

    /// <summary>Sets all names once, 256 to a transaction.</summary>
    Fill,
}

/// <summary>What came of it. Times are in milliseconds.</summary>
internal sealed record LoadResult
{
    public required long Requests { get; init; }

    public required long Failures { get; init; }

    /// <summary>The beginning of the first answer that was no success.</summary>
    public string? FirstFailure { get; init; }

    public required double PerSecond { get; init; }

    public required double P50 { get; init; }

    public required double P90 { get; init; }

    public required double P99 { get; init; }

    public required double Max { get; init; }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(LoadPlan))]
[JsonSerializable(typeof(LoadResult))]
internal sealed partial class LoadJson : JsonSerializerContext;

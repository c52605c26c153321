using System.Globalization;
using System.Text.Json.Nodes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Env;

/// <summary>A server with values of everything that readers trip over, in secrets <c>v-0</c>, <c>v-1</c>, …: 4,000 in a usual run, <c>MILL_VALUES</c> says how many otherwise.</summary>
public sealed class StoredValues : IAsyncLifetime, IDisposable
{
    private const int PerTransaction = 200;

    private static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("MILL_VALUES"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 4000;

    private static readonly string[] Bricks =
    [
        "a", "word", " ", "  ", "\t", "\n", "\n\n", "\r", "\r\n", "'", "\"", "`", "\\", "\\\\", "\\n", "\\r", "\\'", "#", " #", "$x", "${HOME}", "$(id)", "`id`", "=", "(", ")", "secret(v-1)", "\\secret(",
        "é", "😀", "\u00a0", "\u2028", "\ufeff", ";", "&", "|", "%s", "!", "*", "~", "export K1=2", "\nK1=2\n", "\u0001", "\u007f", "-n", "{", "}", "<", ">", "[", "]", ",", ":", "@", "0",
    ];

    private MillServer _server = null!;

    internal Sandbox Sandbox { get; } = new();

    internal MillApi Api => _server.Api;

    internal IReadOnlyList<string> All { get; private set; } = [];

    public async Task InitializeAsync()
    {
        var random = new Random(4);
        All = [.. Enumerable.Range(0, Count).Select(_ => string.Concat(Enumerable.Range(0, random.Next(7)).Select(_ => Bricks[random.Next(Bricks.Length)])))];
        _server = await MillServer.StartAsync(Sandbox);
        foreach (var numbers in Enumerable.Range(0, Count).Chunk(PerTransaction))
        {
            var operations = new JsonArray([.. numbers.Select(i => new JsonObject { ["op"] = "set", ["name"] = $"v-{i}", ["value"] = All[i] })]);
            Assert.Equal(200, (await _server.Api.SendAsync(HttpMethod.Post, "/v1/transactions", new JsonObject { ["operations"] = operations })).Status);
        }
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => Sandbox.Dispose();
}

using System.Globalization;
using System.Text.RegularExpressions;
using Mill.Core.Model;
using Mill.Tests.Server.Fixture;
using Mill.Tests.Vault.Members;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>The metrics are a valid Prometheus exposition (text format 0.0.4).</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task The_text_is_a_valid_exposition_even_with_a_second_server_in_the_process()
    {
        await using var other = await TestServer.StartAsync();
        await using var server = await TestServer.StartAsync();
        await other.Operator.GetAsync("/v1/metrics");
        await server.Operator.PutAsync("a", "1");
        await server.Operator.GetAsync("/v1/secrets/a");
        await server.Operator.SendAsync("BREW", "/v1/secrets/a\"b\\c");
        var answer = (await server.Operator.GetAsync("/v1/metrics")).Is(200);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Header("Content-Type"));
        Assert.EndsWith("\n", answer.Text, StringComparison.Ordinal);
        var families = Parse(answer.Text);
        Assert.Equal("gauge", families["mill_secrets"].Type);
        Assert.Equal(1, Assert.Single(families["mill_secrets"].Samples).Value);
        Assert.Equal("histogram", families["mill_http_request_duration_seconds"].Type);
        Assert.Contains("mill_commit_commands_total", families.Keys);
        Assert.Contains("mill_state_revision", families.Keys);
        foreach (var (name, family) in families.Where(pair => pair.Value.Type is "histogram")) DemandHistogram(name, family);
    }

    [Fact]
    public async Task Every_metric_of_Mill_is_in_the_documents()
    {
        await using var server = await TestServer.StartAsync();
        using var backups = new Mill.Backups.BackupMetrics();
        backups.Succeeded(new(1_000_000));
        await using var cluster = await TestCluster.FoundAsync();
        using var shown = TestCluster.Certificate(cluster.First);
        using var certificates = new Mill.Hosting.Cluster.CertificateMetrics(new(new(shown, cluster.Trust, new(cluster.First.ClusterId, cluster.First.Node.Id, NodeRole.Both))));
        await server.Operator.PutAsync("a", "1");
        var own = Parse((await server.Operator.GetAsync("/v1/metrics")).Is(200).Text).Keys.Where(name => name.StartsWith("mill_", StringComparison.Ordinal)).ToList();

        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "api.md"));

        Assert.Contains("mill_backup_last_success_timestamp_seconds", own);
        Assert.Contains("mill_authority_end_timestamp_seconds", own);
        Assert.Contains("mill_certificate_end_timestamp_seconds", own);
        Assert.All(own, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    private static Dictionary<string, Family> Parse(string text)
    {
        var (families, current) = (new Dictionary<string, Family>(), "");
        var seen = new HashSet<string>();
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Assert.Matches(@"^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* ([^\\]|\\\\|\\n)*$", line);
                current = line.Split(' ')[2];
                Assert.True(families.TryAdd(current, new("", [])), $"{current} stands there twice");
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ');
                Assert.Equal((4, current), (parts.Length, parts[2]));
                Assert.Contains(parts[3], new[] { "counter", "gauge", "histogram" });
                families[current] = families[current] with { Type = parts[3] };
            }
            else
            {
                var sample = Sample().Match(line);
                Assert.True(sample.Success, line);
                var name = sample.Groups["name"].Value;
                Assert.Contains(name, families[current].Type is "histogram" ? [$"{current}_bucket", $"{current}_sum", $"{current}_count"] : new[] { current });
                Assert.True(seen.Add(name + sample.Groups["labels"].Value), $"{line} stands there twice");
                families[current].Samples.Add((name, sample.Groups["labels"].Value, Number(sample.Groups["value"].Value)));
            }
        }
        return families;
    }

    private static void DemandHistogram(string name, Family family)
    {
        foreach (var series in family.Samples.Where(sample => sample.Name == $"{name}_bucket").GroupBy(sample => Bound().Replace(sample.Labels, "")))
        {
            var counts = series.Select(sample => sample.Value).ToList();
            Assert.Equal(counts.Order(), counts);
            Assert.Contains("le=\"+Inf\"", series.Last().Labels, StringComparison.Ordinal);
            var count = Assert.Single(family.Samples, sample => sample.Name == $"{name}_count" && sample.Labels == (series.Key is "{}" ? "" : series.Key));
            Assert.Equal(count.Value, counts[^1]);
        }
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*",?)*\})? (?<value>[-+]?[0-9.]+([eE][-+]?[0-9]+)?|\+Inf|-Inf|NaN)$""")]
    private static partial Regex Sample();

    [GeneratedRegex(""",?le="[^"]*" *""")]
    private static partial Regex Bound();

    private sealed record Family(string Type, List<(string Name, string Labels, double Value)> Samples);
}

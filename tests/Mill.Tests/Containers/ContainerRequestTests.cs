using System.Text.Json;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Node.Docker;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class ContainerRequestTests
{
    [Fact]
    public void A_port_is_published_at_the_address_of_the_node_alone_and_labels_say_whose_it_is()
    {
        var alloc = Specs.Alloc(Specs.Container() with { Network = ContainerNetwork.Bridge, Port = 80, Cpu = 0.5m });
        using var body = new ContainerRequest(alloc, "c1", new Dictionary<string, SecretValue>()) { Port = 20001, PublishOn = "10.0.0.7", Versions = new Dictionary<string, int> { ["db/url"] = 3 }, Addresses = new Dictionary<string, string> { ["api"] = "10.0.0.8:20002" } }.Write();
        using var json = JsonDocument.Parse(body.WrittenMemory);

        var binding = json.RootElement.GetProperty("HostConfig").GetProperty("PortBindings").GetProperty("80/tcp")[0];
        Assert.Equal(("10.0.0.7", "20001"), (binding.GetProperty("HostIp").GetString(), binding.GetProperty("HostPort").GetString()));
        Assert.Equal(50_000, json.RootElement.GetProperty("HostConfig").GetProperty("CpuQuota").GetInt64());
        var labels = json.RootElement.GetProperty("Labels");
        Assert.Equal("{\"db/url\":3}", labels.GetProperty("mill.secret-versions").GetString());
        Assert.Equal("c1", labels.GetProperty("mill.cluster").GetString());
        Assert.Equal("{\"api\":\"10.0.0.8:20002\"}", labels.GetProperty("mill.addresses").GetString());
        Assert.Equal(alloc.CreatedAt.ToString(), labels.GetProperty("mill.created").GetString());
    }

    [Fact]
    public void What_was_asked_for_is_what_the_Engine_is_told_and_values_are_told_to_nobody_else()
    {
        var alloc = Specs.Alloc(Specs.Container() with { Cpu = 2, Memory = 64 << 20, Command = ["/bin/app", "--now"] });
        using var value = SecretValue.FromText("c4n4ry");
        var request = new ContainerRequest(alloc, "c1", new Dictionary<string, SecretValue> { ["DB"] = value }) { Restarts = 3, Binds = ["/here:/there"] };
        using var body = request.Write();
        using var json = JsonDocument.Parse(body.WrittenMemory);

        var (root, host) = (json.RootElement, json.RootElement.GetProperty("HostConfig"));
        Assert.Equal((100_000, 200_000), (host.GetProperty("CpuPeriod").GetInt64(), host.GetProperty("CpuQuota").GetInt64()));
        Assert.Equal((64 << 20, 64 << 20), (host.GetProperty("Memory").GetInt64(), host.GetProperty("MemorySwap").GetInt64()));
        Assert.Equal("/here:/there", host.GetProperty("Binds")[0].GetString());
        Assert.Equal("DB=c4n4ry", root.GetProperty("Env")[0].GetString());
        // In the place of all that the image would start.
        Assert.Equal(("/bin/app", "--now"), (root.GetProperty("Entrypoint")[0].GetString(), root.GetProperty("Cmd")[0].GetString()));
        Assert.Equal(["mill.addresses={}", "mill.alloc-id=web-1", "mill.attempt=3", "mill.cluster=c1", $"mill.created={alloc.CreatedAt}", "mill.kind=service", "mill.managed=true", "mill.node=0102030405060708", "mill.secret-versions={}"],
            root.GetProperty("Labels").EnumerateObject().Select(label => $"{label.Name}={label.Value}").Order(StringComparer.Ordinal));
        Assert.DoesNotContain("c4n4ry", request.ToString(), StringComparison.Ordinal);
        Assert.Contains("DB", request.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("/serve", "[\"/serve\"]", "[]")]
    [InlineData("/serve --fast now", "[\"/serve\"]", "[\"--fast\",\"now\"]")]
    public void A_command_takes_the_place_of_all_that_the_image_would_start(string? command, string? entrypoint, string? arguments)
    {
        using var body = new ContainerRequest(Specs.Alloc(Specs.Container() with { Command = command?.Split(' ') }), "c1", new Dictionary<string, SecretValue>()).Write();
        using var json = JsonDocument.Parse(body.WrittenMemory);
        Assert.Equal(entrypoint, json.RootElement.TryGetProperty("Entrypoint", out var first) ? first.GetRawText() : null);
        Assert.Equal(arguments, json.RootElement.TryGetProperty("Cmd", out var rest) ? rest.GetRawText() : null);
    }

    [Fact]
    public void Two_nodes_on_one_Engine_give_different_names()
    {
        var alloc = Specs.Alloc();
        var other = alloc with { Node = NodeId.From([9, 2, 3, 4, 5, 6, 7, 8]) };
        Assert.NotEqual(ContainerRequest.NameOf(alloc, 0), ContainerRequest.NameOf(other, 0));
        Assert.Equal("mill-01020304-web-1-2", ContainerRequest.NameOf(alloc, 2));
    }

    [Theory]
    [InlineData("created", 1, true)]
    [InlineData("created", 2026, true)]
    [InlineData("exited", 1, true)]
    [InlineData("exited", 2026, false)]
    [InlineData("running", 2026, false)]
    public void What_was_only_made_has_never_run(string status, int year, bool hasNeverRun) =>
        Assert.Equal(hasNeverRun, new ContainerInspectionState(status, status is "running", false, 0, 0, null, new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero), null).HasNeverRun);

    [Theory]
    [InlineData("busybox", true)]
    [InlineData("ghcr.io/org/app:latest", true)]
    [InlineData("ghcr.io:443/org/app", true)]
    [InlineData("ghcr.io/org/app:v1", false)]
    [InlineData("app@sha256:0123", false)]
    public void Only_what_is_meant_to_move_is_fetched_again(string image, bool isMoving) => Assert.Equal(isMoving, ImageName.Parse(image).IsMoving);
}

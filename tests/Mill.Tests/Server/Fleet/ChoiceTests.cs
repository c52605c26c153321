using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Api.Fleet;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>Which containers a name stands for.</summary>
public sealed class ChoiceTests
{
    private FleetState _fleet = FleetState.Empty;

    [Fact]
    public void A_hook_is_no_place_for_a_program_unless_it_is_named_itself()
    {
        Add("web-1", AllocKind.Service);
        Add("web-2", AllocKind.Hook);
        Assert.Equal("web-1", Choose("web"));
        Assert.Equal("web-2", Choose("web-2"));

        _fleet = FleetState.Empty;
        Add("web-2", AllocKind.Hook);
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => Choose("web")).Error);
    }

    [Fact]
    public void Nothing_is_run_in_what_fetches_an_image()
    {
        Add("web-1", AllocKind.Service);
        Add("web-2", AllocKind.Pull);
        Assert.Equal("web-1", Choose("web"));
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => Choose("web-2")).Error);
    }

    [Fact]
    public void What_fetches_an_image_has_no_log()
    {
        Add("web-1", AllocKind.Service);
        Add("web-2", AllocKind.Pull);
        Add("web-3", AllocKind.Hook);
        Assert.Equal(["web-3", "web-1"], Logged("web"));
        Assert.Equal(["web-1"], Logged(null));
        Assert.Empty(Logged("web-2"));
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => new LogSelection("web-2", TenantId.Default).DemandKnown(_fleet)).Error);
        Assert.False(new LogSelection("web-2", TenantId.Default).IsToCome(_fleet));
    }

    private string Choose(string name) => ExecEndpoint.Choose(_fleet, name, TenantId.Default).Id;

    private IEnumerable<string> Logged(string? name) => new LogSelection(name, TenantId.Default).Of(_fleet).Select(alloc => alloc.Id);

    /// <summary>One that is newer than those before it, and runs.</summary>
    private void Add(string id, AllocKind kind)
    {
        var alloc = new AllocRecord
        {
            Id = id,
            Name = "web",
            Kind = kind,
            Tenant = TenantId.Default,
            Node = NodeId.From(new byte[8]),
            Version = 1,
            Container = MillFile.Read(new("app.mill", "task \"web\" { image = \"a\" }")).Tasks[0].Container,
            CreatedAt = new(_fleet.Allocs.Count + 1),
            Status = AllocStatus.Running,
        };
        _fleet = _fleet with { Allocs = _fleet.Allocs.Add(id, alloc) };
    }
}

using System.Text.Json;
using Mill.Client.Contracts;
using Xunit;

namespace Mill.Tests.Client;

/// <summary>A server of another version may leave out what this one says.</summary>
public sealed class LeftOutTests
{
    [Fact]
    public void A_list_that_is_left_out_is_empty()
    {
        var plan = JsonSerializer.Deserialize("""{"services":[{"name":"web","kind":"add"}],"tasks":[{"name":"job","kind":"add"}]}""", MillJson.Default.PlanResponse)!;
        Assert.Empty(plan.Services[0].Differences);
        Assert.Empty(plan.Services[0].Nodes);
        Assert.Empty(plan.Tasks[0].Differences);
    }
}

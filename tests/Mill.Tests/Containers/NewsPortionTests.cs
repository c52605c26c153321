using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Node.Agent;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class NewsPortionTests
{
    /// <summary>What the server takes at once.</summary>
    private const int MostOfBody = 1 << 20;

    [Fact]
    public void However_much_is_new_each_report_is_one_that_is_taken_and_nothing_is_left_out()
    {
        // Whatever it wrote takes the most room there is.
        var news = Enumerable.Range(0, 300).Select(i => new AllocReport { Id = $"web-{i}", Status = AllocStatus.Starting, Reason = new('r', 1000), LastLines = [.. Enumerable.Repeat(new string('\u001b', 500), 20)] }).ToList();
        var told = new List<AllocReport>();
        while (told.Count < news.Count)
        {
            var portion = NewsPortion.Of([.. news.Skip(told.Count)]);
            Assert.NotEmpty(portion);
            Assert.InRange(NodeReportText.Write(new(NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]), 4, 1, new Dictionary<string, string>(), portion)).Length, 1, MostOfBody / 4);
            told.AddRange(portion);
        }
        Assert.Equal(news, told);
    }

    [Fact]
    public void One_that_is_too_large_for_itself_leaves_the_lines_out()
    {
        var large = new AllocReport { Id = "web-1", Status = AllocStatus.Failed, Reason = "why", LastLines = [new('x', NewsPortion.Most)] };
        Assert.Equal([large with { LastLines = null }], NewsPortion.Of([large]));
    }

    [Fact]
    public void Small_ones_go_together()
    {
        var news = Enumerable.Range(0, 100).Select(i => new AllocReport { Id = $"web-{i}", Status = AllocStatus.Running }).ToList();
        Assert.Equal(news, NewsPortion.Of(news));
        Assert.Empty(NewsPortion.Of([]));
    }
}

using Mill.Core.Fleet;

namespace Mill.Node.Agent;

/// <summary>What of all that is new goes into one report: a server takes no more than 1 MiB at once, and what waits for a large one waits for nothing else.</summary>
internal static class NewsPortion
{
    /// <summary>About, in bytes.</summary>
    public const int Most = 128 << 10;

    /// <summary>The first ones, as far as they fit, and one at least. One that is too large for itself leaves the last lines of its container out.</summary>
    public static IReadOnlyList<AllocReport> Of(IReadOnlyList<AllocReport> news)
    {
        var (portion, left) = (new List<AllocReport>(), Most);
        foreach (var one in news)
        {
            var (report, size) = (one, NodeReportText.SizeOf(one));
            if (size > Most) (report, size) = (one with { LastLines = null }, 0);
            if (size > left && portion.Count > 0) break;
            portion.Add(report);
            left -= size;
        }
        return portion;
    }
}

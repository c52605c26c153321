namespace Mill.Simulation.Cluster;

/// <summary>
/// What a seed is like: how slow its network is, and how often which fault comes. Every seed has some faults and not others, because with all of them at once
/// none of them gets far.
/// </summary>
internal sealed record Weather
{
    /// <summary>Milliseconds to the store or another node, one way, at most.</summary>
    public required double Hop { get; init; }

    /// <summary>Milliseconds until a node hears of a commit, at most; for each node.</summary>
    public required IReadOnlyList<double> News { get; init; }

    /// <summary>How many commits the store remembers for those who watch.</summary>
    public required int KnownCommits { get; init; }

    /// <summary>How wrong the wall clocks are.</summary>
    public required IReadOnlyList<TimeSpan> Skews { get; init; }

    public required IReadOnlyDictionary<CommitFate, double> Fates { get; init; }

    public required IReadOnlyList<Trouble> Troubles { get; init; }

    /// <summary>Milliseconds between one trouble and the next, at most.</summary>
    public required double TroubleEvery { get; init; }

    /// <summary>Milliseconds between an answer and the next question of a client, at most.</summary>
    public required double Thought { get; init; }

    public static Weather Of(World world, int nodes)
    {
        var random = world.Random;
        var fates = Enum.GetValues<CommitFate>().Where(fate => fate is not CommitFate.Arrives && random.Next(2) == 0).ToDictionary(fate => fate, _ => random.NextDouble() * 0.06);
        var troubles = Enum.GetValues<Trouble>().Where(_ => random.Next(5) < 2).ToList();
        return new()
        {
            Hop = random.Next(3) == 0 ? 40 : 6,
            News = [.. Enumerable.Range(0, nodes).Select(_ => random.Next(3) == 0 ? 300d : 8d)],
            KnownCommits = random.Next(4) == 0 ? 6 : 4096,
            Skews = [.. Enumerable.Range(0, nodes).Select(_ => random.Next(2) == 0 ? TimeSpan.Zero : world.Between(-4_000, 4_000))],
            Fates = fates,
            Troubles = troubles.Count > 0 ? troubles : Enum.GetValues<Trouble>(),
            TroubleEvery = random.Next(3) == 0 ? 800 : 2_500,
            Thought = random.Next(2) == 0 ? 250 : 900,
        };
    }
}

namespace Mill.Simulation.Cluster;

/// <summary>How a way through the network is, at the moment.</summary>
internal enum Way
{
    Open,

    /// <summary>Whoever tries is told so: nothing was sent.</summary>
    Refused,

    /// <summary>Nothing arrives, and nobody is told.</summary>
    Silent,
}

/// <summary>The ways from one node to the store and to the others. They outlive its processes.</summary>
internal sealed class Routes
{
    private readonly Dictionary<int, Way> _toNodes = [];

    public Way ToStore { get; set; }

    /// <summary>Whether the store hears that this node wants to keep its lease.</summary>
    public bool LosesKeepAlives { get; set; }

    /// <summary>Commits are on their way for very long: they arrive when somebody else leads.</summary>
    public bool HoldsCommits { get; set; }

    /// <summary>What the store has to tell arrives no earlier than this.</summary>
    public long NewsFrom { get; set; }

    /// <summary>The next thing the store tells breaks the stream instead.</summary>
    public bool BreaksNews { get; set; }

    /// <summary>How much longer than usual everything takes that goes to other nodes.</summary>
    public TimeSpan ExtraToNodes { get; set; }

    public Way To(int node) => _toNodes.GetValueOrDefault(node);

    public void Set(int node, Way way) => _toNodes[node] = way;

    public void Heal()
    {
        _toNodes.Clear();
        (ToStore, LosesKeepAlives, HoldsCommits, NewsFrom, BreaksNews, ExtraToNodes) = (Way.Open, false, false, 0, false, TimeSpan.Zero);
    }
}

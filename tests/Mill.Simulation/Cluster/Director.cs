namespace Mill.Simulation.Cluster;

/// <summary>Makes things go wrong, one after another and some at once, until all is calm.</summary>
internal sealed class Director(SimulatedCluster cluster, Weather weather)
{
    private readonly World _world = cluster.World;

    public void Start() => _world.At(_world.Now + _world.Between(100, weather.TroubleEvery).Ticks, Trouble);

    /// <summary>Nothing goes wrong from here on, and what is wrong is mended.</summary>
    public void Calm()
    {
        _world.IsCalm = true;
        foreach (var node in cluster.Nodes)
        {
            node.Routes.Heal();
            node.IsWilling = true;
        }
    }

    private void Trouble()
    {
        if (_world.IsCalm) return;
        var trouble = weather.Troubles[_world.Random.Next(weather.Troubles.Count)];
        var node = AVictim();
        _world.Tally.Note($"{_world.Step} {_world.Now} trouble {trouble} for {node.Name}", $"trouble {trouble}");
        Make(trouble, node, cluster.Nodes[(node.Number + _world.Random.Next(SimulatedCluster.Size - 1)) % SimulatedCluster.Size]);
        Start();
    }

    /// <summary>Most often the leader: the others do little that can go wrong.</summary>
    private SimulatedNode AVictim()
    {
        var any = cluster.Nodes[_world.Random.Next(cluster.Nodes.Count)];
        return _world.Random.Next(5) < 3 ? cluster.Leader ?? any : any;
    }

    private void Make(Trouble trouble, SimulatedNode node, SimulatedNode other)
    {
        var routes = node.Routes;
        switch (trouble)
        {
            case Cluster.Trouble.CutFromStore: For(300, 5_000, isOn => routes.ToStore = isOn ? Way.Refused : Way.Open); break;
            case Cluster.Trouble.SilentStore: For(300, 5_000, isOn => routes.ToStore = isOn ? Way.Silent : Way.Open); break;
            case Cluster.Trouble.LeaseLost: For(3_500, 4_500, isOn => routes.LosesKeepAlives = isOn); break;
            case Cluster.Trouble.CommitsHeld: For(4_000, 6_000, isOn => (routes.HoldsCommits, routes.LosesKeepAlives) = (isOn, isOn)); break;
            case Cluster.Trouble.NewsDelayed: routes.NewsFrom = In(300, 4_000); break;
            case Cluster.Trouble.NewsBroken: routes.BreaksNews = true; break;
            case Cluster.Trouble.StoreCompacted:
                routes.NewsFrom = In(800, 1_200);
                _world.At(routes.NewsFrom - 1, cluster.Store.Inner.Compact);
                break;
            case Cluster.Trouble.LinkCutOneWay: Cut(routes, other); break;
            case Cluster.Trouble.LinkCutBothWays:
                Cut(routes, other);
                Cut(other.Routes, node);
                break;
            case Cluster.Trouble.LinkSlow: For(1_000, 5_000, isOn => routes.ExtraToNodes = isOn ? _world.Between(50, 900) : TimeSpan.Zero); break;
            case Cluster.Trouble.ClockSet: node.Wall.Ahead = _world.Between(-4_000, 4_000); break;
            case Cluster.Trouble.Unwilling: For(2_000, 6_000, isOn => node.IsWilling = !isOn); break;
            default:
                if (node.IsRunning) Make(trouble, node.Process, other);
                break;
        }
    }

    private void Make(Trouble trouble, SimulatedProcess process, SimulatedNode other)
    {
        switch (trouble)
        {
            case Cluster.Trouble.StoppedAtLease: process.LeaseClock.StopAtNextLook(_world.Between(500, 7_000), _world.Chance(0.3)); break;
            case Cluster.Trouble.Stopped: process.Life.Stop(_world.Between(50, 6_000), isAsleep: false); break;
            case Cluster.Trouble.Asleep: process.Life.Stop(_world.Between(50, 6_000), isAsleep: true); break;
            case Cluster.Trouble.Crash: process.Node.Crash(); break;
            case Cluster.Trouble.Resignation: SimulatedProcess.Do(() => process.State.ResignAsync(CancellationToken.None)); break;
            case Cluster.Trouble.HandOver when process.State.IsLeader: SimulatedProcess.Do(() => process.State.HandOverAsync(other.Record, CancellationToken.None)); break;
            default: break;
        }
    }

    private void Cut(Routes from, SimulatedNode to)
    {
        var way = _world.Random.Next(2) == 0 ? Way.Refused : Way.Silent;
        For(300, 4_000, isOn => from.Set(to.Number, isOn ? way : Way.Open));
    }

    private void For(double fromMilliseconds, double toMilliseconds, Action<bool> set)
    {
        set(true);
        _world.At(In(fromMilliseconds, toMilliseconds), () => set(false));
    }

    private long In(double fromMilliseconds, double toMilliseconds) => _world.Now + _world.Between(fromMilliseconds, toMilliseconds).Ticks;
}

using System.Globalization;
using Mill.Client;
using Mill.ClusterTests.Backups;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>One node: a machine, a data directory, and the processes that run there, if they do.</summary>
internal sealed class RigNode(string name, Machine machine, Sandbox sandbox) : IAsyncDisposable
{
    private const int ApiPort = 4400;

    private MillProcess? _process;
    private string _errorsBefore = "";
    private bool _isFrozen;

    public string Name { get; } = name;

    public Machine Machine { get; } = machine;

    public string Directory { get; } = Path.Combine(sandbox.Root, name);

    /// <summary>Where this machine keeps the master key, unless it is told another place.</summary>
    public string KeyFile => Path.Combine(Config, "mill", "master.key");

    public Uri Url { get; } = new($"https://{machine.Address}:{ApiPort}");

    /// <summary>What the processes of this node find in their environment.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Its disk, where that is a small one.</summary>
    public SmallDisk? Disk { get; set; }

    /// <summary>Its clock, where that can be set.</summary>
    public StepClock? Clock { get; set; }

    /// <summary>All that was ever said there, over all starts.</summary>
    public string Errors => _errorsBefore + _process?.Errors;

    public MillProcess Process => _process ?? throw new InvalidOperationException($"{Name} was not started yet.");

    /// <summary>True while its process is there; it may be stopped, or cut off, all the same.</summary>
    public bool Runs => _process is { HasExited: false };

    /// <summary>True where it can be expected to answer.</summary>
    public bool Answers => Runs && !_isFrozen;

    /// <summary>Starts it anew with what it has in its directory, and waits for nothing.</summary>
    public void Launch() => Launch(["server", "--data-dir", Directory]);

    /// <summary>Starts a command of mill on this machine, and waits for nothing.</summary>
    public void Launch(IReadOnlyList<string> arguments)
    {
        if (Runs) throw new InvalidOperationException($"{Name} runs already.");
        _errorsBefore = Errors + $"-- mill {string.Join(' ', arguments)}\n";
        _process = Start(arguments, Environment);
    }

    /// <summary>Another process on this machine, that is not the node.</summary>
    public MillProcess Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        MillProcess.Start(sandbox, arguments, new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["XDG_CONFIG_HOME"] = Config }, Machine.Runner);

    /// <summary>A command on this machine, to its end.</summary>
    public Task<Said> RunAsync(params string[] arguments) => RunAsync(Environment, arguments);

    /// <summary>As an operator does who is at this machine, and asks the node there.</summary>
    public Task<Said> RunAsync(ClusterAccess access, params string[] arguments) =>
        RunAsync(new Dictionary<string, string>(Environment) { ["MILL_ADDRESS"] = $"{Url}", ["MILL_CACERT"] = Path.Combine(Directory, "ca.crt"), ["MILL_TOKEN"] = access.Token }, arguments);

    /// <summary>The loss of the machine: the node and its engine at once.</summary>
    public async Task KillAsync()
    {
        if (!Runs) return;
        Process.Kill();
        KillEngine();
        _isFrozen = false;
        await Process.ExitAsync();
    }

    /// <summary>The loss of several machines at once.</summary>
    public static Task KillAsync(IEnumerable<RigNode> nodes) => Task.WhenAll(nodes.Select(node => node.KillAsync()));

    /// <summary>Only the engine; the node starts it anew.</summary>
    public void KillEngine()
    {
        if (EngineId() is { } engine) Signals.Send(engine, Signal.Kill);
    }

    /// <summary>The engine of this directory: a number in a file may be another's by now, so the process must name the directory itself.</summary>
    public int? EngineId()
    {
        try
        {
            var id = int.Parse(File.ReadAllText(Path.Combine(Directory, "etcd.pid")).Split()[0], CultureInfo.InvariantCulture);
            return File.ReadAllText($"/proc/{id}/cmdline").Contains(Directory, StringComparison.Ordinal) ? id : null;
        }
        catch (IOException)
        {
            return null; // There is none.
        }
    }

    /// <param name="engineToo">Whether its engine stands still as well.</param>
    public void Freeze(bool engineToo = true)
    {
        _isFrozen = true;
        if (engineToo) SendBoth(Signal.Stop);
        else Process.Send(Signal.Stop);
    }

    public void Thaw()
    {
        SendBoth(Signal.Continue);
        _isFrozen = false;
    }

    public async Task<int> StopAsync()
    {
        Process.Send(Signal.Terminate);
        return await Process.ExitAsync();
    }

    public MillClient Client(ClusterAccess access, TimeSpan? timeout = null) =>
        new(new() { Address = Url, Authority = access.Authority, Token = access.Token, Timeout = timeout ?? TimeSpan.FromSeconds(10), WatchSilence = TimeSpan.FromSeconds(20) });

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_process is not null) await _process.DisposeAsync();
        Disk?.Dispose();
        Machine.Dispose();
    }

    public override string ToString() => Name;

    /// <summary>A machine of its own has a home of its own.</summary>
    private string Config => $"{Directory}.config";

    private async Task<Said> RunAsync(IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        await using var process = Start(arguments, environment);
        var exitCode = await process.ExitAsync();
        Manners.RequireNoTrace(process.Errors);
        return new(exitCode, process.Output, process.Errors);
    }

    private void SendBoth(Signal signal)
    {
        if (!Runs) return;
        Process.Send(signal);
        if (EngineId() is { } engine) Signals.Send(engine, signal);
    }
}

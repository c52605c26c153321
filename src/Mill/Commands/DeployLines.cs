using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>A line for everything that has become otherwise, for what reads lines.</summary>
internal sealed class DeployLines(Terminal terminal) : IDeployView
{
    private readonly Dictionary<string, string> _phases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _waits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _statuses = new(StringComparer.Ordinal);

    public void Show(DeployResponse deploy)
    {
        foreach (var step in deploy.Steps)
        {
            foreach (var alloc in step.Allocs.Where(alloc => IsNew(_statuses, alloc.Id, alloc.Status))) terminal.WriteLine(Words.AllocLine(step.Service, alloc));
            if (step.Waits is { } why && IsNew(_waits, step.Service, why)) terminal.WriteLine(Words.StepWaits(step));
            if (step.Phase is not DeployWords.Waiting && IsNew(_phases, step.Service, step.Phase)) terminal.WriteLine(Words.StepLine(step, deploy.StartedAt));
        }
    }

    private static bool IsNew(Dictionary<string, string> known, string id, string now)
    {
        if (known.TryGetValue(id, out var before) && before == now) return false;
        known[id] = now;
        return true;
    }
}

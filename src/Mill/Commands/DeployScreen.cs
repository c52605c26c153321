using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>A deploy on a screen: a line for each service, written over as it goes on.</summary>
internal sealed class DeployScreen(Terminal terminal, TimeProvider time) : IDeployView
{
    private readonly LiveLines _lines = new(terminal);

    public void Show(DeployResponse deploy)
    {
        if (deploy.Steps.Count is 0) return;
        var table = TableOf(deploy, time.GetUtcNow());
        _lines.Draw(DrawnTable.Lines(terminal, table));
    }

    /// <summary>Its services and what was started for them.</summary>
    public static Table TableOf(DeployResponse deploy, DateTimeOffset now)
    {
        var table = new Table("SERVICE", "CHANGE", "PHASE", "TIME", Column.Wrapping("CONTAINERS"));
        foreach (var step in deploy.Steps)
        {
            // The clock of this machine may be behind that of the server.
            var length = step.EndedAt is { } end ? end - deploy.StartedAt : now - deploy.StartedAt;
            table.Add(step.Service, step.Kind, step.Phase, step.Phase is DeployWords.Waiting ? "" : Amounts.Length(length), string.Join(", ", step.Allocs.Select(Words.AllocState).Concat(step.Waits is { } why ? [why] : [])));
        }
        return table;
    }
}

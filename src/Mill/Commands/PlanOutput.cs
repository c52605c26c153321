using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>What a deploy would do: a line for each thing that becomes another.</summary>
internal static class PlanOutput
{
    private const string Unchanged = "none";

    public const string Removed = "remove";

    public static void Print(Terminal terminal, PlanResponse plan)
    {
        var table = new Table("CHANGE", "WHAT", "NAME", Column.Wrapping("HOW"));
        foreach (var service in plan.Services.Where(service => service.Kind is not Unchanged))
        {
            var how = service.Differences.Select(Text).ToList();
            if (service.Nodes.Count > 0) how.Add(Words.PlacedOn(service.Nodes));
            if (service.Unplaced is { } why) how.Add(Words.Unplaced(why));
            Add(table, service.Kind, "service", service.Name, how);
        }
        foreach (var task in plan.Tasks.Where(task => task.Kind is not Unchanged)) Add(table, task.Kind, "task", task.Name, [.. task.Differences.Select(Text)]);
        table.WriteTo(terminal);
        if (table.Rows.Count is 0) terminal.Say(Words.NothingChanges);
    }

    private static void Add(Table table, string kind, string what, string name, List<string> how)
    {
        foreach (var line in how.DefaultIfEmpty("")) table.Add(kind, what, name, line);
    }

    private static string Text(DifferenceItem difference) => (difference.Before, difference.After) switch
    {
        (null, var after) => $"{difference.Path}: {after}",
        (var before, null) => $"{difference.Path}: {before} → -",
        var (before, after) => $"{difference.Path}: {before} → {after}",
    };
}

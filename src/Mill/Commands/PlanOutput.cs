using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>What a deploy would do: a line for each thing that becomes another.</summary>
internal static class PlanOutput
{
    private const string Unchanged = "none";
    private const string Removed = "remove";

    public static void Print(Terminal terminal, PlanResponse plan)
    {
        var table = new Table("CHANGE", "WHAT", "NAME", Column.Wrapping("HOW"));
        foreach (var service in plan.Services.Where(service => service.Kind is not Unchanged))
        {
            var how = service.Differences.Select(Text).ToList();
            how.AddRange((service.Routes ?? []).Select(Words.PlannedRoute));
            how.AddRange((service.Volumes ?? []).Select(Words.PlannedVolume));
            if (service.Order is { } order) how.Add(Words.PlannedOrder(order));
            if (service.Nodes.Count > 0) how.Add(Words.PlacedOn(service.Nodes));
            if (service.Unplaced is { } why) how.Add(Words.Unplaced(why));
            Add(table, service.Kind, "service", service.Name, how);
        }
        foreach (var task in plan.Tasks.Where(task => task.Kind is not Unchanged)) Add(table, task.Kind, "task", task.Name, [.. task.Differences.Select(Text)]);
        table.WriteTo(terminal);
        if (table.Rows.Count is 0) terminal.Say(Words.NothingChanges);
    }

    /// <summary>Asks where something would be gone, and there is somebody to ask. Throws <see cref="MillError.Usage"/> where there is nobody.</summary>
    /// <param name="command">What was typed.</param>
    public static bool MayRemove(Terminal terminal, PlanResponse plan, string command)
    {
        var services = plan.Services.Where(service => service.Kind is Removed).Select(service => service.Name).ToList();
        var tasks = plan.Tasks.Where(task => task.Kind is Removed).Select(task => task.Name).ToList();
        if (services.Count + tasks.Count is 0) return true;
        var why = Words.WouldRemove(services, tasks, plan.BackTo);
        if (!terminal.InputIsTerminal) throw new MillException(MillError.Usage, Words.NobodyToAsk(why)) { Hint = Words.PlanNeedsYesHint(command) };
        if (Prompt.Confirm(terminal, Words.GoOn(why))) return true;
        terminal.Say(Words.NothingDone);
        return false;
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

using System.CommandLine;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill tasks</c>: what can be started by its name.</summary>
internal sealed class TasksCommand : Command
{
    private readonly GlobalOptions _global;

    public TasksCommand(GlobalOptions global)
        : base("tasks", Words.Tasks)
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var answer = await client.ListTemplatesAsync(cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed))
        {
            CliJson.Print(_global.Terminal, answer);
            return ExitCodes.Ok;
        }
        var table = new Table("NAME", "SCHEDULE", "NEXT", "TIMEOUT", Column.Wrapping("IMAGE"), "LAST", Column.Wrapping("OUTCOME"));
        foreach (var template in answer.Templates) table.Add(template.Name, template.Schedule ?? "-", Times.Show(_global.Terminal, template.NextAt, "-"), template.Timeout, template.Image, Times.Show(_global.Terminal, template.LastAt, "-"), OutcomeOf(template));
        table.WriteTo(_global.Terminal);
        if (answer.Templates.Count is 0) _global.Terminal.Say(Words.NoTemplates);
        return ExitCodes.Ok;
    }

    /// <summary>What became of the last one, and of those that were due and did not start.</summary>
    private string OutcomeOf(TemplateItem template)
    {
        var said = new List<string>();
        if (template.LastStatus is { } status) said.Add(template.LastReason is { } why ? $"{status}: {why}" : status);
        if (template.SkippedAt is { } skipped) said.Add(Words.RunSkipped(Times.Show(_global.Terminal, skipped)));
        if (template.Waits is { } waits) said.Add(Words.RunWaits(waits));
        return said.Count is 0 ? "-" : string.Join("; ", said);
    }
}

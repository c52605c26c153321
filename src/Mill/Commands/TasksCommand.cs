using System.CommandLine;
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
        var table = new Table("NAME", "SCHEDULE", "NEXT", "TIMEOUT", Column.Wrapping("IMAGE"));
        foreach (var template in answer.Templates) table.Add(template.Name, template.Schedule ?? "-", Times.Show(_global.Terminal, template.NextAt, "-"), template.Timeout, template.Image);
        table.WriteTo(_global.Terminal);
        if (answer.Templates.Count is 0) _global.Terminal.Say(Words.NoTemplates);
        return ExitCodes.Ok;
    }
}

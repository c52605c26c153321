using System.CommandLine;
using System.Globalization;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill ps</c>: the tasks that run.</summary>
internal sealed class PsCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<bool> _all = Symbols.Flag("--all", Words.PsAllOption);

    public PsCommand(GlobalOptions global)
        : base("ps", Words.Ps)
    {
        _global = global;
        Add(_all);
        SetAction(RunAsync);
    }

    private Table TableOf(IReadOnlyList<TaskResponse> tasks, DateTimeOffset now)
    {
        var table = new Table("ID", "NAME", "NODE", "STATUS", "CPU", "MEM", "STARTED", "ELAPSED", "EXIT", Column.Wrapping("BY"));
        foreach (var task in tasks)
        {
            table.Add(task.Id, task.Name, task.Node, task.Stopping && task.EndedAt is null ? Words.Ending : task.Status,
                Amounts.Share(task.Usage is { } usage ? Amounts.Cores(usage.Cpu) : null, Amounts.Cores(task.Cpu)),
                Amounts.Share(task.Usage is { } used ? Amounts.Memory(used.Memory) : null, Amounts.Memory(task.Memory)),
                Times.Show(_global.Terminal, task.StartedAt, "-"), task.StartedAt is { } started ? Amounts.Length((task.EndedAt ?? now) - started) : "-",
                task.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "-", task.By ?? Words.BySchedule);
        }
        return table;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var answer = await client.ListTasksAsync(parsed.GetValue(_all), cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed))
        {
            CliJson.Print(_global.Terminal, answer);
            return ExitCodes.Ok;
        }
        TableOf(answer.Tasks, _global.Host.Time.GetUtcNow()).WriteTo(_global.Terminal);
        if (answer.Tasks.Count is 0) _global.Terminal.Say(Words.NoRunningTasks);
        return ExitCodes.Ok;
    }
}

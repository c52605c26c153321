using System.CommandLine;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill logs</c></summary>
internal sealed class LogsCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string?> _name;
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = Words.LogFollowOption };
    private readonly NumberOption _tail = new("--tail", Words.LogTailOption);
    private readonly Option<bool> _all = Symbols.Flag("--all", Words.LogAllOption);

    public LogsCommand(GlobalOptions global)
        : base("logs", Words.Logs)
    {
        _global = global;
        _name = FleetSymbols.Log(global);
        _tail.Aliases.Add("-n");
        Add(_name);
        Add(_follow);
        Add(_tail);
        Add(_all);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (name, isAll, isFollowed) = (parsed.GetValue(_name), parsed.GetValue(_all), parsed.GetValue(_follow));
        if (name is not null && isAll) throw UsageErrors.Exclusive("NAME", "--all");
        if (name is null && !isAll) throw new MillException(MillError.Usage, Words.LogOfWhat) { Hint = Words.LogOfWhatHint };
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        if (isAll && (await client.ListServicesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Services.Count is 0)
        {
            _global.Terminal.Say(Words.NoServices);
            return ExitCodes.Ok;
        }
        // One of a service says whose it is, also where there is one only: soon there may be others.
        var view = new LogLines(_global.Terminal, _global.IsJson(parsed), name);
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            var lines = client.ReadLogsAsync(name, isFollowed, _tail.Read(parsed), notice => _global.Terminal.Say(Words.LogNotice(notice)), interrupt.Token);
            await foreach (var line in lines.ConfigureAwait(false)) view.Show(line);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            // The only way for what has no end to end well.
            return ExitCodes.Interrupted;
        }
        if (view.IsEmpty) _global.Terminal.Say(Words.NoLines(name));
        return ExitCodes.Ok;
    }
}

/// <summary>Lines of containers, with the id of the container before each of them where it is not what was asked for; in colours where the screen has some.</summary>
/// <param name="name">What was asked for.</param>
internal sealed class LogLines(Terminal terminal, bool isJson, string? name)
{
    private static readonly int[] Colors = [36, 33, 32, 35, 34, 31];

    private readonly Dictionary<string, int> _colors = new(StringComparer.Ordinal); // in the order in which they came

    public bool IsEmpty { get; private set; } = true;

    public void Show(LogLineItem line)
    {
        IsEmpty = false;
        if (isJson)
        {
            CliJson.Print(terminal, line);
            return;
        }
        // A pipe gets what was written; a screen must not be told to move its cursor.
        var text = terminal.OutputIsTerminal ? string.Join('\t', line.Line.Split('\t').Select(Printable.From)) : line.Line;
        terminal.WriteLine(line.Alloc == name ? text : $"{Prefix(line.Alloc)} {text}");
    }

    private string Prefix(string alloc)
    {
        if (!terminal.Color) return $"[{Printable.From(alloc)}]";
        _colors.TryAdd(alloc, Colors[_colors.Count % Colors.Length]);
        return $"\e[{_colors[alloc]}m[{Printable.From(alloc)}]\e[0m";
    }
}

using System.CommandLine;
using System.Threading.Channels;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill logs</c></summary>
internal sealed class LogsCommand : Command
{
    private const int MostWaiting = 1000;

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
        var services = isAll ? (await client.ListServicesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Services : [];
        if (isAll && services.Count is 0)
        {
            _global.Terminal.Say(Words.NoServices);
            return ExitCodes.Ok;
        }
        var isSeveral = isAll || isFollowed || await HasSeveralAsync(client, name!, cancellationToken).ConfigureAwait(false);
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            IReadOnlyList<string> names = isAll ? [.. services.Select(service => service.Name)] : [name!];
            var lines = names is [var one] ? client.ReadLogsAsync(one, isFollowed, _tail.Read(parsed), interrupt.Token) : MergeAsync(client, names, isFollowed, _tail.Read(parsed), interrupt.Token);
            await foreach (var line in lines.ConfigureAwait(false)) Print(line, isSeveral, _global.IsJson(parsed));
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            // The only way for what has no end to end well.
            return ExitCodes.Interrupted;
        }
        return ExitCodes.Ok;
    }

    /// <summary>Whether lines need to say whose they are. A name that is none is refused by whoever reads the log.</summary>
    private static async Task<bool> HasSeveralAsync(MillClient client, string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.GetServiceAsync(name, all: true, cancellationToken).ConfigureAwait(false)).Allocations.Count > 1;
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            return false;
        }
    }

    /// <summary>The lines of several, by their times where they are all there, and else as they come.</summary>
    private static async IAsyncEnumerable<LogLineItem> MergeAsync(MillClient client, IReadOnlyList<string> names, bool isFollowed, int? tail,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!isFollowed)
        {
            var all = new List<LogLineItem>();
            foreach (var name in names) await foreach (var line in client.ReadLogsAsync(name, false, tail, cancellationToken).ConfigureAwait(false)) all.Add(line);
            foreach (var line in all.OrderBy(line => line.Ts)) yield return line;
            yield break;
        }
        var lines = Channel.CreateBounded<LogLineItem>(MostWaiting);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var readers = Task.WhenAll(names.Select(name => PassAsync(client, name, tail, lines.Writer, stop.Token)));
        // The first that fails ends it for all: what is missing would look like silence.
        var end = readers.ContinueWith(task => lines.Writer.TryComplete(task.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return line;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await end.ConfigureAwait(false);
        }
    }

    private static async Task PassAsync(MillClient client, string name, int? tail, ChannelWriter<LogLineItem> lines, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in client.ReadLogsAsync(name, follow: true, tail, cancellationToken).ConfigureAwait(false)) await lines.WriteAsync(line, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e)
        {
            lines.TryComplete(e);
        }
    }

    private void Print(LogLineItem line, bool isSeveral, bool isJson)
    {
        if (isJson)
        {
            CliJson.Print(_global.Terminal, line);
            return;
        }
        // A pipe gets what was written; a screen must not be told to move its cursor.
        var text = _global.Terminal.OutputIsTerminal ? string.Join('\t', line.Line.Split('\t').Select(Printable.From)) : line.Line;
        _global.Terminal.WriteLine(isSeveral ? $"[{Printable.From(line.Alloc)}] {text}" : text);
    }
}

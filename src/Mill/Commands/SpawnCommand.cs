using System.CommandLine;
using System.Globalization;
using Mill.Client.Contracts;
using Mill.Core.Specs;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill spawn</c>: starts a task of the file, or any image.</summary>
internal sealed class SpawnCommand : Command
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly GlobalOptions _global;
    private readonly Argument<string[]> _task;
    private readonly Option<string?> _image = Symbols.Text("--image", "IMAGE", Words.SpawnImageOption);
    private readonly Option<string?> _cpu = Symbols.Text("--cpu", "CORES", Words.SpawnCpuOption);
    private readonly Option<string?> _memory = Symbols.Text("--memory", "SIZE", Words.SpawnMemoryOption);
    private readonly Option<string?> _timeout = Symbols.Text("--timeout", "TIME", Words.SpawnTimeoutOption);
    private readonly Option<string[]> _env = Symbols.Texts("--env", "NAME=VALUE", Words.SpawnEnvOption);
    private readonly Option<bool> _wait = Symbols.Flag("--wait", Words.SpawnWaitOption);

    public SpawnCommand(GlobalOptions global)
        : base("spawn", Words.Spawn)
    {
        _global = global;
        _task = FleetSymbols.Spawned(global);
        Add(_task);
        Add(_image);
        Add(_cpu);
        Add(_memory);
        Add(_timeout);
        Add(_env);
        Add(_wait);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = Read(parsed);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var task = await client.SpawnAsync(request, cancellationToken).ConfigureAwait(false);
        var isJson = _global.IsJson(parsed);
        if (!parsed.GetValue(_wait))
        {
            if (isJson) CliJson.Print(_global.Terminal, task);
            else _global.Terminal.WriteLine(Printable.From(task.Id));
            if (!isJson) _global.Terminal.Say(Words.Spawned(task));
            return ExitCodes.Ok;
        }
        if (!isJson) _global.Terminal.Say(Words.Spawned(task));
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            while (task.EndedAt is null)
            {
                await Task.Delay(LookEvery, _global.Host.Time, interrupt.Token).ConfigureAwait(false);
                task = await client.GetTaskAsync(task.Id, interrupt.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            _global.Terminal.Say(Words.TaskGoesOn(task.Id));
            return ExitCodes.Interrupted;
        }
        return End(task, isJson);
    }

    /// <summary>The exit code is that of the task, where it has one.</summary>
    private int End(TaskResponse task, bool isJson)
    {
        if (isJson) CliJson.Print(_global.Terminal, task);
        else _global.Terminal.Say(Words.TaskEnded(task));
        foreach (var line in isJson ? [] : task.LastLines ?? []) _global.Terminal.Say($"    {Printable.From(line)}");
        return task.ExitCode ?? (task.Status is DeployWords.Failed ? ExitCodes.Unexpected : ExitCodes.Ok);
    }

    private SpawnRequest Read(ParseResult parsed)
    {
        var (words, image) = (parsed.GetValue(_task) ?? [], parsed.GetValue(_image));
        if (image is null && words.Length is 0) throw new MillException(MillError.Usage, Words.SpawnNothing) { Hint = Words.SpawnNothingHint };
        // What stands after the dashes is a program, and never the name of a task.
        var after = Symbols.AfterDashes(parsed);
        if (image is null && (words.Length > 1 || after > 0)) throw new MillException(MillError.Usage, Words.SpawnCommandOfTask) { Hint = Words.SpawnCommandHint };
        if (image is not null && words.Length > after) throw new MillException(MillError.Usage, Words.SpawnBoth) { Hint = Words.SpawnCommandHint };
        if (image is null && (parsed.GetValue(_cpu) ?? parsed.GetValue(_memory)) is not null) throw new MillException(MillError.Usage, Words.SpawnSizeOfTask);
        return new()
        {
            Task = image is null ? words[0] : null,
            Image = image,
            Command = image is not null && words.Length > 0 ? words : null,
            Cpu = parsed.GetValue(_cpu) is { } cpu ? CoresOf(cpu) : null,
            Memory = parsed.GetValue(_memory) is { } memory ? ByteSize.Parse(memory) is not null ? memory : throw new MillException(MillError.Usage, Words.NotAMemory(memory)) : null,
            Timeout = parsed.GetValue(_timeout) is { } timeout ? Duration.Parse(timeout) is not null ? timeout : throw new MillException(MillError.Usage, Words.NotATimeout(timeout)) : null,
            Env = parsed.GetValue(_env) is { Length: > 0 } env ? Variables(env) : null,
        };
    }

    private static decimal CoresOf(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cores) && cores > 0 ? cores : throw new MillException(MillError.Usage, Words.NotCores(text));

    private static Dictionary<string, string> Variables(string[] given)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in given)
        {
            var sign = text.IndexOf('=', StringComparison.Ordinal);
            // What is wrong is not repeated: it may be a value.
            if (sign < 1) throw new MillException(MillError.Usage, Words.NotAVariable);
            variables[text[..sign]] = text[(sign + 1)..];
        }
        return variables;
    }
}

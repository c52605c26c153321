using System.CommandLine;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Core.Language.Syntax;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill plan</c></summary>
internal sealed class PlanCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<string?> _file = FleetSymbols.MillFile();

    public PlanCommand(GlobalOptions global)
        : base("plan", Words.Plan)
    {
        _global = global;
        Add(_file);
        SetAction(RunAsync);
    }

    /// <summary>A file, and a client to show it to. What is wrong with the file is told before any server is asked.</summary>
    public static async Task<SourceFile> ReadAsync(CliHost host, string? named, CancellationToken cancellationToken)
    {
        var source = await MillSource.ReadAsync(host, MillSource.Find(host, named), cancellationToken).ConfigureAwait(false);
        if (string.IsNullOrWhiteSpace(source.Text)) throw new MillException(MillError.InvalidSpec, Words.MillFileEmpty(source.Name)) { Hint = Words.MillFileEmptyHint };
        MillSource.Parse(source);
        return source;
    }

    /// <summary>Throws what the server finds wrong, with the lines that it is about.</summary>
    public static async Task<T> AskAsync<T>(SourceFile source, Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.InvalidSpec)
        {
            throw MillSource.WithLines(e, source);
        }
        catch (MillException e) when (e.Error is MillError.UnresolvedReferences)
        {
            throw MillSource.WithPlaces(e, source);
        }
    }

    public static Task<PlanResponse> PlanAsync(MillClient client, SourceFile source, CancellationToken cancellationToken) => AskAsync(source, () => client.PlanAsync(source.Text, source.Name, cancellationToken));

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var source = await ReadAsync(_global.Host, parsed.GetValue(_file), cancellationToken).ConfigureAwait(false);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var plan = await PlanAsync(client, source, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, plan);
        else PlanOutput.Print(_global.Terminal, plan);
        return ExitCodes.Ok;
    }
}

using System.CommandLine;
using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Exports;
using Mill.Sync.GitHub;
using Mill.Sync.Requirements;

namespace Mill.Commands;

/// <summary><c>mill sync request</c>: what is missing is asked for at the repository that has it.</summary>
internal sealed class SyncRequestCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string[]> _names = new("NAME") { HelpName = "NAME", Description = Words.SyncNamesArgument, Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _source = Symbols.Text("--source", "OWNER/NAME", Words.SyncSourceOption);
    private readonly Option<string?> _repository = Symbols.Text("--repo", "OWNER/NAME", Words.SyncRepositoryOption);
    private readonly Option<string?> _environment = Symbols.Text("--environment", "NAME", Words.SyncRequestEnvironmentOption);
    private readonly Option<string?> _file = Symbols.Text("--file", "FILE", Words.SyncFileOption);
    private readonly Option<bool> _overwrite = Symbols.Flag("--overwrite", Words.SyncRequestOverwriteOption);
    private readonly DurationOption _deadline = Symbols.Duration("--deadline", Words.SyncDeadlineOption);
    private readonly DurationOption _interval = Symbols.Duration("--interval", Words.SyncIntervalOption);

    public SyncRequestCommand(GlobalOptions global)
        : base("request", Words.SyncRequest)
    {
        _global = global;
        Add(_names);
        Add(_source);
        Add(_repository);
        Add(_environment);
        Add(_file);
        Add(_overwrite);
        Add(_deadline);
        Add(_interval);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var environment = SyncNeeds.EnvironmentOf(parsed.GetValue(_environment));
        var source = SourceOf(parsed);
        var place = SyncPlace.Find(_global.Host);
        var needs = await SyncNeeds.FindAsync(place, parsed.GetValue(_names) ?? [], parsed.GetValue(_file), null, _ => environment, cancellationToken).ConfigureAwait(false);
        var repository = (await RepositoryFinder.FindAsync(
            parsed.GetValue(_repository), _global.Host.Variable(RepositoryFinder.Variable), place.Checkout, GitHubConnection.Address(_global.Host), cancellationToken).ConfigureAwait(false)).Name;

        using var gitHub = GitHubConnection.Open(_global.Host, _global.IsJson(parsed), Words.GitHubRequestTokenHint);
        var check = await new SecretCheck(gitHub).RunAsync(repository, SecretStore.Actions, needs.Required, cancellationToken).ConfigureAwait(false);
        // What could not be read is not asked for: it may be there, with another value.
        if (check.In(SecretState.Unknown).Any()) throw SyncCheckVerdict.Of(check, gitHub.Options.Address)!;
        List<string> wanted = [.. check.Findings.Where(finding => parsed.GetValue(_overwrite) || finding.Standing.State is SecretState.Missing).Select(finding => finding.Required.Name).Distinct()];
        List<string> present = [.. check.Findings.Select(finding => finding.Required.Name).Distinct().Except(wanted)];
        if (wanted.Count > WorkflowFile.MostSecrets) throw new MillException(MillError.TooLarge, Words.SyncTooMany(wanted.Count, WorkflowFile.MostSecrets));

        var target = environment?.Name is { } name ? SecretScope.Of(repository, name) : SecretScope.Of(repository);
        var report = wanted.Count is 0 ? new([], null) : await RequestAsync(parsed, gitHub, source, target, wanted, cancellationToken).ConfigureAwait(false);
        Print(parsed, target, source, present, report);
        if (target.Environment is null && report.Secrets.Any(secret => secret.State is RequestState.Arrived) && _global.Host.Variable(SyncPushOutput.RunVariable) is not null) Say(parsed, Words.SyncTooLateForRun);
        return report.IsComplete ? ExitCodes.Ok : throw Failure(report, source, RepositoryFinder.HostOf(gitHub.Options.Address));
    }

    private RepositoryName SourceOf(ParseResult parsed)
    {
        if (parsed.GetValue(_source) is { } named) return SourceRepository.Parse(named, _source.Name);
        if (_global.Host.Variable(SourceRepository.Variable) is { } variable) return SourceRepository.Parse(variable, SourceRepository.Variable);
        throw new MillException(MillError.Usage, Words.NoSourceRepository) { Hint = Words.NoSourceRepositoryHint };
    }

    private async Task<RequestReport> RequestAsync(ParseResult parsed, GitHubClient gitHub, RepositoryName source, SecretScope target, List<string> names, CancellationToken cancellationToken)
    {
        var request = new SecretRequest(gitHub, source, target)
        {
            Overwrite = parsed.GetValue(_overwrite),
            Deadline = Duration(parsed, _deadline) ?? SecretRequest.UsualDeadline,
            Interval = Duration(parsed, _interval) ?? SecretRequest.UsualInterval,
            RunChanged = run => Say(parsed, Words.SyncRun(source.ToString(), run)),
        };
        Say(parsed, Words.SyncRequesting(source.ToString(), names));
        try
        {
            return await request.RunAsync(names, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            throw new MillException(e.Error, Words.SyncDispatchNotFound(source.ToString()), e) { Hint = Words.SyncDispatchNotFoundHint };
        }
    }

    private void Print(ParseResult parsed, SecretScope target, RepositoryName source, List<string> present, RequestReport report)
    {
        if (_global.IsJson(parsed))
        {
            CliJson.Print(_global.Terminal, SyncRequestDocument.From(target, source, present, report), CliJsonContext.Default.SyncRequestDocument);
            return;
        }
        var table = new Table(Column.Wrapping("NAME"), "STATE", Column.Wrapping("REASON"));
        foreach (var name in present) table.Add(name, Words.Of(SecretState.Present), "-");
        foreach (var secret in report.Secrets) table.Add(secret.Name, Words.Of(secret.State), secret.Reason ?? "-");
        table.WriteTo(_global.Terminal);
    }

    private static MillException Failure(RequestReport report, RepositoryName source, string host)
    {
        var late = report.Secrets.First(secret => secret.State is not RequestState.Arrived);
        return late.State is RequestState.Failed
            ? new(MillError.NotFound, late.Reason!) { Hint = Words.SyncRunFailedHint }
            : new(MillError.RequestTimeout, Words.SyncTimeout([.. report.Secrets.Where(secret => secret.State is RequestState.TimedOut).Select(secret => secret.Name)], late.Reason!)) { Hint = report.Failure?.Hint ?? Words.SyncTimeoutHint(host, source.ToString(), report.Run is { HasSucceeded: true }) };
    }

    /// <summary>Throws <see cref="MillError.Usage"/> before anybody is asked for anything.</summary>
    private static TimeSpan? Duration(ParseResult parsed, DurationOption option)
    {
        if (parsed.GetValue(option) is not { } text || DurationOption.Parse(text) is not { } time) return null;
        return time <= SecretRequest.LongestDeadline ? time : throw new MillException(MillError.Usage, Words.SyncTooLong(option.Name, SecretRequest.LongestDeadline));
    }

    private void Say(ParseResult parsed, string text)
    {
        if (!_global.IsJson(parsed)) _global.Terminal.Say(Printable.From(text));
    }
}

/// <summary>What <c>mill sync request --json</c> prints.</summary>
/// <param name="Run">Left out where none was found.</param>
internal sealed record SyncRequestDocument(string Target, string Source, Uri? Run, string? Conclusion, IReadOnlyList<SyncRequestedItem> Secrets)
{
    public static SyncRequestDocument From(SecretScope target, RepositoryName source, List<string> present, RequestReport report) => new(
        target.ToString(),
        source.ToString(),
        report.Run?.Page,
        report.Run?.Conclusion,
        [.. present.Select(name => new SyncRequestedItem(name, Words.Of(SecretState.Present), null)), .. report.Secrets.Select(secret => new SyncRequestedItem(secret.Name, Words.Of(secret.State), secret.Reason))]);
}

internal sealed record SyncRequestedItem(string Name, string State, string? Reason);

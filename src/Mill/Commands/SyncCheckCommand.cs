using System.CommandLine;
using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Requirements;

namespace Mill.Commands;

/// <summary><c>mill sync check</c></summary>
internal sealed class SyncCheckCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string[]> _names = new("NAME") { HelpName = "NAME", Description = Words.SyncNamesArgument, Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _repository = Symbols.Text("--repo", "OWNER/NAME", Words.SyncRepositoryOption);
    private readonly Option<string?> _environment = Symbols.Text("--environment", "NAME", Words.SyncEnvironmentOption);
    private readonly Option<string?> _store = Symbols.Choice("--store", "STORE", Words.SyncStoreOption, ["actions", "dependabot", "codespaces"]);
    private readonly Option<string?> _file = Symbols.Text("--file", "FILE", Words.SyncFileOption);
    private readonly Option<string?> _workflows = Symbols.Text("--workflows", "DIR", Words.SyncWorkflowsOption);
    private readonly Option<bool> _sarif = Symbols.Flag("--sarif", Words.SyncSarifOption);

    public SyncCheckCommand(GlobalOptions global)
        : base("check", Words.SyncCheck)
    {
        _global = global;
        Add(_names);
        Add(_repository);
        Add(_environment);
        Add(_store);
        Add(_file);
        Add(_workflows);
        Add(_sarif);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (isJson, isSarif) = (_global.IsJson(parsed), parsed.GetValue(_sarif));
        if (isJson && isSarif) throw UsageErrors.Exclusive("--json", "--sarif");
        var store = SecretScopes.StoreOf(parsed.GetValue(_store) ?? "") ?? SecretStore.Actions;
        var environment = SyncNeeds.EnvironmentOf(parsed.GetValue(_environment));
        if (environment is not null && store is not SecretStore.Actions) throw new MillException(MillError.Usage, Words.EnvironmentsAreForActions);

        var place = SyncPlace.Find(_global.Host);
        var needs = await SyncNeeds.FindAsync(place, parsed.GetValue(_names) ?? [], parsed.GetValue(_file), parsed.GetValue(_workflows), ofJob => Choose(store, environment, ofJob), cancellationToken).ConfigureAwait(false);
        var address = GitHubConnection.Address(_global.Host);
        var repository = await RepositoryFinder.FindAsync(parsed.GetValue(_repository), _global.Host.Variable(RepositoryFinder.Variable), place.Checkout, address, cancellationToken).ConfigureAwait(false);
        if (!isJson && !isSarif) _global.Terminal.Say(Words.SyncChecking(repository.Name.ToString(), repository.Source, needs.Required.Count, Printable.From(needs.Source)));

        var report = await AskAsync(repository.Name, store, needs.Required, isJson || isSarif, cancellationToken).ConfigureAwait(false);
        if (isJson) CliJson.Print(_global.Terminal, SyncCheckDocument.From(report, repository, needs), CliJsonContext.Default.SyncCheckDocument);
        else if (isSarif) CliJson.Print(_global.Terminal, SyncSarif.From(report, needs, place), SarifJsonContext.Default.SarifLog);
        else Print(report, needs);
        if (SyncCheckVerdict.Of(report, address) is { } failure) throw failure;
        if (!isJson && !isSarif) _global.Terminal.Say(Words.SyncAllPresent(report.Findings.Count));
        return ExitCodes.Ok;
    }

    /// <summary>What the workflow itself says comes first. Other stores have no environments.</summary>
    private static JobEnvironment? Choose(SecretStore store, JobEnvironment? named, JobEnvironment? ofJob) =>
        store is not SecretStore.Actions ? null : ofJob is { Name: not null } || named is null ? ofJob : named;

    private async Task<SecretReport> AskAsync(RepositoryName repository, SecretStore store, IReadOnlyList<RequiredSecret> required, bool isQuiet, CancellationToken cancellationToken)
    {
        using var client = GitHubConnection.Open(_global.Host, isQuiet);
        // Who needs nothing asks for nothing.
        if (required.Count is 0) return new(repository, store, [], []);
        return await new SecretCheck(client).RunAsync(repository, store, required, cancellationToken).ConfigureAwait(false);
    }

    private void Print(SecretReport report, SyncNeeds needs)
    {
        var table = new Table(Column.Wrapping("NAME"), "STATE", Column.Wrapping("ENVIRONMENT"), Column.Wrapping("WHERE"), "UPDATED");
        foreach (var (required, standing, _) in report.Findings)
        {
            table.Add(required.Name, Words.Of(standing.State), Words.Of(required.Environment), standing.Where?.ToString() ?? "-", Times.Show(_global.Terminal, standing.UpdatedAt, "-"));
        }
        table.WriteTo(_global.Terminal);
        foreach (var note in needs.Notes) Note($"{note.File}:{note.Line}:{note.Column}: {note.Detail}");
        foreach (var reason in report.Findings.SelectMany(finding => finding.Standing.Reasons).Distinct()) Note(reason);
        foreach (var finding in report.Findings)
        {
            if (finding.Required.BroughtBy is { } bringer && finding.Standing.State is not SecretState.Present) Note(Words.SyncBrought(finding.Required.Name, bringer));
            if (finding.Similar is { } similar) Note(Words.SyncSimilar(finding.Required.Name, similar));
        }
    }

    private void Note(string text) => _global.Terminal.Say($"note: {Printable.From(text)}");
}

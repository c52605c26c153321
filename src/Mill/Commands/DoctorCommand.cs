using System.CommandLine;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill doctor</c>: whether this machine has what Mill needs.</summary>
internal sealed class DoctorCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<string?> _dataDirectory = Symbols.Text("--data-dir", "DIR", Words.DoctorDirectoryOption);

    public DoctorCommand(GlobalOptions global)
        : base("doctor", Words.Doctor)
    {
        _global = global;
        Add(_dataDirectory);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var host = _global.Host;
        var directory = DevCommand.Place(parsed, _dataDirectory) ?? Places.DevData(host) ?? throw new MillException(MillError.Usage, Words.NoHome) { Hint = Words.NoHomeHint(_dataDirectory.Name) };
        var checks = new MachineChecks(host, _global.Resolve(parsed), Path.GetFullPath(directory));
        var findings = await checks.RunAsync(cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new DoctorDocument(findings), CliJsonContext.Default.DoctorDocument);
        else foreach (var finding in findings) Print(finding);
        return findings.Any(finding => finding.State is Finding.Failed) ? ExitCodes.Unexpected : ExitCodes.Ok;
    }

    private void Print(Finding finding)
    {
        _global.Terminal.WriteLine(Printable.From($"{finding.State,-5}{finding.What}: {finding.Detail}"));
        if (finding.Hint is { } hint) _global.Terminal.WriteLine(Printable.From($"     hint: {hint}"));
    }
}

/// <summary>What <c>mill doctor --json</c> prints.</summary>
internal sealed record DoctorDocument(IReadOnlyList<Finding> Checks);

/// <summary>What came of one look.</summary>
/// <param name="State"><c>ok</c>, <c>FAIL</c>, or <c>-</c> for what is missing and only some need.</param>
internal sealed record Finding(string State, string What, string Detail, string? Hint = null)
{
    public const string Fine = "ok";
    public const string Failed = "FAIL";
    public const string Missing = "-";
}

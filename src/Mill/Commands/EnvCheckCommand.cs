using System.CommandLine;
using System.Globalization;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill env check</c>: for builds, and before a commit.</summary>
internal sealed class EnvCheckCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string[]> _files = new("FILE") { HelpName = "FILE", Description = Words.EnvFilesArgument, Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _offline = Symbols.Flag("--offline", Words.EnvOfflineOption);
    private readonly Option<string[]> _allow = Symbols.Texts("--allow", "KEY", Words.EnvAllowOption);
    private readonly Option<string?> _inputName = Symbols.Text("--stdin-name", "FILE", Words.EnvInputNameOption);

    public EnvCheckCommand(GlobalOptions global)
        : base("check", Words.EnvCheck)
    {
        _global = global;
        Add(_files);
        Add(_offline);
        Add(_allow);
        Add(_inputName);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var checks = new List<EnvFileCheck>();
        try
        {
            foreach (var path in parsed.GetRequiredValue(_files))
            {
                var file = new EnvFile(path);
                if (file.IsStandardInput && parsed.GetValue(_inputName) is { } name) file = file with { Name = name };
                checks.Add(await EnvFileCheck.ReadAsync(file, parsed.GetValue(_allow) ?? [], _global.Terminal, cancellationToken).ConfigureAwait(false));
            }
            // Whatever becomes of the server: what was found already is told.
            var failure = parsed.GetValue(_offline) ? null : await AskAsync(parsed, checks.FindAll(check => check.HasReferences), cancellationToken).ConfigureAwait(false);
            Report(parsed, checks, failure);
            return ExitCodes.Ok;
        }
        finally
        {
            foreach (var check in checks) check.Dispose();
        }
    }

    /// <summary>What the server says about the files; null where it was able to. A file that refers to nothing asks for no server.</summary>
    private async Task<MillException?> AskAsync(ParseResult parsed, List<EnvFileCheck> checks, CancellationToken cancellationToken)
    {
        if (checks.Count == 0) return null;
        try
        {
            using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            foreach (var check in checks) await check.AskAsync(client, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (MillException e)
        {
            return e;
        }
    }

    /// <summary>Throws what failed, or else <see cref="MillError.InvalidEnv"/> where something was found.</summary>
    private void Report(ParseResult parsed, List<EnvFileCheck> checks, MillException? failure)
    {
        var found = checks.SelectMany(check => check.Findings).ToList();
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new EnvFindings(found), CliJsonContext.Default.EnvFindings);
        else foreach (var one in found) _global.Terminal.WriteLine(Printable.From(one.ToLine()));
        if (failure is not null) throw failure;
        if (found.Count == 0 && !_global.IsJson(parsed)) _global.Terminal.Say(Words.EnvChecked(checks.Count));
        if (found.Count == 0) return;
        throw new MillException(MillError.InvalidEnv, Words.EnvFound(found.Count, checks.Count)) { Hint = found.Exists(one => EnvInspection.IsPlaintext(one.Code)) ? Words.EnvPlaintextHint : null };
    }
}

/// <summary>What <c>mill env check --json</c> prints.</summary>
internal sealed record EnvFindings(IReadOnlyList<EnvFinding> Problems);

internal sealed record EnvFinding(string File, int? Line, int? Column, string Code, string? Name, string Detail)
{
    /// <summary>As compilers say it.</summary>
    public string ToLine() => Line is null ? $"{File}: {Detail}" : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Detail}");
}

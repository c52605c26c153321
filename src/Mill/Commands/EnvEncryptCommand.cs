using System.CommandLine;
using System.Text;
using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Commands;

/// <summary><c>mill env encrypt</c>: a file of plaintext becomes one that is safe to commit.</summary>
internal sealed class EnvEncryptCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _file = new("FILE") { HelpName = "FILE", Description = Words.EnvFileArgument };
    private readonly Option<string[]> _keys = Symbols.Texts("--key", "KEY", Words.EnvKeyOption);
    private readonly Option<bool> _all = Symbols.Flag("--all", Words.EnvAllOption);
    private readonly Option<bool> _marked = Symbols.Flag("--marked", Words.EnvMarkedOption);
    private readonly Option<string?> _prefix = Symbols.Text("--prefix", "PREFIX", Words.EnvPrefixOption);
    private readonly Option<string?> _onExisting = Symbols.Choice("--on-existing", "WHAT", Words.EnvOnExistingOption, ["update", "fail"]);
    private readonly Option<bool> _dryRun = Symbols.Flag("--dry-run", Words.EnvDryRunOption);
    private readonly Option<bool> _inPlace = Symbols.Flag("--in-place", Words.EnvEncryptInPlaceOption);

    public EnvEncryptCommand(GlobalOptions global)
        : base("encrypt", Words.EnvEncrypt)
    {
        _global = global;
        Add(_file);
        Add(_keys);
        Add(_all);
        Add(_marked);
        Add(_prefix);
        Add(_onExisting);
        Add(_dryRun);
        Add(_inPlace);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (file, inPlace, dryRun) = (new EnvFile(parsed.GetRequiredValue(_file)), parsed.GetValue(_inPlace), parsed.GetValue(_dryRun));
        file.DemandPlace(inPlace);
        if (inPlace && dryRun) throw UsageErrors.Exclusive("--in-place", "--dry-run");
        var prefix = Prefix(parsed);
        using var content = await file.ReadAsync(_global.Terminal, cancellationToken).ConfigureAwait(false);
        using var bytes = content.ToPinned();
        using var marking = Mark(parsed, file, DotEnvDocument.Parse(bytes.WrittenMemory), prefix);
        if (marking is null) return LeaveAsItIs(parsed, content, inPlace);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        using var marked = SecretValue.FromBytes(marking.Content);
        var request = new EncryptEnvRequest { Content = marked, Values = marking.Values, OnExisting = parsed.GetValue(_onExisting), DryRun = dryRun ? true : null };
        using var encrypted = await client.EncryptEnvAsync(request, cancellationToken).ConfigureAwait(false);
        if (inPlace) await file.ReplaceAsync(content, encrypted.Content, cancellationToken).ConfigureAwait(false);
        Report(parsed, file, encrypted, inPlace, dryRun);
        return ExitCodes.Ok;
    }

    /// <summary>Throws <see cref="MillError.Usage"/> where no name of a secret begins like this: the server would speak of a name that nobody typed.</summary>
    private string Prefix(ParseResult parsed)
    {
        var prefix = parsed.GetValue(_prefix) ?? "";
        return SecretName.TryParse(prefix + "x", out _) ? prefix : throw new MillException(MillError.Usage, Words.EnvNotAPrefix) { Hint = SecretName.Rule };
    }

    /// <summary>
    /// What <c>enc(NAME)</c> stands for elsewhere in the file is left to the server: it is the same secret. Null where there is nothing to store in a file that refers to secrets: it is done.
    /// </summary>
    private DotEnvMarking? Mark(ParseResult parsed, EnvFile file, DotEnvDocument document, string prefix)
    {
        var (keys, all, marked) = (parsed.GetValue(_keys) ?? [], parsed.GetValue(_all), parsed.GetValue(_marked));
        if (all && marked) throw UsageErrors.Exclusive("--all", "--marked");
        if (keys.Length > 0 && (all || marked)) throw UsageErrors.Exclusive("--key", all ? "--all" : "--marked");
        var literals = document.Assignments.Where(assignment => DotEnvMarking.IsLiteral(document, assignment)).Select(Key).ToHashSet(StringComparer.Ordinal);
        if (keys.Except(literals).ToList() is { Count: > 0 } unknown) throw new MillException(MillError.Usage, Words.EnvNoSuchKey(file.Path, unknown));
        var asked = DotEnvMarking.NamesAskedFor(document);
        var marking = DotEnvMarking.Of(document, assignment => !asked.Contains(Key(assignment)) && IsChosen(assignment), prefix);
        if (marking.Values.Count > 0 || asked.Count > 0) return marking;
        marking.Dispose();
        if (keys.Length == 0 && !all && !marked && EnvInspection.IsDone(document)) return null;
        throw new MillException(MillError.Usage, Words.EnvNothingToEncrypt) { Hint = Words.EnvNothingToEncryptHint };

        string Key(DotEnvAssignment assignment) => Encoding.UTF8.GetString(document[assignment.Key]);

        bool IsChosen(DotEnvAssignment assignment) => !marked && (all || (keys.Length > 0 ? keys.Contains(Key(assignment)) : SecretLook.Find(document, assignment) is not null));
    }

    private int LeaveAsItIs(ParseResult parsed, SecretValue content, bool inPlace)
    {
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new EncryptEnvResponse { Content = content, Secrets = [] });
        else if (!inPlace) _global.Terminal.Write(content);
        _global.Terminal.Say(Words.EnvNothingToStore);
        return ExitCodes.Ok;
    }

    private void Report(ParseResult parsed, EnvFile file, EncryptEnvResponse encrypted, bool inPlace, bool dryRun)
    {
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, encrypted);
        else if (!inPlace) _global.Terminal.Write(encrypted.Content);
        foreach (var secret in encrypted.Secrets) _global.Terminal.Say(Words.EnvStored(secret, dryRun));
        if (inPlace) _global.Terminal.Say(Words.EnvEncrypted(file.Path));
    }
}

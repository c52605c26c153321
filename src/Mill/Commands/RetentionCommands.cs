using System.CommandLine;
using System.Globalization;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill retention show</c></summary>
internal sealed class RetentionShowCommand : Command
{
    public RetentionShowCommand(GlobalOptions global)
        : base("show", Words.RetentionShow) => SetAction(async (parsed, cancellationToken) =>
        {
            using var client = await global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            RetentionText.Print(global, parsed, await client.GetRetentionAsync(cancellationToken).ConfigureAwait(false));
            return ExitCodes.Ok;
        });
}

/// <summary><c>mill retention set</c>: a limit that is not named stays as it is.</summary>
internal sealed class RetentionSetCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly NumberOption _maxVersions = Symbols.Number("--max-versions", Words.MaxVersionsOption);
    private readonly Option<string?> _maxAge = Symbols.Text("--max-age", "TIME", Words.MaxAgeOption);

    public RetentionSetCommand(GlobalOptions global)
        : base("set", Words.RetentionSet)
    {
        _global = global;
        Add(_maxVersions);
        Add(_maxAge);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (maxVersions, maxAge) = (_maxVersions.Read(parsed), parsed.GetValue(_maxAge));
        if (maxVersions is null && maxAge is null) throw new MillException(MillError.Usage, Words.NoLimit) { Hint = Words.NoLimitHint };
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var now = await client.GetRetentionAsync(cancellationToken).ConfigureAwait(false);
        var wanted = new RetentionDocument { MaxVersions = maxVersions ?? now.MaxVersions, MaxAge = maxAge ?? now.MaxAge };
        await client.SetRetentionAsync(wanted, cancellationToken).ConfigureAwait(false);
        RetentionText.Print(_global, parsed, wanted);
        return ExitCodes.Ok;
    }
}

/// <summary><c>mill retention clear</c></summary>
internal sealed class RetentionClearCommand : Command
{
    public RetentionClearCommand(GlobalOptions global)
        : base("clear", Words.RetentionClear) => SetAction(async (parsed, cancellationToken) =>
        {
            using var client = await global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await client.SetRetentionAsync(new(), cancellationToken).ConfigureAwait(false);
            RetentionText.Print(global, parsed, new());
            return ExitCodes.Ok;
        });
}

internal static class RetentionText
{
    public static void Print(GlobalOptions global, ParseResult parsed, RetentionDocument retention)
    {
        if (global.IsJson(parsed))
        {
            CliJson.Print(global.Terminal, retention);
            return;
        }
        var table = new Table("LIMIT", "IS");
        table.Add("max versions", retention.MaxVersions?.ToString(CultureInfo.InvariantCulture) ?? "none");
        table.Add("max age", retention.MaxAge ?? "none");
        table.WriteTo(global.Terminal);
    }
}

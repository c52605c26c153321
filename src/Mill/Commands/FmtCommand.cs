using System.CommandLine;
using System.Text;
using Mill.Core.Language;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill fmt</c></summary>
internal sealed class FmtCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string[]> _files = new("FILE") { HelpName = "FILE", Description = Words.FmtFilesArgument, Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _check = Symbols.Flag("--check", Words.FmtCheckOption);

    public FmtCommand(GlobalOptions global)
        : base("fmt", Words.Fmt)
    {
        _global = global;
        Add(_files);
        Add(_check);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (isCheck, isJson) = (parsed.GetValue(_check), _global.IsJson(parsed));
        string?[] given = parsed.GetValue(_files) is { Length: > 0 } named ? [.. named] : [null];
        var (done, failure) = (new List<FormattedFile>(), (MillException?)null);
        foreach (var name in given)
        {
            try
            {
                done.Add(await FormatAsync(MillSource.Find(_global.Host, name), isCheck, cancellationToken).ConfigureAwait(false));
            }
            catch (MillException e) when (given.Length > 1)
            {
                // The others are looked at all the same.
                ErrorReport.Write(_global.Terminal, e, isJson);
                failure = e;
            }
        }
        Report(done, isCheck, isJson);
        if (failure is not null) return ExitCodes.For(failure.Error);
        var untidy = done.Count(file => file.Changed);
        return !isCheck || untidy is 0 ? ExitCodes.Ok : throw new MillException(MillError.InvalidSpec, Words.NotFormatted(untidy)) { Hint = Words.NotFormattedHint };
    }

    private async Task<FormattedFile> FormatAsync(string path, bool isCheck, CancellationToken cancellationToken)
    {
        var source = await MillSource.ReadAsync(_global.Host, path, cancellationToken).ConfigureAwait(false);
        string text;
        try
        {
            text = MillFormat.Format(source);
        }
        catch (MillException e) when (e.Error is MillError.InvalidSpec)
        {
            throw MillSource.WithLines(e, source);
        }
        var bytes = Encoding.UTF8.GetBytes(text);
        var isChanged = text != source.Text;
        if (path is MillSource.StandardInput && !isCheck) _global.Terminal.Write(bytes);
        else if (isChanged && !isCheck) FileReplacement.Write(path, bytes, static (content, file) => file.Write(content));
        return new(source.Name, isChanged) { IsPrinted = path is MillSource.StandardInput && !isCheck };
    }

    private void Report(List<FormattedFile> files, bool isCheck, bool isJson)
    {
        // What was printed is the file itself.
        var told = files.FindAll(file => !file.IsPrinted);
        if (isJson && (told.Count > 0 || files.Count is 0)) CliJson.Print(_global.Terminal, new FormattedFiles(told), CliJsonContext.Default.FormattedFiles);
        if (isJson) return;
        foreach (var file in told.Where(file => file.Changed))
        {
            if (isCheck) _global.Terminal.WriteLine(Printable.From(file.File));
            else _global.Terminal.Say(Words.Formatted(file.File));
        }
    }
}

/// <summary>What <c>mill fmt --json</c> prints.</summary>
internal sealed record FormattedFiles(IReadOnlyList<FormattedFile> Files);

/// <param name="Changed">It is, or with <c>--check</c> would be, written otherwise.</param>
internal sealed record FormattedFile(string File, bool Changed)
{
    internal bool IsPrinted { get; init; }
}

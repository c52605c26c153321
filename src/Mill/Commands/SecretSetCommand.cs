using System.CommandLine;
using System.CommandLine.Parsing;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill secret set</c></summary>
internal sealed class SecretSetCommand : Command
{
    public const string CommandName = "set";

    private readonly GlobalOptions _global;
    private readonly Argument<string> _name;
    private readonly Argument<string?> _value = new("VALUE") { Description = Words.ValueArgument, Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _file = Symbols.Text("--file", "FILE", Words.FileOption);
    private readonly Option<bool> _trimNewline = Symbols.Flag("--trim-newline", Words.TrimNewlineOption);
    private readonly Option<bool> _allowEmpty = Symbols.Flag("--allow-empty", Words.AllowEmptyOption);
    private readonly NumberOption _ifVersion = Symbols.Number("--if-version", Words.IfVersionOption);
    private readonly Option<bool> _ifAbsent = Symbols.Flag("--if-absent", Words.IfAbsentOption);
    private readonly Option<bool> _force = Symbols.Flag("--force", Words.ForceOption);

    public SecretSetCommand(GlobalOptions global)
        : base(CommandName, Words.SecretSet)
    {
        _global = global;
        _name = Symbols.SecretName(global);
        Add(_name);
        Add(_value);
        Add(_file);
        Add(_trimNewline);
        Add(_allowEmpty);
        Add(_ifVersion);
        Add(_ifAbsent);
        Add(_force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var name = parsed.GetRequiredValue(_name);
        var options = new WriteOptions { IfVersion = _ifVersion.Read(parsed), IfAbsent = parsed.GetValue(_ifAbsent), Force = parsed.GetValue(_force) };
        if (options is { IfAbsent: true, IfVersion: not null }) throw UsageErrors.Exclusive("--if-version", "--if-absent");

        // Before anybody is asked to type: whoever has no server or token learns it first.
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        using var value = await Source(parsed).ReadAsync(name, _global.Terminal, cancellationToken).ConfigureAwait(false);
        if (value is null)
        {
            _global.Terminal.Say(Words.NothingDone);
            return ExitCodes.Interrupted;
        }
        var answer = await SetAsync(client, name, value, options, cancellationToken).ConfigureAwait(false);

        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, answer);
        else _global.Terminal.Say(answer.Changed ? Words.SecretIsSet(answer.Name, answer.Version) : Words.SecretIsUnchanged(answer.Name, answer.Version));
        return ExitCodes.Ok;
    }

    private static async Task<SetSecretResponse> SetAsync(MillClient client, string name, SecretValue value, WriteOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SetAsync(name, value, options, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            throw e.WithHint(Words.NameNotAllowedHint);
        }
    }

    private ValueSource Source(ParseResult parsed) => new(parsed.GetValue(_value), parsed.GetValue(_file))
    {
        // The value is the last argument: if any stands after the two dashes, it does.
        IsLiteral = parsed.Tokens.SkipWhile(token => token.Type is not TokenType.DoubleDash).Any(token => token.Type is TokenType.Argument),
        TrimNewline = parsed.GetValue(_trimNewline),
        AllowEmpty = parsed.GetValue(_allowEmpty),
    };
}

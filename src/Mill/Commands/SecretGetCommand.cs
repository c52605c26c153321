using System.CommandLine;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill secret get</c></summary>
internal sealed class SecretGetCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _name;
    private readonly NumberOption _version = Symbols.Number("--version", Words.VersionOption);
    private readonly TimeOption _at = Symbols.Time("--at", Words.AtOption);
    private readonly Option<bool> _raw = Symbols.Flag("--raw", Words.RawOption);

    public SecretGetCommand(GlobalOptions global)
        : base("get", Words.SecretGet)
    {
        _global = global;
        _name = Symbols.SecretName(global);
        Add(_name);
        Add(_version);
        Add(_at);
        Add(_raw);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (version, at, raw) = (_version.Read(parsed), _at.Read(parsed, _global.Host.Time), parsed.GetValue(_raw));
        if (version is not null && at is not null) throw UsageErrors.Exclusive("--version", "--at");
        if (raw && _global.IsJson(parsed)) throw UsageErrors.Exclusive("--raw", "--json");

        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        using var secret = await ReadAsync(client, parsed.GetRequiredValue(_name), version, at, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, secret);
        else Print(secret, raw);
        return ExitCodes.Ok;
    }

    private static async Task<SecretResponse> ReadAsync(MillClient client, string name, int? version, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetAsync(name, version, at, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotFound && (version is not null || at is not null))
        {
            throw e.WithHint(Words.VersionsOrAllHint(name), Words.NoSuchVersion(name, version, at));
        }
    }

    private void Print(SecretResponse secret, bool raw)
    {
        var terminal = _global.Terminal;
        if (!raw && terminal.OutputIsTerminal && secret.Value?.Reveal(ScreenText.IsSafe) is not true)
            throw new MillException(MillError.Usage, Words.ValueIsNotText(secret.Name)) { Hint = Words.ValueIsNotTextHint(secret.Name) };
        if ((secret.Value ?? secret.ValueBase64) is { } value) terminal.Write(value);
        if (!raw) terminal.Write("\n"u8);
    }
}

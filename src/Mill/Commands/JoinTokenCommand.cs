using System.CommandLine;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill join-token</c>: the token alone on the output, what it is good for on the error stream.</summary>
internal sealed class JoinTokenCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<string?> _role = Symbols.Choice("--role", "ROLE", Words.JoinTokenRoleOption, ["vault", "api", "both"]);
    private readonly DurationOption _expiresIn = Symbols.Duration("--expires-in", Words.JoinTokenExpiresInOption);
    private readonly Option<bool> _noKey = Symbols.Flag("--no-key", Words.NoKeyOption);

    public JoinTokenCommand(GlobalOptions global)
        : base("join-token", Words.JoinTokenGroup)
    {
        _global = global;
        Add(_role);
        Add(_expiresIn);
        Add(_noKey);
        Add(new JoinTokenListCommand(global));
        Add(new JoinTokenRevokeCommand(global));
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var request = new CreateJoinTokenRequest { Role = parsed.GetValue(_role), ExpiresIn = parsed.GetValue(_expiresIn), HandsOverKey = parsed.GetValue(_noKey) ? false : null };
        var token = await client.CreateJoinTokenAsync(request, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed))
        {
            CliJson.Print(_global.Terminal, token);
            return ExitCodes.Ok;
        }
        _global.Terminal.WriteLine(token.Token ?? "");
        _global.Terminal.Say(Words.JoinTokenIsMade(token, _global.Resolve(parsed).Address));
        return ExitCodes.Ok;
    }
}

/// <summary><c>mill join-token list</c></summary>
internal sealed class JoinTokenListCommand : Command
{
    private readonly GlobalOptions _global;

    public JoinTokenListCommand(GlobalOptions global)
        : base("list", Words.JoinTokenList)
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var answer = await client.ListJoinTokensAsync(cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, answer);
        else Print(answer);
        return ExitCodes.Ok;
    }

    private void Print(JoinTokenListResponse answer)
    {
        var table = new Table("ID", "ROLE", "KEY", Column.Wrapping("MADE BY"), "EXPIRES", "USED BY");
        foreach (var token in answer.JoinTokens)
        {
            table.Add(token.Id, token.Role, token.HandsOverKey ? "yes" : "no", token.CreatedBy, Times.Show(_global.Terminal, token.ExpiresAt), token.UsedBy ?? "-");
        }
        table.WriteTo(_global.Terminal);
        if (answer.JoinTokens.Count is 0) _global.Terminal.Say(Words.NoJoinTokens);
    }
}

/// <summary><c>mill join-token revoke</c></summary>
internal sealed class JoinTokenRevokeCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _id = new("ID") { HelpName = "ID", Description = Words.JoinTokenIdArgument };

    public JoinTokenRevokeCommand(GlobalOptions global)
        : base("revoke", Words.JoinTokenRevoke)
    {
        _global = global;
        Add(_id);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var id = parsed.GetRequiredValue(_id);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        await client.RevokeJoinTokenAsync(id, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new(id, Revoked: true), CliJsonContext.Default.RevokedDocument);
        else _global.Terminal.Say(Words.JoinTokenIsRevoked(id));
        return ExitCodes.Ok;
    }
}

using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill token revoke</c></summary>
internal sealed class TokenRevokeCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _id = new("ID") { Description = Words.TokenIdArgument };

    public TokenRevokeCommand(GlobalOptions global)
        : base("revoke", Words.TokenRevoke)
    {
        _global = global;
        Add(_id);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var id = parsed.GetRequiredValue(_id);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        await client.RevokeTokenAsync(id, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new(id, Revoked: true), CliJsonContext.Default.RevokedDocument);
        else _global.Terminal.Say(Words.TokenIsRevoked(id));
        return ExitCodes.Ok;
    }
}

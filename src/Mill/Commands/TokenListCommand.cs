using System.CommandLine;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill token list</c></summary>
internal sealed class TokenListCommand : Command
{
    private readonly GlobalOptions _global;

    public TokenListCommand(GlobalOptions global)
        : base("list", Words.TokenList)
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var answer = await client.ListTokensAsync(cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, answer);
        else Print(answer);
        return ExitCodes.Ok;
    }

    private void Print(TokenListResponse answer)
    {
        var table = new Table("ID", Column.Wrapping("SUBJECT"), Column.Wrapping("TENANT"), "ROLE", Column.Wrapping("ALLOW"), Column.Wrapping("DENY"), "EXPIRES");
        foreach (var token in answer.Tokens)
        {
            table.Add(token.Id, token.Subject, token.Tenant, token.Role, Patterns(token.Allow, "*"), Patterns(token.Deny, "-"), Times.Show(_global.Terminal, token.ExpiresAt, "never"));
        }
        table.WriteTo(_global.Terminal);
    }

    private static string Patterns(IReadOnlyList<string> patterns, string otherwise) => patterns.Count > 0 ? string.Join(' ', patterns) : otherwise;
}

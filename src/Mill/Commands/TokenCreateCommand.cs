using System.CommandLine;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill token create</c>: the token alone on the output, what it may do on the error stream.</summary>
internal sealed class TokenCreateCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<string> _subject = new("--subject") { HelpName = "NAME", Description = Words.SubjectOption, Required = true };
    private readonly Option<string> _role = new("--role") { HelpName = "ROLE", Description = Words.RoleOption, Required = true };
    private readonly Option<string[]> _allow = Symbols.Texts("--allow", "PATTERN", Words.AllowOption);
    private readonly Option<string[]> _deny = Symbols.Texts("--deny", "PATTERN", Words.DenyOption);
    private readonly Option<string?> _expiresIn = Symbols.Text("--expires-in", "TIME", Words.ExpiresInOption);

    public TokenCreateCommand(GlobalOptions global)
        : base("create", Words.TokenCreate)
    {
        _global = global;
        _role.CompletionSources.Add("reader", "writer", "deployer", "operator");
        Add(_subject);
        Add(_role);
        Add(_allow);
        Add(_deny);
        Add(_expiresIn);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var request = new CreateTokenRequest
        {
            Subject = parsed.GetRequiredValue(_subject),
            Role = parsed.GetRequiredValue(_role),
            Tenant = parsed.GetValue(_global.Tenant),
            Allow = parsed.GetValue(_allow) is { Length: > 0 } allow ? allow : null,
            Deny = parsed.GetValue(_deny) is { Length: > 0 } deny ? deny : null,
            ExpiresIn = parsed.GetValue(_expiresIn),
        };
        var token = await client.CreateTokenAsync(request, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed))
        {
            CliJson.Print(_global.Terminal, token);
            return ExitCodes.Ok;
        }
        _global.Terminal.WriteLine(token.Token ?? "");
        _global.Terminal.Say(Words.TokenIsMade(token));
        return ExitCodes.Ok;
    }
}

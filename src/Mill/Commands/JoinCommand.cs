using System.CommandLine;
using System.Net;
using Mill.Core.Members;
using Mill.Hosting.Cluster;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Commands;

/// <summary><c>mill join</c></summary>
internal sealed class JoinCommand : Command
{
    private const string TokenVariable = "MILL_JOIN_TOKEN";

    private readonly GlobalOptions _global;
    private readonly NodeOptionSet _options;
    private readonly Argument<string> _address = new("ADDRESS") { HelpName = "ADDRESS", Description = Words.JoinAddressArgument };
    private readonly Option<string?> _tokenFile = Symbols.Text("--token-file", "FILE", Words.JoinTokenFileOption);
    private readonly Option<string?> _role = Symbols.Choice("--role", "ROLE", Words.JoinRoleOption, ["vault", "api", "both"]);

    public JoinCommand(GlobalOptions global)
        : base("join", Words.Join)
    {
        (_global, _options) = (global, new(global));
        Add(_address);
        Add(_tokenFile);
        Add(_role);
        _options.AddAllTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = _options.ReadNew(parsed, parsed.GetValue(_role));
        var (address, token) = (AddressOf(parsed.GetRequiredValue(_address)), Token(parsed));
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            await ClusterServer.JoinAsync(options, address, token, (ready, stop) => NodeWelcome.ShowAsync(_global, parsed, ready, stop), interrupt.Token).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.Unauthenticated)
        {
            throw e.WithHint(Words.NewJoinTokenHint);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        _global.Terminal.Say(Words.DevStopped);
        return ExitCodes.Ok;
    }

    /// <summary>An IP address or a host, with or without a port, or a whole URL.</summary>
    private static Uri AddressOf(string text)
    {
        if (IPAddress.TryParse(text, out var address)) return new UriBuilder(Uri.UriSchemeHttps, address.ToString(), NodeOptionSet.DefaultApiPort).Uri;
        var full = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        if (!Uri.TryCreate(full, UriKind.Absolute, out var url) || url is not { Scheme: "https", UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" })
            throw new MillException(MillError.Usage, Words.NotAJoinAddress(text)) { Hint = Words.NotAJoinAddressHint };
        return full[(full.IndexOf("://", StringComparison.Ordinal) + 3)..].TrimEnd('/').EndsWith($":{url.Port}", StringComparison.Ordinal) ? url : new UriBuilder(url) { Port = NodeOptionSet.DefaultApiPort }.Uri;
    }

    /// <summary>Never MILL_TOKEN: that is somebody's who uses the cluster.</summary>
    private string Token(ParseResult parsed)
    {
        var token = parsed.GetValue(_global.Token)
            ?? (DevCommand.Place(parsed, _tokenFile) is { } path ? PrivateFile.ReadLine(path) ?? throw new MillException(MillError.Usage, Words.NoTokenFile(path)) { Hint = Words.NeedsJoinTokenHint } : null)
            ?? _global.Host.Variable(TokenVariable)
            ?? throw new MillException(MillError.Usage, Words.NeedsJoinToken) { Hint = Words.NeedsJoinTokenHint };
        if (token.StartsWith(JoinToken.Prefix, StringComparison.Ordinal)) return token;
        throw new MillException(MillError.Usage, token.StartsWith("mill_", StringComparison.Ordinal) ? Words.NotAJoinTokenButAnother : Words.NotAJoinToken) { Hint = Words.NeedsJoinTokenHint };
    }
}

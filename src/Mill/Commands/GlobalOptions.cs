using System.CommandLine;
using Mill.Client;
using Mill.Interaction;
using Mill.Profiles;

namespace Mill.Commands;

/// <summary>The options that every command has.</summary>
internal sealed class GlobalOptions(CliHost host)
{
    public Option<string?> Address { get; } = new("--address") { Description = Words.AddressOption, HelpName = "URL", Recursive = true };

    public Option<string?> Token { get; } = new("--token") { Description = Words.TokenOption, HelpName = "TOKEN", Recursive = true };

    public Option<string?> Tenant { get; } = new("--tenant") { Description = Words.TenantOption, HelpName = "TENANT", Recursive = true };

    public Option<string?> CaCert { get; } = new("--ca-cert") { Description = Words.CaCertOption, HelpName = "FILE", Recursive = true };

    public Option<bool> Json { get; } = new("--json") { Description = Words.JsonOption, Recursive = true };

    public Terminal Terminal => host.Terminal;

    public CliHost Host => host;

    public bool IsJson(ParseResult parsed) => parsed.GetValue(Json);

    /// <summary>A client of the server that the command line, the environment or the profile names. Throws what <see cref="Connection"/> throws.</summary>
    public async Task<MillClient> ConnectAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = Resolve(parsed);
        await Connection.DemandTokenAsync(options, cancellationToken).ConfigureAwait(false);
        return new(options);
    }

    /// <summary>The token is null where nothing names one.</summary>
    public MillClientOptions Resolve(ParseResult parsed) =>
        Connection.Resolve(host, parsed.GetValue(Address), parsed.GetValue(Token), parsed.GetValue(Tenant), parsed.GetValue(CaCert));

    public void AddTo(Command root)
    {
        root.Add(Address);
        root.Add(Token);
        root.Add(Tenant);
        root.Add(CaCert);
        root.Add(Json);
    }
}

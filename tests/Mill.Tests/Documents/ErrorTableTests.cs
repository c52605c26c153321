using System.Text.RegularExpressions;
using Mill.Commands;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Http;
using Xunit;

namespace Mill.Tests.Documents;

/// <summary>The tables of the documents say what the code does.</summary>
public sealed partial class ErrorTableTests
{
    /// <summary>Failures that never cross the API: they belong to a command line or to a start.</summary>
    internal static readonly MillError[] Local =
    [
        MillError.None, MillError.InvalidMasterKey, MillError.DataDirectoryInUse, MillError.BackupRejected, MillError.Usage, MillError.Unreachable, MillError.AddressUnavailable,
        MillError.ProgramNotFound, MillError.ProgramNotRunnable, MillError.Unsupported, MillError.Configuration,
    ];

    [Fact]
    public void The_api_page_lists_every_code_with_its_status()
    {
        var listed = Rows("api.md", "## Errors").SelectMany(cells => Codes(cells[2]).Select(code => (code, int.Parse(cells[1], null)))).ToDictionary();

        var real = Enum.GetValues<MillError>().Except(Local).ToDictionary(error => error.ToCode(), HttpStatus.Of);
        Assert.Equal(real.OrderBy(pair => pair.Key), listed.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void The_command_line_page_lists_every_exit_code()
    {
        var listed = Rows("cli.md", "## Exit codes").SelectMany(cells => Codes(cells[3]).Select(code => (code, int.Parse(cells[1], null)))).ToDictionary();

        var real = Enum.GetValues<MillError>().Except([MillError.None, MillError.Usage]).ToDictionary(error => error.ToCode(), ExitCodes.For);
        Assert.Equal(real.OrderBy(pair => pair.Key), listed.OrderBy(pair => pair.Key));
        Assert.Equal(2, ExitCodes.For(MillError.Usage));
    }

    [Fact]
    public void The_model_page_says_what_each_role_may()
    {
        Role[] roles = [Role.Reader, Role.Writer, Role.Deployer, Role.Operator];
        var verbs = new Dictionary<string, Verb[]>
        {
            ["read values; any version, any moment"] = [Verb.ReadValue],
            ["list and watch names"] = [Verb.ListNames],
            ["read histories"] = [Verb.ReadHistory],
            ["see deleted secrets: their history, and versions by number or time"] = [Verb.ReadDeleted],
            ["set, delete"] = [Verb.SetSecret, Verb.DeleteSecret],
            ["destroy versions, set retention"] = [Verb.DestroyVersions, Verb.AdministerRetention],
            ["make, list, revoke tokens; verify the store, back it up"] = [Verb.AdministerTokens, Verb.VerifyStore, Verb.BackUpStore],
            ["make join tokens; list and remove nodes"] = [Verb.AdministerNodes],
            ["read metrics"] = [Verb.ReadMetrics],
            ["see plans, deploys, services, tasks, logs; never a value of a secret"] = [Verb.ReadServices],
            ["deploy, abort, roll back, restart; start and end tasks"] = [Verb.OperateServices],
            ["run programs in containers"] = [Verb.RunInContainers],
        };
        var rows = Rows("model.md", "## Callers").Where(cells => verbs.ContainsKey(cells[1])).ToDictionary(cells => cells[1]);

        Assert.Equal(verbs.Keys.Order(), rows.Keys.Order());
        Assert.Equal(Enum.GetValues<Verb>().Order(), verbs.Values.SelectMany(all => all).Order());
        foreach (var (text, all) in verbs)
        {
            for (var i = 0; i < roles.Length; i++) Assert.All(all, verb => Assert.Equal(rows[text][i + 2] == "✓", AccessRules.Allows(roles[i], verb)));
        }
    }

    private static IEnumerable<string> Codes(string cell) => Code().Matches(cell).Select(match => match.Groups[1].Value);

    private static IEnumerable<string[]> Rows(string page, string heading) =>
        File.ReadLines(Path.Combine(Repository.Root, "docs", page))
            .SkipWhile(line => line != heading).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Skip(1)
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries));

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Code();
}

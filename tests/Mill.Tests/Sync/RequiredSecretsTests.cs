using FsCheck;
using FsCheck.Fluent;
using Mill.Core.Sync;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class RequiredSecretsTests
{
    private static readonly SourcePlace Here = new("ci.yml", 3, 9);

    [Fact]
    public void A_name_brings_its_group_along_and_that_what_it_brings()
    {
        var required = RequiredSecrets.Of([new("deploy_key", null, Here)], Groups(("DEPLOY_KEY", ["host", "USER"]), ("HOST", ["PORT", "DEPLOY_KEY"])));
        Assert.Equal(["DEPLOY_KEY ", "HOST DEPLOY_KEY", "USER DEPLOY_KEY", "PORT HOST"], required.Select(secret => $"{secret.Name} {secret.BroughtBy}"));
        Assert.All(required, secret => Assert.Equal(Here, Assert.Single(secret.Places)));
    }

    [Fact]
    public void A_name_is_needed_once_for_each_environment()
    {
        var (prod, other) = (new SourcePlace("a.yml", 1, 1), new SourcePlace("b.yml", 2, 2));
        var required = RequiredSecrets.Of([new("A", new("Prod"), prod), new("a", new("prod"), other), new("A", null, other), new("A", new(Name: null), prod)], Groups(("A", ["B"])));
        Assert.Equal(["A Prod 2", "A - 1", "A ? 1", "B Prod 2", "B - 1", "B ? 1"], required.Select(secret => $"{secret.Name} {(secret.Environment is { } environment ? environment.Name ?? "?" : "-")} {secret.Places.Count}"));
    }

    [Fact]
    public void What_is_asked_for_is_not_said_to_be_brought()
    {
        var required = RequiredSecrets.Of([new("A", null, null), new("B", null, null)], Groups(("A", ["B"])));
        Assert.All(required, secret => Assert.Null(secret.BroughtBy));
    }

    [Fact]
    public void All_names_that_github_does_not_take_are_said_at_once()
    {
        var failure = Assert.Throws<MillException>(() => RequiredSecrets.Of([new("A-B", null, Here), new("GITHUB_TOKEN", null, null), new("C", null, null)], Groups(("C", ["1D"]))));
        Assert.Equal(MillError.InvalidName, failure.Error);
        Assert.Equal(["1D", "A-B", "GITHUB_TOKEN"], failure.Problems.Select(problem => problem.Name));
        Assert.Equal(3, failure.Problems[1].Line);
    }

    [Fact]
    public void Whatever_the_groups_are_what_is_needed_is_what_can_be_reached() => FsCheck.Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            string Name() => ((char)((random.Next(2) is 0 ? 'A' : 'a') + random.Next(10))).ToString();
            var groups = Enumerable.Range(0, random.Next(12)).Select(_ => (Name: Name(), Members: Enumerable.Range(0, random.Next(4)).Select(_ => Name()).ToArray())).DistinctBy(group => group.Name).ToArray();
            var asked = Enumerable.Range(0, random.Next(4)).Select(_ => Name()).ToArray();

            var reached = asked.Select(name => name.ToUpperInvariant()).ToHashSet();
            for (var before = -1; before != reached.Count;)
            {
                before = reached.Count;
                foreach (var (name, members) in groups)
                {
                    if (reached.Contains(name.ToUpperInvariant())) reached.UnionWith(members.Select(member => member.ToUpperInvariant()));
                }
            }
            var required = RequiredSecrets.Of(asked.Select(name => new SecretUse(name, null, null)), Groups(groups));
            Assert.Equal(reached.Order(), required.Select(secret => secret.Name).Order());
        }));

    private static Dictionary<string, IReadOnlyList<string>> Groups(params (string Name, string[] Members)[] groups) => groups.ToDictionary(group => group.Name, group => (IReadOnlyList<string>)group.Members);
}

using FsCheck;
using FsCheck.Fluent;
using Mill.Core.Sync;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class EffectiveViewTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RepositoryName Web = RepositoryName.TryParse("acme/web", out var name) ? name : throw new InvalidOperationException();
    private static readonly SecretScope[] Scopes = [SecretScope.Of(Web, "prod"), SecretScope.Of(Web), SecretScope.OfOrganization("acme")];

    [Fact]
    public void What_is_nearer_counts()
    {
        var view = new EffectiveView([Listed(0, "A"), Listed(1, "A", "B"), Listed(2, "A", "B", "C")]);
        Assert.Equal(["acme/web@prod", "acme/web", "acme"], new[] { "A", "B", "C" }.Select(name => view.Find(name).Where!.ToString()));
        Assert.Equal(SecretState.Missing, view.Find("D").State);
        Assert.Empty(view.Find("D").Reasons);
    }

    [Fact]
    public void What_could_not_be_read_makes_unknown_and_never_missing()
    {
        var view = new EffectiveView([Listed(0, "A"), SecretLayer.Unknown(Scopes[1], "No."), Listed(2, "C")]);
        Assert.Equal(SecretState.Present, view.Find("A").State);
        Assert.Empty(view.Find("A").Reasons);
        Assert.Equal(SecretState.Unknown, view.Find("B").State);
        Assert.Equal(["No."], view.Find("B").Reasons);
        // Whichever of the two it is, a workflow gets one.
        Assert.Equal(SecretState.Present, view.Find("C").State);
        Assert.Equal(["No."], view.Find("C").Reasons);
    }

    [Fact]
    public void Of_an_organization_the_first_hundred_names_count()
    {
        var names = Enumerable.Range(0, 101).Select(i => $"N{i:000}").ToArray();
        var view = new EffectiveView([Listed(1), SecretLayer.Inherited(Scopes[2], names.Reverse().ToDictionary(name => name, _ => Start))]);
        Assert.Equal(SecretState.Present, view.Find("N099").State);
        Assert.Equal(SecretState.Missing, view.Find("N100").State);
        Assert.Contains("no more than the first 100", Assert.Single(view.Find("N100").Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_be_hidden_from_a_repository_is_unknown_and_the_rest_is_missing()
    {
        var view = new EffectiveView([Listed(1), SecretLayer.Possible(Scopes[2], ["A"])]);
        Assert.Equal(SecretState.Unknown, view.Find("A").State);
        Assert.Equal(SecretState.Missing, view.Find("B").State);
    }

    [Fact]
    public void Whatever_the_layers_are_the_answer_is_that_of_the_rule() => FsCheck.Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(1000),
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var lists = Scopes.Select((_, i) => random.Next(4) is 0 ? null : Enumerable.Range(0, 5).Where(_ => random.Next(2) is 0).ToDictionary(n => $"N{n}", n => Start.AddDays(10 * i + n))).ToArray();
            var view = new EffectiveView([.. lists.Select((list, i) => list is null ? SecretLayer.Unknown(Scopes[i], $"reason {i}") : SecretLayer.Listed(Scopes[i], list))]);
            for (var n = 0; n < 6; n++)
            {
                var found = Array.FindIndex(lists, list => list?.ContainsKey($"N{n}") is true);
                var standing = view.Find($"N{n}");
                Assert.Equal(found >= 0 ? SecretState.Present : lists.Contains(null) ? SecretState.Unknown : SecretState.Missing, standing.State);
                Assert.Equal(found >= 0 ? Scopes[found] : null, standing.Where);
                Assert.Equal(found >= 0 ? lists[found]![$"N{n}"] : null, standing.UpdatedAt);
                var above = found >= 0 ? found : lists.Length;
                Assert.Equal(Enumerable.Range(0, above).Where(i => lists[i] is null).Select(i => $"reason {i}"), standing.Reasons);
            }
        }));

    private static SecretLayer Listed(int scope, params string[] names) => SecretLayer.Listed(Scopes[scope], names.ToDictionary(name => name, _ => Start));
}

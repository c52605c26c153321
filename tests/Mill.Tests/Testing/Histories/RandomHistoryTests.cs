using Mill.Testing.Histories;
using Mill.Testing.Linearizability;
using Mill.Tests.Testing.Linearizability;
using Xunit;

namespace Mill.Tests.Testing.Histories;

/// <summary>The checker and the model on thousands of histories that nobody thought of.</summary>
public sealed class RandomHistoryTests
{
    private static readonly SecretsModel Model = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_was_done_one_after_another_passes_however_it_is_spread_out(int seed)
    {
        for (var round = 0; round < 250; round++)
        {
            var history = new RandomHistories((seed * 1000) + round) { Names = ["a", "b", "c"], Clients = 1 + (round % 6), Spread = round % 5, WithKeys = round % 2 == 0, WithOwnValues = round % 3 == 0 }.Next(60);
            var result = LinearizabilityCheck.Run(Model, history);
            Assert.True(result.Verdict is Verdict.Linearizable, $"seed {seed}, round {round}: {result}");
            Assert.True(PointInTimeCheck.Run(history) is [], $"seed {seed}, round {round}: {string.Join('\n', PointInTimeCheck.Run(history))}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void One_answer_that_was_not_given_is_found_in_nearly_every_history(int seed)
    {
        const int Rounds = 500;
        var found = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var histories = new RandomHistories((seed * 1000) + round) { Names = ["a", "b"], Clients = 4, UnknownShare = 0.02, WithOwnValues = true };
            if (LinearizabilityCheck.Run(Model, histories.Mutate(histories.Next(40))).Verdict is Verdict.NotLinearizable) found++;
        }
        Assert.True(found >= Rounds * 95 / 100, $"seed {seed}: only {found} of {Rounds}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Small_histories_get_the_verdict_of_all_permutations(int seed)
    {
        const int Rounds = 1_000;
        var linearizable = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var histories = new RandomHistories((seed * 10_000) + round)
            {
                Names = round % 2 == 0 ? ["a"] : ["a", "b"],
                Clients = 6,
                Spread = 4,
                UnknownShare = 0.25,
                WithKeys = round % 3 == 0,
                WithOwnValues = round % 5 == 0,
            };
            var history = histories.Next(3 + (round % 5));
            if (round % 4 != 0 && history.Any(operation => !operation.IsUnknown)) history = histories.Mutate(history);
            var expected = BruteForce.IsLinearizable(Model, history) ? Verdict.Linearizable : Verdict.NotLinearizable;
            var result = LinearizabilityCheck.Run(Model, history);
            Assert.True(expected == result.Verdict, $"seed {seed}, round {round}: {expected}, but {result}\n{string.Join('\n', history)}");
            if (expected is Verdict.Linearizable) linearizable++;
        }
        Assert.InRange(linearizable, Rounds / 4, Rounds * 3 / 4);
    }

    [Fact]
    public void Ten_thousand_operations_of_sixteen_clients_on_one_secret_are_checked_in_a_few_steps_each()
    {
        var history = new RandomHistories(1) { Names = ["a"], Clients = 16, Spread = 8, UnknownShare = 0.01, WithOwnValues = true }.Next(10_000);
        Assert.True(history.Average(operation => history.Count(other => other.Invoked <= operation.Invoked && other.Responded >= operation.Invoked && !other.IsUnknown)) > 4);
        var result = LinearizabilityCheck.Run(Model, history);
        Assert.Equal(Verdict.Linearizable, result.Verdict);
        Assert.InRange(result.Steps, 10_000, 1_000_000);
    }

    [Fact]
    public void One_wrong_answer_among_ten_thousand_is_named()
    {
        var history = new RandomHistories(2) { Names = ["a"], Clients = 16, Spread = 8, UnknownShare = 0, WithOwnValues = true }.Next(10_000);
        var index = history.FindIndex(7_000, operation => operation.Output is SecretAnswer.Found);
        var wrong = history[index] with { Output = ((SecretAnswer.Found)history[index].Output!) with { Value = "nobody's" } };
        history[index] = wrong;
        var result = LinearizabilityCheck.Run(Model, history);
        Assert.Equal(Verdict.NotLinearizable, result.Verdict);
        Assert.Contains(result.Misfit!.Candidates, candidate => candidate.StartsWith(wrong.ToString(), StringComparison.Ordinal));
        Assert.InRange(result.Misfit.Length, 6_900, 7_100);
    }
}
